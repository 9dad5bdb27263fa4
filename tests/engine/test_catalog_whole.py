"""From recordings and descriptions to the catalog: the same whatever the order, descriptions where they belong, corrections."""

import json
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yett.engine.catalog import CatalogSettings, Reading, ViewSettings, catalog
from yett.engine.catalog.declared import host_matches
from yett.engine.catalog.splitting import Splits
from yett.engine.classes import built_in
from yett.engine.learning import Learning
from yett.formats.descriptions import Declared, Description
from yett.formats.recordings import Recording, read_json_lines
from yett.model.catalog import Catalog, CatalogOperation, Correction
from yett.model.claim import Source

KEY = b"k" * 32
SETTINGS = CatalogSettings()


def recordings(*calls: tuple[str, str, int], host: str = "shop.example") -> list[Recording]:
    lines = [
        json.dumps(
            {
                "method": method,
                "target": target,
                "headers": [["Host", host], ["Authorization", "Bearer abcdefabcdef1234"]],
                "time": 1_750_000_000 + number,
                "response": {"status": status, "headers": [["Content-Type", "application/json"]], "body": '{"id": 1}'},
            }
        )
        for number, (method, target, status) in enumerate(calls)
    ]
    return list(read_json_lines(["\n".join(lines).encode()], 0.0))


def learnt(found: Sequence[Recording]) -> Learning:
    made = Learning(SETTINGS.learning, KEY, built_in())
    for one in found:
        made.add(one)
    return made


def made(
    learning: Learning,
    readings: Sequence[Reading] = (),
    corrections: Sequence[Correction] = (),
    views: ViewSettings | None = None,
) -> Catalog:
    wanted = SETTINGS if views is None else msgspec.structs.replace(SETTINGS, views=views)
    return catalog(learning, readings, corrections, [], wanted, built_in())[0]


def by_name(found: Catalog) -> dict[str, CatalogOperation]:
    return {one.name: one for one in found.operations}


def described(*declared: Declared, current: bool = True, service: str = "", **more: object) -> Reading:
    description = Description(kind="openapi", source="c.yaml", declared=declared)
    return Reading(description=msgspec.structs.replace(description, **more), current=current, service=service)


def rest(method: str, template: str, **more: object) -> Declared:
    return msgspec.structs.replace(Declared(kind="rest", method=method, template=template, source="c.yaml"), **more)


CALLS = recordings(
    *(("GET", f"/users/{number}", 200) for number in range(100, 130)),
    *(("GET", f"/users/{number}/orders?page={number}", 200) for number in range(100, 112)),
    ("POST", "/login", 200),
    ("GET", "/nothing", 404),
)
VERSIONS = recordings(*(("GET", f"/v{1 + number % 2}/x", 200) for number in range(120)))


@settings(max_examples=15, deadline=None)
@given(st.permutations(CALLS), st.integers(0, len(CALLS)))
def test_the_same_octets_whatever_the_order_and_the_split(found: list[Recording], cut: int) -> None:
    whole, part = learnt(found[:cut]), learnt(found[cut:])
    whole.merge(part)
    assert msgspec.json.encode(made(whole)) == msgspec.json.encode(made(learnt(CALLS)))


def test_asking_twice_gives_the_same_and_changes_nothing() -> None:
    learning = learnt(CALLS)
    before = learning.state()
    readings = [described(rest("GET", "/users/{id}"))]
    corrections = [Correction(kind="split", service="shop.example", template="/users/101")]
    assert made(learning, readings, corrections) == made(learning, readings, corrections)
    assert learning.state() == before


def test_versions_know_each_other_and_refused_calls_are_set_aside() -> None:
    whole = made(learnt([*CALLS, *VERSIONS]))
    found = by_name(whole)
    assert "GET /nothing" not in found
    assert whole.services[0].set_aside == {"not there, or refused before it was known": 1}
    assert found["GET /v1/x"].siblings == (found["GET /v2/x"].id,)
    assert "versioned" in found["GET /v1/x"].views
    assert whole.services[0].versions == ("v1", "v2")


def test_claims_say_who_says_what() -> None:
    whole = made(learnt(CALLS), [described(rest("GET", "/users/{id}", deprecated=True), rest("POST", "/login"))])
    one = by_name(whole)["GET /users/{id}"]
    claims = {(claim.predicate, claim.value): claim for claim in whole.of(one.id)}
    assert claims["template", "/users/{id}"].source is Source.CONTRACT
    assert claims["deprecated", True].origin.startswith("c.yaml")
    assert claims["status.200", 30].source is Source.TRAFFIC
    assert claims["view", "zombie"].reason
    assert whole.of("host:shop.example")[0].value == "shop.example"


