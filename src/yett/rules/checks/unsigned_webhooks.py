"""Unsigned webhooks: what other services send here is accepted without a signature, a token or a client certificate.

A webhook reports payments, orders, changed accounts. Without proof of who sent it, anybody who knows the address reports
them.

To fix: verify the sender's signature over body and time (HMAC or RFC 9421), or demand client certificates, and treat what it
says as input from outside.
"""

from collections.abc import Iterator

import msgspec

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.facts import UNSAFE, why
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import CONSUMPTION

RULE = CheckRule(
    id="unsigned-webhooks",
    title="Messages of other services that nobody signs",
    on="operation",
    severity=Severity.MEDIUM,
    owasp=("API10:2023",),
    cwe=(345, 346),
    references=(CONSUMPTION, "https://www.rfc-editor.org/rfc/rfc9421"),
    matches=(
        Judged(
            text="""\
method: POST
template: /webhooks/payments
functions: [webhook]
authentication: {ratio: 0, verdict: none, successes: 12, schemes: {none: 12}}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: POST
template: /webhooks/payments
functions: [webhook]
authentication: {ratio: 1, verdict: consistent, successes: 12, schemes: {signature: 12}}
"""
        ),
        Judged(
            text="""\
method: POST
template: /orders
authentication: {ratio: 0, verdict: none, successes: 12, schemes: {none: 12}}
"""
        ),
    ),
)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """calls: accepted messages from which on something is concluded of them."""

    calls: int = 5


def check(subject: CatalogOperation, settings: Settings) -> Iterator[Issue]:
    seen = subject.authentication
    without = seen.schemes.get("none", 0)
    if "webhook" in subject.functions and subject.method in UNSAFE and seen.ratio is not None and without >= settings.calls:
        reasons = (*why(subject, "function:webhook"), f"calls {settings.calls}")
        yield Issue(text=f"{without} messages were accepted without a signature or credential.", reasons=reasons)
