"""Names of the arguments in documents of JSON, of which nearly all were there before: as a tree of what was harmless so far.

A name holds all members that it stands in ("json.lines.array_3.sku"), so that documents of one shape have the same names; finding
out that none is new takes two calls for each object and array, whatever is in it. Memory is bounded. It must not know what is
looked for in names.
"""

from collections.abc import Iterable
from typing import Any

from yett.formats.inspected.json_values import encoded
from yett.rules.seclang.bodies import LONGEST_NAMES, of_json

MOST_REMEMBERED = 16_384
"""Names that are remembered. The whole tree is dropped where there is no more room."""

LONGEST_REMEMBERED = 256
"""Octets of the longest name that is remembered, in about."""

MOST_LISTED = 64
"""Items of an array that are remembered."""


class _Branch:
    """An object or array at one place. members: names of what stands in it; items: how many of an array; itself: its own name.
    Branches of what stands in it are in `below`, by name or index."""

    __slots__ = ("below", "items", "itself", "members", "prefix")

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.members: set[str] = set()
        self.items = 0
        self.itself = False
        self.below: dict[str | int, _Branch] = {}


class FreshNames:
    """The names of one document that are not known. `learn` says that they are harmless."""

    __slots__ = ("_found", "_names", "_others", "_tree")

    def __init__(self, tree: "NameTree", others: list[bytes] | None = None) -> None:
        self._tree = tree
        self._found: list[tuple[_Branch, list[str], int]] = []
        self._names: list[str] = []
        self._others = others

    @property
    def texts(self) -> list[bytes]:
        return encoded(self._names) if self._others is None else self._others

    def members(self, branch: _Branch, names: Iterable[str]) -> None:
        fresh = [name for name in names if name not in branch.members]
        prefix = branch.prefix
        self._names += [f"{prefix}.{name or 'empty-key'}" for name in fresh]
        self._found.append((branch, fresh, 0))

    def items(self, branch: _Branch, count: int) -> None:
        prefix = branch.prefix
        self._names += [f"{prefix}.array_{index}" for index in range(branch.items, count)]
        self._found.append((branch, [], count))

    def itself(self, branch: _Branch) -> None:
        self._names.append(branch.prefix)
        self._found.append((branch, [], 0))

    def learn(self) -> None:
        """All of them are harmless."""
        for branch, names, count in self._found:
            if len(branch.prefix) > LONGEST_REMEMBERED:
                continue
            if names:
                short = [name for name in names if len(name) <= LONGEST_REMEMBERED]
                branch.members.update(short)
                self._tree.grow(len(short))
            elif count:
                more = min(count, MOST_LISTED)
                self._tree.grow(max(more - branch.items, 0))
                branch.items = max(more, branch.items)
            else:
                branch.itself = True


class NameTree:
    """All names that were harmless. Threads may share it: what one of them loses is looked at again."""

    def __init__(self) -> None:
        self._root = _Branch("json")
        self._size = 0

    def fresh(self, document: Any, most: int) -> FreshNames:
        """The names of a document that is an object or array which are not known, some of objects among them, which are no
        arguments. Where it has more than `most` values, or names are too long, all names that `of_json` gives."""
        found = FreshNames(self)
        if self._size > MOST_REMEMBERED:
            self._root, self._size = _Branch("json"), 0
        waiting: list[tuple[Any, _Branch]] = [(document, self._root)]
        octets, left = LONGEST_NAMES, most
        for value, branch in waiting:  # grows meanwhile
            count = len(value)
            octets -= (len(branch.prefix) + 8) * count
            left -= count
            if octets < 0 or left < 0:
                reading = of_json(document, most)  # which values it leaves out depends on their order
                return FreshNames(self, [*reading.names, *(name for name, _ in reading.arguments)])
            if type(value) is dict:
                if not value and not branch.itself:
                    found.itself(branch)
                if not branch.members.issuperset(value):
                    found.members(branch, value)
                if not _HOLDERS.isdisjoint({*map(type, value.values())}):
                    waiting += [(part, self._below(branch, name)) for name, part in value.items() if type(part) in _HOLDERS]
            else:
                if not branch.itself:
                    found.itself(branch)
                if count > branch.items:
                    found.items(branch, count)
                if not _HOLDERS.isdisjoint({*map(type, value)}):
                    waiting += [(part, self._below(branch, at)) for at, part in enumerate(value) if type(part) in _HOLDERS]
        return found

    def _below(self, branch: _Branch, step: str | int) -> _Branch:
        known = branch.below.get(step)
        if known is None:
            name = f"array_{step}" if type(step) is int else step or "empty-key"
            known = _Branch(f"{branch.prefix}.{name}")
            if self._size <= MOST_REMEMBERED and len(known.prefix) <= LONGEST_REMEMBERED:
                branch.below[step] = known
                self._size += 1
        return known

    def grow(self, count: int) -> None:
        """So many names more are remembered."""
        self._size += count


_HOLDERS = frozenset((dict, list))
