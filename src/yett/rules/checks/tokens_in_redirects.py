"""Tokens in redirects: the Location of an answer carries an access token, an ID token, a session or a password.

The address ends up in the browser's history, in logs, and in the Referer that goes to the next site.

To fix: hand over a code that works once, and let the client exchange it (authorization code with PKCE).
"""

import re
from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import AUTHENTICATION, OAUTH_BCP
from yett.rules.checking.shown import Shown

RULE = CheckRule(
    id="tokens-in-redirects",
    title="Tokens in addresses of redirects",
    on="exchange",
    severity=Severity.HIGH,
    owasp=("API2:2023",),
    cwe=(598,),
    references=(AUTHENTICATION, OAUTH_BCP),
    matches=(
        Judged(
            text="""\
GET /orders HTTP/1.1
Host: api.shop.example
""",
            response="""\
HTTP/1.1 302 Found
Location: https://app.shop.example/#access_token=abc&expires_in=3600
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
HTTP/1.1 302 Found
Location: https://app.shop.example/?code=abc&state=1
""",
        ),
        Judged(
            text="""\
GET /orders HTTP/1.1
Host: api.shop.example
""",
            response="""\
HTTP/1.1 302 Found
Location: /token
""",
        ),
    ),
)

_TOKEN = re.compile(
    r"[?&#](access_token|id_token|refresh_token|sessionid|session_token|password|api_?key)=(?=[^&])", re.IGNORECASE
)


def check(subject: Shown) -> Iterator[Issue]:
    place = subject.response_fields.get("location")
    for name in sorted({found.lower() for found in _TOKEN.findall(place[:4_096])}) if place else ():
        yield Issue(place=f"response.header/location/{name}", text=f"A redirect carries {name} in its address.")
