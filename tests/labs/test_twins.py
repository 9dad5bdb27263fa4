"""The twins of the lab are what their ground truth says: every hole is there in the weak twin and not in the fixed one."""

import asyncio
from typing import Any

import httpx
import pytest

from labs import catalogue
from labs.house import House
from labs.identities import identities
from labs.style import HELD_NOUNS, HELD_OUT, NOUNS
from yett.model.probe import Flaw

SEEDS = (1, 2, 3, 4, HELD_OUT, HELD_OUT + 1)


def ask(house: House, method: str, path: str, who: str = "", **more: Any) -> httpx.Response:
    """One call, as that user; a login of their own first where the house wants one."""
    headers = dict(more.pop("headers", {}))
    if who:
        headers |= credential(house, who)

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app=house.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://lab") as client:
            return await client.request(method, path, headers=headers, **more)

    return asyncio.run(send())


def credential(house: House, who: str) -> dict[str, str]:
    token, fields = house.doors.open(who) if house.style.login != "basic" else ("", {})
    match house.style.login:
        case "api-key":
            return {"X-API-Key": token}
        case "cookie":
            return {"Cookie": fields["Set-Cookie"].partition(";")[0]}
        case "basic":
            user = house.users[who]
            pair = f"{house.public(user)[house.style.account]}:{user.record['password']}"
            return {"Authorization": httpx.BasicAuth(*pair.split(":", 1))._auth_header}
        case _:
            return {"Authorization": f"Bearer {token}"}


def path(house: House, key: str, **ids: Any) -> str:
    return house.routes[key].path.format_map({name: str(value) for name, value in ids.items()})


def item_of(house: House, owner: str) -> str:
    return next(key for key, one in house.objects.items() if one["owner"] == owner)


@pytest.mark.parametrize("name", catalogue.NAMES)
def test_ground_truth_names_flaws_and_operations_that_there_are(name: str) -> None:
    known = {flaw.value for flaw in Flaw}
    for seed in SEEDS:
        planted, noted = catalogue.truth(name, catalogue.build(name, seed, fixed=False))
        assert planted
        assert {flaw for one in (*planted, *noted) for flaw in one.flaws} <= known


@pytest.mark.parametrize("name", [name for name in catalogue.NAMES if name not in ("graph", "shop")])
@pytest.mark.parametrize("fixed", [False, True])
def test_contracts_are_read_and_tell_of_every_declared_operation(name: str, fixed: bool) -> None:
    house = catalogue.build(name, 3, fixed=fixed)
    document = house.contract("http://127.0.0.1:1")
    told = {(method.upper(), template) for template, item in document["paths"].items() for method in item}
    assert told == {(route.method, route.path) for route in house.routes.values() if route.declared}


def test_seeds_that_are_held_out_use_words_of_their_own() -> None:
    for seed in range(30):
        assert catalogue.build("objects", seed, fixed=True).style.noun not in {noun for noun, _ in HELD_NOUNS}
        assert catalogue.build("objects", HELD_OUT + seed, fixed=True).style.noun not in {noun for noun, _ in NOUNS}


@pytest.mark.parametrize("seed", range(12))
def test_the_house_works_for_its_owner_in_every_style(seed: int) -> None:
    house = catalogue.build("objects", seed, fixed=True)
    look, owner, stranger = house.style, house.style.people[0], house.style.people[1]
    body = {look.title: f"mine-{seed}", look.secret: "hidden"}
    assert ask(house, "POST", path(house, "create_item"), owner, json=body).status_code in (200, 201)
    key = next(key for key, one in house.objects.items() if one[look.title] == f"mine-{seed}")
    one = path(house, "read_item", **{house.parameter: key})
    assert "hidden" in ask(house, "GET", one, owner).text
    change = dict.fromkeys(house.routes["change_item"].body["properties"], "changed")
    assert ask(house, look.change, one, owner, json=change).status_code == 200
    assert ask(house, "GET", one, stranger).status_code == look.foreign
    assert ask(house, "GET", one).status_code == 401
    assert ask(house, "DELETE", one, stranger).status_code == look.foreign
    assert ask(house, "DELETE", one, owner).status_code == 204
    assert ask(house, "GET", one, owner).status_code == 404


