"""A rule set compiled: rules in order, what makes each a candidate, and what is known without looking at any exchange.

`yett.rules.seclang.compile` makes it; `yett.rules.seclang.run` runs it. It must not know policies or guards.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from yett.rules.seclang.links import Link
from yett.rules.seclang.macros import Macro

if TYPE_CHECKING:
    from yett.rules.seclang.sifting import Sieve
    from yett.rules.seclang.transaction import Transaction

MOST_CHOICES = 4_096
"""Combinations of candidates that are remembered."""


class Hit(msgspec.Struct, frozen=True):
    """One rule that matched. name and value: of the last target that matched, after transformation. message and data: expanded;
    matched: the part of the value that did."""

    rule: "Ruling"
    name: bytes
    value: bytes
    message: bytes
    data: bytes
    matched: bytes = b""


class Ruling(msgspec.Struct, kw_only=True, eq=False):
    """One rule, with its chain.

    position: among all items of the rule set. variables_only: its outcome and effects depend on TX alone, so that it need not
    be run while no other rule has done anything. tx: the variables of TX where nothing has matched before.
    skip_to: position to go on from on a match, 0 for the next. verdict: "pass", "deny" or "allow"; allows: argument of allow.
    needs: the rule can only match where each of these masks has a bit in common with what was found; empty: always run.
    """

    id: int
    phase: int
    position: int
    links: tuple[Link, ...]
    variables_only: bool = False
    tx: Mapping[bytes, bytes] = {}
    skip_to: int = 0
    verdict: str = "pass"
    allows: str = ""
    status: int = 403
    logs: bool = True
    severity: int | None = None
    tags: tuple[str, ...] = ()
    message: Macro
    data: Macro
    needs: tuple[int, ...] = ()
    file: str = ""
    line: int = 0


class Gap(msgspec.Struct, frozen=True):
    """A rule, or a part of one, that is not run, and why."""

    rule: int
    what: str
    why: str
    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}: {self.why}"


class Program:
    """A compiled rule set. Immutable but for what it remembers of requests; shared by everything that runs it.

    phases: all rules to be run, by phase, in order. variables: state of TX at the end of each phase where nothing matched.
    gaps: what is not run. acts: False where the rules only observe (`SecRuleEngine DetectionOnly`).
    """

    def __init__(
        self,
        phases: Mapping[int, tuple[Ruling, ...]],
        variables: Mapping[int, Mapping[bytes, bytes]],
        sieve: "Sieve",
        start: "Transaction",
        gaps: tuple[Gap, ...],
    ) -> None:
        self.phases, self.variables, self.sieve, self.start, self.gaps = phases, variables, sieve, start, gaps
        self._chosen: dict[tuple[int, int], tuple[Ruling, ...]] = {}

    @property
    def rules(self) -> int:
        return sum(len(rulings) for rulings in self.phases.values())

    def chosen(self, phase: int, mask: int) -> tuple[Ruling, ...]:
        """What is to be run in a phase: candidates, and what depends on variables alone. Empty where there is no candidate."""
        known = self._chosen.get((phase, mask))
        if known is None:
            known = self._choose(phase, mask)
            if len(self._chosen) >= MOST_CHOICES:
                self._chosen.clear()
            self._chosen[phase, mask] = known
        return known

    def _choose(self, phase: int, mask: int) -> tuple[Ruling, ...]:
        found = [ruling for ruling in self.phases[phase] if ruling.variables_only or all(need & mask for need in ruling.needs)]
        return tuple(found) if any(not ruling.variables_only for ruling in found) else ()

    def chosen_if_changed(self, phase: int, mask: int) -> tuple[Ruling, ...]:
        """What is to be run in a phase where rules of earlier phases have changed variables."""
        found = self.chosen(phase, mask)
        return found or tuple(ruling for ruling in self.phases[phase] if ruling.variables_only)
