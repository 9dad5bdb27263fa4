"""No limit declared: an operation has no answer 429, so nobody promised that it is limited.

To fix: limit it, with the gateway's `limits` for a start, and declare 429 (or 4XX).
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Description
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import RESOURCES

RULE = CheckRule(
    id="contract-no-limit-declared",
    title="Operations without a limit",
    on="contract",
    severity=Severity.LOW,
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
      responses: {"200": {description: fine}}
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
      responses: {"429": {description: fine}}
"""
        ),
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /orders:
    get:
      responses: {"4XX": {description: fine}}
"""
        ),
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /orders:
    get:
      responses: {"default": {description: fine}}
"""
        ),
    ),
)


def check(subject: Description) -> Iterator[Issue]:
    for operation in subject.operations:
        if not {"429", "4XX", "default"}.intersection(map(str, operation.responses)):
            yield Issue(place=operation.pointer, text=f"{operation.name} does not declare 429.", operation=operation.name)
