"""What a run brings: claims with their rules, what was left out and why, what stayed behind, what was covered."""

import hashlib

import msgspec

from yett.model.probe import Call, Claim, Exchanged, ProbeRule
from yett.rules.probing.operation import Operation


class Found(msgspec.Struct, frozen=True):
    """A claim of a probe. operation: what it was begun with, None where its scope is the target. also: labels of other operations
    of which the same rule claimed the same, for the same cause."""

    rule: ProbeRule
    operation: Operation | None
    claim: Claim
    also: tuple[str, ...] = ()

    @property
    def about(self) -> tuple[str, str]:
        """Method and template that the claim is about; empty where it is about the whole target."""
        claim, own = self.claim, self.operation
        return claim.method or (own.method if own else ""), claim.template or (own.template if own else "")

    @property
    def label(self) -> str:
        """ "GET /users/{userId}"; "" where it is about the whole target."""
        return " ".join(self.about).strip()

    @property
    def fingerprint(self) -> str:
        """What identifies the finding across runs (SHA-256, 32 hex digits): class, operation and place; where the cause has a name,
        class, rule and cause, whichever operation showed it first."""
        claim = self.claim
        parts = ("cause", self.rule.id, claim.cause) if claim.cause else (*self.about, claim.place)
        return hashlib.sha256("\n".join((claim.flaw.value, *parts)).encode()).hexdigest()[:32]


class Left(msgspec.Struct, frozen=True):
    """Something that was not tried. rule: "" where it was not a probe's choice. where: an operation's label, or ""."""

    rule: str
    where: str
    why: str


class Renew(msgspec.Struct, frozen=True):
    """A step of the driver's own: the credential of that identity died. Its new header fields come back, or None."""

    identity: str


class Outcome(msgspec.Struct, kw_only=True):
    """A run so far. requests: that were sent, retries and the way back included. stopped: why it ended early, "" where it
    did not. done: probes that ran to their end, (rule, operation id). behind: what could not be removed. undone: how much
    was. trace: calls that succeeded and may have made something, in order."""

    found: list[Found] = []
    left: list[Left] = []
    behind: list[str] = []
    undone: int = 0
    requests: int = 0
    sent_by: dict[str, int] = {}
    done: list[tuple[str, str]] = []
    unrun: int = 0
    stopped: str = ""
    phase: str = ""
    seconds: float = 0.0
    first_finding: float | None = None
    renewals: int = 0
    pending: list[tuple[str, tuple[Call, ...]]] = []
    trace: list[Exchanged] = []
