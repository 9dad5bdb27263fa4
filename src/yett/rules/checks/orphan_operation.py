"""Orphan operations: declared, and no call was accepted in a window whose coverage is known.

What nobody needs can only be misused. Nothing is called an orphan before its service was watched for long enough; the numbers
that decided are in the reasons.

To fix: find out whether somebody still needs it, and take it away.
"""

from collections.abc import Iterator

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.facts import why
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import INVENTORY

RULE = CheckRule(
    id="orphan-operation",
    title="Declared operations that nobody calls",
    on="operation",
    severity=Severity.INFO,
    owasp=("API9:2023",),
    cwe=(1164,),
    references=(INVENTORY,),
    matches=(
        Judged(
            text="""\
method: GET
template: /v1/orders
views: [orphan]
accepted: 12
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: GET
template: /v1/orders
views: [unused]
accepted: 12
"""
        ),
        Judged(
            text="""\
method: GET
template: /v1/orders
views: [dormant]
accepted: 12
"""
        ),
    ),
)


def check(subject: CatalogOperation) -> Iterator[Issue]:
    if "orphan" in subject.views:
        yield Issue(text="It is declared, and nobody calls it.", reasons=tuple(why(subject, "view:orphan")))
