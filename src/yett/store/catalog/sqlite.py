"""A catalog in one SQLite file: write-ahead log, one writer at a time, every change whole or not at all.

Two processes that learn into the same file do not disturb each other: each takes the write lock, merges into what is there by
then, and lets go. A process that is killed leaves the last whole change. The file is readable for its owner only. It must not know
what learning states, claims or templates are.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from yett.model.catalog import Correction
from yett.model.catalog_store import (
    CatalogOvertaken,
    CatalogUnusable,
    DescriptionRecord,
    Identity,
    KnownFinding,
    Position,
)
from yett.store.catalog.schema import prepare

WAIT = 60.0
"""Seconds to wait for another process's change; merging the largest catalogs takes a few."""

PART = 64 << 20
"""Octets of one row of a learning state: SQLite's own bound for one value is 1,000,000,000 (sqlite.org/limits.html)."""

KEY = 32

Shape = TypeVar("Shape")


def open_catalog(path: Path, create: bool = False, key: bytes | None = None) -> "SQLiteCatalog":
    """Open the catalog in a file. create: make it where there is none. key: of another catalog, for a new one; what is there must
    have that very key. Raises CatalogUnusable."""
    if not path.exists() and not create:
        raise CatalogUnusable(f"{path}: there is no catalog; `yett observe --catalog {path} SOURCE...` makes one")
    if path.is_dir():
        raise CatalogUnusable(f"{path}: a directory, not the file of a catalog")
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise CatalogUnusable(f"{path}: {(error.strerror or str(error)).lower()}") from None
    return SQLiteCatalog(path, key)


