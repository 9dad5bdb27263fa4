"""Recordings from files and directory trees, one after another, with memory for one entry, however many there are.

A directory is walked in the order of names; one that the caller knows as an event log is read as that. What a file is, its content
says, compressed or not. What cannot be read is a Recording with an error, in its place. It must not know what recordings are for.
"""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

import msgspec

from yett.formats.recordings import (
    BEGINNING,
    LARGEST,
    NO_HOST,
    PACKED,
    Damaged,
    KeyedLayout,
    Kind,
    Layout,
    Origin,
    Recording,
    Sniffed,
    read_event,
    recordings,
    sniff,
    unpacked,
)
from yett.model.event import Event

PIECE = 256 << 10
"""Bytes read at once."""

Events = Callable[[Path], Iterable[Event | str] | None]
"""The records of an event log's directory, with a text where some cannot be read; None where the directory is no event log. May
raise OSError while it is read."""


class Found(msgspec.Struct, frozen=True):
    """One recording, and where it was: `index` counts from 0 within its source."""

    source: str
    index: int
    recording: Recording


class Collector:
    """strict: framing is taken as it stands, see `yett.formats.recordings.values.framed`. read: called with the number of bytes
    that were read of a file, and with 0 for each file that is done. layouts: of logs, which are looked for before those that are
    known. host: of log entries that do not say for which host they are. largest: bytes of what is read as one. kind: what
    every file is; told by its content if None."""

    def __init__(
        self,
        strict: bool = False,
        events: Events | None = None,
        read: Callable[[int], None] | None = None,
        layouts: Sequence[Layout | KeyedLayout] = (),
        host: bytes = NO_HOST,
        largest: int = LARGEST,
        kind: Kind | None = None,
    ) -> None:
        self._strict = strict
        self._events = events
        self._read = read
        self._layouts = tuple(layouts)
        self._host = host
        self._largest = largest
        self._kind = kind

    def collect(self, path: Path) -> Iterator[Found]:
        """Everything that is at a path, in order. Never raises OSError."""
        if path.is_dir():
            yield from self._directory(path)
        else:
            yield from self._file(path)

    def stream(self, file: IO[bytes], name: str, written: float = 0.0, before: bytes = b"") -> Iterator[Found]:
        """As `collect`, of what is open already, such as standard input. written: for what does not say when it was, in seconds
        since the Unix epoch. before: the beginning of a file of lines, where `file` only goes on in it, behind a line's end."""
        yield from _counted(name, self._content(file, name, written, before))

    def _directory(self, top: Path) -> Iterator[Found]:
        """Depth first. A loop with a stack: depth is up to whoever made the tree."""
        pending = [top]
        while pending:
            path = pending.pop()
            try:
                if not path.is_dir() or (path is not top and path.is_symlink()):
                    yield from self._file(path, regular=True)
                    continue
                events = self._events(path) if self._events is not None else None
                if events is None:
                    pending.extend(reversed(_children(path)))
            except OSError as error:
                yield Found(str(path), 0, Recording(error=_reason(error)))
                continue
            if events is not None:
                yield from _counted(str(path), _logged(events))

    def _file(self, path: Path, regular: bool = False) -> Iterator[Found]:
        """regular: in a tree, pipes and devices are no recordings: reading them might never end."""
        try:
            if regular and not stat.S_ISREG(path.stat().st_mode):
                kind = "a link to a directory, which is not followed" if path.is_dir() else "not a file"
                yield Found(str(path), 0, Recording(error=kind))
                return
            with open(path, "rb", buffering=0) as file:
                yield from _counted(str(path), self._content(file, path.name, os.fstat(file.fileno()).st_mtime, b""))
        except OSError as error:
            yield Found(str(path), 0, Recording(error=_reason(error)))
        finally:
            if self._read is not None:
                self._read(0)

    def _content(self, file: IO[bytes], name: str, written: float, before: bytes) -> Iterator[Recording]:
        pieces = self._pieces(file)
        beginning = next(pieces, b"")
        while len(beginning) < len(PACKED) and (more := next(pieces, b"")):
            beginning += more
        origin = Origin(written, name, self._strict, self._host, before, self._largest)
        try:
            if beginning.startswith(PACKED) and not before:
                pieces, beginning = unpacked(_joined(beginning, pieces)), b""
            while len(beginning) < BEGINNING and (more := next(pieces, b"")):  # a pipe gives what it has
                beginning += more
            sniffed = Sniffed(self._kind) if self._kind else sniff(before or beginning, name.removesuffix(".gz"), self._layouts)
            yield from recordings(sniffed, origin, _joined(beginning, pieces))
        except Damaged as damage:
            yield Recording(id=name, error=f"gzip: {damage}")

    def _pieces(self, file: IO[bytes]) -> Iterator[bytes]:
        read = getattr(file, "read1", file.read)  # what is there, rather than waiting until a piece is full
        while piece := read(PIECE):
            if self._read is not None:
                self._read(len(piece))
            yield piece


def _children(path: Path) -> list[Path]:
    """What is in a directory, by name, without hidden directories: those belong to tools."""
    with os.scandir(path) as entries:
        names = [entry.name for entry in entries if not (entry.name.startswith(".") and entry.is_dir(follow_symlinks=False))]
    return [path / name for name in sorted(names)]


def _joined(beginning: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    yield beginning
    yield from pieces


def _counted(source: str, recordings: Iterable[Recording]) -> Iterator[Found]:
    index = 0
    try:
        for recording in recordings:
            yield Found(source, index, recording)
            index += 1
    except OSError as error:  # in the middle of a file, or of a log
        yield Found(source, index, Recording(error=_reason(error)))


def _logged(events: Iterable[Event | str]) -> Iterator[Recording]:
    for event in events:
        recording = Recording(error=event) if isinstance(event, str) else read_event(event)
        if recording is not None:
            yield recording


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
