"""The numbers of one worker: counted with plain ints on the hot path, handed on as differences.

Per-operation objects are looked up once per plan and kept by whoever counts; counting is then a few slot updates. `take`
gives what was counted since the last `take` and starts again from zero, so that whoever adds the differences up
(`yett.edge.gateway.exposition`) keeps the totals of workers that have died. Labels are service, operation, status class,
verdict and rule: never a raw path, a principal or an address. It must not know how numbers travel or are shown.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from itertools import islice

import msgspec

BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds, in seconds, of the buckets for whole requests."""

DECISION_BOUNDS = (0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.25)
"""Upper bounds, in seconds, of the buckets for what deciding itself takes."""

VERDICTS = ("allow", "deny", "answer")
STATUSES = ("none", "1xx", "2xx", "3xx", "4xx", "5xx", "6xx", "7xx", "8xx", "9xx")
LABEL_SETS = 2_000
"""Most pairs of service and operation, and likewise most counters, that are told apart; the rest is counted as `OTHER`."""

OTHER = "other"

Labels = tuple[tuple[str, str], ...]
_VERDICT = {verdict: number for number, verdict in enumerate(VERDICTS)}


class Sample(msgspec.Struct, frozen=True, array_like=True):
    """One number of a family: for counters the difference since the last time, for gauges the value."""

    name: str
    labels: Labels
    value: float


class OperationSample(msgspec.Struct, frozen=True, array_like=True):
    """What was counted for one operation. answers: by status class and verdict, see `answer_labels`."""

    service: str
    operation: str
    answers: list[int]
    buckets: list[int]
    seconds: float
    received: int
    sent: int


class Numbers(msgspec.Struct, frozen=True, kw_only=True, tag="numbers"):
    """Everything counted by one worker since it was last asked. `help` has one line for each family of `counters`, `gauges`."""

    operations: list[OperationSample] = []
    decisions: list[int] = []
    decision_seconds: float = 0.0
    counters: list[Sample] = []
    gauges: list[Sample] = []
    help: dict[str, str] = {}


