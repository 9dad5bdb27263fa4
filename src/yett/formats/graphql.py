"""GraphQL's words, and the root fields that an executable document asks for.

The lexer serves both executable documents and schema definitions. Only as much of an executable document is read as it takes to
know its root fields; whether it is valid is the server's affair. It must not know how a document came. Every token is matched in
linear time. Source: GraphQL, September 2025 edition, sections 2.1 (tokens), 2.2 to 2.8 (documents).
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

LONGEST = 256 << 10
"""Characters of an executable document that is read."""
MOST_TOKENS = 50_000
MOST_FIELDS = 100
"""Root fields of one document."""
MAX_NESTING = 16
"""Inline fragments inside one another at the root, and brackets of any kind anywhere below, times eight."""

_IGNORED = re.compile(r"(?:[ \t\r\n,\ufeff]|#[^\r\n]*+)*+")
_TOKEN = re.compile(
    r"(?P<name>[A-Za-z_][A-Za-z0-9_]*+)"
    r"|(?P<block>\"\"\")"
    r'|(?P<string>"(?:[^"\\\r\n]|\\[^\r\n])*+")'
    r"|(?P<spread>\.\.\.)"
    r"|(?P<mark>[!$&()\[\]{}:=@|])"
    r"|(?P<number>-?+[0-9]++(?:\.[0-9]++)?+(?:[eE][+-]?+[0-9]++)?+)"
)
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_TYPES = ("query", "mutation", "subscription")


class NotGraphQL(ValueError):
    """Not a GraphQL document. The message is a reason; `offset` is where in the text."""

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(reason)
        self.offset = offset


class Token(NamedTuple):
    """kind: name | string | mark | number | spread | end. text: as written; of a string its content, escapes not undone."""

    kind: str
    text: str
    offset: int


def tokens(text: str, most: int) -> Iterator[Token]:
    """The tokens of a text and one of kind "end". Raises NotGraphQL, also beyond `most` tokens."""
    at = 0
    for _ in range(most):
        at = _skipped(text, at)
        if at == len(text):
            yield Token("end", "", at)
            return
        found = _TOKEN.match(text, at)
        if found is None:
            raise NotGraphQL("a character that GraphQL does not have here, or a string without end", at)
        kind = found.lastgroup or ""
        if kind == "block":
            end = _end_of_block(text, at + 3)
            yield Token("string", text[at + 3 : end], at)
            at = end + 3
        else:
            word = found[0]
            yield Token(kind, word[1:-1] if kind == "string" else word, at)
            at = found.end()
    raise NotGraphQL(f"more than {most} tokens", at)


def _skipped(text: str, at: int) -> int:
    found = _IGNORED.match(text, at)
    return at if found is None else found.end()


def _end_of_block(text: str, at: int) -> int:
    start = at - 3
    while (end := text.find('"""', at)) > 0 and text[end - 1] == "\\":
        at = end + 3
    if end < 0:
        raise NotGraphQL("a block string without end", start)
    return end


class RootFields(NamedTuple):
    """One operation of a document. type: query | mutation | subscription. name: "" where it has none."""

    type: str
    name: str
    fields: tuple[str, ...]


class _Selection:
    """The root of an operation or a fragment: its fields and the fragments that it spreads."""

    def __init__(self) -> None:
        self.fields: dict[str, None] = {}
        self.spreads: list[str] = []


def root_fields(text: str) -> tuple[RootFields, ...]:
    """The operations of an executable document with the fields that each asks of its root type, fragments resolved, aliases
    undone, at most MOST_FIELDS each. Raises NotGraphQL."""
    if len(text) > LONGEST:
        raise NotGraphQL(f"more than {LONGEST >> 10} KiB", LONGEST)
    reader = _Executable(text)
    reader.read()
    found = []
    for kind, name, selection in reader.operations:
        fields: dict[str, None] = {}
        seen: set[str] = set()
        waiting = [selection]
        while waiting:
            part = waiting.pop()
            fields |= part.fields
            for spread in part.spreads:
                if spread not in seen and spread in reader.fragments:
                    seen.add(spread)
                    waiting.append(reader.fragments[spread])
        found.append(RootFields(kind, name, tuple(fields)[:MOST_FIELDS]))
    return tuple(found)


