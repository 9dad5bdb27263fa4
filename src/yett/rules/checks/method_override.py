"""Method override: a request with a field such as `X-HTTP-Method-Override` succeeded.

Gateways and firewalls decide on the method that they see; a server that does another one goes around them.

To fix: do not honour such fields, or refuse them at the gateway.

What it does not see: whether the server honoured it.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Confidence, Judged, Severity
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import FUNCTIONS
from yett.rules.checking.shown import Shown

RULE = CheckRule(
    id="method-override",
    title="Methods that a header replaces",
    on="exchange",
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    owasp=("API5:2023", "API8:2023"),
    cwe=(650, 436),
    references=(FUNCTIONS,),
    matches=(
        Judged(
            text="""\
POST /orders/1 HTTP/1.1
Host: api.shop.example
X-HTTP-Method-Override: DELETE
""",
            response="""\
HTTP/1.1 200 OK
Content-Type: application/json


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


{"a": 1}
""",
        ),
        Judged(
            text="""\
POST /orders/1 HTTP/1.1
Host: api.shop.example
X-HTTP-Method-Override: DELETE
""",
            response="HTTP/1.1 405 Method Not Allowed",
        ),
    ),
)


def check(subject: Shown) -> Iterator[Issue]:
    for name in ("x-http-method-override", "x-method-override", "x-http-method"):
        if subject.success and name in subject.fields:
            yield Issue(place=f"request.header/{name}", text=f"Calls with the field {name} succeed.")
