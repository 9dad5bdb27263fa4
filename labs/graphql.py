"""A small GraphQL server: parses a document, answers it from resolvers, and describes itself. It must not know what is served.

As much of GraphQL (September 2025 edition) as the lab needs: queries, mutations, variables, aliases, fragments, introspection; no
subscriptions, no custom directives, no coercion beyond what JSON brings. Bounded: documents to 50,000 characters and 200 levels.
"""

import difflib
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

TOKEN = re.compile(r'[\s,]*(?:#[^\n]*\n?[\s,]*)*(\.\.\.|[!$()\[\]{}:=@|&]|[A-Za-z_]\w*|-?\d+\.\d+|-?\d+|"(?:[^"\\\n]|\\.)*"|$)')
SCALARS = ("String", "Int", "Float", "Boolean", "ID")
LONGEST, DEEPEST = 50_000, 200

Json = dict[str, Any]


class GraphError(Exception):
    """Told to the caller as one of `errors`."""


class Field(NamedTuple):
    """type: as in SDL, "[Note!]!". args: types by name. resolve: gets the parent, the arguments and the caller; None takes the
    member of that name."""

    type: str
    args: Mapping[str, str] = MappingProxyType({})
    resolve: Callable[[Any, Json, Any], Any] | None = None


Schema = dict[str, dict[str, Field]]


class Selected(NamedTuple):
    name: str
    alias: str
    args: Json
    inner: list["Selected"]
    on: str = ""


class _Parser:
    def __init__(self, text: str, variables: Json) -> None:
        if len(text) > LONGEST:
            raise GraphError("Syntax Error: the document is too long.")
        self.text, self.variables, self.at = text, variables, 0
        self.fragments: dict[str, tuple[str, list[Selected]]] = {}
        self.depth = 0
        self.token = self._read()

    def _read(self) -> str:
        found = TOKEN.match(self.text, self.at)
        if found is None:
            raise GraphError(f"Syntax Error: Unexpected character {self.text[self.at : self.at + 1]!r}.")
        self.at = found.end()
        return found[1]

    def take(self, wanted: str = "") -> str:
        token = self.token
        if wanted and token != wanted:
            raise GraphError(f"Syntax Error: Expected {wanted!r}, found {token or '<EOF>'!r}.")
        self.token = self._read()
        return token

    def operations(self) -> list[tuple[str, str, list[Selected]]]:
        """Kind, name and selection of each."""
        found = []
        while self.token:
            if self.token == "fragment":
                self.take()
                name = self.take()
                self.take("on")
                kind = self.take()
                self.fragments[name] = (kind, self.selection())
            elif self.token == "{":
                found.append(("query", "", self.selection()))
            else:
                kind = self.take()
                if kind not in ("query", "mutation", "subscription"):
                    raise GraphError(f"Syntax Error: Unexpected Name {kind!r}.")
                name = self.take() if self.token not in ("(", "{", "@") else ""
                if self.token == "(":
                    self._definitions()
                found.append((kind, name, self.selection()))
        return found

    def _definitions(self) -> None:
        self.take("(")
        while self.token != ")":
            self.take("$")
            name = self.take()
            self.take(":")
            while self.token in ("[", "]", "!") or self.token.isidentifier():
                self.take()
            if self.token == "=":
                self.take()
                self.variables.setdefault(name, self.value())
        self.take(")")

    def selection(self) -> list[Selected]:
        self.depth += 1
        if self.depth > DEEPEST:
            raise GraphError("Syntax Error: too deep.")
        self.take("{")
        found: list[Selected] = []
        while self.token != "}":
            if self.token == "...":
                self.take()
                if self.token == "on":
                    self.take()
                    kind = self.take()
                    found.append(Selected("", "", {}, self.selection(), kind))
                else:
                    found.append(Selected("...", self.take(), {}, []))
                continue
            name = self.take()
            if not name.isidentifier():
                raise GraphError(f"Syntax Error: Expected Name, found {name or '<EOF>'!r}.")
            alias = name
            if self.token == ":":
                self.take()
                name = self.take()
            found.append(Selected(name, alias, self._arguments(), self.selection() if self.token == "{" else []))
        self.take("}")
        self.depth -= 1
        return found

    def _arguments(self) -> Json:
        given: Json = {}
        if self.token == "(":
            self.take()
            while self.token != ")":
                name = self.take()
                self.take(":")
                given[name] = self.value()
            self.take(")")
        while self.token == "@":  # of directives only that they are there
            self.take()
            self.take()
            if self.token == "(":
                self._arguments()
        return given

    def value(self) -> Any:
        token = self.take()
        if token == "$":
            return self.variables.get(self.take())
        if token == "[":
            values = []
            while self.token != "]":
                values.append(self.value())
            self.take("]")
            return values
        if token == "{":
            members = {}
            while self.token != "}":
                name = self.take()
                self.take(":")
                members[name] = self.value()
            self.take("}")
            return members
        if token.startswith('"'):
            return re.sub(r'\\(["\\/])', r"\1", token[1:-1]).replace("\\n", "\n")
        if re.fullmatch(r"-?\d+", token):
            return int(token)
        if re.fullmatch(r"-?\d+\.\d+", token):
            return float(token)
        return {"true": True, "false": False, "null": None}.get(token, token)


