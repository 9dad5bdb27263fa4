"""Changes by GET: the path of a GET operation says that it deletes, creates, pays or resets something.

Links, previews, crawlers and images make GET requests by themselves, and browsers send cookies along. Caches may answer them.

To fix: use POST, PUT, PATCH or DELETE for what changes something.

What it does not see: what the operation really does; the name alone speaks.
"""

from collections.abc import Iterator

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Confidence, Judged, Severity
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import CONFIGURATION
from yett.rules.checking.words import words

RULE = CheckRule(
    id="changes-by-get",
    title="Changes by GET",
    on="operation",
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
    owasp=("API8:2023",),
    cwe=(650, 352),
    references=(CONFIGURATION, "https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1"),
    matches=(
        Judged(
            text="""\
method: GET
template: /users/{id}/delete
accepted: 3
"""
        ),
        Judged(
            text="""\
method: GET
template: /deleteOrder
accepted: 1
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: GET
template: /users/{id}
accepted: 3
"""
        ),
        Judged(
            text="""\
method: DELETE
template: /users/{id}/delete
accepted: 3
"""
        ),
        Judged(
            text="""\
method: GET
template: /updates
accepted: 3
"""
        ),
        Judged(
            text="""\
method: GET
template: /delete-requests
accepted: 3
"""
        ),
    ),
)

_VERBS = frozenset(
    ("delete", "remove", "create", "add", "update", "set", "reset", "pay", "cancel", "approve", "revoke", "disable")
)
_NOUNS = frozenset(("requests", "request", "history", "log", "logs", "status", "reasons", "options", "events"))


def check(subject: CatalogOperation) -> Iterator[Issue]:
    if subject.method != "GET" or not subject.accepted:
        return
    for segment in reversed(subject.template.split("/")):
        said = words(segment)
        if said and "{" not in segment and said[0] in _VERBS and (len(said) == 1 or said[-1] not in _NOUNS):
            yield Issue(text=f'The path says "{said[0]}".')
            return
