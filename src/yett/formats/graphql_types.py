"""A GraphQL schema with its types, fields and arguments, from a schema definition or from the result of an introspection.

It must not know how a schema was had, nor what becomes of it. Sources: GraphQL, September 2025 edition, 3 (type system) and
4.2 (schema introspection).
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from yett.formats.graphql import NotGraphQL, Token, tokens
from yett.formats.trees import at, listed, mapped, text_of

LONGEST = 32 << 20
"""Characters of a schema definition."""
MOST_TOKENS = 5_000_000
MOST_TYPES = 20_000
MOST_MEMBERS = 10_000
"""Fields of one type, values of one enumeration, arguments of one field, members of one union."""
ROOTS = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}
"""Names of the root types where a schema does not give others (3.3.1)."""

_KINDS = {
    "type": "OBJECT",
    "interface": "INTERFACE",
    "input": "INPUT_OBJECT",
    "enum": "ENUM",
    "union": "UNION",
    "scalar": "SCALAR",
}
_BEGINNINGS = frozenset((*_KINDS, "schema", "directive", "extend"))
"""What a definition begins with."""
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")

_REF = "kind name ofType { kind name ofType { kind name ofType { kind name } } }"
INTROSPECTION = (
    "query IntrospectionQuery { __schema { queryType { name } mutationType { name } subscriptionType { name } "
    "types { kind name fields(includeDeprecated: true) { name args { name type { " + _REF + " } defaultValue } "
    "type { " + _REF + " } isDeprecated } inputFields { name type { " + _REF + " } defaultValue } "
    "enumValues(includeDeprecated: true) { name } possibleTypes { name } } directives { name locations } } }"
)
"""The question whose answer `from_introspection` reads; it is 7 levels deep, as limits of depth often allow."""


class Argument(msgspec.Struct, frozen=True):
    """type: as written, "[Int!]!". default: as written, "" where there is none."""

    name: str
    type: str
    default: str = ""

    @property
    def required(self) -> bool:
        return self.type.endswith("!") and not self.default


class Field(msgspec.Struct, frozen=True):
    """One field of an object or an interface. offset: where a definition has it; -1 in an introspection."""

    name: str
    type: str
    arguments: tuple[Argument, ...] = ()
    deprecated: bool = False
    offset: int = -1

    @property
    def callable(self) -> bool:
        """Whether it can be asked for without giving any argument."""
        return not any(one.required for one in self.arguments)


class Type(msgspec.Struct, kw_only=True):
    """kind: OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR. fields: of objects and interfaces; inputs: of input
    objects; values: of enumerations; possible: names of the members of a union and of implementations."""

    name: str
    kind: str
    fields: dict[str, Field] = {}
    inputs: tuple[Argument, ...] = ()
    values: tuple[str, ...] = ()
    possible: tuple[str, ...] = ()


class Schema(msgspec.Struct, kw_only=True):
    """types: by name, without those of the introspection. roots: name of the root type by query | mutation | subscription.
    directives: the places where each may stand, by name."""

    types: dict[str, Type] = {}
    roots: dict[str, str] = {}
    directives: dict[str, tuple[str, ...]] = {}

    def type(self, written: str) -> Type | None:
        """The type of a name or of a reference as written; None for scalars that the schema does not define."""
        return self.types.get(named(written))

    def root(self, kind: str) -> tuple[Field, ...]:
        """Fields of a root type: query | mutation | subscription."""
        found = self.types.get(self.roots.get(kind, ""))
        return tuple(found.fields.values()) if found else ()

    def is_leaf(self, written: str) -> bool:
        """Whether a field of that type has no fields of its own."""
        found = self.type(written)
        return found is None or found.kind in ("SCALAR", "ENUM")


class Definitions(msgspec.Struct, kw_only=True):
    """What there is of a schema definition. named: root types as its `schema` names them, by kind, whether there are such types or
    not; empty where it names none. problem: what ended the reading, if anything did; everything before it is there."""

    schema: Schema
    named: dict[str, str] = {}
    problem: NotGraphQL | None = None


def named(written: str) -> str:
    """The name within a reference to a type: "User" of "[User!]!"."""
    return written.strip("[]!")


def is_list(written: str) -> bool:
    """Whether a reference is to a list."""
    return written.startswith("[")


def from_introspection(tree: Any) -> Schema | None:
    """The schema in an answer to an introspection, with or without "data" around it; None where there is none."""
    schema = mapped(at(tree, "data", "__schema") or at(tree, "__schema"))
    types: dict[str, Type] = {}
    for found in listed(schema.get("types"))[:MOST_TYPES]:
        one = _introspected(mapped(found))
        if one.name and not one.name.startswith("__"):
            types[one.name] = one
    roots = {kind: text_of(at(schema, f"{kind}Type", "name")) for kind in ROOTS}
    directives = {
        text_of(mapped(one).get("name")): tuple(text_of(place) for place in listed(mapped(one).get("locations"))[:50])
        for one in listed(schema.get("directives"))[:MOST_MEMBERS]
    }
    known = {kind: name for kind, name in roots.items() if name in types}
    return Schema(types=types, roots=known, directives=directives) if known else None


def _introspected(tree: dict[str, Any]) -> Type:
    fields = {}
    for found in listed(tree.get("fields"))[:MOST_MEMBERS]:
        one = mapped(found)
        name = text_of(one.get("name"))
        if name:
            fields[name] = Field(
                name, _reference(one.get("type")), _arguments(one.get("args")), one.get("isDeprecated") is True
            )
    return Type(
        name=text_of(tree.get("name")),
        kind=text_of(tree.get("kind")),
        fields=fields,
        inputs=_arguments(tree.get("inputFields")),
        values=_names(tree.get("enumValues")),
        possible=_names(tree.get("possibleTypes")),
    )


def _names(value: Any) -> tuple[str, ...]:
    return tuple(text_of(mapped(one).get("name")) for one in listed(value)[:MOST_MEMBERS])


def _arguments(value: Any) -> tuple[Argument, ...]:
    every = [mapped(one) for one in listed(value)[:MOST_MEMBERS]]
    found = [Argument(text_of(one.get("name")), _reference(one.get("type")), text_of(one.get("defaultValue"))) for one in every]
    return tuple(one for one in found if one.name)


def _reference(tree: Any, depth: int = 0) -> str:
    one = mapped(tree)
    kind = one.get("kind")
    if kind in ("NON_NULL", "LIST") and depth < 8:
        inner = _reference(one.get("ofType"), depth + 1)
        return f"{inner}!" if kind == "NON_NULL" else f"[{inner}]"
    return text_of(one.get("name")) or "String"


def from_definitions(text: str) -> Schema:
    """The schema of a schema definition. Raises NotGraphQL where it cannot be read to its end, or has no root type."""
    found = read_definitions(text)
    if found.problem is not None:
        raise found.problem
    if not found.schema.roots:
        raise NotGraphQL("the schema has no root type", 0)
    return found.schema


def read_definitions(text: str) -> Definitions:
    """A schema definition as far as it can be read. Linear in its length."""
    if len(text) > LONGEST:
        return Definitions(schema=Schema(), problem=NotGraphQL(f"longer than {LONGEST >> 20} MiB", LONGEST))
    reader = _Definitions(tokens(text, MOST_TOKENS))
    problem = None
    try:
        reader.read()
    except NotGraphQL as error:
        problem = error
    known = {kind: name for kind, name in (reader.roots or ROOTS).items() if name in reader.types}
    schema = Schema(types=reader.made(), roots=known, directives=reader.directives)
    return Definitions(schema=schema, named=reader.roots, problem=problem)


class _Members:
    """What a type was said to have so far. Lists, because tuples that grow are not linear."""

    __slots__ = ("inputs", "possible", "values")

    def __init__(self) -> None:
        self.inputs: list[Argument] = []
        self.values: list[str] = []
        self.possible: dict[str, None] = {}


class _Definitions:
    """Reads type definitions. `token` is the one that comes next; descriptions are skipped wherever they stand."""

    def __init__(self, stream: Iterator[Token]) -> None:
        self._tokens = stream
        self.token = Token("name", "", 0)
        self.types: dict[str, Type] = {}
        self.roots: dict[str, str] = {}
        self.directives: dict[str, tuple[str, ...]] = {}
        self._members: dict[str, _Members] = {}
        self._implementing: list[tuple[str, str]] = []

    def made(self) -> dict[str, Type]:
        """The types, with everything that was said of them anywhere."""
        for name, interface in self._implementing:
            if interface in self._members:
                self._members[interface].possible[name] = None
        for name, said in self._members.items():
            one = self.types[name]
            one.inputs, one.values, one.possible = tuple(said.inputs), tuple(said.values), tuple(said.possible)
        return self.types

    def next(self) -> Token:
        taken = self.token
        if taken.kind != "end":
            self.token = next(self._tokens)
        return taken

    def at(self, text: str) -> bool:
        return self.token.kind == "mark" and self.token.text == text

    def take(self, text: str) -> bool:
        """Whether that mark comes next; it is passed then."""
        if not self.at(text):
            return False
        self.next()
        return True

    def mark(self, text: str) -> None:
        if not self.take(text):
            raise NotGraphQL(f'"{text}" is missing', self.token.offset)

    def name(self) -> str:
        if self.token.kind != "name":
            ended = ", and the text ends here" if self.token.kind == "end" else ""
            raise NotGraphQL(f"a name is missing{ended}", self.token.offset)
        return self.next().text

    def described(self) -> None:
        while self.token.kind == "string":
            self.next()

    def read(self) -> None:
        self.next()
        self.described()
        while self.token.kind != "end":
            offset = self.token.offset
            word = self.name()
            if word == "extend":
                word = self.name()
            if word == "schema":
                self._schema()
            elif word == "directive":
                self._directive()
            elif word in _KINDS:
                self._type(_KINDS[word])
            else:
                raise NotGraphQL(f"{word!r} defines nothing", offset)
            self.described()

    def _schema(self) -> None:
        self._applied()
        if self.take("{"):
            self.described()
            while not self.take("}"):
                kind = self.name()
                self.mark(":")
                name = self.name()
                if kind in ROOTS:
                    self.roots[kind] = name
                self.described()

    def _directive(self) -> None:
        self.mark("@")
        name = self.name()
        self._parameters()
        if self.token == ("name", "repeatable", self.token.offset):
            self.next()
        places = []
        if self.token.text == "on" and self.token.kind == "name":
            self.next()
            self.take("|")
            places.append(self.name())
            while self.take("|"):
                places.append(self.name())
        self.directives[name] = tuple(places)

    def _type(self, kind: str) -> None:
        name = self.name()
        if len(self.types) >= MOST_TYPES:
            raise NotGraphQL(f"more than {MOST_TYPES} types", self.token.offset)
        one = self.types.setdefault(name, Type(name=name, kind=kind, fields={}))
        said = self._members.setdefault(name, _Members())
        if self.token.kind == "name" and self.token.text == "implements":
            self.next()
            self.take("&")
            while self.token.kind == "name" and self.token.text not in _BEGINNINGS:
                self._implementing.append((name, self.next().text))
                self.take("&")
        self._applied()
        if kind == "UNION" and self.take("="):
            self.take("|")
            said.possible[self.name()] = None
            while self.take("|"):
                said.possible[self.name()] = None
                self._bounded(len(said.possible))
        if self.at("{") and kind not in ("UNION", "SCALAR"):
            self._parts(one, said, kind)

    def _parts(self, one: Type, said: _Members, kind: str) -> None:
        self.mark("{")
        self.described()
        while not self.take("}"):
            offset, name = self.token.offset, self.name()
            if kind == "ENUM":
                said.values.append(name)
                self._applied()
            elif kind == "INPUT_OBJECT":
                said.inputs.append(self._argument(name))
            else:
                arguments = self._parameters()
                self.mark(":")
                one.fields[name] = Field(name, self._reference(0), arguments, self._applied(), offset)
            self._bounded(max(len(one.fields), len(said.inputs), len(said.values)))
            self.described()

    def _bounded(self, members: int) -> None:
        if members > MOST_MEMBERS:
            raise NotGraphQL(f"more than {MOST_MEMBERS} members of one type", self.token.offset)

    def _parameters(self) -> tuple[Argument, ...]:
        found: list[Argument] = []
        if self.take("("):
            self.described()
            while not self.take(")"):
                found.append(self._argument(self.name()))
                self._bounded(len(found))
                self.described()
        return tuple(found)

    def _argument(self, name: str) -> Argument:
        self.mark(":")
        written = self._reference(0)
        default = self._value() if self.take("=") else ""
        self._applied()
        return Argument(name, written, default)

    def _reference(self, depth: int) -> str:
        if depth > 8:
            raise NotGraphQL("nested too deep", self.token.offset)
        if self.take("["):
            inner = f"[{self._reference(depth + 1)}]"
            self.mark("]")
        else:
            inner = self.name()
        return inner + ("!" if self.take("!") else "")

    def _value(self) -> str:
        """A constant, as written but for the space between its tokens."""
        parts: list[str] = []
        depth = 0
        while True:
            token = self.next()
            if token.kind == "end":
                raise NotGraphQL("a value is missing", token.offset)
            parts.append(f'"{token.text}"' if token.kind == "string" else token.text)
            depth += (token.text in _OPENING) - (token.text in _CLOSING) if token.kind == "mark" else 0
            if depth <= 0:
                return " ".join(parts)

    def _applied(self) -> bool:
        """Skip directives; whether one of them is @deprecated."""
        deprecated = False
        while self.take("@"):
            deprecated |= self.name() == "deprecated"
            if self.at("("):
                self._value()
        return deprecated
