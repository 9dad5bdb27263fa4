"""GraphQL as a target: found, read, and its fields as operations with nouns, objects and ways to call them."""

import json
import random
from typing import Any

import msgspec
import pytest
from graphql_server import Server

from yett.engine.probing.graphql import SchemaError, discover, is_schema, read_schema
from yett.engine.probing.safety import Safety
from yett.engine.probing.trial import Pure, header, replies
from yett.formats.graphql_types import from_definitions
from yett.model.exchange import Request, Response
from yett.model.probe import Answer, Call, Send
from yett.rules.probing.graphql import (
    Endpoint,
    GraphQLOperation,
    ask,
    complaints,
    nothing,
    operations,
    requested,
    speaks,
    written,
)
from yett.rules.probing.identity import Identity
from yett.rules.probing.operation import Place
from yett.rules.probing.target import Target

SDL = """
type Query { orders(status: Status, first: Int): OrderConnection order(id: ID!): Order viewer: User user(login: String!): User
  search(text: String!): [Hit] deleteEverything: Boolean orderCount: Int node(id: ID!): Node }
type Mutation { createOrder(input: NewOrder!): OrderPayload updateOrder(id: Int!, total: Float): OrderPayload
  deleteOrder(orderId: ID!): Boolean signUp(user: SignUp!): User tokenAuth(username: String!, password: String!): String
  changePassword(old: String, password: String): Boolean logOut: Boolean resetAll: Boolean cancelOrder(id: ID!): Order
  followUser(userId: ID!, orderId: ID!): User }
enum Status { OPEN CLOSED }
interface Node { id: ID! }
type OrderConnection { edges: [OrderEdge] pageInfo: Page }
type Page { hasNext: Boolean }
type OrderEdge { cursor: String node: Order }
type Order implements Node { id: ID! total: Float owner: User items(first: Int!): [Item] placed: DateTime }
type Item { name: String order: Order }
type User implements Node { id: ID! login: String orders: [Order] }
union Hit = Order | User
type OrderPayload { order: Order }
input NewOrder { total: Float! status: Status tags: [String!] when: DateTime meta: JSON inner: NewOrder }
input SignUp { username: String! password: String! email: EmailAddress }
scalar DateTime
scalar JSON
scalar EmailAddress
"""


@pytest.fixture
def target() -> Target:
    return Target(operations(Endpoint(path="/graphql", schema=from_definitions(SDL))), rng=random.Random(1))


def field(target: Target, name: str) -> GraphQLOperation:
    return next(one for one in target.operations if isinstance(one, GraphQLOperation) and one.field == name)


@pytest.mark.parametrize(
    ("name", "doing", "noun", "naming", "perilous"),
    [
        ("orders", "list", "order", (), False),
        ("order", "read", "order", ("/id",), False),
        ("viewer", "list", "user", (), False),
        ("user", "read", "user", ("/login",), False),
        ("search", "list", "", (), False),
        ("deleteEverything", "list", "", (), True),
        ("createOrder", "create", "order", (), False),
        ("updateOrder", "change", "order", ("/id",), False),
        ("deleteOrder", "delete", "order", ("/orderId",), False),
        ("signUp", "register", "up", (), False),
        ("tokenAuth", "login", "", (), False),
        ("changePassword", "password", "password", (), False),
        ("logOut", "logout", "out", (), False),
        ("resetAll", "action", "reset", (), True),
        ("cancelOrder", "action", "order", ("/id",), False),
    ],
)
def test_what_fields_do(target: Target, name: str, doing: str, noun: str, naming: tuple[str, ...], perilous: bool) -> None:
    one = field(target, name)
    assert (target.doing(one), one.path_names, one.perilous) == (doing, naming, perilous)
    assert target.noun(one) == noun or doing in ("register", "password", "logout", "action")


