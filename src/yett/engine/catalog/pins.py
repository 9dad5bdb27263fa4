"""Templates that somebody said, found by path: people's corrections, routes of gateways and frameworks, contracts.

The most specific template from the left wins, as routers choose; of equal ones, the one further up in the order of truth. It must
not know what is pinned to a template.
"""

from collections.abc import Iterator
from enum import IntEnum
from typing import Generic, TypeVar

import msgspec

from yett.engine.catalog.templates import PARAMETER, holds, is_parameter, segments

Value = TypeVar("Value")

STEPS = 4_096
"""Places looked at for one path. Templates of real services need one per segment."""


class Rank(IntEnum):
    """The order of truth for templates: what is lower is believed first."""

    PERSON = 0
    CODE = 1
    GATEWAY = 2
    CONTRACT = 3


class Pin(msgspec.Struct, frozen=True, eq=False):
    """A template that holds for a method ("" for all) and, where it says so, for one operation below the path only."""

    template: str
    rank: Rank
    method: str = ""
    named: str = ""

    def takes(self, method: str, named: str) -> bool:
        return self.method in ("", method) and self.named in ("", named)


class _Node(Generic[Value]):
    __slots__ = ("literals", "parameter", "partial", "values")

    def __init__(self) -> None:
        self.literals: dict[str, _Node[Value]] = {}
        self.partial: dict[str, _Node[Value]] = {}  # by their shape, such as "{}.json"
        self.parameter: _Node[Value] | None = None
        self.values: list[Value] = []


class Templates(Generic[Value]):
    """Values by template."""

    def __init__(self) -> None:
        self._root: _Node[Value] = _Node()

    def add(self, template: str, value: Value) -> None:
        node = self._root
        for segment in segments(template):
            if is_parameter(segment):
                if node.parameter is None:
                    node.parameter = _Node()
                node = node.parameter
            elif "{" in segment:
                node = node.partial.setdefault(PARAMETER.sub("{}", segment), _Node())
            else:
                node = node.literals.setdefault(segment, _Node())
        node.values.append(value)

    def find(self, path: str) -> Iterator[Value]:
        """Values of all templates that hold a path, or all paths of a template; the most specific first."""
        wanted = segments(path)
        pending = [(self._root, 0)]
        steps = 0
        while pending and steps < STEPS:
            steps += 1
            node, depth = pending.pop()
            if depth == len(wanted):
                yield from node.values
                continue
            segment = wanted[depth]
            if node.parameter is not None and segment:
                pending.append((node.parameter, depth + 1))
            pending.extend(
                (below, depth + 1) for shape, below in sorted(node.partial.items(), reverse=True) if holds(shape, segment)
            )
            found = node.literals.get(segment)
            if found is not None:
                pending.append((found, depth + 1))


class Pins:
    """All pins of one service."""

    def __init__(self, pins: list[Pin]) -> None:
        self._found: Templates[Pin] = Templates()
        for pin in pins:
            self._found.add(pin.template, pin)

    def find(self, path: str, method: str, named: str = "") -> Pin | None:
        """The pin that says what the template of this path is. A person's word goes before everything, then the most specific."""
        best: Pin | None = None
        for pin in self._found.find(path):
            if not pin.takes(method, named):
                continue
            if pin.rank is Rank.PERSON:
                return pin
            best = best or pin
        return best
