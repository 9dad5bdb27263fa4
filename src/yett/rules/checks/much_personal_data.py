"""Excessive data: one answer holds many kinds of sensitive data at once.

Such answers are often whole rows of a table that the client filters. Whoever calls directly gets all of it.

To fix: answer with what the screen shows; split what only few callers need into an operation of its own with its own
authorization.
"""

from collections.abc import Iterator

import msgspec

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.facts import classes
from yett.rules.checking.issue import Issue, listed, raised
from yett.rules.checking.references import PROPERTIES

RULE = CheckRule(
    id="much-personal-data",
    title="Answers with much personal data",
    on="operation",
    severity=Severity.LOW,
    owasp=("API3:2023",),
    cwe=(213, 359),
    references=(PROPERTIES,),
    matches=(
        Judged(
            text="""\
method: GET
template: /users
classes:
  - {place: "response.200.body/email", class: email, ratio: 1, distinct: 9}
  - {place: "response.200.body/iban", class: iban, ratio: 1, distinct: 9}
  - {place: "response.200.body/person-name", class: person-name, ratio: 1, distinct: 9}
  - {place: "response.200.body/phone-number", class: phone-number, ratio: 1, distinct: 9}
  - {place: "response.200.body/date-of-birth", class: date-of-birth, ratio: 1, distinct: 9}
  - {place: "response.200.body/payment-card", class: payment-card, ratio: 1, distinct: 9}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: GET
template: /users
classes: [{place: "response.200.body/email", class: email, ratio: 1, distinct: 9}]
"""
        ),
    ),
)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """kinds: data classes in the answers of one operation."""

    kinds: int = 5


def check(subject: CatalogOperation, settings: Settings) -> Iterator[Issue]:
    found = sorted({one.name for one in classes(subject, "response.2")})
    if len(found) >= settings.kinds:
        many = f"{len(found)} kinds (kinds {settings.kinds})"
        listing = any("/*" in one.place for one in classes(subject, "response.2"))
        grave = raised(RULE.severity) if listing else None
        reasons = (many, *(("in lists",) if listing else ()))
        yield Issue(text=f"One answer holds {listed(found, 10)}.", severity=grave, reasons=reasons)
