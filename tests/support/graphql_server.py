"""A small GraphQL server as a pure function, as weak as a test wants it. It knows enough of the language for what probes send."""

import json
from collections.abc import Callable
from typing import Any

from yett.engine.probing.trial import header, replies
from yett.formats.graphql import NotGraphQL, Token, tokens
from yett.formats.graphql_types import Schema, from_definitions, named
from yett.model.exchange import Request, Response
from yett.rules.probing.encoding import unformed, unquoted

Resolver = Callable[[Any, dict[str, Any], str], Any]
"""parent, arguments, credential -> value"""


class Wrong(Exception):
    """What the server complains about."""


class Selected:
    """One field of a document."""

    def __init__(self, name: str, alias: str, arguments: dict[str, Any], directives: int, children: list[Any]) -> None:
        self.name, self.alias, self.arguments, self.directives, self.children = name, alias, arguments, directives, children


class Reader:
    def __init__(self, text: str, variables: dict[str, Any]) -> None:
        self._tokens = tokens(text, 20_000)
        self.token: Token = next(self._tokens)
        self.variables = variables
        self.aliases = self.depth = self.count = 0
        self.fragments: dict[str, list[Any]] = {}
        self.kind, self.name, self.root = "query", "", []

    def next(self) -> Token:
        taken = self.token
        if taken.kind != "end":
            self.token = next(self._tokens)
        return taken

    def take(self, text: str) -> bool:
        if self.token.text != text or self.token.kind == "string":
            return False
        self.next()
        return True

    def read(self) -> None:
        while self.token.kind != "end":
            if self.token.text == "{":
                self.root = self.selection(1)
                continue
            word = self.next().text
            if word == "fragment":
                name = self.next().text
                self.next(), self.next()
                self.fragments[name] = self.selection(1)
                continue
            if word not in ("query", "mutation"):
                raise Wrong("Syntax Error: unexpected")
            self.kind = word
            if self.token.kind == "name":
                self.name = self.next().text
            if self.take("("):
                while not self.take(")"):
                    self.next()
            self.root = self.selection(1)

    def selection(self, depth: int) -> list[Any]:
        self.depth = max(self.depth, depth)
        found: list[Any] = []
        if not self.take("{"):
            raise Wrong("Syntax Error: expected {")
        while not self.take("}"):
            if self.token.kind == "end":
                raise Wrong("Syntax Error: expected Name, found <EOF>")
            if self.take("..."):
                if self.take("on"):
                    self.next()
                    found += self.selection(depth)
                else:
                    found.append(self.next().text)
                continue
            self.count += 1
            name = alias = self.next().text
            if self.take(":"):
                name = self.next().text
                self.aliases += 1
            arguments = self.arguments() if self.take("(") else {}
            directives = 0
            skipped = False
            while self.take("@"):
                known = self.next().text in ("skip", "include")
                skipped |= known and bool(self.take("(") and self.arguments().get("if"))
                directives += not known
            children = self.selection(depth + 1) if self.token.text == "{" and self.token.kind == "mark" else []
            if not skipped:
                found.append(Selected(name, alias, arguments, directives, children))
        return found

    def arguments(self) -> dict[str, Any]:
        found = {}
        while not self.take(")"):
            name = self.next().text
            self.take(":")
            found[name] = self.value()
        return found

    def value(self) -> Any:
        if self.take("$"):
            return self.variables.get(self.next().text)
        if self.take("{"):
            found = {}
            while not self.take("}"):
                name = self.next().text
                self.take(":")
                found[name] = self.value()
            return found
        if self.take("["):
            items = []
            while not self.take("]"):
                items.append(self.value())
            return items
        one = self.next()
        if one.kind == "string":
            return json.loads(f'"{one.text}"')
        return json.loads(one.text) if one.kind == "number" or one.text in ("true", "false", "null") else one.text


