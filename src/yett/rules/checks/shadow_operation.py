"""Shadow operations: calls are answered, and neither a contract nor a gateway's configuration knows of them.

What is in no inventory is in no review, no test and no policy either. Where nothing at all is declared for a service, nothing
is called a shadow.

To fix: declare it or switch it off; the gateway's `undeclared` refuses what the contract does not have.
"""

from collections.abc import Iterator

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.facts import classes, why
from yett.rules.checking.issue import Issue, listed, raised
from yett.rules.checking.references import INVENTORY

RULE = CheckRule(
    id="shadow-operation",
    title="Operations that nobody declared",
    on="operation",
    severity=Severity.MEDIUM,
    owasp=("API9:2023",),
    cwe=(1059,),
    references=(INVENTORY,),
    matches=(
        Judged(
            text="""\
method: GET
template: /v1/orders
views: [shadow]
accepted: 12
"""
        ),
        Judged(
            text="""\
method: GET
template: /v1/orders
views: [shadow]
accepted: 12
classes: [{place: "response.200.body/email", class: email, ratio: 1, distinct: 9}]
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: GET
template: /v1/orders
views: [declared]
accepted: 12
"""
        ),
        Judged(
            text="""\
method: GET
template: /v1/orders
views: [undeclared]
accepted: 12
"""
        ),
    ),
)


def check(subject: CatalogOperation) -> Iterator[Issue]:
    if "shadow" not in subject.views:
        return
    personal = classes(subject, "response.2")
    reasons = [*why(subject, "view:shadow"), f"{subject.accepted} accepted calls"]
    if personal:
        reasons.append(f"answers hold {listed(sorted({one.name for one in personal}))}")
    grave = raised(RULE.severity, bool(personal) + (subject.exposure == "public"))
    yield Issue(text="It is answered, and nobody declared it.", severity=grave, reasons=tuple(reasons))
