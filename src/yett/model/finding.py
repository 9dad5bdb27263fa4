"""What is wrong, where, and the proof: the common result of observing, deciding and probing."""

import msgspec

from yett.model.rule import Confidence, Severity


class Evidence(msgspec.Struct, frozen=True):
    """One thing that was seen: where (request id, file and line, JSON pointer) and what, masked."""

    place: str
    text: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """`fingerprint` identifies rule, operation and place across runs; two findings with the same one are the same finding."""

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
