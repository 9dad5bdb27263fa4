"""Schemas of all versions, converted: what they accept, in which direction, and how long it takes."""

import time
from typing import Any

import msgspec
import pytest
from described import accepts, only, openapi, read, sound, verdicts, with_body
from hypothesis import given, settings
from hypothesis import strategies as st

from yett.formats.contract import Contract, open_contract
from yett.formats.contract.patterns import linear
from yett.formats.contract.value_formats import ASSERTED, asserted

ALL = ["3.0.4", "3.1.0"]


def gaps(contract: Contract) -> set[str]:
    return {gap.what for gap in contract.unenforced}


def problems(schema: Any, version: str = "3.1.0") -> set[str]:
    return {problem.message for problem in with_body(schema, version).problems}


# --- nullable, bounds, types


@pytest.mark.parametrize("version", ALL)
def test_nullable(version: str) -> None:
    text = {"type": "string", "nullable": True, "enum": ["a"], "maxLength": 3}
    assert accepts(text, None, version) and accepts(text, "a", version) and not accepts(text, 5, version)
    schemas = {"A": {"type": "object", "required": ["x"]}}
    wrapped = {"nullable": True, "allOf": [{"$ref": "#/components/schemas/A"}]}
    assert accepts(wrapped, None, version, schemas)
    assert accepts(wrapped, {"x": 1}, version, schemas)
    assert not accepts(wrapped, {}, version, schemas)
    assert accepts({"nullable": True}, 5, version)


def test_null_as_a_type() -> None:
    assert accepts({"type": ["string", "null"]}, None) and not accepts({"type": ["string", "null"]}, 1)
    assert accepts({"type": ["string", None]}, None), "YAML's null is meant as the type"


def test_unknown_types_are_told_and_not_enforced() -> None:
    assert gaps(with_body({"type": ["string", "null"]}, "3.0.0")) == {"type \"['string', 'null']\""}
    assert gaps(with_body({"type": None})) == {"type 'None'"}
    for odd in ("int", [], 5, ["string", "int"]):
        assert len(gaps(with_body({"type": odd}))) == 1 and not problems({"type": odd})
        assert accepts({"type": odd, "maximum": 3}, "a") and not accepts({"type": odd, "maximum": 3}, 4)


def test_null_in_swagger() -> None:
    definition = {"type": "object", "properties": {"a": {"type": "string", "x-nullable": True}}}
    parameter = {"name": "body", "in": "body", "schema": definition}
    contract = sound(
        openapi("2.0", {"/x": {"post": {"parameters": [parameter], "responses": {"200": {"schema": definition}}}}})
    )
    assert verdicts(contract, {"a": None}) == (True, True)
    assert verdicts(contract, {"a": 5}) == (False, False)


def test_exclusive_bounds() -> None:
    old = {"type": "integer", "minimum": 1, "exclusiveMinimum": True, "maximum": 5, "exclusiveMaximum": False}
    assert [accepts(old, value, "3.0.0") for value in (1, 2, 5, 6)] == [False, True, True, False]
    new = {"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 5}
    assert [accepts(new, value) for value in (1, 2, 4, 5)] == [False, True, True, False]
    assert problems(new, "3.0.0") == {
        f"{name} must be true or false in OpenAPI 3.0" for name in ("exclusiveMinimum", "exclusiveMaximum")
    }
    assert problems(old) == {f"{name} must be a number" for name in ("exclusiveMinimum", "exclusiveMaximum")}


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"maxLength": -1}, "maxLength must be a whole number of 0 or more"),
        ({"maxLength": 1.5}, "maxLength must be a whole number of 0 or more"),
        ({"minItems": "1"}, "minItems must be a number"),
        ({"maximum": True}, "maximum must be a number"),
        ({"maximum": float("inf")}, "maximum must be a number"),
        ({"multipleOf": 0}, "multipleOf must be greater than 0"),
        ({"uniqueItems": 1}, "uniqueItems must be true or false"),
        ({"pattern": 5}, "pattern must be a string"),
        ({"format": 5}, "format must be a string"),
        ({"readOnly": "yes"}, "readOnly must be true or false"),
        ({"required": True}, "required must be a list of property names"),
        ({"required": [5]}, "required must be a list of property names"),
        ({"dependentRequired": {"a": "b"}}, "dependentRequired must be a list of property names"),
        ({"dependentRequired": []}, "dependentRequired must map property names to lists of property names"),
        ({"enum": "a"}, "enum must be a list"),
        ({"allOf": []}, "allOf must be a list of schemas that is not empty"),
        ({"properties": []}, "properties must map names to schemas"),
        ({"items": 5}, "a schema must be an object"),
        ({"discriminator": {}}, "discriminator must name a property"),
    ],
)
def test_malformed_schemas_are_problems(schema: dict[str, Any], message: str) -> None:
    assert problems(schema) == {message}


