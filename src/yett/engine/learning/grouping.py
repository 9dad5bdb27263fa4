"""Which of the segments at one place of a path are values of one parameter, and which are names of their own.

Ids by their look are values. Other segments are weighed: how many there are, how often each was called, whether the same code
answers them. Every number that decides is in the reason. It must not know more of the path than this place.
"""

import math
from functools import reduce

import msgspec

from yett.engine.learning.likeness import Likeness, Profile, View, compare, profile_of
from yett.engine.learning.segments import IDS, kind_of_segment
from yett.engine.learning.settings import Settings
from yett.engine.learning.trie import Node
from yett.engine.learning.weighing import VALUE_LIKE, Cluster, Edge, form, outstanding, points, silent, stray, unlike_forms

_DEEP = 3
"""Segments from which on "v2" is no version of an API."""

_AHEAD = 2
"""How many segments below are grouped, as if all siblings were one, before siblings are compared by what is below them."""

_ODATA_NAMES = "$all $batch $count $crossjoin $each $entity $filter $links $metadata $query $ref $root $value"
_ODATA = frozenset(_ODATA_NAMES.split())
"""Segments that OData gives a meaning (OData 4.01, part 2, chapter 4; "$links": OData 3)."""

_CLUSTERS = 40
"""Clusters that a segment is compared with, so that time is linear in their number."""

Children = dict[str, tuple[Node, ...]]


class Group(msgspec.Struct, frozen=True):
    """Edges that are one segment of a template. literal: whether that is `label`. affix: what stands around a parameter's value."""

    label: str
    nodes: tuple[Node, ...]
    labels: tuple[str, ...]
    literal: bool = False
    affix: tuple[str, str] = ("", "")
    text: str = ""
    numbers: dict[str, int | float | str] = {}


