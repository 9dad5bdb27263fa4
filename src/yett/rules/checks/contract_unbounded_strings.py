"""Unbounded texts: a request may hold texts of any length.

To fix: `maxLength`; `enum` and `const` bound a text as well, and formats of a fixed length (`uuid`, `date`, `date-time`) do.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Description, Schema
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import RESOURCES
from yett.rules.checking.schemas import by_root

RULE = CheckRule(
    id="contract-unbounded-strings",
    title="Texts without an end",
    on="contract",
    severity=Severity.LOW,
    owasp=("API4:2023",),
    cwe=(770, 1284),
    references=(RESOURCES,),
    matches=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /orders:
    get:
      parameters: [{name: q, in: query, required: true, schema: {type: string}}]
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
            schema: {type: object, properties: {name: {type: string}}}
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
      parameters: [{name: q, in: query, required: true, schema: {type: string, maxLength: 50}}]
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
      parameters: [{name: q, in: query, required: true, schema: {type: string, enum: [a, b]}}]
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
      parameters: [{name: q, in: query, required: true, schema: {type: string, format: uuid}}]
      responses: {"200": {description: fine}}
"""
        ),
    ),
)

_FIXED = frozenset(("uuid", "date", "time", "date-time", "ipv4", "ipv6", "binary"))


def check(subject: Description) -> Iterator[Issue]:
    yield from by_root(subject, _endless, "Without maxLength: {names}.")


def _endless(schema: Schema) -> bool:
    if not schema.sent or "string" not in schema.types or str(schema.tree.get("format")) in _FIXED:
        return False
    return not {"maxLength", "enum", "const"}.intersection(schema.tree)
