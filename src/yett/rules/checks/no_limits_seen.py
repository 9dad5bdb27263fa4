"""No limits: many calls of a service were seen, and none was answered with 429.

Perhaps nobody reached a limit yet. Perhaps there is none.

To fix: set limits by caller with the gateway (`limits`), generous ones first, in monitor mode.

What it does not see: limits that nobody reached.
"""

from collections.abc import Iterator

import msgspec

from yett.model.rule import CheckRule, Confidence, Judged, Severity
from yett.rules.checking.estate import Estate
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import RESOURCES

RULE = CheckRule(
    id="no-limits-seen",
    title="A service that never limited anybody",
    on="service",
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    owasp=("API4:2023",),
    cwe=(770,),
    references=(RESOURCES,),
    matches=(
        Judged(
            text="""\
service: {name: shop, count: 50000}
operations: [{id: a, service: shop, method: GET, template: /a, count: 50000, statuses: {"200": 50000}}]
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
service: {name: shop, count: 50000}
operations: [{id: a, service: shop, method: GET, template: /a, count: 50000, statuses: {"200": 49999, "429": 1}}]
"""
        ),
        Judged(
            text="""\
service: {name: shop, count: 50}
operations: [{id: a, service: shop, method: GET, template: /a, count: 50, statuses: {"200": 50}}]
"""
        ),
    ),
)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """calls: calls of the whole service after which a limit should have shown."""

    calls: int = 10_000


def check(subject: Estate, settings: Settings) -> Iterator[Issue]:
    count = sum(one.count for one in subject.operations)
    limited = sum(one.statuses.get("429", 0) for one in subject.operations)
    if count >= settings.calls and not limited:
        yield Issue(text=f"None of {count} calls was answered with 429.", reasons=(f"calls {settings.calls}",))
