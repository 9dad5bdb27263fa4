"""Unprotected sibling: of the methods of one path, some are always called with a credential and another one succeeds without.

Checks are often written for GET and POST and forgotten for the rest, so the door that changes or deletes stands open.

To fix: authenticate the path as a whole, and let exceptions be declared.
"""

from collections.abc import Iterator

import msgspec

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.estate import Estate
from yett.rules.checking.facts import UNSAFE
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import FUNCTIONS

RULE = CheckRule(
    id="unprotected-sibling",
    title="A method without the protection of the others",
    on="service",
    severity=Severity.HIGH,
    owasp=("API5:2023", "API2:2023"),
    cwe=(285, 306),
    references=(FUNCTIONS,),
    matches=(
        Judged(
            text="""\
service: {name: shop}
operations:
  - {id: a, service: shop, method: GET, template: "/o/{id}",
     authentication: {ratio: 1, verdict: consistent, successes: 9, schemes: {jwt: 9}}}
  - {id: b, service: shop, method: PUT, template: "/o/{id}",
     authentication: {ratio: 0, verdict: none, successes: 9, schemes: {none: 9}}}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
service: {name: shop}
operations:
  - {id: a, service: shop, method: GET, template: "/o",
     authentication: {ratio: 0, verdict: none, successes: 9, schemes: {none: 9}}}
  - {id: b, service: shop, method: POST, template: "/o",
     authentication: {ratio: 1, verdict: consistent, successes: 9, schemes: {jwt: 9}}}
"""
        ),
    ),
)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """calls: successful answers of an operation from which on something is concluded of them."""

    calls: int = 5


def check(subject: Estate, settings: Settings) -> Iterator[Issue]:
    by_path: dict[str, list[CatalogOperation]] = {}
    for one in subject.operations:
        if one.authentication.successes >= settings.calls and one.method != "OPTIONS":
            by_path.setdefault(one.template, []).append(one)
    for template, found in by_path.items():
        kept = [one.method for one in found if one.authentication.verdict == "consistent"]
        for one in found:
            if one.authentication.verdict == "none" and kept and (one.method in UNSAFE or set(kept) <= {"GET", "HEAD"}):
                text = f"{one.name} succeeds without a credential; {', '.join(kept)} of the same path does not."
                reason = f"{one.authentication.successes} successful calls (calls {settings.calls})"
                yield Issue(place=f"{one.method} {template}", text=text, reasons=(reason,), operation=one.name)
