"""Templates: which segments are parameters, what they are called, what is left out, and that the reasons say why."""

import json
import random
from typing import Any

import pytest

from yett.engine.learning import Learning, Learnt, Settings
from yett.engine.learning.naming import parameter_name
from yett.engine.learning.segments import kind_of_segment, parted
from yett.formats.names import singular
from yett.formats.recordings.values import Recording
from yett.model.exchange import Exchange, Fields, Request, Response

USER = {"id": 1, "name": "x", "email": "y", "created": "z"}
NAMES = [
    "alice",
    "bob",
    "carol",
    "dave",
    "erin",
    "frank",
    "grace",
    "heidi",
    "ivan",
    "judy",
    "mallory",
    "niaj",
    "olivia",
    "peggy",
]


def call(target: str, value: Any = None, method: str = "GET", status: int = 200, token: str = "") -> Recording:
    fields: Fields = ((b"Host", b"api.example"),)
    if token:
        fields += ((b"Authorization", f"Bearer {token}".encode()),)
    kind = b"text/html" if isinstance(value, str) else b"application/json"
    body = value.encode() if isinstance(value, str) else b"" if value is None else json.dumps(value).encode()
    request = Request(method=method, target=target.encode(), fields=fields)
    response = Response(status=status, fields=((b"Content-Type", kind),), body=body)
    return Recording(exchange=Exchange(id="", source="har", started=1.0, request=request, response=response), sensor="har")


def operations(recordings: list[Recording], settings: Settings | None = None) -> dict[str, Learnt]:
    learning = Learning(settings or Settings(), b"k" * 16, lambda name, place, value: ())
    for one in recordings:
        learning.add(one)
    (service,) = learning.services()
    return {f"{one.method} {one.template}": one for one in service.operations()}


@pytest.mark.parametrize(
    ("segment", "kind"),
    (
        ("users", "word"),
        ("findPetsByStatus2", "word"),
        ("listBucketsV2", "word"),
        ("oauth2", "word"),
        ("user-groups", "slug"),
        ("microsoft.graph.group_user", "slug"),
        ("$count", "slug"),
        ("v1", "version"),
        ("v1.1beta", "version"),
        ("en", "locale"),
        ("pt-BR", "locale"),
        ("US", "code"),
        ("alice42", "token"),
        ("index.html", "file"),
        ("a%20b", "text"),
        ("", "empty"),
        ("42", "number"),
        ("-3.25", "number"),
        ("2024-02-29", "date"),
        ("2024-02-29T10:00:00Z", "date"),
        ("123e4567-e89b-12d3-a456-426614174000", "uuid"),
        ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "ulid"),
        ("507f1f77bcf86cd799439011", "hex"),
        ("a@b.example", "email"),
        ("a%40b.example", "email"),
        ("10.0.0.1", "address"),
        ("1.12.3", "release"),
        ("dQw4w9WgXcQ", "opaque"),
        ("cus_NffrFeUfNV2Hib", "opaque"),
        ("12,13", "opaque"),
    ),
)
def test_kinds_of_segments(segment: str, kind: str) -> None:
    assert kind_of_segment(segment) == kind


@pytest.mark.parametrize(
    ("segment", "parts"),
    (("12.json", ("", "12", ".json")), ("a:go", ("", "a", ":go")), ("users(12)", ("users(", "12", ")")), ("a", ("", "a", ""))),
)
def test_parts_of_segments(segment: str, parts: tuple[str, str, str]) -> None:
    assert parted(segment) == parts


@pytest.mark.parametrize(
    ("before", "kinds", "taken", "name"),
    (
        (["orders"], {"number": 3}, set(), "orderId"),
        (["v1", "line-items"], {"uuid": 3}, set(), "lineItemId"),
        (["users"], {"word": 3}, set(), "userName"),
        (["categories", "{categoryId}", "children"], {"number": 1}, set(), "childId"),
        (["boxes", "{boxId}"], {"number": 1}, {"boxId"}, "boxId2"),
        (["reports"], {"date": 3, "word": 1}, set(), "date"),
        ([], {"number": 1}, set(), "id"),
        ([], {"word": 1}, set(), "name"),
    ),
)
def test_names_of_parameters(before: list[str], kinds: dict[str, int], taken: set[str], name: str) -> None:
    assert parameter_name(before, kinds, taken) == name


@pytest.mark.parametrize(("word", "one"), (("people", "person"), ("status", "status"), ("classes", "class"), ("news", "news")))
def test_singular(word: str, one: str) -> None:
    assert singular(word) == one


