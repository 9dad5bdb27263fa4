"""Hosts that answer everything: one and the same answer at many unrelated places means that there is nothing (soft 404).

Pages of single-page applications, login pages and friendly error pages are given with status 200; other hosts answer every path
with one JSON object that says so, or that repeats the path. It must not know templates.
"""

from yett.engine.learning.likeness import keys_of
from yett.engine.learning.segments import kind_of_segment
from yett.engine.learning.settings import Settings
from yett.engine.learning.traffic import Traffic
from yett.engine.learning.trie import Node, Trie

_FOREIGN = (".php", ".asp", ".aspx", ".jsp", ".cgi", ".env", ".sql", ".bak", ".zip")
"""How paths of scanners end: programs and files that no host has all of (own reading of public access logs)."""

_SIBLINGS = 3
"""Places below one parent that count as unrelated, at most: more of them may be one operation, whose answers are alike. The root
has no such bound, because that is where scanners guess."""

_HIDDEN = frozenset((".well-known",))
"""Segments with a dot before them that hosts do serve (RFC 8615)."""


class Softness:
    """Which answers of a tree say that nothing is there. Pages (HTML, or of unknown type) from `Settings.soft_paths` places on;
    answers of one shape, at `Settings.soft_probes` places that scanners ask for and no host has all of."""

    def __init__(self, trie: Trie, settings: Settings) -> None:
        places: dict[int, set[tuple[str, ...]]] = {}
        shapes: dict[frozenset[str], set[tuple[str, ...]]] = {}
        for labels, method, _, traffic in trie.leaves():
            if method not in ("GET", "HEAD"):
                continue
            for fingerprint, answer in traffic.answers.entries.items():
                if answer.page:
                    places.setdefault(fingerprint, set()).add(tuple(map(_shared, labels)))
            if _foreign(labels):
                keys = keys_of(traffic)
                if keys:
                    shapes.setdefault(keys, set()).add(labels)
        self.answers = frozenset(one for one, found in places.items() if _unrelated(found) >= settings.soft_paths)
        self.shapes = frozenset(one for one, found in shapes.items() if len(found) >= settings.soft_probes)

    def covers_all(self, node: Node) -> bool:
        """Whether there is nothing at a place, nor below."""
        if not self.answers and not self.shapes:
            return False
        leaves = all(self.covers(traffic) for traffic in node.leaves.values())
        return leaves and all(self.covers_all(child) for child in node.edges.values())

    def covers(self, traffic: Traffic) -> bool:
        """Whether an operation has such answers only."""
        if self.shapes and keys_of(traffic) in self.shapes:
            return True
        entries = traffic.answers.entries
        return bool(entries) and not traffic.answers.full and entries.keys() <= self.answers


def _shared(label: str) -> str:
    return "{number}" if label.isdigit() else label


def _unrelated(places: set[tuple[str, ...]]) -> int:
    """How many places have nothing to do with each other."""
    below: dict[tuple[str, ...], int] = {}
    for labels in places:
        below[labels[:-1]] = below.get(labels[:-1], 0) + 1
    return sum(number if not parent else min(number, _SIBLINGS) for parent, number in below.items())


def _foreign(labels: tuple[str, ...]) -> bool:
    last = labels[-1].lower() if labels else ""
    hidden = any(label[:1] == "." and label not in _HIDDEN and kind_of_segment(label) != "number" for label in labels)
    return hidden or last.endswith(_FOREIGN)
