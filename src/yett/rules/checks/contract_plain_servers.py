"""Servers without encryption: a server's URL begins with `http:` or `ws:`.

Generated clients take the first server that is listed, and send credentials there.

To fix: `https:` or `wss:`. Servers on localhost are left alone.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Description
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import CONFIGURATION

RULE = CheckRule(
    id="contract-plain-servers",
    title="Servers without encryption",
    on="contract",
    severity=Severity.HIGH,
    owasp=("API8:2023",),
    cwe=(319,),
    references=(CONFIGURATION,),
    matches=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
servers: [{url: "http://api.shop.example"}]
paths: {}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
servers: [{url: "https://api.shop.example"}, {url: /v1}, {url: "http://localhost:8080"}]
paths: {}
"""
        ),
    ),
)


def check(subject: Description) -> Iterator[Issue]:
    for pointer, url, _ in subject.servers:
        scheme, found, rest = url.partition("://")
        host = rest.partition("/")[0].partition(":")[0]
        if found and scheme.lower() in ("http", "ws") and host not in ("localhost", "127.0.0.1", "[", "0.0.0.0"):  # noqa: S104
            yield Issue(place=pointer, text=f"The server {host[:100]} is called by {scheme.lower()}.")
