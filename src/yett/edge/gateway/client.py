"""One client's connection: cuts the byte stream into requests, one at a time, and writes the answers in order.

Requests that a client pipelines wait as bytes, not as objects: the next head is read when the last answer is written, and reading
stops when more than a bounded number of bytes wait. Deadlines are swept by the gateway's tick instead of a timer per request.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, cast

from yett.edge.gateway.carrying import CarriedExchange
from yett.edge.gateway.delivery import Progress
from yett.edge.gateway.exchange import LiveExchange
from yett.edge.gateway.tls import tls_facts
from yett.formats.chunked import ChunkedReader
from yett.formats.forwarded import host_of, same_authority
from yett.formats.http1 import Refused, parse_request
from yett.formats.messages import RequestHead
from yett.formats.problem import problem
from yett.formats.target import ASTERISK, canonical, has_encoded_slash, split
from yett.model.decision import Denial, Evaluation
from yett.model.exchange import Target, TLSFacts
from yett.model.policy import Listen

if TYPE_CHECKING:
    from yett.edge.gateway.gateway import Gateway

GRACE = 5.0  # seconds before a minimum rate is asked of a head or body
LINGER = 2.0  # seconds that a closing connection still reads, so that the answer is not lost in a reset (RFC 9112, 9.6)
LINGER_BYTES = 1 << 20  # and so much of what it still sends
WAITING_BYTES = 65_536  # pipelined bytes that wait unread before reading stops
HELD_BYTES = 65_536  # bytes of an answer held for its record before it counts as a long stream
AT_ONCE = 16  # pipelined requests answered in a row before others have their turn
_UPSTREAM, _FULL = 1, 2  # reasons to stop reading


# What a connection is doing. Plain integers: this is compared several times per request.
HEAD = 0  # between requests, or within a head
BODY = 1
BUSY = 2  # the request is in, or a guard waits; what arrives belongs to the next one
TUNNEL = 3
LINGERING = 4
CLOSED = 5


class ClientConnection(asyncio.Protocol):
    """peer: the address that the socket has, whatever proxies say. deadline: monotonic seconds, by which something must happen."""

    __slots__ = (
        "_buffer",
        "_chunks",
        "_clogged",
        "_driving",
        "_ended",
        "_expects",
        "_held",
        "_held_size",
        "_keep",
        "_left",
        "_paused",
        "_progress",
        "_since",
        "_size",
        "deadline",
        "exchange",
        "forwarded",
        "gateway",
        "peer",
        "scheme",
        "state",
        "tls",
        "transport",
    )

    def __init__(self, gateway: "Gateway", listen: Listen) -> None:
        self.gateway = gateway
        self.scheme = "https" if listen.tls else "http"
        self.transport: asyncio.Transport
        self.peer = ""
        self.tls: TLSFacts | None = None
        self.state = HEAD
        self.exchange: CarriedExchange | None = None
        self.deadline = 0.0
        self.forwarded: tuple[str, bytes, bytes] = ("", b"", b"")  # address, host and the lines made of them: seldom others
        self._buffer = b""
        self._chunks: ChunkedReader | None = None
        self._left = 0
        self._size = 0  # bytes since `_since`: for the minimum rate
        self._since = 0.0
        self._driving = False
        self._ended = False  # the client has sent its last byte
        self._expects = False
        self._keep = True
        self._paused = 0
        self._clogged = False  # the client does not read what is written for it
        self._progress: Progress | None = None
        self._held: list[bytes] | None = None  # an answer that waits for its record
        self._held_size = 0

    # --- the socket -------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self.peer = str(peer[0]) if isinstance(peer, tuple) else ""
        if self.scheme == "https":
            self.tls = tls_facts(transport.get_extra_info("ssl_object"))
        self.deadline = self.gateway.now + self.gateway.bounds.head_timeout
        if not self.gateway.welcome(self):
            self.state = CLOSED
            self.transport.abort()

    def connection_lost(self, _: Exception | None) -> None:
        self.state = CLOSED
        self.gateway.farewell(self)
        exchange, self.exchange = self.exchange, None
        if exchange is not None:
            exchange.client_left("the client closed the connection")

    def data_received(self, data: bytes) -> None:
        state = self.state
        if state == HEAD:
            if self._buffer:
                self._buffer += data
            else:
                self._buffer = data
                self._since = self.gateway.now
                self.deadline = self._since + self.gateway.bounds.head_timeout
            self._drive()
        elif state == BODY:
            self._body(data)
        elif state == BUSY:
            self._buffer += data
            if len(self._buffer) > WAITING_BYTES:
                self._stop_reading(_FULL)
        elif state == TUNNEL and self.exchange is not None:
            self.exchange.to_upstream(data)
        elif state == LINGERING:
            self._size += len(data)
            if self._size > LINGER_BYTES:
                self._stop_reading(_FULL)  # not a reset: the answer may still be on its way to who goes on sending

    def eof_received(self) -> bool:
        """A half-closed plain connection still gets its answers (RFC 9112, 9.6); TLS has no half-close in Python."""
        self._ended = True
        if self.scheme != "http":
            return False
        if self.state == HEAD and self._buffer:  # requests that wait for their turn, or half a head, on which `_drive` closes
            self.gateway.loop.call_soon(self._drive)
            return True
        return self.state == BUSY

    def pause_writing(self) -> None:
        self._clogged = True
        if self.state != TUNNEL:
            self.deadline = self.gateway.now + self.gateway.bounds.idle_timeout
        if self.exchange is not None:
            self.exchange.client_writable(False)

    def resume_writing(self) -> None:
        self._clogged = False
        self._progress = None
        if self.exchange is not None:
            self._await_upstream(self.exchange)
            self.exchange.client_writable(True)
        elif self.state == HEAD:
            self._await_head()

    def _await_upstream(self, exchange: CarriedExchange) -> None:
        """It is the upstream's turn, and its time that counts. Tunnels have a time of their own."""
        if self.state != TUNNEL:
            self.deadline = self.gateway.now + exchange.plan.service.upstream.read_timeout

    def _stop_reading(self, reason: int) -> None:
        if not self._paused and not self.transport.is_closing():
            self.transport.pause_reading()
        self._paused |= reason

    def _start_reading(self, reason: int) -> None:
        before, self._paused = self._paused, self._paused & ~reason
        if before and not self._paused and not self.transport.is_closing():
            self.transport.resume_reading()

    # --- requests ---------------------------------------------------------------------------------------------------

    def _drive(self) -> None:
        """Read one head after another while their answers come at once, and are read. A loop, not a recursion: clients choose
        how many."""
        if self._driving:
            return
        self._driving = True
        turns, whole = AT_ONCE, True
        try:
            while turns and self.state == HEAD and self._buffer and not self._clogged and (whole := self._head()):
                turns -= 1
        finally:
            self._driving = False
        if not turns:
            self.gateway.loop.call_soon(self._drive)
        elif self._ended and self.state == HEAD and not self._clogged:
            self.close()
            return
        if len(self._buffer) > WAITING_BYTES and whole:  # of half a head, the rest is needed
            self._stop_reading(_FULL)
        elif self._paused & _FULL:
            self._start_reading(_FULL)

    def _head(self) -> bool:
        """Read one head out of the buffer. False: it is not whole yet."""
        data = self._buffer
        if data.startswith(b"\r\n"):  # RFC 9112, 2.2: one empty line before a request may be ignored
            data = data[2:]
        bounds = self.gateway.bounds
        end = data.find(b"\r\n\r\n")
        if end < 0:
            if len(data) > bounds.head_size:
                self._refuse(431, f"the head is larger than {bounds.head_size} bytes")
            elif b"\n\n" in data or b"\n\r\n" in data:
                self._refuse(400, "a bare LF ends a line")
            return False
        if end > bounds.head_size:
            self._refuse(431, f"the head is larger than {bounds.head_size} bytes")
            return False
        self._buffer = data[end + 4 :]
        self.state = BUSY
        try:
            head = parse_request(data[:end], bounds.fields, bounds.target_length)
            self._begin(head)
        except Refused as refused:
            self._refuse(refused.status, refused.reason)
        return True

    def _begin(self, head: RequestHead) -> None:
        """Find the operation and let the exchange begin. Raises Refused."""
        gateway = self.gateway
        scheme, authority, origin = split(head.target, head.method)
        field = head.fields.get(b"host", b"")
        if authority is not None and (not field or not same_authority(authority, field, scheme or "http")):
            raise Refused(400, "the authority of the target is not that of the Host field")
        host = host_of(field)[0] if field else ""
        target = ASTERISK if origin == b"*" else canonical(origin, keep_encoded_slash=True)
        found = gateway.snapshot.route(head.method, host, target.path)
        if isinstance(found, Denial):
            self._unrouted(head, target, host, found)
            return
        plan, parameters = found
        if not plan.encoded_slash and has_encoded_slash(target):
            raise Refused(400, "an encoded slash, which the operation does not keep")
        address = gateway.client_address(self.peer, head.fields) if gateway.trusted else self.peer
        monotonic = gateway.monotonic()
        evaluation = Evaluation(plan.operation, monotonic + gateway.wall_offset, monotonic, parameters)
        exchange = CarriedExchange(self, head, target, host, address, plan, evaluation)
        self.exchange = exchange
        exchange.begin()

    def _unrouted(self, head: RequestHead, target: Target, host: str, denial: Denial) -> None:
        """No service: nothing can be delivered, in whatever mode."""
        identity, sequence = self.gateway.unrouted(self, head, target, host, denial)
        self._keep = self.keeps_alive(head, not head.chunked and not head.content_length)
        lines = b"x-request-id: %b\r\n" % identity.encode()
        answer = problem(denial.status, "", identity, lines, close=not self._keep, head=head.method == "HEAD")
        self._say(answer, sequence, self._next if self._keep else self._linger)

    def _refuse(self, status: int, reason: str) -> None:
        """The request has no single reading: answer, close, and never look at the rest of what was sent."""
        identity, sequence = self.gateway.refused(self, status, reason)
        self.state = BUSY
        self.exchange = None
        self._keep = False
        answer = problem(status, "", identity, b"x-request-id: %b\r\n" % identity.encode(), close=True)
        self._say(answer, sequence, self._linger)

    def _say(self, answer: bytes, sequence: int, then: Callable[[], None]) -> None:
        """An answer that no exchange gives; it, too, waits for its record where records are durable."""
        if self.gateway.journal.durable:
            self.gateway.journal.on_durable(sequence, partial(self._said, answer, then))
        else:
            self.transport.write(answer)
            then()

    def _said(self, answer: bytes, then: Callable[[], None], written: bool) -> None:
        if self.state != BUSY:
            return
        if written:
            self.transport.write(answer)
            then()
        else:
            self._unrecorded()

    # --- bodies -----------------------------------------------------------------------------------------------------

    def expect(self) -> None:
        """The client waits for 100 (Continue) before it sends the body."""
        self._expects = True

    def take(self, length: int) -> bytes | None:
        """The whole body, if it is here already."""
        buffer = self._buffer
        if len(buffer) < length:
            return None
        self._buffer = buffer[length:]
        return buffer[:length]

    def begin_body(self) -> None:
        """The exchange wants the body from now on."""
        exchange = self.exchange
        if exchange is None:
            return
        head = exchange.head
        self._chunks = ChunkedReader() if head.chunked else None
        self._left = head.content_length or 0
        self.state = BODY
        self._since = self.gateway.now
        self._size = 0
        self.deadline = self._since + self.gateway.bounds.body_timeout
        data, self._buffer = self._buffer, b""
        if data:
            self._body(data)
        if self._expects and self.state == BODY:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._expects = False

    def _body(self, data: bytes) -> None:
        exchange = self.exchange
        if exchange is None:
            return
        self._size += len(data)
        if self._chunks is None:
            rest = b""
            if len(data) > self._left:
                data, rest = data[: self._left], data[self._left :]
            self._left -= len(data)
            done = not self._left
        else:
            try:
                data = b"".join(self._chunks.feed(data))
            except Refused as refused:
                exchange.body_broken(refused.status, "http-syntax", refused.reason)
                return
            done, rest = self._chunks.done, self._chunks.rest
        if done:
            self._buffer = rest
            self._chunks = None
            self.state = BUSY
            self._await_upstream(exchange)
        else:
            self.deadline = self.gateway.now + self.gateway.bounds.body_timeout
        if data or done:
            exchange.request_piece(data, done)

    def pause(self) -> None:
        """The upstream is slower than this client."""
        self._stop_reading(_UPSTREAM)
        if self.exchange is not None:
            self._await_upstream(self.exchange)

    def resume(self) -> None:
        if self._paused & _UPSTREAM:
            self._start_reading(_UPSTREAM)
            if self.state == BODY:
                self._since, self._size = self.gateway.now, 0
                self.deadline = self._since + self.gateway.bounds.body_timeout
            elif self.exchange is not None:
                self._await_upstream(self.exchange)

    # --- answers ----------------------------------------------------------------------------------------------------

    def keeps_alive(self, head: RequestHead, request_done: bool) -> bool:
        """Whether another request may follow on this connection."""
        return head.keep_alive and request_done and not self.gateway.draining

    def may_skip_body(self, exchange: LiveExchange) -> bool:
        """As `keeps_alive`, for an answer given before the body was read: a body that is here already is dropped."""
        head = exchange.head
        if not self.keeps_alive(head, True):
            return False
        if exchange.request_done:
            return True
        length = head.content_length
        if self.state == BUSY and not head.chunked and (not length or len(self._buffer) >= length):
            if length:
                self._buffer = self._buffer[length:]
            return True
        return False

    def begin_response(self, keep: bool) -> None:
        """The head of the answer comes next; `keep`: the connection stays open after it."""
        self._keep = keep
        if self.gateway.journal.durable:
            self._held = []
            self._held_size = 0

    def write(self, data: bytes) -> None:
        """Some of the answer. With `durability: request` nothing leaves before its record is on disk."""
        if self._held is None:
            self.transport.write(data)
            return
        self._held.append(data)
        self._held_size += len(data)
        exchange = self.exchange
        if self._held_size - len(data) <= HELD_BYTES < self._held_size and exchange is not None:
            exchange.client_writable(False)
            sequence = self.gateway.record(exchange, "gateway:request:opened")
            self.gateway.journal.on_durable(sequence, partial(self._stream_durable, exchange))

    def _stream_durable(self, exchange: CarriedExchange, written: bool) -> None:
        if self.exchange is not exchange or self._held is None:
            return
        if not written:
            self._unrecorded()
            return
        held, self._held = self._held, None
        self.transport.write(b"".join(held))
        exchange.client_writable(True)

    def finished(self, exchange: LiveExchange, last: bytes, sequence: int) -> None:
        """The exchange is over; `last` are its last bytes, `sequence` its record."""
        if self.exchange is not exchange:
            return
        if self._held is not None and self.state != CLOSED:
            self._held.append(last)
            self.gateway.journal.on_durable(sequence, partial(self._answer_durable, exchange))
            return
        if last:
            self.transport.write(last)
        self._next()

    def _answer_durable(self, exchange: LiveExchange, written: bool) -> None:
        if self.exchange is not exchange or self._held is None:
            return
        if not written:
            self._unrecorded()
            return
        held, self._held = self._held, None
        self.transport.write(b"".join(held))
        self._next()

    def _unrecorded(self) -> None:
        """`durability: request` is fail-closed: what cannot be recorded is not answered."""
        exchange, self.exchange, self._held = self.exchange, None, None
        if exchange is not None:
            exchange.client_left("its record could not be written")
            self.transport.write(problem(503, "", exchange.request_id.decode(), close=True))
        self._linger()

    def _next(self) -> None:
        """Room for the next request, or the end of the connection."""
        exchange, self.exchange = self.exchange, None
        if self._paused & _UPSTREAM:
            self._start_reading(_UPSTREAM)
        if not self._keep:
            if self._buffer or (exchange is not None and not exchange.body_read):
                self._linger()
            else:
                self.close()
            return
        self.state = HEAD
        self._await_head()

    def _await_head(self) -> None:
        """It is the client's turn, and its time that counts."""
        self._since = self.gateway.now
        bounds = self.gateway.bounds
        if self._buffer and not self._clogged:
            self.deadline = self._since + bounds.head_timeout
            if not self._driving:
                self._drive()
        else:
            self.deadline = self._since + bounds.idle_timeout
            if self._ended and not self._buffer:
                self.close()

    def open_tunnel(self, answer: bytes, sequence: int) -> None:
        """From now on bytes go both ways as they come; `sequence` is the record of the decision."""
        self.state = TUNNEL
        self.deadline = self.gateway.now + self.gateway.bounds.tunnel_idle_timeout
        if self._held is None:
            self.transport.write(answer)
        elif self.exchange is not None:
            self._held.append(answer)
            self.exchange.client_writable(False)
            self.gateway.journal.on_durable(sequence, partial(self._stream_durable, self.exchange))
        data, self._buffer = self._buffer, b""
        if data and self.exchange is not None:
            self.exchange.to_upstream(data)

    # --- endings ----------------------------------------------------------------------------------------------------

    def _linger(self) -> None:
        """Say that nothing more comes, and read on for a moment."""
        self.state = LINGERING
        self._buffer = b""
        self._size = 0
        self.deadline = self.gateway.now + LINGER
        if self._ended:
            self.close()
        elif self.transport.can_write_eof() and not self.transport.is_closing():
            self.transport.write_eof()
            self._start_reading(_FULL | _UPSTREAM)

    def leave(self) -> None:
        """The worker drains: a connection between two requests ends now, another one after its answer."""
        if self.state == HEAD and not self._buffer:
            self.close()

    def close(self) -> None:
        """Close once everything is written."""
        if self.state != CLOSED:
            self.state = LINGERING
            self.deadline = self.gateway.now + LINGER
            self.transport.close()

    def abort(self) -> None:
        self.transport.abort()

    def check(self, now: float) -> None:
        """The tick: what takes too long ends."""
        late = now >= self.deadline
        if late and self._reads_on(now):
            return
        if self.state == HEAD:
            if self._clogged:
                if late:
                    self.abort()
            elif self._buffer and (late or self._too_slow(now, len(self._buffer))):
                self._refuse(408, "the head did not arrive in time")
            elif late:
                self.close() if not self.transport.get_write_buffer_size() else self.abort()
        elif self.state == BODY:
            if self.exchange is not None and (late or (not self._paused and self._too_slow(now, self._size))):
                self.exchange.body_broken(408, "bounds.body_timeout", "the body did not arrive in time")
        elif late and self.state == BUSY and self.exchange is not None:
            self.exchange.timed_out()
        elif late and self.state == TUNNEL:
            self.close()
        elif late and self.state == LINGERING:
            self.abort()

    def _reads_on(self, now: float) -> bool:
        """Whether all that is missing is that the client reads, and it does so, at no less than the minimum rate. An answer that
        still streams holds an upstream: for that, each full buffer has its time."""
        between = self.state == HEAD and (self._clogged or not self._buffer)
        if not (between or self.state == LINGERING):
            return False
        if self._progress is None:
            self._progress = Progress()
        bounds = self.gateway.bounds
        if self._progress.goes_on(self.transport, now, bounds.idle_timeout, bounds.minimum_rate):
            self.deadline = now + LINGER
            return True
        self._progress = None
        return False

    def _too_slow(self, now: float, size: int) -> bool:
        elapsed = now - self._since
        return elapsed > GRACE and size < elapsed * self.gateway.bounds.minimum_rate