def test_ids_are_parameters_and_the_reason_says_so() -> None:
    found = operations([call(f"/v1/users/{number}/orders/{number * 7}", USER) for number in range(100, 130)])
    one = found["GET /v1/users/{userId}/orders/{orderId}"]
    assert [(parameter.name, parameter.position, parameter.distinct) for parameter in one.parameters] == [
        ("userId", 2, 30),
        ("orderId", 4, 30),
    ]
    assert one.reasons[0].about == "parameter:userId"
    assert one.reasons[0].numbers["values"] == 30
    assert len(list(one.traffic.members)) == 30


def test_names_are_a_parameter_where_the_same_code_answers_them() -> None:
    found = operations([call(f"/users/{name}", USER) for name in NAMES])
    assert list(found) == ["GET /users/{userName}"]
    (reason,) = found["GET /users/{userName}"].reasons
    assert reason.numbers["score"] >= reason.numbers["settings.score"]


def test_siblings_that_are_called_often_stay_names() -> None:
    resources = ("users", "orders", "products", "carts")
    found = operations([call(f"/{name}", {name: 1, "next": 2, "total": 3}) for name in resources for _ in range(20)])
    assert sorted(found) == sorted(f"GET /{name}" for name in resources)


def test_a_name_beside_ids_stays_one() -> None:
    calls = [call(f"/users/{number}", USER) for number in range(100, 120)] + [call("/users/me", USER)] * 12
    calls += [call("/users/search", {"hits": [], "total": 1, "page": 2})] * 12
    assert sorted(operations(calls)) == ["GET /users/me", "GET /users/search", "GET /users/{userId}"]


def test_different_authentication_is_never_merged() -> None:
    calls = [call(f"/users/{name}", USER, token="abcdefghijkl") for name in NAMES[:7]]
    calls += [call(f"/users/{name}", USER) for name in NAMES[7:]]
    templates = operations(calls)
    for one in templates.values():
        assert len(one.traffic.access.signature()) == 1


def test_versions_suffixes_verbs_and_functions() -> None:
    calls = [call(f"/v{1 + number % 2}/jobs/{number}:cancel", USER, "POST") for number in range(100, 120)]
    calls += [call(f"/2010-04-01/calls/{number}.json", USER) for number in range(100, 120)]
    calls += [call(f"/odata/users({number})/name", USER) for number in range(100, 120)]
    calls += [call("/jobs/all:run", USER, "POST")] * 3
    assert sorted(operations(calls)) == [
        "GET /2010-04-01/calls/{callId}.json",
        "GET /odata/users({odataId})/name",
        "POST /jobs/all:run",
        "POST /v1/jobs/{jobId}:cancel",
        "POST /v2/jobs/{jobId}:cancel",
    ]


def test_an_id_that_never_varies_is_a_name() -> None:
    found = operations([call("/api/v1/123/users", USER)] * 60)
    assert list(found) == ["GET /api/v1/123/users"]
    assert found["GET /api/v1/123/users"].reasons[0].numbers["settings.literal_calls"] == 50


def test_soft_404_scanners_and_crawlers_invent_nothing() -> None:
    page = "<html>" + "x" * 300
    calls = [call(f"/users/{number}", USER) for number in range(100, 120)]
    calls += [call(f"/{word}/admin.php", page) for word in NAMES] + [call("/.env", page), call("/a/b/c", page)]
    calls += [call("/robots.txt", "User-agent: *"), call("/favicon.ico", "x"), call("/wp-login.php", "no", status=404)]
    assert list(operations(calls)) == ["GET /users/{userId}"]


def test_operations_whose_answers_are_alike_are_no_soft_404() -> None:
    page = "<html>" + "x" * 300
    assert list(operations([call(f"/u/{number}", page) for number in range(30)])) == ["GET /u/{uId}"]
    found = operations([call(f"/people/{name}", page) for name in NAMES])
    assert sum(one.traffic.count for one in found.values()) == len(NAMES)
    learning = Learning(Settings(), b"k" * 16, lambda name, place, value: ())
    for one in [call(f"/{name}/x", page) for name in NAMES] + [call("/users/100", USER)]:
        learning.add(one)
    (service,) = learning.services()
    assert len(service.operations()) == 1
    assert service.soft() == len(NAMES)


def test_more_words_than_a_place_may_keep_are_a_parameter() -> None:
    words = [f"{one}{two}" for one in NAMES for two in NAMES]
    settings = Settings(words=(50, 20, 10), wide=10, words_kept=4)
    calls = [call(f"/articles/{word}", USER) for word in words] * 2
    chance = random.Random(1)
    chance.shuffle(calls)
    found = operations(calls, settings)
    assert list(found) == ["GET /articles/{articleName}"]
    assert found["GET /articles/{articleName}"].traffic.members.distinct == len(words)