def test_whole_numbers_may_be_written_as_floats() -> None:
    assert accepts({"type": "string", "maxLength": 2.0}, "ab") and not accepts({"type": "string", "maxLength": 2.0}, "abc")


def test_boolean_schemas() -> None:
    assert accepts(True, 5)
    assert not accepts({"properties": {"a": False}}, {"a": 1})
    assert problems({"items": True}, "3.0.0") == {"a schema must be an object"}
    assert not accepts({"additionalProperties": False}, {"a": 1}, "3.0.0")


def test_deep_nesting_is_a_problem() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(150):
        schema = {"items": schema}
    assert problems(schema) == {"schemas are nested deeper than 100"}


# --- which keywords a version has


def test_keywords_of_other_versions_are_gaps() -> None:
    contract = with_body({"const": 1, "if": {}, "x-own": 1, "title": "t", "requried": ["a"]}, "3.0.0")
    assert {gap.what: gap.why for gap in contract.unenforced} == {
        "const": "not part of a schema in OpenAPI 3.0",
        "if": "not part of a schema in OpenAPI 3.0",
        "requried": "unknown keyword",
    }
    assert gaps(with_body({"enum": []})) == {"enum"}


def test_siblings_of_references() -> None:
    schemas = {"A": {"type": ["integer", "null"]}}
    both = {"$ref": "#/components/schemas/A", "minimum": 5, "description": "said"}
    assert (
        accepts(both, 7, schemas=schemas) and not accepts(both, 3, schemas=schemas) and not accepts(both, "x", schemas=schemas)
    )
    old = with_body({**both, "nullable": True}, "3.0.0", {"A": {"type": "integer"}})
    assert verdicts(old, 3) == (True, True) and verdicts(old, None) == (False, False)
    assert next((gap.what, gap.why) for gap in old.unenforced) == (
        "minimum, nullable",
        "OpenAPI 3.0 ignores what stands beside $ref",
    )


def test_json_schema_2020_12() -> None:
    schema = {
        "type": "object",
        "patternProperties": {"^x-": {"type": "integer"}},
        "propertyNames": {"maxLength": 4},
        "properties": {"kind": {"const": "a"}, "list": {"prefixItems": [{"type": "integer"}], "items": {"type": "string"}, "contains": {"const": "c"}, "minContains": 1}},
        "dependentRequired": {"kind": ["list"]},
        "dependentSchemas": {"list": {"required": ["kind"]}},
        "unevaluatedProperties": False,
        "if": {"required": ["x-b"]}, "then": {"required": ["x-a"]}, "else": {"not": {"required": ["x-a"]}},
    }  # fmt: skip
    good: list[dict[str, Any]] = [{}, {"kind": "a", "list": [1, "c"]}, {"x-a": 1, "x-b": 2}]
    bad: list[dict[str, Any]] = [{"kind": "b"}, {"kind": "a"}, {"list": [1, "c"]}, {"x-a": "s"}, {"x-longer": 1}, {"y": 1}, {"x-b": 1}, {"x-a": 1}, {"kind": "a", "list": ["c", "c"]}, {"kind": "a", "list": [1, "d"]}]  # fmt: skip
    assert [accepts(schema, value) for value in good] == [True] * len(good)
    assert [accepts(schema, value) for value in bad] == [False] * len(bad)


