"""Parameters: every style in every location, of both generations of the description, and how they are refused."""

from typing import Any

import pytest
from described import Seen, evaluation, judged, only, openapi, read, sound, with_parameters
from hypothesis import given
from hypothesis import strategies as st

from yett.formats.contract.acceptors import _short, acceptor
from yett.formats.contract.coercion import scalar
from yett.formats.contract.parameters import MAX_FIELDS, parameter_check
from yett.formats.contract.violations import Violation, shape

ARRAY = {"type": "array", "items": {"type": "integer"}, "minItems": 2}
OBJECT = {
    "type": "object",
    "properties": {"R": {"type": "integer"}, "G": {"type": "boolean"}},
    "required": ["R", "G"],
    "additionalProperties": False,
}
INTEGER = {"type": "integer"}


def told(
    place: str, schema: Any, style: str | None, explode: bool | None, sent: str, name: str = "color", **more: Any
) -> Violation | None:
    """Send one parameter as the raw text that goes into its place."""
    parameter: dict[str, Any] = {"name": name, "in": place, "schema": schema, "required": True, **more}
    if style is not None:
        parameter["style"] = style
    if explode is not None:
        parameter["explode"] = explode
    contract = with_parameters(parameter)
    if place == "path":
        return judged(contract, Seen(), **{name: sent})
    if place == "query":
        return judged(contract, Seen(f"/x?{sent}"))
    field = "Cookie" if place == "cookie" else name
    return judged(contract, Seen(fields={field: sent}))


GOOD: list[tuple[str, str, bool, Any, str]] = [
    ("path", "simple", False, INTEGER, "5"), ("path", "simple", False, ARRAY, "1,2"), ("path", "simple", True, ARRAY, "1%2C2"),
    ("path", "simple", False, OBJECT, "R,100,G,true"), ("path", "simple", True, OBJECT, "R=100,G=true"),
    ("path", "label", False, INTEGER, ".5"), ("path", "label", False, ARRAY, ".1,2"), ("path", "label", True, ARRAY, ".1.2"),
    ("path", "label", False, OBJECT, ".R,100,G,true"), ("path", "label", True, OBJECT, ".R=100.G=true"),
    ("path", "matrix", False, INTEGER, ";color=5"), ("path", "matrix", False, ARRAY, ";color=1,2"), ("path", "matrix", True, ARRAY, ";color=1;color=2"),
    ("path", "matrix", False, OBJECT, ";color=R,100,G,true"), ("path", "matrix", True, OBJECT, ";R=100;G=true"),
    ("query", "form", True, INTEGER, "color=5"), ("query", "form", True, ARRAY, "color=1&color=2"), ("query", "form", False, ARRAY, "color=1,2"),
    ("query", "form", False, ARRAY, "color=1%2C2"), ("query", "form", True, OBJECT, "R=100&G=true"), ("query", "form", False, OBJECT, "color=R,100,G,true"),
    ("query", "spaceDelimited", False, ARRAY, "color=1%202"), ("query", "spaceDelimited", False, ARRAY, "color=1+2"), ("query", "spaceDelimited", True, ARRAY, "color=1&color=2"),
    ("query", "spaceDelimited", False, OBJECT, "color=R%20100%20G%20true"), ("query", "pipeDelimited", False, ARRAY, "color=1%7C2"),
    ("query", "pipeDelimited", False, OBJECT, "color=R%7C100%7CG%7Ctrue"), ("query", "pipeDelimited", True, ARRAY, "color=1&color=2"),
    ("query", "deepObject", True, OBJECT, "color[R]=100&color[G]=true"), ("query", "deepObject", True, OBJECT, "color%5BR%5D=100&color%5BG%5D=true"),
    ("query", "deepObject", True, ARRAY, "color[]=1&color[]=2"), ("query", "deepObject", True, ARRAY, "color[0]=1&color[1]=2"), ("query", "deepObject", True, ARRAY, "color=1&color=2"),
    ("query", "deepObject", True, INTEGER, "color=5"),
    ("header", "simple", False, INTEGER, "5"), ("header", "simple", False, ARRAY, "1, 2"), ("header", "simple", True, ARRAY, "1,2"),
    ("header", "simple", False, OBJECT, "R,100,G,true"), ("header", "simple", True, OBJECT, "R=100, G=true"),
    ("cookie", "form", True, INTEGER, "a=b; color=5"), ("cookie", "form", False, ARRAY, "color=1,2"), ("cookie", "form", True, ARRAY, "color=1; color=2"),
    ("cookie", "form", False, OBJECT, "color=R,100,G,true"), ("cookie", "form", True, OBJECT, "R=100; G=true"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "style", "explode", "schema", "sent"), GOOD)
