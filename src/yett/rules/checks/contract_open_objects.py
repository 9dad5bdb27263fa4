"""Open objects: a schema of a request declares its members and allows any others beside them.

Members that nobody declared reach the code behind, and it may use them (mass assignment). It is the default of JSON Schema,
so it is seldom meant.

To fix: `additionalProperties: false`, or `unevaluatedProperties: false` where schemas are put together with `allOf` (OpenAPI
3.1).
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Description, Schema
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import PROPERTIES
from yett.rules.checking.schemas import by_root

RULE = CheckRule(
    id="contract-open-objects",
    title="Bodies that may hold anything",
    on="contract",
    severity=Severity.LOW,
    owasp=("API3:2023",),
    cwe=(915,),
    references=(PROPERTIES,),
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
            schema: {type: object, properties: {id: {type: string}}}
      responses: {"200": {description: fine}}
"""
        ),
        Judged(
            text="""\
openapi: 3.0.3
info: {title: Shop, version: "1"}
paths:
  /orders:
    post:
      requestBody:
        content:
          application/json:
            schema: {type: object, properties: {id: {type: string}}, additionalProperties: true}
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
            schema: {type: object, properties: {id: {type: string}}, additionalProperties: false}
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
            schema: {type: object, unevaluatedProperties: false, properties: {id: {type: string}}}
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
            schema: {type: object, additionalProperties: {type: string, maxLength: 5}}
      responses: {"200": {description: fine}}
"""
        ),
    ),
)


def check(subject: Description) -> Iterator[Issue]:
    yield from by_root(subject, _open, "Members that nobody declared may be sent with {names}.")


def _open(schema: Schema) -> bool:
    tree = schema.tree
    if not schema.sent or not isinstance(tree.get("properties"), dict) or not tree["properties"]:
        return False
    closed = tree.get("additionalProperties", tree.get("unevaluatedProperties", True))
    return closed is True or closed == {}
