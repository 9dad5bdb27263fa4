"""What active testing knows beyond a finding: its class, the steps that prove it, the control, and how to repeat it; and the run.

Everything that stands here is for readers: secrets are masked, texts are cut off. It must not know how a target is tried, nor any
format of a report.
"""

import msgspec


class ProofStep(msgspec.Struct, frozen=True, kw_only=True):
    """One request with its answer. identity: name of who sent it, "" for anonymous. target: path and query as sent. fields: header
    fields, credentials masked. body: as text. status: 0 where there was no answer; `answer` then says why. answer: the beginning
    of the body, masked. seconds: until the head of the answer. note: what it shows."""

    method: str
    target: str
    identity: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    body: str = ""
    status: int = 0
    answer_fields: tuple[tuple[str, str], ...] = ()
    answer: str = ""
    seconds: float = 0.0
    note: str = ""


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """flaw: of the closed list of classes (`yett.model.probe.Flaw`). steps: the fewest that show the hole; control: what shows
    that they are no accident. curl: the decisive step as one line for a shell. reproducer: a whole pytest file; credentials come
    from the environment in both."""

    flaw: str
    method: str = ""
    template: str = ""
    owasp: tuple[str, ...] = ()
    cwe: tuple[int, ...] = ()
    identities: tuple[str, ...] = ()
    steps: tuple[ProofStep, ...] = ()
    control: tuple[ProofStep, ...] = ()
    curl: str = ""
    reproducer: str = ""


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """One operation of the target in a run. name: "GET /users/{userId}". statuses: that it answered, sorted. works: whether any
    call of it succeeded."""

    name: str
    statuses: tuple[int, ...] = ()
    works: bool = False


class Left(msgspec.Struct, frozen=True):
    """What was not tried, or could not be removed. place: operation or object, "" for the whole; why: in words."""

    place: str
    why: str


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run of active testing. target: its origin. started: seconds since the Unix epoch; seconds: how long; requests: how many
    were sent. incomplete: why the run did not see everything, "" if it did. skipped: what was not tried. remaining: what the run
    made and could not remove."""

    target: str
    version: str
    started: float = 0.0
    seconds: float = 0.0
    requests: int = 0
    seed: int = 0
    identities: tuple[str, ...] = ()
    operations: tuple[Tried, ...] = ()
    incomplete: str = ""
    skipped: tuple[Left, ...] = ()
    remaining: tuple[Left, ...] = ()
