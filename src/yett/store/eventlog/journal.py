"""The journal of one worker: `append` on the event loop, everything that can block on a thread of its own.

An event is encoded and put on a list; the thread takes the list every INTERVAL and writes it. With `durability: request` it
writes at once, syncs, and calls back on the loop; while it syncs, the next group gathers. The thread and the loop share only
the list and numbers that one of them writes. This module must not know the format, nor how files are written.
"""

import contextlib
import threading
import time
from asyncio import AbstractEventLoop
from collections import deque
from collections.abc import Callable
from pathlib import Path

import msgspec

from yett.model.event import Event
from yett.model.policy import Durability, Log
from yett.store.eventlog.directory import Busy, Directory
from yett.store.eventlog.encoding import ENCODING_ERRORS, encode, encode_cut
from yett.store.eventlog.recovery import HighWater, recover
from yett.store.eventlog.retention import record_limit
from yett.store.eventlog.writer import UPKEEP, SegmentWriter

INTERVAL = 0.05
"""Seconds that a record waits for others with `durability: batch`. With the time to write, a kill -9 loses less than 0.2 s."""
QUEUE_BYTES = 32 << 20
"""Bytes that may wait; `log.queue` bounds their number."""
SHARED = Path("/dev/shm")  # noqa: S108 - not a place for temporary files: names there are checked and kept

Callback = Callable[[bool], None]


class JournalError(Exception):
    """The log cannot be written: which directory, and why. A worker must not start without its log."""


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """For metrics. appended = written + dropped + queued, up to what the thread has in hand. failures: failed writes."""

    appended: int
    written: int
    dropped: int
    queued: int
    failures: int
    bytes_written: int
    last_error: str


class _Skip(int):
    """Stands in the queue where this many records were dropped."""


class _Outcome(msgspec.Struct, frozen=True):
    """What became of everything up to `upto`: numbers from `lost` on are not on disk, or not for sure."""

    upto: int
    lost: tuple[int, int] | None


