"""Sources on their way: what of a file or an event log was not counted yet, and how far it is counted now.

It must not know what is learnt from it.
"""

import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from yett.edge.collectors.files import Collector, Found
from yett.edge.collectors.sources import Tap
from yett.formats.recordings import PACKED, Recording, read_event
from yett.model.catalog_store import CatalogUnusable, Position
from yett.store.eventlog.bookmark import Bookmark, BookmarkError
from yett.store.eventlog.reader import WINDOW, LogReader
from yett.store.eventlog.stream import Notice

LOOKED_AT = 65_536
"""Octets of the beginning of a file that tell its layout."""
PIECE = 256 << 10


class FileSource:
    """One file on its way. before: how far it was counted; again: to count that once more."""

    def __init__(self, key: str, name: str, before: Position | None, tap: Tap, again: bool = False) -> None:
        self.key = key
        self.before = before
        self._from = before = None if again else before
        self._name = name
        self._tap = tap
        self._entries = before.entries if before is not None else 0
        self._errors = before.errors if before is not None else 0
        self._failed = False

    def found(self, collector: Collector, lines: bool) -> Iterator[Found]:
        """What was not counted yet."""
        before = self._from
        file: io.BufferedReader[Any] = io.BufferedReader(self._tap, PIECE)
        if before is None:
            yield from collector.stream(file, self._name, self._tap.written)
            return
        if lines and before.whole:
            beginning = file.read(before.size)
            if beginning.endswith(b"\n") and not beginning.startswith(PACKED):
                yield from collector.stream(file, self._name, self._tap.written, beginning[:LOOKED_AT])
                return
            file = io.BufferedReader(_Again(beginning, file), PIECE)
        for one in collector.stream(file, self._name, self._tap.written):
            if one.index >= before.entries:
                yield one

    def counted(self, recording: Recording) -> None:
        self._entries += 1
        self._failed = bool(recording.error)
        self._errors += self._failed

    def position(self, whole: bool) -> Position:
        """Where it is now. An entry at the end that could not be read and has no line's end may be half written: it is read again
        when there is more."""
        torn = whole and self._failed and self._tap.last != b"\n"
        return Position(
            key=self.key,
            name=self._name,
            entries=self._entries - torn,
            size=self._tap.size,
            digest=self._tap.digest(),
            whole=whole,
            errors=self._errors - torn,
            at=0.0,
        )


class _Again(io.RawIOBase):
    """What was read already, and then the rest."""

    def __init__(self, beginning: bytes, rest: "io.BufferedReader[Any]") -> None:
        self._beginning = io.BytesIO(beginning)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        piece = self._beginning.read(len(buffer)) or self._rest.read1(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


class LogSource:
    """An event log, from where it was left. bounded: only what is there now; again: from its beginning.

    Raises CatalogUnusable, OSError.
    """

    def __init__(
        self,
        directory: Path,
        before: Position | None,
        notice: Callable[[Notice], None],
        bounded: bool = True,
        again: bool = False,
    ) -> None:
        self.key = log_key(directory)
        self.before = before
        before = None if again else before
        self._name = str(directory)
        self._entries = before.entries if before is not None else 0
        self._bounded = bounded
        try:
            bookmark = Bookmark.parse(before.mark) if before is not None else None
        except BookmarkError as error:
            raise CatalogUnusable(f"{directory}: how far it was read cannot be told: {error}") from None
        self._reader = LogReader(directory, bookmark, notice=notice, bounded=bounded)

    def close(self) -> None:
        self._reader.close()

    def found(self) -> Iterator[Found]:
        """What has come since the last time. Raises OSError."""
        for entry in self._reader.poll() if self._bounded else self._reader.poll(time.time(), WINDOW):
            recording = read_event(entry.event)
            if recording is not None:
                yield Found(self._name, self._entries, recording)

    def counted(self, recording: Recording) -> None:  # noqa: ARG002
        self._entries += 1

    def position(self, whole: bool) -> Position:
        mark = self._reader.bookmark.dump()
        return Position(key=self.key, name=self._name, entries=self._entries, whole=whole, mark=mark)


def log_key(directory: Path) -> str:
    return f"log:{directory.resolve()}"
