"""Probes of GraphQL against small servers, weak and fixed, without sockets."""

import random
from collections.abc import Collection
from typing import Any

import pytest
from graphql_server import Resolver, Server, Wrong

from yett.engine.probing.drive import Driver, Limits
from yett.engine.probing.graphql import discover, read_schema
from yett.engine.probing.outcome import Outcome
from yett.engine.probing.trial import Pure, replies
from yett.formats import forging
from yett.model.exchange import Request, Response
from yett.model.probe import Flaw
from yett.model.rule import Severity
from yett.rules.probing.changing import marked
from yett.rules.probing.graphql import Endpoint, operations
from yett.rules.probing.identity import Identity
from yett.rules.probing.target import Target
from yett.rules.registry import probes

SDL = """
type Query { books(limit: Int): [Book] book(id: ID!): Book report: String audits: [Audit] users: [User] health: String
  me(token: String): User diagnose(username: String, password: String): String }
type Mutation { addBook(title: String!): Book removeBook(id: ID!): Boolean signUp(username: String!, password: String!): User
  login(username: String!, password: String!): Session importFrom(host: String!, port: Int, path: String, scheme: String): String
  saveFile(filename: String!, content: String!): String }
type Book { id: ID! title: String author: User }
type User { id: ID username: String password: String books: [Book] }
type Session { token: String }
type Audit { id: ID name: String text: String }
"""
KEY = b"a key that nobody guesses, long enough"


class Shop:
    """Books, users and a log. `careful` is what the fixed twin does."""

    def __init__(self, careful: bool) -> None:
        self.careful = careful
        self.users: dict[str, dict[str, Any]] = {"admin": {"id": "1", "username": "admin", "password": "changeme"}}
        self.books = {"1": {"id": "1", "title": "Dune", "author": self.users["admin"]}}
        self.called: list[str] = []
        self.server = Server(SDL, self.resolvers())
        self.log: list[dict[str, Any]] = []

    def resolvers(self) -> dict[str, Resolver]:
        own = {name[1:]: getattr(self, name) for name in dir(self) if name.startswith("q")}
        found: dict[str, Resolver] = {f"Query.{name}": one for name, one in own.items()}
        found |= {f"Mutation.{name[1:]}": getattr(self, name) for name in dir(self) if name.startswith("m")}
        found["User.books"] = lambda parent, _, __: [one for one in self.books.values() if one["author"] is parent]
        found["User.password"] = lambda parent, _, __: "******" if self.careful else parent["password"]
        return found

    def qbooks(self, _: Any, given: dict[str, Any], __: str) -> Any:
        return list(self.books.values())[: given["limit"] if isinstance(given.get("limit"), int) else 100]

    def qbook(self, _: Any, given: dict[str, Any], __: str) -> Any:
        return self.books.get(str(given["id"]))

    def qreport(self, *_: Any) -> Any:
        return "none" if self.careful else {"seconds": 5.0}

    def qusers(self, *_: Any) -> Any:
        raise Wrong("permission denied")

    def qhealth(self, *_: Any) -> Any:
        if self.careful or "".join(self.server.documents[-1:]).replace(" ", "") in ("query{health}", "{health}"):
            raise Wrong("the query is on the list of denied ones")
        return "fine"

    def qaudits(self, *_: Any) -> Any:
        text = self.server.documents[-2] if len(self.server.documents) > 1 else ""
        head = text.partition("{")[0].split()
        name = "query" if self.careful or len(head) < 2 else head[1]
        self.log.append({"id": str(len(self.log)), "name": name, "text": "" if self.careful else text})
        return self.log

    def qme(self, _: Any, given: dict[str, Any], __: str) -> Any:
        token = forging.read(given.get("token") or "")
        if token is None or (self.careful and forging.guessed(token, [KEY]) is None):
            raise Wrong("no such token")
        return self.users.get(str(token.claims.get("sub")))

    def qdiagnose(self, _: Any, given: dict[str, Any], __: str) -> Any:
        right = not self.careful and (given.get("username"), given.get("password")) == ("admin", "changeme")
        return "all is well" if right else "the password is wrong"

    def maddBook(self, _: Any, given: dict[str, Any], __: str) -> Any:
        key = str(len(self.books) + 1)
        self.books[key] = {"id": key, "title": given["title"], "author": self.users["admin"]}
        return self.books[key]

    def mremoveBook(self, _: Any, given: dict[str, Any], __: str) -> Any:
        return self.books.pop(str(given["id"]), None) is not None

    def msignUp(self, _: Any, given: dict[str, Any], __: str) -> Any:
        self.users[given["username"]] = {"id": str(len(self.users) + 1), **given}
        return self.users[given["username"]]

    def mlogin(self, _: Any, given: dict[str, Any], __: str) -> Any:
        user = self.users.get(given["username"])
        if user is None or user["password"] != given["password"] or (self.careful and given["username"] == "admin"):
            raise Wrong("the password is wrong")
        return {"token": forging.signed({"alg": "HS256", "typ": "JWT"}, {"sub": given["username"]}, KEY)}

    def mimportFrom(self, _: Any, given: dict[str, Any], __: str) -> Any:
        self.called.append(f"{given['scheme']}://{given['host']}:{given['port']}{given['path']}")
        return "done"

    def msaveFile(self, _: Any, given: dict[str, Any], __: str) -> Any:
        if "/" not in given["filename"]:
            return "saved"
        through = given["filename"].startswith("../") and not self.careful
        return f"[Errno {20 if through else 2}] {'Not a directory' if through else 'No such file or directory'}: '{given['filename']}'"


