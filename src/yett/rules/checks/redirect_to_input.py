"""Redirect to input: the server redirects to another host, whose address came in a parameter of the request.

Links to a trusted host then lead anywhere, and clients that follow redirects blindly carry their request, or its credentials,
there.

To fix: redirect to paths, or to hosts from a list. Redirects of OAuth to a registered `redirect_uri` work like this by
design.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Confidence, Judged, Severity
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import CONSUMPTION
from yett.rules.checking.shown import Shown, pairs
from yett.rules.checking.words import plain

RULE = CheckRule(
    id="redirect-to-input",
    title="Redirects to where the caller says",
    on="exchange",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    owasp=("API10:2023", "API8:2023"),
    cwe=(601,),
    references=(CONSUMPTION,),
    matches=(
        Judged(
            text="""\
GET /go?to=https://evil.test/a HTTP/1.1
Host: api.shop.example
""",
            response="""\
HTTP/1.1 302 Found
Location: https://evil.test/a
""",
        ),
    ),
    passes=(
        Judged(
            text="""\
GET /go?to=https://api.shop.example/a HTTP/1.1
Host: api.shop.example
""",
            response="""\
HTTP/1.1 302 Found
Location: https://api.shop.example/a
""",
        ),
        Judged(
            text="""\
GET /authorize?redirect_uri=https://cb.test/ HTTP/1.1
Host: api.shop.example
""",
            response="""\
HTTP/1.1 302 Found
Location: https://cb.test/?code=1
""",
        ),
        Judged(
            text="""\
GET /go?to=/a HTTP/1.1
Host: api.shop.example
""",
            response="""\
HTTP/1.1 302 Found
Location: /a
""",
        ),
    ),
)


def check(subject: Shown) -> Iterator[Issue]:
    to = subject.response_fields.get("location", "")
    if not 300 <= subject.status < 400 or not to.startswith(("https://", "http://", "//")):
        return
    host = to.partition("//")[2].partition("/")[0].partition("?")[0].rpartition("@")[2].partition(":")[0].lower()
    if not host or host == subject.host:
        return
    for name, value in pairs(subject):
        if host in value[:2_048].lower() and "//" in value and plain(name) != "redirecturi":
            yield Issue(
                place=f"query/{name[:64]}", text=f"The server redirects to the host that the parameter {name[:64]} names."
            )
