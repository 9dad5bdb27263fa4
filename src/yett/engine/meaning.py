"""What a policy says must also make sense: addresses, hosts, prefixes and targets, beyond what their types can tell.

Every mistake is reported at its pointer. It must not know guards or contracts.
"""

import re
from collections.abc import Iterable
from ipaddress import ip_address

from yett.engine.convert import Report, escape
from yett.formats.forwarded import Networks, host_of
from yett.formats.http1 import Refused
from yett.model.policy import Listen, Policy, Service

_PREFIX = re.compile(r"(?:/[A-Za-z0-9\-._~]+)*/?")
"""Unreserved characters only: every spelling of a prefix in a target is then the same, so that it can be cut off by length."""

_TARGET = re.compile(r"https?://(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]:/?#@\s]+)(?::(?P<port>[0-9]{1,5}))?/?")
_PORT = re.compile(r"[0-9]{1,5}")


def check_meaning(policy: Policy, report: Report) -> None:
    """Report what is of the right type and still cannot be meant."""
    _check_listen(policy.listen, policy.admin, report)
    if policy.admin is not None and not is_address(policy.admin):
        report("/admin", f"{policy.admin!r} is not an address", 'such as "127.0.0.1:8081", or null for none')
    for index, network in enumerate(policy.trusted_proxies):
        try:
            Networks((network,))
        except ValueError as error:
            report(f"/trusted_proxies/{index}", str(error), "such as 10.0.0.0/8 or ::1")
    for service in policy.services:
        _check_service(service, f"/services/{escape(service.name)}", report)


def _check_listen(listen: Iterable[Listen], admin: str | None, report: Report) -> None:
    seen: set[str] = set()
    for index, one in enumerate(listen):
        place = f"/listen/{index}/address"
        if not is_address(one.address):
            report(place, f"{one.address!r} is not an address with a port", "such as 127.0.0.1:8080 or [::1]:8080")
        elif one.address in seen:
            report(place, f"{one.address} stands twice", "")
        seen.add(one.address)
        if one.tls is not None and one.tls.client_auth != "none" and one.tls.client_ca is None:
            report(
                f"/listen/{index}/tls/client_auth", "client certificates need client_ca", "name the file of their authorities"
            )
    if admin in seen and not admin.endswith(":0"):
        report("/admin", f"{admin} is what callers are listened to on", "give it a port of its own, or null for none")
    if not seen:
        report("/listen", "there is nothing to listen on", 'such as [{address: "127.0.0.1:8080"}]')


def is_address(text: str) -> bool:
    """Whether it is an IP address, or "localhost", with a port."""
    host, colon, port = text.rpartition(":")
    if not colon or not _PORT.fullmatch(port) or int(port) > 65_535:
        return False
    bracketed = host.startswith("[") and host.endswith("]")
    try:
        return (ip_address(host[1:-1] if bracketed else host).version == 6) == bracketed
    except ValueError:
        return host == "localhost"


def _check_service(service: Service, pointer: str, report: Report) -> None:
    match, upstream = service.match, service.upstream
    if not _PREFIX.fullmatch(match.prefix) or not match.prefix or {".", ".."} & set(match.prefix.split("/")):
        report(
            f"{pointer}/match/prefix", f"{match.prefix!r} is not a prefix", "segments of letters, digits and -._~, such as /v1"
        )
    for index, host in enumerate(match.hosts):
        _check_host(host, f"{pointer}/match/hosts/{index}", report)
    for index, target in enumerate(upstream.targets):
        found = _TARGET.fullmatch(target)
        if found is None or int(found["port"] or 1) not in range(1, 65_536):
            report(
                f"{pointer}/upstream/targets/{index}", f"{target!r} is not a target", "such as http://127.0.0.1:9001, no path"
            )
    if upstream.host not in ("keep", "target"):
        try:
            host_of(upstream.host.encode())
        except Refused:
            report(
                f"{pointer}/upstream/host",
                f"{upstream.host!r} is not a host",
                '"keep", "target", or a name such as api.example',
            )
    if upstream.health is not None and not upstream.health.path.startswith("/"):
        report(f"{pointer}/upstream/health/path", "a path begins with a slash", "")
    if (upstream.tls.certificate is None) != (upstream.tls.key is None):
        report(f"{pointer}/upstream/tls", "certificate and key belong together", "")


def _check_host(host: str, pointer: str, report: Report) -> None:
    """A host as the Host field says it, without port; "*." before it stands for at least one label."""
    name = host.removeprefix("*.")
    try:
        found, port = host_of(name.encode() if name.isascii() else name.encode("idna"))
    except (Refused, UnicodeError):
        report(pointer, f"{host!r} is not a host name", 'such as api.example or "*.example"')
        return
    if port is not None:
        report(pointer, f"{host!r} has a port, which is not matched by", f"write {found}")
    elif name not in (found, f"[{found}]"):
        report(pointer, f"{host!r} is never seen like that", f"write {host[: -len(name)]}{found}")
    elif name != host and (name[-1].isdigit() or name.endswith("]")):
        report(pointer, "an address has no subdomains", "")
