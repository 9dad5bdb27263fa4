"""Logins without a limit: many failed logins, and no caller was ever told that it is enough (429, 423).

Passwords that leaked elsewhere are tried here, thousands an hour, each from another address.

To fix: limit by account and by address, with the gateway's `limits` on this operation, add a second factor, and watch for
many names from one source.

What it does not see: limits that answer 401 like a wrong password.
"""

from collections.abc import Iterator

import msgspec

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Confidence, Judged, Severity
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import AUTHENTICATION

RULE = CheckRule(
    id="login-without-limit",
    title="Logins that may be tried for ever",
    on="operation",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    owasp=("API2:2023", "API4:2023"),
    cwe=(307,),
    references=(AUTHENTICATION,),
    matches=(
        Judged(
            text="""\
method: POST
template: /login
functions: [login]
count: 300
statuses: {"200": 100, "401": 200}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: POST
template: /login
functions: [login]
count: 300
statuses: {"200": 100, "401": 150, "429": 50}
"""
        ),
        Judged(
            text="""\
method: POST
template: /login
functions: [login]
count: 10
statuses: {"200": 8, "401": 2}
"""
        ),
        Judged(
            text="""\
method: POST
template: /orders
count: 300
statuses: {"401": 300}
"""
        ),
    ),
)

_FLOWS = frozenset(("login", "token", "password", "mfa"))


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """failures: failed attempts after which a limit should have shown."""

    failures: int = 50


def check(subject: CatalogOperation, settings: Settings) -> Iterator[Issue]:
    failed = sum(subject.statuses.get(status, 0) for status in ("400", "401", "403", "422"))
    limited = sum(subject.statuses.get(status, 0) for status in ("423", "429"))
    if not _FLOWS.isdisjoint(subject.functions) and failed >= settings.failures and not limited:
        yield Issue(
            text=f"{failed} attempts failed, and no caller was ever limited.", reasons=(f"failures {settings.failures}",)
        )
