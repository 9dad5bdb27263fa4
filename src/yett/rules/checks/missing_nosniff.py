"""No nosniff: a successful answer with a body has no `X-Content-Type-Options: nosniff`.

Browsers may then take data for a script or a page, also data that an attacker put there.

To fix: send the field with every answer; the gateway's `security_fields` does.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import REST
from yett.rules.checking.shown import Shown

RULE = CheckRule(
    id="missing-nosniff",
    title="Answers whose type browsers may guess",
    on="exchange",
    severity=Severity.LOW,
    owasp=("API8:2023",),
    cwe=(693, 430),
    references=(REST, "https://fetch.spec.whatwg.org/#x-content-type-options-header"),
    matches=(
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
    passes=(
        Judged(
            text="""\
GET /orders HTTP/1.1
Host: api.shop.example
""",
            response="""\
HTTP/1.1 200 OK
Content-Type: application/json
X-Content-Type-Options: nosniff

{"a": 1}
""",
        ),
        Judged(
            text="""\
GET /orders HTTP/1.1
Host: api.shop.example
""",
            response="HTTP/1.1 204 No Content",
        ),
        Judged(
            text="""\
GET /orders HTTP/1.1
Host: api.shop.example
""",
            response="""\
HTTP/1.1 404 Not Found
Content-Type: application/json

{"a": 1}
""",
        ),
    ),
)


def check(subject: Shown) -> Iterator[Issue]:
    if "x-content-type-options" in subject.response_fields or not subject.success or not subject.response_fields_seen:
        return
    if subject.response_content_type and subject.response is not None and subject.response.body:
        yield Issue(place="response.header/x-content-type-options", text="Browsers may guess the type of answers.")
