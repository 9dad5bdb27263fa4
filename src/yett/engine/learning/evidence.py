"""What was seen at one place of many values: a node of a learnt shape. It joins with another of its kind, in any order.

A node holds counts, least and greatest, a look, few words of an enumeration, and keyed hashes of a sample of its distinct values
with their data classes; no value of a sensitive field. It must not know bounds on the number of nodes, nor schemas.
"""

from typing import Any

from yett.engine.learning.looks import INTEGER, LOOKS, NONE, joined
from yett.engine.learning.sketches import Sample

WORDS = 24
"""Most words of an enumeration that are kept; with one more, none is."""

SAMPLED = 64
"""Distinct values of a field of which the keyed hash and the data classes are kept: the estimate of how many distinct ones there
are has a standard error of 1 / sqrt(62) = 13 %, and is exact up to 64."""

INT64 = 1 << 63
"""Integers beyond 64 bits count as this one or its negative."""

Classes = tuple[str, ...]


class Node:
    """Evidence of one place. name: of the member, of its array where it is an item. place: steps joined by "/", "*" for items and
    for members of a map. rank: (depth, hash of the path), for deciding which nodes stay.

    written: least and greatest of texts that are integers, where texts may stand for numbers.
    numbers: those with a fraction or an exponent. words: None once a value was no word, or of a data class, or there were
    too many. masked: values that were there, and that the source does not tell. opened: members were seen here that are not
    kept. unread: parts of values were seen here that were not looked at.
    """

    __slots__ = (
        "arrays",
        "falses",
        "fewest",
        "greatest",
        "highest",
        "integers",
        "items",
        "least",
        "longest",
        "look",
        "lowest",
        "masked",
        "members",
        "most",
        "name",
        "nulls",
        "numbers",
        "objects",
        "opened",
        "place",
        "rank",
        "rest",
        "sample",
        "shortest",
        "texts",
        "trues",
        "unread",
        "words",
        "written",
    )

    def __init__(self, name: str, place: str, rank: tuple[int, int]) -> None:
        self.name, self.place, self.rank = name, place, rank
        self.nulls = self.trues = self.falses = self.integers = self.numbers = self.texts = self.arrays = self.objects = 0
        self.masked = 0
        self.least: int | None = None
        self.greatest: int | None = None
        self.lowest: float | None = None
        self.highest: float | None = None
        self.shortest, self.longest = -1, -1
        self.fewest, self.most = -1, -1
        self.look = NONE
        self.written: tuple[int, int] | None = None
        self.words: dict[str, int] | None = {}
        self.sample: Sample[Classes] | None = None
        self.members: dict[str, Node] = {}
        self.rest: Node | None = None
        self.items: Node | None = None
        self.opened = self.unread = False

    @property
    def count(self) -> int:
        """Values that were seen here."""
        return self.nulls + self.scalars + self.arrays + self.objects + self.masked

    @property
    def scalars(self) -> int:
        return self.trues + self.falses + self.integers + self.numbers + self.texts

    @property
    def distinct(self) -> int:
        """Distinct texts and numbers: exact up to `SAMPLED`, then estimated from the largest hash of the sample."""
        sample = self.sample
        if sample is None:
            return 0
        if not sample.full:
            return len(sample)
        estimate = max(round((len(sample) - 1) * 2.0**64 / max(sample.entries)), len(sample) + 1)
        return min(estimate, self.integers + self.numbers + self.texts + self.masked)

    @property
    def sampled(self) -> int:
        """Distinct values that were asked for data classes."""
        return 0 if self.sample is None else len(self.sample)

    @property
    def told(self) -> tuple[int, int] | None:
        """The range of texts that are all integers, where those are read: as soon as one is not, it says nothing."""
        return self.written if self.look == INTEGER else None

    @property
    def integral(self) -> tuple[int | None, int | None]:
        """Least and greatest of integers, written as numbers or as texts."""
        least, greatest = self.told or (None, None)
        return lesser(self.least, least), greater(self.greatest, greatest)

    def classes(self) -> dict[str, int]:
        """How many of the sampled values may be of each data class."""
        found: dict[str, int] = {}
        for classes in () if self.sample is None else self.sample.entries.values():
            for name in classes:
                found[name] = found.get(name, 0) + 1
        return dict(sorted(found.items()))

    def join(self, other: "Node") -> None:
        """Take in the scalar evidence of another node, and its flags; not its children. The other stays as it is."""
        self.nulls += other.nulls
        self.trues += other.trues
        self.falses += other.falses
        self.objects += other.objects
        self.masked += other.masked
        if other.integers:
            self.integers += other.integers
            self.least, self.greatest = lesser(self.least, other.least), greater(self.greatest, other.greatest)
        if other.numbers:
            self.numbers += other.numbers
            self.lowest, self.highest = lesser(self.lowest, other.lowest), greater(self.highest, other.highest)
        if other.texts:
            self._join_texts(other)
        if other.arrays:
            self.arrays += other.arrays
            self.fewest = other.fewest if self.fewest < 0 else min(self.fewest, other.fewest)
            self.most = max(self.most, other.most)
        if other.sample is not None:
            if self.sample is None:
                self.sample = Sample(SAMPLED)
            self.sample.merge(other.sample, _both)
        self.opened, self.unread = self.opened or other.opened, self.unread or other.unread

    def _join_texts(self, other: "Node") -> None:
        self.texts += other.texts
        self.shortest = other.shortest if self.shortest < 0 else min(self.shortest, other.shortest)
        self.longest = max(self.longest, other.longest)
        self.look = joined(self.look, other.look)
        self.written = _wider(self.written, other.written)
        self.words = _united(self.words, other.words)

    def evidence(self) -> list[Any]:
        """Everything but children, for msgpack."""
        counts = [self.nulls, self.trues, self.falses, self.integers, self.numbers, self.texts, self.arrays, self.objects]
        if self.masked:
            counts.append(self.masked)
        numbers = [self.least, self.greatest, self.lowest, self.highest, self.told]
        lengths = [self.shortest, self.longest, self.fewest, self.most]
        words = None if self.words is None else sorted(self.words.items())
        sample = None if self.sample is None else [self.sample.full, sorted(self.sample.entries.items())]
        return [counts, numbers, lengths, self.look, words, sample, self.opened, self.unread]

    def set_evidence(self, state: list[Any]) -> None:
        """What `evidence` gave. Raises ValueError for what it never gives."""
        counts, numbers, lengths, look, words, sample, self.opened, self.unread = state
        self.nulls, self.trues, self.falses, self.integers, self.numbers, self.texts, self.arrays, self.objects = counts[:8]
        (self.masked,) = counts[8:] or (0,)
        self.least, self.greatest, self.lowest, self.highest, written = numbers
        self.written = None if written is None else (int(written[0]), int(written[1]))
        self.shortest, self.longest, self.fewest, self.most = lengths
        if look not in LOOKS:
            raise ValueError("not a look")
        self.look = look
        self.words = None if words is None else dict(words)
        if sample is not None:
            self.sample = Sample.from_state((SAMPLED, sample[0], [(hash_, tuple(classes)) for hash_, classes in sample[1]]))


