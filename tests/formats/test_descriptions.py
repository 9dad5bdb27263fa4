"""Contracts of every kind as declarations: what is read, how it is told apart, what is wrong and where."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.formats.descriptions import Declared, describes, read_description, reading, values
from yett.formats.descriptions.servers import host_pattern, servers_of, split_url


def read(name, content, others=None):
    octets = content if isinstance(content, bytes) else content.encode()
    found = read_description(name, octets, (others or {}).get)
    assert describes(name, octets) or not found.kind
    assert all(one.source == name for one in found.declared)
    return found


def lines(found):
    """Every declaration in short: method, hosts, path, named."""
    return [(one.method, one.hosts, one.path, one.named) for one in found.declared]


def problems(found):
    return [str(problem) for problem in found.problems]


OPENAPI = """\
openapi: 3.2.0
info: {title: Shop, version: '7'}
servers: [{url: "https://{region}.example.org/{v}", variables: {v: {default: v1, enum: [v1, v2]}}}]
security: [{key: [], user: []}, {}]
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
    user: {type: http, scheme: bearer}
paths:
  x-note: {get: {}}
  /users/{id}:
    get: {deprecated: true, operationId: getUser, security: [], responses: {}}
    query: {responses: {}}
    additionalOperations: {COPY: {responses: {}}}
  /#Action=ListUsers: {post: {responses: {}}}
  /#X-Amz-Target=Service.Get: {post: {responses: {}}}
  /search?kind=a: {get: {responses: {}}}
  /own: {servers: [{url: "//Other.example:8443/x/"}], get: {servers: [{url: /y}], responses: {}}, put: {responses: {}}}
  /shared: {$ref: 'more/other.yaml#/item'}
  /lost: {$ref: 'none.yaml#/item'}
"""


def test_openapi_with_everything_that_places_an_operation():
    found = read("shop.yaml", OPENAPI, {"more/other.yaml": b"item: {get: {operationId: shared, responses: {}}}"})
    assert (found.kind, found.format, found.title, found.version) == ("openapi", "3.2", "Shop", "7")
    assert found.servers == ("https://{region}.example.org/v1", "https://{region}.example.org/v2")
    assert found.files == ("more/other.yaml",)
    assert [scheme.name for scheme in found.schemes] == ["key", "user"]
    assert found.contract is not None and len(found.contract.operations) == 6
    region = ("*.example.org",)
    assert [line for line in lines(found) if not line[2].startswith("/v2")] == [
        ("GET", region, "/v1/users/{id}", ""),
        ("QUERY", region, "/v1/users/{id}", ""),
        ("COPY", region, "/v1/users/{id}", ""),
        ("POST", region, "/v1/", "aws ListUsers"),
        ("POST", region, "/v1/", "aws Get"),
        ("GET", region, "/v1/search", "kind=a"),
        ("GET", (), "/y/own", ""),
        ("PUT", ("other.example",), "/x/own", ""),
        ("GET", region, "/v1/shared", ""),
    ]
    first = found.declared[0]
    assert (first.operation_id, first.deprecated, first.security, first.place) == (
        "getUser",
        True,
        ("none",),
        "/paths/~1users~1{id}/get",
    )
    assert found.declared[2].security == ("key+user", "none")
    assert problems(found) == ["shop.yaml:20:10: 'none.yaml#/item': there is no document 'none.yaml'"]


def test_swagger():
    document = {
        "swagger": "2.0",
        "host": "API.example.org:80",
        "basePath": "/v1/",
        "schemes": ["https"],
        "info": {"title": "T", "version": "2"},
    }
    found = read("s.json", json.dumps({**document, "paths": {"/a": {"get": {}}}}))
    assert (found.kind, found.format, found.servers) == ("swagger", "2.0", ("https://API.example.org:80/v1/",))
    assert lines(found) == [("GET", ("api.example.org",), "/v1/a", "")]
    del document["host"], document["schemes"]
    assert lines(read("s.json", json.dumps({**document, "paths": {"/a": {"get": {}}}}))) == [("GET", (), "/v1/a", "")]


def test_operations_are_declared_even_where_the_contract_has_problems():
    paths = {"/a/{x}": {"get": {"parameters": [5]}}, "/a/{y}": {"get": {}}, "b": {"get": {}}}
    found = read("s.json", json.dumps({"openapi": "3.0.0", "info": {}, "paths": paths}))
    assert [one.path for one in found.declared] == ["/a/{x}", "/a/{y}", "/b"]
    assert len(found.problems) == 3
    assert all(problem.line == 1 and problem.column > 1 for problem in found.problems)


def test_parts_that_cannot_be_read():
    found = read("s.yaml", OPENAPI, {"more/other.yaml": b"{"})
    assert any(text.startswith("more/other.yaml:") for text in problems(found))
    assert ("GET", (), "/y/own", "") in lines(found)


def test_where_lines_are_not_known_the_pointer_is_told(monkeypatch):
    monkeypatch.setattr(reading, "MOST_PLACES", 0)
    found = read("s.json", json.dumps({"openapi": "3.0.0", "info": {}, "paths": {"/a": {"get": {"parameters": [5, 5]}}}}))
    assert "at /paths/~1a/get/parameters/0" in problems(found)[0]


def test_bounds_of_a_description(monkeypatch):
    monkeypatch.setattr(values, "MOST_DECLARED", 2)
    monkeypatch.setattr(values, "MOST_PROBLEMS", 1)
    found = read("s.json", json.dumps({"openapi": "3.0.0", "info": {}, "paths": {f"/{n}": {"get": {}} for n in range(9)}}))
    assert len(found.declared) == 2
    assert problems(found) == ["s.json: more than 2 operations; the rest is left out"]


SDL = '''
"""All of it."""
schema @live { query: Root  mutation: Change }
type Root implements A & B @key(fields: "id") {
  "One user."
  user(id: ID! = 5, f: In = {a: [1]}): [User!]! @deprecated(reason: "old")
  other: Int
}
extend type Root { third: Int }
interface A { a: Int }
type Change { make: User }
type Query { notARoot: Int }
type Empty
union U = | A | type
enum E { A B @deprecated }
scalar Date @specifiedBy(url: "x")
directive @live(x: Int) repeatable on FIELD | SCHEMA
input In { a: [Int] = [1, 2] }
extend schema @x
'''


def test_graphql_definitions():
    found = read("s.graphql", SDL)
    assert [(one.named, one.deprecated, one.place) for one in found.declared] == [
        ("graphql query user", True, "line 6"),
        ("graphql query other", False, "line 7"),
        ("graphql query third", False, "line 9"),
        ("graphql mutation make", False, "line 11"),
    ]
    assert found.problems == ()
    assert [one.named for one in read("x", "type Query { a: Int }").declared] == ["graphql query a"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("type Query { a: Int \n b }", "s.graphql:2:4: not GraphQL"),
        ("type Query { a(x: [Int) : Int }", '"]" is missing'),
        ("type Query { a(x: Int", "the text ends here"),
        ("nonsense", "defines nothing"),
        ("type User { a: Int }", "no root type"),
        ("schema { query: Q }", "there is no such type"),
        ("type { }", "a name is missing"),
        ("type Query { a ! }", '":" is missing'),
        ('"""x', "a block string without end"),
        ("union U = A\n%", "a character that GraphQL does not have"),
    ],
)
def test_graphql_definitions_that_are_wrong(text, message):
    assert any(message in text for text in problems(read("s.graphql", text)))


