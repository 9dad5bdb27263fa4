"""Quotas: so many requests per calendar minute, hour, day, week or month.

A rate limit protects a service from the next second; a quota says how much somebody may use in all, as a contract or a price
list does. The window follows the calendar of `zone` ("Europe/Paris"; UTC by default): days begin at midnight there, also when
clocks change, weeks on Monday. `by` says whose requests are counted together, as in rate limits.

Counts are shared by all workers of the machine and survive restarts. A request that this or another limit refuses with a 429
is not counted; one that fails for another reason after the limits is. Changing the number of a quota begins a new count, unless
the quota has a `name`.

To fix a refusal: wait for the next window, which Retry-After names, or raise the quota. Responses carry RateLimit and
RateLimit-Policy fields (draft-ietf-httpapi-ratelimit-headers-10).

What it does not protect against: a whole quota used up within seconds; add a rate limit. After a power cut the last seconds of
counting may be missing.
"""

import re

from yett.model.calendar import LENGTHS, Unit, windows, zone
from yett.model.decision import Check, Denial, Evaluation
from yett.model.exchange import View
from yett.model.limits import LARGEST_QUOTA
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

_QUOTA = re.compile(r"([0-9]{1,10}) ?/ ?(minute|hour|day|week|month)")

_REQUEST = "GET /orders HTTP/1.1\nHost: api.example\n\n"
_POLICY = "authenticate: [anonymous]\nlimits: [{by: principal, quota: 2/month}]"

RULE = Rule(
    id="quota",
    title="Quota",
    severity=Severity.LOW,
    setting="limits",
    entry="quota",
    per_operation=counts_by_operation,
    distinct=identity,
    owasp=("API4:2023",),
    cwe=(770,),
    references=(
        "https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/",
        "draft-ietf-httpapi-ratelimit-headers-10",
        "RFC 6585, 4; RFC 9110, 10.2.3",
    ),
    matches=(Example(request=_REQUEST, policy=_POLICY, repeat=3, note="the third in a month, where two are agreed"),),
    passes=(Example(request=_REQUEST, policy=_POLICY, repeat=2, note="two in a month are within the quota"),),
)


class Options(Limit, frozen=True, kw_only=True):
    """`limits: [{by: principal, quota: 10000/month, zone: Europe/Paris}]`"""

    quota: str
    zone: str = "UTC"

    def __post_init__(self) -> None:
        super().__post_init__()
        parse_quota(self.quota)
        zone(self.zone)

    def counted(self) -> tuple[str, tuple[int | str, ...]]:
        count, unit = parse_quota(self.quota)
        # The window is part of what is counted even where the name is the same: a count cannot move between calendars.
        return f"quota {unit} {self.zone}", (count,)


def parse_quota(quota: str) -> tuple[int, Unit]:
    """ "10000/month" as (10000, Unit.MONTH). Raises ValueError."""
    match = _QUOTA.fullmatch(quota)
    if match is None:
        raise ValueError(f"{quota!r} is not a quota: write a number and minute, hour, day, week or month, such as 10000/month")
    count = int(match[1])
    if not 0 < count <= LARGEST_QUOTA:
        raise ValueError(f"{quota!r} is not a quota: use 1 to {LARGEST_QUOTA} requests")
    return count, Unit(match[2])


def prepare(options: Options, scope: Scope) -> Prepared:
    count, unit = parse_quota(options.quota)
    key = key_of(options, scope)
    return Prepared(steps=(Step(STAGES[options.by], _check(options, scope, key, count, unit)),), mode=options.mode)


def _check(options: Options, scope: Scope, key: Key, count: int, unit: Unit) -> Check:
    counters = scope.ports.counters
    spend, fields, window = counters.spend, options.fields, windows(unit, zone(options.zone))
    name = options.name or f"{options.by}-{options.quota.replace(' ', '')}"
    policy = policy_line(name, count, LENGTHS.get(unit))
    start = b'RateLimit: "%s";r=' % name.encode() + b"%d;t=%d\r\n"
    refuse = refusal(RULE.id, options, name, policy, f"more than {options.quota} by {options.by}")

    def check(view: View, evaluation: Evaluation) -> Denial | None:
        counted, now = key(view, evaluation), evaluation.now
        begin, end = window(now)
        try:
            admission = spend(counted, count, begin, end, now)
        except CountersUnavailable as error:
            return uncounted(RULE.id, options, evaluation, error)
        if not admission.admitted:
            return refuse(seconds(admission.retry_after))
        evaluation.on_finish(lambda: give_back(evaluation, counted, end))
        if fields:
            evaluation.add_field(policy)
            evaluation.add_field(start % (admission.remaining, seconds(admission.reset)))
        return None

    def give_back(evaluation: Evaluation, counted: bytes, end: float) -> None:
        if refused_later(evaluation):
            try:
                counters.unspend(counted, end)
            except CountersUnavailable as error:
                evaluation.skip(RULE.id, f"not given back: {error}")

    return check
