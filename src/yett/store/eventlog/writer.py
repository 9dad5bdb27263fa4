"""Writes runs of records into segments: opens, rotates, takes back what was written by half, deletes what is too old.

Synchronous and used by one thread. It must not know of queues, event loops or callbacks; those are the journal's.
"""

import contextlib
import errno
import os
from collections.abc import Callable, Iterator, Sequence

from yett.model.policy import Log
from yett.store.eventlog.directory import Directory, LogFile, Seat, SegmentName
from yett.store.eventlog.frames import (
    FRAME_TARGET,
    SEGMENT_HEADER_SIZE,
    Flag,
    Kind,
    SegmentHeader,
    pack_frame,
    pack_segment_header,
)
from yett.store.eventlog.recovery import Start
from yett.store.eventlog.retention import retain, rotation_age, share

UPKEEP = 60.0
"""Seconds between two looks at age and size where no segment is rotated."""
_FULL = {errno.ENOSPC, errno.EDQUOT}


class SegmentWriter:
    """Appends to one worker's segments. `clock` gives seconds since the Unix epoch."""

    def __init__(
        self, directory: Directory, seat: Seat, log: Log, worker: int, start: Start, clock: Callable[[], float]
    ) -> None:
        self._directory = directory
        self._seat = seat
        self._log = log
        self._worker = worker
        self._clock = clock
        self._flags = start.flags
        self._next = start.sequence
        self._newest = start.newest
        self._file: LogFile | None = None
        self._size = 0
        self._limit = 0
        self._created = 0.0
        self._seed = 0
        self._opened = False  # whether this writer ever began a segment
        self._named = True  # whether the names of all segments are durable
        self._looked = clock()
        self.bytes_written = 0

    def write(self, first: int, records: Sequence[bytes], durable: bool) -> None:
        """Append records numbered from `first` on. Raises OSError; `next` then says how far it got.

        durable: also leave no older segment unsynced when a new one begins; `sync` completes it.
        """
        if self._file is not None and self._file.deleted:
            self._abandon()
        for start, part in _frames(records):
            number = first + start
            frame = b""
            if self._file is not None:
                frame = pack_frame(Kind.EVENTS, number, part, self._seed)
                if self._size + len(frame) > self._limit and self._size > SEGMENT_HEADER_SIZE:
                    self._leave(durable)
            if self._file is None:
                self._open(number)
                frame = pack_frame(Kind.EVENTS, number, part, self._seed)
            self._append(frame)
            self._next = number + len(part)

    @property
    def next(self) -> int:
        """One above the highest number that was written."""
        return self._next

    def sync(self) -> None:
        """Everything written so far survives a power cut once this returns. Raises OSError."""
        if self._file is not None:
            try:
                self._file.sync()
            except OSError:
                # After a failed sync the kernel may call lost pages clean: nothing in this file can be promised any more.
                self._abandon()
                raise
        if not self._named:
            self._directory.sync()
            self._named = True

    def upkeep(self) -> None:
        """Close a segment that has become old, delete what retention wants gone. Cheap to call often. Raises OSError."""
        now = self._clock()
        if 0 <= now - self._looked < UPKEEP:
            return
        self._looked = now
        if self._file is not None and now - self._created >= rotation_age(self._log):
            self._leave(durable=True)
        self._limit = min(self._limit, share(self._log, self._directory.segments()))  # there may be more workers now
        retain(self._directory, self._log, now)

    def close(self, following: int) -> None:
        """Stop in order: `following` is the number that comes next. Raises OSError."""
        try:
            if self._file is None and (self._opened or self._flags is not Flag.NONE or following != self._next):
                self._open(following)
            if self._file is not None:
                self._append(pack_frame(Kind.CLOSE, following, (), self._seed))
                self.sync()
            self._seat.remember(following, closed=True)
        finally:
            self._abandon()

    def _open(self, number: int) -> None:
        """Begin a segment whose first record has this number."""
        now = self._clock()
        name = SegmentName(self._worker, max(int(now * 1e6), self._newest + 1))
        header = SegmentHeader(worker=self._worker, start=number, created=name.id, salt=os.urandom(16), flags=self._flags)
        limit = share(self._log, self._directory.segments())
        self._seat.remember(number, closed=False)
        self._file = self._directory.create(name, pack_segment_header(header))
        self._newest, self._named, self._opened, self._flags = name.id, False, True, Flag.NONE
        self._seed, self._created, self._size, self._limit = header.seed, now, SEGMENT_HEADER_SIZE, limit
        self._looked = -UPKEEP  # there is more now than before: look soon

    def _append(self, frame: bytes) -> None:
        assert self._file is not None
        try:
            self._file.write(frame)
        except OSError as error:
            self._take_back(error)
            raise
        self._size += len(frame)
        self.bytes_written += len(frame)

    def _leave(self, durable: bool) -> None:
        file, self._file = self._file, None
        if file is None:
            return
        try:
            if durable:
                file.sync()
        finally:
            file.close()

    def _take_back(self, error: OSError) -> None:
        """Cut off a frame that was written by half. Where that fails, or the disk fails, go on in another segment."""
        assert self._file is not None
        try:
            self._file.truncate(self._size)
        except OSError:
            self._abandon()
        else:
            if error.errno not in _FULL:
                self._abandon()

    def _abandon(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(OSError):  # its records are already counted as lost, or were written
                file.close()


def _frames(records: Sequence[bytes]) -> Iterator[tuple[int, Sequence[bytes]]]:
    """Cut into parts of about FRAME_TARGET bytes, with the index of each part's first record."""
    start = size = 0
    for index, record in enumerate(records):
        if size and size + len(record) > FRAME_TARGET:
            yield start, records[start:index]
            start, size = index, 0
        size += len(record)
    if start < len(records):
        yield start, records[start:]
