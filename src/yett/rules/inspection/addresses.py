"""Where the host of an address leads, by its spelling alone: to the machine itself, to its neighbours, or nowhere in particular.

Readers of addresses differ: what stands before and after "@", "#", "\\", blanks or NUL is the host to one and not to another, so
each that could be is looked at. Resolvers take IPv4 addresses of one to four parts, each decimal, octal or hexadecimal
(inet_aton of POSIX; WHATWG URL standard, 3.5); letters and dots have other forms that mean the same (UTS #46).
Pure; it must not resolve names.
"""

import re
import unicodedata
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

LONGEST = 512
"""Octets of an address that are looked at."""

_BEGINNING = re.compile(
    r"[\s\"'(=@,;\x00-\x20]*/?(?:url\s*[:=]\s*)?(?:(?:jar|url|feed|blob|view-source):)?"
    r"(?:(?P<web>https?|ftp|wss?):[/\\]*|(?:[a-z0-9+.\-]{0,20}:)?[/\\]{2,8})(?P<rest>[^\"'<>]{1,300})",
    re.IGNORECASE,
)
_IGNORED = re.compile("[\t\r\n\u00ad\u034f\u180b-\u180e\u200b-\u200d\u2060\u2064\ufe00-\ufe0f\ufeff]")
"""What readers leave out: tabs and line breaks (URL standard, 4.4), and what UTS #46 maps to nothing."""
_ESCAPE = re.compile(rb"%([0-9a-fA-F]{2})")
_PARTED = re.compile(r"[\\?#@&;,|^\s\x00]")
"""Where one reader or another begins or ends a host. In front of the first slash."""
_PORT = re.compile(r"(.+?):[+\-]?[0-9]{0,12}[a-z]{0,8}")
"""As lenient readers take it: with a sign, zeros before it, letters after it."""

_LONG_NUMBER = re.compile(r"[0-9]{8,20}|0x[0-9a-f]{7,16}")
"""An address of IPv4 in one part that is no port."""
_SPLIT = re.compile(
    r"\s*(?:https?|ftp|wss?):[/\\]{1,8}[^/\s?#]{0,200}(?:@[^/\s?#]{0,200}@|\\[@.]|\s&@|#\\?@[\w\-]{1,63}\.)",
    re.IGNORECASE,
)
"""An authority that readers take apart in different ways: RFC 3986, 3.2, has no backslash, blank or second "@" in it, and an "@" at
the beginning of a fragment says nothing to a browser."""

_FANCY = re.compile("//[^/]{0,200}[\u2460-\u24ff\U0001d400-\U0001d7ff]")
"""Letters and digits in circles or for formulas, in a host: UTS #46 maps them to plain ones."""

