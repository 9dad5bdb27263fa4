"""Adds up the numbers of all workers and writes them in the Prometheus text format.

Workers send differences (`yett.edge.gateway.metrics`), so a worker that dies takes nothing back: no counter ever goes
backwards. It must not know where numbers come from or who reads the text.
"""

from collections.abc import Iterable, Iterator

from yett.edge.gateway.metrics import (
    BOUNDS,
    DECISION_BOUNDS,
    LABEL_SETS,
    OTHER,
    STATUSES,
    VERDICTS,
    Labels,
    Numbers,
    OperationSample,
    answer_labels,
)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_MOST = 2 * LABEL_SETS


class _Operation:
    __slots__ = ("answers", "buckets", "received", "seconds", "sent")

    def __init__(self) -> None:
        self.answers = [0] * (len(STATUSES) * len(VERDICTS))
        self.buckets = [0] * (len(BOUNDS) + 1)
        self.seconds = 0.0
        self.received = 0
        self.sent = 0

    def add(self, sample: OperationSample) -> None:
        self.answers = [a + b for a, b in zip(self.answers, sample.answers, strict=True)]
        self.buckets = [a + b for a, b in zip(self.buckets, sample.buckets, strict=True)]
        self.seconds += sample.seconds
        self.received += sample.received
        self.sent += sample.sent


class Totals:
    """The sums over all workers, living and dead. Bounded: past twice `LABEL_SETS` operations, all else is `OTHER`."""

    def __init__(self) -> None:
        self._operations: dict[tuple[str, str], _Operation] = {}
        self._counters: dict[tuple[str, Labels], float] = {}
        self._gauges: dict[int, list[tuple[str, Labels, float]]] = {}
        self._help: dict[str, str] = {}
        self._decisions = [0] * (len(DECISION_BOUNDS) + 1)
        self._decision_seconds = 0.0

    def add(self, worker: int, numbers: Numbers) -> None:
        """Add what `worker` counted since the last time, and replace its gauges."""
        for sample in numbers.operations:
            key = (sample.service, sample.operation)
            if key not in self._operations and len(self._operations) >= _MOST:
                key = (OTHER, OTHER)
            self._operations.setdefault(key, _Operation()).add(sample)
        for counted in numbers.counters:
            self.count(counted.name, numbers.help.get(counted.name, ""), counted.labels, counted.value)
        if numbers.decisions:
            self._decisions = [a + b for a, b in zip(self._decisions, numbers.decisions, strict=True)]
        self._decision_seconds += numbers.decision_seconds
        label = ("worker", str(worker))
        self._gauges[worker] = [(gauge.name, (*gauge.labels, label), gauge.value) for gauge in numbers.gauges]
        self._help.update(numbers.help)

    def count(self, name: str, help_text: str, labels: Labels = (), value: float = 1) -> None:
        """Add to one counter: the supervisor's own numbers."""
        key = (name, labels)
        if key not in self._counters and len(self._counters) >= _MOST:
            key = (name, tuple((label, OTHER) for label, _ in labels))
        self._counters[key] = self._counters.get(key, 0) + value
        self._help.setdefault(name, help_text)

    def forget_gauges(self, worker: int) -> None:
        """A worker has ended: its gauges say nothing any more."""
        self._gauges.pop(worker, None)

    def value(self, name: str) -> float:
        """The sum of a counter, or of a gauge over the living workers, over all its labels."""
        counted = sum(value for (counter, _), value in self._counters.items() if counter == name)
        return counted + sum(value for gauges in self._gauges.values() for gauge, _, value in gauges if gauge == name)

    def requests(self) -> int:
        """Requests answered so far."""
        return sum(sum(operation.answers) for operation in self._operations.values())

    def render(self, own: Iterable[tuple[str, str, Labels, float]] = ()) -> str:
        """The text. `own`: the supervisor's gauges as (name, help, labels, value)."""
        lines = [*self._operation_lines(), *self._decision_lines(), *self._counter_lines()]
        gauges = [(name, labels, value) for group in self._gauges.values() for name, labels, value in group]
        helps = dict(self._help)
        for name, help_text, labels, value in own:
            helps[name] = help_text
            gauges.append((name, labels, value))
        lines += _family_lines(gauges, helps, "gauge")
        return "\n".join(lines) + "\n"

    def _counter_lines(self) -> Iterator[str]:
        return _family_lines([(name, labels, value) for (name, labels), value in self._counters.items()], self._help, "counter")

    def _decision_lines(self) -> Iterator[str]:
        yield from _head("yett_decision_duration_seconds", "histogram", "What deciding itself took, without the upstream.")
        yield from _histogram("yett_decision_duration_seconds", (), DECISION_BOUNDS, self._decisions, self._decision_seconds)

    def _operation_lines(self) -> Iterator[str]:
        operations = [((("service", s), ("operation", o)), numbers) for (s, o), numbers in sorted(self._operations.items())]
        yield from _head("yett_requests_total", "counter", "Requests by operation, status class and verdict.")
        for labels, numbers in operations:
            for index, count in enumerate(numbers.answers):
                if count:
                    status, verdict = answer_labels(index)
                    yield _line("yett_requests_total", (*labels, ("status", status), ("verdict", verdict)), count)
        yield from _head("yett_request_duration_seconds", "histogram", "From a request's first byte to its response's last.")
        for labels, numbers in operations:
            yield from _histogram("yett_request_duration_seconds", labels, BOUNDS, numbers.buckets, numbers.seconds)
        yield from _head("yett_request_body_bytes_total", "counter", "Bytes of request bodies received.")
        yield from (_line("yett_request_body_bytes_total", labels, numbers.received) for labels, numbers in operations)
        yield from _head("yett_response_body_bytes_total", "counter", "Bytes of response bodies sent.")
        yield from (_line("yett_response_body_bytes_total", labels, numbers.sent) for labels, numbers in operations)


def _family_lines(samples: list[tuple[str, Labels, float]], helps: dict[str, str], kind: str) -> Iterator[str]:
    """All samples of a family must stand together, after its head."""
    last = ""
    for name, labels, value in sorted(samples):
        if name != last:
            yield from _head(name, kind, helps.get(name, ""))
            last = name
        yield _line(name, labels, value)


def _head(name: str, kind: str, help_text: str) -> Iterator[str]:
    escaped = help_text.replace("\\", "\\\\").replace("\n", "\\n")
    yield f"# HELP {name} {escaped}"
    yield f"# TYPE {name} {kind}"


def _histogram(name: str, labels: Labels, bounds: tuple[float, ...], buckets: list[int], seconds: float) -> Iterator[str]:
    total = 0
    for bound, count in zip(bounds, buckets, strict=False):
        total += count
        yield _line(f"{name}_bucket", (*labels, ("le", f"{bound:g}")), total)
    total += buckets[-1]
    yield _line(f"{name}_bucket", (*labels, ("le", "+Inf")), total)
    yield _line(f"{name}_sum", labels, seconds)
    yield _line(f"{name}_count", labels, total)


def _line(name: str, labels: Labels, value: float) -> str:
    number = repr(value) if isinstance(value, float) and not value.is_integer() else str(int(value))
    if not labels:
        return f"{name} {number}"
    written = ",".join(f'{label}="{_escape(text)}"' for label, text in labels)
    return f"{name}{{{written}}} {number}"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
