"""The bytes of a segment file: one header, then frames. Pure: values to bytes and back, no files.

Everything is little-endian. Checksums are CRC-32 (zlib), seeded with the segment's random salt: a checksum is no defence
against someone who can write the file, but bytes of traffic inside a payload cannot pose as a frame, because their sender does
not know the salt. The format is documented in docs/reference/event-log.md; it must not know what an event means.
"""

import struct
from collections.abc import Sequence
from enum import IntEnum, IntFlag
from zlib import crc32

import msgspec

MAGIC = b"\x89YLOG\r\n\x1a"
VERSION = 1
FRAME_MAGIC = b"\xf7YF\x01"
FRAME_TARGET = 256 << 10
"""Payload bytes after which a writer starts the next frame. Bounds what a reader holds per worker."""
RECORD_LIMIT = 8 << 20
"""Bytes of the largest record that is written."""
PAYLOAD_LIMIT = FRAME_TARGET + RECORD_LIMIT + 5
"""Bytes of the largest payload that a reader accepts."""

_SEGMENT = struct.Struct("<8sHHIQQ32s16s12s")
_FRAME = struct.Struct("<4sIQIHH")
_CRC = struct.Struct("<I")
_TWO_CRCS = struct.Struct("<II")
_ARRAY = struct.Struct(">BI")  # msgpack: array 32
_NONE = bytes(32)

SEGMENT_HEADER_SIZE = _SEGMENT.size + _CRC.size
FRAME_HEADER_SIZE = _FRAME.size + _TWO_CRCS.size


class FormatError(Exception):
    """Bytes that are not a segment of a version that this reader knows. Says what is wrong."""


class Kind(IntEnum):
    """EVENTS: payload is a msgpack array of events. CLOSE: no payload; the writer stopped in order, nothing follows."""

    EVENTS = 1
    CLOSE = 2


class Flag(IntFlag):
    """CRASHED: the writer before this one did not stop in order. UNKNOWN: how many records it lost is not known."""

    NONE = 0
    CRASHED = 1
    UNKNOWN = 2


class SegmentHeader(msgspec.Struct, frozen=True, kw_only=True):
    """start: the lowest sequence number that this segment may hold. created: microseconds since the Unix epoch.
    previous: 32 bytes kept free for a hash chain over segments; zero in version 1."""

    worker: int
    start: int
    created: int
    salt: bytes
    flags: Flag = Flag.NONE
    previous: bytes = _NONE
    version: int = VERSION

    @property
    def seed(self) -> int:
        """Where the checksums of this segment's frames start."""
        return crc32(self.salt)


class FrameHeader(msgspec.Struct, frozen=True):
    """size: bytes of payload; first: sequence number of the first of `count` records; checksum: of the payload."""

    kind: int
    size: int
    first: int
    count: int
    checksum: int
    seed: int


def pack_segment_header(header: SegmentHeader) -> bytes:
    raw = _SEGMENT.pack(
        MAGIC,
        header.version,
        header.flags,
        header.worker,
        header.start,
        header.created,
        header.previous,
        header.salt,
        b"",
    )
    return raw + _CRC.pack(crc32(raw))


def unpack_segment_header(raw: bytes) -> SegmentHeader:
    """Read the header of a segment from its first bytes. Raises FormatError."""
    if len(raw) < SEGMENT_HEADER_SIZE:
        raise FormatError("shorter than a segment header")
    magic, version, flags, worker, start, created, previous, salt, _ = _SEGMENT.unpack_from(raw)
    if magic != MAGIC:
        raise FormatError("not an event log segment")
    if version != VERSION:
        raise FormatError(f"segment format {version} is not known to this version of Yett, which reads format {VERSION}")
    if _CRC.unpack_from(raw, _SEGMENT.size)[0] != crc32(raw[: _SEGMENT.size]):
        raise FormatError("the checksum of the segment header is wrong")
    return SegmentHeader(worker=worker, start=start, created=created, salt=salt, flags=Flag(flags & 3), previous=previous)


def pack_frame(kind: Kind, first: int, records: Sequence[bytes], seed: int) -> bytes:
    """One frame of encoded records, numbered from `first` on without gaps."""
    payload = b"".join((_ARRAY.pack(0xDD, len(records)), *records)) if kind is Kind.EVENTS else b""
    head = _FRAME.pack(FRAME_MAGIC, len(payload), first, len(records), kind, 0)
    own = crc32(head, seed)
    return b"".join((head, _TWO_CRCS.pack(own, crc32(payload, own)), payload))


def unpack_frame_header(raw: bytes, seed: int, offset: int = 0) -> FrameHeader | None:
    """The frame header at `offset` of `raw`, or None if none stands there."""
    if len(raw) - offset < FRAME_HEADER_SIZE or raw[offset : offset + 4] != FRAME_MAGIC:
        return None
    _, size, first, count, kind, _ = _FRAME.unpack_from(raw, offset)
    own, checksum = _TWO_CRCS.unpack_from(raw, offset + _FRAME.size)
    if own != crc32(raw[offset : offset + _FRAME.size], seed) or size > PAYLOAD_LIMIT:
        return None
    return FrameHeader(kind, size, first, count, checksum, own)


def payload_is_whole(header: FrameHeader, payload: bytes) -> bool:
    return len(payload) == header.size and crc32(payload, header.seed) == header.checksum
