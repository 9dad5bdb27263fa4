"""Permissive CORS: an answer lets scripts of other sites read it with the user's cookies, because the server repeats whatever
Origin asks, or allows "null".

Any page that a user visits can then call the API in the user's name and read what comes back.

To fix: name the origins that are meant; the gateway's `cors` does. "*" without credentials is objected to only where a cookie
was sent.

What it does not see: whether the repeated origin is one that is meant. The severity is lower where it may be.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Confidence, Judged, Severity
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import CONFIGURATION
from yett.rules.checking.shown import Shown

RULE = CheckRule(
    id="permissive-cors",
    title="Every site may read the answers",
    on="exchange",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    owasp=("API8:2023",),
    cwe=(942,),
    references=(CONFIGURATION, "https://fetch.spec.whatwg.org/#http-cors-protocol"),
    matches=(
        Judged(
            text="""\
GET /orders HTTP/1.1
Host: api.shop.example
Origin: null
""",
            response="""\
HTTP/1.1 200 OK
Content-Type: application/json
Access-Control-Allow-Origin: null
Access-Control-Allow-Credentials: true

{"a": 1}
""",
        ),
        Judged(
            text="""\
GET /orders HTTP/1.1
Host: api.shop.example
Origin: https://evil.test
""",
            response="""\
HTTP/1.1 200 OK
Content-Type: application/json
Access-Control-Allow-Origin: https://evil.test
Access-Control-Allow-Credentials: true

{"a": 1}
""",
        ),
        Judged(
            text="""\
GET /orders HTTP/1.1
Host: api.shop.example
Cookie: sid=1
""",
            response="""\
HTTP/1.1 200 OK
Content-Type: application/json
Access-Control-Allow-Origin: *

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
Access-Control-Allow-Origin: *

{"a": 1}
""",
        ),
        Judged(
            text="""\
GET /orders HTTP/1.1
Host: api.shop.example
Origin: https://app.shop.example
""",
            response="""\
HTTP/1.1 200 OK
Content-Type: application/json
Access-Control-Allow-Origin: https://app.shop.example
Access-Control-Allow-Credentials: true

{"a": 1}
""",
        ),
    ),
)


def check(subject: Shown) -> Iterator[Issue]:
    allowed = subject.response_fields.get("access-control-allow-origin")
    if not allowed or not subject.success:
        return
    credentials = subject.response_fields.get("access-control-allow-credentials", "").lower() == "true"
    place = "response.header/access-control-allow-origin"
    if credentials and allowed == "null":
        yield Issue(place=place, text='The origin "null" may read answers with credentials; every sandboxed page has it.')
    elif credentials and allowed == subject.fields.get("origin") and not _same_site(allowed, subject.host):
        text = "The server repeats an origin of another site and allows credentials."
        yield Issue(place=place, text=text, severity=Severity.MEDIUM)
    elif allowed == "*" and "cookie" in subject.fields:
        yield Issue(place=place, text="Every site may read the answer to a call with cookies.", severity=Severity.LOW)


def _same_site(origin: str, host: str) -> bool:
    """Whether the last two labels are the same: near enough to tell one's own sites from strange ones."""
    other = origin.rpartition("://")[2].partition(":")[0]
    return other.split(".")[-2:] == host.split(".")[-2:]
