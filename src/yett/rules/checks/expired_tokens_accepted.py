"""Expired tokens: successful calls carried a JSON Web Token more than five minutes after its end.

Either nobody looks at `exp`, or nobody verifies the token at all. Both make every token that ever leaked a key.

To fix: verify `exp` with a small leeway; the gateway's `jwt` does.

What it does not see: recordings without times, and operations that are public and ignore the token.
"""

from collections.abc import Iterator

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.facts import counts
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import AUTHENTICATION, JWT_BCP

RULE = CheckRule(
    id="expired-tokens-accepted",
    title="Expired tokens are accepted",
    on="operation",
    severity=Severity.HIGH,
    owasp=("API2:2023",),
    cwe=(613,),
    references=(AUTHENTICATION, JWT_BCP),
    matches=(
        Judged(
            text="""\
method: GET
template: /orders
authentication: {ratio: 1, verdict: consistent, successes: 40, schemes: {jwt: 40}}
facts: {tokens: {"alg:RS256": 40, expired: 2}}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: GET
template: /orders
authentication: {ratio: 1, verdict: consistent, successes: 40, schemes: {jwt: 40}}
facts: {tokens: {"alg:RS256": 40}}
"""
        ),
    ),
)


def check(subject: CatalogOperation) -> Iterator[Issue]:
    count = counts(subject, "tokens").get("expired", 0)
    if count:
        text = f"{count} successful calls carried a token that had expired before."
        yield Issue(text=text, reasons=("more than 300 seconds between exp and the call",))
