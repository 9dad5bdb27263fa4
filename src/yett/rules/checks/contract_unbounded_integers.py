"""Unbounded integers: a request may hold integers of any size.

Numbers beyond what the code expects overflow, allocate, or loop.

To fix: `minimum` and `maximum` (or the exclusive ones), in OpenAPI 3.0 with `exclusiveMinimum: true` as it stands there.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Description, Schema
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import RESOURCES
from yett.rules.checking.schemas import by_root

RULE = CheckRule(
    id="contract-unbounded-integers",
    title="Integers without bounds",
    on="contract",
    severity=Severity.LOW,
    owasp=("API4:2023",),
    cwe=(190, 1284),
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
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /orders:
    get:
      parameters: [{name: count, in: query, required: true, schema: {type: integer, minimum: 0}}]
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
      parameters: [{name: count, in: query, required: true, schema: {type: integer, minimum: 0, maximum: 9}}]
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
      parameters: [{name: count, in: query, required: true, schema: {type: integer, exclusiveMinimum: 0, exclusiveMaximum: 9}}]
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
      parameters: [{name: count, in: query, required: true, schema: {type: integer, enum: [1]}}]
      responses: {"200": {description: fine}}
"""
        ),
    ),
)


def check(subject: Description) -> Iterator[Issue]:
    yield from by_root(subject, _endless, "Without minimum or maximum: {names}.")


def _endless(schema: Schema) -> bool:
    tree = schema.tree
    if not schema.sent or "integer" not in schema.types or "enum" in tree or "const" in tree:
        return False
    return not ({"minimum", "exclusiveMinimum"}.intersection(tree) and {"maximum", "exclusiveMaximum"}.intersection(tree))
