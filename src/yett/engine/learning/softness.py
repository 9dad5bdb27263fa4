"""Hosts that answer everything: one and the same answer at many unrelated places means that there is nothing (soft 404).

Pages of single-page applications, login pages and friendly error pages are given with status 200. It must not know templates.
"""

from yett.engine.learning.settings import Settings
from yett.engine.learning.traffic import Traffic
from yett.engine.learning.trie import Node, Trie


class Softness:
    """Which answers of a tree say that nothing is there. Pages (HTML, or of unknown type) from `Settings.soft_paths` places on."""

    def __init__(self, trie: Trie, settings: Settings) -> None:
        places: dict[int, set[tuple[str, ...]]] = {}
        for labels, method, _, traffic in trie.leaves():
            if method in ("GET", "HEAD"):
                for fingerprint, answer in traffic.answers.entries.items():
                    if answer.page:
                        places.setdefault(fingerprint, set()).add(labels)
        self.answers = frozenset(one for one, found in places.items() if len(found) >= settings.soft_paths)

    def covers_all(self, node: Node) -> bool:
        """Whether there is nothing at a place, nor below."""
        if not self.answers:
            return False
        leaves = all(self.covers(traffic) for traffic in node.leaves.values())
        return leaves and all(self.covers_all(child) for child in node.edges.values())

    def covers(self, traffic: Traffic) -> bool:
        """Whether an operation has such answers only."""
        entries = traffic.answers.entries
        return bool(entries) and not traffic.answers.full and entries.keys() <= self.answers