def test_names_that_change_references() -> None:
    assert accepts({"$id": "https://example.com/a", "type": "integer"}, 5)
    assert not accepts({"$id": "https://example.com/a", "type": "integer"}, "x")
    lost = with_body({"$id": "https://example.com/a", "properties": {"a": {"$ref": "#/$defs/x"}}, "$defs": {"x": {}}})
    assert gaps(lost) == {"$id"} and lost.problems == ()
    assert gaps(with_body({"$dynamicRef": "#node"})) == {"$dynamicRef"}


def test_definitions_inside_of_a_schema() -> None:
    schemas = {"A": {"$defs": {"x": {"type": "integer"}}, "properties": {"a": {"$ref": "#/components/schemas/A/$defs/x"}}}}
    assert accepts({"$ref": "#/components/schemas/A"}, {"a": 1}, schemas=schemas)
    assert not accepts({"$ref": "#/components/schemas/A"}, {"a": "1"}, schemas=schemas)


# --- direction


@pytest.mark.parametrize("version", ALL)
def test_read_only_and_write_only(version: str) -> None:
    schema = {
        "type": "object",
        "required": ["id", "name", "password"],
        "properties": {
            "id": {"type": "integer", "readOnly": True},
            "name": {"type": "string"},
            "password": {"type": "string", "writeOnly": True},
        },
    }
    contract = with_body(schema, version)
    assert verdicts(contract, {"name": "a", "password": "x"}) == (True, False)
    assert verdicts(contract, {"name": "a", "id": 1}) == (False, True)
    assert verdicts(contract, {"name": "a", "id": 1, "password": "x"}) == (False, False)
    assert verdicts(contract, {"id": 1, "password": "x"}) == (False, False)


@pytest.mark.parametrize("version", ALL)
def test_direction_reaches_through_references_and_compositions(version: str) -> None:
    schemas = {
        "Id": {"type": "integer", "readOnly": True},
        "Base": {"type": "object", "required": ["id"], "properties": {"id": {"$ref": "#/components/schemas/Id"}}},
        "Thing": {
            "allOf": [
                {"$ref": "#/components/schemas/Base"},
                {"required": ["id", "name"], "properties": {"name": {"type": "string"}}},
            ]
        },
        "List": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
        "Wrapped": {
            "type": "object",
            "properties": {"id": {"allOf": [{"$ref": "#/components/schemas/Id"}]}},
            "required": ["id"],
        },
    }
    listed = with_body({"$ref": "#/components/schemas/List"}, version, schemas)
    assert verdicts(listed, [{"name": "a"}]) == (True, False)
    assert verdicts(listed, [{"name": "a", "id": 1}]) == (False, True)
    assert verdicts(with_body({"$ref": "#/components/schemas/Wrapped"}, version, schemas), {}) == (True, False)


def test_required_in_one_part_read_only_in_another() -> None:
    inherited = {
        "allOf": [{"properties": {"a": {"readOnly": True}}}, {"required": ["a"]}],
        "properties": {"x": {"type": "object", "required": ["a"], "properties": {"a": {}}}},
    }
    contract = with_body(inherited)
    assert verdicts(contract, {}) == (True, False)
    assert verdicts(contract, {"x": {}}) == (False, False), "another object's property of the same name"


def test_schemas_without_direction_are_shared_by_both() -> None:
    schemas = {
        "A": {"properties": {"a": {"type": "string"}}},
        "B": {"properties": {"a": {"readOnly": True}, "b": {"$ref": "#/components/schemas/A"}}},
    }
    shared = with_body({"$ref": "#/components/schemas/A"}, schemas=schemas)
    assert len(shared.schemas) == 1
    split = with_body({"$ref": "#/components/schemas/B"}, schemas=schemas)
    assert len(split.schemas) == 3


