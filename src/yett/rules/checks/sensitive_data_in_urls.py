"""Sensitive data in URLs: query parameters or segments of the path hold e-mail addresses, card numbers, national ids and the
like.

Addresses end up in logs, histories and Referer fields, where nobody looks for personal data and nobody deletes it.

To fix: name people by an id that means nothing elsewhere, and send what must be searched for in a body.
"""

from collections.abc import Iterator

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.facts import classes, severity
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import CONFIGURATION

RULE = CheckRule(
    id="sensitive-data-in-urls",
    title="Sensitive data in addresses",
    on="operation",
    severity=Severity.MEDIUM,
    owasp=("API3:2023", "API8:2023"),
    cwe=(598, 359),
    references=(CONFIGURATION, "https://www.rfc-editor.org/rfc/rfc9110#section-17.9"),
    matches=(
        Judged(
            text="""\
method: GET
template: /users
classes: [{place: query/email, class: email, ratio: 1, distinct: 40}]
"""
        ),
        Judged(
            text="""\
method: GET
template: /cards/{number}
classes: [{place: path/number, class: payment-card, ratio: 1, distinct: 40}]
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: POST
template: /users
classes: [{place: request.body/email, class: email, ratio: 1, distinct: 40}]
"""
        ),
    ),
)


def check(subject: CatalogOperation) -> Iterator[Issue]:
    for one in classes(subject, "query/", "path/"):
        text = f"{one.place.replace('/', ' parameter ', 1)} holds {one.name}."
        reason = f"{one.ratio:.0%} of {one.distinct} distinct values"
        yield Issue(place=one.place, text=text, severity=severity(one.name), reasons=(reason,))
