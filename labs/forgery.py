"""API7, server side request forgery: addresses of callers are fetched, seen and unseen."""

from urllib.parse import urlsplit

from labs import fetching
from labs.house import Call, House, Refused, Reply, form


def build(house: House) -> None:
    look = house.style
    name = house.rng.choice(("url", "callback", "target", "link"))
    house.variants["name"] = name
    hooks: dict[int, dict[str, object]] = {}

    def check(url: str) -> None:
        parts = urlsplit(url)
        if house.fixed and (parts.scheme != "https" or parts.hostname != "partner.lab.example"):
            raise Refused(400, "only https://partner.lab.example is called")

    def preview(call: Call) -> Reply:
        url = call.query.get(name, "")
        check(url)
        try:
            text = fetching.get(url).decode("utf-8", "replace")
        except (OSError, ValueError):
            raise Refused(502, "there was no answer") from None
        return Reply(look.one({"excerpt": text[:200]}))

    def hook(call: Call) -> Reply:
        check(call.body[name])
        number = len(hooks) + 1
        hooks[number] = {"id": number, name: call.body[name], "owner": call.caller.name}
        try:
            fetching.get(call.body[name])  # to see whether somebody is there; what it says is not told
        except (OSError, ValueError):
            hooks[number]["reachable"] = None
        return Reply(look.one({"id": number}), 201)

    def drop(call: Call) -> Reply:
        number = call.ids["id"]
        found = hooks.get(int(number)) if number.isdecimal() else None
        if found is None or found["owner"] != call.caller.name:
            raise Refused(404, "not found")
        del hooks[int(number)]
        return Reply(None, 204)

    address = {"type": "string", "format": "uri", "maxLength": 300}
    seen = {"excerpt": {"type": "string"}}
    house.route("preview", "GET", house.path("preview"), preview, query={name: address}, needed=(name,), answer=seen)
    number = {"id": {"type": "integer"}}
    house.route("hook", "POST", house.path("hooks"), hook, body=form({name: address}), answer=number, status=201)
    house.route("drop", "DELETE", house.path("hooks", "{id}"), drop, ids=number, status=204)
