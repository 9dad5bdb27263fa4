"""Cacheable answers: an answer to a caller with cookies or a credential says nothing against being stored.

A shared cache may give one user's answer to another. With `Authorization` caches must not store it unless told to (RFC 9111,
3.5), so only what is marked `public` is objected to there; with cookies, silence is enough.

To fix: `Cache-Control: no-store` (or `private`) on everything that is about a user.
"""

import re
from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import REST
from yett.rules.checking.shown import Shown

RULE = CheckRule(
    id="cacheable-answers",
    title="Personal answers that caches may keep",
    on="exchange",
    severity=Severity.MEDIUM,
    owasp=("API8:2023",),
    cwe=(525, 524),
    references=(REST, "https://www.rfc-editor.org/rfc/rfc9111#section-3.5"),
    matches=(
        Judged(
            text="""\
GET /orders HTTP/1.1
Host: api.shop.example
Cookie: session=0123456789
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
Authorization: Bearer a
""",
            response="""\
HTTP/1.1 200 OK
Content-Type: application/json
Cache-Control: public, max-age=600

{"a": 1}
""",
        ),
    ),
    passes=(
        Judged(
            text="""\
GET /orders HTTP/1.1
Host: api.shop.example
Cookie: session=0123456789
""",
            response="""\
HTTP/1.1 200 OK
Content-Type: application/json
Cache-Control: no-store

{"a": 1}
""",
        ),
        Judged(
            text="""\
GET /orders HTTP/1.1
Host: api.shop.example
Authorization: Bearer a
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
Cookie: theme=dark
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
        ),
    ),
)

_CARRIERS = frozenset(("authorization", "cookie"))
_SESSION = re.compile(r"sess[a-z]{0,8}=|\bsid=|\btoken=")


def check(subject: Shown) -> Iterator[Issue]:
    if subject.method != "GET" or subject.status != 200 or not _CARRIERS.intersection(subject.fields):
        return
    if not subject.response_fields_seen:
        return
    control = subject.response_fields.get("cache-control", "").lower()
    place = "response.header/cache-control"
    if "authorization" in subject.fields:
        if "public" in control or "s-maxage" in control:
            yield Issue(place=place, text="Shared caches may keep the answer to a caller with a credential.")
        return
    kept = not any(word in control for word in ("no-store", "private", "no-cache"))
    session = _SESSION.search(subject.fields.get("cookie", "")[:4_096].lower())
    if kept and session and subject.response_content_type.endswith("json"):
        yield Issue(place=place, text="Caches may keep the answer to a caller with a session.", severity=Severity.LOW)
