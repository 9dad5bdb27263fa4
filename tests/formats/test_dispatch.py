"""Operations that are told apart inside the message."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.formats.dispatch import LONGEST_NAME, MOST_NAMES, UNREADABLE, Named, named_operation, named_operations, soap_name
from yett.formats.graphql import LONGEST, NotGraphQL, root_fields

XML = {"content-type": "text/xml; charset=utf-8"}


def names(value=None, fields=None, query=(), body=b""):
    return [named.text for named in named_operations(fields or {}, query, value, body)]


@pytest.mark.parametrize(
    ("text", "chosen", "expected"),
    [
        ("{ user { id } }", None, ["graphql query user"]),
        ("query Q($id: ID! = 1) @live { me: user(id: $id, x: {y: [1, 2.5e3]}) { id } }", None, ["graphql query user"]),
        ("mutation { a b }", None, ["graphql mutation a", "graphql mutation b"]),
        ("subscription S { news }", "S", ["graphql subscription news"]),
        ("query A { a } mutation B { b }", "B", ["graphql mutation b"]),
        ("query A { a } mutation B { b }", None, ["graphql query a", "graphql mutation b"]),
        ("{ ...F ... on Query { z } ... @include(if: true) { y } } fragment F on Query { x }", None,
         ["graphql query z", "graphql query y", "graphql query x"]),
        ("{ ...F } fragment F on Query { a ...F }", None, ["graphql query a"]),
        ("{ a __typename }", None, ["graphql query a"]),
        ("{ __typename }", None, ["graphql query __typename"]),
        ('"""what it does""" query { a(t: """block \\""" { """) }', None, ["graphql query a"]),
        ('# shop\n{ a(t: "} \\" {") , b }', None, ["graphql query a", "graphql query b"]),
        ("query A { a }", "Missing", []),
    ],
)  # fmt: skip
def test_root_fields_of_graphql(text, chosen, expected):
    assert names({"query": text, "operationName": chosen}) == expected
    assert names(query=[("query", text), *([("operationName", chosen)] if chosen else [])]) == expected
    if chosen is None:
        assert names(fields={"content-type": "application/graphql"}, body=text.encode()) == expected


@pytest.mark.parametrize(
    "text",
    ["shoes", "SELECT * FROM t", "{", "{ a ", "{ a(", "{ a(] }", "query Q", "fragment F on X { a }", "fragment F X { a }", "type A { b: C }",
     '{ a(t: "x }', '{ a(t: """x }', "{ 5 }", "{" * 5000, "{ a(x: " + "[" * 5000, "{ ..." * 40, "mutation $ { a }", "{ a: }", "\x00{a}"],
)  # fmt: skip
def test_texts_that_are_no_graphql_name_nothing(text):
    assert names({"query": text}) == []


def test_a_document_that_is_too_long_is_not_read():
    with pytest.raises(NotGraphQL):
        root_fields("{a}" + " " * LONGEST)
    with pytest.raises(NotGraphQL, match="tokens"):
        root_fields("{" + "a " * 60_000 + "}")


def test_documents_that_only_the_server_has():
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": "ab"}}
    assert names({"operationName": "Cart", "extensions": extensions}) == ["graphql operation Cart"]
    assert names(query=[("operationName", "Cart"), ("extensions", json.dumps(extensions))]) == ["graphql operation Cart"]
    assert names({"operationName": "Cart"}) == []
    assert names({"operationName": 5, "extensions": extensions}) == []


def test_uploads_and_batches_of_graphql():
    assert names({"operations": json.dumps({"query": "mutation { upload }"}), "map": "{}"}) == ["graphql mutation upload"]
    assert names({"operations": "{not json"}) == []
    assert names([{"query": "{a}"}, {"query": "{b}"}, {"query": "{a}"}]) == ["graphql query a", "graphql query b"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": []}, ["json-rpc eth_call"]),
        ({"id": 1, "method": "getblock", "params": ["x"]}, ["json-rpc getblock"]),
        ({"method": "card", "amount": 5}, []),
        ({"jsonrpc": "2.0", "method": 5}, []),
        ({"jsonrpc": "2.0", "method": "initialize", "params": {"protocolVersion": "2025-06-18"}}, ["mcp initialize"]),
        ({"jsonrpc": "2.0", "method": "initialize", "params": {}}, ["json-rpc initialize"]),
        ({"jsonrpc": "2.0", "method": "tools/list"}, ["mcp tools/list"]),
        ({"jsonrpc": "2.0", "method": "tools/call", "params": {"name": "search", "arguments": {"q": "x"}}}, ["mcp tools/call search"]),
        ({"jsonrpc": "2.0", "method": "tools/call", "params": []}, ["mcp tools/call"]),
        ({"jsonrpc": "2.0", "method": "resources/read", "params": {"uri": "file:///a"}}, ["mcp resources/read"]),
        ({"jsonrpc": "2.0", "method": "prompts/get", "params": {"name": "plan"}}, ["mcp prompts/get plan"]),
        ([{"jsonrpc": "2.0", "method": "a"}, {"jsonrpc": "2.0", "method": "b"}, 5], ["json-rpc a", "json-rpc b"]),
        ({"jsonrpc": "2.0", "method": "x" * (LONGEST_NAME + 1)}, [f"json-rpc {UNREADABLE}"]),
        ({"jsonrpc": "2.0", "method": "a\nb"}, [f"json-rpc {UNREADABLE}"]),
    ],
)  # fmt: skip
def test_methods_and_tools(value, expected):
    assert names(value) == expected