def test_calls(target: Target) -> None:
    one = field(target, "createOrder")
    call = target.fresh(one, "")
    body = json.loads(call.body)
    assert call.path == "/graphql"
    assert body["query"].startswith("mutation ($input: NewOrder!) { createOrder(input: $input) { order { id total placed")
    assert body["variables"]["input"]["status"] == "OPEN"
    assert isinstance(body["variables"]["input"]["meta"], dict)
    place = next(place for place in one.places if place.name == "/input/total")
    assert one.value(one.put(call, place, 9.5), place) == 9.5
    assert one.value(one.drop(call, place), place) is None
    assert place in one.places_of(call)
    header = Place("header", "X-A")
    assert one.value(one.put(call, header, "b"), header) == "b"
    assert one.drop(one.put(call, header, "b"), header).fields == ()
    assert one.label == "POST /graphql mutation createOrder"


def test_narrowing_arguments_are_left_out(target: Target) -> None:
    listing = field(target, "orders")
    assert "first" not in json.loads(target.fresh(listing, "").body)["variables"]
    assert {place.name for place in listing.places} == {"/status", "/first"}
    assert "edges { cursor node { id total placed owner { id login } } }" in listing.selection()
    assert "... on Order { id" in field(target, "search").selection()


def test_objects_are_made_read_and_removed(target: Target) -> None:
    one = field(target, "createOrder")
    call = target.fresh(one, "")
    answer = Answer(status=200, body=json.dumps({"data": {"createOrder": {"order": {"id": "7", "total": 1}}}}).encode())
    made = target.observe(one, call, answer)
    assert made is not None and made.key == "7" and made.made
    reading, deleting = target.reading(made, ""), target.deleting(made, "")
    assert reading is not None and json.loads(reading.body)["variables"] == {"id": "7"}
    assert deleting is not None and json.loads(deleting.body)["variables"] == {"orderId": "7"}
    change = target.call_on(field(target, "updateOrder"), made, "")
    assert change is not None and json.loads(change.body)["variables"]["id"] == 7
    safety = Safety(target)
    assert safety.objection(deleting) == ""
    other = field(target, "deleteOrder").on(deleting, {"/orderId": "8"})
    assert "did not make" in safety.objection(other)
    assert "may do harm" in safety.objection(ask("/graphql", "{ deleteEverything }"))
    assert "did not make" in safety.objection(ask("/graphql", 'mutation { a: deleteOrder(orderId: "7") }'))
    assert safety.objection(ask("/graphql", "{ orderCount }")) == ""


def test_what_is_asked_for(target: Target) -> None:
    known = tuple(one for one in target.operations if isinstance(one, GraphQLOperation))
    document = "mutation { resetAll }"
    batch = Call(
        method="POST", path="/graphql", body=json.dumps([{"query": document}]).encode(), content_type="application/json"
    )
    form = Call(
        method="POST", path="/graphql", body=b"query=mutation+%7BresetAll%7D", content_type="application/x-www-form-urlencoded"
    )
    bare = Call(method="POST", path="/graphql", body=document.encode(), content_type="application/graphql")
    get = Call(method="GET", path="/graphql", query=(("query", document),))
    raw = Call(method="GET", path="/graphql?query=mutation%7BresetAll%7D")
    for call in (ask("/graphql", document), batch, form, bare, get, raw):
        assert [one.field for one in requested(known, call)] == ["resetAll"]
    assert requested(known, ask("/other", document)) == ()
    assert requested(known, ask("/graphql", "mutation {")) == ()
    assert requested((), ask("/graphql", document)) == ()


def test_literals(target: Target) -> None:
    schema = from_definitions(SDL)
    value: dict[str, Any] = {"total": 1.5, "status": "OPEN", "tags": ['a"b'], "meta": {"x": None}}
    assert written(value, "NewOrder!", schema) == '{total: 1.5, status: OPEN, tags: ["a\\"b"], meta: {x: null}}'
    assert field(target, "order").literal({"id": "7"}, "a", " { id }") == 'a: order(id: "7") { id }'


def discovered(server: Server, **wanted: Any) -> tuple[Endpoint | None, int]:
    pure, walking = Pure(server), discover(**wanted)
    step: Any = next(walking)
    while True:
        try:
            step = walking.send(pure.perform(step))
        except StopIteration as end:
            return end.value, len(pure.calls)


