"""Verbose errors: an answer holds a stack trace, an error of a database or a page of a debug mode.

It tells versions, paths, queries and the code around the fault: what an attacker would otherwise have to find out by trying.

To fix: switch debug modes off and answer with problem details (RFC 9457); the gateway's `sanitise_errors` replaces such
bodies.
"""

from collections.abc import Iterator

from yett.formats import traces
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import CONFIGURATION
from yett.rules.checking.shown import Shown, body

RULE = CheckRule(
    id="verbose-errors",
    title="Errors that show the inside",
    on="exchange",
    severity=Severity.MEDIUM,
    owasp=("API8:2023",),
    cwe=(209, 497),
    references=(CONFIGURATION, "https://cheatsheetseries.owasp.org/cheatsheets/Error_Handling_Cheat_Sheet.html"),
    matches=(
        Judged(
            text="""\
GET /orders HTTP/1.1
Host: api.shop.example
""",
            response="""\
HTTP/1.1 500 Internal Server Error
Content-Type: text/plain

Traceback (most recent call last):
  File "/srv/a.py", line 1
""",
        ),
    ),
    passes=(
        Judged(
            text="""\
GET /orders HTTP/1.1
Host: api.shop.example
""",
            response="""\
HTTP/1.1 500 Internal Server Error
Content-Type: application/json

{"title": "it failed"}
""",
        ),
        Judged(
            text="""\
GET /orders HTTP/1.1
Host: api.shop.example
""",
            response="""\
HTTP/1.1 200 OK
Content-Type: application/json


{"a": 1}
""",
        ),
    ),
)


def check(subject: Shown) -> Iterator[Issue]:
    if subject.status < 400 and not subject.response_content_type.startswith("text/"):
        return
    found = traces.found(body(subject, 16_384))
    if found:
        grave = None if subject.status >= 400 else Severity.LOW
        yield Issue(place=f"response.{subject.status}", text=f"An answer shows {found}.", severity=grave)
