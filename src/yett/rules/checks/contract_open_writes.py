"""Open writes: an operation that changes something has no `security`, or lets callers in without any.

To fix: declare security for the whole description, and take it away only where an operation is public. Logins and the like,
told by their path, are left alone.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import WRITES, Description
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import AUTHENTICATION
from yett.rules.checking.words import words

RULE = CheckRule(
    id="contract-open-writes",
    title="Writes without security",
    on="contract",
    severity=Severity.HIGH,
    owasp=("API2:2023",),
    cwe=(306,),
    references=(AUTHENTICATION,),
    matches=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /orders:
    post:
      responses: {"200": {description: fine}}
"""
        ),
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
security: [{main: []}]
components: {securitySchemes: {main: {type: http, scheme: bearer}}}
paths:
  /orders:
    delete:
      security: [{}]
      responses: {}
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
  /orders:
    post:
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
      responses: {"200": {description: fine}}
"""
        ),
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /login:
    post:
      responses: {"200": {description: fine}}
"""
        ),
    ),
)

_ENTRIES = frozenset(
    ("login", "signin", "signup", "register", "token", "oauth", "oauth2", "password", "forgot", "logout", "authorize")
)


def check(subject: Description) -> Iterator[Issue]:
    for operation in subject.operations:
        entering = not _ENTRIES.isdisjoint(words(operation.path))
        if (
            operation.method in WRITES
            and subject.public(operation)
            and not entering
            and not operation.path.startswith("webhook ")
        ):
            text = f"{operation.name} changes something, and no caller must authenticate."
            yield Issue(place=operation.pointer, text=text, operation=operation.name)
