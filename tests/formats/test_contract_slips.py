"""Contracts with a slip: what cannot be read is told and left out, all else is enforced, and nothing becomes more open by it."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from described import Seen, judged, only, openapi, read, verdicts, with_body, with_parameters
from hypothesis import given, settings
from hypothesis import strategies as st

from yett.formats.contract.proven import proven_places
from yett.formats.contract.values import NO_SCHEMA, UNREAD_SECURITY

OK = {"responses": {"200": {"description": ""}}}
SCHEMES = {"key": {"type": "apiKey", "in": "header", "name": "K"}, "x-login": {"type": "oauth2", "flows": {}}}


def secured(security: Any, schemes: dict[str, Any] = SCHEMES, **members: Any) -> Any:
    document = openapi(paths={"/a": {"get": {**OK, "security": security}}}, components={"securitySchemes": schemes}, **members)
    contract = read(document)
    assert contract.is_usable
    return only(contract).detail.security


# --- who may call


@pytest.mark.parametrize("security", ["key", 5, {"key": []}, ["key"], [None], [5], [["key"]]])
def test_security_that_cannot_be_read_lets_nobody_in_anonymously(security: Any) -> None:
    assert secured(security) == UNREAD_SECURITY


def test_scopes_that_cannot_be_read_are_not_none() -> None:
    assert secured([{"key": "admin"}]) == UNREAD_SECURITY
    assert secured([{"key": None}]) == ((("key", ()),),), "YAML for no scopes"


def test_security_of_all_operations_that_cannot_be_read() -> None:
    contract = read(openapi(paths={"/a": {"get": OK}}, security="key"))
    assert only(contract).detail.security == UNREAD_SECURITY == contract.security


def test_schemes_may_be_named_like_extensions() -> None:
    assert secured([{"x-login": ["a"]}]) == ((("x-login", ("a",)),),)


def test_schemes_that_are_wrong_are_still_required() -> None:
    assert secured([{"odd": []}], {"odd": {"type": "apikey"}}) == ((("odd", ()),),)
    assert secured([{"gone": []}], {"gone": {"$ref": "#/nowhere"}}) == ((("gone", ()),),)


def test_operations_that_cannot_be_read_are_declared_and_closed() -> None:
    """Left out, their requests would be those of a template that matches them, too."""
    paths: dict[str, Any] = {"/x/admin": {"get": 5}, "/y": {"$ref": "#/nowhere"}, "/x/{id}": {"get": {**OK, "security": []}}}
    contract = read(openapi(paths=paths))
    assert contract.is_usable and len(contract.problems) == 2
    found = {(one.method, one.template): index for index, one in enumerate(contract.operations)}
    assert len(found) == 1 + 8 + 1
    assert only(contract, found["GET", "/x/admin"]).detail.security == UNREAD_SECURITY
    assert only(contract, found["POST", "/y"]).detail.security == UNREAD_SECURITY
    assert only(contract, found["GET", "/x/{id}"]).detail.security == ()


@pytest.mark.parametrize(("second", "expected"), [([], ()), ([{"key": []}], UNREAD_SECURITY), (5, UNREAD_SECURITY)])
def test_of_two_operations_for_the_same_requests_none_opens_the_other(second: Any, expected: Any) -> None:
    paths = {"/x/{a}": {"get": {**OK, "security": []}}, "/x/{b}": {"get": {**OK, "security": second}}}
    contract = read(openapi(paths=paths, components={"securitySchemes": SCHEMES}))
    assert len(contract.operations) == 1
    assert only(contract).detail.security == expected


def test_an_operation_id_that_stands_twice_names_nothing() -> None:
    paths = {f"/{name}": {"get": {**OK, "operationId": "same"}} for name in "abc"}
    assert [one.operation_id for one in read(openapi(paths=paths)).operations] == [None] * 3


# --- what may be sent


def body(schema: Any, value: Any, version: str = "3.1.0") -> bool:
    contract = with_body(schema, version)
    assert contract.is_usable and contract.problems
    operation = only(contract)
    found = operation.detail.body
    assert found is not None
    check = operation.live.check(found.media[0].schema)
    return check is None or check.valid(value)


@pytest.mark.parametrize(
    ("schema", "valid", "invalid"),
    [
        ({"type": "object", "properties": {"a": 5, "b": {"type": "integer"}}}, {"a": "x", "b": 1}, {"b": "x"}),
        ({"type": "object", "properties": [], "additionalProperties": False}, {"a": 1}, 5),
        ({"oneOf": [{"$ref": "#/nowhere"}, {"type": "integer"}], "minimum": 3}, 5, 2),
        ({"type": "integer", "not": 5}, 5, "x"),
        ({"type": "integer", "if": {"$ref": "#/nowhere"}, "then": False}, 5, "x"),
        ({"type": "array", "contains": 5, "minContains": 2}, [], "x"),
        ({"type": "integer", "minimum": 1, "exclusiveMinimum": True}, 2, 1),
        ({"type": "integer", "maxLength": "x", "enum": 5}, 2, "x"),
        ({"type": "object", "patternProperties": {"(?=a)": {}}, "properties": 5, "additionalProperties": False}, {"a": 1}, 5),
    ],
)
def test_the_rest_of_a_schema_is_enforced(schema: Any, valid: Any, invalid: Any) -> None:
    assert body(schema, valid) and not body(schema, invalid)


def test_a_bound_as_later_versions_write_it() -> None:
    assert body({"type": "integer", "exclusiveMinimum": 3}, 4, "3.0.0")
    assert not body({"type": "integer", "exclusiveMinimum": 3}, 3, "3.0.0")


def test_a_ring_of_schemas_admits_everything() -> None:
    ring = {"A": {"allOf": [{"$ref": "#/components/schemas/B"}]}, "B": {"allOf": [{"$ref": "#/components/schemas/A"}]}}
    contract = with_body({"$ref": "#/components/schemas/A"}, schemas=ring)
    assert contract.is_usable and len(contract.problems) == 1


def test_a_discriminator_that_leads_nowhere_leaves_the_choice() -> None:
    choice = {
        "oneOf": [{"$ref": "#/components/schemas/Cat"}],
        "discriminator": {"propertyName": "kind", "mapping": {"x": "#/nowhere"}},
    }
    contract = with_body(choice, schemas={"Cat": {"type": "object", "required": ["lives"]}})
    assert contract.is_usable
    assert not verdicts(contract, {"kind": "x"})[0] and verdicts(contract, {"kind": "Cat", "lives": 9})[0]


@pytest.mark.parametrize(
    "slip",
    [
        {"style": "matrix"},
        {"explode": "no"},
        {"content": {"application/json": {}}},
        {"schema": {"type": "integre", "enum": 5}},
        {"schema": {"anyOf": [{"type": "integer"}, {"$ref": "#/nowhere"}]}},
        {"schema": {"type": "string", "format": 5}},
        {"schema": {"type": "string", "pattern": ["^[0-9]$"]}},
    ],
)
def test_a_parameter_that_cannot_be_read_passes_and_proves_nothing(slip: dict[str, Any]) -> None:
    contract = with_parameters({"name": "n", "in": "query", "schema": {"type": "integer"}, **slip})
    assert contract.is_usable
    assert judged(contract, Seen("/x?n=anything")) is None
    assert not proven_places(only(contract)).query


def test_a_parameter_that_is_declared_twice_proves_nothing() -> None:
    number = {"name": "n", "in": "query", "schema": {"type": "integer"}, "required": True}
    contract = with_parameters(number, {**number, "schema": {"type": "string"}, "required": False})
    (parameter,) = only(contract).detail.parameters
    assert (parameter.schema, parameter.required) == (NO_SCHEMA, True)
    assert not proven_places(only(contract)).query


def test_types_that_differ_in_parameters_only_are_not_validated() -> None:
    content = {
        "application/json; v=1": {"schema": {"type": "integer"}},
        "application/json; v=2": {"schema": {"type": "string"}},
    }
    contract = read(openapi(paths={"/x": {"post": {"requestBody": {"content": content}, **OK}}}))
    found = only(contract).detail.body
    assert found is not None and [media.schema for media in found.media] == [NO_SCHEMA]
    assert [gap.what for gap in contract.unenforced] == ["bodies of type application/json; v=2"]


def test_a_body_that_cannot_be_read_is_not_forbidden() -> None:
    for declared in ({"$ref": "#/nowhere"}, {"content": 5}):
        found = only(read(openapi(paths={"/x": {"post": {"requestBody": declared, **OK}}}))).detail.body
        assert found is not None and found.media == ()


# --- whatever is wrong

WHOLE = openapi(
    paths={
        "/orders/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "post": {
                "operationId": "order",
                "parameters": [{"name": "q", "in": "query", "schema": {"type": "array", "items": {"enum": ["a"]}}}],
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {
                                "oneOf": [{"$ref": "#/components/schemas/A"}, {"type": "object", "not": {"required": ["b"]}}],
                                "discriminator": {"propertyName": "kind", "mapping": {"a": "#/components/schemas/A"}},
                            }
                        }
                    }
                },
                "responses": {"200": {"description": "", "headers": {"X": {"schema": {"type": "integer"}}}}},
                "security": [{"key": ["a"]}],
            },
        }
    },
    components={
        "securitySchemes": SCHEMES,
        "schemas": {"A": {"type": "object", "properties": {"kind": {"const": "a"}}, "additionalProperties": False}},
    },
    security=[{"key": []}],
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    for key, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(part, (*path, key))


@settings(deadline=None, max_examples=300)
@given(st.sampled_from([path for path in places(WHOLE) if path]), st.sampled_from([5, "x", [5], ["x"], {"x": 5}, True, [[]]]))
def test_one_slip_anywhere_opens_nothing(path: tuple[Any, ...], slip: Any) -> None:
    document = copy.deepcopy(WHOLE)
    holder = document
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = slip
    contract = read(document)
    if contract.is_usable:
        for index, entry in enumerate(contract.operations):
            security = only(contract, index).detail.security
            assert security and all(security), (entry.template, security)
    else:
        assert path[0] in ("openapi", "paths")
