"""The request's side of an exchange: from its head over its body to the upstream; what a client's connection makes.

Callbacks in, callbacks out. A body that a guard must see is complete before one byte goes upstream; every other one streams.
"""

from yett.edge.gateway.answering import AnsweringExchange
from yett.edge.gateway.heads import request_head
from yett.edge.gateway.upstream import UpstreamConnection
from yett.engine.decide import decide
from yett.formats.chunked import END, chunk
from yett.formats.coding import Undecodable, decode, decode_beginning
from yett.formats.websocket import asks_for_websocket, check_request, origin_allowed
from yett.model.decision import Phase

_HEAD, _BODY = int(Phase.HEAD), int(Phase.BODY)  # members of an Enum cost a call each before Python 3.12
_IDEMPOTENT = frozenset(("GET", "HEAD", "PUT", "DELETE", "OPTIONS"))  # RFC 9110, 9.2.2
_QUEUED = 65_536  # bytes of request body held while the upstream connects
_COPIED = 65_536  # bytes of a body that are put behind the head: more would take longer to copy than a second write


class CarriedExchange(AnsweringExchange):
    """Satisfies `pool.Carrier`, and with its bases `upstream.Receiver` and `yett.model.exchange.View`."""

    # --- the head phase ---------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """The head is there: decide on it, then take in the body or go to the upstream."""
        checks = self.plan.checks[_HEAD]
        self._go_on(decide(checks, self, self.evaluation) if checks else None, self._head_allowed)

    def _head_allowed(self) -> None:
        head = self.head
        length = head.content_length
        if b"upgrade" in head.fields and not self._upgrade_allowed():
            return
        if not length and not head.chunked:
            self.request_done = True
            if self.plan.reads_body:
                self._body_phase()  # rules that read bodies may judge the head with it
            else:
                self._go()
            return
        if length is not None and length > self.plan.body_size:
            self._bound(413, "bounds.body_size", f"the body has {length} bytes, {self.plan.body_size} are allowed")
            return
        if length is not None and (body := self.client.take(length)) is not None:
            self.request_size = length
            self.request_done = True
            self._pieces.append(body)
            if self.plan.reads_body:
                self._body_phase()
            else:
                self._go()
            return
        if head.fields.get(b"expect", b"").lower() == b"100-continue":
            self.client.expect()
        self.client.begin_body()
        if not self.over and not self._going and not self.plan.reads_body:
            self._go()

    def _upgrade_allowed(self) -> bool:
        """Only a WebSocket handshake passes (RFC 6455, 4.2.1); every other Upgrade is ignored, as RFC 9110, 7.8 allows."""
        if not asks_for_websocket(self.fields):
            return True
        reason = check_request(self.method, f"1.{self.head.minor}", self.fields)
        if reason:
            self._bound(400, "websocket-handshake", reason)
            return False
        if not origin_allowed(self.fields.get(b"origin"), self.plan.service.websocket_origins, self.host):
            self._bound(403, "websocket-origin", "the Origin is not allowed to open a WebSocket")
            return False
        self.upgrade = True
        return True

    # --- the request's body -----------------------------------------------------------------------------------------

    def request_piece(self, piece: bytes, done: bool) -> None:
        """Some of the request's body, without transfer coding; `done` with the last of it."""
        self.request_size += len(piece)
        if self.request_size > self.plan.body_size:
            self._bound(413, "bounds.body_size", f"the body is larger than {self.plan.body_size} bytes")
            return
        if done:
            self.request_done = True
        if self._streaming:
            self._forward(piece, done)
            return
        if piece:
            self._pieces.append(piece)
        if self.plan.reads_body and not self._body_seen:
            beginning = self.plan.beginning
            if done:
                self._body_phase()
            elif beginning and self.request_size > beginning:
                self.truncated = True
                self.client.pause()
                self._body_phase()
        elif not done and self._going and sum(map(len, self._pieces)) > _QUEUED:
            self.client.pause()

    def _body_phase(self) -> None:
        """The body is there, or as much of it as the plan asks for: decode it, and decide on what it says. What goes upstream is
        what was received."""
        self._body_seen = True
        body = b"".join(self._pieces)
        self._pieces = [body]
        coding = self.fields.get(b"content-encoding")
        bounds = self.gateway.bounds
        if coding is not None and body:
            try:
                if beginning := self.plan.beginning:
                    self.content = decode_beginning(coding, body, beginning)
                    self.truncated = self.truncated or len(self.content) == beginning
                else:
                    self.content = decode(coding, body, bounds.decoded_size, bounds.decoded_ratio)
            except Undecodable as error:
                if self.plan.passes_unreadable:
                    self.evaluation.skip("request-body", f"its content coding: {error}")
                    self._go()
                    return
                self._bound(error.status, "content-coding", str(error))
                return
        else:
            self.content = body
        self._go_on(decide(self.plan.checks[_BODY], self, self.evaluation), self._go)

    def _forward(self, piece: bytes, done: bool) -> None:
        upstream = self.upstream
        if upstream is None:
            return
        if self.head.chunked:
            piece = (chunk(piece) if piece else b"") + (END if done else b"")
        if piece:
            upstream.transport.write(piece)
        if done:
            self.request_sent = True

    # --- to the upstream --------------------------------------------------------------------------------------------

    def _go(self) -> None:
        self._going = True
        self.decided = self.gateway.monotonic()
        self.client.deadline = (
            self.decided + self.plan.service.upstream.connect_timeout + self.plan.service.upstream.read_timeout
        )
        connection = self.cluster.acquire(self)
        if connection is not None:
            self.connected(connection)
        else:
            upstream = self.plan.service.upstream
            self.client.deadline = self.gateway.now + upstream.connect_timeout + upstream.read_timeout

    def connected(self, connection: UpstreamConnection) -> None:
        """A connection is there: send what there is of the request."""
        if self.over:
            self.cluster.release(connection)
            return
        connection.carry(self)
        self.upstream = connection
        self.upstream_name = connection.target.text
        head, plan = self.head, self.plan
        upstream = plan.service.upstream
        if upstream.host == "keep":
            host = self.fields.get(b"host", connection.target.authority)
        else:
            host = connection.target.authority if upstream.host == "target" else upstream.host.encode()
        target = self.target.text
        if upstream.strip_prefix and plan.service.match.prefix != "/":
            target = target[len(plan.service.match.prefix.rstrip("/")) :]
            target = target if target.startswith("/") else "/" + target
        whole = request_head(head, target, host, self._own_lines(), plan.may_read_response)
        pieces = self._pieces
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        if self.request_done:
            framing = b"content-length: %d\r\n\r\n" % len(body) if body or head.content_length is not None else b"\r\n"
            if len(body) > _COPIED:
                connection.transport.write(whole + framing)
                connection.transport.write(body)
            else:
                connection.transport.write(whole + framing + body)
            self.request_sent = True
        else:
            self._streaming = True
            self._replayable = False
            self._pieces = []
            if head.chunked:
                framing = b"transfer-encoding: chunked\r\n\r\n"
                body = chunk(body) if body else b""
            else:
                framing = b"content-length: %d\r\n\r\n" % (head.content_length or 0)
            connection.transport.write(b"".join((whole, framing, body)))
            self.client.resume()
        self.client.deadline = self.gateway.now + upstream.read_timeout

    def _own_lines(self) -> bytes:
        lines = self.gateway.own_lines(self)
        return lines + b"connection: upgrade\r\nupgrade: websocket\r\n" if self.upgrade else lines

    def unreachable(self, reason: str, busy: bool) -> None:
        """No connection could be had. Nothing was sent, so another try is safe if the body is still in hand."""
        if self.over:
            return
        if not busy and self._attempts == 0:
            self._attempts = 1
            connection = self.cluster.acquire(self, fresh=True)
            if connection is not None:
                self.connected(connection)
            return
        self._fail(503 if busy else 502, reason)

    def upstream_lost(self, reason: str, stale: bool) -> None:
        """The connection ended before the response did."""
        self.upstream = None
        if self.over:
            return
        if self.tunnel:
            self._over("")
            self.client.close()
        elif stale and self._replayable and self._attempts == 0 and self.method in _IDEMPOTENT:
            self._attempts = 1
            self.request_sent = False
            connection = self.cluster.acquire(self, fresh=True)
            if connection is not None:
                self.connected(connection)
        else:
            self._fail(502, reason)

    def timed_out(self) -> None:
        """The upstream, or the client's reading, took too long."""
        self._fail(504, "the upstream did not answer in time" if not self._started_response else "no progress in time")

    def body_broken(self, status: int, rule: str, reason: str) -> None:
        """The request's body is malformed, or does not come."""
        if self._started_response:
            self._fail(status, reason)
        else:
            self._bound(status, rule, reason)
