"""One direction of an HTTP/1.1 connection as it was seen from aside: octets in any pieces, gaps among them, to messages.

The grammar is that of the gateway, `yett.formats.http1`: what has no single reading is refused here, too. A gap within a body of
known length costs the octets that it swallowed; any other one costs the message, and the next one that begins with a segment is
found again. It must not know which request a response belongs to.
"""

import re
from collections.abc import Callable
from typing import Protocol

import msgspec

from yett.formats.chunked import ChunkedReader
from yett.formats.http1 import Refused
from yett.model.exchange import Fields

HEAD = 65_536
"""Octets of a head. Servers allow 8 to 64 KiB; a longer one is refused."""
FIELDS = 512
TARGET = 32_768
_START_LINE = 8_192 + TARGET
PIECE = 64
"""Octets of memory that a piece of a body takes beside its content, about."""
_END = b"\r\n\r\n"
REQUEST_START = re.compile(rb"[A-Z]{3,20} (?:/|\*|https?://)")
RESPONSE_START = re.compile(rb"HTTP/1\.[01] [1-9][0-9]{2}[ \r]")
_BETWEEN, _HEAD, _LENGTH, _CHUNKED, _TO_END, _LOST, _OFF = range(7)


class Head(Protocol):
    """What requests and responses have in common."""

    @property
    def content_length(self) -> int | None: ...
    @property
    def chunked(self) -> bool: ...


class Message(msgspec.Struct, gc=False):
    """A message as far as it came. at, acknowledged: see `yett.formats.capture.Listener`, of its first octet. last: when its last
    octet came. truncated: `body` is not all of it."""

    head: Head
    fields: Fields
    began: float
    at: int
    acknowledged: int
    last: float = 0.0
    body: list[bytes] = []
    size: int = 0
    truncated: bool = False


def weight(message: Message) -> int:
    """Octets of memory that the body takes, about."""
    return sum(map(len, message.body)) + PIECE * len(message.body)


class Refusal(msgspec.Struct):
    """What stood in a message's place."""

    refused: Refused
    began: float
    at: int
    acknowledged: int


Body = tuple[int | None, bool]
"""How a body ends: its length, None for chunks or for the end of the connection; whether it is chunked."""


