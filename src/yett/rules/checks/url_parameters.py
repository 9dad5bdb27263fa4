"""Addresses as input: callers send URLs in a parameter or a member of the body.

A server that calls what callers name can be made to call its own network and the cloud's metadata; one that redirects there
sends its users to strangers.

To fix: take a name from a list instead of an address; otherwise allow hosts explicitly, resolve once, and refuse private
addresses. The gateway's attack rule ssrf-target watches such values.

What it does not see: whether the server calls the address. A probe with a listener of its own can tell.
"""

from collections.abc import Iterator
from typing import Any

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Confidence, Judged, Severity
from yett.rules.checking.facts import has_type, properties
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import SSRF
from yett.rules.checking.words import is_url, plain

RULE = CheckRule(
    id="url-parameters",
    title="Addresses as input",
    on="operation",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    owasp=("API7:2023",),
    cwe=(918, 601),
    references=(SSRF,),
    matches=(
        Judged(
            text="""\
method: POST
template: /import
parameters: [{name: callback_url, place: query, distinct: 9, schema: {type: string, format: uri}}]
"""
        ),
        Judged(
            text="""\
method: POST
template: /hooks
requests: [{type: application/json, count: 9, schema: {type: object, properties: {target: {type: string, format: uri}}}}]
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: POST
template: /import
parameters: [{name: q, place: query, distinct: 9, schema: {type: string}}]
"""
        ),
        Judged(
            text="""\
method: POST
template: /import
parameters: [{name: urls_found, place: query, distinct: 9, schema: {type: integer}}]
"""
        ),
        Judged(
            text="""\
method: POST
template: /a
requests: [{type: application/json, schema: {type: object, properties: {homepage: {type: string}}}}]
"""
        ),
    ),
)

_FORMATS = frozenset(("uri", "uri-reference", "iri", "iri-reference"))


def check(subject: CatalogOperation) -> Iterator[Issue]:
    found = {f"{one.place}/{one.name}": one.schema for one in subject.parameters if _asks(one.name, one.schema)}
    for content in subject.requests:
        for path, schema in properties(content.schema):
            if _asks(path.rpartition("/")[2], schema):
                found[f"request.body{path}"] = schema
    for place, schema in found.items():
        reasons = ("values are addresses",) if schema.get("format") in _FORMATS else ("by its name",)
        yield Issue(place=place, text="Callers send an address here.", reasons=reasons)


def _asks(name: str, schema: dict[str, Any]) -> bool:
    if not has_type(schema, "string") and "type" in schema:
        return False
    return schema.get("format") in _FORMATS or (is_url(name) and plain(name) not in ("next", "link", "first", "last"))
