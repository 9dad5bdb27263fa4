"""Basic authentication in the contract: clients are told to send a password with every call.

To fix: declare OAuth 2, OpenID Connect or mutual TLS, and keep passwords for logging in.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Description
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import AUTHENTICATION

RULE = CheckRule(
    id="contract-basic",
    title="Basic authentication is declared",
    on="contract",
    severity=Severity.MEDIUM,
    owasp=("API2:2023",),
    cwe=(522,),
    references=(AUTHENTICATION,),
    matches=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths: {}
components: {securitySchemes: {main: {type: http, scheme: Basic}}}
"""
        ),
        Judged(
            text="""\
swagger: "2.0"
info: {title: Shop, version: "1"}
paths: {}
securityDefinitions: {main: {type: basic}}
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
    ),
)


def check(subject: Description) -> Iterator[Issue]:
    for name, pointer, scheme in subject.schemes:
        if scheme.get("type") == "basic" or str(scheme.get("scheme", "")).lower() == "basic":
            yield Issue(place=pointer, text=f"The scheme {name} is Basic.")
