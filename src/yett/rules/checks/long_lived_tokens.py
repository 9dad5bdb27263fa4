"""Long-lived tokens: accepted JSON Web Tokens are good for more than a day after they were issued.

The longer a token lives, the longer a stolen one works. Lifetimes are counted in bins: up to an hour, a day, thirty days,
longer.

To fix: shorten access tokens to minutes or an hour, and renew them with refresh tokens that rotate (RFC 9700, 4.14).
"""

from collections.abc import Iterator

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.facts import counts
from yett.rules.checking.issue import Issue, raised
from yett.rules.checking.references import AUTHENTICATION, OAUTH_BCP

RULE = CheckRule(
    id="long-lived-tokens",
    title="Tokens that live for days",
    on="operation",
    severity=Severity.LOW,
    owasp=("API2:2023",),
    cwe=(613,),
    references=(AUTHENTICATION, OAUTH_BCP),
    matches=(
        Judged(
            text="""\
method: GET
template: /orders
authentication: {ratio: 1, verdict: consistent, successes: 40, schemes: {jwt: 40}}
facts: {tokens: {"alg:RS256": 40, "lifetime:longer": 40}}
"""
        ),
        Judged(
            text="""\
method: GET
template: /orders
authentication: {ratio: 1, verdict: consistent, successes: 40, schemes: {jwt: 40}}
facts: {tokens: {"lifetime:month": 2}}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: GET
template: /orders
authentication: {ratio: 1, verdict: consistent, successes: 40, schemes: {jwt: 40}}
facts: {tokens: {"alg:RS256": 40, "lifetime:day": 40}}
"""
        ),
    ),
)


def check(subject: CatalogOperation) -> Iterator[Issue]:
    found = counts(subject, "tokens")
    month, longer = found.get("lifetime:month", 0), found.get("lifetime:longer", 0)
    if month or longer:
        text = f"{month + longer} successful calls carried a token that lives for more than a day"
        text += f", {longer} of them one for more than thirty days." if longer else "."
        yield Issue(text=text, severity=raised(RULE.severity) if longer else None, reasons=("exp minus iat",))