def _wider(one: tuple[int, int] | None, other: tuple[int, int] | None) -> tuple[int, int] | None:
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), max(one[1], other[1])


def lesser(one: Any, other: Any) -> Any:
    return other if one is None else one if other is None else min(one, other)


def greater(one: Any, other: Any) -> Any:
    return other if one is None else one if other is None else max(one, other)


def _united(one: dict[str, int] | None, other: dict[str, int] | None) -> dict[str, int] | None:
    if one is None or other is None:
        return None
    made = dict(one)
    for word, count in other.items():
        made[word] = made.get(word, 0) + count
    return made if len(made) <= WORDS else None


def _both(one: Classes, other: Classes) -> Classes:
    """The same value was asked twice; only with other classes in use are the answers not the same."""
    return one if one == other else tuple(sorted({*one, *other}))


def joined_nodes(into: Node, node: Node) -> None:
    """Join a node with everything below it; what has no counterpart is copied. For the end, where no bound holds."""
    into.join(node)
    for name, child in node.members.items():
        mine = into.members.get(name)
        if mine is None:
            mine = into.members[name] = Node(child.name, child.place, child.rank)
        joined_nodes(mine, child)
    if node.rest is not None:
        into.rest = into.rest or Node(node.rest.name, node.rest.place, node.rest.rank)
        joined_nodes(into.rest, node.rest)
    if node.items is not None:
        into.items = into.items or Node(node.items.name, node.items.place, node.items.rank)
        joined_nodes(into.items, node.items)
