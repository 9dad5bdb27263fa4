"""Exposed administration: an operation for administrators answers the public, or callers without a credential.

Functions that create users, change roles or read everything belong behind a door of their own. Guessing "admin" is the first
thing an attacker tries.

To fix: reach it through an internal network or a separate host only, with authentication of its own and `require` for the
role.
"""

from collections.abc import Iterator

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.facts import why
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import FUNCTIONS

RULE = CheckRule(
    id="exposed-administration",
    title="Administration within reach",
    on="operation",
    severity=Severity.HIGH,
    owasp=("API5:2023",),
    cwe=(285, 749),
    references=(FUNCTIONS,),
    matches=(
        Judged(
            text="""\
method: GET
template: /admin/users
functions: [admin]
exposure: public
accepted: 12
authentication: {ratio: 1, verdict: consistent, successes: 12, schemes: {jwt: 12}}
"""
        ),
        Judged(
            text="""\
method: POST
template: /internal/jobs
functions: [admin]
accepted: 12
authentication: {ratio: 0, verdict: none, successes: 12, schemes: {none: 12}}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: GET
template: /admin/users
functions: [admin]
exposure: internal
accepted: 12
authentication: {ratio: 1, verdict: consistent, successes: 12, schemes: {jwt: 12}}
"""
        ),
        Judged(
            text="""\
method: GET
template: /users
functions: [users]
exposure: public
accepted: 12
"""
        ),
    ),
)


def check(subject: CatalogOperation) -> Iterator[Issue]:
    if "admin" not in subject.functions or not subject.accepted:
        return
    open_ = subject.authentication.verdict in ("none", "partial")
    if not open_ and subject.exposure != "public":
        return
    reasons = [*why(subject, "function:admin"), *why(subject, "exposure")]
    if open_:
        reasons.append(f"authentication is {subject.authentication.verdict} (ratio {subject.authentication.ratio})")
    who = "callers without a credential" if open_ else "the public"
    grave = Severity.CRITICAL if open_ else None
    yield Issue(text=f"An operation for administrators answers {who}.", severity=grave, reasons=tuple(reasons))
