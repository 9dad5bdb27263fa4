"""Plain HTTP: a call with credentials or cookies went over the wire without TLS.

Everybody on the way can read and change it: wireless networks, providers, proxies. A redirect to HTTPS comes too late, the
credential has been sent.

To fix: serve HTTPS only, with HSTS for browsers, and give clients addresses with https.

What it does not see: TLS that ended in a proxy before the sensor. Access logs and the like do not tell the scheme and are
left out.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Confidence, Judged, Severity
from yett.rules.checking.issue import Issue, listed
from yett.rules.checking.references import CONFIGURATION, REST
from yett.rules.checking.shown import Shown, remote

RULE = CheckRule(
    id="plain-http",
    title="Calls without encryption",
    on="exchange",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    owasp=("API8:2023", "API2:2023"),
    cwe=(319,),
    references=(CONFIGURATION, REST),
    matches=(
        Judged(
            text="""\
GET /orders HTTP/1.1
Host: api.shop.example
Authorization: Bearer abc
""",
            response="""\
HTTP/1.1 200 OK
Content-Type: application/json


{"a": 1}
""",
            scheme="http",
        ),
    ),
    passes=(
        Judged(
            text="""\
GET /orders HTTP/1.1
Host: api.shop.example
Authorization: Bearer abc
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
Content-Type: application/json


{"a": 1}
""",
            scheme="http",
        ),
        Judged(
            text="""\
GET / HTTP/1.1
Host: localhost:8080
Cookie: a=b
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

_CARRIERS = frozenset(("authorization", "cookie", "x-api-key", "proxy-authorization", "x-auth-token"))
_BLIND = frozenset(("raw", "access-log", "mirror", "middleware", "asgi", "wsgi", "gateway", "json-lines", "event-log"))
"""Sensors behind whatever ends TLS, or that do not tell the scheme."""


def check(subject: Shown) -> Iterator[Issue]:
    if subject.exchange.request.scheme != "http" or not remote(subject) or subject.sensor in _BLIND or subject.exchange.tls:
        return
    carried = sorted(_CARRIERS.intersection(subject.fields))
    if carried:
        yield Issue(place="request", text=f"A call without TLS carried {listed(carried)}.")
