"""Insecure cookies: a session's cookie is set without Secure, HttpOnly or SameSite.

Without Secure it goes over plain HTTP, without HttpOnly scripts read it, without SameSite other sites send it along.

To fix: `Set-Cookie: __Host-session=…; Path=/; Secure; HttpOnly; SameSite=Lax`.
"""

import re
from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.issue import Issue, listed
from yett.rules.checking.references import CONFIGURATION
from yett.rules.checking.shown import Shown

RULE = CheckRule(
    id="insecure-cookies",
    title="Cookies without protection",
    on="exchange",
    severity=Severity.MEDIUM,
    owasp=("API8:2023", "API2:2023"),
    cwe=(614, 1004, 1275),
    references=(CONFIGURATION, "https://www.rfc-editor.org/rfc/rfc6265#section-4.1.2"),
    matches=(
        Judged(
            text="""\
GET /orders HTTP/1.1
Host: api.shop.example
""",
            response="""\
HTTP/1.1 200 OK
Content-Type: application/json
Set-Cookie: sessionid=0123456789; Path=/

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
Set-Cookie: auth_token=0123456789; HttpOnly

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
Set-Cookie: sessionid=0123456789; Path=/; Secure; HttpOnly; SameSite=Lax

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
Set-Cookie: theme=dark

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
Set-Cookie: sessionid=; Max-Age=0

{"a": 1}
""",
        ),
    ),
)

_SESSION = re.compile(r"sess|\bsid\b|auth|token|jwt|remember")


def check(subject: Shown) -> Iterator[Issue]:
    for line in subject.response_fields.get("set-cookie", "").split("\n")[:20]:
        pair, *attributes = line.split(";")
        name, _, value = pair.strip().partition("=")
        if len(value) < 8 or not _SESSION.search(name[:100].lower()):
            continue
        said = {one.partition("=")[0].strip().lower() for one in attributes}
        missing = [word for word in ("Secure", "HttpOnly", "SameSite") if word.lower() not in said]
        if missing:
            grave = None if missing[0] != "SameSite" else Severity.LOW
            text = f"The cookie {name[:64]} lacks {listed(missing)}."
            yield Issue(place=f"response.cookie/{name[:64]}", text=text, severity=grave)