def test_fields_of_mcp_tell_it_from_other_json_rpc():
    assert names({"jsonrpc": "2.0", "method": "ping"}, {"mcp-session-id": "s"}) == ["mcp ping"]


def test_names_of_a_batch_are_bounded():
    batch = [{"jsonrpc": "2.0", "method": f"m{number}"} for number in range(5 * MOST_NAMES)]
    assert len(names(batch)) == MOST_NAMES


ENVELOPE = b'<?xml version="1.0"?><s:Envelope xmlns:s="urn:s"><s:Header><a/></s:Header><s:Body><m:%s xmlns:m="urn:m"><x>1</x>'


def test_soap_by_its_action_else_by_its_body():
    assert names(fields={**XML, "soapaction": '"http://example.org/prices#GetPrice"'}) == ["soap GetPrice"]
    assert names(fields={"content-type": 'application/soap+xml; charset=utf-8; action="urn:p:GetPrice"'}, body=b"<") == [
        "soap GetPrice"
    ]
    assert names(fields={**XML, "soapaction": '""'}, body=ENVELOPE % b"GetPrice") == ["soap GetPrice"]
    assert names(fields=XML, body=ENVELOPE % b"Pay") == ["soap Pay"]
    assert soap_name("http://example.org/x/") == "x"


@pytest.mark.parametrize(
    "body",
    [b"<order/>", b"<s:Envelope", b"<!DOCTYPE Envelope><Envelope><Body><a/></Body></Envelope>", b"<Envelope><Body/></Envelope>",
     b"<Envelope>" + b"<a>" * 5000, b"\xff\xfe", b'<?xml version="1.0" encoding="no-such"?><Envelope><Body><a/>'],
)  # fmt: skip
def test_xml_that_names_nothing(body):
    assert names(fields=XML, body=body) == []


def test_xml_rpc():
    assert names(fields=XML, body=b"<methodCall><methodName>wp.getPosts</methodName><params/>") == ["xml-rpc wp.getPosts"]


def test_aws():
    assert names({}, {"x-amz-target": "DynamoDB_20120810.GetItem"}) == ["aws GetItem"]
    assert names({"Action": "ListUsers", "Version": "2010-05-08"}) == ["aws ListUsers"]
    assert names(query=[("Action", "ListUsers"), ("Version", "2010-05-08")]) == ["aws ListUsers"]
    assert names(query=[("Action", "ListUsers")]) == []


def test_the_first_of_several():
    assert named_operation({}, (), {"query": "{a b}"}) == "graphql query a"
    assert named_operation({}, (), {"a": 1}) == ""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["query", "method", "jsonrpc", "params", "operationName", "operations", "extensions", "Action", "name"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(
    value=JSON,
    body=st.binary(max_size=60),
    action=st.text(max_size=20),
    query=st.lists(st.tuples(st.text(max_size=5), st.text(max_size=9)), max_size=3),
)
def test_anything_at_all_is_taken(value, body, action, query):
    for fields in ({}, {"soapaction": action}, {"content-type": action}, {**XML, "x-amz-target": action}):
        for found in named_operations(fields, query, value, body):
            assert isinstance(found, Named)
            assert len(found.name) <= 2 * LONGEST_NAME + 1
            assert found.name.isprintable()


@given(st.text(alphabet='{}()[]"#.@:! aqueryfragmenton\n\\', max_size=200))
def test_any_text_is_read_or_refused(text):
    offset = 0
    try:
        root_fields(text)
    except NotGraphQL as refused:
        offset = refused.offset
    assert 0 <= offset <= len(text)
