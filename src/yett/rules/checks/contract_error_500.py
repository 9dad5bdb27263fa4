"""No 500: an operation does not declare how it answers failures of the server, or declares it without a body.

Errors that nobody described are written by frameworks, often with traces and versions in them.

To fix: declare 500 with a body, such as `application/problem+json` (RFC 9457).
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Described, Description
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import CONFIGURATION
from yett.rules.checking.schemas import together

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

TEXT = "The body of 500 is not declared for {names}."


def check(subject: Description) -> Iterator[Issue]:
    yield from together([one for one in subject.operations if _silent(subject, one)], subject, TEXT)


def _silent(description: Description, operation: Described) -> bool:
    answers = description.entries(operation.responses, f"{operation.pointer}/responses")
    told = [answer for status, _, answer in answers if status in ("500", "5XX", "default")]
    return not any("content" in answer or "schema" in answer for answer in told)
