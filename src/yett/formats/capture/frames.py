"""Capture files: pcap and pcapng, of any size, frame by frame.

Where a file is damaged, that is said with the offset, and reading goes on at the next place that can only be the beginning of a
record. It must not know what frames hold. Secrets that a pcapng file may carry (Decryption Secrets Blocks) are never read.

Sources: draft-ietf-opsawg-pcap (pcap) and draft-ietf-opsawg-pcapng (pcapng), both of the IETF's opsawg working group.
"""

import struct
from collections.abc import Iterable, Iterator

import msgspec

LARGEST_FRAME = 1 << 20
"""Octets of one frame. libpcap captures at most 262,144; offloading hands out frames that are larger than any wire allows."""
SEARCHED = 4 << 20
"""Octets after a damage in which the next record is looked for."""
LARGEST_BLOCK = LARGEST_FRAME + 65_536
"""Octets of a block of pcapng that is read whole: a frame and its options. Others are passed over, or are damage."""
INTERFACES = 65_536
"""Interfaces of a section, each with a few octets of state."""

_PCAP = {
    b"\xd4\xc3\xb2\xa1": ("<", 1e-6),
    b"\xa1\xb2\xc3\xd4": (">", 1e-6),
    b"\x4d\x3c\xb2\xa1": ("<", 1e-9),
    b"\xa1\xb2\x3c\x4d": (">", 1e-9),
}
_SECTION = b"\x0a\x0d\x0d\x0a"
_ORDERS = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
_INTERFACE, _OLD_PACKET, _SIMPLE_PACKET, _PACKET = 1, 2, 3, 6
_END_OF_OPTIONS, _RESOLUTION, _TIME_OFFSET = 0, 9, 14
_DAY = 86_400


class Frame(msgspec.Struct, frozen=True, gc=False):
    """time: seconds since the Unix epoch. link: the link type of its interface (LINKTYPE_ registry). octets: what was captured
    of the frame, which had `length` octets. number: from 1, as other tools count."""

    time: float
    link: int
    octets: bytes
    length: int
    number: int


def is_capture(beginning: bytes) -> bool:
    """Whether this is how a pcap or pcapng file begins. Twelve octets are enough."""
    return beginning[:4] in _PCAP or (beginning[:4] == _SECTION and beginning[8:12] in _ORDERS)


def read_frames(pieces: Iterable[bytes]) -> Iterator[Frame | str]:
    """The frames of a capture, in order, and a text with the place for each damage. pieces: the file, in pieces of any size."""
    source = _Source(pieces)
    beginning = source.peek(12)
    if beginning[:4] in _PCAP:
        yield from _Pcap(source).frames()
    elif is_capture(beginning):
        yield from _Pcapng(source).frames()
    else:
        yield "neither pcap nor pcapng: the file does not begin as one of them"


class _Source:
    """Octets by number instead of pieces of any size. `offset`: of the next octet in the file."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._held = b""
        self._at = 0
        self.offset = 0

    def peek(self, size: int) -> bytes:
        """The next octets, fewer only where the file ends."""
        if len(self._held) - self._at < size:
            self._fill(size)
        return self._held[self._at : self._at + size]

    def _fill(self, size: int) -> None:
        parts = [self._held[self._at :]]
        missing = size - len(parts[0])
        while missing > 0:
            piece = next(self._pieces, None)
            if piece is None:
                break
            parts.append(piece)
            missing -= len(piece)
        self._held, self._at = b"".join(parts), 0

    def take(self, size: int) -> bytes:
        part = self.peek(size)
        self._at += len(part)
        self.offset += len(part)
        return part

    def skip(self, size: int) -> int:
        """Pass octets over, and say how many there were."""
        left = size
        while left:
            part = len(self.take(min(left, 65_536)))
            if not part:
                break
            left -= part
        return size - left


class _Pcap:
    def __init__(self, source: _Source) -> None:
        self._source = source
        self._number = 0
        self._last = 0

    def frames(self) -> Iterator[Frame | str]:
        source = self._source
        head = source.take(24)
        if len(head) < 24:
            yield "the file ends within its header"
            return
        order, unit = _PCAP[head[:4]]
        link = struct.unpack(order + "I", head[20:])[0] & 0xFFFF  # above it: about the frame check sequence
        self._record = struct.Struct(order + "IIII")
        while header := source.peek(16):
            if not self._plausible(header):
                yield self._damage(header)
                if not self._found_again():
                    return
                continue
            place = source.offset
            source.take(16)
            seconds, fraction, kept, length = self._record.unpack(header)
            octets = source.take(kept)
            if len(octets) < kept:
                yield f"frame {self._number + 1} (offset {place}): the file ends within it"
                return
            self._number += 1
            self._last = seconds
            yield Frame(seconds + fraction * unit, link, octets, max(length, kept), self._number)

    def _plausible(self, header: bytes, close: bool = False) -> bool:
        """Whether this can be the header of a record. close: in a time near the last one's, as after a damage it must be."""
        if len(header) < 16:
            return False
        seconds, fraction, kept, length = self._record.unpack(header)
        if kept > LARGEST_FRAME or fraction >= 1_000_000_000 or length > 0x7FFFFFFF:
            return False
        return not close or (abs(seconds - self._last) <= _DAY and 0 < kept <= length <= LARGEST_FRAME)

    def _damage(self, header: bytes) -> str:
        place = f"after frame {self._number} (offset {self._source.offset})"
        return f"{place}: {'the file ends within a record' if len(header) < 16 else 'the record header is damaged'}"

    def _found_again(self) -> bool:
        """Go to the next two records in a row. False: there are none."""
        window = self._source.peek(SEARCHED)
        for at in range(1, len(window) - 16):
            header = window[at : at + 16]
            if not self._plausible(header, close=True):
                continue
            after = at + 16 + self._record.unpack(header)[2]
            if after == len(window) or self._plausible(window[after : after + 16], close=True):
                self._source.take(at)
                return True
        return False


