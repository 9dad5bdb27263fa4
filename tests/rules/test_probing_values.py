"""Values for inputs, inputs of calls, successes, nouns: what probes see of a target."""

import re
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.engine.probing.trial import Seeded
from yett.formats.names import singular
from yett.model.probe import Answer, Call
from yett.rules.probing.compare import holds, same, values
from yett.rules.probing.encoding import query_text, quoted, target_text, unformed, unquoted
from yett.rules.probing.operation import Operation, Place
from yett.rules.probing.patterns import matching
from yett.rules.probing.resources import doing, noun, parent, reference, references, unwrapped
from yett.rules.probing.success import failure, login_page, refused, succeeded
from yett.rules.probing.values import Maker, Mint


def _maker(**options: bool) -> Maker:
    rng = Seeded(3)
    return Maker(rng, Mint(rng), **options)


_SCHEMAS: list[dict[str, Any]] = [
    {"type": "string", "minLength": 12, "maxLength": 14},
    {"type": "string", "maxLength": 3},
    {"type": "string", "pattern": "^[A-Z]{2}-\\d{4}$"},
    {"type": "string", "format": "uuid"},
    {"type": "string", "format": "email"},
    {"type": "string", "format": "date-time"},
    {"type": "string", "format": "ipv4"},
    {"type": "string", "format": "uri"},
    {"type": "string", "enum": ["a", "b"]},
    {"type": ["null", "string"]},
    {"const": 4},
    {"type": "integer", "minimum": 10, "maximum": 12},
    {"type": "integer", "exclusiveMinimum": 3, "multipleOf": 5},
    {"type": "number", "exclusiveMaximum": 0},
    {"type": "boolean"},
    {"type": "array", "items": {"type": "integer"}, "minItems": 2},
    {
        "type": "object",
        "required": ["a"],
        "properties": {"a": {"type": "string"}, "b": {"oneOf": [{"type": "null"}, {"type": "integer"}]}},
    },
    {"anyOf": [{"type": "integer"}, {"type": "string"}]},
]


@pytest.mark.parametrize("schema", _SCHEMAS)
@pytest.mark.parametrize("options", [{}, {"fresh": False}, {"examples": False}, {"whole": False}])
def test_values_fit_their_schema(schema: dict[str, Any], options: dict[str, bool]) -> None:
    value = _maker(**options).value(schema, "thing")
    assert jsonschema_rs.validator_for(schema, validate_formats=True).is_valid(value), value


def test_examples_are_made_new() -> None:
    schema = {
        "type": "object",
        "properties": {"title": {"type": "string"}, "country": {"type": "string"}},
        "example": {"title": "Book", "country": "DE"},
    }
    first, second = _maker().value(schema), _maker(fresh=False).value(schema)
    assert first["title"].startswith("Book")
    assert first["title"] != "Book"
    assert first["country"] == "DE"
    assert second == {"title": "Book", "country": "DE"}


def test_names_tell_forms() -> None:
    maker = _maker()
    assert maker.value({"type": "string"}, "userEmail").endswith("@example.com")
    assert maker.value({"type": "string"}, "password_confirmation") == maker.value({"type": "string"}, "password")
    assert maker.value({"type": "string"}, "phone").startswith("+1555")
    assert maker.value({"type": "string"}, "callbackUrl").startswith("https://example.com/")
    assert maker.value({"type": "string", "readOnly": True}, "x")
    assert "id" not in maker.value({"properties": {"id": {"readOnly": True, "type": "integer"}}})


def test_known_values_are_used() -> None:
    rng = Seeded()
    maker = Maker(rng, Mint(rng), lambda name: 7 if name == "orderId" else None)
    assert maker.value({"type": "object", "properties": {"orderId": {"type": "integer"}, "n": {"type": "integer"}}}) == {
        "orderId": 7,
        "n": 1,
    }
    assert maker.value({"type": "string"}, "orderId") != 7


