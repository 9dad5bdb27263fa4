"""Old versions: several versions of a service are called at the same time, beside the newest.

Fixes, limits and checks reach the newest version first, and the others late or never.

To fix: move the consumers, which the catalog lists by version, then retire the version with Deprecation and Sunset fields.
"""

import re
from collections.abc import Iterator

from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.estate import Estate
from yett.rules.checking.issue import Issue, listed
from yett.rules.checking.references import INVENTORY

RULE = CheckRule(
    id="old-versions-alive",
    title="Old versions in use",
    on="service",
    severity=Severity.LOW,
    owasp=("API9:2023",),
    cwe=(1059, 672),
    references=(INVENTORY,),
    matches=(
        Judged(
            text="""\
service: {name: shop}
operations:
  - {id: a, service: shop, method: GET, template: /v1/orders, version: v1, accepted: 9}
  - {id: b, service: shop, method: GET, template: /v2/orders, version: v2, accepted: 9}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
service: {name: shop}
operations:
  - {id: a, service: shop, method: GET, template: /v2/orders, version: v2, accepted: 9}
"""
        ),
        Judged(
            text="""\
service: {name: shop}
operations:
  - {id: a, service: shop, method: GET, template: /v1/orders, version: v1, accepted: 0}
  - {id: b, service: shop, method: GET, template: /v2/orders, version: v2, accepted: 9}
"""
        ),
    ),
)


def check(subject: Estate) -> Iterator[Issue]:
    alive: dict[str, int] = {}
    for one in subject.operations:
        if one.version and one.accepted:
            alive[one.version] = alive.get(one.version, 0) + one.accepted
    ordered = sorted(alive, key=_number)
    for version in ordered[:-1]:
        text = f"Version {version} answered {alive[version]} calls; the newest is {ordered[-1]}."
        yield Issue(place=f"version/{version}", text=text, reasons=(f"versions in use: {listed(ordered)}",))


def _number(version: str) -> tuple[tuple[int, ...], str]:
    """Versions in their order: v2 before v10, 2024-01-01 before 2025-01-01."""
    return tuple(int(part[:18]) for part in re.findall(r"\d+", version[:100])), version
