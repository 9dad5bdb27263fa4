"""The port of a catalog's store, and the values that it keeps beside what was learnt. One contract test suite for all stores.

It must not know how anything is stored, nor what is in learning states and descriptions.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Protocol

import msgspec

from yett.model.catalog import Correction
from yett.model.finding import Finding


class CatalogUnusable(Exception):
    """A catalog cannot be opened, read or written: which, why, and what to do."""


class CatalogOvertaken(Exception):
    """Somebody else has counted the same source meanwhile. Nothing of the change was kept; reading again goes on after it."""


class Position(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """How far one source was counted.

    key: what the source is, whatever it is called: "file:" and a digest of its beginning, or "log:" and its directory. name: what
    it was called last. entries: recordings counted from the beginning on; size: bytes read until then, digest: BLAKE2b (16 bytes)
    of these. whole: it was read to its end. errors: how many entries could not be read. mark: an event log's bookmark. at: when,
    in seconds since the Unix epoch.
    """

    key: str
    name: str
    entries: int = 0
    size: int = 0
    digest: bytes = b""
    whole: bool = False
    errors: int = 0
    mark: bytes = b""
    at: float = 0.0


class DescriptionRecord(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One reading of a description. source: its name; digest: of its octets; body: what it declares, encoded by the caller.

    current: it is the newest reading of that source. Earlier readings stay: what they declared and the newest does not is
    removed, and what is removed and still answers is a zombie. first_read, last_read: seconds since the Unix epoch.
    """

    source: str
    digest: bytes
    body: bytes
    first_read: float
    last_read: float
    current: bool = True


class Identity(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """An operation's stable id, and by which template it was known last. alias: the id that took its place in a merge."""

    id: str
    service: str
    method: str
    template: str
    named: str = ""
    alias: str = ""
    made: float = 0.0


class KnownFinding(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A finding and its life. resolved: when it stopped being true, None while it is."""

    finding: Finding
    resolved: float | None = None


class CatalogReading(Protocol):
    """What a catalog's store holds. Each method raises CatalogUnusable."""

    def services(self) -> tuple[str, ...]:
        """Names of the services that something was learnt of, sorted."""
        ...

    def learnt(self, service: str) -> bytes | None:
        """The learning state of one service as it was stored."""
        ...

    def states(self) -> dict[str, bytes]:
        """The learning states of all services, by name, as of one moment."""
        ...

    def positions(self) -> tuple[Position, ...]:
        """By key."""
        ...

    def position(self, key: str) -> Position | None: ...

    def descriptions(self) -> tuple[DescriptionRecord, ...]:
        """All readings, by source, oldest first."""
        ...

    def corrections(self) -> tuple[Correction, ...]:
        """Those that hold, by id."""
        ...

    def identities(self) -> tuple[Identity, ...]:
        """By id."""
        ...

    def findings(self) -> tuple[KnownFinding, ...]:
        """By fingerprint."""
        ...

    def note(self, name: str) -> bytes | None:
        """A named value: settings, the last computed catalog …"""
        ...


class CatalogWriting(CatalogReading, Protocol):
    """One change of a catalog under its write lock: it sees what was written before, and nothing changes beside it."""

    def learn(self, service: str, state: bytes) -> None: ...

    def forget(self, service: str) -> None:
        """Nothing was learnt of this service any more: its state has become part of another one's."""
        ...

    def advance(self, position: Position, before: Position | None) -> None:
        """Set the position of one source. Raises CatalogOvertaken if it is not `before` any more."""
        ...

    def describe(self, record: DescriptionRecord) -> None:
        """Add a reading; the one with the same source and digest, if there is one, is current again."""
        ...

    def correct(self, correction: Correction) -> Correction:
        """Add one; gives it with its id."""
        ...

    def take_back(self, correction: int) -> bool:
        """It holds no longer. False if none of this id holds."""
        ...

    def identify(self, identities: Iterable[Identity]) -> None:
        """Add or replace, by id."""
        ...

    def report(self, findings: Iterable[KnownFinding]) -> None:
        """Add or replace, by fingerprint."""
        ...

    def write_note(self, name: str, value: bytes) -> None: ...


class CatalogStore(CatalogReading, Protocol):
    """Where a catalog is kept. Several processes may use one at the same time; each `writing` happens as a whole or not at all."""

    @property
    def key(self) -> bytes:
        """32 bytes for keyed hashes, made with the store, so that one value has one hash over its whole life."""
        ...

    def stamp(self) -> str:
        """Changes whenever anything was written that a computed catalog depends on: learning, descriptions, corrections."""
        ...

    def writing(self) -> AbstractContextManager[CatalogWriting]:
        """Wait for the write lock; commit at the end, or leave everything as it was where an exception ends it.
        Raises CatalogUnusable."""
        ...

    def close(self) -> None: ...
