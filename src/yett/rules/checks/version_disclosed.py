"""Disclosed versions: fields of answers name the software with its version.

It saves attackers a step when a hole of that version becomes known.

To fix: leave the field out or cut the version off; the gateway's `security_fields` removes them.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import CONFIGURATION, REST
from yett.rules.checking.shown import Shown

RULE = CheckRule(
    id="version-disclosed",
    title="Answers that tell versions",
    on="exchange",
    severity=Severity.INFO,
    owasp=("API8:2023",),
    cwe=(200, 497),
    references=(CONFIGURATION, REST),
    matches=(
        Judged(
            text="""\
GET /orders HTTP/1.1
Host: api.shop.example
""",
            response="""\
HTTP/1.1 200 OK
Content-Type: application/json
Server: Apache/2.4.41 (Ubuntu)

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
X-Powered-By: PHP/8.1.2

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
Server: nginx

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

_FIELDS = frozenset(("server", "x-powered-by", "x-aspnet-version", "x-aspnetmvc-version", "x-generator", "x-runtime"))
_ALONE = frozenset(("x-aspnet-version", "x-aspnetmvc-version"))


def check(subject: Shown) -> Iterator[Issue]:
    for name in sorted(_FIELDS.intersection(subject.response_fields)):
        value = subject.response_fields[name]
        if (name in _ALONE or any(one.isdigit() for one in value)) and "cloudflare" not in value.lower():
            yield Issue(place=f"response.header/{name}", text=f"The field {name} tells which software answers.")
