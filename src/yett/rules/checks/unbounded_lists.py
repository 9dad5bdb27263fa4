"""Unbounded lists: an operation answers with long lists, and no parameter asks for a part of them.

The list grows with the data until one call is dear enough to hurt; and one call copies everything there is.

To fix: answer in pages with a greatest size that the server sets, whatever the caller asks for.
"""

from collections.abc import Iterator

import msgspec

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.facts import has_type, properties, seen
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import RESOURCES
from yett.rules.checking.words import PAGES, plain

RULE = CheckRule(
    id="unbounded-lists",
    title="Lists without pages",
    on="operation",
    severity=Severity.MEDIUM,
    owasp=("API4:2023",),
    cwe=(770,),
    references=(RESOURCES,),
    matches=(
        Judged(
            text="""\
method: GET
template: /orders
responses: [{type: application/json, status: "200", count: 40, schema: {type: array, maxItems: 2048, x-yett: {maxItems: 900}}}]
"""
        ),
        Judged(
            text="""\
method: GET
template: /orders
responses:
  - {type: application/json, status: "200", schema: {type: object, properties: {data: {type: array, maxItems: 700}}}}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: GET
template: /orders
parameters: [{name: page_size, place: query}]
responses: [{type: application/json, status: "200", count: 40, schema: {type: array, maxItems: 900}}]
"""
        ),
        Judged(
            text="""\
method: GET
template: /colours
responses: [{type: application/json, status: "200", count: 40, schema: {type: array, maxItems: 128, x-yett: {maxItems: 12}}}]
"""
        ),
    ),
)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """items: length of a list from which on it should have had pages."""

    items: int = 100


def check(subject: CatalogOperation, settings: Settings) -> Iterator[Issue]:
    if subject.method != "GET" or any(plain(one.name) in PAGES for one in subject.parameters):
        return
    for content in subject.responses:
        if not content.status.startswith("2"):
            continue
        for path, schema in (("", content.schema), *properties(content.schema)):
            most = seen(schema, "maxItems")
            if path.count("/") <= 1 and has_type(schema, "array") and most >= settings.items:
                text = "The answer is a list without an end: there were no parameters for pages."
                place = f"response.{content.status}.body{path}"
                yield Issue(place=place, text=text, reasons=(f"up to {most} items were seen (items {settings.items})",))
