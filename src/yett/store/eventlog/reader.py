"""Reads a directory of segments: all workers merged by time, to the end or for as long as it grows.

The order is that of the moments at which records were written (start plus duration). Records of one worker never change places;
between workers, a reader that follows holds back the others for at most WINDOW while one of them has nothing to say.
It must not know who reads, nor why.
"""

import heapq
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from yett.store.eventlog.bookmark import Bookmark
from yett.store.eventlog.directory import Directory, SegmentFile
from yett.store.eventlog.filter import EVERYTHING, Filter
from yett.store.eventlog.stream import Entry, Notice, WorkerStream

WINDOW = 0.25
"""Seconds: longer than a writer keeps a record to itself (see journal.INTERVAL)."""
POLL = 0.1
SLACK = 2.0
"""Seconds by which the time of a file and that of a record in it may disagree."""


def ignore(notice: Notice) -> None:
    """For those who do not care for gaps and damage."""


class LogReader:
    """Reads on from a bookmark, as often as it is asked. `bookmark` is always after the last entry that was handed out.

    notice: called with gaps and damage, in the place where they stand. bounded: read only what is there now. A reader takes no
    lock and never slows a writer.
    """

    def __init__(
        self,
        path: Path,
        bookmark: Bookmark | None = None,
        wanted: Filter = EVERYTHING,
        notice: Callable[[Notice], None] = ignore,
        bounded: bool = False,
    ) -> None:
        self.bookmark = bookmark.copy() if bookmark else Bookmark()
        self._directory = Directory(path)
        self._wanted = wanted
        self._notice = notice
        self._bounded = bounded
        self._streams: dict[int, WorkerStream] = {}
        self._refresh()

    def close(self) -> None:
        for stream in self._streams.values():
            stream.close()

    def poll(self, now: float = 0.0, window: float = 0.0) -> Iterator[Entry]:
        """What there is now. Raises OSError.

        While a worker has nothing, records of others that are younger than `window` seconds at `now` (since the Unix epoch)
        stay for the next call, because that worker may be about to write older ones.
        """
        if not self._bounded:
            self._refresh()
        heads: list[tuple[float, int, Entry]] = []
        silent = False
        for worker, stream in self._streams.items():
            entry = stream.head()
            if entry is None:
                silent = True
            else:
                heads.append((_moment(entry), worker, entry))
        heapq.heapify(heads)
        while heads:
            moment, worker, entry = heads[0]
            if silent and now - window < moment <= now:  # not where a clock that was set back puts it into the future
                return
            stream = self._streams[worker]
            stream.pop()
            self.bookmark.advance(entry.mark)
            if self._wanted.matches(entry.event):
                yield entry
            following = stream.head()
            if following is None:
                heapq.heappop(heads)
                silent = True
            else:
                heapq.heapreplace(heads, (_moment(following), worker, following))

    def _refresh(self) -> None:
        by_worker: dict[int, list[SegmentFile]] = {}
        for file in self._directory.segments():
            # Segments whose last write is older than what is asked for need not be opened.
            if self._wanted.since is None or file.modified >= self._wanted.since - SLACK:
                by_worker.setdefault(file.name.worker, []).append(file)
        for worker, files in by_worker.items():
            if worker not in self._streams:
                mark = self.bookmark.marks.get(worker)
                self._streams[worker] = WorkerStream(self._directory.path, worker, mark, self._notice)
            self._streams[worker].refresh([file.name for file in files], files[-1].size if self._bounded else None)


def read(
    path: Path,
    bookmark: Bookmark | None = None,
    wanted: Filter = EVERYTHING,
    notice: Callable[[Notice], None] = ignore,
) -> Iterator[Entry]:
    """Everything that is in the directory at the time of the call, from `bookmark` on. Raises OSError."""
    reader = LogReader(path, bookmark, wanted, notice, bounded=True)
    try:
        yield from reader.poll()
    finally:
        reader.close()


def follow(
    reader: LogReader, wait: Callable[[float], None] = time.sleep, clock: Callable[[], float] = time.time
) -> Iterator[Entry]:
    """Entries for as long as somebody asks for them. `wait` may raise to end it. Raises OSError."""
    while True:
        yield from reader.poll(clock(), WINDOW)
        wait(POLL)


def _moment(entry: Entry) -> float:
    return entry.event.time + entry.event.duration
