"""Dormant operations: they were called, and then no more, while their service went on being called.

Consumers have left, and the operation is still there, without anybody who would notice its misuse.

To fix: retire it, with a Deprecation and a Sunset field first where consumers may come back.
"""

from collections.abc import Iterator

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.facts import why
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import INVENTORY

RULE = CheckRule(
    id="dormant-operation",
    title="Operations that fell silent",
    on="operation",
    severity=Severity.INFO,
    owasp=("API9:2023",),
    cwe=(1059,),
    references=(INVENTORY,),
    matches=(
        Judged(
            text="""\
method: GET
template: /v1/orders
views: [dormant]
accepted: 12
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: GET
template: /v1/orders
views: [orphan]
accepted: 12
"""
        ),
    ),
)


def check(subject: CatalogOperation) -> Iterator[Issue]:
    if "dormant" in subject.views:
        yield Issue(text="It was called before, and nobody calls it any more.", reasons=tuple(why(subject, "view:dormant")))
