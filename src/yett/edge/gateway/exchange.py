"""One exchange under way: the view that guards read, and all the ways in which it may end.

One object lives from a request's head to its record. Its three files are one class: this one with what both sides share,
`answering` with the response's side, `carrying` with the request's. No task is made unless a guard waits for I/O. What may
stop an exchange (a denial or answer of a guard, a bound, the upstream, the client) ends in exactly one `_over`.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from yett.edge.gateway.upstream import UpstreamConnection
from yett.engine.decide import resume
from yett.engine.plan import Plan
from yett.formats.messages import RequestHead, ResponseHead
from yett.formats.problem import answer, problem
from yett.model.decision import Answer, Denial, Evaluation, Need, Outcome, Wait, unset
from yett.model.exchange import Target, TLSFacts

if TYPE_CHECKING:
    from yett.edge.gateway.client import ClientConnection
    from yett.edge.gateway.gateway import Gateway


_NO_FIELDS: Mapping[bytes, bytes] = MappingProxyType({})


class LiveExchange:
    """Satisfies `yett.model.exchange.View`.

    started: monotonic seconds; began: seconds since the Unix epoch. sent_status: what the caller got, 0 if nothing.
    response_size: bytes of body as the upstream sent them. failure: why it ended otherwise than planned.
    """

    # Defaults stand on the class: an exchange that never fails, streams or tunnels does not pay for saying so.
    tls: TLSFacts | None = None
    decided = 0.0
    trace_id = ""
    content = b""
    truncated = False
    status = 0
    response_lines: Sequence[tuple[bytes, bytes]] = ()
    response_fields: Mapping[bytes, bytes]
    response_content = b""
    response_truncated = False
    upstream: UpstreamConnection | None = None
    upstream_name = ""
    request_done = False
    request_sent = False
    request_size = 0
    response_size = 0
    sent_status = 0
    failure = ""
    over = False
    upgrade = False
    tunnel = False
    response_head: ResponseHead | None = None
    response_chunked = False
    _going = False
    _replayable = True
    _streaming = False
    _body_seen = False
    _attempts = 0
    _started_response = False
    _buffered: list[bytes] | None = None
    _beginning = 0
    _response_seen = False
    _response_whole = False
    _then: Callable[[], None] | None = None
    _waiting: "asyncio.Task[None] | None" = None

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
        if client.tls is not None:
            self.tls = client.tls
        self.plan = plan
        self.evaluation = evaluation
        self.began = evaluation.now
        self.started = evaluation.monotonic
        self.request_id = gateway.next_id()
        self.snapshot = gateway.snapshot.digest
        self.cluster = gateway.clusters[plan.operation.service]
        self.response_fields = _NO_FIELDS
        self._pieces: list[bytes] = []

    @property
    def body_read(self) -> bool:
        """Whether nothing of the request is still on its way."""
        return self.request_done or not (self.head.chunked or self.head.content_length)

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

    # --- deciding ---------------------------------------------------------------------------------------------------

    def _go_on(self, outcome: Outcome, then: Callable[[], None]) -> None:
        """Act on the outcome of a phase; `then` where nothing objects, which may be later."""
        if outcome is None:
            then()
        elif type(outcome) is Wait:
            self._then = then
            self.client.deadline = self.gateway.now + self.plan.service.upstream.read_timeout
            self._waiting = self.gateway.fulfil(outcome.need, self._fulfilled, self._crashed)
        elif type(outcome) is Denial:
            self._drop_upstream()
            self._deny(outcome)
        elif type(outcome) is Answer:
            self._answer(outcome)

    def _crashed(self) -> None:
        """Nothing passes undecided."""
        self._waiting = None
        if not self.over:
            self.client.abort()

    def _fulfilled(self, need: Need, answer: Any) -> None:
        self._waiting = None
        if self.over:
            return
        self.evaluation.supply(need, answer)
        self.evaluation.monotonic = monotonic = self.gateway.monotonic()
        self.evaluation.now = monotonic + self.gateway.wall_offset
        then = self._then
        if then is not None:
            self._go_on(resume(self, self.evaluation), then)

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
            lines = b"".join(self.evaluation.fields or ())  # CORS fields, so that pages can read this answer as well
            self._local(status, lines + b"retry-after: 1\r\n" if status == 503 else lines)

    def _drop_upstream(self) -> None:
        upstream, self.upstream = self.upstream, None
        if upstream is not None:
            upstream.abandon()
        elif self._going:
            self.cluster.forget(self)

    def client_left(self, reason: str) -> None:
        """The client's connection is gone."""
        if self.over:
            return
        if self.tunnel and self.upstream is not None:
            self.upstream.leave()
            self.upstream = None
            reason = ""
        else:
            self._drop_upstream()
        self._over(reason)

    def _over(self, failure: str, last: bytes = b"") -> None:
        """The one end of every exchange: give back what the decision holds, record, send the last bytes, make room for the next."""
        if self.over:
            return
        self.over = True
        if failure and not self.failure:
            self.failure = failure
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
        self._then = None
        try:
            sequence = self.gateway.record(self, "gateway:stream:ended" if self.tunnel else "")
        finally:
            self.evaluation.finish()
            self.evaluation.scoring = unset  # it refers back to here, as does what was to be done next
            self._pieces = []
        self.client.finished(self, last, sequence)
