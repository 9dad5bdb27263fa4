"""No HSTS: answers over TLS do not tell browsers to stay with it.

The first call of each visit may then go over plain HTTP, where somebody on the way can take it over.

To fix: `Strict-Transport-Security: max-age=63072000; includeSubDomains`. An API that no browser calls does not need it.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import REST
from yett.rules.checking.shown import Shown, remote

RULE = CheckRule(
    id="missing-hsts",
    title="Hosts that browsers may call without TLS",
    on="exchange",
    severity=Severity.LOW,
    owasp=("API8:2023",),
    cwe=(319, 523),
    references=(REST, "https://www.rfc-editor.org/rfc/rfc6797"),
    matches=(
        Judged(
            text="""\
GET /orders HTTP/1.1
Host: api.shop.example
User-Agent: Mozilla/5.0
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
User-Agent: Mozilla/5.0
""",
            response="""\
HTTP/1.1 200 OK
Content-Type: application/json
Strict-Transport-Security: max-age=63072000

{"a": 1}
""",
        ),
        Judged(
            text="""\
GET /orders HTTP/1.1
Host: api.shop.example
User-Agent: curl/8
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
User-Agent: Mozilla/5.0
""",
            response="""\
HTTP/1.1 200 OK
Content-Type: application/json


{"a": 1}
""",
            scheme="http",
        ),
    ),
)


def check(subject: Shown) -> Iterator[Issue]:
    if "strict-transport-security" in subject.response_fields:
        return
    browser = subject.fields.get("user-agent", "").startswith("Mozilla/")
    if not browser or subject.exchange.request.scheme != "https" or not subject.success or not remote(subject):
        return
    if subject.response_fields_seen:
        yield Issue(place="response.header/strict-transport-security", text="Browsers are not told to stay with TLS.")
