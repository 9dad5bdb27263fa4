"""The parts of the catalog: templates, views, exposure, functions, ids, corrections."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.engine.catalog.correcting import Refused, merged, split_off, verdict
from yett.engine.catalog.coverage import coverage, joined
from yett.engine.catalog.exposure import exposure, host_exposure
from yett.engine.catalog.functions import FUNCTIONS, functions
from yett.engine.catalog.identity import Nameless, identified, resolve
from yett.engine.catalog.pins import Pin, Pins, Rank
from yett.engine.catalog.settings import DAY, ViewSettings
from yett.engine.catalog.templates import holds, shape, version_of, without_version
from yett.engine.catalog.views import Life, days, moment, views
from yett.model.catalog import VIEWS, Authentication, CatalogOperation, Coverage, Declaration, Drift
from yett.model.catalog_store import Identity

SETTINGS = ViewSettings()
SEEN = coverage(5_000, 5_000, 0.0, 90 * DAY, {"har": 5_000}, {"status": 5_000})


@pytest.mark.parametrize(
    ("general", "special", "expected"),
    [
        ("/users/{id}", "/users/42", True),
        ("/users/{id}", "/users/{other}", True),
        ("/users/{id}", "/users/", False),
        ("/users/{id}", "/users/1/2", False),
        ("/users/42", "/users/{id}", False),
        ("/{a}/{b}", "/x/{b}", True),
        ("/f/{id}.json", "/f/a.json", True),
        ("/f/{id}.json", "/f/.json", False),
        ("/f/{id}.json", "/f/{id}", False),
        ("/f/{a}-{b}.x", "/f/1-2.x", True),
        ("/f/{a}-{b}.x", "/f/-2.x", False),
        ("/f/{a}-{b}.x", "/f/1-.x", False),
        ("/f/{a}-{b}-{c}", "/f/1-2-3", True),
        ("/f/{a}-{b}-{c}", "/f/1-2", False),
        ("/", "/", True),
        ("/a/", "/a", False),
    ],
)
def test_which_template_holds_which(general: str, special: str, expected: bool) -> None:
    assert holds(general, special) is expected


@given(st.lists(st.sampled_from(["a", "b", "{x}", "{y}", "{x}.j", "k.j", "v1"]), min_size=1, max_size=5))
def test_a_template_holds_itself_and_its_shape(parts: list[str]) -> None:
    template = "/" + "/".join(parts)
    assert holds(template, template)
    assert holds("/" + "/".join("{p}" for _ in parts), template)
    assert shape(template) == shape(shape(template))


def test_versions() -> None:
    assert version_of("/api/v2/users") == "v2"
    assert version_of("/2024-01-31/users") == "2024-01-31"
    assert version_of("/users/{v1}") == ""
    assert without_version("/api/v2/users/{id}") == without_version("/api/v3/users/{userId}") == "/api/users/{}"


def test_the_most_specific_pin_wins_and_a_person_before_all() -> None:
    wide = Pin("/users/{id}", Rank.CONTRACT)
    narrow = Pin("/users/me", Rank.CONTRACT, "GET")
    person = Pin("/{any}/me", Rank.PERSON)
    assert Pins([wide, narrow]).find("/users/me", "GET") is narrow
    assert Pins([wide, narrow]).find("/users/me", "POST") is wide
    assert Pins([wide, narrow, person]).find("/users/me", "GET") is person
    assert Pins([wide]).find("/orders/1", "GET") is None
    assert Pins([Pin("/f/{n}.json", Rank.GATEWAY)]).find("/f/a.json", "GET") is not None
    assert Pins([Pin("/q", Rank.CONTRACT, "", "graphql query a")]).find("/q", "POST", "graphql query b") is None


def test_a_path_of_many_segments_is_looked_up_in_bounded_steps() -> None:
    pins = Pins([Pin("/" + "/".join(bits), Rank.CONTRACT) for bits in (["a"] * 30 + ["x"], ["{p}"] * 30 + ["y"])])
    assert pins.find("/" + "/".join(["a"] * 30 + ["y"]), "GET") is not None
    assert pins.find("/" + "/".join(["a"] * 30 + ["z"]), "GET") is None


def said(**more: object) -> Declaration:
    return msgspec.structs.replace(Declaration(source="c.yaml"), **more)


@pytest.mark.parametrize(
    ("life", "expected"),
    [
        (Life(), []),
        (Life(accepted=3), ["undeclared"]),
        (Life(accepted=3, service_declares=True), ["shadow"]),
        (Life(refused=3, service_declares=True), ["shadow"]),
        (Life(accepted=3, declared=(said(),), service_declares=True), ["declared"]),
        (Life(accepted=3, declared=(said(deprecated=True),)), ["declared", "deprecated", "zombie"]),
        (Life(declared=(said(deprecated=True),), service=SEEN), ["declared", "deprecated", "orphan"]),
        (Life(accepted=1, declared=(said(current=False),), service_declares=True), ["shadow", "zombie"]),
        (Life(declared=(said(),), service=SEEN), ["declared", "orphan"]),
        (Life(declared=(said(),), service=Coverage()), ["declared", "unused"]),
        (Life(declared=(said(),), service=coverage(9, 9, 0.0, DAY, {}, {"status": 9})), ["declared", "unused"]),
        (Life(declared=(said(origin="gateway"),), service=SEEN), ["declared"]),
        (
            Life(accepted=9, last_seen=DAY, service=SEEN, declared=(said(deprecated=True),)),
            ["declared", "deprecated", "dormant"],
        ),
        (Life(accepted=2, last_seen=DAY, service=SEEN), ["undeclared"]),
        (Life(accepted=9, last_seen=80 * DAY, service=SEEN), ["undeclared"]),
        (Life(accepted=1, sunset=5.0), ["deprecated", "undeclared", "zombie"]),
        (Life(accepted=1, noted=True), ["deprecated", "undeclared", "zombie"]),
        (Life(accepted=1, declared=(said(),), drift=(Drift(kind="added", place="p", text="t"),)), ["declared", "drifted"]),
        (Life(accepted=1, declared=(said(),), siblings=2), ["declared", "versioned"]),
    ],
)
def test_views(life: Life, expected: list[str]) -> None:
    found = views(life, SETTINGS)
    assert list(found) == expected
    assert set(found) <= set(VIEWS)
    assert all(reason.about == f"view:{name}" and reason.text for name, reason in found.items())


def test_no_threshold_is_hidden() -> None:
    reason = views(Life(declared=(said(),), service=SEEN), SETTINGS)["orphan"]
    assert reason.numbers["orphan_after"] == SETTINGS.orphan_after
    assert reason.numbers["window"] == 90 * DAY
    reason = views(Life(accepted=9, last_seen=DAY, service=SEEN), SETTINGS)["dormant"]
    assert reason.numbers["dormant_after"] == SETTINGS.dormant_after
    assert reason.numbers["silence"] == 89 * DAY


def test_spans_and_moments() -> None:
    assert [days(one) for one in (3, 90, 7_200, 1.5 * DAY, 30 * DAY)] == [
        "3 seconds",
        "1.5 minutes",
        "2 hours",
        "1.5 days",
        "30 days",
    ]
    assert moment(0) == "1970-01-01T00:00:00Z"
    assert moment(1e30) == "1e+30"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", "internal"),
        ("orders", "internal"),
        ("orders.default.svc.cluster.local", "internal"),
        ("10.1.2.3", "internal"),
        ("8.8.8.8", "public"),
        ("::1", "internal"),
        ("partner-api.shop.example", "partner"),
        ("api.shop.example", "unknown"),
        ("", "unknown"),
    ],
)
def test_what_a_host_says(host: str, expected: str) -> None:
    assert host_exposure(host)[0] == expected


def test_exposure_believes_addresses_before_names() -> None:
    none = Authentication()
    mutual = Authentication(ratio=1.0, schemes={"mtls": 9}, successes=9, verdict="consistent")
    assert exposure(["orders"], "/x", {"public": 1}, none, 1, SETTINGS)[0] == "public"
    assert exposure(["api.shop.example"], "/x", {"private": 4}, none, 1, SETTINGS)[0] == "internal"
    assert exposure(["orders"], "/x", {}, none, 1, SETTINGS)[0] == "internal"
    assert exposure(["api.shop.example"], "/x", {}, none, 1, SETTINGS)[0] == "unknown"
    assert exposure([], "/x", {}, none, 1, SETTINGS)[0] == "unknown"
    assert exposure(["b2b.shop.example"], "/x", {"private": 1}, none, 1, SETTINGS)[0] == "partner"
    assert exposure(["a.example"], "/partners/orders", {"public": 3}, none, 1, SETTINGS)[0] == "partner"
    assert exposure(["a.example"], "/x", {"public": 9}, mutual, 3, SETTINGS)[0] == "partner"
    assert exposure(["a.example"], "/x", {"public": 9}, mutual, 51, SETTINGS)[0] == "public"


@pytest.mark.parametrize(
    ("method", "template", "more", "expected"),
    [
        ("POST", "/login", {}, {"login"}),
        ("GET", "/login", {}, set()),
        ("POST", "/v1/x", {"request": ["email", "password"]}, {"login"}),
        ("POST", "/v1/x", {"response": ["accessToken"]}, {"token"}),
        ("POST", "/v1/x", {"request": ["newPassword"]}, {"password"}),
        ("POST", "/auth/signUp", {}, {"signup"}),
        ("POST", "/orders/{orderId}/refunds", {}, {"payment", "order"}),
        ("GET", "/reports/{id}/export", {}, {"export"}),
        ("DELETE", "/admin/users/{userId}", {}, {"admin", "users"}),
        ("POST", "/auth/2fa", {}, {"mfa"}),
        ("POST", "/graphql", {"named": "graphql mutation createPayment"}, {"payment"}),
        ("GET", "/healthz", {}, {"operations"}),
        ("GET", "/cats/{catId}", {}, set()),
        ("GET", "/{login}", {}, set()),
    ],
)
def test_business_functions(method: str, template: str, more: dict[str, list[str]], expected: set[str]) -> None:
    found = functions(method, template, **more)  # type: ignore[arg-type]
    assert set(found) == expected
    assert set(found) <= set(FUNCTIONS)
    assert all(reason.about == f"function:{name}" and reason.text for name, reason in found.items())


def _named(*templates: str) -> list[Nameless]:
    return [Nameless("s", "GET", template, count=10 - place) for place, template in enumerate(templates)]


def test_an_id_goes_with_its_template() -> None:
    first, kept = identified(_named("/users/{param}", "/orders"), [], now=1.0)
    assert len(set(first)) == 2
    again, changed = identified(_named("/orders", "/users/{userId}"), kept, now=2.0)
    assert again == [first[1], first[0]]
    assert [one.template for one in changed] == ["/users/{userId}"]


def test_ids_of_merged_operations_become_aliases_of_the_oldest() -> None:
    old = [Identity(id=f"i{one}", service="s", method="GET", template=f"/users/{one}", made=float(one)) for one in (1, 2, 3)]
    ids, changed = identified(_named("/users/{id}"), old)
    assert ids == ["i1"]
    known = {one.id: one for one in (*old, *changed)}.values()
    assert {resolve(one.id, known) for one in old} == {"i1"}
    split, _ = identified(_named("/users/{id}", "/users/2"), known)
    assert split[0] == "i1"
    assert split[1] not in ("i1", "i2", "i3")


def test_where_a_template_is_cut_the_busier_part_keeps_the_id() -> None:
    old = [Identity(id="i", service="s", method="GET", template="/{a}/{b}", made=1.0)]
    ids, _ = identified(_named("/orders/{b}", "/users/{b}"), old)
    assert ids[0] == "i"
    assert ids[1] != "i"


@given(st.permutations(_named("/a", "/a/{b}", "/a/c", "/{x}/{y}", "/b")))
def test_ids_do_not_know_the_order_of_operations(found: list[Nameless]) -> None:
    ids, _ = identified(found, [])
    expected, _ = identified(sorted(found, key=lambda one: one.template), [])
    assert dict(zip((one.template for one in found), ids, strict=True)) == dict(
        zip(sorted(one.template for one in found), expected, strict=True)
    )


def _operation(template: str, **more: object) -> CatalogOperation:
    return msgspec.structs.replace(CatalogOperation(id="i", service="s", method="GET", template=template), **more)


def test_a_merge_finds_the_template_that_holds_all() -> None:
    assert merged([_operation("/reports/daily"), _operation("/reports/weekly")])[0].template == "/reports/{reportsId}"
    assert merged([_operation("/r/{name}/x"), _operation("/r/a/x")])[0].template == "/r/{name}/x"
    assert merged([_operation("/a"), _operation("/b")])[0].template == "/{param1}"
    assert len(merged([_operation("/a"), _operation("/b", method="PUT")])) == 2
    with pytest.raises(Refused, match="names differently"):
        merged([_operation("/q", named="a"), _operation("/p", named="b")])


def test_a_split_and_a_verdict_keep_what_they_are_about() -> None:
    one = split_off(_operation("/users/{id}", named="n"), ["/users/me"])[0]
    assert (one.kind, one.template, one.method, one.named) == ("split", "/users/me", "GET", "n")
    two = verdict(_operation("/users/{id}"), "query/q", "email", yes=False)
    assert (two.place, two.label, two.value) == ("query/q", "email", "no")


def test_coverage_says_what_was_not_seen() -> None:
    nothing = coverage(0, 0, float("inf"), float("-inf"), {}, {})
    assert nothing.lacks == ("nothing was seen of it",)
    some = coverage(30, 10, 5.0, 9.0, {"access-log": 30}, {"status": 10, "query": 4})
    assert some.window == 4.0
    text = "\n".join(some.lacks)
    assert "no sensor saw request bodies" in text
    assert "only 4 of 10 records show query" in text
    assert "10 records stand for 30 exchanges" in text
    assert "no record says when it was" in coverage(1, 1, float("inf"), float("-inf"), {}, {}).lacks[-1]
    whole = joined([some, nothing, some])
    assert (whole.exchanges, whole.recorded, whole.sensors) == (60, 20, {"access-log": 60})