def test_every_style_in_every_place(place: str, style: str, explode: bool, schema: Any, sent: str) -> None:
    assert told(place, schema, style, explode, sent) is None
    wrong = sent.replace("5", "x").replace("1", "x")
    found = told(place, schema, style, explode, wrong)
    assert found is not None
    assert found.place.startswith(f"{place} color")
    assert "x" not in found.sample


@pytest.mark.parametrize(
    ("place", "style", "explode", "schema", "sent", "reason"),
    [
        ("path", "label", False, INTEGER, "5", "it does not start with a dot"), ("path", "matrix", False, INTEGER, "5", "it does not start with a semicolon"),
        ("path", "matrix", False, INTEGER, ";other=5", "another name than that of the parameter"), ("path", "matrix", False, INTEGER, ";color=5;color=6", "it stands more than once"),
        ("path", "simple", False, OBJECT, "R,100,G", "a name without a value"), ("path", "simple", True, OBJECT, "R=100,G", "a name without a value"),
        ("path", "simple", True, OBJECT, "R=1,R=2,G=true", "a property stands twice"), ("path", "simple", False, INTEGER, "%FF", "malformed percent-encoding, or not UTF-8"),
        ("query", "form", True, INTEGER, "color=1&color=1", "it stands more than once"), ("query", "form", True, INTEGER, "color=%FF", "malformed percent-encoding, or not UTF-8"),
        ("query", "form", True, ARRAY, "color=%FF", "malformed percent-encoding, or not UTF-8"), ("query", "form", False, ARRAY, "color=1,2&color=3", "it stands more than once"),
        ("query", "form", True, OBJECT, "R=1&R=2&G=true", "a property stands more than once"), ("query", "deepObject", True, OBJECT, "color[R]=1&color[R]=2&color[G]=true", "a property stands twice"),
        ("query", "deepObject", True, OBJECT, "color[R=1", "a malformed or too deeply nested name"), ("query", "deepObject", True, OBJECT, "color" + "[a]" * 9 + "=1", "a malformed or too deeply nested name"),
        ("query", "deepObject", True, OBJECT, "color[R]=1&color[R][a]=2", "a name that is both a value and an object"), ("query", "deepObject", True, OBJECT, "color[R][a]=2&color[R]=1", "a name that is both a value and an object, or stands twice"),
        ("query", "deepObject", True, INTEGER, "color=1&color=2", "it stands more than once"), ("query", "form", True, INTEGER, "other=1", "it is required and was not sent"),
        ("query", "form", True, ARRAY, "other=1", "it is required and was not sent"), ("query", "deepObject", True, OBJECT, "colour[R]=1", "it is required and was not sent"),
        ("query", "form", True, OBJECT, "other=1", "it is required and was not sent"), ("cookie", "form", True, INTEGER, "color=1; color=2", "it stands more than once"),
        ("cookie", "form", True, INTEGER, "a=1", "it is required and was not sent"), ("header", "simple", False, INTEGER, "", 'the value is not of type "integer"'),
    ],
)  # fmt: skip
def test_what_has_no_single_reading_is_refused(
    place: str, style: str, explode: bool, schema: Any, sent: str, reason: str
) -> None:
    found = told(place, schema, style, explode, sent)
    assert found is not None and found.reason == reason


def test_what_was_not_sent() -> None:
    optional = with_parameters(
        *({"name": f"p{place}", "in": place, "schema": INTEGER} for place in ("query", "header", "cookie"))
    )
    assert judged(optional, Seen()) is None
    assert judged(optional, Seen("/x?")) is None
    path = with_parameters({"name": "id", "in": "path", "required": True, "schema": INTEGER})
    found = judged(path, Seen())
    assert found == Violation("path id", "it is required and was not sent")
    header = with_parameters({"name": "X-A", "in": "header", "required": True, "schema": INTEGER})
    assert judged(header, Seen()) == Violation("header X-A", "it is required and was not sent")
    content = {"name": "q", "in": "query", "required": True, "content": {"application/json": {"schema": {}}}}
    assert judged(with_parameters(content), Seen()) == Violation("query q", "it is required and was not sent")


