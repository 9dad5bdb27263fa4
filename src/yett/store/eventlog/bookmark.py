"""How far a reader has come, kept on disk so that it goes on there after any end.

Delivery is at least once: a reader that is killed after it worked on a record and before `save` returns sees that record
again. One that keeps `Bookmark.dump()` in the same transaction as its results sees every record exactly once.
"""

import contextlib
import os
from pathlib import Path

import msgspec

from yett.store.eventlog.stream import Mark

_VERSION = 1


class BookmarkError(Exception):
    """The file is not a bookmark: which, and why. It is never taken for the beginning."""


class _Stored(msgspec.Struct, frozen=True):
    version: int
    marks: list[Mark]


class Bookmark:
    """The last record read of each worker."""

    def __init__(self, marks: dict[int, Mark] | None = None) -> None:
        self.marks: dict[int, Mark] = dict(marks or {})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bookmark) and other.marks == self.marks

    __hash__ = None  # type: ignore[assignment]

    def advance(self, mark: Mark) -> None:
        self.marks[mark.worker] = mark

    def copy(self) -> "Bookmark":
        return Bookmark(self.marks)

    def dump(self) -> bytes:
        return msgspec.json.encode(_Stored(_VERSION, list(self.marks.values())))

    @classmethod
    def parse(cls, raw: bytes) -> "Bookmark":
        """Raises BookmarkError."""
        try:
            stored = msgspec.json.decode(raw, type=_Stored)
        except msgspec.DecodeError as error:
            raise BookmarkError(f"not a bookmark: {error}") from error
        if stored.version != _VERSION:
            raise BookmarkError(f"a bookmark of version {stored.version}, this version of Yett reads {_VERSION}")
        return cls({mark.worker: mark for mark in stored.marks})

    @classmethod
    def load(cls, path: Path) -> "Bookmark":
        """A missing file is the beginning. Raises BookmarkError and OSError."""
        try:
            return cls.parse(path.read_bytes())
        except FileNotFoundError:
            return cls()
        except BookmarkError as error:
            raise BookmarkError(f"{path}: {error}") from error

    def save(self, path: Path) -> None:
        """Replace the file as a whole, durably. Raises OSError."""
        hidden = path.with_name(f".{path.name}.new")
        descriptor = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(self.dump())
                file.flush()
                os.fsync(descriptor)
            hidden.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                hidden.unlink(missing_ok=True)
            raise
        directory = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