def answer_labels(index: int) -> tuple[str, str]:
    """Status class and verdict of an index into `OperationSample.answers`."""
    return STATUSES[index // len(VERDICTS)], VERDICTS[index % len(VERDICTS)]


class Counter:
    """One counter. Count with `counter.value += 1`."""

    __slots__ = ("labels", "name", "value")

    def __init__(self, name: str, labels: Labels) -> None:
        self.name = name
        self.labels = labels
        self.value: float = 0


class OperationNumbers:
    """The numbers of one operation. Keep it where the plan is kept: `observe` is all that a request needs."""

    __slots__ = ("_answers", "_buckets", "_metrics", "_received", "_seconds", "_sent", "_touched", "operation", "service")

    def __init__(self, metrics: "Metrics", service: str, operation: str) -> None:
        self.service = service
        self.operation = operation
        self._metrics = metrics
        self._start()

    def _start(self) -> None:
        self._touched = False
        self._answers = [0] * (len(STATUSES) * len(VERDICTS))
        self._buckets = [0] * (len(BOUNDS) + 1)
        self._seconds = 0.0
        self._received = 0
        self._sent = 0

    def observe(self, status: int, verdict: str, seconds: float, decision: float, received: int, sent: int) -> None:
        """Count one finished exchange.

        status: as sent to the caller, 0 where nothing was sent. verdict: "allow", "deny" or "answer". seconds: from the first
        byte of the request to the last of the response; decision: the part of it that Yett's own deciding took. received,
        sent: bytes of the bodies.
        """
        metrics = self._metrics
        if not self._touched:
            self._touched = True
            metrics.touched.append(self)
        self._answers[status // 100 * 3 + _VERDICT[verdict]] += 1
        self._buckets[bisect_left(BOUNDS, seconds)] += 1
        self._seconds += seconds
        self._received += received
        self._sent += sent
        metrics.decisions[bisect_left(DECISION_BOUNDS, decision)] += 1
        metrics.decision_seconds += decision

    def take(self) -> OperationSample:
        """What was counted since the last time."""
        sample = OperationSample(
            self.service, self.operation, self._answers, self._buckets, self._seconds, self._received, self._sent
        )
        self._start()
        return sample


class Metrics:
    """All numbers of one worker. Not thread-safe: everything happens on the event loop's thread.

    touched, decisions, decision_seconds: written by `OperationNumbers` only.
    """

    __slots__ = (
        "_counters",
        "_gauges",
        "_help",
        "_operations",
        "_rules",
        "_totals",
        "decision_seconds",
        "decisions",
        "touched",
    )

    def __init__(self) -> None:
        self._operations: dict[tuple[str, str], OperationNumbers] = {}
        self._counters: dict[tuple[str, Labels], Counter] = {}
        self._rules: dict[tuple[str, str, bool], Counter] = {}
        self._totals: list[tuple[Counter, Callable[[], float], float]] = []
        self._gauges: list[tuple[str, Callable[[], Iterable[tuple[Labels, float]]]]] = []
        self._help: dict[str, str] = {}
        self.touched: list[OperationNumbers] = []
        self.decisions = [0] * (len(DECISION_BOUNDS) + 1)
        self.decision_seconds = 0.0

    def operation(self, service: str, operation: str) -> OperationNumbers:
        """The numbers of one operation; past `LABEL_SETS` operations, those of all others of its service."""
        known = self._operations
        key = (service, operation)
        if key not in known and len(known) >= LABEL_SETS:
            key = (service, OTHER)
            if key not in known and len(known) >= 2 * LABEL_SETS:
                key = (OTHER, OTHER)
        found = known.get(key)
        if found is None:
            found = known[key] = OperationNumbers(self, *key)
        return found

    def rule(self, service: str, rule: str, enforced: bool) -> None:
        """Count one word of a rule: a denial that was enforced, or one that monitor mode let pass."""
        counter = self._rules.get((service, rule, enforced))
        if counter is None:
            labels = (("service", service), ("rule", rule), ("action", "enforced" if enforced else "monitored"))
            counter = self.counter("yett_rule_matches_total", "Denials by rule; monitored ones were let pass.", labels)
            if len(self._rules) < LABEL_SETS:
                self._rules[service, rule, enforced] = counter
        counter.value += 1

    def counter(self, name: str, help_text: str, labels: Labels = ()) -> Counter:
        """The counter of this name and these labels; one with all label values `OTHER` once there are `LABEL_SETS`."""
        found = self._counters.get((name, labels))
        if found is None:
            if len(self._counters) >= LABEL_SETS:
                labels = tuple((label, OTHER) for label, _ in labels)
                found = self._counters.get((name, labels))
            if found is None:
                found = self._counters[name, labels] = Counter(name, labels)
            self._help[name] = help_text
        return found

    def total(self, name: str, help_text: str, read: Callable[[], float], labels: Labels = ()) -> None:
        """A counter that somebody else keeps: `read` gives its value, which never falls."""
        self._totals.append((self.counter(name, help_text, labels), read, 0.0))

    def gauge(self, name: str, help_text: str, read: Callable[[], float], labels: Labels = ()) -> None:
        """Have `read` called whenever numbers are taken. It must be cheap; the worker's number is added as a label."""
        self.gauges(name, help_text, lambda: [(labels, read())])

    def gauges(self, name: str, help_text: str, read: Callable[[], Iterable[tuple[Labels, float]]]) -> None:
        """The same for a family whose labels come and go; the first `LABEL_SETS` of them are taken."""
        self._help[name] = help_text
        self._gauges.append((name, read))

    def take(self) -> Numbers:
        """Everything counted since the last time, and the gauges as they are now."""
        touched, self.touched = self.touched, []
        for number, (counter, read, last) in enumerate(self._totals):
            now = read()
            counter.value += now - last
            self._totals[number] = (counter, read, now)
        numbers = Numbers(
            operations=[operation.take() for operation in touched],
            decisions=self.decisions,
            decision_seconds=self.decision_seconds,
            counters=[Sample(c.name, c.labels, c.value) for c in self._counters.values() if c.value],
            gauges=[Sample(name, labels, value) for name, read in self._gauges for labels, value in islice(read(), LABEL_SETS)],
            help=self._help,
        )
        self.decisions = [0] * (len(DECISION_BOUNDS) + 1)
        self.decision_seconds = 0.0
        for counter in self._counters.values():
            counter.value = 0
        return numbers
