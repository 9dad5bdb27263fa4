"""How much speaks for segments of a path being values of one parameter, in points; see `Settings.score`.

It must not know where in a path they stand, nor how segments that are alike were found.
"""

import math
from collections.abc import Collection, Mapping, Sequence

from yett.engine.learning.likeness import EXPECTED, FEW_KEYS, Leaf, Likeness, Profile, chance_of_lacking, compare, share_of
from yett.engine.learning.segments import IDS, kind_of_segment
from yett.engine.learning.settings import Settings
from yett.engine.learning.trie import Node

VALUE_LIKE = frozenset(("token", "text", "number", "date", "version", "locale", "code", *IDS))
"""Kinds of segments that are more often values than names."""

_CERTAIN = VALUE_LIKE - {"token", "text", "version"}
"""Kinds that names hardly ever have: of tokens ("res12") and the others, a missing tail weighs in full."""

_SEEN_BESIDE_IDS = """
me self current all any search count export import batch bulk list latest recent default status health ping info config settings
stats summary metrics login logout validate verify test preview query find new create update delete
"""
_NAMES = frozenset(_SEEN_BESIDE_IDS.split())
"""Names that stand beside parameters in many APIs (own reading of public API descriptions)."""


_MOSTLY = 0.8

_MOST_FOR_NUMBER = 6
"""Points that there are for the number of segments at most."""

_JOINTS = frozenset("-._")

_BUSY = 3
"""How many times the calls of the middle one a word among slugs had, if it is a name."""

_FEW = 4
"""Segments from which on a tail can be seen."""

_TAIL = 0.3
_NO_TAIL = 0.1
"""Shares of segments called once from which on there is a long tail, and up to which there is none."""

_FORMED = 0.1
"""Share of the values beside them that have the same form, from which on that says something."""

_STRAYING = 0.03
"""Share of all calls that may be missing where they were expected, beyond chance, when segments are kin."""

_KNOWN = 5
"""Calls from which on an optional member of an answer has been seen: left out every second time, with a chance of 97 %."""

_SAME = 0.75
"""Share of all members seen that each of the well-known answers has, where shapes are the same."""

_UNLIKELY = 0.01
"""Chance, for all segments of a place together, up to which answers that lack one where others have theirs are no accident."""

_SAID = 3
"""Segments, or answers beside ids, that must stand in answers before one that does not is a name."""

_ECHO = 3.0
"""Points where answers repeat the segments that lead to them."""

Edge = tuple[str, Node, Profile]


class Cluster:
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


