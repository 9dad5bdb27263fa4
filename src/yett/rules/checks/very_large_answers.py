"""Very large answers: an operation answers with many megabytes.

Each call costs memory and bandwidth on both sides, and few callers can occupy all of it.

To fix: answer in pages, offer compression, or hand large exports out as files from a store that is made for them.
"""

from collections.abc import Iterator

import msgspec

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.facts import counts
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import RESOURCES

RULE = CheckRule(
    id="very-large-answers",
    title="Very large answers",
    on="operation",
    severity=Severity.LOW,
    owasp=("API4:2023",),
    cwe=(400, 770),
    references=(RESOURCES,),
    matches=(
        Judged(
            text="""\
method: GET
template: /dump
facts: {response_size: {p50: 20000000, p95: 90000000}}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: GET
template: /orders
facts: {response_size: {p95: 90000}}
"""
        ),
        Judged(
            text="""\
method: GET
template: /orders
"""
        ),
    ),
)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """octets: size of answers from which on one is very large."""

    octets: int = 10_000_000


def check(subject: CatalogOperation, settings: Settings) -> Iterator[Issue]:
    size = counts(subject, "response_size").get("p95", 0)
    if size >= settings.octets:
        text = f"One answer in twenty is larger than {size:,.0f} octets."
        yield Issue(text=text, reasons=(f"octets {settings.octets:,}",))