class _Executable:
    """A reader of one document. `token` is the one that comes next."""

    def __init__(self, text: str) -> None:
        self._tokens = tokens(text, MOST_TOKENS)
        self.token = next(self._tokens)
        self.operations: list[tuple[str, str, _Selection]] = []
        self.fragments: dict[str, _Selection] = {}

    def next(self) -> Token:
        taken = self.token
        if taken.kind != "end":
            self.token = next(self._tokens)
        return taken

    def at(self, text: str) -> bool:
        return self.token.text == text and self.token.kind in ("mark", "spread")

    def wrong(self, wanted: str) -> NotGraphQL:
        return NotGraphQL(f"{wanted} is missing", self.token.offset)

    def read(self) -> None:
        while self.token.kind != "end":
            if self.token.kind == "string":  # descriptions of definitions, since 2025
                self.next()
            selection = _Selection()
            if self.at("{"):
                self.operations.append(("query", "", selection))
            else:
                self._head(selection)
            self._selections(selection, 0)
        if not self.operations:
            raise self.wrong("an operation")

    def _head(self, selection: _Selection) -> None:
        """All that stands before the braces of a definition."""
        word = self.next()
        if word.kind == "name" and word.text in _TYPES:
            name = self.next().text if self.token.kind == "name" else ""
            if self.at("("):
                self._bracketed()
            self.operations.append((word.text, name, selection))
        elif word.kind == "name" and word.text == "fragment":
            name = self._name()
            if self._name() != "on":
                raise self.wrong('"on"')
            self._name()
            self.fragments.setdefault(name, selection)
        else:
            raise NotGraphQL("neither an operation nor a fragment", word.offset)
        self._directives()

    def _name(self) -> str:
        if self.token.kind != "name":
            raise self.wrong("a name")
        return self.next().text

    def _directives(self) -> None:
        while self.at("@"):
            self.next()
            self._name()
            if self.at("("):
                self._bracketed()

    def _bracketed(self) -> None:
        """Skip from an opening bracket to the one that closes it."""
        open_brackets = []
        while True:
            token = self.next()
            if token.kind == "mark" and token.text in _OPENING:
                open_brackets.append(token.text)
                if len(open_brackets) > MAX_NESTING * 8:
                    raise NotGraphQL("nested too deep", token.offset)
            elif token.kind == "mark" and token.text in _CLOSING:
                if open_brackets.pop() + token.text not in ("()", "[]", "{}"):
                    raise NotGraphQL("a bracket that closes another", token.offset)
                if not open_brackets:
                    return
            elif token.kind == "end":
                raise self.wrong("a closing bracket")

    def _selections(self, selection: _Selection, depth: int) -> None:
        """A selection set at the root."""
        if not self.at("{"):
            raise self.wrong('"{"')
        if depth > MAX_NESTING:
            raise NotGraphQL("nested too deep", self.token.offset)
        self.next()
        while not self.at("}"):
            if self.at("..."):
                self.next()
                self._spread(selection, depth)
                continue
            name = self._name()
            if self.at(":"):
                self.next()
                name = self._name()
            selection.fields[name] = None
            if self.at("("):
                self._bracketed()
            self._directives()
            if self.at("{"):
                self._bracketed()
        self.next()

    def _spread(self, selection: _Selection, depth: int) -> None:
        if self.token.kind == "name" and self.token.text != "on":
            selection.spreads.append(self.next().text)
            self._directives()
            return
        if self.token.kind == "name":
            self.next()
            self._name()
        self._directives()
        self._selections(selection, depth + 1)