class Reader:
    """parse: a head without its empty line to a value; raises Refused. framing: asked at the end of each head how the body ends.
    None for a head after which nothing is HTTP any more (`off`). done: called with each message that is over.

    `held`: octets that are kept. `under_way`: the message whose body is being read. `lost`: between what was lost and what is
    found again. `opaque`: this is no HTTP/1.
    """

    def __init__(
        self,
        start: "re.Pattern[bytes]",
        parse: Callable[[bytes], Head],
        framing: Callable[[Message], Body | None],
        done: Callable[[Message | Refusal], None],
        kept: int,
    ) -> None:
        self._start = start
        self._parse = parse
        self._framing = framing
        self._done = done
        self._most = kept
        self._state = _BETWEEN
        self._buffer = b""
        self._first = (0.0, 0, 0)
        self._left = 0
        self._chunks = ChunkedReader()
        self.under_way: Message | None = None
        self.held = 0
        self.opaque = False

    @property
    def lost(self) -> bool:
        return self._state == _LOST

    @property
    def resting(self) -> bool:
        """Between two messages."""
        return self._state == _BETWEEN

    def lose(self) -> None:
        """Forget where we are: nothing counts until a message begins with a segment."""
        self._forget()
        self._state = _LOST

    def off(self) -> None:
        self._forget()
        self._state = _OFF

    def octets(self, octets: bytes, time: float, at: int, acknowledged: int) -> None:
        while octets and self._state != _OFF:
            before = len(octets)
            if self._state == _LOST:
                if self._start.match(octets) is None:
                    return
                self._state = _BETWEEN
            elif self._state == _BETWEEN:
                octets = self._between(octets, time, at, acknowledged)
            elif self._state == _HEAD:
                octets = self._head(octets, time)
            elif self._state == _LENGTH:
                octets = self._length(octets, time)
            elif self._state == _CHUNKED:
                octets = self._chunked(octets, time)
            else:
                self._keep(octets, time)
                return
            at += before - len(octets)

    def _between(self, octets: bytes, time: float, at: int, acknowledged: int) -> bytes:
        rest = octets.lstrip(b"\r\n")  # RFC 9112, 2.2: at least one empty line before a request is passed over
        if rest:
            self._first = (time, at + len(octets) - len(rest), acknowledged)
            self._state = _HEAD
        return rest

    def _head(self, octets: bytes, time: float) -> bytes:
        searched = max(0, len(self._buffer) - 3)
        self._buffer += octets
        self.held += len(octets)
        end = self._buffer.find(_END, searched)
        if end < 0:
            self._check_beginning()
            return b""
        head, rest = self._buffer[:end], self._buffer[end + 4 :]
        self._let_go_of_buffer()
        if not self._is_http(head):
            self.opaque = True
            self.off()
            return b""
        self._begin(head, time)
        return rest

    def _let_go_of_buffer(self) -> None:
        self.held -= len(self._buffer)
        self._buffer = b""

    def _is_http(self, head: bytes) -> bool:
        line = head.partition(b"\n")[0]
        return line.startswith(b"HTTP/1.") if self._start is RESPONSE_START else b" HTTP/1." in line

    def _check_beginning(self) -> None:
        """Other protocols have no heads that end: do not wait for one."""
        buffer = self._buffer
        whole = b"\n" in buffer or len(buffer) > _START_LINE
        strange = (
            not buffer.startswith(b"HTTP/1."[: len(buffer)]) if self._start is RESPONSE_START else not buffer[:1].isalpha()
        )
        if strange or (whole and not self._is_http(buffer)):
            self.opaque = True
            self.off()
        elif len(buffer) > HEAD:
            self._refuse(Refused(431, f"the head is larger than {HEAD} bytes"))

    def _refuse(self, refused: Refused) -> None:
        self.lose()
        self._done(Refusal(refused, *self._first))

    def _begin(self, head: bytes, time: float) -> None:
        try:
            read = self._parse(head)
        except Refused as refused:
            self._refuse(refused)
            return
        fields = tuple(
            (name, value.strip(b" \t")) for name, _, value in (row.partition(b":") for row in head.split(b"\r\n")[1:])
        )
        message = Message(read, fields, *self._first, last=time, body=[])
        self._state = _BETWEEN
        framing = self._framing(message)
        if framing is None:
            self.off()
            return
        if self._state == _OFF:
            return
        length, chunked = framing
        self.under_way = message
        if chunked:
            self._state, self._chunks = _CHUNKED, ChunkedReader()
        elif length is None:
            self._state = _TO_END
        elif length:
            self._state, self._left = _LENGTH, length
        else:
            self._complete()

    def _length(self, octets: bytes, time: float) -> bytes:
        part = octets[: self._left]
        self._left -= len(part)
        self._keep(part, time)
        if not self._left:
            self._complete()
        return octets[len(part) :]

    def _chunked(self, octets: bytes, time: float) -> bytes:
        try:
            pieces = self._chunks.feed(octets)
        except Refused:
            self._cut(_LOST)
            return b""
        for piece in pieces:
            self._keep(piece, time)
        if not self._chunks.done:
            return b""
        rest = self._chunks.rest
        self._complete()
        return rest

    def _keep(self, part: bytes, time: float) -> None:
        message = self.under_way
        if message is None:
            return
        message.last = time
        room = self._most - message.size
        message.size += len(part)
        if len(part) > room:
            message.truncated = True
            part = part[: max(room, 0)]
        if part:
            message.body.append(part)
            self.held += len(part) + PIECE

    def _complete(self, state: int = _BETWEEN) -> None:
        message, self.under_way, self._state = self.under_way, None, state
        if message is not None:
            self.held -= weight(message)
            self._done(message)

    def gap(self, size: int) -> bool:
        """Octets are missing. Says whether it is still known where we are."""
        if self._state == _OFF:
            return True
        message = self.under_way
        if self._state == _LENGTH and message is not None and size <= self._left:
            self._left -= size
            self._hole(message, size)
            if not self._left:
                self._complete()
            return True
        if self._state == _TO_END and message is not None:
            self._hole(message, size)
            return True
        self._cut(_LOST)
        self.lose()
        return False

    def _hole(self, message: Message, size: int) -> None:
        """Only what stands before the first hole is a beginning of the body: nothing after it is kept."""
        message.truncated = True
        message.size = max(message.size, self._most) + size

    def end(self, cut: bool) -> None:
        """The connection ends, or the recording of it does (cut)."""
        if self._state == _TO_END and not cut:
            self._complete()
        else:
            self._cut(_OFF)
        self.off()

    def _cut(self, state: int) -> None:
        """The message under way ends here, truncated."""
        if self.under_way is not None:
            self.under_way.truncated = True
            self._complete(state)

    def _forget(self) -> None:
        self._let_go_of_buffer()
        if self.under_way is not None:
            self.held -= weight(self.under_way)
            self.under_way = None
