"""ID tokens as access tokens: calls carry tokens with `nonce` or `at_hash`, which OpenID Connect writes into ID tokens.

An ID token tells the client who logged in. It names the client as its audience, not the API, so an API that accepts it also
accepts tokens that other clients got for other purposes.

To fix: call the API with the access token, and verify `typ` ("at+jwt", RFC 9068) and `aud`.
"""

from collections.abc import Iterator

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Confidence, Judged, Severity
from yett.rules.checking.facts import counts
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import OAUTH_BCP

RULE = CheckRule(
    id="id-tokens-as-access",
    title="ID tokens used to call the API",
    on="operation",
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    owasp=("API2:2023",),
    cwe=(287,),
    references=(OAUTH_BCP,),
    matches=(
        Judged(
            text="""\
method: GET
template: /orders
authentication: {ratio: 1, verdict: consistent, successes: 40, schemes: {jwt: 40}}
facts: {tokens: {"alg:RS256": 4, id-token: 4}}
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
    count = counts(subject, "tokens").get("id-token", 0)
    if count:
        yield Issue(text=f"{count} successful calls carried a token that looks like an ID token (nonce, at_hash).")
