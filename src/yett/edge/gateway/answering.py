"""The response's side of an exchange: from what the upstream sends to what the client gets, and the tunnel of a WebSocket.

It decides on the response's head before a byte of it is passed on, buffers a body only where a guard reads it, and streams every
other body with back-pressure.
"""

import msgspec

from yett.edge.gateway.exchange import LiveExchange
from yett.edge.gateway.heads import OF_BODY, response_head
from yett.engine.decide import decide
from yett.engine.plan import Plan
from yett.formats.chunked import END, chunk
from yett.formats.coding import Undecodable, decode, decode_beginning
from yett.formats.messages import ResponseHead
from yett.formats.problem import reason
from yett.formats.websocket import check_response
from yett.model.decision import Denial, Phase, Wait

_RESPONSE, _RESPONSE_BODY = int(Phase.RESPONSE), int(Phase.RESPONSE_BODY)
_NO_BODY = (204, 304)


def _without_words(head: ResponseHead) -> ResponseHead:
    """With the standard reason phrase: the upstream's own may tell as much as a body does."""
    return msgspec.structs.replace(head, reason=reason(head.status).encode())


class AnsweringExchange(LiveExchange):
    """Satisfies the response's part of `upstream.Receiver`."""

    # --- the response -----------------------------------------------------------------------------------------------

    def response(self, head: ResponseHead, piece: bytes, done: bool) -> None:
        """The head of the final response, with what there is of its body. `done`: it is whole and its connection free."""
        if done:
            self.upstream = None
        if self.over:
            return
        self.status = status = head.status
        if status >= 400 and self.plan.standard_reasons:
            head = _without_words(head)
        self.response_head = head
        self.response_lines = head.lines
        self.response_fields = head.fields
        self.response_size = len(piece)
        checks = self.plan.checks[_RESPONSE]
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
        if plan.may_read_response and self.method != "HEAD" and head.status not in _NO_BODY and self._reads_response(plan):
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
        self.client.deadline = self.gateway.now + self.plan.service.upstream.read_timeout
        if self._buffered is not None:
            self._buffer_response(piece, done)
        else:
            self._continue_response(piece, done)

    def _reads_response(self, plan: Plan) -> bool:
        """Whether the body must be buffered, and how much of it."""
        if plan.reads_response_to(self):
            return True
        if plan.begins_response_to(self):
            self._beginning = plan.response_beginning
            return True
        return False

    def _buffer_response(self, piece: bytes, done: bool) -> None:
        buffered = self._buffered
        if buffered is None:
            return
        buffered.append(piece)
        if self._response_seen:
            self._response_whole = done  # it comes while a check waits
        elif done:
            self._response_whole = True
            self._response_phase(b"".join(buffered))
        elif self._beginning:
            if self.response_size > self._beginning:
                self.response_truncated = True
                self._not_read(f"only its first {self.response_size} octets were looked at")
                self._response_phase(b"".join(buffered))
        elif self.response_size > self.gateway.bounds.response_size:
            self._buffered = None
            self._not_read("the response is larger than bounds.response_size")
            self._start_response(b"".join(buffered), False)

    def _not_read(self, reason: str) -> None:
        """Fail-open, and on record: an answer that cannot be read is passed on (see the explanation of response checks)."""
        self.evaluation.skip("response-body", reason)

    def _response_phase(self, body: bytes) -> None:
        self._response_seen = True
        self._buffered = [body]
        coding = self.response_fields.get(b"content-encoding")
        bounds = self.gateway.bounds
        if coding is not None and body:
            try:
                if self.response_truncated:
                    self.response_content = decode_beginning(coding, body, self._beginning)
                else:
                    self.response_content = decode(coding, body, bounds.decoded_size, bounds.decoded_ratio)
            except Undecodable as error:
                self._not_read(f"its content coding: {error}")
                self._response_allowed()
                return
        else:
            self.response_content = body
        outcome = decide(self.plan.checks[_RESPONSE_BODY], self, self.evaluation)
        if type(outcome) is Wait and self.upstream is not None:
            self.upstream.transport.pause_reading()
        self._go_on(outcome, self._response_allowed)

    def _response_allowed(self) -> None:
        """Nothing objects to the body: send it, or what takes its place."""
        buffered, self._buffered = self._buffered or [b""], None
        if self.evaluation.replacement is not None:
            self._drop_upstream()
            self._replace(self.evaluation.replacement)
            return
        self._start_response(buffered[0] if len(buffered) == 1 else b"".join(buffered), self._response_whole)
        if self.upstream is not None and not self.over:
            self.upstream.transport.resume_reading()

    def _replace(self, body: bytes) -> None:
        """Send `body` with the upstream's status and what remains true of its fields. Its reason phrase may tell what the body
        told: the standard one takes its place."""
        if self.response_head is not None:
            self.response_head = _without_words(self.response_head)
        kind = self.evaluation.replacement_type
        if kind:
            self.evaluation.add_field(b"content-type: " + kind + b"\r\n")
        self._start_response(body, True, OF_BODY | {b"content-type"} if kind else OF_BODY)

    def _start_response(self, piece: bytes, done: bool, drop: frozenset[bytes] = frozenset()) -> None:
        """Send the head, and what there is of the body with it: one write for most responses."""
        head, plan = self.response_head, self.plan
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
        own = b"%bx-request-id: %b\r\n" % (plan.set_lines, self.request_id)
        if self.evaluation.fields is not None:
            own = b"".join(self.evaluation.fields) + own
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
        flaw: str | None = "nobody asked for it"
        if self.upgrade:
            asked = self.fields
            flaw = check_response(head.status, head.fields, asked[b"sec-websocket-key"], asked.get(b"sec-websocket-protocol"))
        if flaw:
            self._fail(502, f"the upstream switched protocols: {flaw}")
            return
        self.response_head = head
        self.status = self.sent_status = 101
        self.tunnel = self._started_response = True
        own = b"connection: upgrade\r\nupgrade: websocket\r\nx-request-id: " + self.request_id + b"\r\n"
        sequence = self.gateway.record(self, "gateway:request:opened")
        self.client.begin_response(False)
        self.client.open_tunnel(response_head(head, b"", own, frozenset(), ()) + rest, sequence)

    def tunnelled(self, data: bytes) -> None:
        self.response_size += len(data)
        self.client.write(data)
        self.client.deadline = self.gateway.now + self.gateway.bounds.tunnel_idle_timeout

    def to_upstream(self, data: bytes) -> None:
        """Tunnel bytes from the client."""
        self.request_size += len(data)
        self.client.deadline = self.gateway.now + self.gateway.bounds.tunnel_idle_timeout
        if self.upstream is not None:
            self.upstream.transport.write(data)