class Limits(NamedTuple):
    """What the server refuses. suggests: whether it tells what a wrong name may have meant."""

    introspection: bool = True
    suggests: bool = True
    depth: int = 10**6
    aliases: int = 10**6


def execute(
    schema: Schema, text: Any, variables: Any, wanted: Any, caller: Any, limits: Limits, kinds: tuple[str, ...]
) -> Json:
    """The answer to one document, as JSON; `kinds` are the kinds of operation that are served."""
    try:
        if not isinstance(text, str):
            raise GraphError("Must provide query string.")
        parser = _Parser(text, dict(variables) if isinstance(variables, dict) else {})
        operations = parser.operations()
        chosen = [one for one in operations if not wanted or one[1] == wanted]
        if not chosen:
            raise GraphError("Must provide an operation.")
        kind, _, selection = chosen[0]
        if kind not in kinds:
            raise GraphError(f"A {kind} is not possible here.")
        _check(selection, parser.fragments, limits)
        running = _Running(schema, parser.fragments, caller, limits)
        data = running.run(selection, kind.capitalize(), {})
    except (GraphError, RecursionError) as error:
        return {"errors": [{"message": str(error)}]}
    return {"data": data} | ({"errors": running.errors} if running.errors else {})


def _check(selection: list[Selected], fragments: dict[str, Any], limits: Limits) -> None:
    deepest, fields = _size(selection, fragments, 0)
    if deepest > limits.depth:
        raise GraphError("The query is too deep.")
    if fields > limits.aliases:
        raise GraphError("The query asks for too many fields.")


def _size(selection: list[Selected], fragments: dict[str, Any], level: int) -> tuple[int, int]:
    if level > DEEPEST:
        raise GraphError("The query is too deep.")
    deepest, fields = level, 0
    for one in selection:
        inner = fragments.get(one.alias, ("", []))[1] if one.name == "..." else one.inner
        below, more = _size(inner, fragments, level + 1)
        deepest, fields = max(deepest, below), fields + more + 1
    return deepest, fields


