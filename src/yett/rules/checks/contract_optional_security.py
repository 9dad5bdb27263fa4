"""Optional security: beside real schemes stands an empty alternative, so a credential may also be left out.

It is right where an operation tells more to known callers. Elsewhere it is a leftover that opens the operation.

To fix: take the empty alternative away, or keep it knowingly with an entry in the baseline.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Description
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import AUTHENTICATION

RULE = CheckRule(
    id="contract-optional-security",
    title="Security that callers may leave out",
    on="contract",
    severity=Severity.MEDIUM,
    owasp=("API2:2023",),
    cwe=(306,),
    references=(AUTHENTICATION,),
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
      security: [{main: []}, {}]
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
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
security: [{main: []}]
components: {securitySchemes: {main: {type: http, scheme: bearer}}}
paths:
  /orders:
    get:
      security: [{}]
      responses: {}
"""
        ),
    ),
)


def check(subject: Description) -> Iterator[Issue]:
    for operation in subject.operations:
        alternatives = subject.security(operation) or []
        if any(alternatives) and not all(alternatives):
            text = f"{operation.name} names a scheme and lets callers in without it."
            yield Issue(place=operation.pointer, text=text, operation=operation.name)
