"""The shape of values that were seen at one place (a query, bodies of one kind): a fold that is bounded and knows no order.

What is kept is a function of the set of exchanges alone, so shapes of parts merge to the shape of the whole, octet by octet. The
bound: of all places within the values, those with the least (depth, hash of the path) stay, at most `PLACES`. A place that stays
was there from its first value on, because its ancestors come before it and the bound only falls; where one is turned away, its
parent says so. It must not know HTTP, nor what the values are for.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from yett.engine.learning.evidence import INT64, SAMPLED, WORDS, Classes, Node
from yett.engine.learning.looks import INTEGER, NONE, TEXT, is_name, is_word, joined, look
from yett.engine.learning.schemas import Schema, SchemaSettings, parameter_schema, schema_of
from yett.engine.learning.seen import HIDDEN_OBJECT, MASKED
from yett.engine.learning.sketches import Sample, hash64
from yett.engine.sensitive import bears_credential, classified
from yett.formats.parameters import grouped
from yett.model.catalog import Parameter

Classify = Callable[[str, str, str | int | float], Classes]
"""(name of the field, its place, one value) -> ids of the data classes that the value may be of."""

PLACES = 2_048
"""Places of one shape. The response bodies of large public APIs have 20 to 800."""

SLACK = 512
"""Places more than that, before the bound is enforced; a shape that is asked for anything enforces it first."""

DEPTH = 32
"""Deepest place. What is deeper is not looked at, and the place above says so."""

VALUES = 20_000
"""Values of one body that are looked at, in the order in which they stand; the places of the others say so."""

STAND_IN = "a1B2c3D4e5F6g7H8"
"""Stands for a value that was masked, so that the name of its field alone tells what it is: a text without any form of its own."""

SEARCHED = 4_096
"""Characters of one text that are shown to the classifier."""


class Shape:
    """place: of the whole value, such as "query" or "response.200.body". texts: whether every scalar is a text, as in queries and
    forms: then a schema takes what looks like a number for one. key: secret of the hashes, up to 64 octets."""

    __slots__ = ("_bound", "_left", "_places", "key", "place", "root", "texts")

    def __init__(self, place: str = "", texts: bool = False, key: bytes = b"") -> None:
        self.place, self.texts, self.key = place, texts, key
        self.root = Node("", place, (0, 0))
        self._places = 1
        self._bound: tuple[int, int] | None = None
        self._left = 0

    @property
    def count(self) -> int:
        """Values that were added."""
        return self.root.count

    def add(self, value: Any, classify: Classify, weight: int = 1) -> None:
        """Take in one value of dict, list, str, int, float, bool and None. weight: for how many it stands."""
        self._left = VALUES
        self._add(self.root, value, classify, weight)

    def add_pairs(self, pairs: tuple[tuple[str, str], ...], classify: Classify, weight: int = 1) -> None:
        """Names and values of a query or form; a name that stands several times has a list."""
        self.add(grouped(pairs), classify, weight)

    def merge(self, other: "Shape") -> None:
        """Take in another shape of the same place and key; it stays as it is."""
        bounds = [bound for bound in (self._bound, other._bound) if bound is not None]
        self._merge(self.root, other.root)
        if bounds:
            self._cut(min(bounds))
        if self._places > PLACES + SLACK:
            self._prune()

    def settled(self) -> Node:
        """The root, with the bound enforced."""
        if self._places > PLACES:
            self._prune()
        return self.root

    def nodes(self) -> Iterator[Node]:
        """All places, parents first, members by name."""
        waiting = [self.settled()]
        while waiting:
            node = waiting.pop()
            yield node
            below = [node.members[name] for name in sorted(node.members, reverse=True)]
            waiting += [*(child for child in (node.rest, node.items) if child is not None), *below]

    def keys(self) -> frozenset[str]:
        """What there is, to compare shapes with: "items/*/id:integer". Null says nothing, an array by itself "array"."""
        found: set[str] = set()
        start = len(self.place)
        for node in self.nodes():
            kinds = {
                "boolean": node.trues or node.falses,
                "number": node.integers or node.numbers,
                "string": node.texts,
                "array": node.arrays,
                "object": node.objects,
            }
            found.update(f"{node.place[start:]}:{kind}" for kind, seen in kinds.items() if seen)
        return frozenset(found)

    def to_schema(self, settings: SchemaSettings | None = None) -> Schema:
        """JSON Schema 2020-12 that everything satisfies that was added."""
        return schema_of(self.settled(), self.texts, settings)

    def parameters(self, settings: SchemaSettings | None = None, empty: int = 0) -> Iterator[Parameter]:
        """Of a query: its parameters by name. empty: calls with an empty query, which were not added."""
        root = self.settled()
        calls = root.count + empty
        for name in sorted(root.members):
            node = root.members[name]
            distinct = node.distinct if node.items is None else max(node.distinct, node.items.distinct)
            ratio = 1.0 if node.count >= calls else min(round(node.count / calls, 4), 0.9999)
            schema = parameter_schema(node, settings, calls)
            yield Parameter(name=name, place="query", ratio=ratio, distinct=distinct, schema=schema)

    def state(self) -> list[Any]:
        """For msgpack. The same for the same values, whatever their order."""
        root = self.settled()
        return [self.place, self.texts, list(self._bound or ()), _state(root)]

    @classmethod
    def from_state(cls, state: list[Any], key: bytes = b"") -> "Shape":
        """Raises ValueError for what `state` never gives."""
        try:
            place, texts, bound, root = state
            made = cls(place, texts, key)
            made._bound = (bound[0], bound[1]) if bound else None
            made._restore(made.root, root)
        except (TypeError, IndexError, AttributeError) as error:
            raise ValueError("not the state of a shape") from error
        return made

    def _add(self, node: Node, value: Any, classify: Classify, weight: int) -> None:
        self._left -= 1
        kind = type(value)
        if kind is str:
            self._text(node, value, classify, weight)
        elif kind is dict:
            self._object(node, value, classify, weight)
        elif kind is int:
            self._integer(node, value, classify, weight)
        elif kind is bool:
            if value:
                node.trues += weight
            else:
                node.falses += weight
        elif value is None:
            node.nulls += weight
        elif kind is list:
            self._array(node, value, classify, weight)
        elif kind is float and value == value:
            self._number(node, value + 0.0, classify, weight)  # there is one zero
        elif value is MASKED:
            node.masked += weight
            self._sampled(node, b"\xff", STAND_IN, classify)  # octets that no text has
        else:
            node.objects += weight if value is HIDDEN_OBJECT else 0
            node.unread = True

    def _object(self, node: Node, value: Mapping[str, Any], classify: Classify, weight: int) -> None:
        node.objects += weight
        members = node.members
        for name, part in value.items():
            if self._left <= 0:
                node.unread = True
                return
            child = members.get(name) or self._member(node, name)
            if child is not None:
                self._add(child, part, classify, weight)
            else:
                self._skip(part)

    def _member(self, node: Node, name: str) -> Node | None:
        """The place of a member that has none yet, if it gets one."""
        if is_name(name):
            child = self._place(node, name, f"{node.place}/{name}", b"." + name.encode())
            if child is not None:
                node.members[name] = child
            return child
        if node.rest is None:
            node.rest = self._place(node, node.name, f"{node.place}/*", b"*")
        return node.rest

    def _array(self, node: Node, value: list[Any], classify: Classify, weight: int) -> None:
        node.arrays += weight
        length = len(value)
        if length > node.most:
            node.most = length
        if length < node.fewest or node.fewest < 0:
            node.fewest = length
        if not length:
            return
        if node.items is None:
            node.items = self._place(node, node.name, f"{node.place}/*", b"#")
        items = node.items
        for part in value:
            if self._left <= 0:
                node.unread = True
                return
            if items is not None:
                self._add(items, part, classify, weight)
            else:
                self._skip(part)

    def _skip(self, value: Any) -> None:
        """Count what is not looked at like what is: where the looking ends must not depend on which places there are."""
        self._left -= 1
        if type(value) is dict or type(value) is list:
            for part in value.values() if type(value) is dict else value:
                if self._left <= 0:
                    return
                self._skip(part)

    def _text(self, node: Node, value: str, classify: Classify, weight: int) -> None:
        node.texts += weight
        words = node.words
        if words is not None and value in words:  # all else of it is known
            words[value] += weight
            return
        length = len(value)
        if length > node.longest:
            node.longest = length
        if length < node.shortest or node.shortest < 0:
            node.shortest = length
        if length and node.look != TEXT:
            found = look(value)
            node.look = joined(node.look, found) if node.look != NONE else found
            if self.texts and found == INTEGER:
                number, known = int(value), node.written
                node.written = (min(known[0], number), max(known[1], number)) if known else (number, number)
        classes = self._sampled(node, value.encode("utf-8", "surrogatepass"), value, classify)
        if words is not None:
            if classes is None:  # numbers fill the sample
                classes = classify(node.name, node.place, value[:SEARCHED])
            if classes or len(words) >= WORDS or not is_word(value) or _may_be_secret(node):
                node.words = None
            else:
                words[value] = weight

    def _integer(self, node: Node, value: int, classify: Classify, weight: int) -> None:
        node.integers += weight
        value = min(max(value, -INT64), INT64)
        if node.least is None or value < node.least:
            node.least = value
        if node.greatest is None or value > node.greatest:
            node.greatest = value
        self._sampled(node, b"%d" % value, value, classify)

    def _number(self, node: Node, value: float, classify: Classify, weight: int) -> None:
        node.numbers += weight
        if node.lowest is None or value < node.lowest:
            node.lowest = value
        if node.highest is None or value > node.highest:
            node.highest = value
        self._sampled(node, repr(value).encode(), value, classify)

    def _sampled(self, node: Node, octets: bytes, value: str | int | float, classify: Classify) -> Classes | None:
        """The data classes of a value that is in the sample, or gets into it; None of others."""
        hash_ = hash64(octets, self.key)
        sample = node.sample
        if sample is None:
            sample = node.sample = Sample(SAMPLED)
        known = sample.entries.get(hash_)
        if known is not None:
            return known
        if not sample.admits(hash_):
            return None
        classes = classify(node.name, node.place, value[:SEARCHED] if type(value) is str else value)
        sample.put(hash_, classes)
        return classes

    def _place(self, parent: Node, name: str, place: str, step: bytes) -> Node | None:
        """A new place, or None beyond the bounds. Its rank comes after that of its parent, and is a function of its path."""
        depth = parent.rank[0] + 1
        if depth > DEPTH:
            parent.unread = True
            return None
        rank = (depth, hash64(parent.rank[1].to_bytes(8, "big") + step))
        if self._bound is not None and rank > self._bound:
            parent.opened = True
            return None
        if self._places >= PLACES + SLACK:
            self._prune()
            return self._place(parent, name, place, step)
        self._places += 1
        return Node(name, place, rank)

    def _prune(self) -> None:
        """Enforce the bound."""
        ranks = sorted(node.rank for node in _all(self.root))
        if len(ranks) > PLACES:
            self._cut(ranks[PLACES - 1])
        else:
            self._places = len(ranks)

    def _cut(self, bound: tuple[int, int]) -> None:
        """Turn away what is beyond a bound. Parents come before their children, so what is left hangs together."""
        self._bound = bound if self._bound is None else min(self._bound, bound)
        kept = 0
        for node in _all(self.root):
            kept += 1
            gone = [name for name, child in node.members.items() if child.rank > bound]
            for name in gone:
                del node.members[name]
            node.opened = node.opened or bool(gone)
            if node.rest is not None and node.rest.rank > bound:
                node.rest, node.opened = None, True
            if node.items is not None and node.items.rank > bound:
                node.items, node.opened = None, True
        self._places = kept

    def _merge(self, into: Node, node: Node) -> None:
        into.join(node)
        for name, child in node.members.items():
            mine = into.members.get(name)
            if mine is None:
                mine = into.members[name] = self._like(child)
            self._merge(mine, child)
        if node.rest is not None:
            into.rest = into.rest or self._like(node.rest)
            self._merge(into.rest, node.rest)
        if node.items is not None:
            into.items = into.items or self._like(node.items)
            self._merge(into.items, node.items)

    def _like(self, node: Node) -> Node:
        self._places += 1
        return Node(node.name, node.place, node.rank)

    def _restore(self, node: Node, state: list[Any]) -> None:
        evidence, members, rest, items = state
        node.set_evidence(evidence)
        for name, part in members:
            node.members[name] = self._restored(node, name, f"{node.place}/{name}", b"." + name.encode(), part)
        if rest is not None:
            node.rest = self._restored(node, node.name, f"{node.place}/*", b"*", rest)
        if items is not None:
            node.items = self._restored(node, node.name, f"{node.place}/*", b"#", items)

    def _restored(self, parent: Node, name: str, place: str, step: bytes, state: list[Any]) -> Node:
        node = Node(name, place, (parent.rank[0] + 1, hash64(parent.rank[1].to_bytes(8, "big") + step)))
        self._places += 1
        if node.rank[0] > DEPTH or self._places > PLACES:
            raise ValueError("a shape with more places than it may have")
        self._restore(node, state)
        return node


def _all(root: Node) -> Iterator[Node]:
    """Parents before their children; what a parent loses while it is looked at does not come."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += node.members.values()
        waiting += [child for child in (node.rest, node.items) if child is not None]


def _state(node: Node) -> list[Any]:
    members = [[name, _state(node.members[name])] for name in sorted(node.members)]
    rest = None if node.rest is None else _state(node.rest)
    return [node.evidence(), members, rest, None if node.items is None else _state(node.items)]


def _may_be_secret(node: Node) -> bool:
    """Whether the name alone forbids to keep words: a short key or password looks like a word of an enumeration."""
    return classified(node.name) or (node.place.startswith("query") and bears_credential(node.name))
