"""Reading contracts: versions, servers, security, references, what is wrong with them and what is not enforced."""

import msgspec
import pytest
from described import Seen, accepts, judged, only, openapi, read, sound, with_body, with_parameters

from yett.formats.contract import Contract, open_contract, read_contract, references
from yett.formats.contract.documents import BrokenReference, Documents, target_document
from yett.formats.contract.servers import MAX_BASES, base_path, expanded
from yett.formats.contract.values import Answer, Body, Media, Parameter

OK = {"responses": {"200": {"description": ""}}}


def messages(contract: Contract) -> list[str]:
    return [problem.message for problem in contract.problems]


def gaps(contract: Contract) -> dict[str, str]:
    return {gap.what: gap.why for gap in contract.unenforced}


@pytest.mark.parametrize("version", ["2.0", "3.0.0", "3.0.4", "3.1.0", "3.1.1"])
def test_versions(version: str) -> None:
    contract = sound(openapi(version, {"/a/{id}": {"get": {**OK, "operationId": "getA", "parameters": [_path(version)]}}}))
    assert version.startswith(contract.version)
    assert (contract.title, contract.revision) == ("Example", "1")
    (entry,) = contract.operations
    assert (entry.method, entry.template, entry.operation_id, entry.deprecated) == ("GET", "/a/{id}", "getA", False)
    assert (entry.document, entry.pointer) == ("openapi.yaml", "/paths/~1a~1{id}/get")


def _path(version: str) -> dict[str, object]:
    kind = {"type": "integer"} if version == "2.0" else {"schema": {"type": "integer"}}
    return {"name": "id", "in": "path", "required": True, **kind}


@pytest.mark.parametrize(
    "document", [None, [], {}, {"openapi": "4.0.0"}, {"openapi": 3.1}, {"swagger": "1.2"}, {"openapi": "3.10.0"}]
)
def test_other_documents_are_problems(document: object) -> None:
    contract = read_contract("a", {"a": document})
    good = document == {"openapi": 3.1}
    assert (contract.problems == ()) is good


