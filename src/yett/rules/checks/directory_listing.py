"""Directory listings: a server shows the files of a directory.

Backups, configuration and sources that nobody links to are found in a moment.

To fix: switch listings off, and serve only what is meant to be served.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import CONFIGURATION
from yett.rules.checking.shown import Shown, body

RULE = CheckRule(
    id="directory-listing",
    title="Listings of directories",
    on="exchange",
    severity=Severity.MEDIUM,
    owasp=("API8:2023",),
    cwe=(548,),
    references=(CONFIGURATION,),
    matches=(
        Judged(
            text="""\
GET /orders HTTP/1.1
Host: api.shop.example
""",
            response="""\
HTTP/1.1 200 OK
Content-Type: text/html

<html><head><title>Index of /backup</title></head>
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
HTTP/1.1 200 OK
Content-Type: text/html

<title>Shop</title>
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
    if subject.response_content_type == "text/html" and subject.status == 200:
        start = body(subject, 1_024)
        if any(mark in start for mark in (b"<title>Index of /", b"<title>Directory listing for", b"<h1>Directory Listing")):
            yield Issue(place="response.200", text="A listing of a directory is answered.")
