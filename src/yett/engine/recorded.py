"""Deciding what was recorded: the same plan on an Exchange instead of a live connection.

What a record does not hold, or what would need I/O, is listed as not evaluated rather than guessed.
"""

from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Any

import msgspec

from yett.engine.decide import decide
from yett.engine.plan import Plan
from yett.engine.snapshot import Snapshot
from yett.formats.coding import Undecodable, decode, decode_beginning
from yett.formats.forwarded import host_of, same_authority
from yett.formats.http1 import Refused, parse_request, parse_response
from yett.formats.messages import RequestHead, ResponseHead
from yett.formats.target import ASTERISK, canonical, has_encoded_slash, split
from yett.formats.websocket import asks_for_websocket, check_request, origin_allowed
from yett.model.decision import (
    Answer,
    Check,
    Denial,
    Evaluation,
    Need,
    Pause,
    Phase,
    RefreshKeySet,
    VerifyPassword,
    Wait,
)
from yett.model.exchange import Exchange, Fields, Target
from yett.model.policy import Bounds

Fulfil = Callable[[Need], Any]

SYNTAX = "http-syntax"
"""Rule id of what has no single reading."""

BOUNDS = "bounds"
"""Rule id of what is larger than the policy's bounds; the gateway has the same."""

NO_RESPONSE = ResponseHead(0, b"", 1, [], {}, None, False, True, frozenset())


class RecordedView:
    """A recorded exchange as guards see it (`yett.model.exchange.View`). Raises Refused where it has no single reading.

    response_fault: why the response cannot be read, if so; it is as good as none then.
    `content` and `response_content` are bare of content codings once `decode_body` and `decode_response` were called.
    """

    def __init__(self, exchange: Exchange, bounds: Bounds) -> None:
        request = exchange.request
        start = b"%b %b HTTP/%b" % (request.method.encode(), request.target, request.version.encode())
        whole = _head(start, request.fields)
        if len(whole) > bounds.head_size:
            raise Refused(431, f"the head is larger than {bounds.head_size} bytes")
        head = parse_request(whole, bounds.fields, bounds.target_length)
        self.exchange = exchange
        self.bounds = bounds
        self.method = head.method
        self.target, self.host = _destination(head)
        self.scheme = request.scheme
        self.lines, self.fields = head.lines, MappingProxyType(head.fields)
        self.content = b""
        self.truncated = request.truncated
        self.address = exchange.address
        self.tls = exchange.tls
        answer, self.response_fault = _response(exchange)
        self.status = answer.status
        self.response_lines, self.response_fields = answer.lines, MappingProxyType(answer.fields)
        self.response_content = b""
        self.response_truncated = exchange.response is not None and exchange.response.truncated

    def decode_body(self, beginning: int = 0) -> None:
        """Make `content` available, where `beginning` is given up to so many octets. Raises Undecodable."""
        coding, body = self.fields.get(b"content-encoding", b""), self.exchange.request.body
        if not beginning:
            self.content = self._decoded(coding, body)
            return
        self.content = decode_beginning(coding, body, beginning) if coding else body
        self.truncated = self.truncated or (bool(coding) and len(self.content) == beginning)

    def decode_response(self) -> None:
        """Make `response_content` available. Raises Undecodable."""
        body = self.exchange.response.body if self.exchange.response is not None else b""
        self.response_content = self._decoded(self.response_fields.get(b"content-encoding", b""), body)

    def _decoded(self, coding: bytes, body: bytes) -> bytes:
        if not coding or not body:
            return body
        return decode(coding, body, self.bounds.decoded_size, self.bounds.decoded_ratio)


def _head(start: bytes, fields: Fields) -> bytes:
    return b"\r\n".join([start, *(b"%b: %b" % field for field in fields)])


def _response(exchange: Exchange) -> tuple[ResponseHead, str]:
    if exchange.response is None:
        return NO_RESPONSE, ""
    try:
        return parse_response(_head(b"HTTP/1.1 %d " % exchange.response.status, exchange.response.fields)), ""
    except Refused as refused:
        return NO_RESPONSE, refused.reason


def _destination(head: RequestHead) -> tuple[Target, str]:
    scheme, authority, origin = split(head.target, head.method)
    field = head.fields.get(b"host", b"")
    if authority is not None and (not field or not same_authority(authority, field, scheme or "http")):
        raise Refused(400, "the authority of the target is not that of the Host field")
    target = ASTERISK if origin == b"*" else canonical(origin, keep_encoded_slash=True)
    return target, host_of(field)[0] if field else ""


class Replayed(msgspec.Struct, frozen=True):
    """What a snapshot would have done. denial: enforced; evaluation: None where nothing was routed to."""

    plan: Plan | None = None
    evaluation: Evaluation | None = None
    denial: Denial | None = None
    answer: Answer | None = None

    @property
    def verdict(self) -> str:
        return "deny" if self.denial is not None else "answer" if self.answer is not None else "allow"

    @property
    def would(self) -> Sequence[Denial]:
        """Denials that monitor mode let pass."""
        return (self.evaluation.would if self.evaluation is not None else None) or ()

    @property
    def said(self) -> list[Denial]:
        """Every objection: the one enforced, what changed the response, what monitor mode let pass, what is noted."""
        enforced = [self.denial] if self.denial is not None else []
        state = self.evaluation
        if state is None:
            return enforced
        return [*enforced, *(state.amended or ()), *self.would, *(state.noted or ())]

    @property
    def not_evaluated(self) -> Sequence[tuple[str, str]]:
        return (self.evaluation.not_evaluated if self.evaluation is not None else None) or ()


