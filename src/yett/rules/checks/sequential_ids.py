"""Sequential ids: objects are addressed by small or consecutive numbers, which anybody can count through.

It is no hole by itself. It turns a missing authorization check into a copy of the whole table, and it tells outsiders how
much there is. Numbers of the size of Snowflake ids (beyond 2^40) are left alone.

To fix: check for each object that this caller may have it; give objects random ids (UUID version 4 or 7) towards the outside.
"""

from collections.abc import Iterator

import msgspec

from yett.model.catalog import CatalogOperation, Parameter
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.facts import classes, has_type, seen
from yett.rules.checking.issue import Issue, listed, raised
from yett.rules.checking.references import BOLA
from yett.rules.checking.words import plain

RULE = CheckRule(
    id="sequential-ids",
    title="Objects named by numbers",
    on="operation",
    severity=Severity.LOW,
    owasp=("API1:2023",),
    cwe=(639, 340),
    references=(BOLA,),
    matches=(
        Judged(
            text="""\
method: GET
template: /invoices/{invoiceId}
parameters: [{name: invoiceId, place: path, distinct: 40, schema: {type: integer, x-yett: {maximum: 5000}}}]
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: GET
template: /invoices/{invoiceId}
parameters: [{name: invoiceId, place: path, distinct: 40, schema: {type: string, format: uuid}}]
"""
        ),
        Judged(
            text="""\
method: GET
template: /reports/{year}
parameters: [{name: year, place: path, distinct: 12, schema: {type: integer, minimum: 2010, maximum: 2026}}]
""",
            note="a year is no id",
        ),
        Judged(
            text="""\
method: GET
template: /posts/{postId}
parameters: [{name: postId, place: path, distinct: 40, schema: {type: integer, x-yett: {maximum: 1601234567890123456}}}]
"""
        ),
        Judged(
            text="""\
method: GET
template: /posts/{postId}
parameters: [{name: postId, place: path, distinct: 40, schema: {type: integer}}]
members: {/posts/1601234567890123456: 3, /posts/12: 1}
"""
        ),
    ),
)

_NO_IDS = frozenset(
    ("year", "month", "day", "page", "version", "size", "width", "height", "limit", "offset", "zoom", "x", "y", "z")
)
"""Numbers in paths that name no object."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """distinct: values from which on a number is taken for an id. largest: numbers of which the greatest is beyond are not
    guessed.
    """

    distinct: int = 5
    largest: int = 1 << 40


def check(subject: CatalogOperation, settings: Settings) -> Iterator[Issue]:
    for one in subject.parameters:
        numbers = has_type(one.schema, "integer") and _greatest(subject, one) < settings.largest
        if one.place != "path" or not numbers or one.distinct < settings.distinct or plain(one.name) in _NO_IDS:
            continue
        personal = classes(subject, "response.2")
        open_ = subject.authentication.verdict in ("none", "partial")
        grave = raised(RULE.severity, (1 if personal else 0) + (1 if open_ else 0))
        reasons = [f"{one.distinct} distinct numbers (distinct {settings.distinct}), below {settings.largest} (largest)"]
        reasons += [f"answers hold {listed(sorted({field.name for field in personal}))}"] if personal else []
        reasons += ["not every caller must authenticate"] if open_ else []
        text = f"The parameter {one.name} is a number that can be counted through."
        yield Issue(place=f"path/{one.name}", text=text, severity=grave, reasons=tuple(reasons))


def _greatest(subject: CatalogOperation, parameter: Parameter) -> float:
    """The greatest number that was seen; of a learnt path, among the raw paths that are kept."""
    segments, name = subject.template.split("/"), f"{{{parameter.name}}}"
    numbers = [seen(parameter.schema, "maximum")]
    if name in segments:
        at, count = segments.index(name), len(segments)
        paths = (path.split("/") for path in subject.members)
        numbers += [float(path[at]) for path in paths if len(path) == count and path[at].isdecimal() and len(path[at]) < 40]
    return max(numbers)
