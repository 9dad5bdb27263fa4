"""One connection to an upstream: reads responses, frames them strictly, hands the pieces to the exchange it carries.

It believes nothing: an answer nobody asked for, two framings or a short body close it and fail the exchange.
"""

import asyncio
import os
import socket
from typing import TYPE_CHECKING, Protocol, cast

from yett.formats.chunked import ChunkedReader
from yett.formats.http1 import Refused, parse_response
from yett.formats.messages import ResponseHead

if TYPE_CHECKING:
    from yett.edge.gateway.pool import Cluster, Target

HEAD_SIZE = 65_536
INTERIM = 1_000  # answers below 200 before the one that counts: one every few seconds of an hour
FAREWELL = 2.0  # seconds that an upstream has for reading what a client said before it left
LAST_WORDS = 16  # reads of at most 64 KiB from a connection that was reset
_HEAD, _LENGTH, _CHUNKED, _CLOSE, _TUNNEL = range(5)


class Receiver(Protocol):
    """The exchange that a connection carries."""

    method: str
    request_sent: bool

    def response(self, head: ResponseHead, piece: bytes, done: bool) -> None: ...
    def response_piece(self, piece: bytes, done: bool) -> None: ...
    def switched(self, head: ResponseHead, rest: bytes) -> None: ...
    def tunnelled(self, data: bytes) -> None: ...
    def upstream_lost(self, reason: str, stale: bool) -> None: ...
    def upstream_writable(self, writable: bool) -> None: ...


