"""Personal data in tokens: claims of accepted JSON Web Tokens hold an address, a birthday, a password.

A signed token is not encrypted: everybody on its way reads it, and it ends up in logs, browsers and error reports.

To fix: keep a subject and scopes in the token, and look the rest up; encrypt tokens (JWE) that must carry more.
"""

from collections.abc import Iterator

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.facts import counts
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import JWT_BCP

RULE = CheckRule(
    id="secrets-in-tokens",
    title="Tokens with personal data or secrets in them",
    on="operation",
    severity=Severity.MEDIUM,
    owasp=("API3:2023",),
    cwe=(312, 359),
    references=(JWT_BCP,),
    matches=(
        Judged(
            text="""\
method: GET
template: /orders
authentication: {ratio: 1, verdict: consistent, successes: 40, schemes: {jwt: 40}}
facts: {tokens: {"alg:RS256": 4, personal-claims: 4}}
"""
        ),
        Judged(
            text="""\
method: GET
template: /orders
authentication: {ratio: 1, verdict: consistent, successes: 40, schemes: {jwt: 40}}
facts: {tokens: {"secret-claims": 1}}
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
        Judged(
            text="""\
method: GET
template: /orders
authentication: {ratio: 1, verdict: consistent, successes: 40, schemes: {jwt: 40}}
facts: {tokens: {"alg:encrypted": 40}}
"""
        ),
    ),
)


def check(subject: CatalogOperation) -> Iterator[Issue]:
    found = counts(subject, "tokens")
    secret, personal = found.get("secret-claims", 0), found.get("personal-claims", 0)
    if secret:
        text = f"{secret} successful calls carried a token with a password or key among its claims."
        yield Issue(place="secret", text=text, severity=Severity.HIGH)
    if personal:
        yield Issue(place="personal", text=f"{personal} successful calls carried a token with personal data among its claims.")