def test_graphql_introspection():
    types = [
        {"name": "Q", "fields": [{"name": "a", "isDeprecated": True}, {"name": "b"}, {}]},
        {"name": "User", "fields": [{"name": "x"}]},
    ]
    schema = {"__schema": {"queryType": {"name": "Q"}, "mutationType": None, "types": types}}
    for tree in (schema, {"data": schema}):
        found = read("i.json", json.dumps(tree))
        assert [(one.named, one.deprecated) for one in found.declared] == [
            ("graphql query a", True),
            ("graphql query b", False),
        ]
        assert "a field without a name" in problems(found)[0]
    assert "no root type" in problems(read("i.json", '{"__schema": {"types": []}}'))[0]


WSDL = """<?xml version="1.0"?>
<w:definitions name="Stock" xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap12/"
  xmlns:h="http://schemas.xmlsoap.org/wsdl/http/" xmlns:t="urn:t">
<w:import namespace="x" location="y.wsdl"/>
<w:types><x><y/></x></w:types>
<w:binding name="B" type="t:P"><s:binding/>
<w:operation name="GetPrice"><w:documentation>x</w:documentation><s:operation soapAction="urn:x#Price"/></w:operation>
<w:operation name="Pay"><s:operation soapAction=""/></w:operation><w:operation/></w:binding>
<w:binding name="H" type="t:P"><h:binding verb="GET"/><w:operation name="Look"><h:operation location="/p/(id)"/></w:operation></w:binding>
<w:binding name="Alone" type="t:P"><s:binding/><w:operation name="Solo"/></w:binding>
<w:service name="Stocks"><w:port name="p" binding="t:B"><s:address location="https://soap.example.org:8443/stock/v1"/></w:port>
<w:port name="h" binding="t:H"><h:address location="http://h.example/rest"/></w:port><w:port name="n" binding="t:No"/></w:service>
</w:definitions>"""


