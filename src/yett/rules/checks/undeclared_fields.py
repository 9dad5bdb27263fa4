"""Undeclared fields: requests or answers hold members that the contract does not declare.

In answers, the server tells more than was agreed, and nobody decided that it should. In requests, callers set members that
nobody thought of, which is how mass assignment begins.

To fix: declare the field, or stop sending and accepting it; the gateway can strip or refuse it with the contract.
"""

from collections.abc import Iterator

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import PROPERTIES
from yett.rules.checking.words import PRIVILEGES, plain

RULE = CheckRule(
    id="undeclared-fields",
    title="Fields that the contract does not have",
    on="operation",
    severity=Severity.MEDIUM,
    owasp=("API3:2023",),
    cwe=(213, 915),
    references=(PROPERTIES,),
    matches=(
        Judged(
            text="""\
method: GET
template: /orders
drift:
  - {kind: added, place: response.200.body/margin, text: seen, count: 9}
"""
        ),
        Judged(
            text="""\
method: GET
template: /orders
drift:
  - {kind: added, place: request.body/role, text: seen, count: 1}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: GET
template: /orders
drift:
  - {kind: type, place: response.200.body/a, text: seen, count: 9}
"""
        ),
        Judged(
            text="""\
method: GET
template: /orders
drift:
  - {kind: removed, place: response.200.body/a, text: seen, count: 9}
"""
        ),
    ),
)


def check(subject: CatalogOperation) -> Iterator[Issue]:
    for one in subject.drift:
        if one.kind == "added" and ".body" in one.place:
            sent = one.place.startswith("request")
            named = {field.name for field in subject.classes if field.place == one.place}
            privileged = sent and plain(one.place.rpartition("/")[2]) in PRIVILEGES
            reasons = (f"{one.count} times, by {one.consumers} consumers", *(f"it holds {name}" for name in sorted(named)))
            grave = Severity.HIGH if named or privileged else None
            who = "Callers send" if sent else "The server answers with"
            yield Issue(place=one.place, text=f"{who} a field that is not declared.", severity=grave, reasons=reasons)
