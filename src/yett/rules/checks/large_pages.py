"""Large pages: a parameter for the size of a page was accepted with a very large number.

A limit that the caller sets is none. One call with a million makes the server gather a million.

To fix: bound the number in the contract (`maximum`) and enforce it; the gateway does with the contract.
"""

from collections.abc import Iterator

import msgspec

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.facts import has_type, seen
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import RESOURCES
from yett.rules.checking.words import SIZES, plain

RULE = CheckRule(
    id="large-pages",
    title="Pages as large as the caller likes",
    on="operation",
    severity=Severity.MEDIUM,
    owasp=("API4:2023",),
    cwe=(770, 1284),
    references=(RESOURCES,),
    matches=(
        Judged(
            text="""\
method: GET
template: /orders
parameters: [{name: limit, place: query, distinct: 4, schema: {type: integer, x-yett: {maximum: 100000}}}]
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: GET
template: /orders
parameters: [{name: limit, place: query, distinct: 4, schema: {type: integer, x-yett: {maximum: 100}}}]
"""
        ),
        Judged(
            text="""\
method: GET
template: /orders
parameters: [{name: page, place: query, distinct: 4, schema: {type: integer, x-yett: {maximum: 100000}}}]
"""
        ),
    ),
)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """page: items of a page that are still reasonable."""

    page: int = 1_000


def check(subject: CatalogOperation, settings: Settings) -> Iterator[Issue]:
    for one in subject.parameters:
        most = seen(one.schema, "maximum")
        if one.place == "query" and plain(one.name) in SIZES and has_type(one.schema, "integer") and most > settings.page:
            text = f"The parameter {one.name} was accepted with {most}."
            yield Issue(place=f"query/{one.name}", text=text, reasons=(f"greater than {settings.page} (page)",))
