"""Unprotected pages: an HTML page is answered without a Content-Security-Policy.

Pages of an API's host (documentation, errors, login) share its origin and cookies; a script that gets into one may call the
API.

To fix: `Content-Security-Policy: default-src 'none'; frame-ancestors 'none'` for everything that is no application of its
own.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import CONFIGURATION, REST
from yett.rules.checking.shown import Shown

RULE = CheckRule(
    id="unprotected-pages",
    title="Pages without a content security policy",
    on="exchange",
    severity=Severity.LOW,
    owasp=("API8:2023",),
    cwe=(1021, 693),
    references=(CONFIGURATION, REST),
    matches=(
        Judged(
            text="""\
GET /orders HTTP/1.1
Host: api.shop.example
""",
            response="""\
HTTP/1.1 200 OK
Content-Type: text/html

<p>hello</p>
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
Content-Security-Policy: default-src 'none'

<p>hello</p>
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
    page = subject.response_content_type == "text/html" and subject.success and subject.response_fields_seen
    if page and "content-security-policy" not in subject.response_fields:
        yield Issue(
            place="response.header/content-security-policy", text="A page is answered without a Content-Security-Policy."
        )
