"""Origins not declared: no answer of an operation declares `Access-Control-Allow-Origin`.

Whether browsers of other sites may read answers is a decision; a contract that declares it makes it one that can be tested.
APIs that no browser calls may take this check out.

To fix: declare the field in the headers of answers.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Described, Description
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import CONFIGURATION
from yett.rules.checking.schemas import together

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

TEXT = "Access-Control-Allow-Origin is not declared in answers of {names}."


def check(subject: Description) -> Iterator[Issue]:
    yield from together([one for one in subject.operations if _silent(subject, one)], subject, TEXT)


def _silent(description: Description, operation: Described) -> bool:
    answers = [answer for _, _, answer in description.entries(operation.responses, f"{operation.pointer}/responses")]
    fields = [answer["headers"] for answer in answers if isinstance(answer.get("headers"), dict)]
    names = {str(name).lower() for one in fields for name in one}
    return bool(answers) and "access-control-allow-origin" not in names
