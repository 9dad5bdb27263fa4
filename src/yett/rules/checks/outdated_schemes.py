"""Outdated schemes: calls authenticate with Digest, NTLM or Negotiate, or OAuth 1.

Digest with MD5 is broken by guessing offline, NTLM can be relayed, OAuth 1 has been replaced by RFC 6749 for more than a
decade.

To fix: move callers to OAuth 2 or client certificates.
"""

from collections.abc import Iterator

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.facts import schemes
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import AUTHENTICATION

RULE = CheckRule(
    id="outdated-schemes",
    title="Outdated ways to authenticate",
    on="operation",
    severity=Severity.MEDIUM,
    owasp=("API2:2023",),
    cwe=(327, 1390),
    references=(AUTHENTICATION, "https://www.iana.org/assignments/http-authschemes/"),
    matches=(
        Judged(
            text="""\
method: GET
template: /orders
authentication: {ratio: 1, verdict: consistent, successes: 9, schemes: {digest: 9}}
"""
        ),
        Judged(
            text="""\
method: GET
template: /orders
authentication: {ratio: 1, verdict: consistent, successes: 9, schemes: {negotiate+session: 9}}
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
    names = {"digest": "Digest", "negotiate": "NTLM or Negotiate", "oauth1": "OAuth 1"}
    for scheme, count in schemes(subject).items():
        if scheme in names:
            yield Issue(place=scheme, text=f"{count} successful calls authenticated with {names[scheme]}.")
