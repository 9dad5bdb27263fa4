"""Zombie operations: declared deprecated, removed or retired, and still answering.

Old versions miss the fixes, limits and checks that the new ones got, and nobody watches them. Attackers look for them first.

To fix: move the consumers that still call (they are listed), announce a Sunset, and switch it off.
"""

from collections.abc import Iterator

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.facts import why
from yett.rules.checking.issue import Issue, listed
from yett.rules.checking.references import INVENTORY

RULE = CheckRule(
    id="zombie-operation",
    title="Retired operations that still answer",
    on="operation",
    severity=Severity.HIGH,
    owasp=("API9:2023",),
    cwe=(1059, 672),
    references=(INVENTORY, "https://www.rfc-editor.org/rfc/rfc8594", "https://www.rfc-editor.org/rfc/rfc9745"),
    matches=(
        Judged(
            text="""\
method: GET
template: /v1/orders
views: [zombie, deprecated]
accepted: 12
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: GET
template: /v1/orders
views: [deprecated]
accepted: 12
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
    if "zombie" in subject.views:
        names = [one.label or f"{one.kind} {one.id}" for one in subject.consumers]
        text = f"It is retired and answered {subject.accepted} calls."
        yield Issue(text=text, reasons=(*why(subject, "view:zombie"), f"{subject.consumer_count} consumers: {listed(names)}"))