def test_wsdl():
    found = read("w.wsdl", WSDL)
    assert (found.kind, found.title) == ("wsdl", "Stock")
    assert lines(found) == [
        ("POST", ("soap.example.org",), "/stock/v1", "soap Price"),
        ("POST", ("soap.example.org",), "/stock/v1", "soap Pay"),
        ("GET", ("h.example",), "/rest/p/{id}", ""),
        ("POST", (), "", "soap Solo"),
    ]
    assert found.declared[0].place == "line 7"
    assert problems(found) == [
        "w.wsdl:4: import of 'y.wsdl' was not read (name that file as a source, too)",
        "w.wsdl:8: an operation without a name",
        "w.wsdl:12: there is no binding 'No' for the port 'n'",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (WSDL[:900], "not XML"),
        (WSDL.replace("<w:definitions", '<!DOCTYPE x [<!ENTITY a "b">]><w:definitions', 1), "w.wsdl:2:13: a document type"),
        ("<x xmlns='http://schemas.xmlsoap.org/wsdl/'/>", "not the definitions"),
        ("<x a='http://schemas.xmlsoap.org/wsdl/'/>", "not the definitions"),
        ("<w:definitions xmlns:w='http://schemas.xmlsoap.org/wsdl/'>" + "<w:types>" * 300, "nested deeper"),
        ("<?xml version='1.0' encoding='odd'?><d xmlns='http://schemas.xmlsoap.org/wsdl/'/>", "not XML"),
    ],
)
def test_wsdl_that_is_wrong(text, message):
    assert message in problems(read("w.wsdl", text))[0]


def test_asyncapi_2():
    text = """\
asyncapi: 2.6.0
info: {title: T, version: '1'}
servers: {p: {url: "wss://ws.example.org/base", protocol: wss}, k: {url: "k:9092", protocol: kafka}}
channels:
  events: {subscribe: {operationId: onE}, servers: [p]}
  topic.x: {publish: {operationId: pub}, servers: [k]}
  http/x: {publish: {bindings: {http: {method: post}}}, servers: [k]}
  lost: {$ref: '#/nowhere'}
"""
    found = read("a.yaml", text)
    assert lines(found) == [
        ("GET", ("ws.example.org",), "/base/events", ""),
        ("RECEIVE", (), "topic.x", "asyncapi receive topic.x"),
        ("POST", (), "/http/x", ""),
    ]
    assert "there is nothing at '/nowhere'" in problems(found)[0]


def test_asyncapi_3():
    text = """\
asyncapi: 3.0.0
servers: {k: {host: "k:9092", protocol: kafka}, h: {host: api.example, pathname: /v1, protocol: https}}
channels: {c: {address: topic.y, servers: [{$ref: '#/servers/k'}]}, d: {address: /d, servers: [{$ref: '#/servers/h'}]}}
operations: {s: {action: send, channel: {$ref: '#/channels/c'}}, d: {action: receive, channel: {$ref: '#/channels/d'}}, bad: {action: odd}}
"""
    found = read("a.yaml", text)
    assert lines(found) == [("SEND", (), "topic.y", "asyncapi send topic.y"), ("GET", ("api.example",), "/v1/d", "")]
    assert "needs an action" in problems(found)[0]
    assert "only AsyncAPI 2 and 3" in problems(read("a.yaml", "asyncapi: 1.0.0"))[0]


def test_tools():
    tools = [{"name": "search", "inputSchema": {}}, {"name": ""}]
    for tree in ({"tools": tools}, {"jsonrpc": "2.0", "id": 1, "result": {"tools": tools}}):
        found = read("m.json", json.dumps(tree))
        assert lines(found) == [("POST", (), "", "mcp tools/call search")]
        assert "a name of 1 to 128" in problems(found)[0]
    assert read("m.json", '{"tools": [5]}').kind == ""


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"hello", "no description"),
        ("a.yaml", b"", "no description"),
        ("a.json", b'{"a":', "a.json:1:6: not JSON"),
        ("a.proto", b'syntax = "proto3";\n', "protoc"),
        ("a.graphql", b"type \xff", "not UTF-8"),
        ("a.yaml", b"a: 1\n---\nb: 2\n", "several documents"),
        ("a.yaml", b"\xff\n---\n", "not UTF-8"),
        ("a.yaml", b"apiVersion: networking.k8s.io/v1\n---\n\na: [\n", "a.yaml:5"),
        ("a.yaml", b"apiVersion: x\n---\n" * 3 + b"#\n---\n" * reading.MOST_DOCUMENTS, "more than"),
        ("a.yaml", b"\n---\n---\n", "the file is empty"),
        ("nginx.conf", b"\xff", "not UTF-8"),
    ],
)
def test_files_that_are_no_description(name, content, message):
    found = read_description(name, content)
    assert found.kind == ""
    assert found.declared == ()
    assert message in problems(found)[0]
    assert name in problems(found)[0]


