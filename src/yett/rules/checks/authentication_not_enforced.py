"""Authentication that is declared and not enforced: the contract names a security scheme, and calls without any credential
succeed.

Who reads the contract believes the operation to be protected: reviews, gateways, generated clients, auditors. That makes it
worse than an operation that nobody claims to be protected.

To fix: enforce it, at once with the gateway (`authenticate` with this contract), and in the service.

What it does not see: whether another control, such as a private network, makes up for it.
"""

from collections.abc import Iterator

import msgspec

from yett.model.catalog import CatalogOperation
from yett.model.rule import CheckRule, Judged, Severity
from yett.rules.checking.issue import Issue, listed
from yett.rules.checking.references import AUTHENTICATION

RULE = CheckRule(
    id="authentication-not-enforced",
    title="The contract asks for a credential, the server does not",
    on="operation",
    severity=Severity.CRITICAL,
    owasp=("API2:2023",),
    cwe=(306, 1295),
    references=(AUTHENTICATION,),
    matches=(
        Judged(
            text="""\
method: GET
template: /orders/{orderId}
declared: [{source: shop.yaml, security: [bearer]}]
authentication: {ratio: 0.5, verdict: partial, successes: 40, schemes: {jwt: 20, none: 20}}
"""
        ),
    ),
    passes=(
        Judged(
            text="""\
method: GET
template: /orders/{orderId}
declared: [{source: shop.yaml, security: [bearer]}]
authentication: {ratio: 1, verdict: consistent, successes: 40, schemes: {jwt: 40}}
"""
        ),
        Judged(
            text="""\
method: GET
template: /orders/{orderId}
declared: [{source: shop.yaml, security: []}]
authentication: {ratio: 0, verdict: none, successes: 40, schemes: {none: 40}}
"""
        ),
    ),
)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """calls: successful answers from which on something is concluded of them."""

    calls: int = 5


def check(subject: CatalogOperation, settings: Settings) -> Iterator[Issue]:
    without = subject.authentication.schemes.get("none", 0)
    if subject.authentication.ratio is None or without < settings.calls:
        return
    for one in subject.declared:
        if one.security and one.current:
            text = f"{one.source} asks for {listed(list(one.security))}, and {without} calls without a credential succeeded."
            yield Issue(text=text, reasons=(f"declared at {one.place or one.source} (calls {settings.calls})",))
            return
