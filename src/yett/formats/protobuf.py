"""The wire format of Protocol Buffers, as far as messages without their schema can be read: numbered fields, one after another.

It must not know any message. Source: "Encoding", protobuf.dev/programming-guides/encoding.
"""

import struct
from collections.abc import Iterator

VARINT, FIXED_64, LENGTH, GROUP, END_GROUP, FIXED_32 = range(6)
_MOST = (1 << 64) - 1
_GROUPS = 32
"""Groups within groups. They are deprecated, and passed over."""


class Malformed(ValueError):
    """These octets are no message: the reason, with the offset."""


def fields(octets: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int | bytes]]:
    """(number, value) of each field in order: an integer for varints, and the octets of all others (4, 8, or any number of them).

    Groups are passed over. Raises Malformed.
    """
    at, end = start, len(octets) if end is None else end
    depth = 0
    while at < end:
        place = at
        tag, at = varint(octets, at, end)
        number, kind = tag >> 3, tag & 7
        if not number:
            raise Malformed(f"offset {place}: a field with the number 0")
        value: int | bytes
        if kind == VARINT:
            value, at = varint(octets, at, end)
        elif kind in (GROUP, END_GROUP):
            depth += 1 if kind == GROUP else -1
            if not 0 <= depth <= _GROUPS:
                raise Malformed(f"offset {place}: groups that do not fit")
            continue
        else:
            size = 8 if kind == FIXED_64 else 4
            if kind == LENGTH:
                size, at = varint(octets, at, end)
            elif kind != FIXED_64 and kind != FIXED_32:
                raise Malformed(f"offset {place}: no field has the type {kind}")
            if size > end - at:
                raise Malformed(f"offset {place}: the message ends within field {number}")
            value = octets[at : at + size]
            at += size
        if not depth:
            yield number, value
    if depth:
        raise Malformed(f"offset {end}: a group does not end")


def varint(octets: bytes, at: int, end: int) -> tuple[int, int]:
    """The number at a place, modulo 2^64, and where it ends. Raises Malformed."""
    value = shift = 0
    for place in range(at, min(end, at + 10)):
        octet = octets[place]
        value |= (octet & 0x7F) << shift
        if octet < 0x80:
            return value & _MOST, place + 1
        shift += 7
    raise Malformed(f"offset {at}: a number does not end")


def signed(value: int) -> int:
    """What an int64 says: two's complement."""
    return value - (1 << 64) if value >= 1 << 63 else value


def double(octets: bytes) -> float:
    """Eight octets as a number. Raises Malformed."""
    if len(octets) != 8:
        raise Malformed("a number of eight octets has others")
    value: float = struct.unpack("<d", octets)[0]
    return value


def fixed_64(octets: bytes) -> int:
    """Eight octets as a natural number. Raises Malformed."""
    if len(octets) != 8:
        raise Malformed("a number of eight octets has others")
    return int.from_bytes(octets, "little")
