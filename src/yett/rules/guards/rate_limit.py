"""Rate limits: so many requests per second, minute, hour or day, with a burst at once.

Without them one caller can take all there is of a service, guess passwords and ids without end, and run up costs (OWASP
API4:2023). `by` says whose requests are counted together: an `address` (IPv6: its /64 network), a `principal`, a `key` (one
credential), a `device` (a field that the client sends), one `operation`, or the whole `service`. Callers that cannot be told
apart as asked, the anonymous for one, are counted by address.

The algorithm is GCRA: there are no windows that could be used twice at their edge. In T seconds at most burst + rate x T
requests are admitted, counted over all workers of the machine. A refused request is never counted, neither by the limit that
refuses it nor by those that admitted it before, so a caller that keeps trying recovers at the rate that the limit says.

To fix a refusal: wait as long as Retry-After says, or raise `rate` or `burst`. Responses carry RateLimit and
RateLimit-Policy fields (draft-ietf-httpapi-ratelimit-headers-10), so that clients can slow down before.

What it does not protect against: attackers with many addresses or accounts; combine several limits. A device names itself, so
a limit by device shares out capacity among honest clients only. Limits hold per machine.
"""

import re
from typing import Annotated

from msgspec import Meta

from yett.model.decision import Check, Denial, Evaluation
from yett.model.exchange import View
from yett.model.limits import SHORTEST_INTERVAL
from yett.model.ports import CountersUnavailable
from yett.model.rule import Example, Prepared, Rule, Scope, Severity, Step
from yett.rules.limits import (
    STAGES,
    Key,
    Limit,
    counts_by_operation,
    identity,
    key_of,
    policy_line,
    refusal,
    refused_later,
    seconds,
    uncounted,
)

PERIODS = {"s": 1, "second": 1, "min": 60, "minute": 60, "h": 3_600, "hour": 3_600, "d": 86_400, "day": 86_400}
"""Seconds."""

_RATE = re.compile(r"([0-9]{1,9}) ?/ ?([a-z]+)")

_REQUEST = "GET /orders HTTP/1.1\nHost: api.example\n\n"
_POLICY = "authenticate: [anonymous]\nlimits: [{by: address, rate: 10/min, burst: 2}]"

RULE = Rule(
    id="rate-limit",
    title="Rate limit",
    severity=Severity.MEDIUM,
    setting="limits",
    entry="rate",
    per_operation=counts_by_operation,
    distinct=identity,
    owasp=("API4:2023", "API6:2023"),
    cwe=(770, 799),
    references=(
        "https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/",
        "ITU-T I.371, annex A (GCRA)",
        "draft-ietf-httpapi-ratelimit-headers-10",
        "RFC 6585, 4; RFC 9110, 10.2.3",
    ),
    matches=(Example(request=_REQUEST, policy=_POLICY, repeat=3, note="the third of three at once, where two may come"),),
    passes=(Example(request=_REQUEST, policy=_POLICY, repeat=2, note="two at once are the burst"),),
)


class Options(Limit, frozen=True, kw_only=True):
    """`limits: [{by: principal, rate: 100/s, burst: 200}]`. burst: the number of the rate where it is not given."""

    rate: str
    burst: Annotated[int, Meta(ge=1, le=1_000_000_000)] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.burst is not None and self.burst < 1:
            raise ValueError("a burst below 1 would admit nobody")
        parse_rate(self.rate)

    def counted(self) -> tuple[str, tuple[int | str, ...]]:
        count, period = parse_rate(self.rate)
        return "rate", (count, period, self.burst or count)


def parse_rate(rate: str) -> tuple[int, int]:
    """ "100/s" as (100, 1): so many requests in so many seconds. Raises ValueError."""
    match = _RATE.fullmatch(rate)
    period = PERIODS.get(match[2], 0) if match else 0
    if match is None or not period:
        raise ValueError(f"{rate!r} is not a rate: write a number and a period, such as 100/s, 10/min, 1000/h or 5000/day")
    count = int(match[1])
    if not 0 < count <= period / SHORTEST_INTERVAL:
        raise ValueError(f"{rate!r} is not a rate: use 1 to {1 / SHORTEST_INTERVAL:.0f} requests per second")
    return count, period


def prepare(options: Options, scope: Scope) -> Prepared:
    count, period = parse_rate(options.rate)
    burst, interval = options.burst or count, period / count
    key = key_of(options, scope)
    return Prepared(steps=(Step(STAGES[options.by], _check(options, scope, key, interval, burst)),), mode=options.mode)


def _stated(interval: float, burst: int) -> tuple[int, int]:
    """Quota and window of the RateLimit-Policy field: the whole burst and the time in which it refills. A burst that refills
    within a second is stated as what a second admits, because windows are whole seconds."""
    if burst * interval >= 1.0:
        return burst, seconds(burst * interval)
    return int(1.0 / interval), 1


def _check(options: Options, scope: Scope, key: Key, interval: float, burst: int) -> Check:
    counters = scope.ports.counters
    admit, fields = counters.admit, options.fields
    name = options.name or f"{options.by}-{options.rate.replace(' ', '')}"
    policy = policy_line(name, *_stated(interval, burst))
    start = b'RateLimit: "%s";r=' % name.encode() + b"%d;t=%d\r\n"
    refuse = refusal(RULE.id, options, name, policy, f"more than {options.rate} by {options.by}, burst {burst}")

    def check(view: View, evaluation: Evaluation) -> Denial | None:
        counted = key(view, evaluation)
        try:
            admission = admit(counted, interval, burst, evaluation.monotonic)
        except CountersUnavailable as error:
            return uncounted(RULE.id, options, evaluation, error)
        if not admission.admitted:
            return refuse(seconds(admission.retry_after))
        evaluation.on_finish(lambda: give_back(evaluation, counted))
        if fields:
            remaining = admission.remaining
            # The draft's t: until one more is available, not until all are.
            following = 1 if interval <= 1.0 else seconds(admission.reset - (burst - 1 - remaining) * interval)
            evaluation.add_field(policy)
            evaluation.add_field(start % (remaining, following))
        return None

    def give_back(evaluation: Evaluation, counted: bytes) -> None:
        if refused_later(evaluation):
            try:
                counters.refund(counted, interval)
            except CountersUnavailable as error:
                evaluation.skip(RULE.id, f"not given back: {error}")

    return check