def outstanding(cluster: Cluster, forms: Mapping[str, float], settings: Settings) -> tuple[list[Edge], list[Edge]]:
    """(what may be values, what is called so much more than the others that it is a name)."""
    total = sum(profile.inside for _, _, profile in cluster.edges)
    middle = sorted(profile.inside for _, _, profile in cluster.edges)[len(cluster.edges) // 2]
    most_plain = sum(_plain(label) for label, _, _ in cluster.edges) >= (1 - _MOSTLY) * len(cluster.edges)
    codes = _share(cluster.edges, _CERTAIN) >= _MOSTLY
    values, names = [], []
    for edge in cluster.edges:
        label, _, profile = edge
        most = settings.dominant / 2 if label.lower() in _NAMES else settings.dominant
        busy = len(cluster.edges) > 1 and profile.inside >= settings.dominant_calls
        busy = busy and not (len(cluster.edges) < _FEW and _formed([edge], forms))
        odd = not most_plain and _plain(label) and profile.inside > _BUSY * middle
        dominant = profile.inside > most * total and not (codes and kind_of_segment(label) in _CERTAIN)
        if busy and (dominant or odd):
            names.append(edge)
        else:
            values.append(edge)
    return values, names


def points(
    values: list[Edge], cluster: Cluster, anchor: Profile | None, forms: Mapping[str, float], full: bool, settings: Settings
) -> float:
    """Points for one parameter; see `Settings.score`. forms: of values beside these that are values beyond doubt, with their
    shares (`form`)."""
    number = len(values)
    score = min(math.log2(number), _MOST_FOR_NUMBER)
    said = repeated(values, anchor, settings)
    if cluster.alike >= 0.5 * max(len(cluster.edges) - 1, 1):
        score += 1
    if anchor is not None:
        likeness = compare(anchor, cluster.profile, settings.like)
        if likeness.unlike:
            score -= 2
        else:
            score += 2 if likeness.alike else 1
    if full:
        score += 3
    named = sum(label.lower() in _NAMES for label, _, _ in values) / number
    score += 1.5 * max(_share(values, VALUE_LIKE), _formed(values, forms)) - 1.5 * named
    if said:
        return score + _ECHO
    if number >= settings.family and kin(values) >= settings.kin:
        return score
    return score + _spread(values, forms, full, settings)


def _spread(values: list[Edge], forms: Mapping[str, float], full: bool, settings: Settings) -> float:
    """What their calls say: values that people and programs pick have a long tail."""
    number = len(values)
    certain = _share(values, _CERTAIN)
    score = 0.0
    single = sum(profile.inside <= 1 for _, _, profile in values) / number
    if single >= 0.5:
        score += 1
    elif single >= _TAIL:
        score += 0.5
    elif not full and not (number < _FEW and _formed(values, forms) == 1):  # few have no tail to be seen
        score -= (4 - 2 * certain) * min((_TAIL - single) / (_TAIL - _NO_TAIL), 1)
    calls = sum(profile.inside for _, _, profile in values) / number
    if calls > settings.calls_per_value and not full:
        score -= 2 * (1 - certain)
    return score


def stray(
    edge: Edge, anchor: Profile, forms: Mapping[str, float], kinds: Collection[str], places: int, settings: Settings
) -> bool:
    """Whether a segment that seemed another thing is one of the values beside it after all: it looks like them, nothing is known
    of it that they have not, and what it lacks may be accident. Of many values, a few always seem odd. anchor, forms, kinds:
    of the values; places: how many segments there are."""
    label, _, profile = edge
    kind = kind_of_segment(label)
    if not (_formed([edge], forms) or (kind in _CERTAIN and kind in kinds)):
        return False
    calls = sum(profile.leaves.values())
    own = sum(count for leaf, count in profile.leaves.items() if leaf not in anchor.leaves)
    share = share_of(anchor, profile)
    if own > settings.strange * calls or 0 <= share < settings.like or compare(anchor, profile, settings.like).barred:
        return False
    return chance_of_lacking(anchor, profile) >= _UNLIKELY / places


def kin(edges: Sequence[Edge]) -> int:
    """Different shapes that the answers of segments have in common, at them or below, where all are called alike; 0 where any
    answers otherwise."""
    calls: dict[Leaf, int] = {}
    for _, _, profile in edges:
        for leaf, count in profile.leaves.items():
            calls[leaf] = calls.get(leaf, 0) + count
    whole = sum(calls.values())
    absent = 0.0
    for _, _, profile in edges:
        share = sum(profile.leaves.values()) / max(whole, 1)
        absent += sum(
            count * share for leaf, count in calls.items() if leaf not in profile.leaves and count * share >= EXPECTED
        )
    if absent > EXPECTED + _STRAYING * whole:
        return 0
    found: list[frozenset[str]] = []
    for leaf in sorted(calls):
        shown = [(profile.keys[leaf], profile.leaves[leaf]) for _, _, profile in edges if leaf in profile.keys]
        known = [keys for keys, count in shown if count >= _KNOWN]
        if known and min(map(len, known)) < _SAME * len(frozenset().union(*known)):
            return 0
        shape = frozenset[str]().union(*(keys for keys, _ in shown))
        if len(shown) >= 2 and len(shape) >= FEW_KEYS and not any(_one_shape(shape, other) for other in found):
            found.append(shape)
    return len(found)


def _one_shape(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= _SAME * len(one | other)


def silent(edges: Sequence[Edge], anchor: Profile | None, settings: Settings) -> set[str]:
    """Segments that never stand in their answers, where those beside them stand in theirs: names, such as "me" beside users."""
    found: set[str] = set()
    for leaf in {leaf for _, _, profile in edges for leaf in profile.echoes}:
        shown = [(label, *profile.echo(leaf)) for label, _, profile in edges if leaf in profile.echoes]
        quiet = [(label, looked) for label, said, looked in shown if not said]
        told = [(said, looked) for _, said, looked in shown if said]
        said, looked = (0, 0) if anchor is None else anchor.echo(leaf)
        clear = len(told) >= _SAID and len(told) >= settings.echo * (len(shown) - 1)
        if clear or (said >= _SAID and said >= settings.echo * looked):
            said, looked = said + sum(one for one, _ in told), looked + sum(one for _, one in told)
            chance = _UNLIKELY / len(shown)
            found.update(label for label, calls in quiet if (1 - said / (looked + 1)) ** calls <= chance)
    return found - {label for label, _, profile in edges if any(profile.echo(leaf)[0] for leaf in profile.echoes)}


def repeated(values: Sequence[Edge], anchor: Profile | None, settings: Settings) -> bool:
    """Whether answers repeat the segments that lead to them: two of these, or one as those beside it that are ids. Where another
    method of the same path never does, they may be names all the same."""
    found = False
    for leaf in {leaf for _, _, profile in values for leaf in profile.echoes}:
        shown = [profile.echo(leaf) for _, _, profile in values if leaf in profile.echoes]
        said = sum(one > 0 for one, _ in shown)
        before, looked = (0, 0) if anchor is None else anchor.echo(leaf)
        beside = before >= _SAID and before >= settings.echo * looked
        found = found or (said >= (1 if beside else 2) and said >= settings.echo * len(shown))
        if not said and not leaf[0] and sum(one for _, one in shown) >= _KNOWN:
            return False
    return found


def form(segment: str) -> str:
    """How letters, digits and others follow each other: "grace522" is "a9", "my-first-post" is "a-a-a"; at most 16 of them."""
    made = ""
    for letter in segment:
        kind = "a" if letter.isalpha() else "9" if letter.isdigit() else letter
        if made[-1:] != kind:
            made += kind
        if len(made) >= 16:
            break
    return made


def _formed(values: Sequence[Edge], forms: Mapping[str, float]) -> float:
    """The share of them that have the form of values beside them, and no name has."""
    return sum(form(label) != "a" and forms.get(form(label), 0.0) >= _FORMED for label, _, _ in values) / len(values)


def _share(edges: Sequence[Edge], kinds: frozenset[str]) -> float:
    return sum(kind_of_segment(label) in kinds for label, _, _ in edges) / len(edges)


def _plain(label: str) -> bool:
    """A word, perhaps behind a mark that makes it special ("~defaults", "_all")."""
    return label.lstrip("~_$!").isalpha()


def unlike_forms(one: str, other: str) -> bool:
    """Whether two segments are joined in different ways ("org.felix.http" and "my-first-post"): where nothing else is known of
    them, that tells them apart."""
    mine, theirs = _JOINTS.intersection(one), _JOINTS.intersection(other)
    return bool(mine) and bool(theirs) and not mine & theirs
