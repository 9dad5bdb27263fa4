"""Claims: what somebody or something says about a subject, with its provenance. Views of the catalog are computed from them.

A claim is never overwritten by another source's: contradictions are kept and shown. It must not know how claims come about.
"""

from enum import StrEnum

import msgspec

Value = str | int | float | bool | None


class Source(StrEnum):
    """Who says it, in the order of truth for templates: what stands further up is believed first."""

    PERSON = "person"
    CODE = "code"
    GATEWAY = "gateway"
    CONTRACT = "contract"
    PROBE = "probe"
    TRAFFIC = "traffic"


class Claim(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """One statement. subject: id of an operation, "service:NAME" or "host:NAME".

    predicate: dotted words ("template", "declared", "deprecated", "removed", "authentication.ratio", "class", "status.200",
    "exposure", "function", "view" …). value: one scalar. origin: which file, sensor or person within the source, with its place
    ("openapi.yaml#/paths/~1users", "access-log"). confidence: 0 to 1. first_seen, last_seen: seconds since the Unix epoch, None
    where no time is known. count: on how many exchanges or declarations it rests. reason: why, in one sentence.
    """

    subject: str
    predicate: str
    value: Value
    source: Source
    confidence: float = 1.0
    first_seen: float | None = None
    last_seen: float | None = None
    count: int = 1
    origin: str = ""
    reason: str = ""
