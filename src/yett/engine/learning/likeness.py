"""How alike two places of a tree are: methods, shapes of answers, authentication, what is below them.

Paths that differ in one segment belong to one operation only if the same code answers them, and that shows here. It must not
know which segment it is, nor what follows from the answer.
"""

from collections.abc import Callable

import msgspec

from yett.engine.learning.traffic import Traffic
from yett.engine.learning.trie import Node

Leaf = tuple[str, str, str]

_OFTEN = 3
"""Calls of a segment from which on it says something that another place does not have it."""

_DEEP = 2
"""How many segments below are looked at."""

_MANY = 200
"""Operations of one profile; those nearest come first."""

EXPECTED = 3.0
"""Calls that a place would have had of an operation below, by its share of all calls, from which on it says something that it had
none: where calls are spread evenly, that has a chance of 5 %."""

_ABSENT = 0.3
"""Share of a place's calls, in operations that another place would have had, too, but has not, from which on they differ."""

FEW_KEYS = 3
"""Keys from which on a shape says something: error objects and plain acknowledgements have one or two."""


class Profile:
    """What was seen at one place or several, and below. leaves: calls by (path from here, method, name), where ids in that path are
    "{}". keys: of accepted answers, by leaf. schemes: of authentication, by leaf. below: literal segments below, "{}" for others;
    often: those with `_OFTEN` calls. inside: calls of the busiest operation there or below. echoes: `Traffic.echoes`, by leaf.
    """

    __slots__ = ("below", "calls", "echoes", "inside", "keys", "leaves", "often", "schemes")

    def __init__(self) -> None:
        self.calls = 0
        self.inside = 0
        self.leaves: dict[Leaf, int] = {}
        self.keys: dict[Leaf, frozenset[str]] = {}
        self.schemes: dict[Leaf, frozenset[str]] = {}
        self.echoes: dict[Leaf, dict[int, int]] = {}
        self.below: frozenset[str] = frozenset()
        self.often: frozenset[str] = frozenset()

    def join(self, other: "Profile") -> "Profile":
        """A new profile of both."""
        made = Profile()
        made.calls = self.calls + other.calls
        made.inside = self.inside + other.inside
        made.leaves = dict(self.leaves)
        for leaf, count in other.leaves.items():
            made.leaves[leaf] = made.leaves.get(leaf, 0) + count
        made.keys = _joined(self.keys, other.keys)
        made.schemes = _joined(self.schemes, other.schemes)
        made.echoes = dict(self.echoes)
        for leaf, echoes in other.echoes.items():
            made.echoes[leaf] = _added(made.echoes.get(leaf), echoes)
        made.below = self.below | other.below
        made.often = self.often | other.often
        return made

    def filled(self, other: "Profile") -> "Profile":
        """A new profile: this one, with what only the other one shows."""
        made = self.join(other)
        made.keys = {**other.keys, **self.keys}
        made.schemes = {**other.schemes, **self.schemes}
        if len(self.below) >= len(other.below):
            made.below, made.often = self.below, self.often
        else:
            made.below, made.often = other.below, other.often
        return made

    def echo(self, leaf: Leaf) -> tuple[int, int]:
        """(answers in which the segment that leads here stands, answers that were looked at)."""
        found = self.echoes.get(leaf)
        return (0, 0) if found is None else (found.get(leaf[0].count("/") + 1, 0), found.get(0, 0))


class Likeness(msgspec.Struct, frozen=True):
    """alike: there is evidence that two places are the same operation; unlike: that they are not; neither: nothing is known.
    share: of common parts of answers, -1 where they cannot be compared. barred: their authentication differs."""

    alike: bool
    unlike: bool
    share: float
    barred: bool = False


class View(msgspec.Struct, frozen=True):
    """How the children of some nodes are called if those nodes are one segment: by label, the literal or "{}" it stands for, and
    the view of what is below."""

    steps: dict[str, tuple[str, "View | None"]] = {}


_NOTHING = View()


def profile_of(node: Node, view: View | None, known: dict[int, Profile], busiest: Callable[[Node], int]) -> Profile:
    """view: of the node's children; without it, only ids by their look are no literals. known: profiles without a view, by `id` of
    nodes that live as long as it does. busiest: calls of the busiest operation below a node."""
    if view is None:
        found = known.get(id(node))
        if found is None:
            found = known[id(node)] = _profile(node, busiest)
            for label, child in sorted(node.edges.items()):
                _lift(found, "{}" if "{" in label else label, profile_of(child, None, known, busiest))
        return found
    made = _profile(node, None)
    below: dict[str, int] = {}
    inside: dict[str, int] = {}
    for label, child in sorted(node.edges.items()):
        step, further = view.steps.get(label, ("{}" if "{" in label else label, None))
        below[step] = below.get(step, 0) + child.count
        profile = profile_of(child, further, known, busiest)
        inside[step] = inside.get(step, 0) + profile.inside
        _lift(made, step, profile)
    made.below = frozenset(below)
    made.often = frozenset(label for label, count in below.items() if count >= _OFTEN)
    made.inside = max(made.inside, max(inside.values(), default=0))
    return made


def _profile(node: Node, busiest: Callable[[Node], int] | None) -> Profile:
    """Of the place itself, and the segments below it; `busiest` for calls below."""
    made = Profile()
    made.calls = node.count
    for (method, name), traffic in node.leaves.items():
        leaf = ("", method, name)
        made.leaves[leaf] = traffic.count
        keys = keys_of(traffic)
        if keys:
            made.keys[leaf] = keys
        schemes = traffic.access.signature()
        if schemes:
            made.schemes[leaf] = schemes
        if traffic.echoes:
            made.echoes[leaf] = traffic.echoes
    made.inside = max(made.leaves.values(), default=0)
    if busiest is None:
        return made
    made.below = frozenset("{}" if "{" in label else label for label in node.edges)
    made.often = frozenset("{}" if "{" in label else label for label, child in node.edges.items() if child.count >= _OFTEN)
    if node.edges:
        made.inside = max(made.inside, busiest(node))
    return made


