"""Where the host of an address leads, by its spelling alone: to the machine itself, to its neighbours, or nowhere in particular.

Resolvers take IPv4 addresses of one to four parts, each decimal, octal or hexadecimal (inet_aton of POSIX; the URL standard, 3.5).
Pure; it must not resolve names.
"""

import re
import unicodedata
from ipaddress import IPv4Address, IPv4Network, IPv6Address

_HOST = re.compile(rb"^[\s\"'(=@]*(?:url\s*[:=]\s*)?(?:[a-zA-Z0-9+.:\-]{1,20}:)?[/\\]{2,8}(?P<host>[^/\\?#\s\"'<>]{1,260})")
_LOCAL = (
    "localhost",
    "localhost.localdomain",
    "ip6-localhost",
    "ip6-loopback",
    "localtest.me",
    "lvh.me",
    "vcap.me",
    "local",
    "loopback",
)
_CATCHERS = (
    "burpcollaborator.net",
    "oastify.com",
    "interact.sh",
    "oast.pro",
    "oast.live",
    "oast.site",
    "oast.online",
    "oast.fun",
    "oast.me",
    "1u.ms",
    "rbndr.us",
    "rebind.network",
)
_MAPPERS = ("nip.io", "sslip.io", "xip.io")
_EMBEDDED = re.compile(r"(?:^|[.-])(\d{1,3})[.-](\d{1,3})[.-](\d{1,3})[.-](\d{1,3})[.-]?(?:$|\.)")
_HEX_EMBEDDED = re.compile(r"(?:^|[.-])([0-9a-f]{8})\.")
_SHORT_EMBEDDED = re.compile(r"(?:^|\.)[0-9a-z]{6,7}\.xip\.io$")
"""An address in base 36, as xip.io took it."""
_PRIVATE = (IPv4Network("10.0.0.0/8"), IPv4Network("172.16.0.0/12"), IPv4Network("192.168.0.0/16"))
"""RFC 1918, section 3."""


def host_of(text: bytes) -> str:
    """The host of the address that `text` begins with, in lower case and without port and user; empty where there is none."""
    found = _HOST.match(text)
    if found is None:
        return ""
    host = unicodedata.normalize("NFKC", found["host"].decode("utf-8", "replace")).lower().replace("。", ".")
    host = host.rpartition("@")[2]
    if host.startswith("["):
        return host[: host.find("]") + 1] if "]" in host else ""
    return host.partition(":")[0].rstrip(".,;)!")


def ipv4(host: str) -> IPv4Address | None:
    """The address that `inet_aton` makes of it; None where it makes none."""
    parts = host.split(".")
    if not 1 <= len(parts) <= 4:
        return None
    numbers = [_number(part) for part in parts]
    if any(number is None for number in numbers):
        return None
    *heads, last = [number for number in numbers if number is not None]
    if any(head > 255 for head in heads):
        return (
            IPv4Address(_wrapped(heads, last))
            if len(heads) == 3 and last <= 0xFFFF and all(head <= 0xFFFF for head in heads)
            else None
        )
    if last >= 256 ** (5 - len(parts)):
        return IPv4Address(last & 0xFFFFFFFF) if not heads and last < 1 << 64 else None
    value = last
    for place, head in enumerate(heads):
        value += head << 8 * (3 - place)
    return IPv4Address(value)


def _wrapped(heads: list[int], last: int) -> int:
    """Parts beyond 255, as some readers take them: modulo 256."""
    value = last & 255
    for place, head in enumerate(heads):
        value |= (head & 255) << 8 * (3 - place)
    return value


def _number(part: str) -> int | None:
    if not part or len(part) > 24:
        return None
    try:
        if part.startswith(("0o", "o", "q")):
            return int(part.lstrip("0oq") or "0", 8)
        if part.startswith("0x"):
            return int(part[2:] or "0", 16)
        if part.startswith("0") and len(part) > 1:
            return int(part, 8)
        return int(part) if part.isascii() and part.isdigit() else None
    except ValueError:
        return None