@pytest.mark.parametrize("fixed", [False, True])
def test_objects_of_others(fixed: bool) -> None:
    for seed in SEEDS:
        house = catalogue.build("objects", seed, fixed=fixed)
        key, stranger = item_of(house, house.style.people[0]), house.style.people[1]
        wanted = house.style.foreign if fixed else 200
        assert ask(house, "GET", path(house, "read_item", **{house.parameter: key}), stranger).status_code == wanted
        assert ask(house, "GET", path(house, "copy_item"), stranger, params={house.parameter: key}).status_code == wanted
        gone = ask(house, "DELETE", path(house, "delete_item", **{house.parameter: key}), stranger)
        assert gone.status_code == (wanted if fixed else 204)


@pytest.mark.parametrize("fixed", [False, True])
def test_functions_of_administrators(fixed: bool) -> None:
    house = catalogue.build("functions", 2, fixed=fixed)
    user, admin = house.style.people[0], house.style.people[3]
    assert ask(house, "GET", path(house, "accounts"), admin).status_code == 200
    assert ask(house, "GET", path(house, "accounts"), user).status_code == (403 if fixed else 200)


@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize(
    ("key", "text", "harmless"),
    [
        ("ping", "localhost; expr 1234 \\* 1111", "localhost"),
        ("ping", "localhost | echo $((1234*1111))", "localhost"),
        ("greeting", "{{ 1234 * 1111 }}", "you"),
    ],
)
def test_commands_and_templates(fixed: bool, key: str, text: str, harmless: str) -> None:
    house = catalogue.build("injection", 1, fixed=fixed)
    member = next(iter(house.routes[key].body["properties"]))
    assert ask(house, "POST", path(house, key), house.style.people[0], json={member: harmless}).status_code == 200
    told = str(1234 * 1111)
    assert (told in ask(house, "POST", path(house, key), house.style.people[0], json={member: text}).text) != fixed


@pytest.mark.parametrize("fixed", [False, True])
def test_databases_directories_and_files(fixed: bool) -> None:
    house = catalogue.build("injection", 2, fixed=fixed)
    user = house.style.people[0]
    assert ("sqlite3" in ask(house, "GET", path(house, "search"), params={"q": "'"}).text) != fixed
    stock = [ask(house, "GET", path(house, "stock", author=f"austen' AND '1'='{one}")).status_code for one in (1, 2)]
    assert stock == ([404, 404] if fixed else [200, 404])
    assert ("ben@" in ask(house, "GET", path(house, "directory"), user, params={"name": "*"}).text) != fixed
    assert ("Solaris" in ask(house, "GET", path(house, "author"), user, params={"author": "x' or '1'='1"}).text) != fixed
    assert ("root:x:0" in ask(house, "GET", path(house, "download"), user, params={"file": "../../etc/passwd"}).text) != fixed
    wanted = {"code": {"$ne": ""}, "pin": {"$ne": ""}}
    assert (ask(house, "POST", path(house, "lookup"), user, json=wanted).status_code == 200) != fixed


@pytest.mark.parametrize("fixed", [False, True])
def test_graph(fixed: bool) -> None:
    house = catalogue.build("graph", 1, fixed=fixed)
    user, other = house.style.people[0], house.style.people[1]

    def graph(query: str) -> dict[str, Any]:
        return ask(house, "POST", house.graphql or "", user, json={"query": query}).json()  # type: ignore[no-any-return]

    assert ("data" in graph("{ __schema { types { name } } }")) != fixed
    assert ("Did you mean" in graph("{ usr { name } }")["errors"][0]["message"]) != fixed
    key, noun = item_of(house, other), house.style.case(house.style.noun)
    written = key if house.style.ids == "integer" else f'"{key}"'
    found = graph(
        f"query A {{ mine: {noun}({house.style.key}: {written}) {{ ...all }} }} fragment all on {noun.capitalize()} {{ {house.style.secret} }}"
    )
    assert (found["data"]["mine"] is not None) != fixed


def test_identities_hold_two_users_and_an_administrator() -> None:
    for seed in range(12):
        document = identities(catalogue.build("objects", seed, fixed=True))
        assert [one["role"] for one in document["identities"]] == ["member", "member", "admin"]
