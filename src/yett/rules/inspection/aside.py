"""Judging a request aside: in another process that has the same snapshot, or in a thread, while the event loop goes on.

What is sent is a request whose body is there, and what other guards have found out about it. Both ends are own processes. It must
not know how octets travel, nor what is looked for.
"""

import string
from collections.abc import Mapping, Sequence

import msgspec

from yett.model.decision import Asked, Denial, Evaluation
from yett.model.exchange import Target, TLSFacts, View
from yett.model.operation import Operation
from yett.rules.inspection.gathered import gathered
from yett.rules.refusal import unavailable

MUCH = 16 << 10
"""Octets that are judged where the request is, with what follows added: with more, others would have to wait for a millisecond
or longer."""

MUCH_OF_HEAD = 3 << 10
"""The same of a head, whose values are looked at one by one."""

_LIGHT, _HEAVY = 6, 36
"""What counts besides: for each octet that is neither common in texts nor part of a document's structure, and for those among
them that are not dots, slashes, plus signs or beyond ASCII; backslashes twice. There patterns begin, and these transformations
change. Plain texts take 0.04 µs an octet, words of SQL and shells 2.7 µs for each such octet (`bench/attacks/worst.py`)."""

_COMMON = f'{string.ascii_letters}{string.digits} _,:-@!?()[]{{}}"\t\r\n'.encode()
_LIGHT_OCTETS = b"./+" + bytes(range(128, 256))

RETRY_AFTER = 5
"""Seconds, for who could not be judged."""

TITLE = "The request cannot be inspected at the moment."


class Sent(msgspec.Struct, frozen=True, array_like=True):
    """A request, as `View`, and what other guards have found out about it (`Evaluation`)."""

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


class Told(msgspec.Struct, frozen=True, array_like=True):
    """What was found: the denial, what is only recorded, and what could not be looked at."""

    denial: Denial | None = None
    would: list[Denial] = []
    skipped: list[tuple[str, str]] = []

    @classmethod
    def by(cls, denial: Denial | None, evaluation: Evaluation) -> "Told":
        return cls(denial, evaluation.would or [], evaluation.not_evaluated or [])

    def to(self, evaluation: Evaluation) -> Denial | None:
        """As if it had been found here."""
        for denial in self.would:
            evaluation.would_deny(denial)
        for rule, reason in self.skipped:
            evaluation.skip(rule, reason)
        return self.denial


def takes_long(texts: Sequence[bytes], much: int = MUCH) -> bool:
    """Whether looking at all of these may hold others up."""
    total = sum(map(len, texts))
    if total > much:
        return True
    if total * (1 + _LIGHT + 2 * _HEAVY) <= much:
        return False
    odd = b"".join(texts).translate(None, _COMMON)
    heavy = odd.translate(None, _LIGHT_OCTETS)
    return total + _LIGHT * len(odd) + _HEAVY * (len(heavy) + heavy.count(b"\\")) > much


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


def received(asked: Asked) -> Sent:
    """The inverse of `sent`. Raises msgspec.DecodeError, ValueError."""
    head, content = asked
    return msgspec.structs.replace(_SENT.decode(head), content=content)


_ENCODER = msgspec.msgpack.Encoder()
_SENT = msgspec.msgpack.Decoder(Sent)
_TOLD = msgspec.msgpack.Decoder(Told)


def encode(told: Told) -> bytes:
    return _ENCODER.encode(told)


def decode(octets: bytes) -> Told:
    """The inverse of `encode`. Raises msgspec.DecodeError."""
    return _TOLD.decode(octets)


def unjudged(guard: str, failure: str, denies: bool, evaluation: Evaluation) -> Denial | None:
    """Nobody could judge the request. Nothing is tried again: it may be the reason. denies: what the policy says of that."""
    del gathered(evaluation).running[guard]
    if denies:
        return unavailable(guard, "", failure, RETRY_AFTER, TITLE)
    evaluation.skip(guard, f"{failure}: the request was let in unjudged")
    return None
