"""Servers without an audience: a server does not say whom it is for, with `x-internal`.

Internal hosts that are described like public ones end up in public documentation, and then in scans.

To fix: `x-internal: true` or `false` at every server.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Description
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import INVENTORY

RULE = CheckRule(
    id="contract-inventory-audience",
    title="Servers without an audience",
    on="contract",
    severity=Severity.INFO,
    owasp=("API9:2023",),
    cwe=(1059,),
    references=(INVENTORY,),
    matches=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
servers: [{url: "https://api.shop.example"}]
paths: {}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
openapi: 3.1.0
info: {title: Shop, version: "1"}
servers: [{url: "https://api.shop.example", x-internal: false}]
paths: {}
"""
        ),
    ),
)


def check(subject: Description) -> Iterator[Issue]:
    for pointer, url, server in subject.servers:
        if not isinstance(server.get("x-internal"), bool):
            yield Issue(place=pointer, text=f"The server {url[:100]} does not say whether it is internal (x-internal).")
