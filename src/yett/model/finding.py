"""What is wrong, where, and the proof: the common result of observing, deciding and probing."""

import msgspec

from yett.model.rule import Confidence, Severity


class Evidence(msgspec.Struct, frozen=True):
    """One thing that was seen: where (request id, file and line, JSON pointer) and what, masked."""

    place: str
    text: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """`fingerprint` identifies rule, operation and place across runs; two findings with the same one are the same finding.

    operation: what people call it, "GET /users/{userId}"; "" where it is about more than one. service: where it belongs. subject:
    what was judged, by its stable id: of an operation, "service:NAME" or "contract:FILE". title: the rule's. text: what is wrong
    here, in one or two sentences. reasons: why it is as severe as it is, with the numbers that decided. file, line: where somebody
    wrote the cause, line from 1; "" and 0 where nobody did. first_seen, last_seen: seconds since the Unix epoch.
    """

    fingerprint: str
    rule: str
    operation: str
    place: str
    title: str
    severity: Severity
    confidence: Confidence
    evidence: tuple[Evidence, ...] = ()
    first_seen: float = 0.0
    last_seen: float = 0.0
    service: str = ""
    subject: str = ""
    text: str = ""
    reasons: tuple[str, ...] = ()
    file: str = ""
    line: int = 0
