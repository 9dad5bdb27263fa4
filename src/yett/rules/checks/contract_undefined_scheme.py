"""Undefined schemes: `security` names a scheme that the description does not define.

Tools that do not find it often go on as if nothing were asked for.

To fix: define it under `components/securitySchemes`, or correct the name.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Description
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import AUTHENTICATION

RULE = CheckRule(
    id="contract-undefined-scheme",
    title="Security that names no scheme",
    on="contract",
    severity=Severity.HIGH,
    owasp=("API2:2023",),
    cwe=(1295, 306),
    references=(AUTHENTICATION, "https://spec.openapis.org/oas/v3.1.1.html#security-requirement-object"),
    matches=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
security: [{main: []}]
components: {securitySchemes: {main: {type: http, scheme: bearer}}}
paths:
  /orders:
    get:
      security: [{mian: []}]
      responses: {}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
security: [{main: []}]
components: {securitySchemes: {main: {type: http, scheme: bearer}}}
paths:
  /orders:
    get:
      responses: {"200": {description: fine}}
"""
        ),
    ),
)


def check(subject: Description) -> Iterator[Issue]:
    known = {name for name, _, _ in subject.schemes}
    for operation in subject.operations:
        asked = {str(name) for one in subject.security(operation) or () for name in one}
        for name in sorted(asked - known):
            text = f"{operation.name} asks for the scheme {name}, which is not defined."
            yield Issue(place=f"{operation.pointer}/security/{name}", text=text, operation=operation.name)
