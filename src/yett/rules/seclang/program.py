"""A rule set compiled: rules in order, what makes each a candidate, and what is known without looking at any exchange.

`yett.rules.seclang.compile` makes it; `yett.rules.seclang.run` runs it. It must not know policies or guards.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from yett.rules.seclang.links import Link
from yett.rules.seclang.macros import Macro

if TYPE_CHECKING:
    from yett.rules.seclang.sifting import Sieve
    from yett.rules.seclang.transaction import Transaction

INBOUND = (b"blocking_inbound_anomaly_score", b"anomaly_score")
OUTBOUND = (b"blocking_outbound_anomaly_score", b"outbound_anomaly_score")
"""Variables in which CRS 4 and 3 keep the scores that count."""

READ = frozenset((*INBOUND, *OUTBOUND))
"""Variables of TX that are read when the rules are through."""

MOST_CHOICES = 4_096
"""Combinations of candidates that are remembered."""

MANY = 6
"""Rules whose judgement of a short value takes longer than one look for all of them."""


class Hit(msgspec.Struct, frozen=True):
    """One rule that matched. name and value: of the first target that matched, after transformation. message: expanded; pieces:
    those of what the rule logs besides; captured: what its last pattern found, there or in another value.

    Values may be long, and are looked at only where somebody asks.
    """

    rule: "Ruling"
    name: bytes
    value: bytes
    message: bytes
    pieces: tuple[bytes, ...]
    captured: bytes = b""

    @property
    def data(self) -> bytes:
        """What the rule logs besides its message, expanded."""
        return b"".join(self.pieces)


class Ruling(msgspec.Struct, kw_only=True, eq=False):
    """One rule, with its chain.

    position: among all items of the rule set. variables_only: its outcome and effects depend on TX alone, so that it need not
    be run while no other rule has done anything. tx: the variables of TX where nothing has matched before.
    only_spares: all that it does is to leave out other rules, or targets of theirs, so that it matters beside candidates only.
    skip_to: position to go on from on a match, 0 for the next. verdict: "pass", "deny" or "allow"; allows: argument of allow.
    needs: the rule can only match where each of these masks has a bit in common with what was found; empty: always run.
    """

    id: int
    phase: int
    position: int
    links: tuple[Link, ...]
    variables_only: bool = False
    only_spares: bool = False
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

    @property
    def allowed_until(self) -> int:
        """The phase from which on rules are run again after `allow`."""
        return {"phase": self.phase + 1, "request": 3}.get(self.allows.lower(), 5)


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
        self._chosen: dict[tuple[int, int], Choice] = {}

    @property
    def rules(self) -> int:
        return sum(len(rulings) for rulings in self.phases.values())

    def chosen(self, first: int, mask: int) -> "Choice":
        """What is to be run in the phase `first` and the one after it, which belong to the same half of the exchange."""
        known = self._chosen.get((first, mask))
        if known is None:
            known = self._choose(first, mask)
            if len(self._chosen) >= MOST_CHOICES:
                self._chosen.clear()
            self._chosen[first, mask] = known
        return known

    def _choose(self, first: int, mask: int) -> "Choice":
        found = [
            tuple(one for one in self.phases[phase] if one.variables_only or all(need & mask for need in one.needs))
            for phase in (first, first + 1)
            if phase in self.phases
        ]
        run = [one for rulings in found for one in rulings if not one.variables_only]
        return Choice(any(not one.only_spares for one in run), len(run) > MANY, *found)


class Choice(NamedTuple):
    """Rules of two phases, in order. candidates: whether any of them may do something where nothing has happened before; many:
    whether it pays to find out which of them may match which value, where there are many values too."""

    candidates: bool
    many: bool
    first: tuple[Ruling, ...]
    second: tuple[Ruling, ...] = ()
