"""Unbounded maps: a request may hold an object with any number of members of a declared kind, and no `maxProperties`.

To fix: `maxProperties`.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Description, Schema
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import RESOURCES
from yett.rules.checking.schemas import by_root

RULE = CheckRule(
    id="contract-unbounded-maps",
    title="Maps without an end",
    on="contract",
    severity=Severity.LOW,
    owasp=("API3:2023", "API4:2023"),
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
            schema: {type: object, additionalProperties: {type: string}}
      responses: {"200": {description: fine}}
"""
        ),
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
            schema: {type: object, unevaluatedProperties: {type: string}}
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
            schema: {type: object, additionalProperties: {type: string}, maxProperties: 20}
      responses: {"200": {description: fine}}
"""
        ),
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
            schema: {type: object, additionalProperties: false}
      responses: {"200": {description: fine}}
"""
        ),
    ),
)


def check(subject: Description) -> Iterator[Issue]:
    yield from by_root(subject, _endless, "Without maxProperties: {names}.")


def _endless(schema: Schema) -> bool:
    inner = [schema.tree.get(name) for name in ("additionalProperties", "unevaluatedProperties")]
    return schema.sent and any(isinstance(one, dict) and one for one in inner) and "maxProperties" not in schema.tree