def test_the_same_schema_in_place_is_one_schema() -> None:
    schema = {"type": "object", "properties": {"message": {"type": "string"}}}
    operation = {
        "responses": {
            str(status): {"description": "", "content": {"application/json": {"schema": dict(schema)}}}
            for status in range(400, 420)
        }
    }
    contract = sound(openapi(paths={f"/{index}": {"get": operation} for index in range(20)}))
    assert len(contract.schemas) == len(contract.groups) == 1


# --- discriminators


PETS = {
    "Pet": {"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}], "discriminator": {"propertyName": "kind", "mapping": {"hound": "Dog", "kitty": "#/components/schemas/Cat"}}},
    "Cat": {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}, "lives": {"type": "integer"}}},
    "Dog": {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}, "lives": {"type": "string"}}},
}  # fmt: skip


@pytest.mark.parametrize("version", ALL)
def test_a_choice_is_dispatched(version: str) -> None:
    pet = {"$ref": "#/components/schemas/Pet"}
    for kind in ("Cat", "kitty"):
        assert accepts(pet, {"kind": kind, "lives": 9}, version, PETS)
        assert not accepts(pet, {"kind": kind, "lives": "nine"}, version, PETS)
    for kind in ("Dog", "hound"):
        assert accepts(pet, {"kind": kind, "lives": "one"}, version, PETS)
        assert not accepts(pet, {"kind": kind, "lives": 1}, version, PETS)
    assert accepts(pet, {"kind": "Cat"}, version, PETS), "both would match, but one was named"
    assert accepts(pet, {"kind": "Bird", "lives": 1}, version, PETS), "names nothing: oneOf decides"
    assert not accepts(pet, {"kind": "Bird"}, version, PETS), "names nothing, and both match"
    assert not accepts(pet, {}, version, PETS) and not accepts(pet, 5, version, PETS)


def test_a_choice_with_null() -> None:
    choice = {**PETS["Pet"], "anyOf": [*PETS["Pet"]["oneOf"], {"type": "null"}]}
    del choice["oneOf"]
    assert accepts(choice, None, schemas=PETS)
    assert accepts(choice, {"kind": "Cat", "lives": 1}, schemas=PETS)
    assert not accepts(choice, {"kind": "Cat", "lives": "1"}, schemas=PETS)
    assert not accepts(choice, 5, schemas=PETS)


def test_a_choice_with_a_member_in_place_is_only_a_choice() -> None:
    choice = {"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"type": "string"}], "discriminator": {"propertyName": "kind"}}
    contract = with_body(choice, schemas=PETS)
    assert gaps(contract) == {"discriminator"}
    assert verdicts(contract, "x") == (True, True) and verdicts(contract, {"kind": "Cat"}) == (True, True)


@pytest.mark.parametrize("version", ["2.0", "3.0.0", "3.1.0"])
def test_a_base_is_dispatched_to_what_derives_from_it(version: str) -> None:
    place = "#/definitions/" if version == "2.0" else "#/components/schemas/"
    schemas: dict[str, Any] = {
        "Pet": {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}, "friend": {"$ref": place + "Pet"}}, "discriminator": "kind" if version == "2.0" else {"propertyName": "kind"}},
        "Cat": {"allOf": [{"$ref": place + "Pet"}, {"type": "object", "required": ["lives"], "properties": {"lives": {"type": "integer"}}}]},
        "Kitten": {"allOf": [{"$ref": place + "Cat"}, {"required": ["age"]}]},
        "Broken": {"allOf": [{"$ref": place + "Nowhere"}]},
    }  # fmt: skip
    if version == "2.0":
        parameter = {"name": "body", "in": "body", "schema": {"$ref": place + "Pet"}}
        path = {"post": {"parameters": [parameter], "responses": {"200": {"schema": {"$ref": place + "Pet"}}}}}
        contract = read(openapi(version, {"/x": path}, definitions=schemas))
    else:
        contract = with_body({"$ref": place + "Pet"}, version, schemas)
    assert [
        verdicts(contract, value)[0]
        for value in ({"kind": "Cat", "lives": 9}, {"kind": "Cat"}, {"kind": "Kitten", "lives": 1, "age": 1})
    ] == [True, False, True]
    assert [
        verdicts(contract, value)[0] for value in ({"kind": "Kitten", "lives": 1}, {"kind": "Pet"}, {"kind": "vendor.Lion"}, {})
    ] == [False, True, True, False]
    assert not verdicts(contract, {"kind": "Pet", "friend": {"kind": "Cat"}})[0]


