"""No 500: an operation does not declare how it answers failures of the server, or declares it without a body.

Errors that nobody described are written by frameworks, often with traces and versions in them.

To fix: declare 500 with a body, such as `application/problem+json` (RFC 9457).
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Description
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import CONFIGURATION

RULE = CheckRule(
    id="contract-error-500",
    title="Answers to failures of the server are not declared",
    on="contract",
    severity=Severity.INFO,
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
      responses: {"500": {description: wrong}}
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
      responses: {"500": {description: wrong, content: {application/problem+json: {}}}}
"""
        ),
    ),
)


def check(subject: Description) -> Iterator[Issue]:
    for operation in subject.operations:
        answers = subject.entries(operation.responses, f"{operation.pointer}/responses")
        told = [answer for status, _, answer in answers if status in ("500", "5XX", "default")]
        if not any("content" in answer or "schema" in answer for answer in told):
            text = f"{operation.name} does not declare the body of 500."
            yield Issue(place=operation.pointer, text=text, operation=operation.name)
