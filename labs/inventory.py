"""API9, improper inventory management: an old version lives on without its locks, and operations that no contract tells of."""

from labs.house import Call, House, Reply

BASES = ("/api/v2", "/v2", "/v3")


def build(house: House) -> None:
    look = house.style
    if house.fixed:
        return
    old = house.style.base[:-1] + str(int(house.style.base[-1]) - 1)
    house.variants["old"] = old

    def everything(_: Call) -> Reply:
        return Reply(look.list(list(house.objects.values())))

    house.route("old_items", "GET", f"{old}/{look.plural}", everything, secured=False, declared=False)
    hidden = house.rng.choice(("export", "backup", "dump"))
    house.variants["hidden"] = hidden
    house.route("hidden", "GET", house.path(hidden), everything, secured=False, declared=False)
    house.route("document", "GET", "/openapi.json", lambda _: Reply(house.contract("/")), secured=False, declared=False)
