"""Basic authentication: the password itself goes over the wire with every call.

Every hop that ends TLS sees it, clients keep it, it rarely changes, and guessing needs nothing but calls.

To fix: use short-lived tokens (OAuth 2), client certificates, or keys of 256 random bits that can be revoked one by one.
Where Basic carries such a key as its password, ignore this with a baseline.
"""

from collections.abc import Iterator

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.facts import schemes
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import AUTHENTICATION

RULE = CheckRule(
    id="basic-authentication",
    title="Passwords with every call",
    on="operation",
    severity=Severity.MEDIUM,
    owasp=("API2:2023",),
    cwe=(522,),
    references=(AUTHENTICATION, "https://www.rfc-editor.org/rfc/rfc7617#section-4"),
    matches=(
        Judged(
            text="""\
method: GET
template: /orders
authentication: {ratio: 1, verdict: consistent, successes: 9, schemes: {basic: 9}}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: GET
template: /orders
authentication: {ratio: 1, verdict: consistent, successes: 9, schemes: {jwt: 9}}
"""
        ),
    ),
)


def check(subject: CatalogOperation) -> Iterator[Issue]:
    count = schemes(subject).get("basic", 0)
    if count:
        yield Issue(text=f"{count} successful calls authenticated with Basic.")