def _ipv6(host: str) -> IPv6Address | None:
    try:
        return IPv6Address(host[1:-1].replace("%25", "%").partition("%")[0])
    except ValueError:
        return None


def _is_inner(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        value = int(address)
        if inner is None and (value >> 32 in (0, 0xFFFF0000) or value >> 32 == 0x64FF9B << 64) and value > 1:
            inner = IPv4Address(value & 0xFFFFFFFF)
        return _is_inner(inner) if inner is not None else address.is_loopback or address.is_unspecified or address.is_link_local
    return (
        address.is_loopback
        or address.is_link_local
        or int(address) >> 24 == 0
        or str(address) in ("100.100.100.200", "192.0.0.192")
    )


def is_inner(text: bytes, alone: bool) -> bool:
    """Whether the address at the beginning of `text` leads to the machine itself or to a metadata service. alone: whether
    nothing else is in the value; a name such as localhost counts only then."""
    host = host_of(text)
    if not host:
        return False
    address = _ipv6(host) if host.startswith("[") else ipv4(host)
    if address is not None:
        return alone and _is_inner(address)
    if host in _LOCAL or host.endswith(tuple("." + name for name in _LOCAL)):
        return alone
    if host.endswith(tuple("." + name for name in _CATCHERS)):
        return True
    if host.endswith(tuple("." + name for name in _MAPPERS)):
        return _is_mapped(host)
    return host.endswith(".169.254.169.254")


def _is_mapped(host: str) -> bool:
    """Names of services that answer with the address in the name."""
    found = _EMBEDDED.search(host)
    if found is not None and all(int(part) < 256 for part in found.groups()):
        return _is_inner(IPv4Address(".".join(str(int(part)) for part in found.groups())))
    written = _HEX_EMBEDDED.search(host)
    if written is not None:
        return _is_inner(IPv4Address(int(written[1], 16)))
    return _SHORT_EMBEDDED.search(host) is not None


def odd_spelling(text: bytes) -> bool:
    """Whether the host is an inner address in a spelling that nobody uses without a purpose."""
    host = host_of(text)
    if not host:
        return False
    address = _ipv6(host) if host.startswith("[") else ipv4(host)
    if address is None:
        return False
    if isinstance(address, IPv6Address):
        return _is_inner(address)
    plain = str(address) == host
    written = _HOST.match(text)
    disguised = written is not None and not written["host"].isascii()
    return (_is_inner(address) or _is_private(address)) and (not plain or disguised)


def _is_private(address: IPv4Address) -> bool:
    return any(address in network for network in _PRIVATE)


def is_private(text: bytes) -> bool:
    """Whether the host of the address at the beginning of `text` is one of a private network (RFC 1918)."""
    address = ipv4(host_of(text))
    return address is not None and _is_private(address)


_PORT = re.compile(r"^(.+?):[0-9]{1,5}$")


def is_inner_with_port(text: bytes) -> bool:
    """Whether a value without a scheme is the machine itself with a port, or in the brackets of IPv6: what a connection needs."""
    host = text.strip().lower().decode("utf-8", "replace")
    found = _PORT.match(host)
    if found is None and not host.startswith("["):
        return False
    return is_inner(b"//" + host.encode(), True)


def odd_host(text: bytes) -> bool:
    """Whether a value without a scheme is an inner address with hexadecimal or octal parts, or a name that leads there."""
    host = text.strip().lower().decode("utf-8", "replace")
    for prefix in ("http:", "https:"):
        if host.startswith(prefix):
            return is_inner(b"//" + host.removeprefix(prefix).lstrip("/\\").encode(), True)
    address = ipv4(host)
    if address is not None:
        return ("0x" in host or ".00" in host or host in ("017700000001", "2130706433")) and _is_inner(address)
    return is_inner(b"//" + text.strip(), True) or host.endswith(("1u.ms", "rebind.network"))
