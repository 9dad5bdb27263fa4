"""What happens to an exchange, and why.

`Evaluation` is the one mutable object of a decision under way: the guards of a plan write into it, the edge reads from it,
and `Decision` is what remains of it in the record. It knows neither sockets nor clocks: the edge sets `now` before each phase.
"""

from collections.abc import Callable, Iterator
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any

import msgspec

from yett.model.operation import ANONYMOUS, Credential, Operation, Principal

if TYPE_CHECKING:
    from yett.model.exchange import View


class Mode(StrEnum):
    """`enforce` acts; `monitor` only records what enforcement would have done."""

    ENFORCE = "enforce"
    MONITOR = "monitor"


class Stage(IntEnum):
    """When a check runs. The hundreds are the phase; within a phase, stages run in ascending order."""

    ENTRY = 110  # head is complete, nothing is known of the caller
    PREFLIGHT = 120
    THROTTLE = 130  # limits that need no principal
    AUTHENTICATE = 140
    AUTHORIZE = 150
    LIMIT = 160  # limits that need the principal
    VALIDATE_HEAD = 170
    INSPECT_HEAD = 180  # for attacks: what the contract proves is known
    VALIDATE_BODY = 210  # body is complete and decoded
    INSPECT_BODY = 220
    RESPONSE = 310  # head of the response
    RESPONSE_BODY = 410  # body of the response is complete and decoded

    @property
    def phase(self) -> "Phase":
        return Phase(self // 100)


class Phase(IntEnum):
    HEAD = 1
    BODY = 2
    RESPONSE = 3
    RESPONSE_BODY = 4


class Denial(msgspec.Struct, frozen=True):
    """A guard objects. `reason` and `sample` are for the log, never for the caller; `title` is what the caller may read.

    `place` says where: "header X-API-Key", "query limit", "path orderId", or a JSON pointer "/items/0/price" with the prefix
    "body". `fields` go into the answer (WWW-Authenticate, Retry-After, Allow). `sample` must be masked where it may be secret.
    """

    rule: str
    status: int
    reason: str
    place: str = ""
    sample: str = ""
    title: str = ""
    fields: tuple[tuple[bytes, bytes], ...] = ()


class Answer(msgspec.Struct, frozen=True):
    """A guard answers in the upstream's place without objecting, as CORS does to a preflight."""

    rule: str
    status: int
    fields: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""


class VerifyPassword(msgspec.Struct, frozen=True):
    """Need: compare a password with its argon2 hash, off the event loop. The answer is a bool."""

    hash: str
    password: bytes

    def __repr__(self) -> str:
        return "VerifyPassword(...)"


class RefreshKeySet(msgspec.Struct, frozen=True):
    """Need: fetch the key set again because `kid` is unknown. The answer is True if a newer set is now in place."""

    url: str
    kid: str


Asked = tuple[bytes, ...]
"""What is asked in an errand, in pieces: large ones travel as they are, without being copied."""


class Errand(msgspec.Struct, frozen=True):
    """Work that another process with the same snapshot can do as well, octets in and octets out.

    snapshot: its digest. method, host, path: of the request, as it was routed. rule: whose work it is (see `Prepared.errand`).
    ask: makes what must be known to do it; called at most once. take: puts what was found where the check finds it when it is
    called again; False where the other process could not say, so that the work is still to be done.
    """

    snapshot: str
    method: str
    host: str
    path: str
    rule: str
    ask: Callable[[], Asked]
    take: Callable[[bytes], bool]


class Pause(msgspec.Struct, frozen=True):
    """Need: let other connections have their turn, because the check has computed for a while. It is called again with what it
    kept in the evaluation; `step` tells this pause from the one before. The answer is True.

    work: what is still to be computed, and may be, in one go, by another thread; where nobody does, the check goes on with it.
    errand: the same for another process; whoever does it does not call `work`.
    """

    step: int
    work: Callable[[], object] | None = None
    errand: Errand | None = None


Need = VerifyPassword | RefreshKeySet | Pause


class Wait(msgspec.Struct, frozen=True):
    """A check needs I/O before it can say anything. The edge fulfils `need`, puts the answer into `Evaluation.answers` and
    resumes; the same check is called again."""

    need: Need


class Unanswered(msgspec.Struct, frozen=True):
    """What `Evaluation.answers` holds where a need could not be fulfilled (queue full, time out). Not truthy."""

    reason: str

    def __bool__(self) -> bool:
        return False


Outcome = Denial | Answer | Wait | None
Check = Callable[["View", "Evaluation"], Outcome]
Authenticate = Callable[["View", "Evaluation"], Principal | Denial | Wait | None]


class _Unset:
    def __repr__(self) -> str:
        return "unset"

    def __bool__(self) -> bool:
        return False


unset = _Unset()


class Evaluation:
    """The state of one decision. One is made for each exchange.

    now: seconds since the Unix epoch; monotonic: seconds of a steady clock shared by all workers of the machine.
    parameters: raw (still percent-encoded) values of the path template's parameters, by name.
    denial: the denial that was enforced; would: those that monitor mode let pass. noted: objections that deny nothing even where
    they are enforced: changes of the response that monitor mode did not make, and what a policy only wants recorded.
    fields: lines for the response, whoever answers, such as b"RateLimit: ...\\r\\n".
    valid_head: whether the declared parameters of the request were held against the contract and match; valid_body: the number of
    the contract's schema that the body matches, -1 where it was not held against one.
    document: the body as parsed once by `yett.formats.bodies`, shared by all guards; `unset` where not parsed yet.
    replacement: a response body to send in place of the upstream's, uncoded; replacement_type: its content type, empty where
    the upstream's still holds. amended: why the response was changed, for the record; see `amend`.
    inbound_score, outbound_score: what a scoring rule set has found in request and response; 0 where there is none.
    scoring: what such a rule set keeps from phase to phase; `unset` where it has nothing to keep.
    inspected: what the attack rules have read of the exchange so far, shared by all of them and kept over pauses; `unset` before.
    releases: called once each when the exchange ends, however it ends. finished: it has ended.
    """

    # Defaults stand on the class: what a request does not need is never set.
    principal: Principal = ANONYMOUS
    credential: Credential | None = None
    denial: Denial | None = None
    answered: Answer | None = None
    would: list[Denial] | None = None
    noted: list[Denial] | None = None
    fields: list[bytes] | None = None
    answers: dict[Need, Any] | None = None
    pending: Iterator[Check] | None = None
    releases: list[Callable[[], None]] | None = None
    not_evaluated: list[tuple[str, str]] | None = None
    valid_head: bool = False
    valid_body: int = -1
    document: Any = unset
    response_document: Any = unset
    inspected: Any = unset
    scoring: Any = unset
    inbound_score: int = 0
    outbound_score: int = 0
    replacement: bytes | None = None
    replacement_type: bytes = b""
    amended: list[Denial] | None = None
    finished: bool = False

    def __init__(self, operation: Operation, now: float, monotonic: float, parameters: dict[str, str] | None = None) -> None:
        self.operation = operation
        self.now = now
        self.monotonic = monotonic
        self.parameters = parameters

    def answer_to(self, need: Need) -> Any:
        """The fulfilled answer to `need`, or `unset`."""
        return unset if self.answers is None else self.answers.get(need, unset)

    def supply(self, need: Need, answer: object) -> None:
        if self.answers is None:
            self.answers = {}
        self.answers[need] = answer

    def would_deny(self, denial: Denial) -> None:
        if self.would is None:
            self.would = []
        self.would.append(denial)

    def note(self, objection: Denial) -> None:
        if self.noted is None:
            self.noted = []
        self.noted.append(objection)

    def add_field(self, line: bytes) -> None:
        """Add one whole line, with CRLF, to the response."""
        if self.fields is None:
            self.fields = []
        self.fields.append(line)

    def amend(self, body: bytes, content_type: bytes, why: Denial) -> None:
        """Send `body` in place of the upstream's, with the upstream's status. Nothing is denied; `why` is for the record.

        Allowed from the response phase on: the upstream's own body need not have been read. A replaced body voids the
        upstream's Content-Encoding, Content-Length, ETag and Content-Range, and Content-Type where a type is given.
        """
        self.replacement = body
        self.replacement_type = content_type
        if self.amended is None:
            self.amended = []
        self.amended.append(why)

    def on_finish(self, release: Callable[[], None]) -> None:
        if self.releases is None:
            self.releases = []
        self.releases.append(release)

    def skip(self, rule: str, reason: str) -> None:
        """Say that a rule could not be evaluated on this exchange, and why."""
        if self.not_evaluated is None:
            self.not_evaluated = []
        self.not_evaluated.append((rule, reason))

    def finish(self) -> None:
        """Give back what the decision holds (concurrency slots, bodies as they were read). Safe to call more than once."""
        self.finished = True
        self.inspected, self.answers = unset, None  # they refer back to here: a megabyte would wait for the garbage collector
        releases, self.releases = self.releases, None
        for release in releases or ():
            release()