def test_a_contract_travels() -> None:
    document = openapi(
        paths={
            "/a": {
                "post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}, **OK}
            }
        },
        components={"schemas": {"A": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/A"}}}}},
    )
    contract = sound(document)
    sent = msgspec.msgpack.decode(msgspec.msgpack.encode(contract), type=Contract)
    assert sent == contract
    operation = open_contract(sent).operation(sent.operations[0])
    body = operation.detail.body
    assert isinstance(body, Body) and isinstance(body.media[0], Media) and isinstance(operation.detail.answers[0], Answer)
    check = operation.live.check(body.media[0].schema)
    assert check is not None and check.valid({"next": {"next": {}}}) and not check.valid({"next": {"next": 5}})


def test_servers() -> None:
    servers = [
        {"url": "https://api.example/v1/"},
        {"url": "/v2"},
        {"url": "//other.example/v3?x#y"},
        {"url": "https://bare.example"},
    ]
    contract = sound(openapi(paths={"/a": {"get": OK}}, servers=servers))
    assert contract.bases == ("/v1", "/v2", "/v3", "")
    assert contract.templates(contract.operations[0]) == ("/v1/a", "/v2/a", "/v3/a", "/a")
    assert sound(openapi(paths={"/a": {"get": OK}})).bases == ("",)


def test_server_variables_stand_for_all_their_values() -> None:
    url = {
        "url": "https://{host}/{version}",
        "variables": {"host": {"default": "a.example"}, "version": {"default": "v1", "enum": ["v1", "v2"]}},
    }
    assert sound(openapi(servers=[url])).bases == ("/v1", "/v2")
    assert base_path("{undeclared}/x") == "/{undeclared}/x"
    assert len(expanded("{a}{b}{c}", {name: list("0123456789") for name in "abc"})) == MAX_BASES


def test_servers_of_paths_and_operations_replace_those_of_the_contract() -> None:
    paths = {
        "/a": {"servers": [{"url": "/path"}], "get": OK, "put": {**OK, "servers": [{"url": "/operation"}]}},
        "/b": {"get": OK},
    }
    contract = sound(openapi(paths=paths, servers=[{"url": "/root"}]))
    assert [contract.templates(entry) for entry in contract.operations] == [("/path/a",), ("/operation/a",), ("/root/b",)]
    assert messages(read(openapi(servers=[{}]))) == ["a server needs a url"]


def test_base_path_of_swagger() -> None:
    assert sound(openapi("2.0", basePath="/api/")).bases == ("/api",)
    assert sound(openapi("2.0")).bases == ("",)


def test_security() -> None:
    schemes = {
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "basic": {"type": "http", "scheme": "Basic"},
        "token": {"type": "http", "scheme": "bearer"},
        "digest": {"type": "http", "scheme": "digest"},
        "login": {"type": "oauth2", "flows": {}},
        "oidc": {"type": "openIdConnect", "openIdConnectUrl": "https://login.example"},
        "cert": {"type": "mutualTLS"},
    }
    paths = {"/a": {"get": OK, "put": {**OK, "security": []}, "post": {**OK, "security": [{"login": ["write"]}, {}]}}}
    contract = sound(openapi(paths=paths, security=[{"key": []}], components={"securitySchemes": schemes}))
    types = {scheme.name: (scheme.type, scheme.place, scheme.field) for scheme in contract.schemes}
    assert types["key"] == ("apiKey", "header", "X-Key")
    assert [types[name][0] for name in ("basic", "token", "digest", "login", "oidc", "cert")] == [
        "basic", "bearer", "other", "oauth2", "openIdConnect", "mutualTLS",
    ]  # fmt: skip
    security = {entry.method: only(contract, index).detail.security for index, entry in enumerate(contract.operations)}
    assert security == {"GET": ((("key", ()),),), "PUT": (), "POST": ((("login", ("write",)),), ())}
    assert only(sound(openapi(paths={"/a": {"get": OK}}))).detail.security is None


def test_security_of_swagger() -> None:
    definitions = {
        "key": {"type": "apiKey", "in": "query", "name": "k"},
        "basic": {"type": "basic"},
        "login": {"type": "oauth2"},
        "odd": {"type": "other"},
    }
    contract = read(
        openapi(
            "2.0",
            {"/a": {"get": {**OK, "security": [{"key": [], "login": ["a"]}, {"gone": []}]}}},
            securityDefinitions=definitions,
        )
    )
    assert [scheme.type for scheme in contract.schemes] == ["apiKey", "basic", "oauth2", "unread"]
    assert messages(contract) == [
        "a security definition is of type basic, apiKey or oauth2",
        "there is no security scheme 'gone'",
    ]


@pytest.mark.parametrize(
    ("paths", "message", "pointer"),
    [
        ({"a": {"get": OK}}, "a path must start with /", "/paths/a"),
        ({"/{a}/{a}": {}}, "the template's parameters are not well-formed, or one occurs twice", "/paths/~1{a}~1{a}"),
        ({"/{a": {}}, "the template's parameters are not well-formed, or one occurs twice", "/paths/~1{a"),
        ({"/x/{a}": {"get": OK}, "/x/{b}": {"get": OK}}, "matches the same requests as GET /x/{a}; that one counts", "/paths/~1x~1{b}/get"),
        ({"/a": {"get": 5}}, "must be an object", "/paths/~1a/get"),
        ({"/a": {"get": {"responses": {"99": {}}}}}, "'99' is not a status, a range such as 2XX, or default", "/paths/~1a/get/responses/99"),
        ({"/a": {"get": {**OK, "operationId": 5}}}, "must be a string", "/paths/~1a/get/operationId"),
        ({"/a": {"get": {**OK, "operationId": "x"}, "put": {**OK, "operationId": "x"}}}, "'x' is also the operationId at /paths/~1a/get", "/paths/~1a/put/operationId"),
        ({"/a": {"get": {**OK, "parameters": {}}}}, "must be a list", "/paths/~1a/get/parameters"),
        ({"/a": {"get": {**OK, "parameters": [{"name": "x", "in": "body"}]}}}, "a parameter needs a name, and a place: path, query, header or cookie", "/paths/~1a/get/parameters/0"),
        ({"/a": {"get": {**OK, "parameters": [{"name": "x", "in": "query"}]}}}, "a parameter needs a schema or a content", "/paths/~1a/get/parameters/0"),
        ({"/a": {"get": {**OK, "parameters": [{"name": "x", "in": "query", "style": "matrix", "schema": {}}]}}}, "'matrix' is not a style of a query parameter", "/paths/~1a/get/parameters/0/style"),
        ({"/a": {"get": {**OK, "parameters": [{"name": "x", "in": "query", "explode": "no", "schema": {}}]}}}, "must be true or false", "/paths/~1a/get/parameters/0/explode"),
        ({"/a": {"get": {**OK, "parameters": [{"name": "x", "in": "query", "required": 1, "schema": {}}]}}}, "must be true or false", "/paths/~1a/get/parameters/0/required"),
        ({"/a": {"get": {**OK, "parameters": [{"name": "x", "in": "query", "content": {}}]}}}, "a parameter has either a schema or exactly one content", "/paths/~1a/get/parameters/0"),
        ({"/a": {"post": {**OK, "requestBody": {}}}}, "a request body needs a content", "/paths/~1a/post/requestBody"),
        ({"/a": {"post": {**OK, "requestBody": {"content": {"json": {}}}}}}, "'json' is not a media type", "/paths/~1a/post/requestBody/content/json"),
        ({"/a": {"post": {**OK, "security": [{"gone": []}]}}}, "there is no security scheme 'gone'", "/paths/~1a/post/security/0/gone"),
    ],
)  # fmt: skip
def test_problems_say_where(paths: dict[str, object], message: str, pointer: str) -> None:
    contract = read(openapi(paths=paths))
    assert [(problem.message, problem.pointer, problem.document) for problem in contract.problems] == [
        (message, pointer, "openapi.yaml")
    ]


def test_path_parameters_that_do_not_fit_the_template_are_told_and_not_enforced() -> None:
    other = {"name": "x", "in": "path", "required": True, "schema": {"type": "integer"}}
    contract = sound(openapi(paths={"/a/{id}": {"get": {**OK, "parameters": [other]}}}))
    assert gaps(contract) == {"path parameter id": "the template has it, and it is not declared: any value passes",
                              "path parameter x": "it is declared, and not in the template /a/{id}"}  # fmt: skip
    assert judged(contract, Seen("/a/b")) is None


def test_a_parameter_twice() -> None:
    header = [{"name": name, "in": "header", "schema": {}} for name in ("X-A", "x-a")]
    contract = read(openapi(paths={"/a": {"get": {**OK, "parameters": header}}}))
    assert messages(contract) == ["the header parameter 'x-a' is declared twice"]


def test_an_operations_parameter_replaces_that_of_the_path() -> None:
    shared = {"name": "n", "in": "query", "schema": {"type": "integer"}}
    own = {"name": "n", "in": "query", "schema": {"type": "boolean"}}
    contract = sound(openapi(paths={"/a": {"parameters": [shared], "get": {**OK, "parameters": [own]}, "put": OK}}))
    assert judged(contract, Seen("/a?n=true")) is None
    assert only(contract, 1).live.shape(only(contract, 1).detail.parameters[0].schema).kinds == {"integer"}


def test_references_of_every_kind_are_followed() -> None:
    paths = {
        "/a": {"$ref": "#/components/pathItems/A"},
        "/b": {"get": {"$ref": "#/components/x-operations/B"}},
    }
    components = {
        "pathItems": {"A": {"post": {"parameters": [{"$ref": "#/components/parameters/N"}], "requestBody": {"$ref": "#/components/requestBodies/R"}, "responses": {"200": {"$ref": "#/components/responses/O"}}}}},
        "x-operations": {"B": OK},
        "parameters": {"N": {"name": "n", "in": "query", "schema": {"type": "integer"}}},
        "requestBodies": {"R": {"content": {"application/json": {"schema": {"type": "integer"}}}}},
        "responses": {"O": {"description": "", "headers": {"X-Rate": {"$ref": "#/components/headers/H"}}}},
        "headers": {"H": {"required": True, "schema": {"type": "integer"}}},
    }  # fmt: skip
    contract = sound(openapi(paths=paths, components=components))
    detail = only(contract).detail
    assert detail.parameters[0].name == "n" and detail.body is not None
    assert detail.answers[0].fields[0] == Parameter(
        "X-Rate", "response", True, "simple", False, detail.answers[0].fields[0].schema
    )
    assert contract.operations[1].template == "/b"


def test_other_files() -> None:
    root = openapi(paths={"/a": {"$ref": "paths/a.yaml#/a"}})
    part = {"a": {"post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "../schemas.json#/A"}}}}, **OK}}}
    schemas = {"A": {"type": "object", "properties": {"b": {"$ref": "#/B"}}}, "B": {"type": "integer"}}
    files = {"paths/a.yaml": part, "schemas.json": schemas}
    assert references(root, "openapi.yaml") == {"paths/a.yaml"}
    assert references(part, "paths/a.yaml") == {"schemas.json"}
    contract = sound(root, **files)
    body = only(contract).detail.body
    assert body is not None
    check = only(contract).live.check(body.media[0].schema)
    assert check is not None and check.valid({"b": 1}) and not check.valid({"b": "x"})


def test_what_is_a_reference() -> None:
    document = {
        "paths": {"/a": {"get": {"responses": {"default": {"$ref": "default.yaml"}, "200": {"$ref": "#/x"}}}}},
        "components": {
            "schemas": {
                "A": {"properties": {"example": {"$ref": "property.yaml"}, "$ref": {"type": "string"}}, "example": {"$ref": "example.yaml"}},
                "B": {"enum": [{"$ref": "enum.yaml"}], "x-note": {"$ref": "extension.yaml"}, "allOf": [{"$ref": "./dir/../part.yaml#/a"}]},
                "C": {"discriminator": {"mapping": {"d": "mapped.yaml", "e": "Bare", "f": "#/components/schemas/A"}}},
                "D": {"$ref": "https://evil.example/a.yaml"}, "E": {"$ref": "/etc/passwd"}, "F": {"$ref": "../../up.yaml"},
            }
        },
    }  # fmt: skip
    assert references(document, "api/openapi.yaml") == {
        f"api/{name}.yaml" for name in ("default", "property", "part", "mapped")
    }


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("#/a", "dir/doc.yaml"), ("b.yaml", "dir/b.yaml"), ("./b.yaml#/x", "dir/b.yaml"), ("../b.yaml", "b.yaml"), ("x%20y.yaml", "dir/x y.yaml"),
        ("../../b.yaml", None), ("/b.yaml", None), ("//host/b.yaml", None), ("https://x.example/b.yaml", None), ("file:b.yaml", None),
        ("..\\b.yaml", None), ("%2e%2e/%2e%2e/b.yaml", None), ("b.yaml?x", None), ("%00", None), ("%zz", None), ("%ff.yaml", None), ("sub/../../../b.yaml", None),
    ],
)  # fmt: skip
def test_only_files_below_the_directory(reference: str, found: str | None) -> None:
    if found is not None:
        assert target_document("dir/doc.yaml", reference) == found
        return
    with pytest.raises(BrokenReference):
        target_document("dir/doc.yaml", reference)
    contract = with_body({"$ref": reference})
    assert len(set(messages(contract))) == 1
    assert contract.problems[0].pointer == "/paths/~1x/post/requestBody/content/application~1json/schema/$ref"


@pytest.mark.parametrize(
    "reference", ["#/nowhere", "#/components/schemas/0", "#name", "other.yaml", 5, "#/info/title/0", "#/a/%zz"]
)
def test_broken_references(reference: object) -> None:
    contract = with_body({"$ref": reference})
    assert len(set(messages(contract))) == 1
    assert with_body({"items": {"$ref": reference}}).problems


def test_references_into_lists_and_by_status() -> None:
    documents = Documents("a", {"a": {"list": [10, {"x": 1}], 200: {"y": 2}, True: 3, "m/~n": 4}})
    assert documents.resolve("a", "#/list/1/x").value == 1
    assert documents.resolve("a", "#/200/y").value == 2
    assert documents.resolve("a", "#/true").value == 3
    assert documents.resolve("a", "#/m~1~0n").value == 4
    assert documents.resolve("a", "#").value is documents.trees["a"]
    for wrong in ("#/list/2", "#/list/x", "#/list/0/0"):
        with pytest.raises(BrokenReference):
            documents.resolve("a", wrong)


def test_a_ring_of_references() -> None:
    contract = read(
        openapi(
            paths={"/a": {"$ref": "#/components/pathItems/A"}},
            components={"pathItems": {"A": {"$ref": "#/components/pathItems/A"}}},
        )
    )
    assert messages(contract) == ["a chain of more than 32 references, or a ring of them"]


def test_a_schema_that_contains_itself_in_place() -> None:
    schemas = {
        "A": {"allOf": [{"$ref": "#/components/schemas/B"}]},
        "B": {"anyOf": [{"$ref": "#/components/schemas/A"}, {"type": "string"}]},
    }
    contract = with_body({"$ref": "#/components/schemas/A"}, schemas=schemas)
    assert messages(contract) == ["the schema contains itself without going into a property or an item"]
    fine = {
        "A": {"properties": {"a": {"$ref": "#/components/schemas/A"}}, "items": {"allOf": [{"$ref": "#/components/schemas/A"}]}}
    }
    assert with_body({"$ref": "#/components/schemas/A"}, schemas=fine).problems == ()


def test_anchors() -> None:
    schemas = {"A": {"$anchor": "money", "type": "integer"}, "B": {"properties": {"price": {"$ref": "#money"}}}}
    assert accepts({"$ref": "#/components/schemas/B"}, {"price": 1}, schemas=schemas)
    assert not accepts({"$ref": "#/components/schemas/B"}, {"price": "1"}, schemas=schemas)


def test_what_is_not_enforced_is_said() -> None:
    document = openapi(
        paths={
            "/a": {
                "post": {
                    "callbacks": {"done": {}},
                    "parameters": [
                        {"name": "Accept", "in": "header", "schema": {"type": "string"}},
                        {"name": "q", "in": "query", "content": {"application/xml": {"schema": {"type": "object"}}}},
                        {"name": "deep", "in": "query", "schema": {"type": "array", "items": {"type": "object"}}},
                    ],
                    "requestBody": {"content": {"application/xml": {"schema": {"type": "object"}}, "image/png": {"schema": {"type": "string", "format": "binary"}}}},
                    "responses": {"200": {"description": "", "content": {"application/json": {"schema": {"type": "string", "format": "moon-phase", "pattern": "(?=x)"}}}}},
                }
            },
            "/b?x=1": {"get": OK},
        },
        webhooks={"w": {}},
        jsonSchemaDialect="https://json-schema.org/draft/2020-12/schema",
    )  # fmt: skip
    contract = sound(document)
    assert gaps(contract) == {
        "webhooks": "they are requests that the API makes, not requests to it",
        "jsonSchemaDialect": "schemas are read in OpenAPI's own dialect",
        "callbacks": "they are requests that the API makes, not requests to it",
        "header Accept": "OpenAPI ignores a parameter of this name",
        "content application/xml": "only JSON is read in parameters",
        "the query parameter deep": "no rule says how arrays of arrays or of objects are written in this style",
        "bodies of type application/xml": "only JSON, forms and plain text are validated",
        "format 'moon-phase'": "unknown format",
        "pattern '(?=x)'": "it cannot run in linear time, or is too large",
        "path /b?x=1": "a path has no query and no fragment; its operations are not declared",
    }
    of_operation = {gap.what for gap in only(contract).unenforced}
    assert of_operation == gaps(contract).keys() - {"webhooks", "jsonSchemaDialect", "path /b?x=1"}
    assert judged(contract, Seen("/a?deep=1&deep=2&deep[x]=3&q=<a/>")) is None


def test_gaps_of_shared_schemas_are_told_of_every_operation_that_reaches_them() -> None:
    schemas = {"A": {"properties": {"b": {"$ref": "#/components/schemas/B"}}}, "B": {"format": "odd"}}
    content = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}
    paths = {"/a": {"post": {"requestBody": content, **OK}}, "/b": {"post": {"requestBody": content, **OK}}, "/c": {"get": OK}}
    contract = sound(openapi(paths=paths, components={"schemas": schemas}))
    assert [len(only(contract, index).unenforced) for index in range(3)] == [1, 1, 0]
    assert only(contract).unenforced[0].pointer == "/components/schemas/B/format"


def test_gaps_of_schemas_written_in_place_are_told_of_their_operation_only() -> None:
    def taking(name: str) -> dict[str, object]:
        return {"get": {**OK, "parameters": [{"name": name, "in": "query", "schema": {"type": "string", "format": "odd"}}]}}

    contract = sound(openapi(paths={f"/{name}": taking(name) for name in "abc"}))
    assert [[gap.pointer for gap in only(contract, index).unenforced] for index in range(3)] == [
        [f"/paths/~1{name}/get/parameters/0/schema/format"] for name in "abc"
    ]
    assert len(contract.schemas) == 1


def test_complaints_are_bounded() -> None:
    properties: dict[str, object] = {f"p{index}": {"format": f"f{index}"} for index in range(12_000)}
    properties |= {f"q{index}": {"$ref": f"#/nowhere/{index}"} for index in range(12_000)}
    contract = with_body({"properties": properties})
    assert len(contract.problems) == len(contract.unenforced) == 10_000
    assert len(only(contract).unenforced) <= 10_000


def test_security_schemes_that_are_wrong() -> None:
    schemes = {"a": {"type": "apiKey", "in": "body", "name": "k"}, "b": {"type": "magic"}, "c": {"$ref": "#/nowhere"}}
    assert len(read(openapi(components={"securitySchemes": schemes})).problems) == 3


def test_statuses_may_be_numbers() -> None:
    contract = sound(
        openapi(
            paths={
                "/a": {
                    "get": {"responses": {200: {"description": ""}, "4XX": {"description": ""}, "default": {"description": ""}}}
                }
            }
        )
    )
    assert [answer.status for answer in only(contract).detail.answers] == ["200", "4XX", "default"]


def test_reading_is_fast_enough_to_decode_lazily() -> None:
    contract = with_parameters({"name": "a", "in": "query", "schema": {"type": "integer"}})
    operation = only(contract)
    assert "detail" not in vars(operation)
    assert operation.detail is operation.detail
