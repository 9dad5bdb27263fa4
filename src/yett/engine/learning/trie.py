"""The tree of paths of one service: segments that are ids share an edge, others keep one of their own, within bounds.

A place with too many literals keeps those with the smallest hashes; what was seen below the others is merged into the edge of their
kind. What is kept at the end was kept from the start, so no order can be seen in it: bounds only ever get smaller, and
`Trie.settle`, which alone drops anything, computes them from the root on. It must not know what templates are made of it.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from yett.engine.learning.callers import Caller
from yett.engine.learning.seen import Seen
from yett.engine.learning.segments import IDS, kind_of_segment, parted
from yett.engine.learning.settings import Settings
from yett.engine.learning.shape import Classify
from yett.engine.learning.sketches import Distinct, Sample, hash64
from yett.engine.learning.traffic import Traffic

REST_NAME = "(other)"
"""Name that operations below one path share beyond `Settings.names`."""

_SWEEP = 20_000
"""Places that are added before bounds are looked after; twice as many as there are, if that is more."""

_VERSIONS = frozenset(("date", "release"))
"""Kinds that in the first two segments may be versions of an API, as numbers of one or two digits; they keep their own edges."""


class Values:
    """What stood at an edge that many segments share: how many different ones, and a sample of them with their calls."""

    __slots__ = ("distinct", "sample")

    def __init__(self, k: int) -> None:
        self.distinct = Distinct()
        self.sample: Sample[tuple[str, int]] = Sample(k)

    def add(self, value: str, hashed: int, count: int) -> None:
        sample = self.sample
        known = sample.entries.get(hashed)
        if known is not None:  # and counted as distinct when it came first
            sample.entries[hashed] = (value, count + known[1])
            return
        self.distinct.add(hashed)
        if sample.admits(hashed):
            sample.put(hashed, (value, count))

    def merge(self, other: "Values") -> None:
        self.distinct.merge(other.distinct)
        self.sample.merge(other.sample, lambda mine, theirs: (mine[0], mine[1] + theirs[1]))

    def state(self) -> Any:
        return [self.distinct.state(), self.sample.state()]

    @classmethod
    def from_state(cls, state: Any) -> "Values":
        made = cls(1)
        made.distinct, made.sample = Distinct.from_state(state[0]), Sample.from_state(state[1])
        return made


class Node:
    """One place in the tree. edges: by label, which is a literal segment, or has a kind in braces ("{number}.json"), which never
    stand in a canonical path. leaves: by (method, name). values: of the edge that leads here, where many segments share it. full:
    whether it had more literals than it may keep; bound: the largest hash of a literal that is still kept, then.
    """

    __slots__ = ("bound", "count", "edges", "full", "leaves", "values")

    def __init__(self) -> None:
        self.edges: dict[str, Node] = {}
        self.leaves: dict[tuple[str, str], Traffic] = {}
        self.values: Values | None = None
        self.count = 0
        self.full = False
        self.bound = -1

    def literals(self) -> list[str]:
        return [label for label in self.edges if "{" not in label]


class Trie:
    """key: of the hashes by which literals and samples are chosen."""

    def __init__(self, settings: Settings, key: bytes = b"") -> None:
        self.settings = settings
        self.key = key
        self.root = Node()
        self._places = 0
        self._settled = 0

    def add(self, seen: Seen, caller: Caller, classify: Classify) -> None:
        node = self.root
        weight = seen.weight
        node.count += weight
        for depth, segment in enumerate(self._segments(seen)):
            found = node.edges.get(segment)
            if found is None or segment == "{rest}":
                found = self._edge(node, segment, depth, weight)
            node = found
            node.count += weight
        method, name = seen.method, seen.named
        leaf = node.leaves.get((method, name))
        (leaf if leaf is not None else self._leaf(node, method, name)).add(seen, caller, classify)
        if self._places > max(_SWEEP, 2 * self._settled):
            self.settle()

    def graft(self, segments: tuple[str, ...], method: str, name: str, traffic: Traffic) -> None:
        """Add what was learnt of one path elsewhere; it stays as it is."""
        node = self.root
        node.count += traffic.count
        for depth, segment in enumerate(self._bounded(segments)):
            found = node.edges.get(segment)
            if found is None or segment == "{rest}":
                found = self._edge(node, segment, depth, traffic.count)
            node = found
            node.count += traffic.count
        self._leaf(node, method, name).merge(traffic)

    def _segments(self, seen: Seen) -> tuple[str, ...]:
        return self._bounded(seen.segments)

    def _bounded(self, segments: tuple[str, ...]) -> tuple[str, ...]:
        if len(segments) > self.settings.segments:
            return (*segments[: self.settings.segments - 1], "{rest}")
        return segments

    def _edge(self, node: Node, segment: str, depth: int, weight: int) -> Node:
        if segment.isdigit() and (depth > 1 or len(segment) > 2) and segment.isascii():
            label = "{number}"  # as `label_of` has it: most ids are numbers, and few come twice
        else:
            label = "{rest}" if segment == "{rest}" else label_of(segment, depth < 2)
        hashed = hash64(segment.encode(), self.key)
        if "{" not in label and node.bound >= 0 and hashed > node.bound:
            label = "{" + kind_of_segment(segment) + "}"
        found = node.edges.get(label)
        if found is None:
            found = node.edges[label] = Node()
            self._places += 1
        if "{" in label:
            if found.values is None:
                found.values = Values(self.settings.values)
            found.values.add(segment, hashed, weight)
        return found

    def _leaf(self, node: Node, method: str, name: str) -> Traffic:
        found = node.leaves.get((method, name))
        if found is None:
            found = node.leaves[method, name] = Traffic(self.settings, self.key)
            if len(node.leaves) > self.settings.names:
                self._bound_names(node)
                found = node.leaves.get((method, name)) or node.leaves[method, REST_NAME]
        return found

    def _bound_names(self, node: Node) -> None:
        """Callers make up methods and names; those with the smallest hashes stay, the others of a method share one."""
        named = [leaf for leaf in node.leaves if leaf[1] != REST_NAME]
        named.sort(key=lambda leaf: hash64(f"{leaf[0]} {leaf[1]}".encode(), self.key))
        for method, name in named[self.settings.names :]:
            left = node.leaves.pop((method, name))
            rest = node.leaves.get((method, REST_NAME))
            if rest is None:
                node.leaves[method, REST_NAME] = left
            else:
                rest.merge(left)

    def merge(self, other: "Trie") -> None:
        """Take in another tree, which is used up by it."""
        self._join(self.root, other.root)
        self.settle()

    def _join(self, node: Node, other: Node) -> None:
        node.count += other.count
        if other.bound >= 0:
            node.bound = other.bound if node.bound < 0 else min(node.bound, other.bound)
        node.full = node.full or other.full
        if other.values is not None:
            if node.values is None:
                node.values = other.values
            else:
                node.values.merge(other.values)
        for leaf, traffic in other.leaves.items():
            mine = node.leaves.get(leaf)
            if mine is None:
                node.leaves[leaf] = traffic
            else:
                mine.merge(traffic)
        if len(node.leaves) > self.settings.names:
            self._bound_names(node)
        for label, theirs in other.edges.items():
            found = node.edges.get(label)
            if found is None:
                node.edges[label] = theirs
            else:
                self._join(found, theirs)

    def settle(self) -> None:
        """Hold every bound. Only what no order would have kept is merged away."""
        self._places = self._settled = self._settle(self.root, 0, 0)

    def _settle(self, node: Node, depth: int, wide: int) -> int:
        """wide: places above that ever had many literals: that never falls, so bounds never rise. Gives the number of places."""
        settings = self.settings
        most = settings.words[min(wide, len(settings.words) - 1)]
        literals = node.literals()
        if len(literals) > most:
            node.full = True
        if node.full:
            self._trim(node, literals, settings.words_kept if depth else most)
        if node.full or len(literals) > settings.wide:
            wide += 1
        return 1 + sum(self._settle(child, depth + 1, wide) for child in node.edges.values())

    def _trim(self, node: Node, literals: list[str], keep: int) -> None:
        hashes = {label: hash64(label.encode(), self.key) for label in literals}
        literals.sort(key=hashes.__getitem__)
        kept = {label for label in literals[:keep] if node.bound < 0 or hashes[label] <= node.bound}
        for label in literals:
            if label in kept:
                continue
            left = node.edges.pop(label)
            rest = "{" + kind_of_segment(label) + "}"
            found = node.edges.get(rest)
            if found is None:
                found = node.edges[rest] = Node()
            if found.values is None:
                found.values = Values(self.settings.values)
            found.values.add(label, hashes[label], left.count)
            self._join(found, left)
        node.bound = max((hashes[label] for label in kept), default=0)

    def state(self) -> Any:
        """Plain values for msgspec, in one order whatever came when."""
        self.settle()
        return _node_state(self.root)

    @classmethod
    def from_state(cls, state: Any, settings: Settings, key: bytes = b"") -> "Trie":
        made = cls(settings, key)
        made.root = made._node(state)
        made.settle()
        return made

    def _node(self, state: Any) -> Node:
        made = Node()
        made.count, made.full, values, leaves, edges = state
        made.values = None if values is None else Values.from_state(values)
        made.leaves = {(method, name): Traffic.from_state(leaf, self.settings, self.key) for method, name, leaf in leaves}
        made.edges = {label: self._node(child) for label, child in edges}
        if made.full:
            made.bound = max((hash64(label.encode(), self.key) for label in made.literals()), default=0)
        return made

    def leaves(self) -> Iterator[tuple[tuple[str, ...], str, str, Traffic]]:
        """Everything that was seen: (labels, method, name, traffic), in no particular order."""
        self.settle()
        pending: list[tuple[tuple[str, ...], Node]] = [((), self.root)]
        while pending:
            labels, node = pending.pop()
            for (method, name), traffic in node.leaves.items():
                yield labels, method, name, traffic
            pending.extend(((*labels, label), child) for label, child in node.edges.items())


@lru_cache(65_536)
def label_of(segment: str, early: bool) -> str:
    """The edge that a segment takes while its place keeps all literals. early: it is one of the first two."""
    found = kind_of_segment(segment)
    if found in IDS or segment[:1] == "{":
        if early and (found in _VERSIONS or (found == "number" and len(segment) <= 2)):
            return segment
        return "{" + found + "}"
    before, value, after = parted(segment)
    if before or after[:1] == ":" or (after and kind_of_segment(value) in IDS):
        return f"{before}{{{kind_of_segment(value)}}}{after}"
    return segment


def _node_state(node: Node) -> Any:
    return [
        node.count,
        node.full,
        None if node.values is None else node.values.state(),
        [(*leaf, traffic.state()) for leaf, traffic in sorted(node.leaves.items())],
        [(label, _node_state(child)) for label, child in sorted(node.edges.items())],
    ]