def test_a_header_twice() -> None:
    contract = with_parameters({"name": "X-A", "in": "header", "schema": {"type": "string"}})
    seen = Seen(fields={"X-A": "a, b"})
    assert judged(contract, seen) is None
    seen.lines = [(b"x-a", b"a"), (b"x-a", b"b")]
    assert judged(contract, seen) == Violation("header X-A", "it stands more than once")


def test_parameters_as_json() -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": INTEGER}}
    for place in ("query", "header", "cookie", "path"):
        parameter = {"name": "filter", "in": place, "required": True, "content": {"application/json": {"schema": schema}}}
        contract = with_parameters(parameter)
        for sent, good in (('{"a":1}', True), ('{"a":"x"}', False), ('{"a":1,"a":2}', False), ("{", False), ("", False)):
            escaped = sent.replace('"', "%22").replace("{", "%7B").replace("}", "%7D")
            seen = {
                "query": Seen(f"/x?filter={escaped}"), "header": Seen(fields={"filter": sent}), "cookie": Seen(fields={"Cookie": f"filter={escaped}"}), "path": Seen(),
            }[place]  # fmt: skip
            found = judged(contract, seen, filter=escaped)
            assert (found is None) is good
            assert found is None or found.place.startswith(f"{place} filter")
    twice = with_parameters({"name": "q", "in": "query", "content": {"application/json": {"schema": {}}}})
    assert judged(twice, Seen("/x?q=1&q=2")) == Violation("query q", "it stands more than once")
    assert judged(twice, Seen("/x?q=nonsense")) is None


def test_empty_values() -> None:
    number = {"name": "n", "in": "query", "schema": INTEGER}
    assert judged(with_parameters(number), Seen("/x?n=")) is not None
    assert judged(with_parameters(number), Seen("/x?n")) is not None
    allowed = with_parameters({**number, "allowEmptyValue": True})
    assert judged(allowed, Seen("/x?n=")) is None and judged(allowed, Seen("/x?n")) is None
    assert judged(allowed, Seen("/x?n=x")) is not None
    assert told("query", {"type": "array", "items": INTEGER}, "form", True, "color=") is None, "an empty list"
    assert told("query", {"type": "array", "items": INTEGER}, "form", False, "color=") is None
    assert told("query", {"type": ["integer", "null"]}, "form", True, "color=") is None


def test_encodings() -> None:
    text = {"type": "string", "enum": ["a b", "é", "a+b", "a&b"]}
    for sent in ("color=a%20b", "color=a+b", "color=%C3%A9", "color=a%2Bb", "color=a%26b", "c%6Flor=a+b"):
        assert told("query", text, "form", True, sent) is None
    assert told("path", text, "simple", False, "a%20b") is None
    assert told("path", text, "simple", False, "a+b") is None, "a plus is a plus in a path"
    assert told("cookie", text, "form", True, "color=a%20b") is None
    assert told("cookie", text, "form", True, "color=a+b") is None
    assert told("cookie", {"type": "string"}, "form", True, "color=%FF") is None, "cookies need not be percent-encoded"
    assert told("header", {"type": "string", "maxLength": 1}, "simple", False, "é") is None


def test_undeclared_parameters() -> None:
    schemes = {"securitySchemes": {"key": {"type": "apiKey", "in": "query", "name": "api_key"}}}
    for schema in (INTEGER, ARRAY):
        contract = with_parameters({"name": "n", "in": "query", "schema": schema}, components=schemes)
        assert judged(contract, Seen("/x?other=1&n=1&n=2" if schema is ARRAY else "/x?other=1&other=2&n=1")) is None
        assert judged(contract, Seen("/x?other=1"), deny=True) == Violation("query other", "the parameter is not declared")
        assert judged(contract, Seen("/x?api_key=1&&"), deny=True) is None
        assert judged(contract, Seen("/x?%6F=1"), deny=True) == Violation("query o", "the parameter is not declared")
    bare = sound(openapi(paths={"/x": {"get": {"responses": {}}}}))
    assert judged(bare, Seen("/x?other=1")) is None and parameter_check(only(bare)) is None
    assert judged(bare, Seen("/x?other=1"), deny=True) is not None
    assert judged(bare, Seen("/x"), deny=True) is None


