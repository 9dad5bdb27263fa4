"""Origins not declared: no answer of an operation declares `Access-Control-Allow-Origin`.

Whether browsers of other sites may read answers is a decision; a contract that declares it makes it one that can be tested.
APIs that no browser calls may take this check out.

To fix: declare the field in the headers of answers.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Description
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import CONFIGURATION

RULE = CheckRule(
    id="contract-cors-origin",
    title="Answers that do not say who may read them",
    on="contract",
    severity=Severity.INFO,
    owasp=("API8:2023",),
    cwe=(942,),
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
      responses: {"200": {description: fine, headers: {Access-Control-Allow-Origin: {schema: {type: string}}}}}
"""
        ),
    ),
)


def check(subject: Description) -> Iterator[Issue]:
    for operation in subject.operations:
        answers = [answer for _, _, answer in subject.entries(operation.responses, f"{operation.pointer}/responses")]
        names = {
            str(name).lower() for answer in answers if isinstance(answer.get("headers"), dict) for name in answer["headers"]
        }
        if answers and "access-control-allow-origin" not in names:
            text = f"No answer of {operation.name} declares Access-Control-Allow-Origin."
            yield Issue(place=operation.pointer, text=text, operation=operation.name)
