"""Who called, and under which name: client addresses through trusted proxies, Host, and the fields that tell the upstream.

Nothing that a client sends is believed unless the peer is a proxy that the policy trusts. It must not know sockets.
"""

import re
from functools import lru_cache, partial
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from yett.formats.http1 import Refused

HOPS_MOST = 32
"""How many entries of X-Forwarded-For are looked at, from the right. Real chains have fewer than ten."""

_HOST_LENGTH = 253  # RFC 1035, 2.3.4, without the root's dot
_HOST = re.compile(rb"([A-Za-z0-9_](?:[A-Za-z0-9_\-]{0,62})(?:\.[A-Za-z0-9_][A-Za-z0-9_\-]{0,62})*)\.?(?::([0-9]{1,5}))?")
_LITERAL = re.compile(rb"\[([0-9A-Fa-f:.]{2,45})\](?::([0-9]{1,5}))?")
_NUMERIC_END = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
_QUAD = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!\Z)|\Z)){4}")
_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


class Networks:
    """A set of networks in CIDR form, such as "10.0.0.0/8" or "::1". Raises ValueError for what is none, or has host bits.

    The last 4,096 answers are remembered, because a proxy is asked about with every request.
    """

    __slots__ = ("_holds", "_networks")

    def __init__(self, networks: tuple[str, ...] = ()) -> None:
        self._networks = tuple(ip_network(network) for network in networks)
        self._holds = lru_cache(4_096)(partial(_look_up, self._networks))  # without self: nothing refers to itself

    def __bool__(self) -> bool:
        return bool(self._networks)

    def __contains__(self, address: str) -> bool:
        """Whether an address, in the form that `address_of` gives, is in one of the networks."""
        return self._holds(address)


def _look_up(networks: tuple[IPv4Network | IPv6Network, ...], text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return any(address in network for network in networks)


@lru_cache(4_096)
def address_of(text: str) -> str | None:
    """The shortest form of an IP address; of an IPv4-mapped IPv6 address the IPv4 one. None if it is none, or has a zone."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return None
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
    return str(address)


def client_address(peer: str, forwarded_for: bytes | None, trusted: Networks) -> str:
    """The client's address: walk X-Forwarded-For from the right for as long as who wrote it is a trusted proxy.

    peer: the address of the connection. forwarded_for: the combined value of all lines. The walk ends at the first entry that
    is no address and gives the last one before it, so that garbage can hide a client but never choose its address.
    """
    if forwarded_for is None or not trusted:
        return peer
    address = address_of(peer) or peer
    if address not in trusted:
        return address
    for entry in reversed(forwarded_for.rsplit(b",", HOPS_MOST)[-HOPS_MOST:]):
        found = _entry(entry)
        if found is None:
            return address
        address = found
        if address not in trusted:
            return address
    return address


def _entry(entry: bytes) -> str | None:
    """One entry: an address, with or without port, an IPv6 one perhaps in brackets or quotes."""
    text = entry.strip(b' \t"')
    if not text or len(text) > 64 or not text.isascii():
        return None
    if text.startswith(b"["):
        text, bracket, port = text[1:].partition(b"]")
        if not bracket or (port and not (port[:1] == b":" and port[1:].isdigit())):
            return None
    elif text.count(b":") == 1:
        text, _, port = text.partition(b":")
        if not port.isdigit():
            return None
    return address_of(text.decode("ascii"))


def fresh_lines(client: str, scheme: str, host: bytes) -> bytes:
    """Forwarded (RFC 7239) and X-Forwarded-For, -Proto and -Host for the upstream, as whole lines, written afresh.

    client: from `client_address`; anything but an IP address (a Unix socket's peer) is told as "unknown". host: the value of a
    Host field that `host_of` accepted. About 0.5 µs; constant on a connection that keeps to one host.
    """
    name = host.decode("ascii")
    address = address_of(client) or "unknown"
    node = f'"[{address}]"' if ":" in address else address
    return (
        f'forwarded: for={node};host="{name}";proto={scheme}\r\n'
        f"x-forwarded-for: {address}\r\nx-forwarded-proto: {scheme}\r\nx-forwarded-host: {name}\r\n"
    ).encode("ascii")


def host_of(value: bytes) -> tuple[str, int | None]:
    """(host, port) of a Host field or authority (RFC 9110, 7.2). Raises Refused (status 400).

    The host is lower case and without a closing dot; IPv6 is in its shortest form, without brackets. Accepted are names of
    letters, digits, "-" and "_", whole IPv4 quads and IPv6 literals; user information, percent-encodings, empty ports and
    numbers that resolvers read as addresses ("127.1", "0x7f000001", "2130706433") are refused.
    """
    if len(value) > _HOST_LENGTH + 7:
        raise Refused(400, "a Host longer than any name")
    return _host_of(value)


@lru_cache(1_024)
def _host_of(value: bytes) -> tuple[str, int | None]:
    match = _HOST.fullmatch(value)
    if match is not None:
        host = match[1].decode("ascii").lower()
        if len(host) > _HOST_LENGTH or (_NUMERIC_END.fullmatch(host) and not _QUAD.fullmatch(host)):
            raise Refused(400, "a Host that is neither a name nor an address")
    else:
        match = _LITERAL.fullmatch(value)
        if match is None:
            raise Refused(400, "a malformed Host")
        try:
            host = str(IPv6Address(match[1].decode("ascii")))
        except ValueError:
            raise Refused(400, "a malformed IPv6 address in Host") from None
    port = None if match[2] is None else int(match[2])
    if port is not None and not 0 < port < 65_536:
        raise Refused(400, "a port in Host that is none")
    return host, port


def same_authority(one: bytes, other: bytes, scheme: str) -> bool:
    """Whether two authorities name the same host and port, given the default port of `scheme`. Raises Refused."""
    if one == other:
        return True
    default = _DEFAULT_PORTS.get(scheme)
    host, port = host_of(one)
    other_host, other_port = host_of(other)
    return host == other_host and (port or default) == (other_port or default)
