"""Outdated schemes in the contract: Digest, NTLM, Negotiate or OAuth 1.

To fix: declare OAuth 2 or mutual TLS.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Description
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import AUTHENTICATION

RULE = CheckRule(
    id="contract-outdated-schemes",
    title="Outdated schemes are declared",
    on="contract",
    severity=Severity.MEDIUM,
    owasp=("API2:2023",),
    cwe=(327, 1390),
    references=(AUTHENTICATION, "https://www.iana.org/assignments/http-authschemes/"),
    matches=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths: {}
components: {securitySchemes: {main: {type: http, scheme: negotiate}}}
"""
        ),
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths: {}
components: {securitySchemes: {main: {type: http, scheme: OAuth}}}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths: {}
components: {securitySchemes: {main: {type: http, scheme: bearer}}}
"""
        ),
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths: {}
components: {securitySchemes: {main: {type: oauth2, flows: {}}}}
"""
        ),
    ),
)


def check(subject: Description) -> Iterator[Issue]:
    for name, pointer, scheme in subject.schemes:
        used = str(scheme.get("scheme", "")).lower()
        if scheme.get("type") == "http" and used in ("digest", "negotiate", "ntlm", "oauth", "hoba", "vapid-old"):
            yield Issue(place=pointer, text=f"The scheme {name} uses {used}.")
