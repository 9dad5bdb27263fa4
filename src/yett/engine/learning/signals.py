"""What single exchanges of one operation showed: objections of the checks on exchanges, and announcements of an end.

A fold like the rest of learning: mergeable, bounded, free of order. It keeps names and counts, never a value. It must not know
any rule.
"""

from collections.abc import Iterator
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cache, lru_cache
from typing import Any

import msgspec

from yett.engine.learning.seen import Seen
from yett.engine.learning.sketches import Sample, hash64
from yett.model.rule import Severity
from yett.rules.registry import Check, checks

KEPT = 64
"""Pairs of rule and place that are kept of one operation: places hold names that callers and servers make up. 200 octets each."""

_ORDER = list(Severity)


class Signal(msgspec.Struct, array_like=True):
    """One rule's objection at one place. first, last: seconds since the Unix epoch; infinities where no time is known."""

    rule: str
    place: str
    text: str
    severity: Severity
    count: int
    first: float
    last: float

    def add(self, other: "Signal") -> "Signal":
        return Signal(
            self.rule,
            self.place,
            min(self.text, other.text),
            max(self.severity, other.severity, key=_ORDER.index),
            self.count + other.count,
            min(self.first, other.first),
            max(self.last, other.last),
        )


class _State(msgspec.Struct, array_like=True):
    signals: tuple[int, bool, list[tuple[int, Signal]]]
    deprecation: int
    sunset: float | None
    failures: dict[str, int] = {}


@cache
def _judging() -> tuple[Check, ...]:
    return tuple(check for _, check in sorted(checks().items()) if check.rule.on == "exchange")


class Signals:
    """The fold. deprecation: answers with a Deprecation field (RFC 9745); sunset: the latest date of a Sunset field (RFC 8594).
    failures: by rule, exchanges that its check could not judge because it raised: a mistake in the check."""

    __slots__ = ("deprecation", "failures", "signals", "sunset")

    def __init__(self) -> None:
        self.signals: Sample[Signal] = Sample(KEPT)
        self.deprecation = 0
        self.sunset: float | None = None
        self.failures: dict[str, int] = {}

    def add(self, seen: Seen) -> None:
        """Judge one exchange; one of which no fields were seen, such as a line of an access log, shows nothing."""
        if not seen.fields_seen and not seen.response_fields_seen:
            return
        for check in _judging():
            self._judge(check, seen)
        fields = seen.response_fields
        if "deprecation" in fields:
            self.deprecation += seen.weight
        if "sunset" in fields:
            self._until(sunset(fields["sunset"]))

    def _judge(self, check: Check, seen: Seen) -> None:
        try:
            issues = list(check.judge(seen, None))
        except Exception:  # noqa: BLE001 - checks of others are tried, too: one that fails must not end learning
            self.failures[check.rule.id] = self.failures.get(check.rule.id, 0) + seen.weight
            return
        first, last = (seen.started, seen.started) if seen.timed else (float("inf"), float("-inf"))
        for issue in issues:
            severity = issue.severity or check.rule.severity
            self._keep(Signal(check.rule.id, issue.place[:200], issue.text, severity, seen.weight, first, last))

    def _keep(self, signal: Signal) -> None:
        value = hash64(f"{signal.rule}\n{signal.place}".encode("utf-8", "surrogatepass"))
        if self.signals.admits(value):
            known = self.signals.get(value)
            self.signals.put(value, signal if known is None else known.add(signal))

    def _until(self, moment: float | None) -> None:
        if moment is not None:
            self.sunset = moment if self.sunset is None else max(self.sunset, moment)

    def merge(self, other: "Signals") -> None:
        """Take in what another fold has; it stays as it is."""
        self.signals.merge(other.signals, Signal.add)
        self.deprecation += other.deprecation
        self._until(other.sunset)
        for rule, count in other.failures.items():
            self.failures[rule] = self.failures.get(rule, 0) + count

    def state(self) -> Any:
        return msgspec.to_builtins(
            _State(self.signals.state(), self.deprecation, self.sunset, dict(sorted(self.failures.items())))
        )

    @classmethod
    def from_state(cls, state: Any) -> "Signals":
        """Raises msgspec.ValidationError or ValueError for what `state` never gives."""
        read = msgspec.convert(state, _State)
        made = cls()
        made.signals = Sample.from_state(read.signals)
        made.deprecation, made.sunset, made.failures = read.deprecation, read.sunset, read.failures
        return made

    def facts(self) -> Iterator[tuple[str, Any]]:
        """What the catalog keeps: "signals" (by rule and place), "deprecation", "sunset", "failed_checks"; only what there is."""
        found = sorted((signal for _, signal in self.signals), key=lambda one: (one.rule, one.place))
        if found:
            yield "signals", [_plain(one) for one in found]
        if self.deprecation:
            yield "deprecation", self.deprecation
        if self.sunset is not None:
            yield "sunset", self.sunset
        if self.failures:
            yield "failed_checks", dict(sorted(self.failures.items()))


def _plain(one: Signal) -> dict[str, Any]:
    known = one.first <= one.last
    return {
        "rule": one.rule,
        "place": one.place,
        "text": one.text,
        "severity": one.severity.value,
        "count": one.count,
        "first_seen": one.first if known else None,
        "last_seen": one.last if known else None,
    }


@lru_cache(maxsize=1_024)
def sunset(text: str) -> float | None:
    """The moment of a Sunset field, an HTTP-date (RFC 9110, 5.6.7); None where it is none."""
    try:
        moment = parsedate_to_datetime(text[:64])
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