class UpstreamConnection(asyncio.Protocol):
    """used: whether it has carried an exchange before. idle_since: monotonic seconds, set by the pool."""

    __slots__ = (
        "_buffer",
        "_chunks",
        "_interim",
        "_left",
        "_lost",
        "_reusable",
        "_state",
        "address",
        "cluster",
        "exchange",
        "idle_since",
        "received",
        "target",
        "transport",
        "used",
    )

    def __init__(self, cluster: "Cluster", target: "Target") -> None:
        self.cluster = cluster
        self.target = target
        self.transport: asyncio.Transport
        self.exchange: Receiver | None = None
        self.idle_since = 0.0
        self.used = False
        self.received = False
        self.address = ""
        self._buffer = b""
        self._state = _HEAD
        self._left = 0
        self._interim = 0
        self._chunks: ChunkedReader | None = None
        self._reusable = False
        self._lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if peer else ""

    @property
    def usable(self) -> bool:
        return not self._lost and not self.transport.is_closing()

    def carry(self, exchange: Receiver) -> None:
        """From now on what arrives belongs to `exchange`."""
        self.exchange = exchange
        self.received = False
        self._interim = 0

    def data_received(self, data: bytes) -> None:
        exchange = self.exchange
        if exchange is None:
            self.close()  # an answer without a question
            return
        self.received = True
        try:
            if self._state == _HEAD:
                self._head(exchange, data)
            elif self._state == _LENGTH:
                self._length(exchange, data)
            elif self._state == _CHUNKED:
                self._chunked(exchange, data)
            elif self._state == _CLOSE:
                exchange.response_piece(data, False)
            else:
                exchange.tunnelled(data)
        except Refused as refused:
            self._fail(f"a malformed answer: {refused.reason}")

    def _head(self, exchange: Receiver, data: bytes) -> None:
        if self._buffer:
            data = self._buffer + data
            self._buffer = b""
        begin = 0
        while True:
            end = data.find(b"\r\n\r\n", begin)
            if end < 0 or end - begin > HEAD_SIZE:
                if len(data) - begin > HEAD_SIZE:
                    raise Refused(502, f"a head larger than {HEAD_SIZE} bytes")
                self._buffer = data[begin:]
                return
            head = parse_response(data[begin:end])
            begin = end + 4
            if head.status >= 200:
                break
            if head.status == 101:
                self._state = _TUNNEL
                self._reusable = False
                exchange.switched(head, data[begin:])
                return
            self._interim += 1
            if self._interim > INTERIM:
                raise Refused(502, f"more than {INTERIM} interim answers")
        self._body(exchange, head, data[begin:])

    def _body(self, exchange: Receiver, head: ResponseHead, data: bytes) -> None:
        """RFC 9112, 6.3: how long the body is."""
        self._reusable = head.keep_alive
        if exchange.method == "HEAD" or head.status in (204, 304):
            self._left = 0
            if head.chunked or (head.content_length and head.status != 304):
                # A body where none can be may follow (many servers get HEAD wrong), and be taken for somebody else's answer:
                # a new connection for the next request is the price of never mixing answers up.
                self._reusable = False
        elif head.chunked:
            self._state = _CHUNKED
            self._chunks = ChunkedReader()
            if data:
                chunks = self._chunks
                piece = b"".join(chunks.feed(data))
                if chunks.done:
                    self._complete(exchange, chunks.rest)
                exchange.response(head, piece, chunks.done)
            else:
                exchange.response(head, b"", False)
            return
        elif head.content_length is None:
            self._state = _CLOSE
            self._reusable = False
            exchange.response(head, data, False)
            return
        else:
            self._left = head.content_length
        if len(data) >= self._left:
            piece, rest = (data, b"") if len(data) == self._left else (data[: self._left], data[self._left :])
            self._complete(exchange, rest)
            exchange.response(head, piece, True)
        else:
            self._state = _LENGTH
            self._left -= len(data)
            exchange.response(head, data, False)

    def _length(self, exchange: Receiver, data: bytes) -> None:
        rest = b""
        if len(data) > self._left:
            data, rest = data[: self._left], data[self._left :]
        self._left -= len(data)
        done = not self._left
        if done:
            self._complete(exchange, rest)
        exchange.response_piece(data, done)

    def _chunked(self, exchange: Receiver, data: bytes) -> None:
        chunks = self._chunks
        if chunks is None:
            raise Refused(502, "more than one answer")
        piece = b"".join(chunks.feed(data))
        if chunks.done:
            self._complete(exchange, chunks.rest)
        if piece or chunks.done:
            exchange.response_piece(piece, chunks.done)

    def _complete(self, exchange: Receiver, rest: bytes) -> None:
        """The response is whole. This connection is free before the exchange hears of it, so that what comes next may use it."""
        self._state = _HEAD
        self._chunks = None
        self.exchange = None
        self.cluster.succeeded(self.target)
        if self._reusable and not rest and exchange.request_sent and self.usable:  # `rest` would be bytes nobody asked for
            self.used = True
            self.cluster.release(self)
        else:
            self.close()

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self._lost = True
        if error is not None and self._state != _TUNNEL and self.exchange is not None and not self.exchange.request_sent:
            self._last_words()
        exchange, self.exchange = self.exchange, None
        self.cluster.lost(self)
        if exchange is None:
            return
        if self._state == _CLOSE and error is None:
            self.cluster.succeeded(self.target)
            exchange.response_piece(b"", True)
        elif self._state == _TUNNEL:
            exchange.upstream_lost("closed", False)
        else:
            stale = self.used and not self.received
            if not stale:
                self.cluster.failed(self.target)
            exchange.upstream_lost(f"{self.target.text} closed the connection too early", stale)

    def _last_words(self) -> None:
        """Read what came before a reset. A server that answers early and closes resets who is still sending, and the event
        loop ends a connection on which writing fails without reading what has already arrived: the answer (RFC 9112, 9.5)."""
        own = self.transport.get_extra_info("socket")
        if own is None or own.fileno() < 0 or self.transport.get_extra_info("sslcontext") is not None:
            return
        with socket.socket(fileno=os.dup(own.fileno())) as copy:
            copy.setblocking(False)
            for _ in range(LAST_WORDS):
                try:
                    data = copy.recv(65_536)
                except OSError:
                    return
                if not data or self.exchange is None:
                    return
                self.data_received(data)

    def _fail(self, reason: str) -> None:
        exchange, self.exchange = self.exchange, None
        self.cluster.failed(self.target)
        self.close()
        if exchange is not None:
            exchange.upstream_lost(f"{self.target.text} sent {reason}", False)

    def abandon(self) -> None:
        """The exchange has gone: nothing more is wanted from this connection."""
        self.exchange = None
        self.close()

    def leave(self) -> None:
        """The client of a tunnel has gone: what it has still said is sent, for as long as the upstream takes it."""
        self.exchange = None
        self.transport.close()
        self.cluster.loop.call_later(FAREWELL, self.transport.abort)

    def close(self) -> None:
        if self in self.target.idle:
            self.target.idle.remove(self)
        self.transport.abort()

    def pause_writing(self) -> None:
        if self.exchange is not None:
            self.exchange.upstream_writable(False)

    def resume_writing(self) -> None:
        if self.exchange is not None:
            self.exchange.upstream_writable(True)
