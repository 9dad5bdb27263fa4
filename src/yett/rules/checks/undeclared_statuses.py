"""Undeclared statuses: the server answers with a status that the contract does not declare.

Errors that nobody described come in whatever form the framework gives them, often with more inside than intended.

To fix: declare the status with its body, or stop answering with it.
"""

from collections.abc import Iterator

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import CONFIGURATION

RULE = CheckRule(
    id="undeclared-statuses",
    title="Answers that the contract does not have",
    on="operation",
    severity=Severity.LOW,
    owasp=("API8:2023", "API9:2023"),
    cwe=(1059,),
    references=(CONFIGURATION,),
    matches=(
        Judged(
            text="""\
method: GET
template: /orders
drift:
  - {kind: status, place: response.418, text: seen, count: 3}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: GET
template: /orders
drift:
  - {kind: type, place: response.200.body/a, text: seen, count: 3}
"""
        ),
    ),
)


def check(subject: CatalogOperation) -> Iterator[Issue]:
    for one in subject.drift:
        if one.kind == "status":
            text = f"It answered with {one.place.removeprefix('response.')}, which is not declared."
            yield Issue(place=one.place, text=text, reasons=(f"{one.count} times",))