def test_objects_that_take_what_is_left() -> None:
    filters = {
        "name": "filter",
        "in": "query",
        "schema": {"type": "object", "properties": {"a": INTEGER}, "additionalProperties": INTEGER},
    }
    contract = with_parameters(filters, {"name": "n", "in": "query", "schema": {"type": "string"}})
    assert judged(contract, Seen("/x?n=text&a=1&b=2"), deny=True) is None
    found = judged(contract, Seen("/x?n=text&b=x"), deny=True)
    assert found is not None and found.place == "query filter /b"
    lists = with_parameters(
        {"name": "f", "in": "query", "schema": {"type": "object", "properties": {"a": {"type": "array", "items": INTEGER}}}}
    )
    assert judged(lists, Seen("/x?a=1&a=2")) is None and judged(lists, Seen("/x?a=1&a=x")) is not None


def test_nested_deep_objects() -> None:
    inner = {
        "type": "object",
        "properties": {"gte": INTEGER, "tags": {"type": "array", "items": {"type": "string"}}},
        "additionalProperties": False,
    }
    schema = {"type": "object", "properties": {"created": inner, "any": {}}, "additionalProperties": False}
    contract = with_parameters({"name": "f", "in": "query", "style": "deepObject", "explode": True, "schema": schema})
    assert judged(contract, Seen("/x?f[created][gte]=5&f[created][tags][]=a&f[created][tags][]=b&f[any]=x")) is None
    assert judged(contract, Seen("/x?f[created][tags][1]=a&f[created][tags][0]=b")) is None
    for wrong in ("f[created][gte]=x", "f[created][lte]=5", "f[other]=1", "f[created]=5"):
        assert judged(contract, Seen(f"/x?{wrong}")) is not None


def test_many_parameters_are_bounded() -> None:
    contract = with_parameters({"name": "a", "in": "query", "schema": ARRAY})
    found = judged(contract, Seen("/x?" + "&".join("b=1" for _ in range(MAX_FIELDS + 1))))
    assert found == Violation("query", f"more than {MAX_FIELDS} parameters")


@pytest.mark.parametrize(
    ("schema", "sent", "good"),
    [
        ({"anyOf": [INTEGER, {"type": "string", "enum": ["all"]}]}, "5", True), ({"anyOf": [INTEGER, {"type": "string", "enum": ["all"]}]}, "all", True),
        ({"anyOf": [INTEGER, {"type": "string", "enum": ["all"]}]}, "some", False), ({"type": ["string", "integer"], "maxLength": 2, "maximum": 5}, "77", True),
        ({"type": ["string", "integer"], "maxLength": 2, "maximum": 5}, "777", False), ({"enum": [1, 2]}, "2", True), ({"enum": [1, 2]}, "3", False), ({"const": True}, "true", True),
        ({"allOf": [{"type": "number"}, {"type": "integer"}]}, "5", True), ({"allOf": [{"type": "number"}, {"maximum": 5}]}, "5.5", False), ({"type": "number"}, "1e3", True),
        ({"type": "number"}, "1e999", False), ({"type": "number"}, ".5", False), ({"type": "integer"}, "1.0", False), ({"type": "integer"}, "+1", False), ({"type": "integer"}, "1_0", False),
        ({"type": "integer"}, "%D9%A3", False), ({"type": "integer"}, "007", True), ({"type": "integer"}, "-7", True), ({"type": "integer"}, "9" * 41, False), ({"type": "boolean"}, "1", False),
        ({"type": "boolean"}, "True", False), ({"type": "string", "format": "uuid"}, "123e4567-e89b-12d3-a456-426614174000", True), ({"type": "string", "format": "date"}, "2024-13-01", False),
        ({"type": "string", "pattern": "^[a-z]+$"}, "abc", True), ({"type": "string", "minLength": 3}, "ab", False), ({}, "anything", True), ({"not": {"type": "string"}}, "x", False),
        ({"type": "array", "items": {"type": ["integer", "string"], "maxLength": 1}}, "1", True), ({"type": "array", "items": {"anyOf": [INTEGER, {"enum": ["a"]}]}}, "a", True),
        ({"type": "integer", "nullable": True}, "null", True),
    ],
)  # fmt: skip
def test_text_becomes_what_the_schema_speaks_of(schema: Any, sent: str, good: bool) -> None:
    assert (told("query", schema, "form", True, f"color={sent}") is None) is good
    assert (told("path", schema, "simple", False, sent) is None) is good