def test_trailing_slashes_and_odata_segments_are_names() -> None:
    calls = [call(f"/users/{number}/", USER) for number in range(100, 120)] + [call("/users/$count", 3)] * 5
    assert sorted(operations(calls)) == ["GET /users/$count", "GET /users/{userId}/"]
    assert list(operations([call(f"/places/${name}", USER) for name in NAMES])) == ["GET /places/{placeName}"]


def test_versions_beside_each_other_are_names_even_if_each_was_called_once() -> None:
    assert sorted(operations([call("/v1/users", USER), call("/v2/users", USER)])) == ["GET /v1/users", "GET /v2/users"]
    found = operations([call(f"/api/2024-0{month}-01", USER) for month in range(1, 10)])
    assert list(found) == ["GET /api/{date}"]  # nothing is below them


def test_words_below_words_are_found_where_each_has_few() -> None:
    chance = random.Random(5)
    tails = ("", "/issues", "/pulls", "/tags", "/branches")
    bodies = [{f"{tail[1:]}_{name}": 1 for name in "abcd"} for tail in tails]
    calls = []
    for _ in range(400):
        which = chance.randrange(len(tails))
        owner, repository = NAMES[int(chance.random() ** 2 * 14)], NAMES[int(chance.random() ** 2 * 14)] + "-app"
        calls.append(call(f"/repos/{owner}/{repository}{tails[which]}", bodies[which]))
    found = operations(calls)
    assert {one.split("}")[-1] for one in found} == set(tails)
    assert len(found) == len(tails)


def test_a_closed_list_is_a_parameter_where_many_operations_below_agree() -> None:
    words = ("alpha", "bravo", "charlie", "dalton", "echo", "foxtrot", "golf", "hotel")
    bodies = {tail: {f"{tail}{name}": 1 for name in "abcd"} for tail in ("items", "totals", "owners")}
    calls = [call(f"/{word}/{tail}", body) for word in words for tail, body in bodies.items() for _ in range(9)]
    found = operations(calls)
    assert len(found) == 3
    few = operations([one for one in calls if one.exchange is not None and one.exchange.request.target[1:2] in b"ab"])
    assert len(few) == 6  # two words that share shapes are more often two resources


def test_resources_below_which_other_things_are_called_stay_names() -> None:
    words = ("users", "orders", "carts", "items", "stores", "prices", "offers", "brands")
    calls = [call(f"/{word}/{word}-{part}", USER) for word in words for part in ("list", "count", "stats") for _ in range(9)]
    assert len(operations(calls)) == 24


def test_a_value_that_looks_like_the_others_is_one_and_a_busy_odd_one_is_not() -> None:
    calls = [call(f"/boxes/{name}{number}", USER) for name in NAMES for number in (17, 230)]
    calls += [call("/boxes/kate7", USER)] * 2 + [call("/boxes/~defaults", USER)] * 30
    assert sorted(operations(calls)) == ["GET /boxes/{boxId}", "GET /boxes/~defaults"]


def test_names_that_are_joined_otherwise_are_not_values() -> None:
    names = ("org.felix.http", "org.sling.auth", "com.day.cq")
    calls = [call(f"/config/{name}", None, "POST") for name in names for _ in range(25)]
    calls += [call(f"/config/{name}-node", None, "POST") for name in NAMES]
    found = sorted(operations(calls))
    assert len(found) == 4
    assert found[-1] == "POST /config/{configName}"


def test_a_verb_behind_an_opaque_value_stays_outside_of_it() -> None:
    ids = ("vKx81Qb2LmZt9Rw0", "Qz7LpT3xWb8NcY1k", "mB4Vn9Xc2Ds6Fg8H", "Jk5Lq8Wz1Xv3Bn7M")
    calls = [call(f"/tables/{one}:undelete", USER, "POST") for one in ids for _ in range(3)]
    assert list(operations(calls)) == ["POST /tables/{tableId}:undelete"]


def test_hosts_that_answer_every_path_with_one_json_object() -> None:
    def nothing(path: str) -> Recording:
        return call(path, {"result": "none", "path": path})

    calls = [call(f"/users/{number}", USER) for number in range(100, 120)]
    calls += [nothing(path) for path in ("/wp-login.php", "/.env", "/.git/config", "/backup.zip", "/shell.php", "/console")]
    assert list(operations(calls)) == ["GET /users/{userId}"]
    few = [call("/users", USER), *(nothing(path) for path in ("/.env", "/console"))]
    assert len(operations(few)) > 1  # nothing is proven
