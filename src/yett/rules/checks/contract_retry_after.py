"""No Retry-After: an answer 429 does not declare the field that tells when to try again.

To fix: declare `Retry-After` in the headers of 429.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Description
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import RESOURCES

RULE = CheckRule(
    id="contract-retry-after",
    title="Limits without a word on when to come back",
    on="contract",
    severity=Severity.INFO,
    owasp=("API4:2023",),
    cwe=(770,),
    references=(RESOURCES, "https://www.rfc-editor.org/rfc/rfc6585#section-4"),
    matches=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /orders:
    get:
      responses: {"429": {description: fine}}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /orders:
    get:
      responses: {"429": {description: later, headers: {Retry-After: {schema: {type: integer}}}}}
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
        for status, pointer, answer in subject.entries(operation.responses, f"{operation.pointer}/responses"):
            fields = answer.get("headers")
            names = {str(name).lower() for name in fields} if isinstance(fields, dict) else set()
            if status == "429" and "retry-after" not in names:
                yield Issue(place=pointer, text=f"429 of {operation.name} has no Retry-After.", operation=operation.name)
