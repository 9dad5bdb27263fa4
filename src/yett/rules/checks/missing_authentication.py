"""Missing authentication: successful calls show no credential at all, and the operation changes something or answers with
personal data.

Only successful answers count, of sensors that see request fields: a field that was there proves nothing, and neither does a
call that was refused. Login, sign-up, health checks and the like are meant to be open, and so is what the owner calls public
in the contract (an empty alternative in `security`).

To fix: require a credential before the operation does anything; where it is meant to be public, say so in the contract.

What it does not see: callers that are known by their address alone, and credentials in bodies.
"""

from collections.abc import Iterator

import msgspec

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.facts import ENTRIES, UNSAFE, classes
from yett.rules.checking.issue import Issue, listed, raised
from yett.rules.checking.references import AUTHENTICATION

RULE = CheckRule(
    id="missing-authentication",
    title="Anyone may call an operation that changes or shows something",
    on="operation",
    severity=Severity.HIGH,
    owasp=("API2:2023",),
    cwe=(306,),
    references=(AUTHENTICATION,),
    matches=(
        Judged(
            text="""\
method: DELETE
template: /orders/{orderId}
authentication: {ratio: 0, verdict: none, successes: 40, schemes: {none: 40}}
"""
        ),
        Judged(
            text="""\
method: GET
template: /customers
exposure: public
classes: [{place: "response.200.body/*/email", class: email, ratio: 1, distinct: 40}]
authentication: {ratio: 0, verdict: none, successes: 40, schemes: {none: 40}}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: POST
template: /login
functions: [login]
authentication: {ratio: 0, verdict: none, successes: 40, schemes: {none: 40}}
"""
        ),
        Judged(
            text="""\
method: GET
template: /catalogue
authentication: {ratio: 0, verdict: none, successes: 40, schemes: {none: 40}}
"""
        ),
        Judged(
            text="""\
method: DELETE
template: /orders/{orderId}
authentication: {verdict: unknown}
""",
            note="an access log shows no credentials",
        ),
        Judged(
            text="""\
method: DELETE
template: /orders/{orderId}
authentication: {ratio: 1, verdict: consistent, successes: 40, schemes: {jwt: 40}}
"""
        ),
    ),
)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """calls: successful answers from which on something is concluded of them."""

    calls: int = 5


def check(subject: CatalogOperation, settings: Settings) -> Iterator[Issue]:
    seen = subject.authentication
    if seen.verdict != "none" or seen.successes < settings.calls or not ENTRIES.isdisjoint(subject.functions):
        return
    if any(one.security == () for one in subject.declared):  # its owner says that it is public
        return
    personal = classes(subject, "response.2")
    if subject.method not in UNSAFE and not personal:
        return
    reasons = [f"{seen.successes} successful answers, none of them to a caller with a credential (calls {settings.calls})"]
    grave = RULE.severity
    if personal:
        reasons.append(f"answers hold {listed(sorted({one.name for one in personal}))}")
    if subject.exposure == "public":
        grave = raised(grave)
        reasons.append("it is exposed to the public")
    what = "changes something" if subject.method in UNSAFE else "answers with sensitive data"
    yield Issue(text=f"It {what}, and no caller had to show a credential.", severity=grave, reasons=tuple(reasons))