def test_old_exclusive_bounds() -> None:
    assert _maker().value({"type": "integer", "minimum": 3, "exclusiveMinimum": True}) == 4


@pytest.mark.parametrize(
    "pattern",
    [
        "^a+b?c*$",
        "[^0-9]{3}",
        "(?:ab|cd){2}x",
        "\\d{3}-\\w+",
        "^[a-c\\-]{1,}$",
        "x{2,4}?",
        ".{5}",
        "\\.",
        "[]a]",
        "^(a(b(c)))$",
    ],
)
def test_patterns(pattern: str) -> None:
    text = matching(pattern, Seeded(5))
    assert text is not None
    assert re.search(pattern, text)


@pytest.mark.parametrize(
    "pattern", ["(?=a)b", "\\p{L}", "(a", "[", "a{x}", "*a", "a" * 600, "(" * 100 + ")" * 100, "[^a-z0-9]", "a)"]
)
def test_patterns_that_are_beyond(pattern: str) -> None:
    assert matching(pattern, Seeded()) is None


@given(st.text(max_size=40))
def test_patterns_never_raise(pattern: str) -> None:
    matching(pattern, Seeded())


def test_mint_knows_its_tokens() -> None:
    mint = Mint(Seeded())
    one, two = mint(8), mint(12)
    assert mint.knows(f"book-{one}")
    assert not mint.knows("somebody-elses")
    assert mint.within(f"{two}/x/{one}") == (two, one)


@given(st.text(max_size=60))
def test_percent_encoding(text: str) -> None:
    assert unquoted(quoted(text)) == text.encode("utf-8", "surrogateescape").decode("utf-8", "replace") or text in (".", "..")
    assert unformed(query_text((("a", text),)).encode()) == {"a": text} or any("\ud800" <= one <= "\udfff" for one in text)


def test_dots_are_encoded_and_bad_escapes_stay() -> None:
    assert quoted("..") == "%2E%2E"
    assert unquoted("a%zz%4") == "a%zz%4"
    assert target_text(Call(method="GET", path="/a?b=1", query=(("c", "d"),))) == "/a?b=1&c=d"


OPERATION = Operation(
    id="op",
    method="POST",
    template="/v1/orders/{id}/lines/{line}.json",
    parameters=(Place("path", "id"), Place("path", "line"), Place("query", "q"), Place("header", "X-A"), Place("cookie", "c")),
    bodies={
        "application/json": {
            "type": "object",
            "properties": {
                "a": {"type": "object", "properties": {"b": {"type": "string"}}},
                "l": {"items": {"type": "integer"}},
            },
        }
    },
)


def test_places_of_an_operation() -> None:
    assert [one.text for one in OPERATION.places][-2:] == ["body /a/b", "body /l/0"]
    call = Call(
        method="POST",
        path="/v1/orders/1/lines/2.json",
        query=(("r", "x"),),
        body=b'{"z": {"y": [1]}}',
        content_type="application/json",
    )
    assert {"query r", "body /z/y/0"} <= {one.text for one in OPERATION.places_of(call)}
    assert OPERATION.value(call, Place("path", "line")) == "2"


@given(
    st.sampled_from(OPERATION.places),
    st.text(min_size=1, max_size=20).filter(lambda text: text.isprintable() and not set(text) & set(";= ")),
)
def test_what_is_put_is_there(place: Place, text: str) -> None:
    call = Call(method="POST", path="/v1/orders/1/lines/2.json", body=b"{}", content_type="application/json")
    put = OPERATION.put(call, place, text)
    assert OPERATION.value(put, place) == text
    if place.kind != "path":
        assert OPERATION.value(OPERATION.drop(put, place), place) is None


