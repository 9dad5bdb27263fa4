"""Undeclared hosts: a service is called on a host that no description and no configuration names, although others are named.

Old names, test systems and forgotten entries in the DNS reach the same data past the gateway that guards the known name.

To fix: take the host away or declare it, and let servers answer only for hosts that they know.
"""

from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.estate import Estate
from yett.rules.checking.issue import Issue, raised
from yett.rules.checking.references import INVENTORY

RULE = CheckRule(
    id="undeclared-hosts",
    title="Hosts that nobody declared",
    on="service",
    severity=Severity.LOW,
    owasp=("API9:2023",),
    cwe=(1059,),
    references=(INVENTORY,),
    matches=(
        Judged(
            text="""\
service: {name: shop}
hosts:
  - {name: api.shop.example, service: shop, declared: true, count: 90}
  - {name: old.shop.example, service: shop, count: 4}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
service: {name: shop}
hosts:
  - {name: old.shop.example, service: shop, count: 4}
"""
        ),
        Judged(
            text="""\
service: {name: shop}
hosts:
  - {name: api.shop.example, service: shop, declared: true, count: 90}
"""
        ),
    ),
)


def check(subject: Estate) -> Iterator[Issue]:
    if not any(one.declared for one in subject.hosts):
        return
    for one in subject.hosts:
        if not one.declared and one.count:
            grave = raised(RULE.severity) if one.exposure == "public" else None
            text = f"The service is called on {one.name}, which nobody declared."
            yield Issue(
                place=f"host/{one.name}", text=text, severity=grave, reasons=(f"{one.count} calls", f"exposure: {one.exposure}")
            )
