"""A small HTTP/1.1 server for listeners that only take: each request is read whole, handed on, and answered at once.

The grammar is that of the gateway. Everything is bounded: connections, heads, what is kept of bodies, and time. It must not know
what requests are for.
"""

import asyncio
import socket
import time
from collections.abc import Callable
from typing import cast

import msgspec

from yett.edge.gateway.listeners import open_sockets, printed
from yett.formats.http1 import parse_request
from yett.formats.messages import RequestHead
from yett.formats.recordings.messages import FIELDS, REQUEST_START, TARGET, Body, Message, Reader, Refusal
from yett.model.exchange import Fields

CONNECTIONS = 1_024
IDLE = 75.0
"""Seconds in which a connection must say something; proxies keep theirs open for about 60."""
MESSAGE = 60.0
"""Seconds in which a request must have come whole."""
HELD = 256 << 20
"""Octets that all connections together may hold of requests that are not whole yet."""
_PIECE = 16 << 10
"""Octets that are read at once: where many small requests come together, each is cut off from what follows it."""


class Received(msgspec.Struct, gc=False):
    """A request. body: its beginning, where it is truncated. peer: the address that it came from. at: when it began to come, in
    seconds since the Unix epoch."""

    head: RequestHead
    fields: Fields
    body: bytes
    truncated: bool
    peer: str
    at: float


class Reply(msgspec.Struct):
    status: int = 204
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    more: tuple[tuple[str, str], ...] = ()


Handle = Callable[[Received], Reply]


class Server:
    """handle: answers each request. kept: octets of a body that are kept. `taken`, `refused`: requests, and what was none.
    `address`: where it listens.

    `listen` opens an address; `close` ends everything.
    """

    def __init__(self, handle: Handle, kept: int, connections: int = CONNECTIONS, idle: float = IDLE) -> None:
        self.handle = handle
        self.kept = kept
        self.idle = idle
        self.open: set[Connection] = set()
        self.held = 0
        self.most = connections
        self.taken = self.refused = 0
        self.address = ""
        self._server: asyncio.Server | None = None
        self._socket: socket.socket | None = None

    async def listen(self, address: str) -> str:
        """Listen on "127.0.0.1:9000", and say where really: port 0 lets the system choose. Raises ListenError."""
        assert self._server is None
        self._socket = open_sockets(address, 1)[0]
        self._server = await asyncio.get_running_loop().create_server(lambda: Connection(self), sock=self._socket)
        self.address = printed(self._socket)
        return self.address

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            for connection in tuple(self.open):
                connection.abort()
            await self._server.wait_closed()
            self._server = None


class Connection(asyncio.Protocol):
    def __init__(self, server: Server) -> None:
        self._server = server
        self._transport: asyncio.Transport | None = None
        self._reader = Reader(REQUEST_START, _parse, self._begins, self._done, server.kept)
        self._peer = ""
        self._last = self._began = 0.0
        self._held = 0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        server = self._server
        if len(server.open) >= server.most:
            server.refused += 1
            self._transport.abort()
            return
        server.open.add(self)
        peer = self._transport.get_extra_info("peername")
        self._peer = peer[0] if isinstance(peer, tuple) else ""
        self._last = asyncio.get_running_loop().time()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._server.open.discard(self)
        self._server.held -= self._held
        self._held = 0
        if self._timer is not None:
            self._timer.cancel()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        now = asyncio.get_running_loop().time()
        self._last = now
        if self._reader.resting:
            self._began = now
        at = time.time()
        for start in range(0, len(data), _PIECE):
            self._reader.octets(data[start : start + _PIECE], at, 0, 0)
        self._server.held += self._reader.held - self._held
        self._held = self._reader.held
        if self._server.held > HELD and self._held:
            self._refuse(503, "too much at once")
        elif (self._reader.lost or self._reader.opaque) and self._transport is not None and not self._transport.is_closing():
            self._refuse(400, "this is no HTTP/1.1 request")

    def _begins(self, message: Message) -> Body:
        head = cast(RequestHead, message.head)
        if head.fields.get(b"expect", b"").lower() == b"100-continue" and head.minor and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return (None, True) if head.chunked else (head.content_length or 0, False)

    def _done(self, message: Message | Refusal) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if isinstance(message, Refusal):
            self._refuse(message.refused.status, message.refused.reason)
            return
        if self._reader.lost:
            return  # cut in the middle of its chunks: it was not whole
        head = cast(RequestHead, message.head)
        self._server.taken += 1
        self._began = self._last
        reply = self._server.handle(
            Received(head, message.fields, b"".join(message.body), message.truncated, self._peer, message.began)
        )
        transport.write(_written(reply, head.keep_alive))
        if not head.keep_alive:
            transport.close()
            self._reader.off()

    def _refuse(self, status: int, reason: str) -> None:
        self._server.refused += 1
        if self._transport is not None:
            self._transport.write(_written(Reply(status, reason.encode() + b"\n"), keep=False))
            self._transport.close()
        self._reader.off()

    def pause_writing(self) -> None:
        """Whoever does not read answers is not listened to."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        if self._transport is not None:
            self._transport.resume_reading()

    def _watch(self) -> None:
        """End what is silent, or takes too long."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        ends = self._last + self._server.idle
        if not self._reader.resting:
            ends = min(ends, self._began + min(MESSAGE, self._server.idle))
        if now >= ends:
            self.abort()
            return
        self._timer = loop.call_later(ends - now + 0.001, self._watch)


def _parse(head: bytes) -> RequestHead:
    return parse_request(head, FIELDS, TARGET)


_REASONS = {200: "OK", 202: "Accepted", 204: "No Content", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden"}


def _written(reply: Reply, keep: bool) -> bytes:
    """The octets of an answer."""
    lines = [f"HTTP/1.1 {reply.status} {_REASONS.get(reply.status, '')}"]
    if reply.status != 204:
        lines += [f"Content-Type: {reply.content_type}", f"Content-Length: {len(reply.body)}"]
    lines += [f"{name}: {value}" for name, value in reply.more]
    if not keep:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + reply.body
