"""What a run keeps so that `--resume` goes on where it was ended: probes that are done, findings, what is still to be taken back.

No credential of an identity is ever written. It must not know how a run goes.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

from yett.formats.reports.values import Reported
from yett.model.probe import Call
from yett.rules.probing.encoding import quoted
from yett.rules.probing.identity import Identity

PACE = 2.0
"""Seconds between two writings."""


def default(origin: str) -> Path:
    """In the working directory, one for each target: runs against several go on beside each other."""
    return Path(".yett-probe-" + "".join(one if one.isalnum() else "-" for one in origin))


class Kept(msgspec.Struct):
    """origin, seed: of the run. done: (rule, operation id). pending: what was made, and the calls that take it back."""

    v: int = 1
    origin: str = ""
    seed: int = 0
    done: list[tuple[str, str]] = []
    findings: list[Reported] = []
    pending: list[tuple[str, tuple[Call, ...]]] = []
    requests: int = 0


class StateError(Exception):
    """There is no state to go on from: why."""


class Keeper:
    """The state's file, written at most every PACE seconds."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._next = 0.0
        self.failure = ""

    def load(self, origin: str, seed: int) -> Kept:
        """The state of an earlier run against the same target with the same seed. Raises StateError."""
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=Kept)
        except OSError:
            raise StateError(f"{self._path}: there is no run to go on with") from None
        except (msgspec.DecodeError, RecursionError) as error:
            raise StateError(f"{self._path}: not the state of a run: {error}") from None
        if kept.v != 1 or kept.origin != origin or kept.seed != seed:
            raise StateError(f"{self._path}: of a run against {kept.origin} with --seed {kept.seed}, which this is not")
        return kept

    def due(self, now: float) -> bool:
        """Whether it is time to write again: what is written costs to be put together."""
        return now >= self._next

    def keep(self, kept: Kept, now: float, at_once: bool = False) -> None:
        """Write, where it is time to. Only the owner may read it. Where it cannot be written, `failure` says why, and the run goes
        on: its findings, and what it has to take back, are worth more than that it can be resumed."""
        if now < self._next and not at_once:
            return
        self._next = now + PACE
        part = self._path.with_name(f"{self._path.name}.{os.getpid()}")  # another run may be at its own
        try:
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(msgspec.json.encode(kept))
            part.replace(self._path)
            self.failure = ""
        except OSError as error:
            self.failure = f"{self._path}: {error.strerror or error}"

    def forget(self) -> None:
        """The run came to its end."""
        with suppress(OSError):  # it could not be written, either
            self._path.unlink(missing_ok=True)


Pending = list[tuple[str, tuple[Call, ...]]]


def without_credentials(pending: Pending, identities: Iterable[Identity]) -> Pending:
    """The calls without credentials of their own, and with marks where passwords and tokens of identities stand: they have theirs
    again in the next run."""
    secrets = {secret: mark for mark, secret in _marks(identities).items()}
    return [(what, tuple(_replaced(call, secrets) for call in calls)) for what, calls in pending]


def with_credentials(pending: Pending, identities: Iterable[Identity]) -> Pending:
    """The calls with what identities have now in the place of the marks."""
    marks = _marks(identities)
    return [(what, tuple(_replaced(call, marks) for call in calls)) for what, calls in pending]


def _marks(identities: Iterable[Identity]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in identities:
        for kind, secret in (("password", one.password), ("token", one.token)):
            if len(secret) > 3 and not one.throwaway:
                found[f"{{{{yett {one.name} {kind}}}}}"] = secret
    return found


def _replaced(call: Call, texts: dict[str, str]) -> Call:
    def text(value: str) -> str:
        for old, new in texts.items():
            value = value.replace(old, new)
        return value

    return msgspec.structs.replace(
        call,
        credential=None,
        path=call.path if not any(quoted(old) in call.path or old in call.path for old in texts) else _path(call.path, texts),
        query=tuple((name, text(value)) for name, value in call.query),
        fields=tuple((name, text(value)) for name, value in call.fields),
        body=text(call.body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape"),
    )


def _path(path: str, texts: dict[str, str]) -> str:
    for old, new in texts.items():
        path = path.replace(quoted(old), quoted(new)).replace(old, quoted(new))
    return path
