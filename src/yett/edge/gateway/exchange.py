"""One exchange under way: the view that guards read, and the life of a request from its head to its record.

Callbacks in, callbacks out: the client's connection feeds the request, the upstream's connection feeds the response, and this
object runs the plan's phases between them. No task is made unless a guard waits for I/O. What may stop an exchange: a denial
or answer of a guard, a bound, the upstream, the client; each ends in exactly one `_over`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from yett.edge.gateway.heads import OF_BODY, request_head, response_head
from yett.edge.gateway.upstream import UpstreamConnection
from yett.engine.decide import decide, resume
from yett.engine.plan import Plan
from yett.formats.chunked import END, chunk
from yett.formats.coding import Undecodable, decode
from yett.formats.http1 import RequestHead, ResponseHead
from yett.formats.problem import answer, problem
from yett.formats.websocket import asks_for_websocket, check_request, check_response, origin_allowed
from yett.model.decision import Answer, Denial, Evaluation, Need, Outcome, Phase, Wait
from yett.model.exchange import Target, TLSFacts

if TYPE_CHECKING:
    from yett.edge.gateway.client import ClientConnection
    from yett.edge.gateway.gateway import Gateway

_IDEMPOTENT = frozenset(("GET", "HEAD", "PUT", "DELETE", "OPTIONS"))  # RFC 9110, 9.2.2
_QUEUED = 65_536  # bytes of request body held while the upstream connects
_NO_BODY = (204, 304)
_NONE: dict[bytes, bytes] = {}


class LiveExchange:
    """Satisfies `yett.model.exchange.View`, `upstream.Receiver` and `pool.Carrier`.

    started: monotonic seconds; began: seconds since the Unix epoch. sent_status: what the caller got, 0 if nothing.
    response_size: bytes of body as the upstream sent them. failure: why it ended otherwise than planned.
    """

    __slots__ = (
        "_attempts",
        "_buffered",
        "_going",
        "_pieces",
        "_replayable",
        "_started_response",
        "_streaming",
        "_then",
        "address",
        "began",
        "client",
        "cluster",
        "content",
        "decided",
        "evaluation",
        "failure",
        "fields",
        "gateway",
        "head",
        "host",
        "lines",
        "method",
        "over",
        "parent",
        "plan",
        "request_done",
        "request_id",
        "request_sent",
        "request_size",
        "response_chunked",
        "response_content",
        "response_fields",
        "response_lines",
        "response_size",
        "scheme",
        "sent_status",
        "snapshot",
        "started",
        "status",
        "target",
        "tls",
        "trace_id",
        "tunnel",
        "upgrade",
        "upstream",
        "upstream_name",
    )

    def __init__(
        self,
        client: "ClientConnection",
        head: RequestHead,
        target: Target,
        host: str,
        address: str,
        plan: Plan,
        evaluation: Evaluation,
    ) -> None:
        gateway = client.gateway
        self.client = client
        self.gateway: Gateway = gateway
        self.head = head
        self.method = head.method
        self.lines = head.lines
        self.fields = head.fields
        self.scheme = client.scheme
        self.host = host
        self.target = target
        self.address = address
        self.tls: TLSFacts | None = client.tls
        self.plan = plan
        self.evaluation = evaluation
        self.began = evaluation.now
        self.started = evaluation.monotonic
        self.decided = 0.0
        self.request_id = gateway.next_id()
        self.snapshot = gateway.snapshot.digest
        self.trace_id = ""
        self.content = b""
        self.status = 0
        self.response_lines: list[tuple[bytes, bytes]] = []
        self.response_fields: dict[bytes, bytes] = _NONE
        self.response_content = b""
        self.cluster = gateway.clusters[plan.service.name]
        self.upstream: UpstreamConnection | None = None
        self.upstream_name = ""
        self.request_done = False
        self.request_sent = False
        self.request_size = 0
        self.response_size = 0
        self.sent_status = 0
        self.failure = ""
        self.over = False
        self.upgrade = False
        self.tunnel = False
        self.parent: ResponseHead | None = None
        self.response_chunked = False
        self._going = False
        self._pieces: list[bytes] = []
        self._replayable = True
        self._streaming = False
        self._attempts = 0
        self._started_response = False
        self._buffered: list[bytes] | None = None
        self._then: Callable[[], None] | None = None

    # --- the head phase ---------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """The head is there: decide on it, then take in the body or go to the upstream."""
        checks = self.plan.checks[Phase.HEAD]
        self._go_on(decide(checks, self, self.evaluation) if checks else None, self._head_allowed)

    def _go_on(self, outcome: Outcome, then: Callable[[], None]) -> None:
        if outcome is None:
            then()
        elif type(outcome) is Wait:
            self._then = then
            self.client.deadline = self.gateway.monotonic() + self.plan.service.upstream.read_timeout
            self.gateway.fulfil(outcome.need, self._fulfilled)
        elif type(outcome) is Denial:
            self._deny(outcome)
        elif type(outcome) is Answer:
            self._answer(outcome)

    def _fulfilled(self, need: Need, answer: Any) -> None:
        if self.over:
            return
        self.evaluation.supply(need, answer)
        self.evaluation.now, self.evaluation.monotonic = self.gateway.wall(), self.gateway.monotonic()
        then = self._then
        if then is not None:
            self._go_on(resume(self, self.evaluation), then)

    def _head_allowed(self) -> None:
        head = self.head
        length = head.content_length
        if b"upgrade" in head.fields and not self._upgrade_allowed():
            return
        if not length and not head.chunked:
            self.request_done = True
            self._go()
            return
        if length is not None and length > self.plan.body_size:
            self._bound(413, "bounds.body_size", f"the body has {length} bytes, {self.plan.body_size} are allowed")
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
        if self.plan.reads_body:
            if done:
                self._body_phase()
        elif not done and self._going and sum(map(len, self._pieces)) > _QUEUED:
            self.client.pause()

    def _body_phase(self) -> None:
        """The whole body is there: decode it, and decide on what it says. What goes upstream is what was received."""
        body = b"".join(self._pieces)
        self._pieces = [body]
        coding = self.fields.get(b"content-encoding")
        bounds = self.gateway.snapshot.policy.bounds
        if coding is not None and body:
            try:
                self.content = decode(coding, body, bounds.decoded_size, bounds.decoded_ratio)
            except Undecodable as error:
                self._bound(error.status, "content-coding", str(error))
                return
        else:
            self.content = body
        self._go_on(decide(self.plan.checks[Phase.BODY], self, self.evaluation), self._go)

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

    def connected(self, connection: UpstreamConnection) -> None:
        """A connection is there: send what there is of the request."""
        if self.over:
            self.cluster.release(connection)
            return
        connection.carry(self)
        self.upstream = connection
        self.upstream_name = connection.target.text
        head = self.head
        inspected = self.plan.reads_response or self.plan.reads_errors
        whole = request_head(head, self._path(), self._host(connection), self._own_lines(), inspected)
        body = b"".join(self._pieces)
        if self.request_done:
            framing = b"content-length: %d\r\n\r\n" % len(body) if body or head.content_length is not None else b"\r\n"
            connection.transport.write(b"".join((whole, framing, body)))
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
        self.client.deadline = self.gateway.monotonic() + self.plan.service.upstream.read_timeout

    def _path(self) -> str:
        service = self.plan.service
        target = self.target
        if not service.upstream.strip_prefix or service.match.prefix == "/":
            return target.text
        path = target.path[len(service.match.prefix.rstrip("/")) :] or "/"
        return path if target.query is None else f"{path}?{target.query}"

    def _host(self, connection: UpstreamConnection) -> bytes:
        wanted = self.plan.service.upstream.host
        if wanted == "keep":
            return self.fields.get(b"host", connection.target.authority)
        return connection.target.authority if wanted == "target" else wanted.encode()

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

    # --- the response -----------------------------------------------------------------------------------------------

    def response(self, head: ResponseHead, piece: bytes, done: bool) -> None:
        """The head of the final response, with what there is of its body. `done`: it is whole and its connection free."""
        if done:
            self.upstream = None
        if self.over:
            return
        self.parent = head
        self.status = head.status
        self.response_lines = head.lines
        self.response_fields = head.fields
        self.response_size = len(piece)
        checks = self.plan.checks[Phase.RESPONSE]
        if checks:
            outcome = decide(checks, self, self.evaluation)
            if type(outcome) is Denial:
                self._drop_upstream()
                self._deny(outcome)
                return
            if self.evaluation.replacement is not None:
                self._drop_upstream()
                self._replace(self.evaluation.replacement)
                return
        plan = self.plan
        reads = plan.reads_response or (plan.reads_errors and head.status >= 400)
        if reads and self.method != "HEAD" and head.status not in _NO_BODY:
            self._buffered = []
            self._buffer_response(piece, done)
        else:
            self._start_response(piece, done)

    def response_piece(self, piece: bytes, done: bool) -> None:
        """More of the response's body."""
        if done:
            self.upstream = None
        if self.over:
            return
        self.response_size += len(piece)
        self.client.deadline = self.gateway.monotonic() + self.plan.service.upstream.read_timeout
        if self._buffered is not None:
            self._buffer_response(piece, done)
        else:
            self._continue_response(piece, done)

    def _buffer_response(self, piece: bytes, done: bool) -> None:
        buffered = self._buffered
        if buffered is None:
            return
        buffered.append(piece)
        if done:
            self._buffered = None
            self._response_phase(b"".join(buffered))
        elif self.response_size > self.gateway.snapshot.policy.bounds.response_size:
            self._buffered = None
            self._not_read("the response is larger than bounds.response_size")
            self._start_response(b"".join(buffered), False)

    def _not_read(self, reason: str) -> None:
        """Fail-open, and on record: an answer that cannot be read is passed on (see the explanation of response checks)."""
        self.evaluation.skip("response-body", reason)

    def _response_phase(self, body: bytes) -> None:
        coding = self.response_fields.get(b"content-encoding")
        bounds = self.gateway.snapshot.policy.bounds
        if coding is not None and body:
            try:
                self.response_content = decode(coding, body, bounds.decoded_size, bounds.decoded_ratio)
            except Undecodable as error:
                self._not_read(f"its content coding: {error}")
                self._start_response(body, True)
                return
        else:
            self.response_content = body
        evaluation = self.evaluation
        outcome = decide(self.plan.checks[Phase.RESPONSE_BODY], self, evaluation)
        if type(outcome) is Denial:
            self._deny(outcome)
        elif evaluation.replacement is not None:
            self._replace(evaluation.replacement)
        else:
            self._start_response(body, True)

    def _replace(self, body: bytes) -> None:
        """Send `body` with the upstream's status and what remains true of its fields."""
        kind = self.evaluation.replacement_type
        if kind:
            self.evaluation.add_field(b"content-type: " + kind + b"\r\n")
        self._start_response(body, True, OF_BODY | {b"content-type"} if kind else OF_BODY)

    def _start_response(self, piece: bytes, done: bool, drop: frozenset[bytes] = frozenset()) -> None:
        """Send the head, and what there is of the body with it: one write for most responses."""
        head, plan = self.parent, self.plan
        if head is None:
            return
        keep = self.client.keeps_alive(self.head, self.request_done)
        if self.method == "HEAD" or head.status in _NO_BODY:
            length = head.content_length
            framing = b"" if length is None or head.status == 204 else b"content-length: %d\r\n" % length
        elif done:
            framing = b"content-length: %d\r\n" % len(piece)
        elif head.content_length is not None:
            framing = b"content-length: %d\r\n" % head.content_length
        elif self.head.minor:
            self.response_chunked = True
            framing = b"transfer-encoding: chunked\r\n"
            piece = chunk(piece) if piece else b""
        else:
            keep = False
            framing = b""
        if not keep:
            framing += b"connection: close\r\n"
        elif not self.head.minor:
            framing += b"connection: keep-alive\r\n"
        own = b"".join((*(self.evaluation.fields or ()), plan.set_lines, b"x-request-id: ", self.request_id, b"\r\n"))
        whole = response_head(head, framing, own, drop | plan.drop_fields if drop else plan.drop_fields, plan.default_lines)
        self._started_response = True
        self.sent_status = head.status
        self.client.begin_response(keep)
        if done:
            self._over("", whole + piece if piece else whole)
        else:
            self.client.write(whole + piece if piece else whole)

    def _continue_response(self, piece: bytes, done: bool) -> None:
        if self.response_chunked:
            piece = (chunk(piece) if piece else b"") + (END if done else b"")
        if done:
            self._over("", piece)
        elif piece:
            self.client.write(piece)

    # --- the tunnel -------------------------------------------------------------------------------------------------

    def switched(self, head: ResponseHead, rest: bytes) -> None:
        """101 came back: open the tunnel if it is the answer to this very handshake (RFC 6455, 4.1)."""
        reason = (
            check_response(head.status, head.fields, self.fields[b"sec-websocket-key"])
            if self.upgrade
            else "nobody asked for it"
        )
        if reason:
            self._fail(502, f"the upstream switched protocols: {reason}")
            return
        self.parent = head
        self.status = self.sent_status = 101
        self.tunnel = self._started_response = True
        own = b"connection: upgrade\r\nupgrade: websocket\r\nx-request-id: " + self.request_id + b"\r\n"
        self.gateway.record(self, "gateway:request:opened")
        self.client.begin_response(False)
        self.client.open_tunnel(response_head(head, b"", own, frozenset(), ()) + rest)

    def tunnelled(self, data: bytes) -> None:
        self.response_size += len(data)
        self.client.write(data)
        self.client.deadline = self.gateway.monotonic() + self.gateway.snapshot.policy.bounds.tunnel_idle_timeout

    def to_upstream(self, data: bytes) -> None:
        """Tunnel bytes from the client."""
        self.request_size += len(data)
        if self.upstream is not None:
            self.upstream.transport.write(data)

    # --- back-pressure ----------------------------------------------------------------------------------------------

    def upstream_writable(self, writable: bool) -> None:
        if writable:
            self.client.resume()
        else:
            self.client.pause()

    def client_writable(self, writable: bool) -> None:
        if self.upstream is not None:
            if writable:
                self.upstream.transport.resume_reading()
            else:
                self.upstream.transport.pause_reading()

    # --- endings ----------------------------------------------------------------------------------------------------

    def _bound(self, status: int, rule: str, reason: str) -> None:
        """A bound or a syntax rule that holds in every mode."""
        denial = Denial(rule=rule, status=status, reason=reason)
        self.evaluation.denial = denial
        self._drop_upstream()
        self._deny(denial)

    def _deny(self, denial: Denial) -> None:
        if self._started_response:
            self._over(denial.reason)
            self.client.close()
            return
        lines = b"".join(b"%b: %b\r\n" % field for field in denial.fields) + b"".join(self.evaluation.fields or ())
        self._local(denial.status, lines, denial.title)

    def _local(self, status: int, lines: bytes, title: str = "") -> None:
        """Answer with problem details of our own (RFC 9457)."""
        keep = self.client.may_skip_body(self)
        lines += b"x-request-id: " + self.request_id + b"\r\n"
        whole = problem(status, title, self.request_id.decode(), lines, close=not keep, head=self.method == "HEAD")
        self.sent_status = status
        self._started_response = True
        self.client.begin_response(keep)
        self._over("", whole)

    def _answer(self, given: Answer) -> None:
        keep = self.client.may_skip_body(self)
        lines = b"".join((*(self.evaluation.fields or ()), b"x-request-id: ", self.request_id, b"\r\n"))
        whole = answer(given.status, given.fields, given.body, lines, close=not keep, head=self.method == "HEAD")
        self.sent_status = given.status
        self._started_response = True
        self.client.begin_response(keep)
        self._over("", whole)

    def _fail(self, status: int, reason: str) -> None:
        """The upstream failed: 502, 503 or 504 while nothing was sent, otherwise only an abrupt end tells the truth."""
        self._drop_upstream()
        self.failure = reason
        if self._started_response:
            self._over(reason)
            self.client.abort()
        else:
            self._local(status, b"retry-after: 1\r\n" if status == 503 else b"")

    def _drop_upstream(self) -> None:
        upstream, self.upstream = self.upstream, None
        if upstream is not None:
            upstream.abandon()
        elif self._going:
            self.cluster.forget(self)

    def client_left(self, reason: str) -> None:
        """The client's connection is gone."""
        if not self.over:
            self._drop_upstream()
            self._over(reason)

    def _over(self, failure: str, last: bytes = b"") -> None:
        """The one end of every exchange: give back what the decision holds, record, send the last bytes, make room for the next."""
        if self.over:
            return
        self.over = True
        if failure and not self.failure:
            self.failure = failure
        self.evaluation.finish()
        self._pieces = []
        sequence = self.gateway.record(self, "gateway:stream:ended" if self.tunnel else "")
        self.client.finished(self, last, sequence)
