"""What a writer does before its first record: cuts off a torn end and finds out which sequence number comes next.

A number is given to every record when it is queued, so what a crash loses must show as missing numbers. How far the numbers
had been given out is kept in memory that outlives the process but not the machine (a small file on /dev/shm); where that
is gone, the numbers jump ahead and the new segment says that the loss is not known.
"""

import contextlib
import fcntl
import hashlib
import mmap
import os
import stat
from pathlib import Path

import msgspec

from yett.store.eventlog.directory import Directory, Seat, SegmentName
from yett.store.eventlog.frames import SEGMENT_HEADER_SIZE, Flag, FormatError, Kind
from yett.store.eventlog.segment import Segment

UNKNOWN_SKIP = 1 << 24
"""How far numbers jump where the loss is not known: more than can have been lost, so that no number is given out twice."""

_CELL = 8


class Start(msgspec.Struct, frozen=True):
    """Where a writer begins: the next sequence number, what to say of the writer before, the newest id used in a name."""

    sequence: int
    flags: Flag
    newest: int = 0


class HighWater:
    """The highest sequence number given out, in shared memory. `cell[0]` is written on the hot path: 20 ns.

    found: what an earlier process of this machine left there, or None. Not on disk on purpose: writing to a mapped page of a
    file can block on, or be killed by, a full or slow disk.
    """

    def __init__(self, directory: Path, worker: int, shared: Path) -> None:
        place = os.fsencode(directory.resolve())
        digest = hashlib.blake2b(place, digest_size=12).hexdigest()
        prefix = f"yett-{os.geteuid()}-"
        self._path = shared / f"{prefix}{digest}-w{worker}"
        self._descriptor = -1
        self.found: int | None = None
        memory = self._map(place)
        self.cell = memoryview(bytearray(8) if memory is None else memory).cast("Q")
        if memory is not None and self.cell[0]:
            self.found = self.cell[0]
        for path in shared.glob(f"{prefix}*"):
            _sweep(path)

    def _map(self, place: bytes) -> mmap.mmap | None:
        """The shared memory, or None where there is none or where the file is not safely our own. It holds the number and, for
        those who clean up, the path of the log."""
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError:
            return None
        try:
            status = os.fstat(descriptor)
            if stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() and status.st_nlink == 1:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if status.st_size < _CELL:
                    # Written, not only sized: a page that is not there could not be filled later.
                    os.pwrite(descriptor, bytes(_CELL) + place, 0)
                memory = mmap.mmap(descriptor, _CELL)
                self._descriptor, descriptor = descriptor, -1
                return memory
        except OSError:
            return None
        finally:
            if descriptor >= 0:
                os.close(descriptor)
        return None

    def forget(self) -> None:
        """After an orderly stop: nothing is under way any more."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
        self.release()

    def release(self) -> None:
        """As if the process ended: the number stays. Safe to call more than once."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            fcntl.flock(descriptor, fcntl.LOCK_UN)  # the mapping has a duplicate of the descriptor, so closing is not enough
            os.close(descriptor)


def _sweep(path: Path) -> None:
    """Remove what a crash left of a log whose directory was deleted since, unless a process has it."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            place = os.pread(descriptor, 4_096, _CELL)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if place and not Path(os.fsdecode(place)).exists():
                path.unlink()
        finally:
            os.close(descriptor)


class _End(msgspec.Struct, frozen=True):
    last: int
    closed: bool


def _repair(directory: Directory, name: SegmentName) -> _End | None:
    """Cut off what follows the last whole frame. None where the header is damaged: the file is left as it is."""
    try:
        with Segment(directory.path / name.file) as segment:
            end, last, closed = SEGMENT_HEADER_SIZE, segment.header.start - 1, False
            for frame in segment.frames():
                end, last, closed = frame.end, max(last, frame.last), frame.header.kind == Kind.CLOSE
            torn = segment.size > end
    except FormatError:
        return None
    if torn:
        file = directory.reopen(name)
        try:
            file.truncate(end)
            file.sync()
        finally:
            file.close()
    return _End(last, closed and not torn)


def recover(directory: Directory, worker: int, seat: Seat, water: HighWater) -> Start:
    """Repair this worker's newest segment and say where to go on. Raises OSError."""
    directory.clear_unfinished(worker)
    names = [file.name for file in directory.segments() if file.name.worker == worker]
    newest = names[-1].id if names else 0
    remembered, closed = seat.recall()
    ends = []
    for name in reversed(names):
        ends.append(_repair(directory, name))
        if ends[-1] is not None:
            break
    last = max(remembered - 1, *(end.last for end in ends if end is not None), 0)
    if ends:
        closed = ends[0] is not None and ends[0].closed and ends[0].last == last
    if closed or not (ends or remembered or water.found):
        return Start(last + 1, Flag.NONE, newest)
    if water.found is not None and water.found - last < UNKNOWN_SKIP - 1:  # else: an unknown loss, and no record since
        return Start(max(last, water.found) + 1, Flag.CRASHED, newest)
    last = max(last, (water.found or 0) + 1 - UNKNOWN_SKIP)
    return Start(last + UNKNOWN_SKIP, Flag.CRASHED | Flag.UNKNOWN, newest)