class SQLiteCatalog:
    """`yett.model.catalog_store.CatalogStore` in a file. Not for several threads at once; any number of processes."""

    def __init__(self, path: Path, wanted: bytes | None = None) -> None:
        self._name = str(path)
        with self._told():
            self._connection = sqlite3.connect(path, timeout=WAIT, isolation_level=None)
        try:
            with self._told():
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute("PRAGMA synchronous = FULL")
                prepare(self._connection, self._name, wanted or os.urandom(KEY))
            key = self.note("key")
            if key is None or len(key) != KEY:
                raise CatalogUnusable(f"{self._name}: its key is missing: the catalog is damaged")
            if wanted is not None and wanted != key:
                raise CatalogUnusable(
                    f"{self._name}: it has another key already; only a new catalog can be made with a given one"
                )
        except BaseException:
            self._connection.close()
            raise
        self._key = key

    @property
    def key(self) -> bytes:
        return self._key

    def stamp(self) -> str:
        return str(self._one("SELECT number FROM generation"))

    @contextmanager
    def writing(self) -> Iterator["_Change"]:
        with self._told():
            self._connection.execute("BEGIN IMMEDIATE")
        change = _Change(self)
        try:
            yield change
            with self._told():
                if change.touched:
                    self._connection.execute("UPDATE generation SET number = number + 1")
                self._connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):  # where the disk failed, SQLite has rolled back already
                self._connection.execute("ROLLBACK")
            raise

    def close(self) -> None:
        self._connection.close()

    def services(self) -> tuple[str, ...]:
        return tuple(row[0] for row in self._rows("SELECT DISTINCT service FROM learnt ORDER BY service"))

    def learnt(self, service: str) -> bytes | None:
        parts = [row[0] for row in self._rows("SELECT body FROM learnt WHERE service = ? ORDER BY part", service)]
        return b"".join(parts) if parts else None

    def states(self) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for service, body in self._rows("SELECT service, body FROM learnt ORDER BY service, part"):
            found[service] = found[service] + body if service in found else body
        return found

    def positions(self) -> tuple[Position, ...]:
        return self._values("SELECT body FROM position ORDER BY key", Position)

    def position(self, key: str) -> Position | None:
        found = self._values("SELECT body FROM position WHERE key = ?", Position, key)
        return found[0] if found else None

    def descriptions(self) -> tuple[DescriptionRecord, ...]:
        rows = self._rows(
            "SELECT source, digest, body, first_read, last_read, current FROM description ORDER BY source, last_read, number"
        )
        return tuple(
            DescriptionRecord(source=source, digest=digest, body=body, first_read=first, last_read=last, current=bool(current))
            for source, digest, body, first, last, current in rows
        )

    def corrections(self) -> tuple[Correction, ...]:
        return self._values("SELECT body FROM correction WHERE holds ORDER BY id", Correction)

    def identities(self) -> tuple[Identity, ...]:
        return self._values("SELECT body FROM identity ORDER BY id", Identity)

    def findings(self) -> tuple[KnownFinding, ...]:
        return self._values("SELECT body FROM finding ORDER BY fingerprint", KnownFinding)

    def note(self, name: str) -> bytes | None:
        value: bytes | None = self._one("SELECT value FROM note WHERE name = ?", name)
        return value

    def _one(self, statement: str, *values: Any) -> Any:
        rows = self._rows(statement, *values)
        return rows[0][0] if rows else None

    def _values(self, statement: str, shape: type[Shape], *values: Any) -> tuple[Shape, ...]:
        try:
            return tuple(msgspec.msgpack.decode(row[0], type=shape) for row in self._rows(statement, *values))
        except msgspec.DecodeError as error:
            raise CatalogUnusable(f"{self._name}: damaged: {error}") from None

    def _rows(self, statement: str, *values: Any) -> list[Any]:
        with self._told(), closing(self._connection.execute(statement, values)) as cursor:
            return cursor.fetchall()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What SQLite objects to, as CatalogUnusable."""
        try:
            yield
        except sqlite3.Error as error:
            raise CatalogUnusable(f"{self._name}: {_meaning(error)}") from None


class _Change:
    """One transaction under way."""

    def __init__(self, store: SQLiteCatalog) -> None:
        self._store = store
        self._rows = store._rows
        self.touched = False
        self.services, self.learnt, self.states, self.note = store.services, store.learnt, store.states, store.note
        self.positions, self.position, self.descriptions = store.positions, store.position, store.descriptions
        self.corrections, self.identities, self.findings = store.corrections, store.identities, store.findings

    def learn(self, service: str, state: bytes) -> None:
        self.touched = True
        self._rows("DELETE FROM learnt WHERE service = ?", service)
        for part, start in enumerate(range(0, max(1, len(state)), PART)):
            self._rows("INSERT INTO learnt VALUES (?, ?, ?)", service, part, state[start : start + PART])

    def forget(self, service: str) -> None:
        self.touched = True
        self._rows("DELETE FROM learnt WHERE service = ?", service)

    def advance(self, position: Position, before: Position | None) -> None:
        if self.position(position.key) != before:
            raise CatalogOvertaken(f"{position.name}: another process has counted it meanwhile")
        self._rows("INSERT OR REPLACE INTO position VALUES (?, ?)", position.key, msgspec.msgpack.encode(position))

    def describe(self, record: DescriptionRecord) -> None:
        self.touched = True
        if record.current:
            self._rows("UPDATE description SET current = 0 WHERE source = ?", record.source)
        self._rows(
            "INSERT INTO description (source, digest, body, first_read, last_read, current) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (source, digest) DO UPDATE SET body = excluded.body, last_read = excluded.last_read,"
            " current = excluded.current",
            record.source,
            record.digest,
            record.body,
            record.first_read,
            record.last_read,
            record.current,
        )

    def correct(self, correction: Correction) -> Correction:
        self.touched = True
        self._rows("INSERT INTO correction (body, holds) VALUES (x'', 1)")
        made = msgspec.structs.replace(correction, id=self._rows("SELECT last_insert_rowid()")[0][0])
        self._rows("UPDATE correction SET body = ? WHERE id = ?", msgspec.msgpack.encode(made), made.id)
        return made

    def take_back(self, correction: int) -> bool:
        if not self._rows("SELECT 1 FROM correction WHERE id = ? AND holds", correction):
            return False
        self.touched = True
        self._rows("UPDATE correction SET holds = 0 WHERE id = ?", correction)
        return True

    def identify(self, identities: Iterable[Identity]) -> None:
        for identity in identities:
            self.touched = True
            self._rows("INSERT OR REPLACE INTO identity VALUES (?, ?)", identity.id, msgspec.msgpack.encode(identity))

    def report(self, findings: Iterable[KnownFinding]) -> None:
        for known in findings:
            body = msgspec.msgpack.encode(known)
            self._rows("INSERT OR REPLACE INTO finding VALUES (?, ?)", known.finding.fingerprint, body)

    def write_note(self, name: str, value: bytes) -> None:
        self._rows("INSERT OR REPLACE INTO note VALUES (?, ?)", name, value)


def _meaning(error: sqlite3.Error) -> str:
    """What a person can do about it."""
    code = getattr(error, "sqlite_errorcode", None)
    primary = None if code is None else code & 0xFF
    known = {
        sqlite3.SQLITE_NOTADB: "not a catalog (no SQLite database)",
        sqlite3.SQLITE_CORRUPT: "damaged: restore it from a copy, or remove it and observe again",
        sqlite3.SQLITE_BUSY: f"another process has been writing for more than {WAIT:.0f} seconds; try again",
        sqlite3.SQLITE_FULL: "no space left on the disk; the last change was not made",
        sqlite3.SQLITE_READONLY: "may not be written",
        sqlite3.SQLITE_CANTOPEN: "cannot be opened: its directory must be writable, too",
    }
    return known.get(primary, str(error)) if primary is not None else str(error)
