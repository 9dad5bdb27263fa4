"""A file that a person wrote, as a plain tree that remembers where everything stands.

The tree is made of dict (keys are str), list, str, int, float, bool and None; treat it as read-only, since aliases make one
value stand in several places. Positions are found by reading the text once more, and only when somebody asks, because a
contract of megabytes is almost always right.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any

from yett.model.mistake import DocumentError, Mistake

Positions = dict[str, tuple[int, int]]
"""(line, column), from 1, by JSON pointer: "/a/0" is where the value begins, "/a/0#" where the key of a mapping does."""


def step(key: str) -> str:
    """One step of a JSON pointer with its slash (RFC 6901, section 3)."""
    return "/" + key.replace("~", "~0").replace("/", "~1") if "~" in key or "/" in key else "/" + key


class Bounds:
    """What one document may be at most. nodes: scalars, lists and mappings, aliases expanded; characters of a number."""

    size = 64 << 20
    depth = 100
    nodes = 5_000_000
    aliases = 10_000
    alias_nodes = 1_000_000
    number = 400


class Lines:
    """Offsets in a text to (line, column)."""

    def __init__(self, text: str) -> None:
        self._starts = [0]
        found = text.find("\n")
        while found >= 0:
            self._starts.append(found + 1)
            found = text.find("\n", found + 1)

    def place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


class Document:
    """What was read, with the name of its file for messages."""

    __slots__ = ("_index", "_positions", "file", "tree")

    def __init__(self, tree: Any, file: str, index: Callable[[], Positions]) -> None:
        self.tree = tree
        self.file = file
        self._index = index
        self._positions: Positions | None = None

    @property
    def positions(self) -> Positions:
        """Where everything stands. The first call reads the text again."""
        if self._positions is None:
            self._positions = self._index()
        return self._positions

    def position(self, pointer: str) -> tuple[int, int]:
        """(line, column) of a pointer ("…#": of the key), or of the nearest thing around it that stands in the text."""
        return nearest(self.positions, pointer)

    def mistake(self, pointer: str, message: str, hint: str = "") -> Mistake:
        """A mistake at that place."""
        line, column = self.position(pointer)
        return Mistake(message, self.file, line, column, hint)


def nearest(positions: Mapping[str, tuple[int, int]], pointer: str) -> tuple[int, int]:
    """The place of a pointer or of what is around it; (0, 0) where nothing is known at all."""
    at = pointer
    while at and at not in positions:
        at = at[:-1] if at.endswith("#") else at.rpartition("/")[0]
    return positions.get(at, (0, 0))


def decoded(raw: bytes, file: str) -> str:
    """The text of a file. Raises DocumentError where it is too large or not UTF-8."""
    if len(raw) > Bounds.size:
        raise DocumentError(Mistake(f"the file is larger than {Bounds.size >> 20} MiB", file))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8", "replace")
        line, column = Lines(before).place(len(before))
        raise DocumentError(Mistake("the file is not UTF-8", file, line, column)) from None
