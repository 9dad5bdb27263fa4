"""Data as HTML: JSON is answered with the type of a page.

A browser that opens the address renders it, with whatever markup is in the values: a script that somebody stored runs on this
origin.

To fix: `Content-Type: application/json` with nosniff.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import REST
from yett.rules.checking.shown import Shown, body

RULE = CheckRule(
    id="data-as-html",
    title="Data that browsers take for a page",
    on="exchange",
    severity=Severity.MEDIUM,
    owasp=("API8:2023",),
    cwe=(79, 436),
    references=(REST,),
    matches=(
        Judged(
            text="""\
GET /orders HTTP/1.1
Host: api.shop.example
""",
            response="""\
HTTP/1.1 200 OK
Content-Type: text/html

{"name": "a"}
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
Content-Type: application/json


{"a": 1}
""",
        ),
        Judged(
            text="""\
GET /orders HTTP/1.1
Host: api.shop.example
""",
            response="""\
HTTP/1.1 200 OK
Content-Type: text/html

<p>{"a": 1}</p>
""",
        ),
    ),
)


def check(subject: Shown) -> Iterator[Issue]:
    if subject.response_content_type in ("text/html", "application/xhtml+xml"):
        start = body(subject, 64).lstrip()
        if start.startswith((b'{"', b'[{"', b"[]", b"{}")):
            yield Issue(place=f"response.{subject.status}", text="JSON is answered as a page.")
