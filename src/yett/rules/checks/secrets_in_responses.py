"""Secrets in answers: passwords, keys, tokens, card security codes are sent to callers.

A password never needs to leave the server, a key only once, when it is made. Everything else is a list of ways in for whoever
reads an answer.

To fix: leave the field out; answer with an id or the last four characters. Operations that hand out credentials (login,
token, keys) are left out, except for passwords.
"""

from collections.abc import Iterator

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.facts import category, classes, severity
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import PROPERTIES

RULE = CheckRule(
    id="secrets-in-responses",
    title="Secrets in answers",
    on="operation",
    severity=Severity.HIGH,
    owasp=("API3:2023",),
    cwe=(200, 522),
    references=(PROPERTIES,),
    matches=(
        Judged(
            text="""\
method: GET
template: /users
classes: [{place: "response.200.body/password", class: password, ratio: 1, distinct: 9}]
"""
        ),
        Judged(
            text="""\
method: GET
template: /users
classes: [{place: "response.200.body/*/apiKey", class: api-key, ratio: 1, distinct: 9}]
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: GET
template: /users
classes: [{place: "request.body/password", class: password, ratio: 1, distinct: 9}]
"""
        ),
        Judged(
            text="""\
method: GET
template: /users
classes: [{place: "response.200.body/token", class: access-token, ratio: 1, distinct: 9}]
functions: [token]
"""
        ),
    ),
)

_GIVING = frozenset(("login", "token", "signup", "credentials", "mfa", "password"))


def check(subject: CatalogOperation) -> Iterator[Issue]:
    giving = not _GIVING.isdisjoint(subject.functions)
    for one in classes(subject, "response."):
        secret = category(one.name) in ("credential", "secret") or one.name == "card-security-code"
        if not secret or one.name == "username" or (giving and one.name != "password"):
            continue
        reason = f"{one.ratio:.0%} of {one.distinct} distinct values"
        yield Issue(place=one.place, text=f"Answers hold {one.name}.", severity=severity(one.name), reasons=(reason,))
