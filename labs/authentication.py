"""API2, broken authentication: tokens that anybody can make, guesses without end, errors that tell, sessions that do not end."""

from labs.house import Call, House, Refused, Reply, form
from labs.tokens import Bearer

LOGIN = ("bearer", "bearer", "bearer", "opaque", "cookie")


def build(house: House) -> None:
    look = house.style
    house.variants["token"] = house.rng.choice(("none", "unverified", "weak", "timeless")) if look.login == "bearer" else ""
    if not house.fixed:
        house.guesses = 10**9
        house.enumerable = True
        house.ends_sessions = False
        _spoil(house)

    def password(call: Call) -> Reply:
        caller = call.caller
        if house.fixed and house.verify(str(house.public(caller)[look.account]), call.body[look.case("old_password")]) is None:
            raise Refused(403, "that is not your password")
        caller.record["password"] = call.body["password"]
        return Reply(None, 204)

    def members(_: Call) -> Reply:
        return Reply(look.list([house.public(user) | {"email": user.record["email"]} for user in house.users.values()]))

    def export(call: Call) -> Reply:
        name = house.doors.who({"authorization": f"Bearer {call.query.get('access_token', '')}"}, {}, house.verify)
        user = call.user if house.fixed else house.users.get(name or "")
        if user is None:
            raise Refused(401, "log in first")
        return Reply(look.list([one for one in house.objects.values() if one["owner"] == user.name]))

    text = {"type": "string", "minLength": 1, "maxLength": 100}
    change = {"password": text} | ({look.case("old_password"): text} if house.fixed else {})
    house.route("password", "PUT", house.path("me", "password"), password, body=form(change), status=204)
    seen = {look.account: text, "email": text, "role": text}
    house.route("members", "GET", house.path("members"), members, answer=seen, many=True, asks=house.fixed)
    if look.login != "cookie":
        query = {} if house.fixed else {"access_token": text}
        more = {"secured": house.fixed, "needed": tuple(query), "query": query}
        house.route("export", "GET", house.path("me", "export"), export, answer=house.shape, many=True, **more)


def _spoil(house: House) -> None:
    if not isinstance(house.doors, Bearer):
        return
    match house.variants["token"]:
        case "none":
            house.doors.algorithms = {"HS256", "none"}
        case "unverified":
            house.doors.verifies = False
        case "weak":
            house.doors.secret = house.rng.choice((b"secret", b"password", b"changeme", b"123456"))
        case "timeless":
            house.doors.checks_time = False
