"""Who can reach an operation: internal, partner or public, from host names and callers' addresses, with the evidence.

Addresses prove more than names; where neither says anything, the exposure is unknown. It must not know how either was seen.
"""

from collections.abc import Collection, Mapping
from ipaddress import ip_address

from yett.engine.catalog.settings import ViewSettings
from yett.model.catalog import Authentication, Exposure, Reason

INTERNAL_ENDS = (
    *(".local", ".internal", ".intranet", ".corp", ".lan", ".home.arpa", ".private", ".svc", ".cluster.local"),
    *(".localhost", ".consul", ".ec2.internal", ".compute.internal"),
)
"""Ends of names that the public DNS does not have (RFC 6762, RFC 8375, ICANN's .internal; Kubernetes, Consul, EC2)."""

NOT_TOLD = (".test", ".example", ".invalid", "example.com", "example.org", "example.net")
"""Names for tests and documents (RFC 2606): they say nothing."""

PARTNER_WORDS = frozenset(("partner", "partners", "b2b", "supplier", "suppliers", "vendor", "vendors", "edi", "merchant-api"))


def host_exposure(host: str) -> tuple[Exposure, str]:
    """What a host's name says: "internal" or "unknown" for a name that anybody may have, and why."""
    if not host:
        return "unknown", "no host is known"
    try:
        address = ip_address(host)
    except ValueError:
        pass
    else:
        if address.is_global:
            return "public", f"{host} is a public address"
        return "internal", f"{host} is no public address"
    if host == "localhost" or host.endswith(INTERNAL_ENDS) or "." not in host:
        return "internal", f"the public DNS has no {host}"
    if PARTNER_WORDS & set(host.replace("-", ".").split(".")):
        return "partner", f"the host is called {host}"
    return "unknown", f"{host} may be in the public DNS"


def exposure(
    hosts: Collection[str],
    template: str,
    origins: Mapping[str, int],
    authentication: Authentication,
    consumers: int,
    settings: ViewSettings,
) -> tuple[Exposure, Reason]:
    """origins: calls by the kind of the caller's address: "public", "private", "loopback" … consumers: how many different."""
    public = origins.get("public", 0)
    total = sum(origins.values())
    numbers: dict[str, int | float | str] = {f"calls_from_{kind}": count for kind, count in sorted(origins.items())}
    if PARTNER_WORDS & {word for segment in template.lower().split("/") for word in segment.replace("_", "-").split("-")}:
        return "partner", Reason(about="exposure", text="the path says so", numbers=numbers)
    if public:
        return _called_from_outside(authentication, consumers, numbers, settings)
    told = {host_exposure(host) for host in sorted(hosts)}
    partner = next((why for what, why in sorted(told) if what == "partner"), "")
    if partner:
        return "partner", Reason(about="exposure", text=partner, numbers=numbers)
    if total:
        text = "every address that called it is private"
        return "internal", Reason(about="exposure", text=text, numbers=numbers)
    if told and all(what == "internal" for what, _ in told):
        return "internal", Reason(about="exposure", text="; ".join(sorted(why for _, why in told)), numbers=numbers)
    text = "no caller's address was seen, and its hosts do not tell"
    return "unknown", Reason(about="exposure", text=text, numbers=numbers)


def _called_from_outside(
    authentication: Authentication, consumers: int, numbers: dict[str, int | float | str], settings: ViewSettings
) -> tuple[Exposure, Reason]:
    certified = sum(count for name, count in authentication.schemes.items() if "mtls" in name.split("+"))
    if authentication.successes and certified == authentication.successes and consumers <= settings.partner_consumers:
        numbers |= {"consumers": consumers, "partner_consumers": settings.partner_consumers}
        text = "called from public addresses, and only with client certificates of few consumers"
        return "partner", Reason(about="exposure", text=text, numbers=numbers)
    return "public", Reason(about="exposure", text="called from public addresses", numbers=numbers)
