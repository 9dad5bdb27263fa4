"""How one operation is authenticated, who calls it, and what its exchanges give away: a fold, mergeable and free of order.

Authentication is a ratio over *successful* answers of which a credential, or its absence, could be seen; refused calls are counted
beside it, because they prove that somebody checks. It must not know how credentials look, nor hold any.
"""

from typing import Any, Literal

import msgspec

from yett.engine.learning.callers import Caller
from yett.engine.learning.seen import Seen
from yett.engine.learning.signals import Signals
from yett.engine.learning.sketches import Distinct, Sample, hash64
from yett.model.catalog import Authentication, Consumer

CONSUMERS = 64
"""Consumers of one operation that are told one by one, by default: those with the smallest keyed hashes. About 300 bytes each."""

CARRIERS = 32
"""Names of places that carry credentials, of one operation: callers can make up names."""

CONSISTENT = 0.95
"""Ratio from which authentication is called consistent (project document FIELD.md, section 2)."""

Verdict = Literal["consistent", "partial", "none"]

_Count = list[int]
"""[successful and judged, successful but not judged, 401, 403, other answers]"""

_REFUSED = {401: 2, 403: 3}
"""Places in a `_Count`; 4 for any other."""


class Party(msgspec.Struct, array_like=True):
    """One consumer: how often it called, when first and last (infinities where no time is known), and successful calls."""

    kind: str
    label: str
    count: int
    first: float
    last: float
    accepted: int

    def add(self, other: "Party") -> "Party":
        return Party(
            max(self.kind, other.kind),
            max(self.label, other.label),
            self.count + other.count,
            min(self.first, other.first),
            max(self.last, other.last),
            self.accepted + other.accepted,
        )

    def absorb(self, other: "Party") -> None:
        """Take in the numbers of another, not its names."""
        self.count += other.count
        self.accepted += other.accepted
        if other.first < self.first:
            self.first = other.first
        if other.last > self.last:
            self.last = other.last


class _State(msgspec.Struct, array_like=True):
    schemes: dict[str, _Count]
    carriers: tuple[int, bool, list[tuple[int, tuple[str, int]]]]
    tokens: dict[str, int]
    origins: dict[str, int]
    parties: tuple[int, bool, list[tuple[int, Party]]]
    rest: Party
    distinct: list[int] | bytes
    signals: Any


def _nobody() -> Party:
    return Party("", "", 0, float("inf"), float("-inf"), 0)


