"""Credentials in URLs: keys, tokens, passwords or sessions stand in the query or the path.

Addresses are written down everywhere: access logs, proxies, browser histories, Referer fields, monitoring, screenshots.
Whoever reads one of these can call in the caller's name. Signed URLs are another thing: they are good for one object and a
short time.

To fix: send the credential in the Authorization field or a header of its own; send passwords in a body.
"""

from collections.abc import Iterator

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.facts import counts
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import AUTHENTICATION
from yett.rules.checking.words import plain

RULE = CheckRule(
    id="credentials-in-urls",
    title="Credentials in addresses",
    on="operation",
    severity=Severity.HIGH,
    owasp=("API2:2023",),
    cwe=(598,),
    references=(AUTHENTICATION, "https://www.rfc-editor.org/rfc/rfc6750#section-5.3"),
    matches=(
        Judged(
            text="""\
method: GET
template: /report
facts: {carriers: {"query api_key": 12}}
"""
        ),
        Judged(
            text="""\
method: GET
template: /login
facts: {carriers: {"query password": 1, "header authorization": 4}}
"""
        ),
        Judged(
            text="""\
method: GET
template: /cart
facts: {carriers: {"path ;jsessionid": 1}}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: GET
template: /report
facts: {carriers: {"header authorization": 12, "cookie sid": 3}}
"""
        ),
        Judged(
            text="""\
method: GET
template: /files/{name}
facts: {carriers: {"query X-Amz-Signature": 12}}
""",
            note="a signed URL",
        ),
    ),
)


def check(subject: CatalogOperation) -> Iterator[Issue]:
    for carrier, count in counts(subject, "carriers").items():
        kind, _, name = carrier.partition(" ")
        if kind not in ("query", "path") or plain(name).endswith(("signature", "sig")):
            continue
        where = f"query parameter {name}" if kind == "query" else "path"
        text = f"{count} calls carried a credential in the {where}."
        yield Issue(place=f"{kind}/{name}".rstrip("/"), text=text)
