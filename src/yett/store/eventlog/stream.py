"""One worker's records in order, over all its segments: finds gaps and damage, knows where it is, waits at a torn end.

It must not know of other workers or of time.
"""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from yett.model.event import Event
from yett.store.eventlog.directory import SegmentName
from yett.store.eventlog.encoding import decode
from yett.store.eventlog.frames import SEGMENT_HEADER_SIZE, Flag, FormatError, Kind
from yett.store.eventlog.segment import Frame, Segment


class Mark(msgspec.Struct, frozen=True):
    """Where a record was read: reading goes on after it. `offset` is that of its frame, in bytes."""

    worker: int
    segment: int
    offset: int
    sequence: int


class Entry(msgspec.Struct, frozen=True):
    """One record and its place."""

    mark: Mark
    event: Event


class Gap(msgspec.Struct, frozen=True):
    """Records from `first` to `last` are not there: dropped, lost in a crash, or deleted. Not `exact`: that they were lost is
    known, not how many."""

    worker: int
    first: int
    last: int
    exact: bool = True

    def __str__(self) -> str:
        if not self.exact:
            return f"worker {self.worker}: an unknown number of records is missing after {self.first - 1}"
        return f"worker {self.worker}: {self.last - self.first + 1} records are missing ({self.first} to {self.last})"


class Damage(msgspec.Struct, frozen=True):
    """Bytes of a segment that cannot be read. `offset` is where they begin."""

    file: str
    offset: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: damaged at byte {self.offset}: {self.reason}"


Notice = Gap | Damage


class WorkerStream:
    """The records of one worker. That a later segment is listed proves that an earlier one no longer grows."""

    def __init__(self, path: Path, worker: int, mark: Mark | None, notice: Callable[[Notice], None]) -> None:
        self._path = path
        self._worker = worker
        self._notice = notice
        self._names: Sequence[SegmentName] = ()
        self._end: int | None = None
        self._segment: Segment | None = None
        self._name = SegmentName(worker, mark.segment) if mark else None
        self._offset = mark.offset if mark else 0
        self._expected = mark.sequence + 1 if mark else 0
        self._entries: deque[Entry] = deque()
        self._stuck = (0, 0)

    def close(self) -> None:
        if self._segment is not None:
            self._segment.close()
            self._segment = None

    def refresh(self, names: Sequence[SegmentName], end: int | None = None) -> None:
        """Say which segments there are, oldest first, and where reading the newest must end (None: where it does)."""
        self._names = names
        self._end = end

    def head(self) -> Entry | None:
        """The next record, which stays until `pop`; None where there is none yet. Raises OSError."""
        while not self._entries:
            if self._segment is None and not self._open():
                return None
            frame = self._next_frame()
            if frame is not None:
                self._accept(frame)
            elif not self._leave():
                return None
        return self._entries[0]

    def pop(self) -> None:
        self._entries.popleft()

    def _open(self) -> bool:
        """Open the marked segment, or the next one there is."""
        for name in self._names[bisect_left(self._names, self._name) if self._name else 0 :]:
            try:
                self._segment = segment = Segment(self._path / name.file)
            except FileNotFoundError:  # retention was faster
                continue
            except FormatError as error:
                self._notice(Damage(name.file, 0, str(error)))
                self._name, self._offset = SegmentName(name.worker, name.id + 1), 0
                continue
            if name != self._name or self._offset == 0:
                self._offset = SEGMENT_HEADER_SIZE
                self._begin(name, segment)
            self._name = name
            return True
        return False

    def _begin(self, name: SegmentName, segment: Segment) -> None:
        start = segment.header.start
        if self._expected and start > self._expected:
            self._notice(Gap(self._worker, self._expected, start - 1, exact=not segment.header.flags & Flag.UNKNOWN))
        elif start < self._expected:
            self._notice(Damage(name.file, 0, f"numbers begin again at {start}, after {self._expected - 1}"))
        self._expected = start

    def _next_frame(self) -> Frame | None:
        assert self._segment is not None
        assert self._name is not None
        newest = self._name == self._names[-1]
        end = self._end if newest else None
        if end is not None and self._offset >= end:
            return None
        size = self._segment.size
        if newest and self._stuck == (self._offset, size):  # torn, as before: do not search it again
            return None
        frame = self._segment.after(self._offset)
        if frame is None:
            self._stuck = (self._offset, size)
            return None
        if end is not None and frame.offset >= end:
            return None
        if frame.offset > self._offset:
            self._notice(Damage(self._name.file, self._offset, f"{frame.offset - self._offset} bytes skipped"))
        return frame

    def _accept(self, frame: Frame) -> None:
        """Queue the frame's records, without those that were already read."""
        assert self._name is not None
        self._offset = frame.end
        first = frame.header.first
        if first > self._expected:
            self._notice(Gap(self._worker, self._expected, first - 1))
        if frame.header.kind == Kind.EVENTS:
            try:
                events = decode(frame.payload, self._worker, first)
            except msgspec.DecodeError as error:
                self._notice(Damage(self._name.file, frame.offset, f"not a list of events: {error}"))
                events = []
            fresh = events[max(0, self._expected - first) :]
            self._entries.extend(
                Entry(Mark(self._worker, self._name.id, frame.offset, event.sequence), event) for event in fresh
            )
        self._expected = max(self._expected, frame.last + 1)

    def _leave(self) -> bool:
        """At the end of a segment: go to the next one if there is one."""
        assert self._segment is not None
        assert self._name is not None
        later = bisect_right(self._names, self._name)
        if later == len(self._names):
            return False
        size = self._segment.size
        if size > self._offset:
            self._notice(Damage(self._name.file, self._offset, f"{size - self._offset} bytes at the end skipped"))
        self._segment.close()
        self._segment = None
        self._name, self._offset = self._names[later], 0
        return True