class Server:
    """sdl: its schema. resolvers: by "Type.field"; others give the member of the parent. Switches are weak by default."""

    path = "/graphql"
    introspection = suggestions = batching = get = forms = True
    depth, aliases, most, errors = 10_000, 10_000, 10_000, 10_000
    """Limits: of depth, of aliases, of fields, of the errors of one answer."""
    stack = ""
    extensions: dict[str, Any] | None = None

    def __init__(self, sdl: str, resolvers: dict[str, Resolver], **switches: Any) -> None:
        self.schema: Schema = from_definitions(sdl)
        self.resolvers = resolvers
        self.documents: list[str] = []
        for name, value in switches.items():
            setattr(self, name, value)

    def harden(self) -> "Server":
        """What a careful owner would set."""
        self.introspection = self.suggestions = self.batching = self.get = self.forms = False
        self.depth, self.aliases, self.most, self.errors = 8, 10, 100, 5
        return self

    def __call__(self, request: Request) -> Response:
        path, _, query = request.target.decode().partition("?")
        if path != self.path:
            return replies(404, {"message": "not found"})
        kind = header(request, "content-type")
        if request.method == "GET":
            values = {name: unquoted(value) for name, value in unformed(query.encode()).items()}
            return self._one(values, request) if self.get and "query" in values else replies(405, {"message": "POST only"})
        if kind.startswith("application/json") or (self.forms and kind.startswith("text/plain")):
            try:
                tree = json.loads(request.body)
            except ValueError:
                return replies(400, {"errors": [{"message": "not JSON"}]})
        elif self.forms and "form" in kind:
            tree = unformed(request.body)
        else:
            return replies(415, {"errors": [{"message": "application/json only"}]})
        if isinstance(tree, list):
            if not self.batching:
                return replies(400, {"errors": [{"message": "no batches"}]})
            return replies(200, [json.loads(self._one(one, request).body) for one in tree])
        return self._one(tree, request)

    def _one(self, tree: Any, request: Request) -> Response:
        text = str(tree.get("query", ""))
        self.documents.append(text)
        try:
            reader = Reader(text, tree.get("variables") or {})
            reader.read()
            self._bounded(reader)
            problems = self._validated(reader)
            if problems:
                return self._refused(problems)
            errors: list[dict[str, Any]] = []
            done = self._object(
                self.schema.roots[reader.kind], None, reader.root, reader, header(request, "authorization"), errors
            )
        except (Wrong, NotGraphQL, StopIteration, KeyError) as error:
            return self._refused([str(error) or "Syntax Error"])
        seconds = next((one["seconds"] for one in errors if "seconds" in one), None)
        shown = [one for one in errors if "message" in one]
        body = (
            {"data": done} | ({"errors": shown} if shown else {}) | ({"extensions": self.extensions} if self.extensions else {})
        )
        return replies(200, body, ((b"x-seconds", str(seconds).encode()),) if seconds else ())

    def _refused(self, messages: list[str]) -> Response:
        extra = {"extensions": {"exception": {"stacktrace": [self.stack]}}} if self.stack else {}
        errors = [{"message": one, "locations": [{"line": 1, "column": 1}]} | extra for one in messages[: self.errors]]
        return replies(400, {"errors": errors})

    def _bounded(self, reader: Reader) -> None:
        if reader.depth > self.depth or reader.aliases > self.aliases or reader.count > self.most:
            raise Wrong("the document is too large")
        for name in reader.fragments:
            reached, waiting = set[str](), [name]
            while waiting:
                for one in reader.fragments.get(waiting.pop(), ()):
                    if one == name:
                        raise Wrong("a fragment cannot spread itself")
                    if isinstance(one, str) and one not in reached:
                        reached.add(one)
                        waiting.append(one)

    def _validated(self, reader: Reader) -> list[str]:
        problems = []
        for one in reader.root:
            if isinstance(one, Selected):
                problems += ["Unknown directive"] * one.directives
                fields = self.schema.types[self.schema.roots[reader.kind]].fields
                if one.name not in fields and not one.name.startswith("__"):
                    near = next((name for name in fields if name[:3] == one.name[:3]), "")
                    tail = f' Did you mean "{near}"?' if near and self.suggestions else ""
                    problems.append(f'Cannot query field "{one.name}".{tail}')
        return problems

    def _object(
        self, type_: str, parent: Any, chosen: list[Any], reader: Reader, who: str, errors: list[Any]
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for one in chosen:
            if isinstance(one, str):
                found |= self._object(type_, parent, reader.fragments[one], reader, who, errors)
            elif one.name == "__typename":
                found[one.alias] = type_
            elif one.name == "__schema":
                if not self.introspection:
                    raise Wrong("introspection is off")
                found[one.alias] = introspected(self.schema)
            else:
                found[one.alias] = self._field(type_, parent, one, reader, who, errors)
        return found

    def _field(self, type_: str, parent: Any, one: Selected, reader: Reader, who: str, errors: list[Any]) -> Any:
        field = self.schema.types[type_].fields[one.name]
        resolver = self.resolvers.get(f"{type_}.{one.name}")
        try:
            value = resolver(parent, one.arguments, who) if resolver else (parent or {}).get(one.name)
        except Wrong as error:
            errors.append({"message": str(error), "path": [one.alias]})
            return None
        if isinstance(value, dict) and "seconds" in value:
            errors.append({"seconds": value["seconds"]})
            return "done"
        if not one.children or value is None:
            return value
        if isinstance(value, list):
            return [self._object(named(field.type), item, one.children, reader, who, errors) for item in value]
        return self._object(named(field.type), value, one.children, reader, who, errors)


def introspected(schema: Schema) -> dict[str, Any]:
    """What introspection tells."""

    def reference(written: str) -> dict[str, Any]:
        if written.endswith("!"):
            return {"kind": "NON_NULL", "name": None, "ofType": reference(written[:-1])}
        if written.startswith("["):
            return {"kind": "LIST", "name": None, "ofType": reference(written[1:-1])}
        one = schema.types.get(written)
        return {"kind": one.kind if one else "SCALAR", "name": written, "ofType": None}

    def argument(one: Any) -> dict[str, Any]:
        return {"name": one.name, "type": reference(one.type), "defaultValue": one.default or None}

    types = [
        {
            "kind": one.kind,
            "name": one.name,
            "fields": [
                {
                    "name": field.name,
                    "args": [argument(each) for each in field.arguments],
                    "type": reference(field.type),
                    "isDeprecated": field.deprecated,
                }
                for field in one.fields.values()
            ],
            "inputFields": [argument(each) for each in one.inputs],
            "enumValues": [{"name": value} for value in one.values],
            "possibleTypes": [{"name": name} for name in one.possible],
        }
        for one in schema.types.values()
    ]
    roots = {f"{kind}Type": {"name": name} for kind, name in schema.roots.items()}
    return {"types": types, "directives": [{"name": "skip", "locations": ["FIELD"]}], **roots}
