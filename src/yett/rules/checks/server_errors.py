"""Server errors: a notable part of the calls is answered with 5xx.

Input that was not foreseen reaches code that does not handle it. That is where injections, crashes and dear calls are found,
and where errors tell about the inside. Not counted: 501, 502, 503 and 504, which speak of load and of other machines.

To fix: handle the error that the server's own log shows, and validate input before it.
"""

from collections.abc import Iterator

import msgspec

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.facts import status_count
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import CONFIGURATION

RULE = CheckRule(
    id="server-errors",
    title="Calls that end in errors of the server",
    on="operation",
    severity=Severity.LOW,
    owasp=("API8:2023", "API4:2023"),
    cwe=(755, 248),
    references=(CONFIGURATION,),
    matches=(
        Judged(
            text="""\
method: GET
template: /orders
count: 100
statuses: {"200": 90, "500": 10}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: GET
template: /orders
count: 100
statuses: {"200": 90, "503": 10}
"""
        ),
        Judged(
            text="""\
method: GET
template: /orders
count: 4
statuses: {"200": 3, "500": 1}
"""
        ),
    ),
)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """failures: at least so many. share: and at least this part of all calls."""

    failures: int = 5
    share: float = 0.01


def check(subject: CatalogOperation, settings: Settings) -> Iterator[Issue]:
    failed = status_count(subject, 500, 500) + status_count(subject, 505, 599)
    if failed >= settings.failures and failed >= settings.share * subject.answered:
        reason = f"failures {settings.failures}, share {settings.share:g}"
        yield Issue(text=f"{failed} of {subject.answered} calls ended in an error of the server.", reasons=(reason,))