class SegmentJournal:
    """Implements `yett.model.ports.Journal` on segment files.

    Opening repairs what a crash left; raises JournalError where the directory cannot be used or another process writes as the
    same worker. All methods but `counted` are for the thread of the event loop. Without `start` nothing is written until
    `flush` is called, which is how tests run it without a thread. clock: seconds since the Unix epoch.
    """

    def __init__(
        self,
        log: Log,
        directory: Path | Directory,
        worker: int,
        loop: AbstractEventLoop | None = None,
        clock: Callable[[], float] = time.time,
        shared: Path = SHARED,
    ) -> None:
        rim = directory if isinstance(directory, Directory) else Directory(directory)
        try:
            rim.prepare()
            self._seat = rim.seat(worker)
            self._water = HighWater(rim.path, worker, shared)
            try:
                start = recover(rim, worker, self._seat, self._water)
            except OSError:
                self._let_go()
                raise
        except (OSError, Busy) as error:
            raise JournalError(f"{rim.path}: the event log cannot be written: {error}") from error
        self._writer = SegmentWriter(rim, self._seat, log, worker, start, clock)
        self._loop = loop
        self._clock = clock
        self._durable = log.durability is Durability.REQUEST
        self._room = log.queue
        self._record_limit = record_limit(log)
        self._cell = self._water.cell
        self._first = self._sequence = start.sequence - 1
        self._cell[0] = self._sequence
        # Written by the loop's thread only:
        self._pending: list[bytes | _Skip] = []
        self._skipped = 0
        self._refused = 0
        self._bytes_in = 0
        self._reported = 0
        self._settled = self._sequence
        self._waiting: deque[tuple[int, Callback]] = deque()
        self._lost: deque[tuple[int, int]] = deque(maxlen=1_024)
        self._highest_lost = 0
        self._closed = False
        # Written by the thread that writes only:
        self._taken = self._sequence
        self._bytes_out = 0
        self._written = 0
        self._failed = 0
        self._failures = 0
        self._last_error = ""
        self._wake = threading.Event()
        self._hurry = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None

    @property
    def durable(self) -> bool:
        return self._durable

    def append(self, event: Event) -> int:
        """Queue one event; never blocks and never raises. What there is no room for is counted and leaves a gap."""
        sequence = self._cell[0] = self._sequence = self._sequence + 1
        try:
            record = encode(event)
        except ENCODING_ERRORS:
            record = encode_cut(event)
        size = len(record)
        if size > self._record_limit:
            record = encode_cut(event)
            size = len(record)
        pending = self._pending
        waiting = self._bytes_in - self._bytes_out
        if len(pending) >= self._room or waiting + size > QUEUE_BYTES or self._closed:
            self._skipped += 1
            self._refused += 1
            self._lose(sequence, sequence)
            return sequence
        if self._skipped:
            pending.append(_Skip(self._skipped))
            self._skipped = 0
        pending.append(record)
        self._bytes_in += size
        if len(pending) <= 2:  # 2: after a skip
            self._wake.set()
        elif len(pending) * 2 > self._room or waiting * 2 > QUEUE_BYTES:
            self._hurry.set()
        return sequence

    def on_durable(self, sequence: int, callback: Callback) -> None:
        """Call back with True once the record is on disk, with False if it will not be. Callbacks come in the order of
        registration, never from within this call. Nothing is promised, so all get False, unless `durable`."""
        self._waiting.append((sequence, callback))
        if self._loop is not None and (sequence <= self._settled or self._is_lost(sequence)):
            self._loop.call_soon(self._release)

    def counted(self) -> Counted:
        """The counters as they are now. For any thread."""
        return Counted(
            appended=self._sequence - self._first,
            written=self._written,
            dropped=self._refused + self._failed,
            queued=len(self._pending),
            failures=self._failures,
            bytes_written=self._writer.bytes_written,
            last_error=self._last_error,
        )

    def start(self) -> None:
        """Begin to write. Call it in the process that appends: threads do not survive a fork. Without a loop nobody is called
        back, and drops are only counted, not put on record."""
        self._thread = threading.Thread(target=self._run, name="event-log", daemon=True)
        self._thread.start()

    def flush(self) -> None:
        """Write what is queued, in the calling thread. Only where `start` was not called."""
        self._settle(self._write())

    def close(self, timeout: float = 5.0) -> None:
        """Write what is queued, mark the end, let go. After `timeout` seconds of a disk that hangs, leave it as after a crash:
        the next start repairs it."""
        if self._closed:
            return
        self._closed = self._stopping = True
        if self._thread is not None:
            self._wake.set()
            self._hurry.set()
            self._thread.join(timeout)
            if self._thread.is_alive():
                self._lose(self._settled + 1, self._sequence)
                self._release()
                return
        self.flush()
        try:
            self._writer.close(self._sequence + 1)
        except OSError as error:
            self._fail(error)
        else:
            self._water.forget()
        self._let_go()

    def _let_go(self) -> None:
        self._water.release()
        self._seat.release()

    def _run(self) -> None:
        while not self._stopping:
            if not self._pending:
                self._wake.wait(UPKEEP)
            self._wake.clear()
            if not self._durable:
                self._hurry.wait(INTERVAL)
                self._hurry.clear()
            outcome = self._write()
            if self._loop is not None:
                with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to be called back
                    self._loop.call_soon_threadsafe(self._settle, outcome)

    def _write(self) -> _Outcome:
        """Take what is queued and write it. Never raises."""
        count = len(self._pending)
        batch = self._pending[:count]
        del self._pending[:count]
        first = self._taken + 1
        runs, self._taken = _runs(first, batch)
        lost = None
        try:
            for number, records in runs:
                self._writer.write(number, records, self._durable)
            if self._durable and runs:
                self._writer.sync()
        except Exception as error:  # noqa: BLE001 - not only OSError: even a mistake of ours must not end the thread unseen
            self._fail(error)
            lost = (first if self._durable else max(first, self._writer.next), self._taken)
        written = sum(min(len(records), max(0, self._writer.next - number)) for number, records in runs)
        self._written += written
        self._failed += sum(len(records) for _, records in runs) - written
        self._bytes_out += sum(len(record) for _, records in runs for record in records)
        try:
            self._writer.upkeep()
        except OSError as error:
            self._fail(error)
        return _Outcome(self._taken, lost)

    def _fail(self, error: Exception) -> None:
        self._failures += 1
        self._last_error = str(error) or type(error).__name__

    def _settle(self, outcome: _Outcome) -> None:
        """On the loop's thread: tell those who wait, and put on record that something was dropped once writing works again."""
        self._settled = max(self._settled, outcome.upto)
        if outcome.lost is not None:
            self._lose(*outcome.lost)
        self._release()
        dropped = self._refused + self._failed
        if outcome.lost is None and dropped > self._reported and not self._closed:
            missing, self._reported = dropped - self._reported, dropped
            detail: dict[str, str | int | float] = {"dropped": missing, "total": dropped, "error": self._last_error}
            self.append(Event(tag="gateway:log:dropped", time=self._clock(), detail=detail))

    def _release(self) -> None:
        while self._waiting:
            sequence, callback = self._waiting[0]
            lost = self._is_lost(sequence)
            if not lost and sequence > self._settled:
                return
            self._waiting.popleft()
            try:
                callback(self._durable and not lost)
            except Exception as error:  # one caller's mistake must not leave the others waiting
                if self._loop is None:
                    raise
                self._loop.call_exception_handler({"message": "a callback of the event log failed", "exception": error})

    def _lose(self, first: int, last: int) -> None:
        if self._lost and self._lost[-1][1] + 1 == first:
            first = self._lost.pop()[0]
        self._lost.append((first, last))
        self._highest_lost = max(self._highest_lost, last)

    def _is_lost(self, sequence: int) -> bool:
        return sequence <= self._highest_lost and any(first <= sequence <= last for first, last in self._lost)


def _runs(first: int, batch: list[bytes | _Skip]) -> tuple[list[tuple[int, list[bytes]]], int]:
    """Records that are numbered without gaps, each run with its first number; and the number of the last record."""
    runs: list[tuple[int, list[bytes]]] = []
    number = first
    records: list[bytes] = []
    for entry in batch:
        if isinstance(entry, _Skip):
            if records:
                runs.append((number, records))
            number, records = number + len(records) + entry, []
        else:
            records.append(entry)
    if records:
        runs.append((number, records))
    return runs, number + len(records) - 1
