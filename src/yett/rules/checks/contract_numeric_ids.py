"""Numeric ids in the contract: a parameter that identifies an object is declared as an integer.

Numbers can be counted through, so one missing authorization check opens every object.

To fix: declare random ids (`format: uuid`), and check for each object that this caller may have it.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Description
from yett.rules.checking.facts import has_type
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import BOLA
from yett.rules.checking.words import is_id

RULE = CheckRule(
    id="contract-numeric-ids",
    title="Ids that can be counted through",
    on="contract",
    severity=Severity.LOW,
    owasp=("API1:2023",),
    cwe=(639, 340),
    references=(BOLA,),
    matches=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /orders/{orderId}:
    get:
      parameters: [{name: orderId, in: path, required: true, schema: {type: integer}}]
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
      parameters: [{name: id, in: query, required: true, schema: {type: integer}}]
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
  /orders/{orderId}:
    get:
      parameters: [{name: orderId, in: path, required: true, schema: {type: string, format: uuid}}]
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
      parameters: [{name: limit, in: query, required: true, schema: {type: integer}}]
      responses: {"200": {description: fine}}
"""
        ),
    ),
)


def check(subject: Description) -> Iterator[Issue]:
    seen: set[str] = set()
    for operation in subject.operations:
        for pointer, parameter in operation.parameters:
            name = parameter.get("name")
            schema, _ = subject.resolve(parameter.get("schema", parameter), pointer)
            if isinstance(name, str) and is_id(name) and has_type(schema, "integer") and pointer not in seen:
                seen.add(pointer)
                text = f"The parameter {name} identifies an object and is an integer."
                yield Issue(place=pointer, text=text, operation=operation.name)
