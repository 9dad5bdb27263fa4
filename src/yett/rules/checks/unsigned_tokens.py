"""Unsigned tokens: successful calls carried a JSON Web Token whose `alg` is "none".

Everybody can write such a token, with any name and any role in it. A server that answers it well has not verified anything.

To fix: name the algorithms that are accepted and refuse all others (RFC 8725, 3.1); the gateway's `jwt` never accepts "none".

What it does not see: whether the server would have answered without any token too.
"""

from collections.abc import Iterator

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.facts import counts
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import AUTHENTICATION, JWT_BCP

RULE = CheckRule(
    id="unsigned-tokens",
    title="Tokens without a signature are accepted",
    on="operation",
    severity=Severity.CRITICAL,
    owasp=("API2:2023",),
    cwe=(347,),
    references=(AUTHENTICATION, JWT_BCP),
    matches=(
        Judged(
            text="""\
method: GET
template: /orders
authentication: {ratio: 1, verdict: consistent, successes: 40, schemes: {jwt: 40}}
facts: {tokens: {"alg:none": 3, "alg:RS256": 37}}
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
    count = counts(subject, "tokens").get("alg:none", 0)
    if count:
        yield Issue(
            text=f"{count} successful calls carried a token that nobody signed.", reasons=('the header says alg "none"',)
        )
