"""The rim between the event log and the file system: names, locks, and the few calls that change files.

Everything that writes goes through `Directory` and `LogFile`, so that a test can put a full disk or a power cut in their place.
Needs a local POSIX file system with working flock(2); it must not know the format of what it writes.
"""

import contextlib
import fcntl
import os
import re
from pathlib import Path

import msgspec

_NAME = re.compile(r"w(0|[1-9][0-9]{0,4})-([0-9a-f]{16})\.ylog\Z")
_FLAGS = os.O_CLOEXEC | os.O_NOFOLLOW
_sync = getattr(os, "fdatasync", os.fsync)  # macOS has only fsync
FILE_MODE = 0o600
DIRECTORY_MODE = 0o700


class Busy(Exception):
    """Another process holds what this one needs: which."""


class SegmentName(msgspec.Struct, frozen=True, order=True):
    """`w<worker>-<id>.ylog`. `id` is the time of creation in microseconds since the Unix epoch, 16 hex digits, and rises."""

    worker: int
    id: int

    @property
    def file(self) -> str:
        return f"w{self.worker}-{self.id:016x}.ylog"


class SegmentFile(msgspec.Struct, frozen=True, order=True):
    """One segment as the directory lists it. modified: seconds since the Unix epoch."""

    name: SegmentName
    size: int = 0
    modified: float = 0.0


def segment_name(file: str) -> SegmentName | None:
    """Read a file name; None if it is not a segment's."""
    match = _NAME.match(file)
    return SegmentName(int(match[1]), int(match[2], 16)) if match else None


class LogFile:
    """An open segment that its one writer appends to. Offsets and sizes are bytes; every call may raise OSError."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, block: bytes) -> None:
        """Append all of `block`."""
        view = memoryview(block)
        while view:
            view = view[os.write(self._descriptor, view) :]

    def truncate(self, size: int) -> None:
        os.ftruncate(self._descriptor, size)
        os.lseek(self._descriptor, size, os.SEEK_SET)

    def sync(self) -> None:
        _sync(self._descriptor)

    @property
    def deleted(self) -> bool:
        """Whether somebody has deleted it: what is written then is never found, and still takes room."""
        return os.fstat(self._descriptor).st_nlink == 0

    def close(self) -> None:
        os.close(self._descriptor)


class Seat:
    """The right to write as one worker in one directory: a lock that dies with the process.

    The lock file also remembers the next sequence number, and whether the last writer stopped in order, for when retention has
    deleted every segment.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _FLAGS, FILE_MODE)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            raise Busy(f"{path.name} is held by another process: another gateway writes into this directory") from error

    def recall(self) -> tuple[int, bool]:
        """The remembered number, 0 if there is none, and whether the last writer stopped in order."""
        words = os.pread(self._descriptor, 64, 0).split()
        return (int(words[0]), words[1:] == [b"closed"]) if words and words[0].isdigit() else (0, False)

    def remember(self, number: int, closed: bool) -> None:
        os.pwrite(self._descriptor, b"%-20d %-6s\n" % (number, b"closed" if closed else b"open"), 0)

    def release(self) -> None:
        os.close(self._descriptor)


class Directory:
    """One directory of segments. Every call may raise OSError."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def prepare(self) -> None:
        """Create the directory, and what is missing above it, for the owner only. An existing one keeps its mode."""
        missing = [self.path]
        while not missing[-1].parent.exists():
            missing.append(missing[-1].parent)
        for path in reversed(missing):
            path.mkdir(mode=DIRECTORY_MODE, exist_ok=True)

    def segments(self) -> list[SegmentFile]:
        """All segments, ordered by worker and age, oldest first."""
        found = []
        with os.scandir(self.path) as entries:
            for entry in entries:
                name = segment_name(entry.name)
                if name is not None and entry.is_file(follow_symlinks=False):
                    with contextlib.suppress(FileNotFoundError):  # deleted meanwhile
                        status = entry.stat(follow_symlinks=False)
                        found.append(SegmentFile(name, status.st_size, status.st_mtime))
        return sorted(found)

    def seat(self, worker: int) -> Seat:
        """Raises Busy where another process writes as this worker."""
        return Seat(self.path / f"w{worker}.lock")

    def create(self, name: SegmentName, header: bytes) -> LogFile:
        """A new, locked segment that holds `header`. It gets its name only when it is both, so that nobody sees less."""
        hidden = self.path / f".{name.file}.new"
        descriptor = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _FLAGS, FILE_MODE)
        file = self.open(descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            file.write(header)
            hidden.rename(self.path / name.file)
        except OSError:
            file.close()
            hidden.unlink(missing_ok=True)
            raise
        return file

    def open(self, descriptor: int) -> LogFile:
        """The one place where a test puts its own kind of file."""
        return LogFile(descriptor)

    def reopen(self, name: SegmentName) -> LogFile:
        """An existing segment, to cut off its torn end."""
        return self.open(os.open(self.path / name.file, os.O_WRONLY | _FLAGS))

    def sync(self) -> None:
        """Make names durable."""
        descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def remove(self, name: SegmentName) -> bool:
        """Delete a segment, unless a writer has it open. True if it is gone."""
        try:
            descriptor = os.open(self.path / name.file, os.O_RDONLY | _FLAGS)
        except FileNotFoundError:
            return True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            (self.path / name.file).unlink(missing_ok=True)
        except BlockingIOError:
            return False
        finally:
            os.close(descriptor)
        return True

    def being_written(self, name: SegmentName) -> bool:
        try:
            descriptor = os.open(self.path / name.file, os.O_RDONLY | _FLAGS)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def clear_unfinished(self, worker: int) -> None:
        """Remove what a writer left that died while it created a segment. Only for who holds the seat."""
        for path in self.path.glob(f".w{worker}-*.new"):
            path.unlink(missing_ok=True)
