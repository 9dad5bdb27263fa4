"""Security of administration: operations under an admin path ask for the same schemes and scopes as ordinary ones.

One stolen token of an ordinary user is then only one missing role check away from everything.

To fix: give operations for administrators a scheme or scopes of their own.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Described, Description
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import FUNCTIONS
from yett.rules.checking.words import is_admin

RULE = CheckRule(
    id="contract-admin-security",
    title="Administrators authenticate like everybody",
    on="contract",
    severity=Severity.MEDIUM,
    owasp=("API5:2023",),
    cwe=(285, 269),
    references=(FUNCTIONS,),
    matches=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
security: [{main: []}]
components: {securitySchemes: {main: {type: http, scheme: bearer}}}
paths:
  /orders: {get: {responses: {}}}
  /admin/users: {get: {responses: {}}}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
security: [{main: []}]
components: {securitySchemes: {main: {type: http, scheme: bearer}}}
paths:
  /orders: {get: {responses: {}}}
  /admin/users: {get: {security: [{main: [admin]}], responses: {}}}
"""
        ),
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
security: [{main: []}]
components: {securitySchemes: {main: {type: http, scheme: bearer}}}
paths:
  /admin/users:
    get:
      responses: {"200": {description: fine}}
"""
        ),
    ),
)


def check(subject: Description) -> Iterator[Issue]:
    ordinary = {_text(subject, one) for one in subject.operations if not is_admin(one.path)}
    for operation in subject.operations:
        asked = _text(subject, operation)
        if is_admin(operation.path) and asked and asked in ordinary:
            text = f"{operation.name} asks for the same security as ordinary operations ({asked})."
            yield Issue(place=operation.pointer, text=text, operation=operation.name)


def _text(description: Description, operation: Described) -> str:
    """The alternatives as one text; "" where none is asked for."""
    alternatives = description.security(operation) or []
    told = [
        " and ".join(
            f"{name} {' '.join(map(str, scopes))}".strip() for name, scopes in sorted(one.items()) if isinstance(scopes, list)
        )
        for one in alternatives
    ]
    return " or ".join(sorted(filter(None, told)))