def replay(
    snapshot: Snapshot,
    exchange: Exchange,
    now: float,
    monotonic: float | None = None,
    fulfil: Fulfil | None = None,
    finish: bool = True,
) -> Replayed:
    """Run every phase that the record allows.

    fulfil: answers what checks wait for; without it, that is not evaluated. finish: give back at once what the decision holds
    (concurrency slots); otherwise the caller calls `finish` of the evaluation.
    """
    try:
        view = RecordedView(exchange, snapshot.policy.bounds)
        found = snapshot.route(view.method, view.host, view.target.path)
        if not isinstance(found, Denial) and has_encoded_slash(view.target) and not found[0].encoded_slash:
            raise Refused(400, "an encoded slash, which the operation does not keep")
    except Refused as refused:
        return Replayed(denial=Denial(BOUNDS if refused.status in (414, 431) else SYNTAX, refused.status, refused.reason))
    if isinstance(found, Denial):
        return Replayed(denial=found)
    plan, parameters = found
    evaluation = Evaluation(plan.operation, now, now if monotonic is None else monotonic, parameters)
    run = _Run(plan, view, evaluation, fulfil)
    try:
        run.all_phases()
    finally:
        if finish:
            evaluation.finish()
    return Replayed(plan, evaluation, evaluation.denial, evaluation.answered)


class _Run:
    """The phases of one replay, as the gateway has them."""

    def __init__(self, plan: Plan, view: RecordedView, evaluation: Evaluation, fulfil: Fulfil | None) -> None:
        self.plan = plan
        self.view = view
        self.evaluation = evaluation
        self.fulfil = fulfil

    def all_phases(self) -> None:
        view, plan = self.view, self.plan
        if self.phase(Phase.HEAD) or self.bounded() or (plan.reads_body and self.body()):
            return
        if view.response_fault:
            self.evaluation.skip("response", view.response_fault)
        if not view.status:
            return
        if self.phase(Phase.RESPONSE) or self.evaluation.replacement is not None:
            return
        if (
            (plan.reads_response_to(view) or plan.begins_response_to(view))
            and view.method != "HEAD"
            and view.status not in (204, 304)
        ):
            self.response_body()

    def bounded(self) -> bool:
        """What holds in every mode once the head is allowed: WebSocket handshakes, and the size of the body."""
        view, most = self.view, self.plan.body_size
        if b"upgrade" in view.fields and asks_for_websocket(view.fields):
            reason = check_request(view.method, view.exchange.request.version, view.fields)
            if reason:
                self.evaluation.denial = Denial("websocket-handshake", 400, reason)
            elif not origin_allowed(view.fields.get(b"origin"), self.plan.service.websocket_origins, view.host):
                reason = "the Origin is not allowed to open a WebSocket"
                self.evaluation.denial = Denial("websocket-origin", 403, reason, "header Origin")
        length = int(view.fields.get(b"content-length", b"0")) if view.truncated else 0
        if max(length, len(view.exchange.request.body)) > most:
            self.evaluation.denial = Denial(f"{BOUNDS}.body_size", 413, f"the body is larger than {most} bytes", "body")
        return self.evaluation.denial is not None

    def body(self) -> bool:
        if self.view.truncated:
            self.evaluation.skip("request-body", "the record holds only a part of it")
            if not self.plan.beginning:
                return False
        try:
            self.view.decode_body(self.plan.beginning)
        except Undecodable as error:
            if self.plan.passes_unreadable:
                self.evaluation.skip("request-body", f"its content coding: {error}")
                return False
            self.evaluation.denial = Denial("content-coding", error.status, str(error))
            return True
        return self.phase(Phase.BODY)

    def response_body(self) -> None:
        response = self.view.exchange.response
        if response is not None and response.truncated:
            self.evaluation.skip("response-body", "the record holds only a part of it")
            return
        try:
            self.view.decode_response()
        except Undecodable as error:
            self.evaluation.skip("response-body", f"its content coding: {error}")
            return
        self.phase(Phase.RESPONSE_BODY)

    def phase(self, phase: Phase) -> bool:
        """Whether the phase ended the exchange. What follows a check that must wait is not evaluated in its phase, because
        it may depend on the principal."""
        checks: Sequence[Check] = self.plan.checks[phase]
        while True:
            outcome = decide(checks, self.view, self.evaluation)
            if not isinstance(outcome, Wait):
                return outcome is not None
            pending, self.evaluation.pending = self.evaluation.pending, None
            checks = tuple(pending or ())
            if type(outcome.need) is Pause:  # nobody else waits here
                self.evaluation.supply(outcome.need, True)
                continue
            if self.fulfil is None:
                self.evaluation.skip(*_unfulfilled(outcome.need))
                return False
            self.evaluation.supply(outcome.need, self.fulfil(outcome.need))


def _unfulfilled(need: Need) -> tuple[str, str]:
    if isinstance(need, VerifyPassword):
        return "basic", "a password would have to be compared with its hash, so what follows in this phase was not evaluated"
    assert isinstance(need, RefreshKeySet)
    return "jwt", "a key set would have to be fetched, so what follows in this phase was not evaluated"
