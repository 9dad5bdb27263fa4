"""No 401: an operation does not declare how it answers callers who are not authenticated, although it asks for a credential, or
declares it without a body.

Errors that nobody described are written by frameworks, often with traces and versions in them.

To fix: declare 401 with a body, such as `application/problem+json` (RFC 9457).
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Description
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import CONFIGURATION

RULE = CheckRule(
    id="contract-error-401",
    title="Answers to callers who are not authenticated are not declared",
    on="contract",
    severity=Severity.LOW,
    owasp=("API8:2023",),
    cwe=(209, 755),
    references=(CONFIGURATION,),
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
      responses: {"200": {description: fine}}
"""
        ),
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
security: [{main: []}]
components: {securitySchemes: {main: {type: http, scheme: bearer}}}
paths:
  /orders:
    get:
      responses: {"401": {description: wrong}}
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
      responses: {"401": {description: wrong, content: {application/problem+json: {}}}}
"""
        ),
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /orders:
    get:
      responses: {"200": {description: fine}}
"""
        ),
    ),
)


def check(subject: Description) -> Iterator[Issue]:
    for operation in subject.operations:
        answers = subject.entries(operation.responses, f"{operation.pointer}/responses")
        told = [answer for status, _, answer in answers if status in ("401", "4XX", "default")]
        if not any("content" in answer or "schema" in answer for answer in told) and not subject.public(operation):
            text = f"{operation.name} does not declare the body of 401."
            yield Issue(place=operation.pointer, text=text, operation=operation.name)
