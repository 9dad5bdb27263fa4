"""Sensitive data in the open: answers hold sensitive fields, and successful calls showed no credential.

The classes are learnt over many values of a field, by name, form and checksum, so a single number that looks like something
does not count. The severity is that of the gravest class, one step up where the operation is exposed to the public.

To fix: require authentication, and answer only with the fields that the caller needs.
"""

from collections.abc import Iterator

import msgspec

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.facts import ENTRIES, category, classes, gravest
from yett.rules.checking.issue import MORE, Issue, listed, raised
from yett.rules.checking.references import AUTHENTICATION, PROPERTIES

RULE = CheckRule(
    id="sensitive-data-unauthenticated",
    title="Sensitive data for callers without a credential",
    on="operation",
    severity=Severity.CRITICAL,
    owasp=("API2:2023", "API3:2023"),
    cwe=(200, 306),
    references=(AUTHENTICATION, PROPERTIES),
    matches=(
        Judged(
            text="""\
method: GET
template: /users/{userId}
classes: [{place: "response.200.body/iban", class: iban, ratio: 1, distinct: 40}]
authentication: {ratio: 0.5, verdict: partial, successes: 40, schemes: {jwt: 20, none: 20}}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: GET
template: /users/{userId}
classes: [{place: "response.200.body/iban", class: iban, ratio: 1, distinct: 40}]
authentication: {ratio: 1, verdict: consistent, successes: 40, schemes: {jwt: 40}}
"""
        ),
        Judged(
            text="""\
method: POST
template: /token
functions: [token]
classes: [{place: "response.200.body/access_token", class: access-token, ratio: 1, distinct: 40}]
authentication: {ratio: 0, verdict: none, successes: 40, schemes: {none: 40}}
"""
        ),
    ),
)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """calls: successful answers from which on something is concluded of them."""

    calls: int = 5


def check(subject: CatalogOperation, settings: Settings) -> Iterator[Issue]:
    found = classes(subject, "response.2")
    without = subject.authentication.schemes.get("none", 0)
    if subject.authentication.ratio is None or without < settings.calls:
        return
    if not ENTRIES.isdisjoint(subject.functions):
        found = [one for one in found if category(one.name) not in ("credential", "secret")]
    if not found:
        return
    grave = gravest(found)
    reasons = [f"{without} successful calls without a credential (calls {settings.calls})"]
    reasons += [f"{one.place}: {one.name} in {one.ratio:.0%} of {one.distinct} values" for one in found[:MORE]]
    if subject.exposure == "public":
        grave = raised(grave)
        reasons.append("it is exposed to the public")
    names = listed(sorted({one.name for one in found}))
    yield Issue(text=f"Callers without a credential get {names}.", severity=grave, reasons=tuple(reasons))