class Grouping:
    """settings: thresholds. What is known of a node is remembered: nodes must live, and stay as they are, as long as this does."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: dict[int, Profile] = {}
        self._views: dict[tuple[frozenset[int], int], View | None] = {}

    def groups(self, children: Children, full: bool, ahead: int = _AHEAD, depth: int = _DEEP) -> list[Group]:
        """The segments of templates at one place. children: by label of `trie.Node.edges`. full: whether there were more literals
        than a place may keep, so that it is a parameter beyond doubt. ahead: see `_AHEAD`. depth: segments before this place."""
        view = self._view([node for nodes in children.values() for node in nodes], ahead)
        versions = [label for label in children if _is_version(label, depth) and any(node.edges for node in children[label])]
        if not versions or len(versions) > self._settings.versions:
            return self._groups(children, full, view)
        numbers: dict[str, int | float | str] = {"versions": len(versions), "settings.versions": self._settings.versions}
        text = "is a version of what is below it, by its look and its place" if len(versions) > 1 else ""
        found = [Group(one, children[one], (one,), literal=True, text=text, numbers=numbers) for one in sorted(versions)]
        others = {label: nodes for label, nodes in children.items() if label not in set(versions)}
        return found + self._groups(others, full, view)

    def _view(self, nodes: list[Node], ahead: int) -> View | None:
        """What parameters are below nodes, if all of these are one segment: a word below one of them may be a value all the same,
        and that shows only where there are many."""
        if ahead <= 0:
            return None
        known = (frozenset(map(id, nodes)), ahead)
        if known not in self._views:
            self._views[known] = self._new_view(nodes, ahead)
        return self._views[known]

    def _new_view(self, nodes: list[Node], ahead: int) -> View | None:
        children: Children = {}
        full = False
        for node in nodes:
            full = full or node.full
            for label, child in node.edges.items():
                children[label] = (*children.get(label, ()), child)
        if not children:
            return None
        steps: dict[str, tuple[str, View | None]] = {}
        for group in self.groups(children, full, ahead - 1):
            below = self._view(list(group.nodes), ahead - 1)
            for label in group.labels:
                steps[label] = (group.label if group.literal else "{}".join(group.affix), below)
        return View(steps)

    def _groups(self, children: Children, full: bool, view: View | None) -> list[Group]:
        ids: dict[tuple[str, str], list[str]] = {}
        literals: list[str] = []
        found: list[Group] = []
        for label in sorted(children):
            if not label or label in _ODATA:  # "" is a trailing slash
                found.append(Group(label, children[label], (label,), literal=True))
            elif "{" not in label:
                literals.append(label)
            else:
                before, _, rest = label.partition("{")
                ids.setdefault((before, rest.partition("}")[2]), []).append(label)
        anchor = ids.pop(("", ""), [])
        for affix, labels in sorted(ids.items()):
            found.append(self._affixed(affix, labels, children, view))
        constant = self._constant(anchor, children, view)
        if constant is not None:
            found.append(constant)
            anchor = []
        lengths = _lengths(anchor, children)
        joined = [
            label
            for label in literals
            if "{" + kind_of_segment(label) + "}" in anchor
            or (len(label) in lengths and not label.islower() and label.replace("_", "").replace("-", "").isalnum())
        ]
        others = [label for label in literals if label not in set(joined)]
        profile = self._profile([*anchor, *joined], children, view) if anchor else None
        more, alone, reasons = self._literals(others, children, profile, [*anchor, *joined], full, view)
        joined += more
        found += alone
        if anchor or joined:
            text = "segments that are ids by their look" if anchor else "segments that the same code answers"
            found.append(
                _parameter([*anchor, *joined], children, ("", ""), text, {**_numbers(anchor, joined, children), **reasons})
            )
        return found

    def _busiest(self, node: Node) -> int:
        """Calls of the busiest operation below a node, when its children are grouped."""
        children: Children = {label: (child,) for label, child in node.edges.items()}
        return max(sum(self._of(below).inside for below in group.nodes) for group in self.groups(children, node.full, 0))

    def _of(self, node: Node, view: View | None = None) -> Profile:
        return profile_of(node, view, self._known, self._busiest)

    def _profile(self, labels: list[str], children: Children, view: View | None) -> Profile:
        profiles = [self._of(node, view) for label in labels for node in children[label]]
        return reduce(Profile.join, profiles)

    def _affixed(self, affix: tuple[str, str], labels: list[str], children: Children, view: View | None) -> Group:
        whole = self._constant(labels, children, view)
        if whole is None:
            return _parameter(labels, children, affix, "values with the same text around them")
        return whole

    def _literals(
        self,
        literals: list[str],
        children: Children,
        anchor: Profile | None,
        beyond: list[str],
        full: bool,
        view: View | None,
    ) -> tuple[list[str], list[Group], dict[str, int | float]]:
        """(those that are values, those that are not, the numbers that decided). Those that look like values come first: if they
        are, the others are compared with them. beyond: those that are values beyond doubt; anchor: their profile."""
        joined: list[str] = []
        apart: list[Edge] = []
        quiet: set[str] = set()
        numbers: dict[str, int | float] = {}
        valued = [label for label in literals if kind_of_segment(label) in VALUE_LIKE]
        for part in (valued, [label for label in literals if label not in set(valued)]):
            beside = anchor
            forms = _forms([*beyond, *joined], children)
            for cluster in self._clusters(part, children, view):
                values, names = outstanding(cluster, forms, self._settings)
                quiet |= silent(cluster.edges, anchor, self._settings)
                names += [edge for edge in values if edge[0] in quiet]
                values = [edge for edge in values if edge[0] not in quiet]
                score = points(values, cluster, beside, forms, full, self._settings) if values else -math.inf
                if anchor is not None and compare(anchor, cluster.profile, self._settings.like).barred:
                    score = -math.inf  # never one operation
                if score >= self._settings.score:
                    joined += [label for label, _, _ in values]
                    numbers |= {"score": round(score, 2), "settings.score": self._settings.score}
                    anchor = cluster.profile if anchor is None else anchor.join(cluster.profile)
                else:
                    names += values
                apart += names
        if anchor is not None:
            forms = _forms([*beyond, *joined], children)
            kinds = {label.partition("{")[2].partition("}")[0] or kind_of_segment(label) for label in (*beyond, *joined)}
            for edge in list(apart):
                if edge[0] not in quiet and stray(edge, anchor, forms, kinds, len(children), self._settings):
                    joined.append(edge[0])
                    apart.remove(edge)
                    numbers["strays"] = numbers.get("strays", 0) + 1
        return joined, [Group(label, children[label], (label,), literal=True) for label, _, _ in apart], numbers

    def _clusters(self, literals: list[str], children: Children, view: View | None) -> list[Cluster]:
        """The busiest first, so that the others find a profile that says something."""
        edges = [(label, children[label][0], self._profile([label], children, view)) for label in literals]
        edges.sort(key=lambda edge: (-edge[2].calls, edge[0]))
        found: list[Cluster] = []
        for edge in edges:
            best = Likeness(False, False, -2.0)
            chosen: Cluster | None = None
            for cluster in found[:_CLUSTERS]:
                likeness = compare(cluster.profile, edge[2], self._settings.like)
                if not likeness.alike and unlike_forms(cluster.edges[0][0], edge[0]):
                    continue
                if not likeness.unlike and (likeness.alike, likeness.share) > (best.alike, best.share):
                    best, chosen = likeness, cluster
            if chosen is None:
                found.append(Cluster(edge))
            else:
                chosen.take(edge, best)
        return found

    def _constant(self, anchor: list[str], children: Children, view: View | None) -> Group | None:
        """An id by its look that never varies, although it was called often, is a name."""
        if len(anchor) != 1:
            return None
        nodes = children[anchor[0]]
        values = {value for node in nodes if node.values is not None for _, (value, _) in node.values.sample}
        if len(values) != 1 or any(node.values is None or node.values.sample.full for node in nodes):
            return None
        profile = self._profile(anchor, children, view)
        kind = anchor[0].partition("{")[2].partition("}")[0]
        least = self._settings.literal_calls // (5 if kind == "opaque" else 1) if kind in IDS else 1
        if profile.inside < least:
            return None
        (value,) = values
        numbers: dict[str, int | float | str] = {"calls": profile.inside, "settings.literal_calls": least}
        return Group(value, nodes, (anchor[0],), literal=True, text="looks like an id, but never varies", numbers=numbers)


def _is_version(label: str, depth: int) -> bool:
    kind = kind_of_segment(label)
    return depth < _DEEP if kind == "version" else depth == 0 and kind in ("date", "release")


def _forms(labels: list[str], children: Children) -> dict[str, float]:
    """The forms of values, with their shares."""
    found: dict[str, int] = {}
    for label in labels:
        shared = [value for node in children[label] if node.values is not None for _, (value, _) in node.values.sample]
        for value in shared if "{" in label else [label]:
            found[form(value)] = found.get(form(value), 0) + 1
    whole = sum(found.values())
    return {name: count / whole for name, count in found.items()}


def _lengths(anchor: list[str], children: Children) -> frozenset[int]:
    """Of opaque values of ten characters and more, those that a quarter of them have: what is as long, and has capitals, is one of
    them, whatever it looks like."""
    found: dict[int, int] = {}
    for label in anchor:
        if label in ("{opaque}", "{ulid}"):
            for node in children[label]:
                for _, (value, _) in node.values.sample if node.values is not None else ():
                    found[len(value)] = found.get(len(value), 0) + 1
    least = sum(found.values()) / 4
    return frozenset(length for length, count in found.items() if length >= 10 and count >= least)


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