def test_a_reference_to_a_scalar_is_a_scalar() -> None:
    schemas = {"A": {"$ref": "#/components/schemas/B"}, "B": {"type": "integer", "maximum": 5}}
    contract = with_parameters(
        {"name": "n", "in": "query", "schema": {"$ref": "#/components/schemas/A"}}, components={"schemas": schemas}
    )
    assert judged(contract, Seen("/x?n=5")) is None and judged(contract, Seen("/x?n=6")) is not None


# --- Swagger 2


@pytest.mark.parametrize(
    ("place", "collection", "sent", "good"),
    [
        ("query", None, "n=1,2", True), ("query", "csv", "n=1,2", True), ("query", "ssv", "n=1%202", True), ("query", "tsv", "n=1%092", True), ("query", "pipes", "n=1%7C2", True),
        ("query", "multi", "n=1&n=2", True), ("query", "csv", "n=1&n=2", False), ("query", "csv", "n=1,x", False), ("query", "multi", "n=1", False), ("path", "pipes", "1%7C2", True),
        ("path", "csv", "1,2", True), ("header", "ssv", "1 2", True), ("header", "csv", "1, 2", True), ("header", "csv", "1,x", False),
    ],
)  # fmt: skip
def test_collection_formats(place: str, collection: str | None, sent: str, good: bool) -> None:
    parameter = {"name": "n", "in": place, "required": True, "type": "array", "minItems": 2, "items": {"type": "integer"}}
    if collection is not None:
        parameter["collectionFormat"] = collection
    contract = with_parameters(parameter, version="2.0")
    seen = Seen(f"/x?{sent}" if place == "query" else "/x", fields={"n": sent} if place == "header" else None)
    found = judged(contract, seen, n=sent)
    assert (found is None) is good


def test_nested_collections() -> None:
    parameter = {
        "name": "n",
        "in": "query",
        "type": "array",
        "collectionFormat": "pipes",
        "items": {"type": "array", "collectionFormat": "csv", "minItems": 2, "items": {"type": "integer"}},
    }
    contract = with_parameters(parameter, version="2.0")
    assert contract.unenforced == ()
    assert judged(contract, Seen("/x?n=1,2%7C3,4")) is None
    assert judged(contract, Seen("/x?n=1,2%7C3")) is not None


def test_swagger_parameters_that_are_wrong() -> None:
    for parameter, message in (
        (
            {"name": "n", "in": "query", "type": "array", "items": {}, "collectionFormat": "xsv"},
            "'xsv' is not a collectionFormat here",
        ),
        (
            {"name": "n", "in": "header", "type": "array", "items": {}, "collectionFormat": "multi"},
            "'multi' is not a collectionFormat here",
        ),
        (
            {"name": "n", "in": "cookie", "type": "string"},
            "a parameter needs a name, and a place: path, query, header, formData, body",
        ),
        ({"in": "query", "type": "string"}, "a parameter needs a name, and a place: path, query, header, formData, body"),
    ):
        contract = with_parameters(
            {"name": "x", **parameter} if "name" in parameter else parameter, version="2.0", template="/x"
        )
        assert [problem.message for problem in contract.problems] == [message]
    untyped = with_parameters({"name": "n", "in": "query"}, version="2.0")
    assert [gap.why for gap in untyped.unenforced] == ["it has no type"]
    assert judged(untyped, Seen("/x?n=anything")) is None


def test_constraints_of_swagger_parameters() -> None:
    contract = with_parameters(
        {"name": "n", "in": "query", "type": "integer", "required": True, "maximum": 5, "exclusiveMaximum": True, "x-own": 1},
        version="2.0",
    )
    assert (
        judged(contract, Seen("/x?n=4")) is None
        and judged(contract, Seen("/x?n=5")) is not None
        and judged(contract, Seen()) is not None
    )


# --- properties

BOUND = st.one_of(st.none(), st.integers(-100, 100))


@given(
    BOUND,
    BOUND,
    st.one_of(st.integers(-200, 200).map(str), st.text(max_size=6), st.from_regex(r"-?[0-9]{1,5}", fullmatch=True)),
)
def test_the_short_way_of_integers_is_that_of_the_validator(least: int | None, most: int | None, text: str) -> None:
    schema = {"type": "integer"} | ({} if least is None else {"minimum": least}) | ({} if most is None else {"maximum": most})
    _agree(schema, text)


@given(st.integers(0, 5), st.one_of(st.none(), st.integers(0, 8)), st.text(max_size=10))
def test_the_short_way_of_texts_is_that_of_the_validator(least: int, most: int | None, text: str) -> None:
    _agree({"type": "string", "minLength": least} | ({} if most is None else {"maxLength": most}), text)


