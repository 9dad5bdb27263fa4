"""What is remembered: one record per request and decision, and the events around them.

Credentials are never in here. Records are msgpack arrays (`array_like`), so fields are only ever added at the end, with a
default; `version` counts what a reader must know.
"""

import msgspec

FORMAT = 1


class Reason(msgspec.Struct, frozen=True, array_like=True):
    """One rule's word in a decision: which rule, what it found, where, and a masked sample."""

    rule: str
    status: int
    reason: str
    place: str = ""
    sample: str = ""


class Event(msgspec.Struct, frozen=True, array_like=True, kw_only=True, omit_defaults=False):
    """One line of the event log.

    tag: `source:subject:action`: gateway:request:allowed | denied | answered | failed | refused | opened (a long stream,
         when decided), gateway:stream:ended, gateway:handshake:failed, gateway:connection:closed, gateway:policy:loaded,
         gateway:log:dropped …
    time: seconds since the Unix epoch; durations in seconds; sizes in bytes of body as received.
    target: canonical, with credential-bearing query values as keyed hashes; raw_target: likewise, only where it differs.
    verdict: what was done: "allow" | "deny" | "answer"; would: what enforcement would have done.
    status: what the caller got (0: nothing was sent); upstream_status: 0 if the upstream gave none.
    reasons: what was enforced, then what monitor mode let pass; `enforced` says how many of them are the former.
    matched: where a scoring rule set is among the reasons, all of its rules that matched, each with the first place (their status
             is 0); the reason names only the one that weighs most. Empty where another process judged the request.
    """

    version: int = FORMAT
    tag: str
    worker: int = 0
    sequence: int = 0
    time: float = 0.0
    duration: float = 0.0
    decision_time: float = 0.0
    request_id: str = ""
    trace_id: str = ""
    snapshot: str = ""
    service: str = ""
    operation: str = ""
    method: str = ""
    scheme: str = ""
    host: str = ""
    target: str = ""
    raw_target: str = ""
    status: int = 0
    upstream_status: int = 0
    upstream: str = ""
    request_size: int = 0
    response_size: int = 0
    field_names: list[str] = []
    parameter_names: list[str] = []
    content_type: str = ""
    response_content_type: str = ""
    user_agent: str = ""
    address: str = ""
    peer: str = ""
    tls: tuple[str, ...] = ()
    principal: str = ""
    credential_scheme: str = ""
    credential_fingerprint: str = ""
    credential_facts: dict[str, str | int | float | list[str]] = {}
    verdict: str = "allow"
    would: str = "allow"
    enforced: int = 0
    reasons: list[Reason] = []
    not_evaluated: list[tuple[str, str]] = []
    failure: str = ""
    detail: dict[str, str | int | float] = {}
    request_sample: bytes = b""
    response_sample: bytes = b""
    matched: list[Reason] = []
