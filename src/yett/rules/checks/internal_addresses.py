"""Internal addresses: fields of an answer hold private IP addresses or names of internal hosts.

They tell how the network behind is built; a redirect to one also does not work for anybody outside.

To fix: let the proxy rewrite or remove these fields.
"""

import re
from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import CONFIGURATION
from yett.rules.checking.shown import Shown

RULE = CheckRule(
    id="internal-addresses",
    title="Internal addresses in answers",
    on="exchange",
    severity=Severity.LOW,
    owasp=("API8:2023",),
    cwe=(200,),
    references=(CONFIGURATION,),
    matches=(
        Judged(
            text="""\
GET /orders HTTP/1.1
Host: api.shop.example
""",
            response="""\
HTTP/1.1 302 Found
Location: http://10.1.2.3:8080/login
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
X-Backend-Server: 192.168.4.5

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
HTTP/1.1 302 Found
Location: /login
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
        Judged(
            text="""\
GET / HTTP/1.1
Host: 10.1.2.3
""",
            response="""\
HTTP/1.1 302 Found
Location: http://10.1.2.3/a
""",
        ),
    ),
)

_FIELDS = frozenset(
    ("location", "via", "x-backend-server", "x-served-by", "x-upstream", "x-forwarded-server", "content-location")
)
_INTERNAL = re.compile(
    r"\b(?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}\b|\.(?:internal|intranet|corp|local|svc)\b"
)


def check(subject: Shown) -> Iterator[Issue]:
    told = _FIELDS.intersection(subject.response_fields)
    if not told or _INTERNAL.search(subject.host):
        return
    for name in sorted(told):
        if _INTERNAL.search(subject.response_fields[name][:1_024]):
            yield Issue(place=f"response.header/{name}", text=f"The field {name} holds an internal address.")
