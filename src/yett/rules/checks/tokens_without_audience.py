"""Tokens without audience or issuer: accepted JSON Web Tokens lack `aud` or `iss`.

A token that names no audience is good at every service that trusts the same key: one that was issued for a harmless service
opens the others (RFC 8725, 3.8 and 3.9).

To fix: let the issuer write `iss` and `aud`, and verify both; the gateway's `jwt` takes `issuer` and `audience`.
"""

from collections.abc import Iterator

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.facts import counts
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import JWT_BCP

RULE = CheckRule(
    id="tokens-without-audience",
    title="Tokens that say neither for whom nor by whom",
    on="operation",
    severity=Severity.LOW,
    owasp=("API2:2023",),
    cwe=(287, 345),
    references=(JWT_BCP,),
    matches=(
        Judged(
            text="""\
method: GET
template: /orders
authentication: {ratio: 1, verdict: consistent, successes: 40, schemes: {jwt: 40}}
facts: {tokens: {"alg:RS256": 40, no-aud: 40}}
"""
        ),
        Judged(
            text="""\
method: GET
template: /orders
authentication: {ratio: 1, verdict: consistent, successes: 40, schemes: {jwt: 40}}
facts: {tokens: {"no-iss": 1}}
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
    found = counts(subject, "tokens")
    missing = [name for name, fact in (("aud", "no-aud"), ("iss", "no-iss")) if found.get(fact)]
    if missing:
        count = max(found.get("no-aud", 0), found.get("no-iss", 0))
        yield Issue(text=f"{count} successful calls carried a token without {' and '.join(missing)}.")
