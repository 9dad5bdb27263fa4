"""GraphQL schemas with types and arguments, from definitions and from introspection."""

import contextlib
import json
import time

import pytest
from graphql_server import introspected
from hypothesis import given
from hypothesis import strategies as st

from yett.formats.graphql import NotGraphQL
from yett.formats.graphql_types import (
    LONGEST,
    MOST_MEMBERS,
    MOST_TYPES,
    from_definitions,
    from_introspection,
    is_list,
    named,
    read_definitions,
)

SDL = '''
"""The shop's schema"""
schema @link(url: "x") { query: Root mutation: Change }
directive @cost(weight: Int = 1) repeatable on FIELD_DEFINITION | OBJECT
scalar DateTime @specifiedBy(url: "https://example.org")
interface Node { id: ID! }
"A thing" type Item implements Node & Named @cost(weight: 2) {
  id: ID!
  "its tags" tags(first: Int = 10, "after" after: String, filter: Filter = {name: "a", kinds: [BIG]}): [String!]! @deprecated(reason: "no")
}
interface Named { name: String }
union Found = | Item | Other
type Other { size: Float }
enum Kind { BIG SMALL @deprecated }
input Filter { name: String = "x" kinds: [Kind!] inner: Filter }
type Root { items(filter: Filter): [Item!]! item(id: ID!): Item found: [Found] }
extend type Root { kind: Kind }
type Change { add(input: Filter!): Item }
'''


def test_definitions() -> None:
    schema = from_definitions(SDL)
    assert schema.roots == {"query": "Root", "mutation": "Change"}
    assert [one.name for one in schema.root("query")] == ["items", "item", "found", "kind"]
    tags = schema.types["Item"].fields["tags"]
    assert (tags.type, tags.deprecated, tags.callable) == ("[String!]!", True, True)
    assert [(one.name, one.type, one.default) for one in tags.arguments][:2] == [
        ("first", "Int", "10"),
        ("after", "String", ""),
    ]
    assert tags.arguments[2].default.startswith("{ name :")
    assert schema.types["Found"].possible == ("Item", "Other")
    assert schema.types["Kind"].values == ("BIG", "SMALL")
    assert schema.types["Named"].possible == ("Item",)
    assert schema.directives["cost"] == ("FIELD_DEFINITION", "OBJECT")
    assert not schema.types["Root"].fields["item"].callable
    assert schema.is_leaf("DateTime!") and schema.is_leaf("Kind") and not schema.is_leaf("[Item!]")
    assert named("[[Int!]!]") == "Int" and is_list("[Int]") and not is_list("Int")


def test_introspection_tells_the_same() -> None:
    schema = from_definitions(SDL)
    told = from_introspection(json.loads(json.dumps({"data": {"__schema": introspected(schema)}})))
    assert told is not None
    assert told.roots == schema.roots
    assert [(one.name, one.type, one.arguments, one.deprecated) for one in told.root("query")] == [
        (one.name, one.type, one.arguments, one.deprecated) for one in schema.root("query")
    ]
    assert told.types["Filter"].inputs[1].type == "[Kind!]"
    assert told.directives == {"skip": ("FIELD",)}


@pytest.mark.parametrize("tree", [None, {}, [], {"data": {"__schema": {"types": [None, {"name": "Query"}]}}}, {"__schema": 7}])
def test_what_is_no_introspection(tree: object) -> None:
    assert from_introspection(tree) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "type Query",
        "type Query {",
        "nonsense Query { a: Int }",
        "type Query { a: " + "[" * 20 + "Int" + "]" * 20 + " }",
        "type Other { a: Int }",
        "type Query { a(b: Int = ): Int }",
        "type Query { a }",
        "enum { A }",
        "type Query { a(b: Int = [1",
    ],
)
def test_what_is_no_definition(text: str) -> None:
    if text == "type Query":
        assert from_definitions(text).root("query") == ()
        return
    with pytest.raises(NotGraphQL):
        from_definitions(text)


def test_bounds() -> None:
    with pytest.raises(NotGraphQL, match="members"):
        from_definitions("type Query { " + " ".join(f"a{number}: Int" for number in range(MOST_MEMBERS + 2)) + " }")
    with pytest.raises(NotGraphQL, match="types"):
        from_definitions(" ".join(f"scalar A{number}" for number in range(MOST_TYPES + 2)))
    with pytest.raises(NotGraphQL, match="members"):
        from_definitions("union A = " + "|".join(f"a{number}" for number in range(MOST_MEMBERS + 2)))
    with pytest.raises(NotGraphQL, match="members"):
        from_definitions("type A { a(" + " ".join(f"a{number}: Int" for number in range(MOST_MEMBERS + 2)) + "): Int }")
    with pytest.raises(NotGraphQL, match="MiB"):
        from_definitions(" " * (LONGEST + 1))


def test_what_stands_before_a_mistake_is_there_all_the_same() -> None:
    found = read_definitions("schema { query: Root other: X mutation: Gone }\ntype Root { a: Int b: Int }\ntype Other { a ]")
    assert found.problem is not None and (found.problem.offset, str(found.problem)) == (90, '":" is missing')
    assert found.named == {"query": "Root", "mutation": "Gone"} and found.schema.roots == {"query": "Root"}
    assert [(one.name, one.offset) for one in found.schema.root("query")] == [("a", 59), ("b", 66)]
    whole = read_definitions("type A implements B\ndirective @x on FIELD\ninterface B { a: Int }\ntype Query { b: B }")
    assert whole.problem is None and whole.named == {}
    assert whole.schema.types["B"].possible == ("A",) and whole.schema.directives == {"x": ("FIELD",)}


def test_many_members_and_implementations_cost_no_more_each() -> None:
    """Tuples that grow member by member, or interface by interface, would take minutes here."""
    members = " ".join(f"a{number}: Int" for number in range(9_000))
    types = " ".join(f"type T{number} implements I" for number in range(19_000))
    began = time.process_time()
    found = read_definitions(f"interface I {{ a: Int }} input X {{ {members} }} type Query {{ a: I }} {types}")
    assert found.problem is None and len(found.schema.types["I"].possible) == 19_000
    assert len(found.schema.types["X"].inputs) == 9_000
    assert time.process_time() - began < 20


@given(st.text(alphabet='type Query{}():![]@="|&_a1 \n', max_size=80))
def test_never_anything_but_a_schema_or_a_reason(text: str) -> None:
    with contextlib.suppress(NotGraphQL):
        assert from_definitions(text).roots
