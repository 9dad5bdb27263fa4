"""The identities file of a house: two users and an administrator. It must not know what is wrong with the house."""

from typing import Any

from labs.house import House


def identities(house: House, *, admin: bool = True) -> dict[str, Any]:
    """As `yett probe --identities` reads it."""
    if house.people is not None:
        return house.people
    people = [*house.style.people[:2], *(house.style.people[3:4] if admin else ())]
    return {"roles": ["member", "admin"], "identities": [_identity(house, name) for name in people]}


def _identity(house: House, name: str) -> dict[str, Any]:
    user, look = house.users[name], house.style
    account, password = str(house.public(user)[look.account]), str(user.record["password"])
    said: dict[str, Any] = {"name": name, "role": user.role, "owns": {look.account: account}}
    if look.login == "api-key":
        return said | {"headers": {"X-API-Key": house.doors.open(name)[0]}}
    if look.login == "basic":
        return said | {"basic": {"username": account, "password": password}}
    form = {look.account: "{username}", "password": "{password}"}
    login: dict[str, Any] = {"path": house.routes["login"].path, "json": form}
    if look.login != "cookie":
        pointer = {"bare": "", "noun": f"/{look.case(look.noun)}"}.get(look.single, f"/{look.single}")
        login["extract"] = {"token": f"{pointer}/{look.token}"}
    return said | {"username": account, "password": password, "login": login}
