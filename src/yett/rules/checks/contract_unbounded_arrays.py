"""Unbounded arrays: a request may hold any number of items.

To fix: `maxItems`.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Description, Schema
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import RESOURCES
from yett.rules.checking.schemas import by_root

RULE = CheckRule(
    id="contract-unbounded-arrays",
    title="Arrays without an end",
    on="contract",
    severity=Severity.LOW,
    owasp=("API4:2023",),
    cwe=(770,),
    references=(RESOURCES,),
    matches=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: {type: array, items: {type: string, maxLength: 5}}
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
      parameters: [{name: ids, in: query, required: true, schema: {type: [array, "null"]}}]
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
    post:
      requestBody:
        content:
          application/json:
            schema: {type: array, maxItems: 9}
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
      responses: {"200": {description: fine, content: {application/json: {schema: {type: array}}}}}
"""
        ),
    ),
)


def check(subject: Description) -> Iterator[Issue]:
    yield from by_root(subject, _endless, "Without maxItems: {names}.")


def _endless(schema: Schema) -> bool:
    return schema.sent and "array" in schema.types and "maxItems" not in schema.tree
