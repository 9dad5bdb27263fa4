"""Addresses as parameters: a parameter is named or formatted as a URL, so the server may be made to call or to redirect to what
callers name.

To fix: take a name from a list instead, or restrict it with `enum` or `pattern` to the hosts that are meant.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Description
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import SSRF
from yett.rules.checking.words import is_url, plain

RULE = CheckRule(
    id="contract-url-parameters",
    title="Addresses as parameters",
    on="contract",
    severity=Severity.LOW,
    owasp=("API7:2023",),
    cwe=(918, 601),
    references=(SSRF,),
    matches=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /orders:
    get:
      parameters: [{name: callbackUrl, in: query, required: true, schema: {type: string}}]
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
      parameters: [{name: x, in: query, required: true, schema: {type: string, format: uri}}]
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
    get:
      parameters: [{name: callbackUrl, in: query, required: true, schema: {type: string, enum: ["https://a.example"]}}]
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
            if not isinstance(name, str) or pointer in seen or {"enum", "const", "pattern"}.intersection(schema):
                continue
            if schema.get("format") in ("uri", "url") or (is_url(name) and plain(name) not in ("next", "link")):
                seen.add(pointer)
                text = f"The parameter {name} takes an address."
                yield Issue(place=pointer, text=text, operation=operation.name)