def test_discovery() -> None:
    endpoint, sent = discovered(Server(SDL, {}))
    assert endpoint is not None and endpoint.path == "/graphql" and endpoint.introspected and sent < 30
    assert len(operations(endpoint)) == 18
    secret = Server(SDL, {}, introspection=False, path="/private/api")
    assert discovered(secret)[0] is None
    known, _ = discovered(secret, paths=("/private/api",), identities=("alice",), schema=from_definitions(SDL))
    assert known is not None and not known.introspected and known.schema is not None
    blind, _ = discovered(secret, paths=("/private/api",))
    assert blind is not None and [one.field for one in operations(blind)] == ["__typename"]
    assert repr(blind) == "Endpoint('/private/api', others=())"


def test_discovery_where_nobody_is_told_anything_without_a_credential() -> None:
    class Guarded(Server):
        def __call__(self, request: Request) -> Response:
            known = header(request, "authorization") == "Bearer alice"
            return super().__call__(request) if known else replies(401, {"error": "who are you?"})

    alice = Identity(name="alice", credential=(("Authorization", "Bearer alice"),))

    def asked_by(names: tuple[str, ...]) -> Endpoint | None:
        pure, walking = Pure(Guarded(SDL, {})), discover(identities=names)
        step: Any = next(walking)
        while True:
            try:
                given = alice.credential if step.call.identity == "alice" else None
                step = walking.send(pure.perform(Send(msgspec.structs.replace(step.call, credential=given))))
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]

    assert asked_by(()) is None
    assert asked_by(("bob",)) is None
    last = asked_by(("bob", "carol", "alice"))
    assert last is not None and last.schema is not None
    endpoint = asked_by(("alice",))
    assert endpoint is not None
    assert endpoint.path == "/graphql"
    assert not endpoint.introspected
    assert len(operations(endpoint)) == 18


@pytest.mark.parametrize(
    ("body", "is_graphql"),
    [
        (b'{"data": {"__typename": "Query"}}', True),
        (b'{"errors": [{"message": "no", "locations": []}]}', True),
        (b'{"errors": [{"message": "no"}], "data": null}', True),
        (b'{"errors": [{"message": "no"}]}', False),
        (b'{"errors": "no"}', False),
        (b"[]", False),
        (b"<p>", False),
    ],
)
def test_what_speaks_graphql(body: bytes, is_graphql: bool) -> None:
    assert speaks(Answer(status=200, body=body)) is is_graphql


def test_complaints() -> None:
    assert complaints(Answer(status=200, body=b'[{"errors": [{"message": "a"}, "b"]}]')) == ("a", "b")
    assert complaints(Answer(status=200, body=b"7")) == ()


def test_files() -> None:
    assert read_schema(SDL.encode()).roots["query"] == "Query"
    assert is_schema("a.graphql", b"") and is_schema("a", SDL.encode()) and is_schema("a.json", b'{"__schema": {}}')
    assert not is_schema("a.json", b'{"openapi": "3.1.0", "x": "__schema"}') and not is_schema("a.txt", b"hello")
    for octets, reason in (
        (b'{"a": 1}', "no schema in it"),
        (b'{"a": ', "not JSON"),
        (b"type \xff", "not UTF-8"),
        (b"type Query {\n a: }", "line 2"),
    ):
        with pytest.raises(SchemaError, match=reason):
            read_schema(octets, "file")


@pytest.mark.parametrize(
    ("body", "is_nothing"),
    [
        (b'{"data": {"a": null}, "errors": [{"message": "there is none"}]}', True),
        (b'{"data": {"a": null}, "errors": [{"message": "permission denied"}]}', False),
        (b'{"data": {"a": null}}', False),
        (b'{"data": {"a": {"b": 1}}, "errors": [{"message": "c"}]}', False),
        (b"[]", False),
    ],
)
def test_what_is_nothing(body: bytes, is_nothing: bool) -> None:
    assert nothing(Answer(status=200, body=body)) is is_nothing
