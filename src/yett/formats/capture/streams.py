"""TCP reassembly: segments of one connection, lost, repeated and out of order, to two streams of octets with known gaps.

Of octets that came twice the first copy counts. A gap is given up when the receiver has acknowledged what is missing (so it was
the capture that lost it) and a few more segments have come, when too much waits behind it, or at the end. It must not know what
is said in the streams.

Source: RFC 9293 (TCP), 3.4 for sequence numbers, 3.10.7 for segments that overlap.
"""

import heapq
from typing import Protocol

from yett.formats.capture.packets import FIN, RST, SYN, Segment

WAITING_OCTETS = 1 << 20
WAITING_SEGMENTS = 1_024
"""What may wait behind a gap, in each direction."""
PATIENCE = 16
"""Segments of the connection that are waited for after the receiver has acknowledged what is missing: capturing on several
processors changes the order of packets by a few."""
OVERHEAD = 250
"""Octets of memory that a waiting segment takes beside its payload, about."""
_MASK, _HALF = 0xFFFFFFFF, 1 << 31


class Listener(Protocol):
    """Who hears a stream. side: 0 or 1. at: how many octets of this side came before, lost ones included. acknowledged: how many
    octets of the other side the sender had when it sent this."""

    def octets(self, side: int, octets: bytes, time: float, at: int, acknowledged: int) -> None: ...
    def gap(self, side: int, size: int) -> None: ...
    def end(self, side: int, cut: bool) -> None:
        """No more comes from this side. cut: not because it said so."""
        ...


class _Direction:
    __slots__ = ("acknowledged", "base", "ended", "expected", "heap", "known", "patience", "waiting")

    def __init__(self) -> None:
        self.known = self.ended = False
        self.base = 0  # the sequence number of the first octet
        self.expected = 0  # octets delivered, or given up
        self.acknowledged = 0  # octets of this direction that the receiver has
        self.heap: list[tuple[int, int, bytes, float, int, bool]] = []
        self.waiting = 0
        self.patience = 0

    def begin(self, sequence: int) -> None:
        self.known, self.base, self.expected = True, sequence & _MASK, 0

    def absolute(self, number: int) -> int:
        """Sequence numbers are modulo 2^32: the reading that is nearest to what is expected."""
        return self.expected + ((number - self.base - self.expected + _HALF) & _MASK) - _HALF


class Stream:
    """One connection. `add` each of its segments, with side 0 for those of whoever `first` is; then `finish`.

    `held`: octets of memory that what waits takes. `closed`: nothing more is heard. `started`: the beginning of the connection was
    seen.
    """

    __slots__ = ("_count", "_directions", "_listener", "closed", "held", "started")

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._directions = (_Direction(), _Direction())
        self._count = 0
        self.held = 0
        self.closed = self.started = False

    def opens_anew(self, side: int, segment: Segment) -> bool:
        """Whether this is the beginning of another connection between the same ports."""
        direction = self._directions[side]
        if not segment.flags & SYN:
            return False
        return self.closed or (direction.known and (segment.sequence + 1) & _MASK != direction.base)

    def add(self, side: int, segment: Segment, time: float) -> None:
        if self.closed:
            return
        direction, other = self._directions[side], self._directions[1 - side]
        flags, payload = segment.flags, segment.payload
        sequence = segment.sequence
        if flags & SYN:
            sequence += 1
            self.started = True
            if not direction.known:
                direction.begin(sequence)
        elif not direction.known:
            direction.begin(sequence)
        if flags & 16:
            if not other.known:
                other.begin(segment.acknowledged)
            other.acknowledged = max(other.acknowledged, other.absolute(segment.acknowledged))
        if flags & RST:
            self.finish()
            return
        if payload or segment.missing or flags & FIN:
            self._take(side, direction, other, segment, sequence, time)
        for one, waits in ((side, direction), (1 - side, other)):
            if waits.heap:
                self._impatient(one, waits)
        if direction.ended and other.ended:
            self.closed = True

    def _take(self, side: int, direction: _Direction, other: _Direction, segment: Segment, sequence: int, time: float) -> None:
        at = direction.absolute(sequence)
        fin = bool(segment.flags & FIN)
        acknowledged = other.absolute(segment.acknowledged) if segment.flags & 16 else other.expected
        if at <= direction.expected and not direction.heap and not segment.missing:
            self._deliver(side, direction, at, segment.payload, time, acknowledged, fin)
            return
        self._wait(direction, at, segment.payload, time, acknowledged, fin and not segment.missing)
        if segment.missing:  # cut off by the capture: as good as lost, and nobody sends it again
            while direction.heap and direction.heap[0][0] <= at:
                self._skip(side, direction, direction.heap[0][0])
                self._flush(side, direction)
            self._skip(side, direction, at + len(segment.payload) + segment.missing)
            if fin:
                self._end(side, direction, cut=False)
        self._flush(side, direction)

    def _deliver(
        self, side: int, direction: _Direction, at: int, payload: bytes, time: float, acknowledged: int, fin: bool
    ) -> None:
        known = direction.expected - at
        end = at + len(payload)
        if end > direction.expected and not direction.ended:
            fresh = payload[known:] if known else payload
            start, direction.expected = direction.expected, end
            self._listener.octets(side, fresh, time, start, acknowledged)
        if fin and end >= direction.expected:
            self._end(side, direction, cut=False)

    def _wait(self, direction: _Direction, at: int, payload: bytes, time: float, acknowledged: int, fin: bool) -> None:
        if at + len(payload) < direction.expected:
            return
        self._count += 1
        heapq.heappush(direction.heap, (at, self._count, payload, time, acknowledged, fin))
        direction.waiting += len(payload)
        self.held += len(payload) + OVERHEAD

    def _flush(self, side: int, direction: _Direction) -> None:
        """Deliver what no longer waits for anything."""
        heap = direction.heap
        while heap and heap[0][0] <= direction.expected:
            at, _, payload, time, acknowledged, fin = heapq.heappop(heap)
            direction.waiting -= len(payload)
            self.held -= len(payload) + OVERHEAD
            direction.patience = 0
            self._deliver(side, direction, at, payload, time, acknowledged, fin)

    def _impatient(self, side: int, direction: _Direction) -> None:
        """Give gaps up that will not be filled."""
        direction.patience += 1
        while direction.heap:
            lost = direction.acknowledged > direction.expected and direction.patience > PATIENCE
            if not lost and direction.waiting <= WAITING_OCTETS and len(direction.heap) <= WAITING_SEGMENTS:
                return
            self._skip(side, direction, direction.heap[0][0])
            self._flush(side, direction)

    def _skip(self, side: int, direction: _Direction, to: int) -> None:
        size = to - direction.expected
        if size > 0 and not direction.ended:
            direction.expected = to
            self._listener.gap(side, size)

    def _end(self, side: int, direction: _Direction, cut: bool) -> None:
        if not direction.ended:
            direction.ended = True
            self._listener.end(side, cut)

    def finish(self) -> None:
        """Nothing more will come: deliver what waits, gaps or not."""
        for side, direction in enumerate(self._directions):
            while direction.heap:
                self._skip(side, direction, direction.heap[0][0])
                self._flush(side, direction)
        for side, direction in enumerate(self._directions):
            self._end(side, direction, cut=True)
        self.closed = True
