"""Dangerous methods: TRACE, TRACK, CONNECT, DEBUG or methods of WebDAV are answered with success.

TRACE sends the request back with all its credentials, the others open doors that an API does not need.

To fix: allow only the methods of the contract; the gateway's `allow_methods` does.
"""

from collections.abc import Iterator

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import CONFIGURATION

RULE = CheckRule(
    id="dangerous-methods",
    title="Methods that nobody should need",
    on="operation",
    severity=Severity.LOW,
    owasp=("API8:2023",),
    cwe=(650, 749),
    references=(CONFIGURATION, "https://www.rfc-editor.org/rfc/rfc9110#section-9.3.8"),
    matches=(
        Judged(
            text="""\
method: TRACE
template: /
accepted: 3
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: TRACE
template: /
accepted: 0
"""
        ),
        Judged(
            text="""\
method: GET
template: /
accepted: 3
"""
        ),
    ),
)

_METHODS = frozenset(("TRACE", "TRACK", "CONNECT", "DEBUG", "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK"))


def check(subject: CatalogOperation) -> Iterator[Issue]:
    if subject.method in _METHODS and subject.accepted:
        yield Issue(text=f"{subject.method} was answered with success {subject.accepted} times.")
