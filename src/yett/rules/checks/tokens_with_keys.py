"""Tokens with keys: the header of accepted JSON Web Tokens carries a key (`jwk`, `x5c`) or the address of one (`jku`, `x5u`).

A server that uses what the token brings accepts tokens of everybody; one that fetches the address can be made to call
anything (RFC 8725, 3.10). That such tokens succeed does not prove that the server believes them, and it is worth a look.

To fix: take keys from a configured key set only, chosen by `kid`, and refuse tokens with these header parameters.
"""

from collections.abc import Iterator

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Confidence, Judged, Severity
from yett.rules.checking.facts import counts
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import AUTHENTICATION, JWT_BCP

RULE = CheckRule(
    id="tokens-with-keys",
    title="Tokens that bring the key to verify them",
    on="operation",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    owasp=("API2:2023",),
    cwe=(347, 918),
    references=(JWT_BCP, AUTHENTICATION),
    matches=(
        Judged(
            text="""\
method: GET
template: /orders
authentication: {ratio: 1, verdict: consistent, successes: 40, schemes: {jwt: 40}}
facts: {tokens: {"alg:RS256": 4, own-key: 4}}
"""
        ),
        Judged(
            text="""\
method: GET
template: /orders
authentication: {ratio: 1, verdict: consistent, successes: 40, schemes: {jwt: 40}}
facts: {tokens: {"remote-key": 1}}
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
    own, remote = found.get("own-key", 0), found.get("remote-key", 0)
    if own or remote:
        what = "the address of its key (jku, x5u)" if remote else "its own key (jwk, x5c)"
        yield Issue(text=f"{own + remote} successful calls carried a token with {what}.")
