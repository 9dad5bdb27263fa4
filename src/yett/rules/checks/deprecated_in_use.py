"""Deprecated operations in use: they are announced to go, and consumers still call them.

To fix: tell the consumers that are listed, by name where tokens name them, and set a Sunset date (RFC 8594).
"""

from collections.abc import Iterator

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.facts import why
from yett.rules.checking.issue import Issue, listed
from yett.rules.checking.references import INVENTORY

RULE = CheckRule(
    id="deprecated-in-use",
    title="Deprecated operations in use",
    on="operation",
    severity=Severity.LOW,
    owasp=("API9:2023",),
    cwe=(477,),
    references=(INVENTORY, "https://www.rfc-editor.org/rfc/rfc9745"),
    matches=(
        Judged(
            text="""\
method: GET
template: /v1/orders
views: [declared, deprecated]
accepted: 12
consumer_count: 3
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: GET
template: /v1/orders
views: [deprecated]
accepted: 0
"""
        ),
        Judged(
            text="""\
method: GET
template: /v1/orders
views: [declared]
accepted: 12
"""
        ),
    ),
)


def check(subject: CatalogOperation) -> Iterator[Issue]:
    if "deprecated" in subject.views and "zombie" not in subject.views and subject.accepted:
        names = [one.label or f"{one.kind} {one.id}" for one in subject.consumers]
        told = f": {listed(names)}" if names else ""
        text = f"It is deprecated, and {subject.accepted} calls of {subject.consumer_count} consumers were answered."
        yield Issue(text=text, reasons=(*why(subject, "view:deprecated"), f"{subject.consumer_count} consumers{told}"))
