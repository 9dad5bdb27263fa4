"""Token practices: a scheme with JSON Web Tokens does not say that it follows RFC 8725.

The ways in which verifying goes wrong are known: "none", confused algorithms, keys from the token, no audience. Who builds or
reviews the service should see in the contract that they are dealt with.

To fix: say in the scheme's `description` that tokens are verified as RFC 8725 says, with which algorithms and audience.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Description
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import AUTHENTICATION, JWT_BCP

RULE = CheckRule(
    id="contract-token-practices",
    title="Tokens without a word on how they are verified",
    on="contract",
    severity=Severity.INFO,
    owasp=("API2:2023",),
    cwe=(347,),
    references=(JWT_BCP, AUTHENTICATION),
    matches=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths: {}
components: {securitySchemes: {main: {type: http, scheme: bearer, bearerFormat: JWT}}}
"""
        ),
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths: {}
components: {securitySchemes: {main: {type: oauth2, description: log in, flows: {}}}}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths: {}
components: {securitySchemes: {main: {type: http, scheme: bearer, bearerFormat: JWT, description: verified as RFC 8725 says}}}
"""
        ),
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths: {}
components: {securitySchemes: {main: {type: http, scheme: bearer}}}
"""
        ),
    ),
)


def check(subject: Description) -> Iterator[Issue]:
    for name, pointer, scheme in subject.schemes:
        jwt = str(scheme.get("bearerFormat", "")).upper() == "JWT"
        told = str(scheme.get("description", "")).replace(" ", "").upper()
        if (jwt or scheme.get("type") == "oauth2") and "RFC8725" not in told:
            yield Issue(place=pointer, text=f"The scheme {name} does not say how its tokens are verified (RFC 8725).")
