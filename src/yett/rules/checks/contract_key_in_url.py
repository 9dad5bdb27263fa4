"""API keys in URLs: a security scheme puts its key into the query.

Addresses are logged everywhere, and with them the key.

To fix: `in: header`.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Description
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import AUTHENTICATION

RULE = CheckRule(
    id="contract-key-in-url",
    title="API keys in addresses are declared",
    on="contract",
    severity=Severity.HIGH,
    owasp=("API2:2023",),
    cwe=(598,),
    references=(AUTHENTICATION,),
    matches=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths: {}
components: {securitySchemes: {main: {type: apiKey, in: query, name: key}}}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths: {}
components: {securitySchemes: {main: {type: apiKey, in: header, name: X-API-Key}}}
"""
        ),
    ),
)


def check(subject: Description) -> Iterator[Issue]:
    for name, pointer, scheme in subject.schemes:
        if scheme.get("type") == "apiKey" and scheme.get("in") in ("query", "path"):
            yield Issue(place=pointer, text=f"The scheme {name} puts its key into the {scheme['in']}.")
