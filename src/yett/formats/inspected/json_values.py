"""The strings of a JSON document: members' names and texts, with pointers, without what the contract has proven.

Two ways through a document: `Walk` gives each string with its place, `json_lines` the bare texts at a twentieth of the cost.
It must not know where the document came from.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from yett.formats.inspected.values import InspectionLimits, Origin, Value, below
from yett.formats.json_body import NotJSON, decode_json

NESTED_MOST = 2
"""How often a text is read as JSON again: APIs put documents into strings, seldom into strings of those."""


_WALKED = frozenset((str, dict, list))


class ProvenTree(Protocol):
    """What the contract has proven, parallel to a document: each kind of value has a number, of which 0 means that nothing is.

    safe: by number, whether a text there is proven. members: numbers of what an object there has, by name, and of all else.
    list_of_flat: whether a field of a form is proven that stands for such a value.
    """

    @property
    def safe(self) -> Sequence[bool]: ...
    def members(self, number: int) -> tuple[Mapping[str, int], int]: ...
    def items(self, number: int) -> int: ...
    def list_of_flat(self, number: int) -> bool: ...


class _Unproven:
    safe = (False,)

    def members(self, _: int) -> tuple[Mapping[str, int], int]:
        return {}, 0

    def items(self, _: int) -> int:
        return 0

    def list_of_flat(self, _: int) -> bool:
        return False


UNPROVEN: ProvenTree = _Unproven()
"""Nothing is proven."""


class Walk:
    """One document on its way. truncated: something was too deep to be looked at."""

    def __init__(self, limits: InspectionLimits, origin: Origin = Origin.JSON, names: Origin = Origin.JSON_NAME) -> None:
        self.limits, self.origin, self.names = limits, origin, names
        self.truncated = False

    def values(
        self, document: Any, prefix: str = "", proven: ProvenTree = UNPROVEN, root: int = 0, level: int = 0
    ) -> Iterator[Value]:
        """Strings in the order of the document; each distinct name of a member once, at its first place."""
        origin, names, deepest, safe = (self.origin, self.names, self.limits.depth, proven.safe)
        seen: set[str] = set()
        waiting: list[tuple[str, Any, int, int]] = [(prefix, document, root, 0)]
        while waiting:
            pointer, value, known, depth = waiting.pop()
            if type(value) is str:
                if not safe[known]:
                    yield Value(origin, octets(pointer), octets(value))
                    if (inner := nested(value, level)) is not None:
                        yield from self.values(inner, f"{pointer}#", UNPROVEN, 0, level + 1)
            elif depth >= deepest:
                self.truncated = True
            elif type(value) is dict:
                members, rest = proven.members(known)
                parts: list[tuple[str, Any, int, int]] = []
                for name, part in value.items():
                    at = below(pointer, name)
                    if name not in seen:
                        seen.add(name)
                        yield Value(names, octets(at), octets(name))
                    if type(part) in _WALKED:
                        parts.append((at, part, members.get(name, rest), depth + 1))
                waiting += reversed(parts)
            elif type(value) is list:
                item = proven.items(known)
                parts = [
                    (below(pointer, str(index)), part, item, depth + 1)
                    for index, part in enumerate(value)
                    if type(part) in _WALKED
                ]
                waiting += reversed(parts)


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


def json_texts(document: Any, level: int = 0) -> list[bytes]:
    """All strings of a document, names once each, in any order, and those of documents in them."""
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
    inner = [found for text in texts if (found := nested(text, level)) is not None]
    return encoded([*texts, *names]) + [text for found in inner for text in json_texts(found, level + 1)]


def encoded(texts: list[str]) -> list[bytes]:
    """Each text in UTF-8, in as few calls as possible."""
    if not texts:
        return []
    joined = "\0".join(texts)
    found = joined.encode("utf-8", "surrogatepass").split(b"\0")
    return found if len(found) == len(texts) else [octets(text) for text in texts]


# --- a first look, at the speed of C --------------------------------------------------------------------------------

_BACKSLASH, _QUOTE = b"\0\1", b"\0\2"
_FEW = 12
_LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"f": b"\f", b"u": b"\\u"}
_HEX = re.compile(rb"[0-9A-Fa-f]{4}")
_ESCAPE = re.compile(rb"\\u([0-9A-Fa-f]{4})(?:\\u([dD][c-fC-F][0-9A-Fa-f]{2}))?")


def json_lines(content: bytes) -> list[bytes]:
    """A JSON text as lines: each of its strings, decoded, is one, or several where it holds line breaks.

    Other lines hold what stands between strings. Patterns that match a value match in these lines, too, so where nothing
    matches there is nothing to be found. Documents in strings are given as lines again, NESTED_MOST deep. For texts that were
    read strictly this is exact, but where they hold NUL (`is_plain`); for all others it is one of the readings there are.
    """
    lines = _lines(content)
    found = [lines]
    while b"\\" in lines and len(found) <= NESTED_MOST:
        lines = _lines(lines)
        found.append(lines)
    return found


def is_plain(content: bytes) -> bool:
    """Whether `json_lines` is exact for a text that was read strictly."""
    return b"\\u000" not in content


def _lines(content: bytes) -> bytes:
    if b"\\" not in content:
        return content.replace(b'"', b"\n")
    if content.count(b"\\") <= _FEW and b"\\ud" not in content and b"\\uD" not in content:
        return _few(content)
    text = content.replace(b"\\\\", _BACKSLASH).replace(b'\\"', _QUOTE).replace(b'"', b"\n")
    if b"\\" in text:
        text = text.replace(b"\\n", b"\n").replace(b"\\/", b"/").replace(b"\\t", b"\t").replace(b"\\r", b"\r")
        text = text.replace(b"\\b", b"\b").replace(b"\\f", b"\f")
        if b"\\u" in text:
            text = _characters(text)
    return text.replace(_QUOTE, b'"').replace(_BACKSLASH, b"\\")


def _few(content: bytes) -> bytes:
    """`_lines` where there are so few escapes that it is faster to go from one to the next."""
    pieces = iter(content.split(b"\\"))
    found = [next(pieces).replace(b'"', b"\n")]
    for piece in pieces:
        letter = piece[:1]
        if letter == b"u" and _HEX.match(piece, 1):
            found.append(octets(chr(int(piece[1:5], 16))))
            piece = piece[5:]
        elif letter:
            found.append(_LETTERS.get(letter, letter))
            piece = piece[1:]
        else:  # two backslashes: what follows is plain
            found.append(b"\\")
            piece = next(pieces, b"")
        found.append(piece.replace(b'"', b"\n"))
    return b"".join(found)


def _characters(text: bytes) -> bytes:
    """`\\u003c` as "<". What is not well-formed stays."""
    if not text.isascii() or b"\\U" in text:
        return _ESCAPE.sub(character, text)
    try:
        found = text.decode("raw_unicode_escape")
    except UnicodeDecodeError:
        return _ESCAPE.sub(character, text)
    try:
        return found.encode()
    except UnicodeEncodeError:  # pairs of surrogates, which are one character
        return octets(found.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass"))


def character(found: re.Match[bytes]) -> bytes:
    """The character of an escape `\\uXXXX`, or of two that are one."""
    first = int(found[1], 16)
    if found[2] is None:
        return octets(chr(first))
    second = int(found[2], 16)
    if 0xD800 <= first < 0xDC00:
        return chr(0x10000 + ((first - 0xD800) << 10) + second - 0xDC00).encode()
    return octets(chr(first) + chr(second))


def portions(content: bytes, size: int) -> Iterator[bytes]:
    """A JSON text in portions of about `size` octets, never cut within a string that is not itself as long."""
    start = 0
    while len(content) - start > size:
        end = max(content.rfind(mark, start + 1, start + size) for mark in _BOUNDARIES)
        if end < 0:
            end = min((at for mark in _BOUNDARIES if (at := content.find(mark, start + size)) >= 0), default=len(content) - 1)
        yield content[start : end + 1]
        start = end + 1
    yield content[start:]


_BOUNDARIES = (b',"', b':"', b' "', b'\n"', b'["', b'{"')
"""What stands before a quote that is not escaped; a portion ends between its two octets."""