def test_a_choice_of_schemas_that_derive_from_it() -> None:
    schemas = {
        "Pet": {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}, "oneOf": [{"$ref": "#/components/schemas/Cat"}], "discriminator": {"propertyName": "kind"}},
        "Cat": {"allOf": [{"$ref": "#/components/schemas/Pet"}, {"required": ["lives"]}]},
    }  # fmt: skip
    pet = {"$ref": "#/components/schemas/Pet"}
    assert accepts(pet, {"kind": "Cat", "lives": 1}, schemas=schemas) and not accepts(pet, {"kind": "Cat"}, schemas=schemas)
    assert not accepts(pet, {"lives": 1}, schemas=schemas)


def test_a_mapping_that_leads_nowhere() -> None:
    schemas = {
        **PETS,
        "Pet": {**PETS["Pet"], "discriminator": {"propertyName": "kind", "mapping": {"x": "#/nowhere", "y": "Gone"}}},
    }
    contract = with_body({"$ref": "#/components/schemas/Pet"}, schemas=schemas)
    assert {problem.pointer.rsplit("/", 1)[1] for problem in contract.problems} == {"x", "y"}


# --- formats and patterns


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("date", "2024-02-29", "2023-02-29"), ("date-time", "2024-01-01T00:00:00Z", "2024-01-01 00:00"), ("time", "10:00:00Z", "25:00:00Z"),
        ("duration", "P1DT2H", "1 day"), ("uuid", "123e4567-e89b-12d3-a456-426614174000", "123e4567"), ("email", "a@example.com", "Name <a@example.com>"),
        ("hostname", "a.example", "-a"), ("ipv4", "192.0.2.1", "192.0.2.256"), ("ipv6", "2001:db8::1", "2001:db8::g"), ("uri", "https://a.example/x", "no uri"),
        ("uri-reference", "../x", "\\x"), ("byte", "YWJj", "YWJ"), ("base64url", "YW-_", "YW+/"), ("json-pointer", "/a/b", "a/b"), ("regex", "a+", "a("),
    ],
)  # fmt: skip
def test_formats_of_text(name: str, good: str, bad: str) -> None:
    schema = {"type": "string", "format": name}
    assert accepts(schema, good) and not accepts(schema, bad)
    assert gaps(with_body(schema)) == set()


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [("int8", -128, 127), ("int32", -(1 << 31), (1 << 31) - 1), ("int64", -(1 << 63), (1 << 63) - 1), ("uint16", 0, 65_535), ("double-int", -(1 << 53) + 1, (1 << 53) - 1)],
)  # fmt: skip
def test_formats_of_numbers(name: str, least: int, most: int) -> None:
    schema = {"type": "integer", "format": name}
    assert [accepts(schema, value) for value in (least - 1, least, most, most + 1)] == [False, True, True, False]
    assert accepts({"type": "string", "format": name}, str(most)) and not accepts({"type": "string", "format": name}, "1.5")
    both = {"type": "integer", "format": name, "minimum": 5, "maximum": 10}
    assert [accepts(both, value) for value in (4, 5, 10, 11)] == [False, True, True, False]


def test_formats_that_restrict_nothing_and_formats_unknown() -> None:
    for name in ("binary", "password", "float", "double"):
        assert accepts({"format": name}, "x") and gaps(with_body({"format": name})) == set()
    assert gaps(with_body({"format": "phone"})) == {"format 'phone'"}
    assert accepts({"type": "string", "format": "phone"}, "x")


def test_every_asserted_format_is_really_asserted() -> None:
    for name in ASSERTED:
        assert asserted(name).items() >= {"format": name}.items()
        assert not accepts({"format": name}, "\x00 <>{}%zz(\\"), name


