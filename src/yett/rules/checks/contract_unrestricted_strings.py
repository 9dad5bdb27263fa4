"""Unrestricted texts: a request holds texts without a format, a pattern or a list of values.

What is a date, an id or a code should say so: a value that the contract proves needs no scan for attacks, and cannot carry
one.

To fix: `format`, `pattern`, `enum` or `const`. Texts for people stay as they are.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Description, Schema
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import RESOURCES
from yett.rules.checking.schemas import by_root
from yett.rules.checking.words import words

RULE = CheckRule(
    id="contract-unrestricted-strings",
    title="Texts that may be anything",
    on="contract",
    severity=Severity.INFO,
    owasp=("API4:2023", "API8:2023"),
    cwe=(20, 1284),
    references=(RESOURCES,),
    matches=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /orders:
    get:
      parameters: [{name: code, in: query, required: true, schema: {type: string, maxLength: 9}}]
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
      parameters: [{name: code, in: query, required: true, schema: {type: string, pattern: "^[A-Z]{3}$"}}]
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
      parameters: [{name: code, in: query, required: true, schema: {type: string, format: date}}]
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
      parameters: [{name: description, in: query, required: true, schema: {type: string}}]
      responses: {"200": {description: fine}}
"""
        ),
    ),
)

_PROSE = frozenset(
    ("description", "comment", "comments", "text", "message", "title", "note", "notes", "body", "content", "summary")
)


def check(subject: Description) -> Iterator[Issue]:
    yield from by_root(subject, _anything, "Texts that may be anything: {names}.")


def _anything(schema: Schema) -> bool:
    if not schema.sent or "string" not in schema.types or {"format", "pattern", "enum", "const"}.intersection(schema.tree):
        return False
    name = schema.path.rpartition("/")[2] or str(schema.tree.get("title", ""))
    return not _PROSE.intersection(words(name))
