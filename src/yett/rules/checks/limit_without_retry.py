"""No Retry-After: an answer 429 or 503 does not say when to try again.

Clients that do not know try at once, and make it worse.

To fix: send `Retry-After`; the gateway's limits do.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import RESOURCES
from yett.rules.checking.shown import Shown

RULE = CheckRule(
    id="limit-without-retry",
    title="Limits that do not say when to come back",
    on="exchange",
    severity=Severity.INFO,
    owasp=("API4:2023",),
    cwe=(770,),
    references=(RESOURCES, "https://www.rfc-editor.org/rfc/rfc6585#section-4"),
    matches=(
        Judged(
            text="""\
GET /orders HTTP/1.1
Host: api.shop.example
""",
            response="HTTP/1.1 429 Too Many Requests",
        ),
    ),
    passes=(
        Judged(
            text="""\
GET /orders HTTP/1.1
Host: api.shop.example
""",
            response="""\
HTTP/1.1 429 Too Many Requests
Retry-After: 5
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
    if subject.status in (429, 503) and subject.response_fields_seen and "retry-after" not in subject.response_fields:
        yield Issue(place=f"response.{subject.status}", text=f"{subject.status} is answered without Retry-After.")