def test_other_values_and_forms() -> None:
    call = Call(method="POST", path="/v1/orders/1/lines/2.json")
    assert OPERATION.put(call, Place("query", "q"), ["a", 1]).query == (("q", "a"), ("q", "1"))
    assert OPERATION.value(OPERATION.put(call, Place("body", "/n/0"), {"x": 1}), Place("body", "/n/0/x")) == 1
    form = Call(method="POST", path="/", body=b"a=1+2&b=3", content_type="application/x-www-form-urlencoded")
    assert OPERATION.body_of(form) == {"a": "1 2", "b": "3"}
    assert OPERATION.put(form, Place("body", "/b"), "x&y").body == b"a=1%202&b=x%26y"
    assert OPERATION.drop(call, Place("path", "id")) == call
    assert OPERATION.path({"id": "a/b"}) == "/v1/orders/a%2Fb/lines/1.json"
    listed = OPERATION.with_body(call, [{"a": 1}, {"a": 2}])
    assert OPERATION.body_of(OPERATION.put(listed, Place("body", "/1/a"), 3)) == [{"a": 1}, {"a": 3}]
    assert OPERATION.body_of(OPERATION.drop(listed, Place("body", "/0/a"))) == [{}, {"a": 2}]


def _operation(label: str, id_: str = "", **body: Any) -> Operation:
    method, template = label.split()
    bodies = {"application/json": {"properties": {name: {"type": "string"} for name in body}}} if body else {}
    return Operation(id=id_ or label, method=method, template=template, bodies=bodies)


@pytest.mark.parametrize(
    ("label", "id_", "perilous"),
    [
        ("GET /createdb", "", True),
        ("GET /admin/reset-database", "", True),
        ("GET /users", "deleteAllUsers", True),
        ("GET /users", "listUsers", False),
        ("GET /created", "", False),
        ("POST /logout", "", True),
        ("GET /auth/logout", "", True),
        ("POST /shutdown", "", True),
        ("DELETE /users", "", True),
        ("DELETE /users/{id}", "deleteUser", False),
        ("POST /users", "createUser", False),
        ("GET /users/{id}/delete", "", True),
    ],
)
def test_what_may_do_harm(label: str, id_: str, perilous: bool) -> None:
    assert _operation(label, id_).perilous is perilous


@pytest.mark.parametrize(
    ("label", "body", "what", "of"),
    [
        ("GET /v1/users", (), "list", "user"),
        ("GET /users/v1/{username}", (), "read", "user"),
        ("POST /categories", (), "create", "category"),
        ("PUT /users/{id}", (), "change", "user"),
        ("PUT /users/v1/{username}/email", (), "change", "user"),
        ("DELETE /boxes/{id}", (), "delete", "box"),
        ("DELETE /users/{id}/avatar", (), "change", "user"),
        ("POST /login", ("username", "password"), "login", ""),
        ("POST /auth/token", ("email", "password"), "login", ""),
        ("POST /users/register", (), "register", "user"),
        ("POST /users", ("email", "password"), "register", "user"),
        ("PUT /me/password", ("password",), "password", "password"),
        ("POST /logout", (), "logout", "logout"),
        ("POST /orders/search", (), "action", "order"),
        ("POST /orders/{id}", (), "action", "order"),
        ("GET /users/{id}/orders", (), "list", "order"),
    ],
)
def test_what_operations_do(label: str, body: tuple[str, ...], what: str, of: str) -> None:
    operation = _operation(label, **dict.fromkeys(body, 1))
    assert doing(operation) == what
    if of:
        assert noun(operation) == of or what == "logout"


def test_references() -> None:
    nested = _operation("GET /users/{userId}/orders/{order_no}")
    assert [(one.name, one.noun) for one in references(nested)] == [("userId", "user"), ("order_no", "order")]
    assert parent(nested, "order_no") == "order"
    assert reference("book_title", "book").fields[0] == "booktitle"
    assert reference("customerId", "order").noun == "customer"
    assert [singular(word) for word in ("orders", "categories", "addresses", "boxes", "status", "news")] == [
        "order",
        "category",
        "address",
        "box",
        "status",
        "news",
    ]