class _Running:
    def __init__(self, schema: Schema, fragments: dict[str, tuple[str, list[Selected]]], caller: Any, limits: Limits) -> None:
        self.schema, self.fragments, self.caller, self.limits = schema, fragments, caller, limits
        self.errors: list[Json] = []
        self.steps = 0

    def run(self, selection: list[Selected], kind: str, parent: Any) -> Json:
        done: Json = {}
        for one in selection:
            if one.name == "...":
                on, inner = self.fragments.get(one.alias, ("", []))
                done |= self.run(inner, kind, parent) if on == kind else {}
            elif one.on or not one.name:
                done |= self.run(one.inner, kind, parent) if one.on in ("", kind) else {}
            else:
                done[one.alias] = self._field(one, kind, parent)
        return done

    def _field(self, one: Selected, kind: str, parent: Any) -> Any:
        self.steps += 1
        if self.steps > 20_000:
            raise GraphError("The query is too expensive.")
        if one.name == "__typename":
            return kind
        if one.name in ("__schema", "__type") and kind == "Query":
            if not self.limits.introspection:
                raise GraphError("GraphQL introspection is not allowed.")
            described: Any = describe(self.schema)
            if one.name == "__type":
                described = next((known for known in described["types"] if known["name"] == one.args.get("name")), None)
            return self._plain(described, one.inner)
        field = self.schema.get(kind, {}).get(one.name)
        if field is None:
            raise GraphError(f'Cannot query field "{one.name}" on type "{kind}".{self._meant(kind, one.name)}')
        for name, wanted in field.args.items():
            if wanted.endswith("!") and one.args.get(name) is None:
                raise GraphError(
                    f'Field "{one.name}" argument "{name}" of type "{wanted}" is required, but it was not provided.'
                )
            _coerce(name, wanted, one.args.get(name))
        inner = field.type.strip("[]!")
        if inner in self.schema and not one.inner:
            raise GraphError(f'Field "{one.name}" of type "{field.type}" must have a selection of subfields.')
        try:
            value = field.resolve(parent, one.args, self.caller) if field.resolve else parent.get(one.name)
        except GraphError as error:
            self.errors.append({"message": str(error), "path": [one.alias]})
            return None
        return self._shaped(value, inner, one.inner)

    def _shaped(self, value: Any, kind: str, inner: list[Selected]) -> Any:
        if isinstance(value, list):
            return [self._shaped(one, kind, inner) for one in value]
        return self.run(inner, kind, value) if value is not None and kind in self.schema else value

    def _plain(self, value: Any, selection: list[Selected]) -> Any:
        """Introspection: members of dicts by their names."""
        if isinstance(value, list):
            return [self._plain(one, selection) for one in value]
        if not isinstance(value, dict) or not selection:
            return value
        done: Json = {}
        for one in selection:
            if one.name == "...":
                done |= self._plain(value, self.fragments.get(one.alias, ("", []))[1])
            elif one.on:
                done |= self._plain(value, one.inner)
            else:
                done[one.alias] = self._plain(value.get(one.name), one.inner)
        return done

    def _meant(self, kind: str, name: str) -> str:
        near = [f'"{one}"' for one in difflib.get_close_matches(name, self.schema.get(kind, {}), cutoff=0.5)]
        return f" Did you mean {' or '.join(near)}?" if near and self.limits.suggests else ""


def _coerce(name: str, wanted: str, value: Any) -> None:
    checks: dict[str, tuple[type, ...]] = {
        "Int": (int,),
        "Float": (int, float),
        "String": (str,),
        "Boolean": (bool,),
        "ID": (str, int),
    }
    if value is not None and not isinstance(value, checks.get(wanted.strip("!"), (object,))):
        raise GraphError(f'Argument "{name}" has invalid value; expected type "{wanted}".')


def _reference(text: str, schema: Schema) -> Json:
    if text.endswith("!"):
        return {"kind": "NON_NULL", "name": None, "ofType": _reference(text[:-1], schema)}
    if text.startswith("["):
        return {"kind": "LIST", "name": None, "ofType": _reference(text[1:-1], schema)}
    return {"kind": "OBJECT" if text in schema else "SCALAR", "name": text, "ofType": None}


def describe(schema: Schema) -> Json:
    """What `__schema` answers."""
    types: list[Json] = [{"kind": "SCALAR", "name": name, "description": None} for name in SCALARS]
    for name, fields in schema.items():
        described = [
            {
                "name": field, "description": None, "isDeprecated": False, "deprecationReason": None,
                "type": _reference(known.type, schema),
                "args": [
                    {"name": arg, "description": None, "type": _reference(kind, schema), "defaultValue": None}
                    for arg, kind in known.args.items()
                ],
            }
            for field, known in fields.items()
        ]  # fmt: skip
        types.append(
            {"kind": "OBJECT", "name": name, "description": None, "fields": described, "interfaces": [], "possibleTypes": None}
        )
    mutation = {"name": "Mutation"} if "Mutation" in schema else None
    return {
        "queryType": {"name": "Query"},
        "mutationType": mutation,
        "subscriptionType": None,
        "types": types,
        "directives": [],
    }


def sdl(schema: Schema) -> str:
    """The schema definition language of it."""
    lines = []
    for name, fields in schema.items():
        lines.append(f"type {name} {{")
        for field, known in fields.items():
            args = ", ".join(f"{arg}: {kind}" for arg, kind in known.args.items())
            lines.append(f"  {field}{f'({args})' if args else ''}: {known.type}")
        lines.append("}\n")
    return "\n".join(lines)
