"""Privileged fields: accepted requests hold members that callers should not decide about, such as a role, a balance, an owner.

If the server copies the body into its object, anybody can become an administrator (mass assignment).

To fix: accept only the members that this caller may set, in a contract with `additionalProperties: false`, and take owner and
role from the token.

What it does not see: whether the server uses the member. A probe that reads it back can tell. Operations for administrators
are left out.
"""

from collections.abc import Iterator

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Confidence, Judged, Severity
from yett.rules.checking.facts import UNSAFE, properties
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import PROPERTIES
from yett.rules.checking.words import PRIVILEGES, plain

RULE = CheckRule(
    id="privileged-fields",
    title="Callers set what they may do",
    on="operation",
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
    owasp=("API3:2023",),
    cwe=(915,),
    references=(PROPERTIES,),
    matches=(
        Judged(
            text="""\
method: PATCH
template: /users/{id}
requests: [{type: application/json, count: 9, schema: {type: object, properties: {isAdmin: {type: boolean}}}}]
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: PATCH
template: /users/{id}
requests: [{type: application/json, schema: {type: object, properties: {name: {type: string}}}}]
"""
        ),
        Judged(
            text="""\
method: PATCH
template: /admin/users/{id}
functions: [admin]
requests: [{type: application/json, schema: {type: object, properties: {role: {type: string}}}}]
"""
        ),
    ),
)


def check(subject: CatalogOperation) -> Iterator[Issue]:
    if not {"admin", "permissions"}.isdisjoint(subject.functions) or subject.method not in UNSAFE:
        return
    for content in subject.requests:
        for path, _ in properties(content.schema):
            name = path.rpartition("/")[2]
            if plain(name) in PRIVILEGES:
                text = f"Callers send {name}, which says what they may do or have."
                yield Issue(place=f"request.body{path}", text=text, reasons=(f"in accepted bodies of type {content.type}",))
