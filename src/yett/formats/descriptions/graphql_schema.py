"""GraphQL: the fields of the root types, from a schema definition or from the result of an introspection.

A schema does not know where its endpoint is, so its operations have no path. Sources: GraphQL, September 2025 edition, 3.3
(schema and root operation types), 3.6 (objects), 3.13.3 (@deprecated), 4.2 (schema introspection).
"""

from collections.abc import Callable

from yett.formats.descriptions.trees import at, listed, mapped, text_of
from yett.formats.descriptions.values import Declared, Description, Gathering
from yett.formats.document import Document, Lines
from yett.formats.graphql import NotGraphQL, Token, tokens

LONGEST = 32 << 20
MOST_TOKENS = 5_000_000
_ROOTS = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}
"""Names of the root types where a schema does not give others (3.3.1)."""
_OPENING = {"(": ")", "[": "]", "{": "}"}


def _declared(kind: str, field: str, deprecated: bool, place: str) -> Declared:
    return Declared(
        kind="graphql",
        method="POST",
        template="",
        named=f"graphql {kind} {field}",
        operation_id=field,
        deprecated=deprecated,
        place=place,
    )


def read_introspection(document: Document) -> Description:
    """document: the result of an introspection query, with or without "data" around it."""
    gathering = Gathering(document.file)
    pointer = "/data/__schema" if "data" in document.tree else "/__schema"
    schema = mapped(at(document.tree, *pointer.split("/")[1:]))
    roots = {text_of(at(schema, f"{kind}Type", "name")): kind for kind in _ROOTS}
    for number, found in enumerate(listed(schema.get("types"))):
        kind = roots.get(text_of(mapped(found).get("name")))
        for index, field in enumerate(listed(mapped(found).get("fields")) if kind else ()):
            name = text_of(mapped(field).get("name"))
            place = f"{pointer}/types/{number}/fields/{index}"
            if not name:
                gathering.locate(document, place, "a field without a name")
            elif kind:
                gathering.declare(_declared(kind, name, mapped(field).get("isDeprecated") is True, place))
    if "" in roots and len(roots) == 1:
        gathering.locate(document, pointer, "the schema has no root type", hint="introspection must ask for queryType")
    return gathering.description("graphql", "introspection")


def read_definitions(source: str, text: str) -> Description:
    """Read a schema definition. What stands after something unreadable is not read."""
    gathering = Gathering(source)
    if len(text) > LONGEST:
        gathering.problem(f"longer than {LONGEST >> 20} MiB")
        return gathering.description("graphql", "SDL")
    reader = _Definitions(text)
    try:
        reader.next()
        reader.read()
    except NotGraphQL as error:
        line, column = Lines(text).place(error.offset)
        gathering.problem(f"not GraphQL: {error}", line, column)
    lines = Lines(text)
    roots = reader.roots or _ROOTS
    for kind, name in roots.items():
        for field, deprecated, offset in reader.types.get(name, ()):
            gathering.declare(_declared(kind, field, deprecated, f"line {lines.place(offset)[0]}"))
        if reader.roots and name not in reader.types and not gathering.problems:
            gathering.problem(f"the schema names {name!r} for its {kind}, and there is no such type")
    if not gathering.declared and not gathering.problems:
        gathering.problem("the schema has no root type with fields")
    return gathering.description("graphql", "SDL")


class _Definitions:
    """Reads type definitions as far as root fields need it.

    types: for each object type its fields as (name, whether it is deprecated, offset). roots: root types as `schema` names them.
    """

    def __init__(self, text: str) -> None:
        self._tokens = tokens(text, MOST_TOKENS)
        self.token = Token("name", "", 0)
        self.types: dict[str, list[tuple[str, bool, int]]] = {}
        self.roots: dict[str, str] = {}

    def next(self) -> Token:
        taken = self.token
        if taken.kind != "end":
            self.token = next(self._tokens)
        return taken

    def is_mark(self, text: str) -> bool:
        return self.token.kind == "mark" and self.token.text == text

    def name(self) -> str:
        if self.token.kind != "name":
            raise NotGraphQL("a name is missing", self.token.offset)
        return self.next().text

    def mark(self, text: str) -> None:
        if not self.is_mark(text):
            raise NotGraphQL(f'"{text}" is missing', self.token.offset)
        self.next()

    def read(self) -> None:
        read: dict[str, Callable[[], None]] = {"schema": self._schema, "type": self._type, "interface": self._type}
        while self.token.kind != "end":
            if self.token.kind == "string":
                self.next()
                continue
            offset = self.token.offset
            word = self.name()
            if word == "extend":
                word = self.name()
            if word in read:
                read[word]()
            elif word in ("scalar", "union", "enum", "input", "directive"):
                self._skip()
            else:
                raise NotGraphQL(f"{word!r} defines nothing", offset)

    def _skip(self) -> None:
        """To the next definition: a name outside of brackets that begins one, or a description before it."""
        previous = ""
        starts = ("schema", "type", "interface", "scalar", "union", "enum", "input", "directive", "extend")
        self.mark("@") if self.is_mark("@") else None
        self.name()
        while self.token.kind not in ("end", "string"):
            if self.token.kind == "name" and self.token.text in starts and previous not in ("|", "=", "@", "on"):
                return
            if self.token.kind == "mark" and self.token.text in _OPENING:
                self._bracketed()
                previous = ""
            else:
                previous = self.next().text

    def _bracketed(self) -> None:
        closing: list[str] = []
        while True:
            token = self.next()
            if token.kind == "end":
                raise NotGraphQL("a bracket is not closed", token.offset)
            if token.kind == "mark" and token.text in _OPENING:
                closing.append(_OPENING[token.text])
            elif token.kind == "mark" and token.text in ")]}":
                if closing.pop() != token.text:
                    raise NotGraphQL("a bracket that closes another", token.offset)
                if not closing:
                    return

    def _directives(self) -> bool:
        """Skip directives; whether one of them is @deprecated."""
        deprecated = False
        while self.is_mark("@"):
            self.next()
            deprecated |= self.name() == "deprecated"
            if self.is_mark("("):
                self._bracketed()
        return deprecated

    def _schema(self) -> None:
        self._directives()
        if not self.is_mark("{"):
            return
        self.next()
        while not self.is_mark("}"):
            if self.token.kind == "string":
                self.next()
                continue
            kind = self.name()
            self.mark(":")
            name = self.name()
            if kind in _ROOTS:
                self.roots[kind] = name
        self.next()

    def _type(self) -> None:
        fields = self.types.setdefault(self.name(), [])
        if self.token == ("name", "implements", self.token.offset):
            self.next()
            while self.token.kind == "name" or (self.token.kind == "mark" and self.token.text == "&"):
                self.next()
        self._directives()
        if not self.is_mark("{"):
            return
        self.next()
        while not self.is_mark("}"):
            if self.token.kind == "string":
                self.next()
                continue
            offset = self.token.offset
            name = self.name()
            if self.is_mark("("):
                self._bracketed()
            self.mark(":")
            self._result()
            fields.append((name, self._directives(), offset))
        self.next()

    def _result(self) -> None:
        """The type of a field."""
        if self.is_mark("["):
            self._bracketed()
        else:
            self.name()
        if self.is_mark("!"):
            self.next()