@pytest.mark.parametrize(
    "content",
    [b"", b"GET / HTTP/1.1\r\n\r\n", b'{"log": {"entries": []}}', b'127.0.0.1 - - [01/Jan/2026] "GET / HTTP/1.1" 200 5\n',
     b'{"openapi": 1, "a": 2}\n{"openapi": 1}\n', b"\x89PNG", b"\x0a\x05hello", b"<html/>"],
)  # fmt: skip
def test_recordings_and_others_describe_nothing(content):
    assert not describes("x", content)


def test_a_description_that_says_late_what_it_is():
    text = json.dumps(
        {"paths": {f"/{number}": {"get": {"description": "x" * 100}} for number in range(3000)}, "openapi": "3.0.0"}
    )
    assert describes("x.json", text.encode())
    assert len(read_description("x.json", text.encode()).declared) == 3000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("API.Example.org:8080", "api.example.org"),
        ("user:pw@h.example.", "h.example"),
        ("[::1]:80", "::1"),
        ("{tenant}.example.org", "*.example.org"),
        ("a.{region}.example.org", "*.example.org"),
        ("{host}", ""),
        ("{a}.com", ""),
        ("*.org", "*.org"),
        ("*", ""),
    ],
)
def test_hosts(text, expected):
    assert host_pattern(text) == expected


def test_servers():
    assert split_url("https://h.example/v1/?x=1") == ("h.example", "/v1")
    assert split_url("/v1/") == ("", "/v1")
    assert servers_of([]) == (("", ()),)
    urls = ["https://a.example/v1", "https://b.example/v1/", "https://a.example"]
    assert servers_of(urls) == (("/v1", ("a.example", "b.example")), ("", ("a.example",)))


def test_the_whole_path():
    assert Declared(kind="rest", method="GET", base="/v1", template="/a").path == "/v1/a"


BEGINNINGS = [OPENAPI, SDL, WSDL, "apiVersion: networking.k8s.io/v1\nkind: Ingress\nspec: ", "server { location /a { ", "asyncapi: 3.0.0\noperations: ",
              "virtual_hosts: ", "_format_version: '3.0'\nservices: ", '{"__schema": ', '{"tools": [{"inputSchema": ', "\x0a\x10\x0a\x07a.proto"]  # fmt: skip


@given(st.sampled_from(BEGINNINGS), st.integers(0, 600), st.text(alphabet='{}[]()":;@!a\n -/<>&%#\\\x0a\x00', max_size=60))
def test_whatever_stands_in_a_file_is_read_or_explained(beginning, cut, rest):
    octets = (beginning[:cut] + rest).encode()
    found = read_description("x", octets)
    assert found.kind or found.problems


TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "paths",
                    "get",
                    "servers",
                    "url",
                    "/a",
                    "security",
                    "parameters",
                    "routes",
                    "services",
                    "plugins",
                    "virtual_hosts",
                    "match",
                    "prefix",
                    "domains",
                    "spec",
                    "rules",
                    "http",
                    "host",
                    "path",
                    "matches",
                    "method",
                    "hostnames",
                    "channels",
                    "operations",
                    "channel",
                    "action",
                    "subscribe",
                    "address",
                    "types",
                    "fields",
                    "name",
                    "queryType",
                    "$ref",
                    "variables",
                    "default",
                    "enum",
                    "config",
                    "backendRefs",
                    "parentRefs",
                    "listeners",
                    "metadata",
                    "annotations",
                    "items",
                    "info",
                    "title",
                    "version",
                    "host",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(
    TREES,
    st.sampled_from(
        ["openapi", "swagger", "asyncapi", "__schema", "_format_version", "static_resources", "apiVersion", "result"]
    ),
)
def test_whatever_tree_it_is_nothing_is_raised(tree, key):
    version = {"openapi": "3.2.0", "swagger": "2.0", "asyncapi": "3.0.0", "apiVersion": "gateway.networking.k8s.io/v1"}.get(
        key, tree
    )
    kinds = ("HTTPRoute", "Ingress", "GRPCRoute", "Gateway") if key == "apiVersion" else ("x",)
    for kind in kinds:
        whole = {**(tree if isinstance(tree, dict) else {"paths": tree}), key: version, "kind": kind}
        read_description("x.json", json.dumps(whole).encode())