class Listening(Pure):
    """A world whose listener hears of the addresses that the shop calls."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(self.answer)
        self.shop = shop

    def answer(self, request: Request) -> Response:
        response = self.shop.server(request)
        self.listened = [] if self.shop.careful else [one.replace(":80/", "/") for one in self.shop.called]
        return response


def found(shop: Shop, only: Collection[str], identities: Collection[Identity] = (), **wanted: Any) -> Outcome:
    pure = Listening(shop)
    walking = discover()
    step = next(walking)
    endpoint: Endpoint | None = None
    while endpoint is None:
        try:
            step = walking.send(pure.perform(step))
        except StopIteration as end:
            endpoint = end.value or Endpoint(path="/graphql")
    target = Target(operations(endpoint), identities, rng=random.Random(3), **wanted)
    chosen = [probes()[one] for one in only]
    return pure.drive(Driver(target, chosen, pure.clock, Limits(seconds=600), strict=True))


def flaws(outcome: Outcome) -> list[Flaw]:
    return sorted({one.claim.flaw for one in outcome.found})


@pytest.mark.parametrize(
    ("rule", "flaw"),
    [
        ("graphql-introspection-open", [Flaw.GRAPHQL_INTROSPECTION]),
        ("graphql-suggestions", [Flaw.GRAPHQL_SUGGESTIONS]),
        ("graphql-batching", [Flaw.GRAPHQL_BATCHING]),
        ("graphql-aliases", [Flaw.GRAPHQL_ALIASES]),
        ("graphql-duplication", [Flaw.GRAPHQL_DIRECTIVES, Flaw.GRAPHQL_DUPLICATION]),
        ("graphql-depth", [Flaw.GRAPHQL_DEPTH]),
        ("graphql-csrf", [Flaw.GRAPHQL_CSRF]),
        ("graphql-slow-field", [Flaw.UNBOUNDED_RESOURCE]),
        ("graphql-log-spoofing", [Flaw.LOG_INJECTION]),
        ("graphql-filter-bypass", [Flaw.GRAPHQL_FIELD_ACCESS]),
        ("graphql-field-access", [Flaw.GRAPHQL_FIELD_ACCESS]),
        ("graphql-token-argument", [Flaw.JWT_UNVERIFIED]),
        ("graphql-guessing", [Flaw.BROKEN_AUTHENTICATION]),
        ("ssrf-in-parts", [Flaw.SSRF]),
        ("path-written", [Flaw.PATH_TRAVERSAL]),
    ],
)
def test_weak_is_found_and_fixed_is_not(rule: str, flaw: list[Flaw]) -> None:
    weak = found(Shop(careful=False), [rule])
    assert set(flaw) <= set(flaws(weak)), weak.left
    careful = Shop(careful=True)
    careful.server.harden().introspection = rule not in ("graphql-introspection-open",)
    fixed = found(careful, [rule])
    assert flaws(fixed) == []


def test_proofs_stand_alone() -> None:
    outcome = found(Shop(careful=False), ["graphql-token-argument", "graphql-guessing", "graphql-depth"])
    assert outcome.found
    for one in outcome.found:
        assert one.claim.proof
        assert one.claim.control or one.claim.flaw is Flaw.UNLIMITED_GUESSING
        assert one.claim.text


def test_what_was_made_is_removed() -> None:
    shop = Shop(careful=False)
    outcome = found(shop, ["graphql-aliases"])
    assert list(shop.books) == ["1"]
    assert outcome.undone >= 1  # by each of the users that there are


def test_forged_requests_matter_where_browsers_send_credentials() -> None:
    cookie = Identity(name="alice", credential=(("Cookie", "session=1"),))
    severities = []
    for identities in ([], [cookie]):
        (one,) = found(Shop(careful=False), ["graphql-csrf"], identities).found
        severities.append(one.claim.severity or one.rule.severity)
    assert severities == [Severity.LOW, Severity.MEDIUM]


def test_circular_fragments_only_where_harm_is_allowed() -> None:
    shop = Shop(careful=False)
    assert any("destructive" in one.why for one in found(shop, ["graphql-circular-fragments"]).left)

    real = shop.server.__call__

    class Mortal(Server):
        dead = False

        def __call__(self, request: Request) -> Response:
            self.dead |= b"fragment A" in request.body
            return replies(500, {"errors": [{"message": "maximum recursion depth exceeded"}]}) if self.dead else real(request)

    shop.server = Mortal(SDL, {})
    assert flaws(found(shop, ["graphql-circular-fragments"], destructive=True)) == [Flaw.GRAPHQL_CYCLES]
    assert flaws(found(Shop(careful=True), ["graphql-circular-fragments"], destructive=True)) == []


class Console(Server):
    """A second endpoint that opens itself to a cookie, and shows traces."""

    trace = "Traceback (most recent call last):"
    switch = b"console=disabled"

    def __call__(self, request: Request) -> Response:
        path = request.target.decode().partition("?")[0]
        if path == "/":
            return Response(
                status=200, fields=((b"content-type", b"text/html"), (b"set-cookie", self.switch + b"; Path=/")), body=b"<p>"
            )
        if path != "/graphiql":
            return super().__call__(request)
        if request.method == "GET":
            return Response(
                status=200, fields=((b"content-type", b"text/html"),), body=b"<title>GraphiQL</title>" if self.stack else b""
            )
        if any(value == b"console=enabled" for _, value in request.fields) and self.stack:
            return replies(200, {"data": {"__typename": "Query"}})
        error = {"message": "not for you", "path": ["__typename"], "extensions": {"stack": [self.stack]}}
        return replies(200, {"errors": [error], "data": {"__typename": None}})


def test_consoles_and_traces() -> None:
    shop = Shop(careful=False)
    shop.server = Console(SDL, shop.resolvers(), stack=Console.trace, extensions={"tracing": {"duration": 1}})
    outcome = found(shop, ["graphql-console", "graphql-errors"])
    assert flaws(outcome) == sorted(
        [Flaw.BROKEN_AUTHENTICATION, Flaw.EXPOSED_DEBUG, Flaw.EXPOSED_DOCUMENTATION, Flaw.VERBOSE_ERROR]
    )
    shop.server = Console(SDL, shop.resolvers(), switch=b"theme=dark")
    assert flaws(found(shop, ["graphql-console", "graphql-errors"])) == []


def test_without_a_schema_the_endpoint_is_probed_all_the_same() -> None:
    shop = Shop(careful=False)
    shop.server.introspection = False
    outcome = found(shop, ["graphql-batching", "graphql-aliases", "graphql-suggestions", "graphql-depth"])
    assert Flaw.GRAPHQL_BATCHING in flaws(outcome)
    aliases = next(one for one in outcome.found if one.claim.flaw is Flaw.GRAPHQL_ALIASES)
    assert aliases.claim.severity is Severity.LOW


def test_a_change_keeps_the_argument_that_names_the_object() -> None:
    sdl = """
    type Query { vehicle(code: String!): Vehicle vehicles: [Vehicle!]! }
    type Mutation { updateVehicle(code: String!, content: String!): Vehicle }
    type Vehicle { code: String! content: String }
    """
    target = Target(operations(Endpoint(path="/graphql", schema=read_schema(sdl.encode()))), [], rng=random.Random(3))
    change = next(one for one in target.operations if "updateVehicle" in one.label)
    call = change.on(target.fresh(change, ""), {change.path_names[0]: "V63BYPM5QS"})
    mark = marked(target, change, call, {"code": "V63BYPM5QS", "content": "old"})
    assert mark is not None
    assert set(mark.marks) == {"content"}
    assert change.body_of(mark.call)["code"] == "V63BYPM5QS"