def test_a_description_is_its_hosts_or_its_names() -> None:
    learning = learnt([*CALLS, *recordings(("GET", "/a", 200), host="other.example")])
    for declared in (rest("GET", "/z", hosts=("other.example",)), rest("GET", "/z", service="other.example")):
        found = {one.service: one for one in made(learning, [described(declared)]).operations if one.template == "/z"}
        assert set(found) == {"other.example"}
    both = {one.service for one in made(learning, [described(rest("GET", "/z", hosts=("*.example",)))]).operations}
    assert both == {"shop.example", "other.example"}
    named = made(learning, [described(rest("GET", "/z", hosts=("else.example",)))])
    assert {one.service for one in named.operations if one.template == "/z"} == {"else.example"}
    assert [one.name for one in named.hosts if one.declared] == ["else.example"]
    forced = made(learning, [described(rest("GET", "/z"), service="other.example")])
    assert {one.service for one in forced.operations if one.template == "/z"} == {"other.example"}


def test_a_description_for_another_host_is_told_by_what_it_holds() -> None:
    declared = (rest("GET", "/users/{id}", hosts=("prod.example",)), rest("GET", "/users/{id}/orders", hosts=("prod.example",)))
    found = by_name(made(learnt(CALLS), [described(*declared)]))
    reasons = [reason for reason in found["GET /users/{id}"].reasons if reason.about == "service"]
    assert reasons[0].numbers["attach_ratio"] == 0.5
    strict = by_name(made(learnt(CALLS), [described(*declared)], views=ViewSettings(attach_ratio=0.99)))
    assert "GET /users/{userId}" in strict


@pytest.mark.parametrize(
    ("pattern", "host", "expected"),
    [("a.b", "a.b", True), ("*.b", "a.b", True), ("*.b", "b", False), ("*.b", ".b", False), ("*", "a", False)],
)
def test_patterns_of_hosts(pattern: str, host: str, expected: bool) -> None:
    assert host_matches(pattern, host) is expected


def test_a_prefix_of_a_gateway_declares_nothing_and_is_told() -> None:
    route = rest("", "/users", kind="route", pattern="prefix", origin="gateway", whole=True, hosts=("shop.example",))
    contract = rest("GET", "/login", hosts=("shop.example",))
    found = by_name(made(learnt(CALLS), [described(route, contract)]))
    assert "shadow" in found["GET /users/{userId}"].views
    assert any(reason.about == "route" for reason in found["GET /users/{userId}"].reasons)
    assert not any(reason.about == "route" for reason in found["GET /login"].reasons)


def test_an_exact_route_of_a_gateway_goes_before_a_contract() -> None:
    route = rest("", "/users/{login}", kind="route", origin="gateway")
    found = by_name(made(learnt(CALLS), [described(route)]))
    assert found["GET /users/{login}"].template_from == "gateway"
    assert "GET /users/{login}" in found


def test_operations_inside_a_message_are_declared_by_name() -> None:
    declared = rest("POST", "", kind="graphql", named="graphql query user", pattern="template")
    found = made(learnt(CALLS), [described(declared, rest("GET", "/v1/x"))])
    assert "graphql query user" in {one.named for one in found.operations}


def test_nothing_at_all_is_a_catalog_too() -> None:
    whole = made(learnt([]))
    assert (whole.operations, whole.services, whole.hosts) == ((), (), ())
    assert whole.coverage.lacks == ("nothing was seen of it",)
    assert set(whole.settings) >= {"learning", "views", "classes"}


MOUNTED = recordings(
    *(("GET", f"/api/users/{number}", 200) for number in range(100, 120)),
    *(("GET", f"/api/users/{number}/orders", 200) for number in range(100, 110)),
    ("POST", "/api/login", 200),
    ("GET", "/health", 200),
)
SAID = (rest("GET", "/users/{id}"), rest("GET", "/users/{id}/orders"), rest("POST", "/login"), rest("GET", "/health"))


@pytest.mark.parametrize("base", ["", "/v9"])
@pytest.mark.parametrize("host", ["", "shop.example", "prod.example"])
def test_the_prefix_that_a_contract_does_not_say_is_found(base: str, host: str) -> None:
    declared = [msgspec.structs.replace(one, base=base, hosts=(host,) if host else ()) for one in SAID]
    twice = [msgspec.structs.replace(one, base="/elsewhere") for one in declared]
    found = by_name(made(learnt(MOUNTED), [described(*declared, *twice)]))
    for name in ("GET /api/users/{id}", "GET /api/users/{id}/orders", "POST /api/login"):
        assert "shadow" not in found[name].views and len(found[name].declared) == 1
    (why,) = (one for one in found["POST /api/login"].reasons if one.about == "service")
    assert "taken to be below /api, which it does not say: 3 of its operations" in why.text
    assert why.numbers["met"] == 3 and why.numbers["mount_lead"] == 2.0
    assert "unused" in found["GET /api/health"].views


