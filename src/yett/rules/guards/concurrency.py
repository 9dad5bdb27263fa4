"""Concurrency limits: so many requests under way at a time.

A rate limit counts how often somebody asks; it says nothing of how long the answers take. A few callers with slow requests
can hold every connection that an upstream has. This limit counts requests from their head to the end of their response,
streams and tunnels included, for each `principal`, `address`, `operation` or the whole `service`.

Counts are shared by all workers of the machine. A place is given back when its exchange ends, however it ends; the places of a
worker that died are free again as soon as they are needed.

To fix a refusal: send fewer requests at a time, or raise `concurrency`. Retry-After says 1 second, because nobody knows when a
place becomes free. Refusals carry RateLimit and RateLimit-Policy fields (draft-ietf-httpapi-ratelimit-headers-10, with the
unit "concurrent-requests"); other responses do not, as what is left says nothing about the next moment.

What it does not protect against: many short requests; add a rate limit.
"""

from functools import partial
from typing import Annotated

from msgspec import Meta

from yett.model.decision import Check, Denial, Evaluation
from yett.model.exchange import View
from yett.model.ports import CountersUnavailable
from yett.model.rule import Example, Prepared, Rule, Scope, Severity, Step
from yett.rules.limits import STAGES, By, Key, Limit, counts_by_operation, identity, key_of, policy_line, refusal, uncounted

RETRY = 1
"""Seconds."""

COUNTED = (By.PRINCIPAL, By.SERVICE, By.OPERATION, By.ADDRESS)

_REQUEST = "GET /orders HTTP/1.1\nHost: api.example\n\n"
_POLICY = "authenticate: [anonymous]\nlimits: [{by: service, concurrency: 2}]"

RULE = Rule(
    id="concurrency",
    title="Concurrency limit",
    severity=Severity.MEDIUM,
    setting="limits",
    entry="concurrency",
    per_operation=counts_by_operation,
    distinct=identity,
    owasp=("API4:2023",),
    cwe=(770, 400),
    references=(
        "https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/",
        "draft-ietf-httpapi-ratelimit-headers-10",
        "RFC 6585, 4; RFC 9110, 10.2.3",
    ),
    matches=(
        Example(request=_REQUEST, policy=_POLICY, repeat=3, overlapping=True, note="a third while two are still under way"),
    ),
    passes=(
        Example(request=_REQUEST, policy=_POLICY, repeat=2, overlapping=True, note="two at a time"),
        Example(request=_REQUEST, policy=_POLICY, repeat=3, note="three after each other"),
    ),
)


class Options(Limit, frozen=True, kw_only=True):
    """`limits: [{by: principal, concurrency: 100}]`"""

    concurrency: Annotated[int, Meta(ge=1, le=1_000_000)]

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.by not in COUNTED:
            raise ValueError(f"requests at a time are counted by {', '.join(COUNTED)}; not by {self.by}")
        if self.concurrency < 1:
            raise ValueError("a concurrency below 1 would admit nobody")

    def counted(self) -> tuple[str, tuple[int | str, ...]]:
        return "concurrency", (self.concurrency,)


def prepare(options: Options, scope: Scope) -> Prepared:
    key = key_of(options, scope)
    return Prepared(steps=(Step(STAGES[options.by], _check(options, scope, key)),), mode=options.mode)


def _check(options: Options, scope: Scope, key: Key) -> Check:
    counters, most = scope.ports.counters, options.concurrency
    acquire, release = counters.acquire, counters.release
    name = options.name or f"{options.by}-concurrency"
    policy = policy_line(name, most, None, b"concurrent-requests")
    denial = refusal(RULE.id, options, name, policy, f"more than {most} at a time by {options.by}")(RETRY)

    def check(view: View, evaluation: Evaluation) -> Denial | None:
        counted = key(view, evaluation)
        try:
            if not acquire(counted, most):
                return denial
        except CountersUnavailable as error:
            return uncounted(RULE.id, options, evaluation, error)
        evaluation.on_finish(partial(release, counted))
        return None

    return check
