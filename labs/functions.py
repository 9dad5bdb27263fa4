"""API5, broken function level authorization: what only the administrator may do asks who calls, but not what they are."""

from labs.house import Call, House, Refused, Reply, form

ADMIN = True


def build(house: House) -> None:
    look = house.style
    area = house.rng.choice(("admin", "management", "staff", "backoffice"))
    house.variants["area"] = area
    news: list[dict[str, object]] = []

    def allowed(call: Call) -> None:
        if house.fixed and call.caller.role != "admin":
            raise Refused(403, "this is not for you")

    def accounts(call: Call) -> Reply:
        allowed(call)
        return Reply(look.list([house.public(user) | {"email": user.record["email"]} for user in house.users.values()]))

    def announce(call: Call) -> Reply:
        allowed(call)
        news.append({"id": len(news) + 1, "text": call.body["text"]})
        return Reply(look.one(news[-1]), 201)

    def retract(call: Call) -> Reply:
        allowed(call)
        number = call.ids["number"]
        if not number.isdecimal() or not any(one["id"] == int(number) for one in news):
            raise Refused(404, "not found")
        news[:] = [one for one in news if one["id"] != int(number)]
        return Reply(None, 204)

    def promote(call: Call) -> Reply:
        allowed(call)
        user = house.users.get(call.ids["name"])
        if user is None:
            raise Refused(404, "not found")
        user.record["role"] = call.body["role"]
        return Reply(look.one(house.public(user)))

    def board(_: Call) -> Reply:
        return Reply(look.list(news))

    text = {"type": "string", "minLength": 1, "maxLength": 200}
    seen = {look.account: text, "email": text, "role": text}
    line = {"id": {"type": "integer"}, "text": text}
    roles = {"role": {"type": "string", "enum": ["member", "editor", "admin"]}}
    house.route("accounts", "GET", house.path(area, "users"), accounts, answer=seen, many=True)
    house.route(
        "announce", "POST", house.path(area, "announcements"), announce, body=form({"text": text}), answer=line, status=201
    )
    one = house.path(area, "announcements", "{number}")
    house.route("retract", "DELETE", one, retract, ids={"number": {"type": "integer"}}, status=204)
    name = {"name": {"type": "string"}}
    house.route("promote", "PUT", house.path(area, "users", "{name}", "role"), promote, ids=name, body=form(roles), answer=seen)
    house.route("board", "GET", house.path("announcements"), board, answer=line, many=True)