class Access:
    """The fold. Its state is a function of the multiset of what was added. At most about 30 kB, 1 kB for a lone caller.

    schemes: by the schemes seen together, joined by "+" ("none" for calls without): see `_Count`. tokens: facts of tokens
    (`yett.formats.tokens.FACTS`) that were in successful calls. origins: calls by the kind of address.
    """

    __slots__ = ("carriers", "distinct", "origins", "parties", "rest", "schemes", "signals", "tokens")

    def __init__(self, consumers: int = CONSUMERS) -> None:
        self.schemes: dict[str, _Count] = {}
        self.carriers: Sample[tuple[str, int]] = Sample(CARRIERS)
        self.tokens: dict[str, int] = {}
        self.origins: dict[str, int] = {}
        self.parties: Sample[Party] = Sample(consumers)
        self.rest = _nobody()
        self.distinct = Distinct()
        self.signals = Signals()

    def add(self, seen: Seen, caller: Caller) -> None:
        """caller: what `Callers.read` says of the same exchange."""
        weight = seen.weight
        name = "+".join(caller.schemes) or ("none" if caller.judged else "unknown")
        counts = self.schemes.get(name)
        if counts is None:
            counts = self.schemes[name] = [0, 0, 0, 0, 0]
        success = seen.success
        counts[(0 if caller.judged else 1) if success else _REFUSED.get(seen.status, 4)] += weight
        for carrier in caller.carriers:
            self._carry(hash64(carrier.encode("utf-8", "surrogatepass")), carrier, weight)
        if success:
            for fact in caller.facts:
                self.tokens[fact] = self.tokens.get(fact, 0) + weight
        origin = caller.origin
        if origin:
            self.origins[origin] = self.origins.get(origin, 0) + weight
        first = last = seen.started
        if not seen.timed:
            first, last = float("inf"), float("-inf")
        self.signals.add(seen)
        for kind, label, identity in caller.names:
            self._call(identity, Party(kind, label, weight, first, last, weight if success else 0))

    def _carry(self, value: int, carrier: str, weight: int) -> None:
        if self.carriers.admits(value):
            known = self.carriers.get(value)
            self.carriers.put(value, (carrier, weight + (known[1] if known is not None else 0)))

    def _call(self, identity: int, party: Party) -> None:
        parties = self.parties
        known = parties.entries.get(identity)
        if known is not None:  # and counted as distinct when it came first
            parties.entries[identity] = known.add(party)
            return
        self.distinct.add(identity)
        if not parties.admits(identity):
            self.rest.absorb(party)
            return
        left = parties.put(identity, party)
        if left is not None:
            self.rest.absorb(left)

    def merge(self, other: "Access") -> None:
        """Take in what another fold has counted; it stays as it is."""
        for name, counts in other.schemes.items():
            mine = self.schemes.get(name, [0, 0, 0, 0, 0])
            self.schemes[name] = [a + b for a, b in zip(mine, counts, strict=True)]
        self.carriers.merge(other.carriers, lambda a, b: (a[0], a[1] + b[1]))
        for mine_, others in ((self.tokens, other.tokens), (self.origins, other.origins)):
            for name, count in others.items():
                mine_[name] = mine_.get(name, 0) + count
        self.rest.absorb(other.rest)
        for left in self.parties.merge(other.parties, Party.add):
            self.rest.absorb(left)
        self.distinct.merge(other.distinct)
        self.signals.merge(other.signals)

    def state(self) -> Any:
        """Plain values for msgspec, in one order whatever came when."""
        return msgspec.to_builtins(
            _State(
                dict(sorted(self.schemes.items())),
                self.carriers.state(),
                dict(sorted(self.tokens.items())),
                dict(sorted(self.origins.items())),
                self.parties.state(),
                self.rest,
                self.distinct.state(),
                self.signals.state(),
            ),
            builtin_types=(bytes,),
        )

    @classmethod
    def from_state(cls, state: Any) -> "Access":
        """Raises msgspec.ValidationError or ValueError for what `state` never gives."""
        read = msgspec.convert(state, _State)
        made = cls(read.parties[0])
        made.schemes, made.tokens, made.origins = read.schemes, read.tokens, read.origins
        made.carriers = Sample.from_state(read.carriers)
        made.parties = Sample.from_state(read.parties)
        made.rest = read.rest
        made.distinct = Distinct.from_state(read.distinct)
        made.signals = Signals.from_state(read.signals)
        return made

    def authentication(self, consistent: float = CONSISTENT) -> Authentication:
        """The verdict. consistent: the ratio from which on it is called so."""
        judged = {name: counts[0] for name, counts in sorted(self.schemes.items()) if counts[0]}
        total = sum(judged.values())
        if not total:
            seen = {name: counts[1] for name, counts in sorted(self.schemes.items()) if counts[1] and name != "unknown"}
            return Authentication(schemes=seen)
        ratio = 1 - judged.get("none", 0) / total
        verdict: Verdict = "consistent" if ratio >= consistent else "partial" if ratio else "none"
        return Authentication(ratio=round(ratio, 4), schemes=judged, successes=total, verdict=verdict)

    def signature(self) -> frozenset[str]:
        """The schemes of successful calls without their counts, each by itself, for comparing operations: one with authentication
        is never merged with one without. A call with two schemes has something in common with those that have one of them."""
        seen = (name for name, counts in self.schemes.items() if counts[0] and name != "unknown")
        return frozenset(scheme for name in seen for scheme in name.split("+"))

    def consumers(self) -> tuple[Consumer, ...]:
        """Consumers, the busiest first."""
        found = [_consumer(identity, party) for identity, party in self.parties]
        return tuple(sorted(found, key=lambda one: (-one.count, one.id)))

    def consumer_count(self) -> int:
        """How many different ones there are, estimated beyond 64."""
        return self.distinct.estimate()

    def facts(self) -> dict[str, Any]:
        """What checks may want: carriers of credentials, facts of accepted tokens, refusals by schemes, addresses by kind, and
        what `Signals` found in single exchanges."""
        refused = {name: counts[2] for name, counts in sorted(self.schemes.items()) if counts[2]}
        forbidden = {name: counts[3] for name, counts in sorted(self.schemes.items()) if counts[3]}
        found = {
            "carriers": dict(sorted(payload for _, payload in self.carriers)),
            "tokens": dict(sorted(self.tokens.items())),
            "unauthorized": refused,
            "forbidden": forbidden,
            "origins": dict(sorted(self.origins.items())),
            "other_consumers": self.rest.count,
            **dict(self.signals.facts()),
        }
        return {name: value for name, value in found.items() if value}


def _consumer(identity: int, party: Party) -> Consumer:
    known = party.first <= party.last
    return Consumer(
        id=f"{identity:016x}",
        kind=party.kind,
        count=party.count,
        label=party.label,
        first_seen=party.first if known else None,
        last_seen=party.last if known else None,
    )
