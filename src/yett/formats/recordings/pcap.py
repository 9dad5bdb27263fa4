"""Captured packets (pcap, pcapng) to exchanges: TCP connections are put together, and what is HTTP/1.x in them is read.

Encrypted connections and HTTP/2 are passed over and counted: nothing of them can be read, or is. Memory is bounded by the number
of connections and by the octets that all of them hold together; the connection that was silent longest goes first. It must not
know where the capture came from.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from ipaddress import ip_address

import msgspec

from yett.formats.capture import FRAGMENT, Frame, Segment, Stream, read_frames, segment_of
from yett.formats.recordings.conversation import KEPT, Conversation
from yett.formats.recordings.values import Recording

CONNECTIONS = 32_768
"""Connections that are followed at once, those that ended lately among them."""
HELD = 128 << 20
"""Octets of memory that all connections may hold: parts of heads, beginnings of bodies, segments behind gaps. A connection takes
about 4,000 more."""
_SYN, _ACK = 2, 16
_Ends = tuple[tuple[bytes, int], tuple[bytes, int]]


class _Connection(msgspec.Struct, gc=False):
    stream: Stream
    conversation: Conversation
    first: tuple[bytes, int]
    held: int = 0


def read_pcap(
    pieces: Iterable[bytes],
    kept: int = KEPT,
    connections: int = CONNECTIONS,
    held: int = HELD,
    counted: Counter[str] | None = None,
) -> Iterator[Recording]:
    """One Recording for each exchange, in the order in which they end; one with an error for each damage of the file.

    pieces: the file, in pieces of any size. kept: octets of a body that are kept. counted: what was seen, by kind: "frames",
    "segments", "fragments", "http", "tls", "http2", "other" (the last four are connections), "orphans" (responses without
    requests), "exchanges".
    """
    reading = _Reading(kept, connections, held, Counter() if counted is None else counted)
    for frame in read_frames(pieces):
        if isinstance(frame, str):
            reading.found.append(Recording(error=frame, sensor="pcap"))
        else:
            reading.frame(frame)
        if reading.found:
            yield from reading.given()
    reading.end()
    yield from reading.given()
    yield from reading.notes()


class _Reading:
    def __init__(self, kept: int, connections: int, held: int, counted: Counter[str]) -> None:
        self._kept = kept
        self._most = connections
        self._most_held = held
        self._counted = counted
        self._open: OrderedDict[_Ends, _Connection | None] = OrderedDict()  # None: it has ended
        self._held = 0
        self._number = 0
        self.found: list[Recording] = []

    def given(self) -> list[Recording]:
        given, self.found = self.found, []
        self._counted["exchanges"] += sum(one.exchange is not None for one in given)
        return given

    def frame(self, frame: Frame) -> None:
        self._counted["frames"] += 1
        segment = segment_of(frame.link, frame.octets)
        if isinstance(segment, str):
            self._counted["fragments"] += segment == FRAGMENT
            return
        self._counted["segments"] += 1
        key = min((segment.source, segment.target), (segment.target, segment.source))
        connection = self._connection(key, segment)
        if connection is None:
            return
        connection.stream.add(0 if segment.source == connection.first else 1, segment, frame.time)
        self._weigh(connection)
        if connection.stream.closed:
            self._close(connection)
            self._open[key] = None
        while len(self._open) > self._most or (self._held > self._most_held and len(self._open) > 1):
            self._evict()

    def _connection(self, key: _Ends, segment: Segment) -> _Connection | None:
        """The one that a segment belongs to; None where it is late, or the end of what began before the capture."""
        begins = bool(segment.flags & _SYN)
        if key not in self._open:
            if not segment.payload and not begins:
                return None
            self._open[key] = self._new(segment)
            return self._open[key]
        self._open.move_to_end(key)
        connection = self._open[key]
        if connection is None:
            if not begins:
                return None
        elif not connection.stream.opens_anew(0 if segment.source == connection.first else 1, segment):
            return connection
        else:
            self._close(connection)
        self._open[key] = connection = self._new(segment)
        return connection

    def _new(self, segment: Segment) -> _Connection:
        self._number += 1
        client = None if not segment.flags & _SYN else 1 if segment.flags & _ACK else 0
        addresses = (_printed(segment.source[0]), _printed(segment.target[0]))
        conversation = Conversation(str(self._number), addresses, self.found_one, client, self._kept)
        return _Connection(Stream(conversation), conversation, segment.source)

    def found_one(self, recording: Recording) -> None:
        self.found.append(recording)

    def _weigh(self, connection: _Connection) -> None:
        now = connection.stream.held + connection.conversation.held
        self._held += now - connection.held
        connection.held = now

    def _close(self, connection: _Connection) -> None:
        connection.stream.finish()
        self._held -= connection.held
        connection.held = 0
        conversation = connection.conversation
        self._counted[conversation.kind or "other"] += 1
        self._counted["orphans"] += conversation.orphans

    def _evict(self) -> None:
        connection = self._open.popitem(last=False)[1]
        if connection is not None:
            self._close(connection)

    def end(self) -> None:
        while self._open:
            self._evict()

    def notes(self) -> Iterator[Recording]:
        """What a person must know who reads the result."""
        counted = self._counted
        if counted["orphans"]:
            yield Recording(error=f"{counted['orphans']:,} responses whose requests were not captured", sensor="pcap")
        if counted["fragments"]:
            yield Recording(
                error=f"{counted['fragments']:,} fragments of IP packets, which are not put together", sensor="pcap"
            )
        if counted["frames"] and not counted["http"]:
            found = [f"{counted[kind]:,} {name}" for kind, name in _KINDS.items() if counted[kind]]
            seen = f"; connections: {', '.join(found)}" if found else ""
            yield Recording(error=f"no HTTP/1 in {counted['frames']:,} frames{seen}", sensor="pcap")


_KINDS = {"tls": "encrypted (TLS)", "http2": "of HTTP/2", "other": "of other protocols, or without data"}


def _printed(address: bytes) -> str:
    return str(ip_address(address))
