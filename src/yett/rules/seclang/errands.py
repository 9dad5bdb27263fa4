"""What one process tells another one, so that it judges a request in its place, and what it is told back.

Both have the same snapshot, and both are own processes. It must not know how octets travel, nor what is looked for.
"""

from collections.abc import Mapping

import msgspec

from yett.model.decision import Asked, Denial, Evaluation
from yett.model.exchange import Target, TLSFacts, View
from yett.model.operation import Operation
from yett.rules.seclang.transaction import Transaction


class Sent(msgspec.Struct, frozen=True, array_like=True):
    """A request whose body is there, as `View`, and what other guards have found out about it (`Evaluation`)."""

    method: str
    scheme: str
    host: str
    target: Target
    lines: list[tuple[bytes, bytes]]
    fields: dict[bytes, bytes]
    address: str
    truncated: bool
    valid_head: bool
    valid_body: int
    content: bytes = b""

    @property
    def tls(self) -> TLSFacts | None:
        return None

    @property
    def status(self) -> int:
        return 0

    @property
    def response_lines(self) -> list[tuple[bytes, bytes]]:
        return []

    @property
    def response_fields(self) -> Mapping[bytes, bytes]:
        return {}

    @property
    def response_content(self) -> bytes:
        return b""

    @property
    def response_truncated(self) -> bool:
        return False

    def evaluation(self) -> Evaluation:
        """A new one, with what rules look at."""
        made = Evaluation(_ANY, 0.0, 0.0)
        made.valid_head, made.valid_body = self.valid_head, self.valid_body
        return made


_ANY = Operation("*", "*", "*", "*", False)


class Left(msgspec.Struct, frozen=True, array_like=True):
    """What the rules for requests leave to those for responses. tx: None where they have set nothing."""

    tx: dict[bytes, bytes] | None
    removed: list[int]
    engine: bool
    acts: bool
    allowed_until: int
    severity: int
    processor: bytes
    body_forced: bool
    steered: bool

    @classmethod
    def by(cls, t: Transaction) -> "Left":
        return cls(
            None if t.clean else dict(t.tx),
            sorted(t.removed),
            t.engine,
            t.acts,
            t.allowed_until,
            t.severity,
            t.processor,
            t.body_forced,
            t.steered,
        )

    def to(self, t: Transaction) -> None:
        """A transaction of the same request goes on from here."""
        if self.tx is not None:
            t.start_from(self.tx)
        t.removed.update(self.removed)
        t.engine, t.acts, t.allowed_until, t.severity = self.engine, self.acts, self.allowed_until, self.severity
        t.processor, t.body_forced, t.steered = self.processor, self.body_forced, self.steered
        t.enter_body()


class Told(msgspec.Struct, frozen=True, array_like=True):
    """What was found. left: None where nothing is left for the response. sure: False where this cannot be said in another
    process, so that the request is still to be judged."""

    sure: bool
    denial: Denial | None = None
    score: int = 0
    skipped: list[tuple[str, str]] = []
    left: Left | None = None


def sent(view: View, evaluation: Evaluation) -> Asked:
    """A request, for another process; its body is a piece of its own."""
    head = _ENCODER.encode(
        Sent(
            view.method,
            view.scheme,
            view.host,
            view.target,
            list(view.lines),
            dict(view.fields),
            view.address,
            view.truncated,
            evaluation.valid_head,
            evaluation.valid_body,
        )
    )
    return head, view.content


_ENCODER = msgspec.msgpack.Encoder()
_SENT = msgspec.msgpack.Decoder(Sent)
_TOLD = msgspec.msgpack.Decoder(Told)


def received(asked: Asked) -> Sent:
    """The inverse of `sent`. Raises msgspec.DecodeError, ValueError."""
    head, content = asked
    return msgspec.structs.replace(_SENT.decode(head), content=content)


def encode(told: Told) -> bytes:
    return _ENCODER.encode(told)


def decode(octets: bytes) -> Told:
    """The inverse of `encode`. Raises msgspec.DecodeError."""
    return _TOLD.decode(octets)