@pytest.mark.parametrize("text", ["****-01-0.", "/../-01-01", "2024-01-0,", "2024-01-01T1*:00:00Z", "10:00:0/Z"])
def test_dates_are_made_of_digits(text: str) -> None:
    """jsonschema-rs 0.60 takes what stands before "0" in ASCII for digits."""
    assert not any(accepts({"format": name}, text) for name in ("date", "date-time", "time"))


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        ("^[a-z]+$", "abc", "abc1"), ("b", "abc", "ac"), ("^[\\w-.]+$", "a-b.c", "a b"), ("^.{1,5000}$", "a" * 5000, "a" * 5001), ("^[\\s\\S]{0,65535}$", "", "a" * 65536),
        ("^[A-Za-z0-9_-]{3}$", "a_-", "a_"), ("^\\d{2,}$", "12", "1"), ("^(a|b){2}$", "ab", "aba"), ("\\/x", "/x", "x"), ("^\\p{L}+$", "é", "1"), ("[^\\]]", "a", "]"),
    ],
)  # fmt: skip
def test_patterns(pattern: str, good: str, bad: str) -> None:
    schema = {"type": "string", "pattern": pattern}
    assert accepts(schema, good) and not accepts(schema, bad)
    assert gaps(with_body(schema)) == set()


def test_patterns_beside_other_lengths() -> None:
    schema = {"type": "string", "pattern": "^[a-z]{2,8}$", "minLength": 4, "maxLength": 20}
    assert [accepts(schema, "a" * length) for length in (2, 4, 8, 9)] == [False, True, True, False]


@pytest.mark.parametrize("pattern", ["(?=a)b", "(?!a)b", "(?<=a)b", "(a)\\1", "(a", "^(a{1000}){1000}$", "a" * 5_000])
def test_patterns_that_cannot_run_are_not_enforced(pattern: str) -> None:
    assert linear(pattern) is None
    contract = with_body({"type": "string", "pattern": pattern})
    assert contract.problems == () and len(gaps(contract)) == 1
    assert verdicts(contract, "anything") == (True, True)
    assert len(gaps(with_body({"patternProperties": {pattern: {}}}))) == 1


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|a)*$", "^(.*a){12}$", "^([a-z]+)*-$", "(x+x+)+y"])
def test_patterns_run_in_linear_time(pattern: str) -> None:
    operation = only(with_body({"type": "string", "pattern": pattern}))
    body = operation.detail.body
    assert body is not None
    check = operation.live.check(body.media[0].schema)
    assert check is not None
    check.valid("warm")
    times = []
    for size in (20_000, 200_000):
        text = "a" * size + "!"
        times.append(min(_timed(lambda text=text: check.valid(text)) for _ in range(5)))
    assert times[1] < 0.5
    assert times[1] < times[0] * 60 + 0.01, "ten times the text must not take a hundred times as long"


def _timed(call: Any) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


# --- recursion and purity


@pytest.mark.parametrize("version", ALL)
def test_recursive_schemas(version: str) -> None:
    schemas = {
        "Tree": {"type": "object", "required": ["value"], "properties": {"value": {"type": "integer"}, "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}, "owner": {"$ref": "#/components/schemas/Owner"}}},
        "Owner": {"type": "object", "properties": {"trees": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}}},
    }  # fmt: skip
    good: dict[str, Any] = {"value": 0}
    bad: dict[str, Any] = {"value": "x"}
    for _ in range(40):
        good, bad = ({"value": 1, "children": [each], "owner": {"trees": [each]}} for each in (good, bad))
        good["owner"] = bad["owner"] = {}
    assert accepts({"$ref": "#/components/schemas/Tree"}, good, version, schemas)
    assert not accepts({"$ref": "#/components/schemas/Tree"}, bad, version, schemas)


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was made")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for reference in ("http://127.0.0.1:9/x.json", "https://example.com/x.json", "file:///etc/hostname", "urn:x"):
        assert with_body({"$ref": reference}).problems
    meta = with_body({"$schema": "http://127.0.0.1:9/dialect", "type": "integer"})
    assert verdicts(meta, 5) == (True, True) and verdicts(meta, "x") == (False, False)


def test_validators_themselves_are_offline() -> None:
    contract = with_body({"type": "integer"})
    schema = msgspec.structs.replace(contract.schemas[0], text=b'{"$ref":"http://127.0.0.1:9/x.json"}')
    live = open_contract(msgspec.structs.replace(contract, schemas=(schema,)))
    check = live.check(0)
    assert check is not None
    with pytest.raises(ValueError, match="Retrieval is disabled"):
        check.valid(5)
    assert [failure.startswith("a schema cannot be used") for failure in live.validators.failures()] == [True]


# --- properties

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text())
VALUES = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)), max_leaves=12
)


