"""Descriptions that have not their form: checks pass over what they cannot read, in bounded time."""

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yett.formats.yaml import read
from yett.rules.checking.description import CHAIN, Description
from yett.rules.registry import checks

ON_CONTRACTS = [check for check in checks().values() if check.rule.on == "contract"]

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from(["string", "integer", "array", "object", "uuid", "query", "apiKey", "http", "id", "url"]),
)
KEYS = st.sampled_from(
    ["type", "format", "properties", "items", "enum", "in", "name", "schema", "$ref", "allOf", "additionalProperties", "maxLength", "headers", "content",
     "security", "scheme", "flows", "description", "url", "responses", "callbacks", "parameters", "requestBody", "application/json", "200", "429", "401", "refreshUrl"]
)  # fmt: skip
TREES = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)), max_leaves=12
)
PARTS = st.sampled_from(
    ["info", "servers", "security", "schemes", "components", "securityDefinitions", "paths", "webhooks", "host"]
)


def judged(tree: Any) -> int:
    description = Description(read(json.dumps(tree).encode(), "x.json"))
    return sum(len(list(check.judge(description, None))) for check in ON_CONTRACTS)


@given(st.dictionaries(PARTS, TREES, max_size=4), st.sampled_from(["2.0", "3.0.3", "3.1.0"]))
def test_no_tree_breaks_a_check(tree: dict[str, Any], version: str) -> None:
    judged({**tree, "swagger" if version == "2.0" else "openapi": version})


@given(TREES, TREES, TREES, TREES)
@settings(max_examples=200)
def test_no_operation_breaks_a_check(operation: Any, parameter: Any, schema: Any, scheme: Any) -> None:
    described = {
        "openapi": "3.1.0",
        "components": {"securitySchemes": {"main": scheme}, "schemas": {"A": schema}},
        "paths": {
            "/a/{id}": {"parameters": [parameter], "get": operation},
            "/admin": {
                "post": {
                    "parameters": [{"name": "id", "in": "path", "schema": schema}],
                    "security": operation,
                    "responses": parameter,
                    "requestBody": {"content": {"a/b": {"schema": schema}}},
                }
            },
        },
    }
    judged(described)


def test_references_in_circles_end() -> None:
    schema = {"$ref": "#/components/schemas/B"}
    parts = {
        "schemas": {
            "A": schema,
            "B": {"$ref": "#/components/schemas/A"},
            "C": {"properties": {"c": {"$ref": "#/components/schemas/C"}}},
        }
    }
    body = {"content": {"a/b": {"schema": {"allOf": [schema, {"$ref": "#/components/schemas/C"}]}}}}
    tree = {"openapi": "3.1.0", "components": parts, "paths": {"/a": {"post": {"requestBody": body, "responses": {}}}}}
    assert judged(tree)
    description = Description(read(json.dumps(tree).encode(), "x.json"))
    assert description.resolve(schema, "") == ({}, "/components/schemas/" + ("B" if CHAIN % 2 else "A"))


@pytest.mark.parametrize("reference", ["other.yaml#/a", "#/nowhere", "#/openapi/x", "#/paths/0", 5])
def test_references_that_lead_nowhere_are_nothing(reference: Any) -> None:
    description = Description(read(json.dumps({"openapi": "3.1.0", "paths": []}).encode(), "x.json"))
    found, _ = description.resolve({"$ref": reference}, "")
    assert found in ({}, {"$ref": 5})


def test_items_of_lists_are_referred_to_by_number() -> None:
    description = Description(read(b'{"openapi": "3.1.0", "x": [{"type": "string"}]}', "x.json"))
    assert description.resolve({"$ref": "#/x/0"}, "") == ({"type": "string"}, "/x/0")


def test_many_operations_that_share_schemas_are_judged_in_linear_time() -> None:
    schemas = {
        f"S{number}": {"type": "object", "properties": {"next": {"$ref": f"#/components/schemas/S{(number + 1) % 300}"}}}
        for number in range(300)
    }
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/S0"}}}}
    paths = {f"/a{number}": {"post": {"requestBody": body, "responses": {"200": {}}}} for number in range(2_000)}
    started = time.process_time()
    assert judged({"openapi": "3.1.0", "components": {"schemas": schemas}, "paths": paths}) > 2_000
    assert time.process_time() - started < 20


def test_deep_schemas_are_looked_into_so_far() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(90):
        schema = {"type": "array", "maxItems": 1, "items": schema}
    tree = {
        "openapi": "3.1.0",
        "paths": {"/a": {"post": {"parameters": [{"name": "x", "in": "query", "schema": schema}], "responses": {}}}},
    }
    description = Description(read(json.dumps(tree).encode().replace(b"x", b"y"), "x.json"))
    assert len(description.schemas) <= 65


ODD: tuple[Any, ...] = (None, [], {}, [[]], [{}], 0, True, "x", {"a": []}, [1], ["string"])
NAMES = (
    *(
        "type",
        "format",
        "properties",
        "items",
        "enum",
        "in",
        "name",
        "schema",
        "allOf",
        "additionalProperties",
        "headers",
        "content",
    ),
    *(
        "security",
        "scheme",
        "flows",
        "flow",
        "description",
        "url",
        "responses",
        "callbacks",
        "parameters",
        "requestBody",
        "bearerFormat",
    ),
    *(
        "refreshUrl",
        "title",
        "pattern",
        "unevaluatedProperties",
        "x-internal",
        "schemes",
        "host",
        "info",
        "servers",
        "webhooks",
    ),
)


def _documents(name: str, odd: Any) -> list[dict[str, Any]]:
    parameter = {"type": "string", "name": "id", "in": "query", name: odd}
    whole = {"parameters": [parameter], "responses": {"200": {name: odd}}, name: odd}
    schemes = {"m": {"type": "http", "scheme": "bearer", name: odd}, "n": {"type": "oauth2", name: odd}}
    return [
        {
            "openapi": "3.1.0",
            "paths": {"/admin/a": {"post": whole, "parameters": [{name: odd}], name: odd}},
            "components": {"securitySchemes": schemes},
            "servers": [{"url": "http://a", name: odd}],
            name: odd,
        },
        {
            "openapi": "3.0.3",
            "paths": {
                "/a": {
                    "post": {
                        "requestBody": {"content": {"a/b": {"schema": {"type": "string", name: odd}}}},
                        "security": odd,
                        "responses": {},
                    }
                }
            },
        },
        {"swagger": "2.0", "paths": {"/a": {"post": {"parameters": [parameter]}}}, "securityDefinitions": schemes, name: odd},
        {
            "openapi": "3.1.0",
            "webhooks": {"a": {"post": {name: odd}}},
            "paths": {"/a": {"post": {"callbacks": {"x": {"u": {"post": {name: odd, "responses": {}}}}}, "responses": {}}}},
        },
    ]


@pytest.mark.parametrize("name", NAMES)
def test_no_value_in_any_place_breaks_a_check(name: str) -> None:
    for odd in ODD:
        for document in _documents(name, odd):
            judged(document)
