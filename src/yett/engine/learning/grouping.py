"""Which of the segments at one place of a path are values of one parameter, and which are names of their own.

Ids by their look are values. Other segments are weighed: how many there are, how often each was called, whether the same code
answers them. Every number that decides is in the reason. It must not know more of the path than this place.
"""

import math
from functools import reduce

import msgspec

from yett.engine.learning.likeness import Likeness, Profile, compare, profile_of
from yett.engine.learning.segments import IDS, kind_of_segment
from yett.engine.learning.settings import Settings
from yett.engine.learning.trie import Node

_VALUE_LIKE = frozenset(("token", "text", "number", "date", "version", "locale", "code", *IDS))
"""Kinds of segments that are more often values than names."""

_EITHER = frozenset(("token", "text", "version"))
"""Of these, kinds that names have, too ("res12"), so that a missing tail weighs in full."""

_SEEN_BESIDE_IDS = """
me self current all any search count export import batch bulk list latest recent default status health ping info config settings
stats summary metrics login logout validate verify test preview query find new create update delete
"""
_NAMES = frozenset(_SEEN_BESIDE_IDS.split())
"""Names that stand beside parameters in many APIs (own reading of public API descriptions)."""


_MOSTLY = 0.8

_MOST_FOR_NUMBER = 6
"""Points that there are for the number of segments at most."""

_BUSY = 3
"""How many times the calls of the middle one a word among slugs had, if it is a name."""

_CLUSTERS = 40
"""Clusters that a segment is compared with, so that time is linear in their number."""

Children = dict[str, tuple[Node, ...]]

Edge = tuple[str, Node, Profile]


class Group(msgspec.Struct, frozen=True):
    """Edges that are one segment of a template. literal: whether that is `label`. affix: what stands around a parameter's value."""

    label: str
    nodes: tuple[Node, ...]
    labels: tuple[str, ...]
    literal: bool = False
    affix: tuple[str, str] = ("", "")
    text: str = ""
    numbers: dict[str, int | float | str] = {}


class _Cluster:
    """Literals that may be one parameter, as nothing speaks against it. profile: of the busiest, and what only others show.
    alike: how many of the others are, see `Likeness`."""

    __slots__ = ("alike", "edges", "profile")

    def __init__(self, edge: Edge) -> None:
        self.edges = [edge]
        self.profile = edge[2]
        self.alike = 0

    def take(self, edge: Edge, likeness: Likeness) -> None:
        self.edges.append(edge)
        self.profile = self.profile.filled(edge[2])
        self.alike += likeness.alike


