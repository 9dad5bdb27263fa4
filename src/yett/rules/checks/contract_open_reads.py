"""Open reads: an operation that shows something has no `security`, or lets callers in without any.

To fix: say what is public on purpose (`security: []` at the operation, which is not objected to), and declare security for
the rest.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Description
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import AUTHENTICATION

RULE = CheckRule(
    id="contract-open-reads",
    title="Reads without security",
    on="contract",
    severity=Severity.LOW,
    owasp=("API2:2023",),
    cwe=(306,),
    references=(AUTHENTICATION,),
    matches=(
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
paths:
  /orders:
    get:
      security: []
      responses: {}
"""
        ),
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /orders:
    post:
      responses: {"200": {description: fine}}
"""
        ),
    ),
)


def check(subject: Description) -> Iterator[Issue]:
    for operation in subject.operations:
        if operation.method in ("get", "head", "query") and subject.public(operation) and operation.tree.get("security") != []:
            text = f"{operation.name} may be called without authenticating, and the contract does not say that it is meant so."
            yield Issue(place=operation.pointer, text=text, operation=operation.name)