@given(VALUES)
def test_any_value_is_its_own_constant(value: Any) -> None:
    assert accepts({"const": value}, value)
    assert accepts({"enum": [value]}, value, "3.0.0")


@given(VALUES, st.sampled_from(["3.0.0", "3.1.0"]))
def test_whatever_stands_for_a_schema_nothing_breaks(value: Any, version: str) -> None:
    contract = with_body({"properties": {"a": value}}, version)
    if not contract.problems:
        verdicts(contract, {"a": value})


KEYWORDS = st.sampled_from(
    ["type", "properties", "items", "required", "$ref", "allOf", "oneOf", "discriminator", "pattern", "format", "enum", "minimum", "exclusiveMinimum", "readOnly", "$id", "not", "additionalProperties", "nullable", "$anchor"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.recursive(
        st.one_of(SCALARS, st.just("#/components/schemas/A"), st.just("object")),
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYWORDS, inner, max_size=4)),
        max_leaves=20,
    )
)
def test_hostile_schemas(value: Any) -> None:
    contract = with_body({"$ref": "#/components/schemas/A"}, schemas={"A": value})
    assert contract.version == "3.1"
    if not contract.problems:
        verdicts(contract, {"a": [1]})


@settings(max_examples=300, deadline=None)
@given(VALUES)
def test_hostile_documents(value: Any) -> None:
    for document in (
        openapi(paths={"/a/{b}": value}),
        openapi(components=value),
        openapi("2.0", {"/a": {"get": value}}, definitions=value),
        {"openapi": "3.1.0", "paths": value, "servers": value, "security": value},
    ):
        assert read(document).version in ("2.0", "3.1")


@pytest.mark.parametrize("mapping", [{"#cat": "#/components/schemas/Cat"}, None])
def test_a_discriminator_in_a_part_of_a_base(mapping: dict[str, str] | None) -> None:
    """As Microsoft Graph writes them: the base derives from another one, and its own discriminator stands in its allOf."""
    own = {"type": "object", "discriminator": {"propertyName": "kind"}, "required": ["kind"]}
    if mapping:
        own["discriminator"]["mapping"] = mapping  # type: ignore[index]
    name = "#cat" if mapping else "Cat"
    schemas = {
        "Entity": {"type": "object", "properties": {"id": {"type": "integer"}}},
        "Pet": {"allOf": [{"$ref": "#/components/schemas/Entity"}, own]},
        "Cat": {"allOf": [{"$ref": "#/components/schemas/Pet"}, {"type": "object", "required": ["lives"], "properties": {"lives": {"type": "integer"}}}]},
    }  # fmt: skip
    contract = with_body({"$ref": "#/components/schemas/Pet"}, schemas=schemas)
    assert verdicts(contract, {"kind": name, "lives": 9}) == (True, True)
    assert verdicts(contract, {"kind": name}) == (False, False)
    assert verdicts(contract, {"kind": name, "lives": 9, "id": "x"}) == (False, False)
    assert verdicts(contract, {"kind": "other"}) == (True, True)
    assert verdicts(contract, {}) == (False, False)
    derived = with_body({"$ref": "#/components/schemas/Cat"}, schemas=schemas)
    assert verdicts(derived, {"kind": name, "lives": 9}) == (True, True)
    assert verdicts(derived, {"kind": name}) == (False, False)
