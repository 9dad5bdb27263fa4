"""Credentials in URLs: a parameter of the query or path is named like a password, a token or a key.

To fix: move it into a header or a body. Tokens that only name a page of a list are left alone.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Description
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import AUTHENTICATION
from yett.rules.checking.words import is_credential

RULE = CheckRule(
    id="contract-credentials-in-url",
    title="Credentials in parameters of the address",
    on="contract",
    severity=Severity.HIGH,
    owasp=("API2:2023",),
    cwe=(598,),
    references=(AUTHENTICATION,),
    matches=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /orders:
    get:
      parameters: [{name: access_token, in: query, required: true, schema: {type: string}}]
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
      parameters: [{name: clientSecret, in: query, required: true, schema: {type: string}}]
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
      parameters: [{name: page_token, in: query, required: true, schema: {type: string}}]
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
      parameters: [{name: access_token, in: header, required: true, schema: {type: string}}]
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
      parameters: [{name: q, in: query, required: true, schema: {type: string}}]
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
            if (
                parameter.get("in") in ("query", "path")
                and isinstance(name, str)
                and is_credential(name)
                and pointer not in seen
            ):
                seen.add(pointer)
                text = f"The {parameter['in']} parameter {name} is named like a credential."
                yield Issue(place=pointer, text=text, operation=operation.name)