@given(st.lists(st.text(max_size=2), min_size=1), st.text(max_size=2))
def test_the_short_way_of_choices_is_that_of_the_validator(choices: list[str], text: str) -> None:
    _agree({"type": "string", "enum": choices}, text)
    _agree({"type": "boolean"}, text)


def _agree(schema: dict[str, Any], text: str) -> None:
    contract = with_parameters({"name": "n", "in": "query", "schema": schema})
    operation = only(contract)
    number = operation.detail.parameters[0].schema
    form = operation.live.shape(number)
    short = acceptor(operation.live, number, form)
    assert short is not None
    assert _short(schema) is not None, "this schema is meant to have a short way"
    check = operation.live.check(number)
    assert check is not None
    assert short(text) == check.valid(scalar(text, form.kinds))


@given(
    st.text(max_size=60),
    st.sampled_from([INTEGER, ARRAY, OBJECT, {"type": "string"}, {}]),
    st.sampled_from(["form", "spaceDelimited", "pipeDelimited", "deepObject"]),
    st.booleans(),
)
def test_no_query_breaks_anything(query: str, schema: Any, style: str, explode: bool) -> None:
    contract = with_parameters({"name": "a", "in": "query", "schema": schema, "style": style, "explode": explode})
    found = judged(contract, Seen(f"/x?{query}"), deny=True)
    assert found is None or found.place.startswith("query")


@given(st.dictionaries(st.sampled_from(["a", "b", "n"]), st.integers(), max_size=3))
def test_deep_objects_round_trip(value: dict[str, int]) -> None:
    schema = {"type": "object", "properties": dict.fromkeys("abn", INTEGER), "additionalProperties": False, "enum": [value]}
    contract = with_parameters(
        {"name": "f", "in": "query", "style": "deepObject", "explode": True, "required": bool(value), "schema": schema}
    )
    query = "&".join(f"f%5B{name}%5D={number}" for name, number in value.items())
    assert judged(contract, Seen(f"/x?{query}"), deny=True) is None


@given(
    st.lists(st.integers(), min_size=1, max_size=5),
    st.sampled_from([("form", True), ("form", False), ("spaceDelimited", False), ("pipeDelimited", False)]),
)
def test_arrays_round_trip(value: list[int], form: tuple[str, bool]) -> None:
    style, explode = form
    schema = {"type": "array", "items": INTEGER, "enum": [value]}
    contract = with_parameters(
        {"name": "f", "in": "query", "style": style, "explode": explode, "required": True, "schema": schema}
    )
    separator = {"form": ",", "spaceDelimited": "%20", "pipeDelimited": "%7C"}[style]
    query = "&".join(f"f={number}" for number in value) if explode else "f=" + separator.join(map(str, value))
    assert judged(contract, Seen(f"/x?{query}"), deny=True) is None


def test_operations_that_declare_the_same_share_it() -> None:
    parameters = [{"name": "n", "in": "query", "schema": INTEGER}]
    contract = sound(openapi(paths={f"/{index}": {"get": {"parameters": parameters, "responses": {}}} for index in range(3)}))
    first = only(contract)
    checks = [parameter_check(first.live.operation(entry)) for entry in contract.operations]
    assert len(first.live.prepared) == 1 and all(check is not None for check in checks)


@pytest.mark.parametrize(
    ("value", "sample"),
    [("alice@example.com 42", "aaaaa@aaaaaaa.aaa 99"), ("x" * 40, "a" * 32 + "… (40 characters)"), ("\n\x00é", "??a"), (None, "null"), (True, "true"), (False, "false"), (5, "integer"), (1.5, "number"), ([1], "array of 1"), ({}, "object of 0")],
)  # fmt: skip
def test_samples_show_the_form_only(value: object, sample: str) -> None:
    assert shape(value) == sample


def test_a_missing_parameter_of_the_path_is_refused_whoever_routed() -> None:
    contract = with_parameters({"name": "id", "in": "path", "required": True, "schema": {"type": "string"}})
    check = parameter_check(only(contract))
    assert check is not None
    state = evaluation()
    state.parameters = None
    assert check(Seen(), state) is not None


def test_parameters_of_a_broken_contract_are_still_read() -> None:
    assert read(openapi(paths={"/x": {"get": {"parameters": [5, {"$ref": "#/nowhere"}], "responses": {}}}})).problems
