"""Descriptions as operations: all versions, references, examples, what is broken."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.engine.probing.described import Described, read_description


def _read(tree: Any, **others: Any) -> Described:
    return read_description("root.yaml", {"root.yaml": tree, **others})


OPENAPI: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Shop"},
    "servers": [
        {"url": "https://{host}/{version}/", "variables": {"version": {"default": "v2"}, "host": {"default": "a.example"}}}
    ],
    "security": [{"key": []}],
    "paths": {
        "/orders/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}, "example": 7}],
            "get": {
                "operationId": "getOrder",
                "tags": ["orders"],
                "responses": {
                    "200": {
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}},
                        "links": {"next": {"operationId": "getItem", "parameters": {"itemId": "$response.body#/item"}}},
                    }
                },
            },
            "put": {
                "operationId": "putOrder",
                "deprecated": True,
                "security": [{}],
                "requestBody": {"$ref": "#/components/requestBodies/Order"},
            },
        },
        "/broken": {"$ref": "#/nowhere"},
        "relative": {"get": {}},
        "/search": {
            "get": {
                "operationId": "getOrder",
                "parameters": [
                    {"in": "query", "name": "q", "content": {"application/json": {"schema": {"type": "string"}}}},
                    {"in": "header", "name": "Accept", "schema": {}},
                    {"in": "query"},
                    {"$ref": "#/missing"},
                ],
            }
        },
    },
    "components": {
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
        "requestBodies": {
            "Order": {
                "required": True,
                "content": {
                    "text/xml": {"schema": {}},
                    "application/json": {
                        "schema": {"$ref": "#/components/schemas/Order"},
                        "examples": {"one": {"$ref": "#/components/examples/One"}},
                    },
                },
            }
        },
        "examples": {"One": {"value": {"item": 3}}},
        "schemas": {
            "Base": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}},
            "Order": {
                "allOf": [
                    {"$ref": "#/components/schemas/Base"},
                    {"type": "object", "properties": {"item": {"type": "integer"}}},
                ],
                "required": ["item"],
                "properties": {"parent": {"$ref": "#/components/schemas/Order"}, "far": {"$ref": "other.yaml#/Far"}},
            },
        },
    },
}


def test_openapi() -> None:
    said = _read(OPENAPI, **{"other.yaml": {"Far": {"type": "string"}}})
    assert said.title == "Shop"
    assert said.schemes[0].field == "X-Key"
    get, put, search = said.operations
    assert (get.label, get.secured, get.tags) == ("GET /v2/orders/{id}", True, ("orders",))
    assert get.parameters[0].schema == {"type": "integer", "example": 7}
    assert get.links == (("getItem", "itemId", "$response.body#/item"),)
    assert (put.secured, put.deprecated, put.body_required, put.media) == (False, True, True, "application/json")
    assert put.example == {"item": 3}
    assert put.body["properties"]["far"] == {"type": "string"}
    assert put.body["properties"]["parent"] == {}
    assert sorted(put.body["required"]) == ["id", "item"]
    assert set(put.body["properties"]) == {"id", "item", "parent", "far"}
    assert (search.id, [one.text for one in search.parameters]) == ("GET /v2/search", ["query q"])
    told = " ".join(said.problems)
    assert "/broken" in told
    assert "relative" in told
    assert "a parameter without a name" in told


def test_swagger() -> None:
    tree = {
        "swagger": "2.0",
        "basePath": "/api/",
        "consumes": ["application/json"],
        "securityDefinitions": {"b": {"type": "basic"}},
        "paths": {
            "/a/{id}": {
                "post": {
                    "parameters": [
                        {"in": "body", "name": "x", "schema": {"type": "object", "properties": {"n": {"type": "string"}}}},
                        {"in": "query", "name": "q", "type": "integer", "x-example": 4, "required": True},
                    ],
                    "responses": {"200": {"schema": {"type": "string"}}},
                }
            },
            "/f": {"post": {"parameters": [{"in": "formData", "name": "n", "type": "string"}]}},
        },
    }
    said = _read(tree)
    post, form = said.operations
    assert post.template == "/api/a/{id}"
    assert [one.text for one in post.places] == ["query q", "path id", "body /n"]
    assert post.parameters[0].schema == {"type": "integer", "x-example": 4, "example": 4}
    assert post.answers == {"200": {"type": "string"}}
    assert form.media == "application/x-www-form-urlencoded"
    assert said.schemes[0].type == "http"


@pytest.mark.parametrize(
    ("url", "base"),
    [("/v1", "/v1"), ("//a.example/v1/", "/v1"), ("http://a.example", ""), ("v1", "/v1"), (".", ""), (None, "")],
)
def test_bases(url: Any, base: str) -> None:
    said = _read({"openapi": "3.1.0", "servers": [{"url": url}], "paths": {"/a": {"get": {}}}})
    assert said.operations[0].template == f"{base}/a"


def test_given_base() -> None:
    said = read_description("r", {"r": {"openapi": "3.1.0", "paths": {"/a": {"get": {}}}}}, "/x/")
    assert said.operations[0].template == "/x/a"


@pytest.mark.parametrize("tree", [[], {}, {"a": 1}, None])
def test_no_description(tree: Any) -> None:
    with pytest.raises(ValueError, match="neither OpenAPI nor Swagger"):
        _read(tree)


def test_circles_of_references() -> None:
    tree = {"openapi": "3.1.0", "paths": {"/a": {"$ref": "#/paths/~1b"}, "/b": {"$ref": "#/paths/~1a"}}}
    assert _read(tree).operations == ()
    wide: dict[str, Any] = {f"s{n}": {"properties": {f"p{m}": {"$ref": f"#/s/s{m}"} for m in range(20)}} for n in range(20)}
    body = {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/s/s0"}}}}}
    assert _read({"openapi": "3.1.0", "s": wide, "paths": {"/a": {"post": body}}}).operations[0].body


_KEYS = st.sampled_from(
    [
        "paths",
        "/a",
        "get",
        "post",
        "parameters",
        "name",
        "in",
        "schema",
        "$ref",
        "properties",
        "items",
        "allOf",
        "content",
        "responses",
        "200",
        "requestBody",
        "servers",
        "url",
        "links",
        "examples",
        "example",
        "security",
        "components",
        "securitySchemes",
        "required",
        "type",
        "enum",
        "application/json",
        "variables",
    ]
)
_TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["query", "path", "#/paths", "object", "{x}", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=5),
    max_leaves=30,
)


@given(st.dictionaries(_KEYS, _TREES, max_size=6), st.sampled_from(["openapi", "swagger"]))
def test_never_raises_for_what_is_inside(tree: dict[str, Any], kind: str) -> None:
    said = _read({kind: "3.0.0", **tree})
    for one in said.operations:
        assert one.label
        _ = (one.places, one.perilous, one.secured)
