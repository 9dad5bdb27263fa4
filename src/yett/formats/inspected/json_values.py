"""The strings of a JSON document: members' names and texts, with pointers, without what the contract has proven.

Two ways through a document: `json_values` gives each string with its place, `json_texts` the bare texts at a tenth of the cost.
It must not know where the document came from.
"""

from collections.abc import Iterator
from typing import Any, Protocol

from yett.formats.inspected.values import InspectionLimits, Origin, Value, below
from yett.formats.json_body import NotJSON, decode_json

NESTED_MOST = 2
"""How often a text is read as JSON again: APIs put documents into strings, seldom into strings of those."""


class Node(Protocol):
    """What is proven of one kind of value: whether its text is, and what is of its members and items; None: nothing."""

    @property
    def text(self) -> bool: ...
    @property
    def items(self) -> "Node | None": ...
    def member(self, name: str) -> "Node | None": ...


class Walk:
    """One document on its way. truncated: something was too deep to be looked at."""

    def __init__(self, limits: InspectionLimits, origin: Origin = Origin.JSON, names: Origin = Origin.JSON_NAME) -> None:
        self.limits, self.origin, self.names = limits, origin, names
        self.truncated = False

    def values(self, document: Any, prefix: str = "", node: Node | None = None, level: int = 0) -> Iterator[Value]:
        """Strings in the order of the document; each distinct name of a member once, at its first place."""
        origin, names, deepest = self.origin, self.names, self.limits.depth
        seen: set[str] = set()
        waiting: list[tuple[str, Any, Node | None, int]] = [(prefix, document, node, 0)]
        while waiting:
            pointer, value, known, depth = waiting.pop()
            if type(value) is str:
                if known is None or not known.text:
                    yield Value(origin, octets(pointer), octets(value))
                    if (inner := nested(value, level)) is not None:
                        yield from self.values(inner, f"{pointer}#", None, level + 1)
                continue
            if depth >= deepest:
                self.truncated = True
                continue
            parts: list[tuple[str, Any, Node | None, int]] = []
            if type(value) is dict:
                for name, part in value.items():
                    at = below(pointer, name)
                    if name not in seen:
                        seen.add(name)
                        yield Value(names, octets(at), octets(name))
                    if type(part) is str or type(part) is dict or type(part) is list:
                        parts.append((at, part, None if known is None else known.member(name), depth + 1))
            elif type(value) is list:
                items = None if known is None else known.items
                for index, part in enumerate(value):
                    if type(part) is str or type(part) is dict or type(part) is list:
                        parts.append((below(pointer, str(index)), part, items, depth + 1))
            parts.reverse()
            waiting += parts


def octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def nested(text: str, level: int = 0) -> Any:
    """The document in a text that is an object or array of JSON; None for all else."""
    if level >= NESTED_MOST or text[:1] not in ("{", "[", " ", "\n", "\t", "\r"):
        return None
    bare = text.strip()
    if bare[:1] + bare[-1:] not in ("{}", "[]"):
        return None
    try:
        return decode_json(octets(bare))
    except NotJSON:
        return None


def json_texts(document: Any, may_nest: bool = True, level: int = 0) -> list[bytes]:
    """All strings of a document, names once each, in any order. A deep document costs no more than a flat one."""
    texts: list[str] = []
    names: set[str] = set()
    containers: list[Any] = [document if type(document) in (dict, list) else [document]]
    for container in containers:  # grows meanwhile
        if type(container) is dict:
            names.update(container)
            container = container.values()
        for part in container:
            kind = type(part)
            if kind is str:
                texts.append(part)
            elif kind is dict or kind is list:
                containers.append(part)
    inner: list[bytes] = []
    if may_nest:
        for text in texts:
            if text[:1] in ("{", "[", " ", "\n", "\t", "\r") and (found := nested(text, level)) is not None:
                inner += json_texts(found, True, level + 1)
    texts += names
    return encoded(texts) + inner


def encoded(texts: list[str]) -> list[bytes]:
    """Each text in UTF-8, in as few calls as possible."""
    joined = "\0".join(texts)
    found = joined.encode("utf-8", "surrogatepass").split(b"\0")
    return found if len(found) == len(texts) else [text.encode("utf-8", "surrogatepass") for text in texts]


def json_lines(content: bytes) -> bytes | None:
    """A JSON text as lines of which each string, decoded, is one; None where some string is not written as it is.

    Other lines hold what stands between strings. That is the cheapest way to look at all strings at once: patterns that match
    a value match in these lines, too, so where nothing matches there is nothing to be found. Only for texts that were read
    strictly: without a backslash, every quote then begins or ends a string, and no string holds a line break.
    """
    return None if b"\\" in content else content.replace(b'"', b"\n")
