"""What follows from the rules alone, before any exchange is seen: which rules can never run, which depend on nothing but
variables, and the state of those variables where nothing has matched yet.

The rules are gone through once per phase as if no rule that looks at the exchange ever matched. Variables that such rules may
set are taken for unknown; as that changes what is known, the walk is repeated until nothing changes. It must not know paranoia
levels, scores or any other convention of a rule set: they fold away because they are constant.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from yett.formats.seclang.values import Control, Item, Marker, SecAction, SecRule
from yett.rules.seclang.facts import LinkFacts, Names, facts, variables_only, written
from yett.rules.seclang.links import DIGITS, Link
from yett.rules.seclang.program import Gap, Ruling
from yett.rules.seclang.transaction import Transaction

PHASES = (1, 2, 3, 4, 5)

_ROUNDS = 20


class Kept(msgspec.Struct):
    """A rule that has to be run. first: links before this one always match and do nothing; facts: of all its links."""

    ruling: Ruling
    first: int
    facts: list[LinkFacts]


class Folded(msgspec.Struct):
    """kept: by phase, in order. tx: the variables where nothing ever matched, by phase, at its end. start: a transaction on which
    everything that always happens (`ctl`) has happened; unknown: variables that depend on the exchange; steered: positions of rules
    that would always match, did not other rules remove them, or their targets, for some exchanges."""

    kept: dict[int, list[Kept]]
    tx: dict[int, Mapping[bytes, bytes]]
    start: Transaction
    unknown: Names
    steered: frozenset[int]


Meant = Callable[[Control], frozenset[int]]
"""Positions of the rules that a control removes, or of which it leaves out targets."""


class Contradiction(ValueError):
    """The rules stop every exchange. `ruling`: the rule that does."""

    def __init__(self, ruling: Ruling, message: str) -> None:
        super().__init__(f"rule {ruling.id} stops every request: {message}")
        self.ruling = ruling


def blank(tx: Mapping[bytes, bytes]) -> Transaction:
    t = Transaction(b"", b"", b"", ())
    t.tx, t.clean = dict(tx), False
    return t


def fold(
    items: Sequence[Item], rulings: Mapping[int, Ruling], pinned: Mapping[bytes, bytes], gaps: list[Gap], meant: Meant
) -> Folded:
    """Go through `items`; `rulings` has those that can be run, by position. Raises Contradiction."""
    known = {}
    removals = {}
    for position in rulings:
        item = items[position]
        if not isinstance(item, Marker):
            known[position] = facts(item)
            removals[position] = [positions for positions in map(meant, _removals(item)) if positions]
    unknown = Names()
    for digit in DIGITS:
        unknown.add_name(digit)
    for _ in range(_ROUNDS):
        before = unknown.size()
        walk = _Walk(items, rulings, known, removals, pinned, unknown)
        walk.all_phases()
        if unknown.size() == before:
            break
    gaps += walk.gaps
    return Folded(walk.kept, walk.ends, walk.t, unknown, frozenset(walk.steered))


def _sets_engine(item: Item) -> bool:
    """Whether a rule may say that others only observe, so that they allow nothing."""
    links = () if isinstance(item, Marker) else (item, *getattr(item, "chained", ()))
    return any(control.name == "ruleengine" for link in links for control in link.controls)


def _removals(item: SecRule | SecAction) -> Iterator[Control]:
    """The controls that may change whether another rule, which looks at nothing but variables, matches."""
    for link in (item, *getattr(item, "chained", ())):
        for control in link.controls:
            if control.name.startswith("ruleremove") and (control.target is None or control.target.collection == "TX"):
                yield control


class _Walk:
    def __init__(
        self,
        items: Sequence[Item],
        rulings: Mapping[int, Ruling],
        known: Mapping[int, list[LinkFacts]],
        removals: Mapping[int, Sequence[frozenset[int]]],
        pinned: Mapping[bytes, bytes],
        unknown: Names,
    ) -> None:
        self.items, self.rulings, self.known, self.removals, self.unknown = items, rulings, known, removals, unknown
        self.removed: list[frozenset[int]] = []
        self.steered: set[int] = set()
        self.allowed_until = 0
        self.engine_changes = False
        self.t = blank(pinned)
        self.kept: dict[int, list[Kept]] = {phase: [] for phase in PHASES}
        self.ends: dict[int, Mapping[bytes, bytes]] = {}
        self.gaps: list[Gap] = []
        self.state: Mapping[bytes, bytes] = dict(pinned)
        self.uncertain_until = 0
        self.idle_until = 0
        self.gate: Ruling | None = None
        self.looked = False

    def all_phases(self) -> None:
        for phase in PHASES:
            self.t.phase = phase
            self.uncertain_until = self.idle_until = 0
            position = 0
            while position < len(self.items):
                ruling = self.rulings.get(position)
                if ruling is not None and phase == ruling.phase >= self.allowed_until and position not in self.t.removed:
                    position = self.one(ruling) or position
                position += 1
            self.ends[phase] = self.state

    def one(self, ruling: Ruling) -> int:
        """Keep the rule or not. The position before which to go on, or 0."""
        found = self.known[ruling.position]
        decided = self._decided(ruling, found)
        if decided == 0:
            return 0
        if decided == len(ruling.links):
            if not self._may_be_removed(ruling, found):
                return self._certain(ruling, found)
            self.steered.add(ruling.position)
        if variables_only(found) and not self._tells(ruling, found):
            self._changes(found)
            ruling.variables_only, ruling.tx = True, self.state
            self._keep(ruling, 0, found)
            if self._run(ruling) and ruling.skip_to:
                self.idle_until, self.gate = max(self.idle_until, ruling.skip_to), ruling
            self.uncertain_until = max(self.uncertain_until, ruling.skip_to)
            return 0
        return self._dynamic(ruling, found, 0 if decided in (None, len(ruling.links)) else decided)

    def _may_be_removed(self, ruling: Ruling, found: list[LinkFacts]) -> bool:
        """Whether, for some exchanges, a rule that always matches is removed, and not all that it skips with it."""
        skipped = {position for position in range(ruling.position + 1, ruling.skip_to) if self._in(position, ruling.phase)}
        does = ruling.verdict != "pass" or any(link.writes or link.acts for link in found)
        return any(ruling.position in one and (does or not skipped <= one) for one in self.removed)

    def _in(self, position: int, phase: int) -> bool:
        ruling = self.rulings.get(position)
        return ruling is not None and ruling.phase == phase

    def _tells(self, ruling: Ruling, found: list[LinkFacts]) -> bool:
        """Whether a rule that looks at variables alone does more than set others, or sets them by the exchange, where nothing else
        has matched, so that it is to be run always."""
        if not (ruling.logs or ruling.verdict == "allow" or any(link.acts or link.sources.exchange for link in found)):
            return False
        if ruling.position < self.idle_until or ruling.verdict == "deny":
            return False
        trial = blank(self.state)
        return all(link.matches(trial, -1) for link in ruling.links)

    def _dynamic(self, ruling: Ruling, found: list[LinkFacts], first: int) -> int:
        ruling.variables_only, ruling.tx = False, self.state
        self.looked = True
        if self.gate is not None and ruling.position < self.idle_until:
            self.gate.variables_only = False  # what it skips looks at the exchange, so it is always to be asked
        self._changes(found)
        self._keep(ruling, first, found)
        if ruling.skip_to:
            self.uncertain_until = max(self.uncertain_until, ruling.skip_to)
        return 0

    def _decided(self, ruling: Ruling, found: list[LinkFacts]) -> int | None:
        """0: it cannot match. The number of all links: it always does. Another number: that many links at the beginning always
        match and do nothing. None: nothing is known."""
        certain = 0
        for index, link in enumerate(found):
            depends = link.reads.exchange or self.unknown.read_by(link.reads) or link.reads.earlier
            if depends:
                break
            if not self._matches(ruling.links[index]):
                return 0
            certain += 1
        if certain == len(found):
            return None if self._reads_exchange(found) else certain
        acting = (at for at, link in enumerate(found[:certain]) if link.writes or link.acts or link.captures)
        idle = next(acting, certain)
        if any(link.reads.earlier for link in found[1:]):
            idle = 0
        if not idle and not certain and any(self._impossible(ruling.links[at], link) for at, link in enumerate(found)):
            return 0 if not any(link.writes or link.acts for link in found) else None
        return idle or None

    def _impossible(self, link: Link, known: LinkFacts) -> bool:
        """Whether a link that does not depend on the exchange never matches."""
        reads = known.reads
        if reads.exchange or reads.earlier or self.unknown.read_by(reads):
            return False
        return not self._matches(link)

    def _reads_exchange(self, found: list[LinkFacts]) -> bool:
        """Whether what the rule sets depends on the exchange, though that it matches does not."""
        return any(link.sources.exchange or self.unknown.read_by(link.sources) or link.captures for link in found)

    def _matches(self, link: Link) -> bool:
        bare = msgspec.structs.replace(link, effects=(), captures=False)
        return bare.matches(self.t, -1)

    def _certain(self, ruling: Ruling, found: list[LinkFacts]) -> int:
        """A rule that always matches, and always with the same effects."""
        if self.uncertain_until > ruling.position:
            if ruling.skip_to > self.uncertain_until or ruling.verdict != "pass" or any(link.acts for link in found):
                return self._dynamic(ruling, found, 0)
            self._changes(found)
        if ruling.verdict == "deny" and self.t.acts:
            raise Contradiction(ruling, (ruling.message.constant or b"").decode("utf-8", "replace"))
        if ruling.verdict == "allow" and self.engine_changes:
            return self._dynamic(ruling, found, 0)
        if ruling.verdict == "allow" and self.t.acts:
            self.allowed_until = ruling.allowed_until
        if ruling.logs and not ruling.skip_to:
            return self._dynamic(ruling, found, 0)
        wrote = list(written(found))
        if (wrote and self.looked) or any(name in self.unknown for name in wrote):
            ruling.variables_only, ruling.tx = True, self.state
            self._keep(ruling, 0, found)
        self._run(ruling)
        return ruling.skip_to - 1 if ruling.skip_to else 0

    def _run(self, ruling: Ruling) -> bool:
        """On the variables where nothing else has matched. Whether the rule matches there."""
        if ruling.position < self.idle_until:
            return False
        self.t.matched = []
        matched = all(link.matches(self.t, -1) for link in ruling.links)
        if matched and ruling.verdict == "deny" and self.t.acts:
            raise Contradiction(ruling, "as things stand before it has looked at anything")
        if self.t.tx != self.state:
            self.state = dict(self.t.tx)
        return matched

    def _changes(self, found: list[LinkFacts]) -> None:
        for name in written(found):
            self.unknown.add_name(name)

    def _keep(self, ruling: Ruling, first: int, found: list[LinkFacts]) -> None:
        self.removed += self.removals[ruling.position]
        self.engine_changes = self.engine_changes or _sets_engine(self.items[ruling.position])
        self.kept[ruling.phase].append(Kept(ruling, first, found))
