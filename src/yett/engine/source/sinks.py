"""Sinks of all rules, so that a call asks only a few. It must not know how values come there."""

from collections.abc import Mapping

from yett.rules.sourcing.sinks import Sink

CONSTRUCTOR = "=constructor"
"""In place of a callee: the constructor of any class whose objects are kept in a store."""


class Sinks:
    """Sinks of all rules by the last part of what they are called, so that a call asks only a few."""

    def __init__(self, rules: Mapping[str, tuple[Sink, ...]], cleaning: Mapping[str, Mapping[str, frozenset[str]]]) -> None:
        self._by_name: dict[str, list[tuple[str, Sink, str]]] = {}
        self.cleaning = {name: classes for named in cleaning.values() for name, classes in named.items()}
        for rule, sinks in rules.items():
            for sink in sinks:
                for call in sink.calls:
                    self._by_name.setdefault(call.rpartition(".")[2], []).append((rule, sink, call))

    def of(self, callee: str) -> list[tuple[str, Sink]]:
        """The sinks that a callee is, with the rule of each."""
        found = self._by_name.get(callee.rpartition(".")[2])
        return [(rule, sink) for rule, sink, call in found if fits(callee, call)] if found else []


def fits(callee: str, pattern: str) -> bool:
    """Whether a callee is the function that a pattern means; "*" at its beginning stands for anything."""
    return callee.endswith(pattern[1:]) if pattern.startswith("*") else callee == pattern