class _Interface(msgspec.Struct):
    link: int
    snapped: int
    unit: float
    offset: int


class _Pcapng:
    def __init__(self, source: _Source) -> None:
        self._source = source
        self._number = 0
        self._order = "<"
        self._interfaces: list[_Interface] = []

    def frames(self) -> Iterator[Frame | str]:
        source = self._source
        while header := source.peek(12):
            place = source.offset
            size = self._size(header)
            if not size:
                yield f"after frame {self._number} (offset {place}): the block is damaged"
                if not self._found_again():
                    return
                continue
            kind = struct.unpack(self._order + "I", header[:4])[0]
            if size > LARGEST_BLOCK:
                if source.skip(size) < size:
                    yield f"after frame {self._number} (offset {place}): the file ends within a block"
                continue
            block = source.peek(size)
            if len(block) < size:
                yield f"after frame {self._number} (offset {place}): the file ends within a block"
                return
            if block[-4:] != block[4:8]:
                yield f"after frame {self._number} (offset {place}): the block is damaged"
                if not self._found_again():
                    return
                continue
            source.take(size)
            try:
                frame = self._block(kind, block[8:-4])
            except (struct.error, IndexError, ValueError):
                yield f"after frame {self._number} (offset {place}): a block of type {kind} is damaged"
                continue
            if frame is not None:
                yield frame

    def _size(self, header: bytes) -> int:
        """Octets of the block, 0 where it cannot be one. The header of a section says in which order octets stand."""
        if len(header) < 12:
            return 0
        if header[:4] == _SECTION:
            order = _ORDERS.get(header[8:12])
            if order is None:
                return 0
            self._order, self._interfaces = order, []
        size: int = struct.unpack(self._order + "I", header[4:8])[0]
        return size if size >= 12 and not size % 4 else 0

    def _block(self, kind: int, body: bytes) -> Frame | None:
        if kind == _INTERFACE:
            if len(self._interfaces) >= INTERFACES:
                raise ValueError("too many interfaces")
            self._interfaces.append(self._interface(body))
            return None
        if kind == _PACKET:
            which, high, low, kept, length = struct.unpack_from(self._order + "IIIII", body)
            return self._frame(which, high << 32 | low, body[20:], kept, length)
        if kind == _OLD_PACKET:
            which, _, high, low, kept, length = struct.unpack_from(self._order + "HHIIII", body)
            return self._frame(which, high << 32 | low, body[20:], kept, length)
        if kind == _SIMPLE_PACKET:
            length = struct.unpack_from(self._order + "I", body)[0]
            snapped = self._interfaces[0].snapped
            return self._frame(0, 0, body[4:], min(length, snapped or length), length)
        return None

    def _frame(self, which: int, ticks: int, rest: bytes, kept: int, length: int) -> Frame:
        if kept > len(rest):
            raise ValueError("more octets than the block has")
        interface = self._interfaces[which]
        self._number += 1
        time = interface.offset + ticks * interface.unit
        return Frame(time, interface.link, rest[:kept], max(length, kept), self._number)

    def _interface(self, body: bytes) -> _Interface:
        link, _, snapped = struct.unpack_from(self._order + "HHI", body)
        found = _Interface(link, snapped, 1e-6, 0)
        at = 8
        while at + 4 <= len(body):
            code, size = struct.unpack_from(self._order + "HH", body, at)
            value = body[at + 4 : at + 4 + size]
            if code == _END_OF_OPTIONS:
                break
            if code == _RESOLUTION:
                found.unit = 2.0 ** -(value[0] & 0x7F) if value[0] & 0x80 else 10.0 ** -min(value[0], 18)
            elif code == _TIME_OFFSET:
                found.offset = struct.unpack(self._order + "q", value)[0]
            at += 4 + (size + 3 & ~3)
        return found

    def _found_again(self) -> bool:
        """Go to the next block that ends as it begins. Blocks stand at multiples of four octets. False: there is none."""
        start = -self._source.offset % 4 or 4
        window = self._source.peek(SEARCHED)
        for at in range(start, len(window) - 12, 4):
            kind, size = struct.unpack_from(self._order + "II", window, at)
            if (kind in (_PACKET, _INTERFACE) or window[at : at + 4] == _SECTION) and 12 <= size <= LARGEST_BLOCK:
                end = at + size
                if not size % 4 and end <= len(window) and window[end - 4 : end] == window[at + 4 : at + 8]:
                    self._source.take(at)
                    return True
        return False
