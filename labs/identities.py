"""The identities file of a house: two users and an administrator. It must not know what is wrong with the house."""

from typing import Any

from labs.house import House


def identities(house: House, *, admin: bool = True) -> dict[str, Any]:
    """As `yett probe --identities` reads it."""
    people = [*house.style.people[:2], *(house.style.people[3:4] if admin else ())]
    return {"roles": ["member", "admin"], "identities": [_identity(house, name) for name in people]}


def _identity(house: House, name: str) -> dict[str, Any]:
    user, look = house.users[name], house.style
    account, password = house.public(user)[look.account], user.record["password"]
    said: dict[str, Any] = {"name": name, "role": user.role}
    if look.login == "api-key":
        return said | {"headers": {"X-API-Key": house.doors.open(name)[0]}}
    if look.login == "basic":
        return said | {"basic": {"username": account, "password": password}}
    login = {"path": house.routes["login"].path, "json": {look.account: account, "password": password}}
    if look.login != "cookie":
        pointer = {"bare": "", "noun": f"/{look.case(look.noun)}"}.get(look.single, f"/{look.single}")
        login["token"] = f"{pointer}/{look.token}"
    return said | {"login": login}
