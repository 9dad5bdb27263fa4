"""Servers without an environment: the description of a server says neither production nor test nor development.

Test systems are less protected and often hold copies of real data; it must be clear which one a server is.

To fix: name the environment in `description`.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.description import Description
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import INVENTORY
from yett.rules.checking.words import words

RULE = CheckRule(
    id="contract-inventory-environment",
    title="Servers without an environment",
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
servers: [{url: "https://api.shop.example", description: Production}]
paths: {}
"""
        ),
    ),
)

_ENVIRONMENTS = frozenset(
    (
        *(
            "production",
            "prod",
            "live",
            "staging",
            "stage",
            "test",
            "testing",
            "development",
            "dev",
            "local",
            "localhost",
            "qa",
        ),
        *("sandbox", "preview", "demo", "uat", "acceptance", "integration", "preproduction", "beta"),
    )
)


def check(subject: Description) -> Iterator[Issue]:
    for pointer, url, server in subject.servers:
        told = f"{server.get('description', '')} {server.get('name', '')}"
        if _ENVIRONMENTS.isdisjoint(words(told)):
            yield Issue(place=pointer, text=f"The server {url[:100]} does not say which environment it is.")
