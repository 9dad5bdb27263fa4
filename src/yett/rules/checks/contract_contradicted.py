"""Contradicted contract: types, parameters or required members are not what the contract says.

A contract that is wrong cannot be enforced, so it protects nothing; and a server that takes other types than it declares does
not validate.

To fix: correct the contract or the server; then enforce it.
"""

from collections.abc import Iterator

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import INVENTORY

RULE = CheckRule(
    id="contract-contradicted",
    title="Traffic that contradicts the contract",
    on="operation",
    severity=Severity.LOW,
    owasp=("API9:2023", "API8:2023"),
    cwe=(1059, 20),
    references=(INVENTORY,),
    matches=(
        Judged(
            text="""\
method: GET
template: /orders
drift:
  - {kind: type, place: request.body/amount, text: seen, count: 3}
"""
        ),
        Judged(
            text="""\
method: GET
template: /orders
drift:
  - {kind: removed, place: response.200.body/id, text: seen, count: 3}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: GET
template: /orders
drift:
  - {kind: added, place: response.200.body/a, text: seen, count: 3}
  - {kind: status, place: response.418, text: seen, count: 1}
"""
        ),
    ),
)


def check(subject: CatalogOperation) -> Iterator[Issue]:
    for one in subject.drift:
        if one.kind not in ("added", "status"):
            yield Issue(place=one.place, text=f"{one.text} ({one.kind}).", reasons=(f"{one.count} times",))