def _lift(made: Profile, label: str, below: Profile) -> None:
    """What is below, as it is seen from here."""
    for (path, method, name), count in below.leaves.items():
        if path.count("/") >= _DEEP or len(made.leaves) >= _MANY:
            continue
        old, leaf = (path, method, name), (f"/{label}{path}", method, name)
        made.leaves[leaf] = made.leaves.get(leaf, 0) + count
        for mine, theirs in ((made.keys, below.keys), (made.schemes, below.schemes)):
            if old in theirs:
                mine[leaf] = mine.get(leaf, frozenset()) | theirs[old]
        if old in below.echoes:
            made.echoes[leaf] = _added(made.echoes.get(leaf), below.echoes[old])


def compare(one: Profile, other: Profile, like: float) -> Likeness:
    """like: see `Settings`."""
    shared = one.leaves.keys() & other.leaves.keys()
    for leaf in shared:
        mine, theirs = one.schemes.get(leaf), other.schemes.get(leaf)
        if mine and theirs and not mine & theirs:
            return Likeness(False, True, -1.0, True)
    shares = [_share(one.keys[leaf], other.keys[leaf]) for leaf in shared if leaf in one.keys and leaf in other.keys]
    shares = [share for share in shares if share >= 0]
    share = min(shares, default=-1.0)
    if share >= 0 and share < like:
        return Likeness(False, True, share)
    answered = [leaf for leaf in shared if (leaf in one.keys) != (leaf in other.keys)]
    if answered and share < 0:
        return Likeness(False, all(one.leaves[leaf] > 2 and other.leaves[leaf] > 2 for leaf in answered), share)
    if _lacking(one, other) or _lacking(other, one):
        return Likeness(False, True, share)
    below = _below(one, other)
    here = {leaf for leaf in one.leaves if not leaf[0]}
    there = {leaf for leaf in other.leaves if not leaf[0]}
    if here and there and not here & there:
        return Likeness(False, below <= 0, share)
    return Likeness(share >= like or below > 0, below < 0, share)


def _lacking(one: Profile, other: Profile) -> bool:
    """Whether one of them is called at operations that the other would have, if both were the same."""
    mine, theirs = sum(one.leaves.values()), sum(other.leaves.values())
    absent = sum(count for leaf, count in one.leaves.items() if leaf not in other.leaves and count * theirs >= EXPECTED * mine)
    return absent >= _ABSENT * max(mine, 1)


def chance_of_lacking(one: Profile, other: Profile) -> float:
    """The chance that calls of a second place miss the operations of the first that they miss, if both are the same."""
    mine, theirs = sum(one.leaves.values()), sum(other.leaves.values())
    absent = sum(count for leaf, count in one.leaves.items() if leaf not in other.leaves)
    return float((1 - absent / max(mine, 1)) ** theirs)


def share_of(one: Profile, other: Profile) -> float:
    """The share of common parts of the answers of both, in the mean of calls; -1 where they cannot be compared. One call of an
    operation that leaves much out says less than ten of another one."""
    shared, weight = 0.0, 0
    for leaf, keys in one.keys.items():
        share = _share(keys, other.keys[leaf]) if leaf in other.keys else -1.0
        if share >= 0:
            calls = min(one.leaves.get(leaf, 1), other.leaves.get(leaf, 1))
            shared, weight = shared + share * calls, weight + calls
    return shared / weight if weight else -1.0


def _below(one: Profile, other: Profile) -> int:
    """1: the same segments below, -1: both have several that are called often, and few in common, 0: nothing is known."""
    common = (one.below & other.below) - {"{}", ""}
    smaller = min(len(one.below - {"{}", ""}), len(other.below - {"{}", ""}))
    if common and len(common) >= 0.6 * smaller:
        return 1
    mine, theirs = one.often - {""}, other.often - {""}
    shared, smaller = len(mine & theirs), min(len(mine), len(theirs))
    if smaller >= FEW_KEYS and shared < 0.35 * smaller:
        return -1
    return -1 if smaller >= 2 and not shared else 0


def _share(mine: frozenset[str], theirs: frozenset[str]) -> float:
    """Common keys by the smaller number of keys: members may be left out. -1 where there are too few to say anything."""
    smaller = min(len(mine), len(theirs))
    if smaller < FEW_KEYS:
        return -1.0 if mine & theirs else 0.0
    return len(mine & theirs) / smaller


def keys_of(traffic: Traffic) -> frozenset[str]:
    """The parts of accepted answers, of all statuses."""
    found: frozenset[str] = frozenset()
    for (status, _), shape in traffic.responses.items():
        if status < 400:
            found |= shape.keys()
    return found


def _joined(mine: dict[Leaf, frozenset[str]], theirs: dict[Leaf, frozenset[str]]) -> dict[Leaf, frozenset[str]]:
    made = dict(mine)
    for leaf, keys in theirs.items():
        made[leaf] = made[leaf] | keys if leaf in made else keys
    return made


def _added(mine: dict[int, int] | None, theirs: dict[int, int]) -> dict[int, int]:
    if mine is None:
        return theirs
    made = dict(mine)
    for place, count in theirs.items():
        made[place] = made.get(place, 0) + count
    return made
