"""What another process that has judged a request in one's place tells of it: what was found, and what that leaves to the response.

Both are own processes. It must not know how octets travel, nor what is looked for.
"""

import msgspec

from yett.model.decision import Denial
from yett.rules.seclang.hits import Matched
from yett.rules.seclang.transaction import Transaction


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
    """What was found. left: None where nothing is left for the response. matched: see `yett.rules.seclang.hits`. sure: False where
    this cannot be said in another process, so that the request is still to be judged."""

    sure: bool
    denial: Denial | None = None
    score: int = 0
    skipped: list[tuple[str, str]] = []
    left: Left | None = None
    matched: list[Matched] = []


_ENCODER = msgspec.msgpack.Encoder()
_TOLD = msgspec.msgpack.Decoder(Told)


def encode(told: Told) -> bytes:
    return _ENCODER.encode(told)


def decode(octets: bytes) -> Told:
    """The inverse of `encode`. Raises msgspec.DecodeError."""
    return _TOLD.decode(octets)