class Grouping:
    """settings: thresholds. What is known of a node is remembered: nodes must live, and stay as they are, as long as this does."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: dict[int, Profile] = {}

    def groups(self, children: Children, full: bool) -> list[Group]:
        """The segments of templates at one place. children: by label of `trie.Node.edges`. full: whether there were more literals
        than a place may keep, so that it is a parameter beyond doubt."""
        ids: dict[tuple[str, str], list[str]] = {}
        literals: list[str] = []
        found: list[Group] = []
        for label in sorted(children):
            if not label or label[0] == "$":  # a trailing slash; "$count" of OData 4, 11.2
                found.append(Group(label, children[label], (label,), literal=True))
            elif "{" not in label:
                literals.append(label)
            else:
                before, _, rest = label.partition("{")
                ids.setdefault((before, rest.partition("}")[2]), []).append(label)
        anchor = ids.pop(("", ""), [])
        for affix, labels in sorted(ids.items()):
            found.append(self._affixed(affix, labels, children))
        constant = self._constant(anchor, children)
        if constant is not None:
            found.append(constant)
            anchor = []
        lengths = _lengths(anchor, children)
        joined = [
            label
            for label in literals
            if "{" + kind_of_segment(label) + "}" in anchor
            or (len(label) in lengths and not label.islower() and label.isalnum())
        ]
        others = [label for label in literals if label not in set(joined)]
        profile = self._profile([*anchor, *joined], children) if anchor else None
        more, alone, reasons = self._literals(others, children, profile, full)
        joined += more
        found += alone
        if anchor or joined:
            text = "segments that are ids by their look" if anchor else "segments that the same code answers"
            found.append(_parameter([*anchor, *joined], children, ("", ""), text, _numbers(anchor, joined, children) | reasons))
        return found

    def _busiest(self, node: Node) -> int:
        """Calls of the busiest operation below a node, when its children are grouped."""
        children: Children = {label: (child,) for label, child in node.edges.items()}
        return max(sum(self._of(below).inside for below in group.nodes) for group in self.groups(children, node.full))

    def _of(self, node: Node) -> Profile:
        return profile_of(node, self._known, self._busiest)

    def _profile(self, labels: list[str], children: Children) -> Profile:
        profiles = [self._of(node) for label in labels for node in children[label]]
        return reduce(Profile.join, profiles)

    def _affixed(self, affix: tuple[str, str], labels: list[str], children: Children) -> Group:
        whole = self._constant(labels, children)
        if whole is None:
            return _parameter(labels, children, affix, "values with the same text around them")
        return whole

    def _literals(
        self, literals: list[str], children: Children, anchor: Profile | None, full: bool
    ) -> tuple[list[str], list[Group], dict[str, int | float | str]]:
        """(those that are values, those that are not, the numbers that decided). Those that look like values come first: if they
        are, the others are compared with them."""
        joined: list[str] = []
        alone: list[Group] = []
        numbers: dict[str, int | float | str] = {}
        valued = [label for label in literals if kind_of_segment(label) in _VALUE_LIKE]
        for part in (valued, [label for label in literals if label not in set(valued)]):
            beside = anchor
            for cluster in self._clusters(part, children):
                values, names = _outstanding(cluster, self._settings)
                score = _score(values, cluster, beside, full, self._settings) if values else -math.inf
                if anchor is not None and compare(anchor, cluster.profile, self._settings.like).barred:
                    score = -math.inf  # never one operation
                if score >= self._settings.score:
                    joined += [label for label, _, _ in values]
                    numbers |= {"score": round(score, 2), "settings.score": self._settings.score}
                    anchor = cluster.profile if anchor is None else anchor.join(cluster.profile)
                else:
                    names += values
                alone += [Group(label, children[label], (label,), literal=True) for label, _, _ in names]
        return joined, alone, numbers

    def _clusters(self, literals: list[str], children: Children) -> list[_Cluster]:
        """The busiest first, so that the others find a profile that says something."""
        edges = [(label, children[label][0], self._profile([label], children)) for label in literals]
        edges.sort(key=lambda edge: (-edge[2].calls, edge[0]))
        found: list[_Cluster] = []
        for edge in edges:
            best = Likeness(False, False, -2.0)
            chosen: _Cluster | None = None
            for cluster in found[:_CLUSTERS]:
                likeness = compare(cluster.profile, edge[2], self._settings.like)
                if not likeness.unlike and (likeness.alike, likeness.share) > (best.alike, best.share):
                    best, chosen = likeness, cluster
            if chosen is None:
                found.append(_Cluster(edge))
            else:
                chosen.take(edge, best)
        return found

    def _constant(self, anchor: list[str], children: Children) -> Group | None:
        """An id by its look that never varies, although it was called often, is a name."""
        if len(anchor) != 1:
            return None
        nodes = children[anchor[0]]
        values = {value for node in nodes if node.values is not None for _, (value, _) in node.values.sample}
        if len(values) != 1 or any(node.values is None or node.values.sample.full for node in nodes):
            return None
        profile = self._profile(anchor, children)
        kind = anchor[0].partition("{")[2].partition("}")[0]
        least = self._settings.literal_calls // (5 if kind == "opaque" else 1) if kind in IDS else 1
        if profile.inside < least:
            return None
        (value,) = values
        numbers: dict[str, int | float | str] = {"calls": profile.inside, "settings.literal_calls": least}
        return Group(value, nodes, (anchor[0],), literal=True, text="looks like an id, but never varies", numbers=numbers)


def _outstanding(cluster: _Cluster, settings: Settings) -> tuple[list[Edge], list[Edge]]:
    """(what may be values, what is called so much more than the others that it is a name)."""
    total = sum(profile.inside for _, _, profile in cluster.edges)
    middle = sorted(profile.inside for _, _, profile in cluster.edges)[len(cluster.edges) // 2]
    words = sum(kind_of_segment(label) == "word" for label, _, _ in cluster.edges)
    odd = words < (1 - _MOSTLY) * len(cluster.edges)  # words among slugs
    values, names = [], []
    for edge in cluster.edges:
        label, _, profile = edge
        most = settings.dominant / 2 if label.lower() in _NAMES else settings.dominant
        busy = len(cluster.edges) > 1 and profile.inside >= settings.dominant_calls
        among_slugs = odd and kind_of_segment(label) == "word" and profile.inside > _BUSY * middle
        if busy and (profile.inside > most * total or among_slugs):
            names.append(edge)
        else:
            values.append(edge)
    return values, names


def _score(values: list[Edge], cluster: _Cluster, anchor: Profile | None, full: bool, settings: Settings) -> float:
    """Points for one parameter; see `Settings.score`."""
    number = len(values)
    score = min(math.log2(number), _MOST_FOR_NUMBER)
    alike = cluster.alike / max(len(cluster.edges) - 1, 1)
    if alike >= 0.5:
        score += 1
    if anchor is not None:
        likeness = compare(anchor, cluster.profile, settings.like)
        if likeness.unlike:
            score -= 2
        else:
            score += 2 if likeness.alike else 1
    if full:
        score += 3
    valued = sum(kind_of_segment(label) in _VALUE_LIKE for label, _, _ in values) / number
    certain = sum(kind_of_segment(label) in _VALUE_LIKE - _EITHER for label, _, _ in values) / number
    named = sum(label.lower() in _NAMES for label, _, _ in values) / number
    score += 1.5 * valued - 1.5 * named
    single = sum(profile.inside <= 1 for _, _, profile in values) / number
    if single >= 0.5:
        score += 1
    elif single >= 0.25:
        score += 0.5
    elif single <= 0.1 and not full:
        score -= 4 - 2 * certain
    calls = sum(profile.inside for _, _, profile in values) / number
    if calls > settings.calls_per_value and not full:
        score -= 2 * (1 - certain)
    return score


def _lengths(anchor: list[str], children: Children) -> frozenset[int]:
    """Of opaque values of ten characters and more: what is as long, and has capitals, is one of them, whatever it looks like."""
    found = set()
    for label in anchor:
        if label in ("{opaque}", "{ulid}"):
            for node in children[label]:
                found |= (
                    {len(value) for _, (value, _) in node.values.sample if len(value) >= 10 and value[0] != "{"}
                    if node.values
                    else set()
                )
    return frozenset(found) if len(found) <= 2 else frozenset()


def _parameter(
    labels: list[str],
    children: Children,
    affix: tuple[str, str],
    text: str,
    numbers: dict[str, int | float | str] | None = None,
) -> Group:
    nodes = tuple(node for label in labels for node in children[label])
    return Group("", nodes, tuple(labels), False, affix, text, numbers or {})


def _numbers(anchor: list[str], joined: list[str], children: Children) -> dict[str, int | float | str]:
    ids = sum(node.values.distinct.estimate() for label in anchor for node in children[label] if node.values is not None)
    calls = sum(node.count for label in (*anchor, *joined) for node in children[label])
    found: dict[str, int | float | str] = {"values": ids + len(joined), "calls": calls}
    if joined:
        found["words"] = len(joined)
    return found
