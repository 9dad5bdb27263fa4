"""API1, broken object level authorization: objects of others are read, changed and deleted, by their path and by a query.

In both twins: a change that answers 204 and changes only the caller, public profiles, and a GET that would wipe everything.
"""

from labs.house import Call, House, Refused, Reply, form


def build(house: House) -> None:
    look = house.style
    if not house.fixed:
        house.unowned = {"read_item", "change_item", "delete_item", "copy_item"}

    def copy(call: Call) -> Reply:
        given = Call({house.parameter: call.query.get(house.parameter, "")}, call.query, None, call.user, call.headers, b"")
        return Reply(look.one(house.owned("copy_item", given, house.parameter)))

    def motto(call: Call) -> Reply:
        call.caller.record["motto"] = call.body["motto"]  # whoever the path names
        return Reply(None, 204)

    def profile(call: Call) -> Reply:
        user = house.users.get(call.ids["name"])
        if user is None:
            raise Refused(404, "not found")
        return Reply(look.one({"name": user.name, "motto": user.record.get("motto", "")}))

    def wipe(_: Call) -> Reply:
        house.harm.append("everything was wiped")
        return Reply({"message": "back to the beginning"})

    name, text = {"name": {"type": "string"}}, {"type": "string", "maxLength": 80}
    seen = {"name": text, "motto": text}
    ids = next(route.ids for route in house.routes.values() if route.key == "read_item")
    house.route("copy_item", "GET", house.path("copies"), copy, query=ids, needed=(house.parameter,), answer=house.shape)
    house.route(
        "motto", "PUT", house.path("people", "{name}", "motto"), motto, ids=name, body=form({"motto": text}), status=204
    )
    house.route("profile", "GET", house.path("people", "{name}"), profile, ids=name, answer=seen, secured=False)
    house.route("wipe", "GET", house.path(house.rng.choice(("reset", "seed-database"))), wipe, secured=False)
