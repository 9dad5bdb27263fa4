"""What active testing knows beyond a finding: its class, the steps that prove it, the control, and how to repeat it; and the run.

Everything that stands here is for readers: secrets are masked, texts are cut off. It must not know how a target is tried, nor any
format of a report.
"""

import msgspec

from yett.model.source import Spot


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
    from the environment in both. flow: of a finding in source, in place of steps: from where a caller's value comes in to where it
    does harm; column and function: of that last place. also: further operations at which the same cause showed the same."""

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
    flow: tuple[Spot, ...] = ()
    column: int = 0
    function: str = ""
    also: tuple[str, ...] = ()


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


class Compared(msgspec.Struct, frozen=True):
    """One class of flaw in one operation, held against the other way of looking. flaw: class. operation: as the source says it, or
    the target. source, live: fingerprints of findings there; "" where there is none."""

    flaw: str
    operation: str
    source: str = ""
    live: str = ""


class SourceRead(msgspec.Struct, frozen=True, kw_only=True):
    """What was read of a program. directory: as it was named. files, lines: how many. routes: operations that it declares.
    compared: with what active testing found, where there was any; None where not."""

    directory: str
    files: int = 0
    lines: int = 0
    routes: tuple[str, ...] = ()
    compared: tuple[Compared, ...] | None = None


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run of active testing. target: its origin. started: seconds since the Unix epoch; seconds: how long; requests: how many
    were sent. incomplete: why the run did not see everything, "" if it did. skipped: what was not tried. remaining: what the run
    made and could not remove. source: what was read of the program."""

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
    source: SourceRead | None = None