def test_a_prefix_is_not_guessed_where_two_come_close() -> None:
    calls = recordings(
        *(("GET", f"/{version}/users/{number}", 200) for number in range(100, 120) for version in ("v1", "v2")),
        *(("GET", f"/{version}/login", 200) for version in ("v1", "v2")),
    )
    declared = (rest("GET", "/users/{id}", hosts=("shop.example",)), rest("GET", "/login", hosts=("shop.example",)))
    found = by_name(made(learnt(calls), [described(*declared)]))
    assert "shadow" in found["GET /v1/login"].views and "unused" in found["GET /login"].views
    for name in ("GET /v1/login", "GET /v2/login", "GET /login"):
        assert any("which prefix it is below cannot be told" in one.text for one in found[name].reasons)
    said = by_name(made(learnt(calls), [described(*(msgspec.structs.replace(one, base="/v2") for one in declared))]))
    assert "shadow" not in said["GET /v2/login"].views and "shadow" in said["GET /v1/login"].views
    assert not any("which prefix" in one.text for one in said["GET /v2/login"].reasons)


def test_what_meets_by_chance_moves_no_contract() -> None:
    calls = recordings(*(("GET", f"/admin/{name}", 200) for name in ("users", "roles", "keys", "audit", "jobs")))
    declared = [rest("GET", f"/{name}", hosts=("shop.example",)) for name in ("users", "roles", "carts", "items")]
    assert "GET /carts" in by_name(made(learnt(calls), [described(*declared)]))
    few = [rest("GET", "/jobs", hosts=("shop.example",))]
    assert "GET /jobs" in by_name(made(learnt(calls), [described(*few)]))
    routes = [rest("GET", f"/{name}", origin="gateway", kind="route") for name in ("users", "roles", "keys", "audit", "jobs")]
    found = made(learnt(calls), [described(*routes, service="shop.example")])
    assert not any(one.declared for one in found.operations)


def test_a_description_that_fits_two_services_says_so() -> None:
    learning = learnt([*CALLS, *recordings(*(("GET", f"/users/{number}", 200) for number in range(30)), host="b.example")])
    found = made(learning, [described(rest("GET", "/users/{id}"))])
    (why,) = {one.text for of in found.operations for one in of.reasons if one.about == "service"}
    assert "and of shop.example, too; --service says whose it is" in why


def later(*corrections: Correction) -> Learning:
    return Learning(SETTINGS.learning, KEY, built_in(), Splits(corrections))


SPLIT = Correction(kind="split", service="shop.example", template="/users/101", method="GET")
LATER = recordings(
    *(("GET", f"/users/{100 + number % 3}", 200) for number in range(12)),
    ("GET", "/users/101", 404),
    ("GET", "/users/101/orders", 200),
    ("POST", "/users/101", 201),
)


def after(corrections: Sequence[Correction], *, learn: Sequence[Correction] = (SPLIT,)) -> dict[str, CatalogOperation]:
    whole, part = learnt(CALLS), later(*learn)
    for one in LATER:
        part.add(one)
    whole.merge(part)
    return by_name(made(whole, corrections=corrections))


def test_what_was_split_off_is_learnt_by_itself_from_then_on() -> None:
    found = after([SPLIT])
    mine, others = found["GET /users/101"], found["GET /users/{userId}"]
    assert (mine.count, others.count) == (5, 29 + 8 + 1)  # the refused call proves nothing of its own
    assert mine.statuses == {"200": 4} and mine.template_from == "person" and mine.authentication.ratio == 1.0
    assert "1 calls were learnt together" in " ".join(one.text for one in mine.reasons)
    assert mine.members == {"/users/101": 5}
    assert found["POST /users/{userId}"].count == 1


def test_a_split_that_is_taken_back_leaves_no_trace() -> None:
    assert msgspec.json.encode(after([])) == msgspec.json.encode(after([], learn=()))
    contract = [described(rest("GET", "/users/{id}", hosts=("shop.example",)))]
    whole, part = learnt(CALLS), later(SPLIT)
    for one in LATER:
        part.add(one)
    whole.merge(part)
    assert by_name(made(whole, contract))["GET /users/{id}"].count == 30 + 12
    wide = Correction(kind="split", service="shop.example", template="/users/{user}/orders", method="GET")
    assert msgspec.json.encode(after([], learn=[wide])) == msgspec.json.encode(after([], learn=()))


def test_a_split_holds_for_the_service_that_a_host_is_part_of() -> None:
    home = Correction(kind="service", service="shop.example", template="shop.example", value="shop")
    split = msgspec.structs.replace(SPLIT, service="shop")
    assert after([home, split], learn=[home, split])["GET /users/101"].statuses == {"200": 4}


@settings(max_examples=15, deadline=None)
@given(st.permutations(LATER), st.integers(0, len(LATER)), st.booleans())
def test_what_is_learnt_apart_knows_no_order(found: list[Recording], cut: int, first: bool) -> None:
    expected = later(SPLIT)
    for one in LATER:
        expected.add(one)
    parts = [later(SPLIT), later(SPLIT)]
    for index, one in enumerate(found):
        parts[index >= cut].add(one)
    read = [Learning.from_state(part.state(), KEY, built_in()) for part in parts]
    read[first].merge(read[not first])
    assert read[first].state() == expected.state()
