"""Failures of other services passed on: callers get 502 and 504 together with accepted answers, so the operation depends on a
service behind it, and a notable part of its calls hangs or fails with it.

What depends on others needs time limits, bounds on size and a fallback; without them, a slow or hostile partner takes this
API down with it.

To fix: bound time, size and redirects of calls to other services, validate what they answer, and answer 503 with Retry-After.
"""

from collections.abc import Iterator

import msgspec

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Confidence, Judged, Severity
from yett.rules.checking.facts import status_count
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import CONSUMPTION

RULE = CheckRule(
    id="unvalidated-upstream",
    title="Answers of other services passed on",
    on="operation",
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    owasp=("API10:2023",),
    cwe=(20, 116),
    references=(CONSUMPTION,),
    matches=(
        Judged(
            text="""\
method: GET
template: /quotes
count: 100
statuses: {"200": 90, "504": 10}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: GET
template: /quotes
count: 100
statuses: {"200": 99, "504": 1}
"""
        ),
        Judged(
            text="""\
method: GET
template: /quotes
count: 100
statuses: {"200": 90, "500": 10}
"""
        ),
    ),
)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """failures: at least so many. share: and at least this part of all calls."""

    failures: int = 5
    share: float = 0.02


def check(subject: CatalogOperation, settings: Settings) -> Iterator[Issue]:
    failed = status_count(subject, 502, 502) + status_count(subject, 504, 504)
    if failed >= settings.failures and failed >= settings.share * subject.answered:
        reason = f"failures {settings.failures}, share {settings.share:g}"
        yield Issue(text=f"{failed} of {subject.answered} calls failed in a service behind this one.", reasons=(reason,))
