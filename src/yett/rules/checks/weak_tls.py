"""Weak TLS: a call came over SSL 3, TLS 1.0 or TLS 1.1, which RFC 8996 forbids.

To fix: allow TLS 1.2 and 1.3 only.

What it does not see: versions that a proxy in front accepts.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import CONFIGURATION
from yett.rules.checking.shown import Shown

RULE = CheckRule(
    id="weak-tls",
    title="Outdated versions of TLS",
    on="exchange",
    severity=Severity.HIGH,
    owasp=("API8:2023",),
    cwe=(326, 327),
    references=(CONFIGURATION, "https://www.rfc-editor.org/rfc/rfc8996"),
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
            scheme="https+TLSv1.1",
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


{"a": 1}
""",
            scheme="https+TLSv1.3",
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
    version = subject.exchange.tls.version if subject.exchange.tls is not None else ""
    if version in ("SSLv2", "SSLv3", "TLSv1", "TLSv1.0", "TLSv1.1"):
        yield Issue(place="tls", text=f"A call came over {version}.")
