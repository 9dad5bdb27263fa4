"""Mixed authentication: some successful calls show a credential and others do not.

An operation that usually authenticates and sometimes does not has a way around: a forgotten route, a method, a cached answer,
an instance of an old version. The set of schemes seen together shows which ways there are.

To fix: find the calls without a credential (`yett catalog show`) and refuse them; if the operation is public and only tells
more to known callers, declare an empty alternative in the contract's `security`.

What it does not see: whether the credential was looked at at all; a probe can tell.
"""

from collections.abc import Iterator

import msgspec

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.facts import ENTRIES, classes, schemes
from yett.rules.checking.issue import Issue, raised
from yett.rules.checking.references import AUTHENTICATION

RULE = CheckRule(
    id="mixed-authentication",
    title="Authentication that not every caller needs",
    on="operation",
    severity=Severity.HIGH,
    owasp=("API2:2023",),
    cwe=(306,),
    references=(AUTHENTICATION,),
    matches=(
        Judged(
            text="""\
method: GET
template: /orders/{orderId}
authentication: {ratio: 0.8, verdict: partial, successes: 100, schemes: {jwt: 80, none: 20}}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: GET
template: /orders/{orderId}
authentication: {ratio: 1, verdict: consistent, successes: 100, schemes: {jwt: 100}}
"""
        ),
        Judged(
            text="""\
method: GET
template: /health
functions: [operations]
authentication: {ratio: 0.8, verdict: partial, successes: 100, schemes: {jwt: 80, none: 20}}
"""
        ),
        Judged(
            text="""\
method: GET
template: /news
authentication: {ratio: 0.8, verdict: partial, successes: 100, schemes: {session: 80, none: 20}}
""",
            note="sessions without a login are everywhere",
        ),
    ),
)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """calls: successful answers from which on something is concluded of them."""

    calls: int = 5


def check(subject: CatalogOperation, settings: Settings) -> Iterator[Issue]:
    seen = subject.authentication
    if seen.verdict != "partial" or seen.successes < settings.calls or not ENTRIES.isdisjoint(subject.functions):
        return
    if any(one.security == () for one in subject.declared) or set(schemes(subject)) <= {"session"}:
        return
    without = seen.schemes.get("none", 0)
    told = ", ".join(f"{name} {count}" for name, count in seen.schemes.items())
    text = f"{without} of {seen.successes} successful calls showed no credential."
    personal = classes(subject, "response.2")
    yield Issue(
        text=text,
        severity=raised(RULE.severity) if personal and subject.exposure == "public" else None,
        reasons=(f"ratio {seen.ratio} of successful answers; by schemes: {told}",),
    )