@pytest.mark.parametrize(
    ("tree", "count", "many"),
    [
        ([{"a": 1}], 1, True),
        ({"items": [{"a": 1}, {"a": 2}], "total": 2}, 2, True),
        ({"data": {"orders": [{"a": 1}]}}, 1, True),
        ({"data": {"id": 1}}, 1, False),
        ({"status": "ok", "user": {"id": 1}}, 1, False),
        ({"id": 1, "lines": [{"a": 1}]}, 1, False),
        ("text", 0, False),
        ({"data": []}, 1, False),
    ],
)
def test_envelopes(tree: Any, count: int, many: bool) -> None:
    found, listed = unwrapped(tree)
    assert (len(found), listed) == (count, many)


def _answer(status: int, body: bytes = b"", kind: str = "application/json") -> Answer:
    return Answer(status=status, body=body, fields=((b"Content-Type", kind.encode()),))


@pytest.mark.parametrize(
    ("answer", "good"),
    [
        (_answer(200, b'{"id": 1}'), True),
        (_answer(204), True),
        (_answer(200, b'{"status": "fail", "message": "no"}'), False),
        (_answer(200, b'{"success": false}'), False),
        (_answer(200, b'{"ok": "no", "detail": "x"}'), False),
        (_answer(200, b'{"error": "not logged in"}'), False),
        (_answer(200, b'{"code": 403, "message": "x"}'), False),
        (_answer(200, b'{"status": "404"}'), False),
        (_answer(200, b'{"status": "success", "data": {"a": 1}}'), True),
        (_answer(200, b'{"errors": [{"message": "x"}], "data": null}'), False),
        (_answer(200, b'[{"errors": [1]}]'), False),
        (_answer(200, b'{"id": 4, "status": "failed"}'), True),
        (_answer(200, b'{"errors": [], "data": {"a": 1}}'), True),
        (_answer(302), False),
        (_answer(500), False),
        (Answer(failure="refused"), False),
        (_answer(200, b"<form><input type='password'></form>", "text/html"), False),
        (_answer(200, b"<h1>hello</h1>", "text/html"), True),
    ],
)
def test_successes(answer: Answer, good: bool) -> None:
    assert succeeded(answer) is good
    assert bool(failure(answer)) is not good


def test_refusals() -> None:
    assert refused(_answer(403))
    assert refused(_answer(200, b'{"error": "Access denied"}'))
    assert refused(_answer(400, b'{"message": "Invalid token."}'))
    assert not refused(_answer(200, b'{"id": 1}'))
    assert not refused(_answer(500, b"permission"))
    assert not login_page(b"<p>password</p>")


def test_comparing() -> None:
    one, two = _answer(200, b'{"a": 1, "timestamp": 5}'), _answer(200, b'{"timestamp": 9, "a": 1}')
    assert same(one, two)
    assert not same(one, _answer(201, one.body))
    assert not same(_answer(200, b"x"), _answer(200, b"y"))
    assert same(_answer(200, b'[{"request_id": "a"}]'), _answer(200, b'[{"request_id": "b"}]'))
    assert values({"a": [1, {"b": None, "c": "x"}]}) == {"a": [1], "c": ["x"]}
    assert holds(_answer(200, b'{"a": 12}'), "12")
    assert holds(_answer(200, b"has secret-value inside"), "secret-value")
    assert not holds(_answer(200, b"12"), "1")


@pytest.mark.parametrize(
    ("template", "path"), [("/flows/", "/flows/"), ("/flows/{id}/", "/flows/7/"), ("/flows/{id}", "/flows/7"), ("/", "/")]
)
def test_a_slash_at_the_end_is_part_of_the_path(template: str, path: str) -> None:
    operation = Operation(id="x", method="GET", template=template)
    assert operation.path({"id": 7}) == path
    assert operation.path_values(path) == ({"id": "7"} if "{" in template else {})
