"""Integers of unknown width: an integer of a request has neither a `format` (int32, int64) nor bounds.

Clients and servers choose different widths, and what is between them is cut off or refused late.

To fix: `format: int32` or `int64`, or both bounds.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Description, Schema
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import RESOURCES
from yett.rules.checking.schemas import by_root

RULE = CheckRule(
    id="contract-integer-width",
    title="Integers of unknown width",
    on="contract",
    severity=Severity.INFO,
    owasp=("API4:2023",),
    cwe=(190,),
    references=(RESOURCES,),
    matches=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /orders:
    get:
      parameters: [{name: count, in: query, required: true, schema: {type: integer}}]
      responses: {"200": {description: fine}}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /orders:
    get:
      parameters: [{name: count, in: query, required: true, schema: {type: integer, format: int32}}]
      responses: {"200": {description: fine}}
"""
        ),
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /orders:
    get:
      parameters: [{name: count, in: query, required: true, schema: {type: integer, minimum: 0, maximum: 9}}]
      responses: {"200": {description: fine}}
"""
        ),
    ),
)


def check(subject: Description) -> Iterator[Issue]:
    yield from by_root(subject, _wide, "Integers of unknown width: {names}.")


def _wide(schema: Schema) -> bool:
    tree = schema.tree
    bounded = {"minimum", "exclusiveMinimum"}.intersection(tree) and {"maximum", "exclusiveMaximum"}.intersection(tree)
    known = tree.get("format") in ("int32", "int64") or bounded or "enum" in tree or "const" in tree
    return schema.sent and "integer" in schema.types and not known
