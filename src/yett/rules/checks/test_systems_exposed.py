"""Exposed test systems: a host whose name says development, test or staging is called from the public.

They have weaker protection, default passwords, debug modes, and often copies of real data.

To fix: put them behind a VPN or a login of their own.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.estate import Estate
from yett.rules.checking.issue import Issue
from yett.rules.checking.references import INVENTORY
from yett.rules.checking.words import words

RULE = CheckRule(
    id="test-systems-exposed",
    title="Test systems within reach of the public",
    on="service",
    severity=Severity.MEDIUM,
    owasp=("API9:2023",),
    cwe=(1059, 489),
    references=(INVENTORY,),
    matches=(
        Judged(
            text="""\
service: {name: shop}
hosts: [{name: staging-api.shop.example, service: shop, exposure: public, count: 4}]
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
service: {name: shop}
hosts: [{name: staging-api.shop.example, service: shop, exposure: internal, count: 4}]
"""
        ),
        Judged(
            text="""\
service: {name: shop}
hosts: [{name: latest.shop.example, service: shop, exposure: public, count: 4}]
"""
        ),
    ),
)

_ENVIRONMENTS = frozenset(
    ("dev", "development", "test", "testing", "staging", "stage", "stg", "uat", "qa", "preprod", "sandbox", "int")
)


def check(subject: Estate) -> Iterator[Issue]:
    for one in subject.hosts:
        said = _ENVIRONMENTS.intersection(words(one.name))
        if said and one.exposure == "public" and one.count:
            text = f"{one.name} says {min(said)}, and the public reaches it."
            yield Issue(place=f"host/{one.name}", text=text, reasons=(f"{one.count} calls",))
