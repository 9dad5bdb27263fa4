"""Tokens without an end: accepted JSON Web Tokens have no `exp`.

A token that leaks, through a log, a backup, a browser, works for ever, and nobody who verifies it offline can take it back.

To fix: issue access tokens that live for minutes, with refresh tokens where sessions must be long; refuse tokens without
`exp`.
"""

from collections.abc import Iterator

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.facts import counts
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import AUTHENTICATION, JWT_BCP

RULE = CheckRule(
    id="tokens-without-expiry",
    title="Tokens that never expire",
    on="operation",
    severity=Severity.MEDIUM,
    owasp=("API2:2023",),
    cwe=(613,),
    references=(AUTHENTICATION, JWT_BCP),
    matches=(
        Judged(
            text="""\
method: GET
template: /orders
authentication: {ratio: 1, verdict: consistent, successes: 40, schemes: {jwt: 40}}
facts: {tokens: {"alg:RS256": 40, "lifetime:endless": 40}}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: GET
template: /orders
authentication: {ratio: 1, verdict: consistent, successes: 40, schemes: {jwt: 40}}
facts: {tokens: {"alg:RS256": 40, "lifetime:hour": 40}}
"""
        ),
    ),
)


def check(subject: CatalogOperation) -> Iterator[Issue]:
    count = counts(subject, "tokens").get("lifetime:endless", 0)
    if count:
        yield Issue(text=f"{count} successful calls carried a token without an end (exp).", reasons=("there is no claim exp",))
