"""Frames to TCP segments: Ethernet, VLANs, Linux "cooked" captures, loopback, raw IP; IPv4 and IPv6; mirrors in VXLAN.

Checksums are not looked at: with offloading, which is usual, captured ones are wrong on the machine that sends. It must not know
anything of connections.

Sources: the LINKTYPE_ registry of tcpdump.org; RFC 791, RFC 8200, RFC 9293; IEEE 802.1Q; RFC 7348 (VXLAN).
"""

import struct

import msgspec

FRAGMENT = "fragment"
_NULL, _ETHERNET, _LOOP, _COOKED, _IPV4, _IPV6, _COOKED_2 = 0, 1, 108, 113, 228, 229, 276
_RAW = frozenset((12, 14, 101, _IPV4, _IPV6))
_TYPE_IPV4, _TYPE_IPV6 = 0x0800, 0x86DD
_TAGS = frozenset((0x8100, 0x88A8, 0x9100))
_TAGS_MOST = 4
_EXTENSIONS = frozenset((0, 43, 60, 51))
"""IPv6 extension headers that may stand before TCP: hop-by-hop, routing, destination options, authentication."""
_EXTENSIONS_MOST = 8
_FRAGMENTED, _TCP, _UDP = 44, 6, 17
_VXLAN = 4789
_NESTED_MOST = 2
FIN, SYN, RST, ACK = 1, 2, 4, 16


class Segment(msgspec.Struct, frozen=True, gc=False):
    """source, target: (address in 4 or 16 octets, port). missing: octets of the payload, at its end, that were not captured."""

    source: tuple[bytes, int]
    target: tuple[bytes, int]
    sequence: int
    acknowledged: int
    flags: int
    payload: bytes
    missing: int


def segment_of(link: int, octets: bytes) -> Segment | str:
    """The TCP segment in a frame. A text where there is none: FRAGMENT for a part of a packet, "" for anything else."""
    try:
        start = _network(link, octets)
        return _packet(octets, start, 0) if start else ""
    except (struct.error, IndexError):
        return ""


def _network(link: int, octets: bytes) -> int:
    """Where the IP packet begins plus one, so that 0 is nowhere."""
    if link == _ETHERNET:
        return _ethernet(octets, 0)
    if link == _COOKED:
        return _typed(octets, 14, 16)
    if link == _COOKED_2:
        return _typed(octets, 0, 20)
    if link in (_NULL, _LOOP):
        return 5
    return 1 if link in _RAW else 0


def _ethernet(octets: bytes, start: int) -> int:
    return _typed(octets, start + 12, start + 14)


def _typed(octets: bytes, place: int, after: int) -> int:
    """Past VLAN tags, each of two octets and the next type."""
    kind = octets[place] << 8 | octets[place + 1]
    for _ in range(_TAGS_MOST):
        if kind not in _TAGS:
            break
        kind = octets[after + 2] << 8 | octets[after + 3]
        after += 4
    return after + 1 if kind in (_TYPE_IPV4, _TYPE_IPV6) else 0


def _packet(octets: bytes, start: int, nested: int) -> Segment | str:
    """start: where the packet begins, plus one."""
    at = start - 1
    version = octets[at] >> 4
    if version == 4:
        return _version_4(octets, at, nested)
    return _version_6(octets, at, nested) if version == 6 else ""


def _version_4(octets: bytes, at: int, nested: int) -> Segment | str:
    header = (octets[at] & 15) * 4
    total, _, fragment, _, protocol = struct.unpack_from(">HHHBB", octets, at + 2)
    if protocol not in (_TCP, _UDP) or header < 20:
        return ""
    if fragment & 0x3FFF:  # more fragments follow, or this is not the first one
        return FRAGMENT
    end = at + total if total else len(octets)  # offloading leaves the length empty
    addresses = octets[at + 12 : at + 16], octets[at + 16 : at + 20]
    return _transport(octets, at + header, end, protocol, addresses, nested)


def _version_6(octets: bytes, at: int, nested: int) -> Segment | str:
    length, following = struct.unpack_from(">HB", octets, at + 4)
    end = at + 40 + length if length else len(octets)
    addresses = octets[at + 8 : at + 24], octets[at + 24 : at + 40]
    at += 40
    for _ in range(_EXTENSIONS_MOST):
        if following in _EXTENSIONS:
            size = (octets[at + 1] + 2) * 4 if following == 51 else (octets[at + 1] + 1) * 8
        elif following == _FRAGMENTED:
            if (octets[at + 2] << 8 | octets[at + 3]) & 0xFFF9:
                return FRAGMENT
            size = 8
        else:
            break
        following = octets[at]
        at += size
    return _transport(octets, at, end, following, addresses, nested)


def _transport(octets: bytes, at: int, end: int, protocol: int, addresses: tuple[bytes, bytes], nested: int) -> Segment | str:
    if protocol == _TCP:
        source, target, sequence, acknowledged, offset, flags = struct.unpack_from(">HHIIBB", octets, at)
        start = at + (offset >> 4) * 4
        if offset >> 4 < 5 or start > end:
            return ""
        payload = octets[start:end]
        missing = end - start - len(payload)
        return Segment((addresses[0], source), (addresses[1], target), sequence, acknowledged, flags, payload, missing)
    if protocol == _UDP and nested < _NESTED_MOST:
        target, _, _, flags = struct.unpack_from(">HHHB", octets, at + 2)
        if target == _VXLAN and flags & 8:
            start = _ethernet(octets, at + 16)
            return _packet(octets, start, nested + 1) if start else ""
    return ""
