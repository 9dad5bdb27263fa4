"""No answer to wrong input: an operation declares none of 400, 422 and 4XX.

An API that does not say how it refuses input often does not refuse it.

To fix: declare 400 or 422 with a body.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Description
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import CONFIGURATION

RULE = CheckRule(
    id="contract-error-validation",
    title="Answers to wrong input are not declared",
    on="contract",
    severity=Severity.LOW,
    owasp=("API8:2023",),
    cwe=(209, 20),
    references=(CONFIGURATION,),
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
      responses: {"400": {description: fine}}
"""
        ),
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /orders:
    get:
      responses: {"422": {description: fine}}
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
        if not {"400", "422", "4XX", "default"}.intersection(map(str, operation.responses)):
            text = f"{operation.name} does not declare how it refuses wrong input."
            yield Issue(place=operation.pointer, text=text, operation=operation.name)
