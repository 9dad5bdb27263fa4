"""The strings of a JSON document: members' names and texts, with pointers, without what the contract has proven.

Two ways through a document: `Walk` gives each string with its place, `json_lines` the bare texts at a twentieth of the cost.
It must not know where the document came from.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Protocol

from yett.formats.inspected.values import InspectionLimits, Origin, Value, below
from yett.formats.json_body import NotJSON, decode_json
from yett.formats.signs import BACKSLASH

NESTED_MOST = 2
"""How often a text is read as JSON again: APIs put documents into strings, seldom into strings of those."""


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


_NO_MEMBERS: Mapping[str, int] = {}
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
        """Strings in the order of the document; each distinct name of a member once, at its first place. Costs nothing but for
        what is taken."""
        origin, names, safe = self.origin, self.names, proven.safe
        seen: set[str] = set()
        parts: Iterator[tuple[str, Any]] = iter(((prefix, document),))
        # The levels above, each with what is left of it: place, numbers of members and of all else.
        above: list[tuple[Iterator[tuple[str, Any]], str, Mapping[str, int], int, bool]] = []
        pointer, members, rest, named = "", _NO_MEMBERS, root, False
        while True:
            for step, part in parts:
                at = below(pointer, step) if above else step
                if named and step not in seen:
                    seen.add(step)
                    yield Value(names, octets(at), octets(step))
                kind = type(part)
                number = members.get(step, rest)
                if kind is str:
                    if not safe[number]:
                        yield Value(origin, octets(at), octets(part))
                        if (inner := nested(part, level)) is not None:
                            yield from self.values(inner, f"{at}#", UNPROVEN, 0, level + 1)
                elif kind is dict or kind is list:
                    if len(above) >= self.limits.depth:
                        self.truncated = True
                        continue
                    above.append((parts, pointer, members, rest, named))
                    pointer, named = at, kind is dict
                    if kind is dict:
                        parts = iter(part.items())
                        members, rest = proven.members(number)
                    else:
                        parts = ((str(index), item) for index, item in enumerate(part))
                        members, rest = _NO_MEMBERS, proven.items(number)
                    break
            else:
                if not above:
                    return
                parts, pointer, members, rest, named = above.pop()


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


def json_texts(document: Any, most: int = 1_000, level: int = 0) -> Iterator[list[bytes]]:
    """All strings of a document, names once each, in any order, and those of documents in them: about `most` at a time."""
    texts: list[str] = []
    names: set[str] = set()
    containers: list[Any] = [document if type(document) in (dict, list) else [document]]
    for container in containers:  # grows meanwhile
        if type(container) is dict:
            fresh = container.keys() - names
            names |= fresh
            texts += fresh
            container = container.values()
        parts = iter(container)
        while taken := [*islice(parts, most)]:
            for part in taken:
                kind = type(part)
                if kind is str:
                    texts.append(part)
                elif kind is dict or kind is list:
                    containers.append(part)
            if len(texts) >= most:
                yield encoded(texts)
                yield from _inner_texts(texts, most, level)
                texts = []
    yield encoded(texts)
    yield from _inner_texts(texts, most, level)


def _inner_texts(texts: list[str], most: int, level: int) -> Iterator[list[bytes]]:
    for text in texts:
        if (found := nested(text, level)) is not None:
            yield from json_texts(found, most, level + 1)


def encoded(texts: list[str]) -> list[bytes]:
    """Each text in UTF-8, in as few calls as possible."""
    if not texts:
        return []
    joined = "\0".join(texts)
    found = joined.encode("utf-8", "surrogatepass").split(b"\0")
    return found if len(found) == len(texts) else [octets(text) for text in texts]


# --- a first look, at the speed of C --------------------------------------------------------------------------------

_BACKSLASH, _QUOTE, _BREAK = b"\0\1", b"\0\2", b"\0\3"
_FEW = 12
_LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"f": b"\f", b"u": b"\\u"}
_HEX = re.compile(rb"[0-9A-Fa-f]{4}")


def json_lines(content: bytes) -> list[bytes]:
    """A JSON text as lines: each of its strings, decoded, is one, or several where it holds line breaks.

    Other lines hold what stands between strings. Patterns that match a value match in these lines, too, so where nothing
    matches there is nothing to be found. Documents in strings are given as lines again, NESTED_MOST deep. For texts that were
    read strictly this is exact, where `is_plain`; for all others it is one of the readings there are.
    """
    lines = _lines(content)
    found = [lines]
    while BACKSLASH in lines and len(found) <= NESTED_MOST:
        lines = _lines(lines)
        found.append(lines)
    return found


def json_scalars(content: bytes, every: bool = True) -> tuple[list[bytes], set[bytes]]:
    """All strings of a JSON text that was read strictly, names included, as often as they stand there, and the texts of its
    numbers: each as sent and as the shortest that means the same. Exact where `is_plain`. every: short numbers are wanted, too;
    otherwise there may be none of them."""
    if BACKSLASH not in content:
        pieces = content.split(b'"')
        strings = pieces[1::2]
    else:
        pieces = content.replace(b"\\\\", _BACKSLASH).replace(b'\\"', _QUOTE).split(b'"')
        strings = _strings(pieces[1::2])
    between = b" ".join(pieces[::2])
    return strings, set() if not every and _all_short(between) else _numbers(between)


def _strings(pieces: list[bytes]) -> list[bytes]:
    text = b"\n".join(pieces)  # strings have no line breaks but in escapes
    if BACKSLASH in text:
        text = _unescaped(text.replace(b"\\n", _BREAK))
    found = text.replace(_QUOTE, b'"').replace(_BACKSLASH, b"\\").split(b"\n")
    return [one.replace(_BREAK, b"\n") for one in found] if _BREAK in text else found


def _all_short(between: bytes) -> bool:
    """Whether there are no numbers but short ones between the strings of a JSON text."""
    shapes = between.translate(_SHAPES)
    return not (b"-" in shapes or b"0e" in shapes or _LONGER in shapes or b".000" in between)


SHORT = 7
"""Octets of the longest short number. Short numbers have digits and one point at most, and what they mean is written like that,
too: it is zero, or 0.001 and more."""

_SHAPES = bytes(
    48 if octet in b"0123456789." else 101 if octet == 101 else 45 if octet in b"-+E" else 32 for octet in range(256)
)
_LONGER = b"0" * (SHORT + 1)


def _numbers(between: bytes) -> set[bytes]:
    """What stands between the strings of a JSON text, without its structure and words."""
    found = {*between.translate(_STRUCTURE).split()} - _WORDS
    others = [number for number in found if not number.isdigit()]
    if others:
        found.update(
            [str(float(number)).encode() for number in others if number.translate(None, _INTEGER) and not _AS_SHORT(number)]
        )
        if b"-0" in others:
            found.add(b"0")
    return found


_STRUCTURE = bytes.maketrans(b"{}[]:,", b"      ")
_WORDS = frozenset((b"true", b"false", b"null"))
_INTEGER = b"-0123456789"
_AS_SHORT = re.compile(rb"[1-9][0-9]{0,6}\.[0-9]{0,6}[1-9]").fullmatch
"""Numbers that are written as Python writes them: what has up to 15 digits has no shorter form (IEEE 754), and an exponent only
below 0.0001 and from 1e16 on."""


def is_plain(content: bytes) -> bool:
    """Whether `json_lines` is exact for a text that was read strictly: it has no escapes of surrogates, nor of the controls that
    stand for something else meanwhile."""
    return BACKSLASH not in content or (b"\\u000" not in content and b"\\ud" not in content and b"\\uD" not in content)


def _lines(content: bytes) -> bytes:
    if BACKSLASH not in content:
        return content.replace(b'"', b"\n")
    if content.count(b"\\") <= _FEW and b"\\ud" not in content and b"\\uD" not in content:
        return _few(content)
    text = content.replace(b"\\\\", _BACKSLASH).replace(b'\\"', _QUOTE).replace(b'"', b"\n")
    if BACKSLASH in text:
        text = _unescaped(text.replace(b"\\n", b"\n"))
    return text.replace(_QUOTE, b'"').replace(_BACKSLASH, b"\\")


def _unescaped(text: bytes) -> bytes:
    """Without the escapes of white space, slashes and characters."""
    text = text.replace(b"\\/", b"/").replace(b"\\t", b"\t").replace(b"\\r", b"\r")
    text = text.replace(b"\\b", b"\b").replace(b"\\f", b"\f")
    return _characters(text) if b"\\u" in text else text


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
    """`\\u003c` as "<". What is not well-formed becomes U+FFFD."""
    if b"\\U" in text:  # an escape of Python's, not of JSON's
        text = text.replace(b"\\U", b"U")
    if not text.isascii():
        text = text.decode("utf-8", "replace").encode("raw_unicode_escape")
    return text.decode("raw_unicode_escape", "replace").encode("utf-8", "surrogatepass")


def portions(content: bytes, size: int, forced: bool = False) -> Iterator[bytes]:
    """A JSON text in portions of about `size` octets, never cut within a string that is not itself as long. forced: none is longer;
    where there is no better place, portions overlap by OVERLAP octets."""
    start = 0
    while len(content) - start > size:
        end = max(content.rfind(mark, start + 1, start + size) for mark in _BOUNDARIES)
        if end < 0 and forced:
            yield content[start : start + size + OVERLAP]
            start += size
            continue
        if end < 0:
            end = min((at for mark in _BOUNDARIES if (at := content.find(mark, start + size)) >= 0), default=len(content) - 1)
        yield content[start : end + 1]
        start = end + 1
    yield content[start:]


def windows(content: bytes, size: int, mark: bytes) -> Iterator[bytes]:
    """A text in portions of at most `size` octets, each but the first beginning with `mark`; where there is none, they overlap by
    OVERLAP octets."""
    start = 0
    while len(content) - start > size:
        end = content.rfind(mark, start + 1, start + size)
        yield content[start : start + size + OVERLAP if end < 0 else end]
        start = start + size if end < 0 else end
    yield content[start:]


OVERLAP = 4_096
_BOUNDARIES = (b',"', b':"', b' "', b'\n"', b'["', b'{"')
"""What stands before a quote that is not escaped; a portion ends between its two octets."""