_OWN_NAMES = (
    *("localhost", "localdomain", "ip6-localhost", "ip6-loopback", "loopback", "localhost6"),
    *("localtest.me", "lvh.me", "vcap.me", "lacolhost.com", "localho.st", "fuf.me", "ddev.site", "lndo.site", "lcl.host"),
    *("localhost.direct", "localdev.me"),
)
"""Names of the machine itself, and names in public DNS that lead there."""
_PUBLIC = 6
"""How many of them are in no public DNS."""
CATCHERS = (
    *("burpcollaborator.net", "oastify.com", "interact.sh", "oast.pro", "oast.live", "oast.site", "oast.online", "oast.fun"),
    *("oast.me", "1u.ms", "rbndr.us", "rebind.network", "r3dir.me", "dnslog.cn", "ceye.io", "requestrepo.com", "bxss.me"),
)
"""Domains of tools that wait for such requests, answer with changing addresses, or send readers on to inner ones."""
_NEIGHBOURS = (
    *("metadata", "instance-data", "rancher-metadata", "metadata.oraclecloud.com", "api.metadata.cloud.ibm.com"),
    *("metadata.packet.net", "metadata.platformequinix.com", "metadata.tencentyun.com", "metadata.goog"),
    *("docker.internal", "service.consul", "svc", "svc.cluster.local"),
)
"""Metadata services and, with whatever stands before, names that are never in public DNS: those of Docker,
Kubernetes and Consul. Other names below `internal` are too common where callers name hosts by design."""
_CLOUDS = 9
"""How many of them are metadata services."""
_MAPPERS = ("nip.io", "sslip.io", "xip.io", "xip.name", "traefik.me", "backname.io")
"""Domains that answer with the address in the name."""
_DOTTED = re.compile(r"(?:^|\.)(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.[a-z]")
_EMBEDDED = re.compile(r"(?:^|[.-])(\d{1,3})[.-](\d{1,3})[.-](\d{1,3})[.-](\d{1,3})[.-]?(?:$|\.)")
_REVERSED = re.compile(r"(?:(?<=\.)|\A)(?:[0-9a-f]\.){16,32}")
_HEX_EMBEDDED = re.compile(r"(?:^|[.-])([0-9a-f]{8})\.")
_SHORT_EMBEDDED = re.compile(r"(?:^|\.)[0-9a-z]{6,7}\.xip\.io$")
"""An address in base 36, as xip.io took it."""
_PRIVATE = tuple(
    IPv4Network(network)
    for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "192.0.0.0/24", "198.18.0.0/15")
)
_PRIVATE_6 = (IPv6Network("fc00::/7"), IPv6Network("fec0::/10"))
"""Not reachable from outside (RFC 1918, 4193, 3879, and the registry of RFC 6890)."""
_METADATA = ("100.100.100.200", "192.0.0.192", "168.63.129.16", "100.96.0.96")
"""Metadata services beyond the addresses of the link: Alibaba Cloud, Oracle Cloud at Work, Azure, Volcengine, by their manuals."""
_WITHIN_6 = re.compile(r"(?=[^.]*::|(?:[^:]*:){6})[0-9a-f:]{2,30}:[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
"""An address of IPv6 whose end is written as one of IPv4 (RFC 4291, 2.2)."""


def hosts_of(text: bytes) -> Iterator[str]:
    """Each host that a reader may find in the address that `text` begins with: in lower case, without port, that of the URL
    standard first; none where it begins with no address."""
    found = _BEGINNING.match(_IGNORED.sub("", text[:LONGEST].decode("utf-8", "replace")))
    if found is None:
        return
    region = found["rest"].partition("/")[0]
    standard = re.split(r"[\\?#\s\x00]" if found["web"] else r"[?#\s\x00]", region, maxsplit=1)[0].rpartition("@")[2]
    yield _host(standard)
    for piece in _PARTED.split(_unescaped(region))[:16]:
        host = _host(piece)
        if "." in host or host.startswith("[") or host in _OWN_NAMES or _LONG_NUMBER.fullmatch(host):
            yield host


def _unescaped(piece: str) -> str:
    if "%" not in piece:
        return piece
    return _ESCAPE.sub(lambda match: bytes((int(match[1], 16),)), piece.encode("utf-8", "replace")).decode("utf-8", "replace")


def host_of(text: bytes) -> str:
    """The first of `hosts_of`; empty where there is none."""
    return next(hosts_of(text), "")


def _host(piece: str) -> str:
    """Without port, as UTS #46 maps it. Empty where brackets are not closed."""
    host = unicodedata.normalize("NFKC", _unescaped(piece)).lower().replace("。", ".")
    if host.startswith("["):
        return host[: host.find("]") + 1]
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


def _address(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a host is. One of IPv4 within one of IPv6 (mapped, compatible, 6to4, Teredo, NAT64) is that of IPv4."""
    if not host.startswith("["):
        return ipv4(host)
    try:
        address = IPv6Address(host[1:-1].replace("%25", "%").partition("%")[0])
    except ValueError:
        return None
    value = int(address)
    inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
    if inner is None and value > 1 and (value >> 32 in (0, 0xFFFF0000) or value >> 32 == 0x64FF9B << 64):
        inner = IPv4Address(value & 0xFFFFFFFF)
    return inner or address


def _is_own(address: IPv4Address | IPv6Address) -> bool:
    """The machine itself, its link, or a metadata service."""
    if address.is_loopback or address.is_link_local:
        return True
    return address.is_unspecified if address.version == 6 else int(address) >> 24 == 0 or str(address) in _METADATA


def _is_private(address: IPv4Address | IPv6Address) -> bool:
    return any(address in network for network in (_PRIVATE if address.version == 4 else _PRIVATE_6))


def _below(host: str, names: tuple[str, ...]) -> bool:
    return host in names or host.endswith(tuple("." + name for name in names))


def is_inner(text: bytes, alone: bool) -> bool:
    """Whether the address at the beginning of `text` leads to the machine itself, its neighbours or a metadata service, or waits
    for such requests. alone: whether nothing else is in the value; a plain name or address counts only then."""
    return any(_leads_inside(host, alone) for host in hosts_of(text) if host)


def _leads_inside(host: str, alone: bool) -> bool:
    address = _address(host)
    if address is not None:
        return alone and (_is_own(address) or _is_private(address))
    return _below(host, CATCHERS) or _is_mapped(host) or (alone and (_below(host, _OWN_NAMES) or _below(host, _NEIGHBOURS)))


def _is_mapped(host: str) -> bool:
    """Names with an inner address in them: for services that answer with it, or for checks that look at beginnings and ends.
    The digits of a reversed address of IPv6 (RFC 3596, 2.5), which are names of one letter each, are none."""
    services = _below(host, _MAPPERS)
    host = _REVERSED.sub("", host)
    found = (_EMBEDDED if services else _DOTTED).search(host)
    if found is not None and all(int(part) < 256 for part in found.groups()):
        address = IPv4Address(".".join(str(int(part)) for part in found.groups()))
        return _is_own(address) or (services and _is_private(address))
    if not services:
        return host.endswith(".169.254.169.254")
    written = _HEX_EMBEDDED.search(host)
    if written is not None:
        return _is_own(address := IPv4Address(int(written[1], 16))) or _is_private(address)
    return _SHORT_EMBEDDED.search(host) is not None


def odd_spelling(text: bytes) -> bool:
    """Whether a host is an address in a spelling that nobody uses without a purpose: of an inner address any but the usual one, of
    others numbers of 24 bits or more, and parts in hexadecimal; of any host letters in circles."""
    if b"\xe2" in text or b"\xf0" in text:
        found = _FANCY.search(text[:LONGEST].decode("utf-8", "replace"))
        if found is not None and found.start() <= 16:
            return True
    for host in hosts_of(text):
        address = _address(host)
        if address is None:
            continue
        if _is_own(address) or _is_private(address):
            written = text[:LONGEST].lower()
            if str(address).encode() != host.encode("utf-8", "replace") or host.encode("utf-8", "replace") not in written:
                return True
        elif address.version == 4 and ("0x" in host or host.startswith("[::") or (host.isdigit() and int(host) >= 1 << 24)):
            return True
    return False


def is_split(text: bytes) -> bool:
    """Whether readers find different hosts in the address that `text` begins with, and no honest writer would have it so."""
    return _SPLIT.match(text[:LONGEST].decode("utf-8", "replace")) is not None


def is_bare_inner(text: bytes) -> bool:
    """Whether a value without a scheme is an inner host to connect to: with a port, a path or brackets, in an odd spelling, or a
    name that leads inside. Plain addresses and names alone, networks (`127.0.0.0/8`), numbers and versions are none; an address of
    the machine in IPv4, written into one of IPv6, is an odd spelling."""
    host, slash, path = text.strip(b" \t\r\n\"'").decode("utf-8", "replace").lower().partition("/")
    if not host or (slash and path[:1].isdigit()):
        return False
    if _WITHIN_6.fullmatch(host):
        address = _address(f"[{host}]")
        return isinstance(address, IPv4Address) and _is_own(address)
    name = _host(host.removeprefix("@"))
    connects = host.startswith("@") or slash != "" or _PORT.fullmatch(host.rpartition("]")[2] or host) is not None
    address = _address(name)
    if isinstance(address, IPv4Address) and not name.startswith("["):
        if not host.isascii():
            return _is_own(address) or _is_private(address)
        return _is_odd_or_connects(name, address, connects)
    if address is not None:
        return _is_own(address) or _is_private(address)
    own = (
        _below(name, _OWN_NAMES[:_PUBLIC]) or _below(name, _NEIGHBOURS[:_CLOUDS]) or name.endswith(".docker.internal")
    ) and connects
    return own or _is_mapped(name) or _below(name, (*CATCHERS, *_OWN_NAMES[_PUBLIC:]))


def _is_odd_or_connects(name: str, address: IPv4Address, connects: bool) -> bool:
    own = _is_own(address) and (int(address) >> 24 != 0 or int(address) == 0)
    if name.isdigit():  # a number, unless it is the usual one
        return str(address) in ("127.0.0.1", "169.254.169.254")
    if "0x" in name:
        return own or _is_private(address)
    return own and (connects or (name.count(".") == 3 and str(address) != name))
