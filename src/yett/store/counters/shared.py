"""Counters shared by all workers of one machine: tables in mapped files, a lock for each stripe of them.

The supervisor calls `create_files` once, then each worker makes its own `SharedCounters` (after a fork, never before). Rates
and slots are forgotten with the machine's boot, because they hang on its monotonic clock and its processes; quotas are kept.
Where a worker is killed between admitting a request and serving it, that one request stays counted; nothing else is lost.
The directory must be on a local file system. It must not know of policies or requests.

Quotas and power cuts: counts are in the page cache at once, so no end of any process loses one. `sync` writes them to the
disk; the supervisor calls it every few seconds, off the event loop. A power cut loses what was counted since.
"""

from fcntl import flock
from pathlib import Path

import msgspec

from yett.model.limits import ended, gcra, quota, ungcra, unquota
from yett.model.ports import Admission, TableStats
from yett.store.counters.files import boot_id, ensure_durable, ensure_volatile, map_table
from yett.store.counters.locks import GIVE, TAKE, Seats, Stripes
from yett.store.counters.table import STRIPES, Layout, fold

WAYS = 42
"""Rows in a bucket of rates or quotas: 42 x (16 + 8) octets fill 1 KiB. With this many, a bucket overflows only when more
than half of all places are taken (probability 10^-5 at half, Poisson)."""

SLOT_WAYS = 32

_LAST_STRIPE = STRIPES - 1


class Sizes(msgspec.Struct, frozen=True):
    """Buckets of each table, powers of two. By default 344,064 rates and as many quotas (8 MiB each), 16,384 slots."""

    rates: int = 8_192
    quotas: int = 8_192
    slots: int = 512


def create_files(directory: Path, workers: int, sizes: Sizes | None = None, boot: bytes | None = None) -> list[str]:
    """Make the files, or keep those that are still good. For the supervisor, before any worker starts.

    workers: how many are to run; twice as many and four more find a seat, so that replacements overlap. boot: 16 octets in
    place of this boot's id. Returns remarks for the log. Raises OSError.
    """
    sizes, boot = sizes or Sizes(), boot or boot_id()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    ensure_volatile(directory / "rates", Layout("rates", "d", WAYS, 1, sizes.rates), boot)
    ensure_volatile(directory / "slots", Layout("slots", "I", SLOT_WAYS, 2 * workers + 4, sizes.slots), boot)
    remark = ensure_durable(directory / "quotas", Layout("quotas", "Q", WAYS, 1, sizes.quotas))
    return [remark] if remark else []


class SharedCounters:
    """The `Counters` port for all processes of one machine that were given the same directory. For one thread of each."""

    def __init__(self, directory: Path) -> None:
        """Map the files that `create_files` made. Raises OSError, CountersDamaged; CountersUnavailable if every seat is
        taken by a living process."""
        self._rates = map_table(directory / "rates")
        self._quotas = map_table(directory / "quotas")
        self._slots = map_table(directory / "slots")
        self._columns = self._slots.layout.width
        self._seats = Seats(directory, self._columns)
        self._seat = self._seats.number
        self._stripes = Stripes(directory, STRIPES)
        self._handles = self._stripes.handles
        self._slots.clear_column(self._seat)  # of whoever sat here before and died

    def close(self) -> None:
        """Give everything back, as the end of the process would."""
        self._slots.clear_column(self._seat)
        self._seats.close()
        self._stripes.close()
        for table in (self._rates, self._quotas, self._slots):
            table.close()

    def _take(self, bucket: int) -> int:
        """Lock a bucket's stripe; returns the handle to give back."""
        handle = self._handles[bucket & _LAST_STRIPE]
        try:
            flock(handle, TAKE)
        except BlockingIOError:
            self._stripes.wait(handle)
        return handle

    def admit(self, key: bytes, interval: float, burst: int, monotonic: float) -> Admission:
        table, key = self._rates, fold(key)
        bucket = table.bucket(key)
        handle = self._take(bucket)
        try:
            at = table.find(bucket, key)
            if at < 0:
                at = table.place(bucket, key, lambda due: due <= monotonic)
            table.numbers[at], admission = gcra(table.numbers[at], interval, burst, monotonic)
            return admission
        finally:
            flock(handle, GIVE)

    def refund(self, key: bytes, interval: float) -> None:
        table, key = self._rates, fold(key)
        bucket = table.bucket(key)
        handle = self._take(bucket)
        try:
            at = table.find(bucket, key)
            if at >= 0:
                table.numbers[at] = ungcra(table.numbers[at], interval)
        finally:
            flock(handle, GIVE)

    def spend(self, key: bytes, limit: int, window_start: float, window_end: float, now: float) -> Admission:  # noqa: ARG002
        table, key = self._quotas, fold(key)
        bucket = table.bucket(key)
        handle = self._take(bucket)
        try:
            at = table.find(bucket, key)
            if at < 0:
                at = table.place(bucket, key, lambda word: ended(int(word), now))
            table.numbers[at], admission = quota(table.numbers[at], limit, window_end, now)
            return admission
        finally:
            flock(handle, GIVE)

    def unspend(self, key: bytes, window_end: float) -> None:
        table, key = self._quotas, fold(key)
        bucket = table.bucket(key)
        handle = self._take(bucket)
        try:
            at = table.find(bucket, key)
            if at >= 0:
                table.numbers[at] = unquota(table.numbers[at], window_end)
        finally:
            flock(handle, GIVE)

    def acquire(self, key: bytes, limit: int) -> bool:
        table, key = self._slots, fold(key)
        bucket = table.bucket(key)
        handle = self._take(bucket)
        try:
            at = table.find(bucket, key)
            if at < 0:
                at = table.place(bucket, key, _is_zero, self._bury_in)
            cells = table.numbers[at : at + self._columns].tolist()
            if sum(cells) >= limit and sum(cells) - self._bury(at, cells) >= limit:
                return False
            table.numbers[at + self._seat] += 1
            return True
        finally:
            flock(handle, GIVE)

    def release(self, key: bytes) -> None:
        # Without a lock: only the owner of a seat writes its column, and a row is not forgotten as long as a cell is above 0.
        table, key = self._slots, fold(key)
        at = table.find(table.bucket(key), key)
        if at >= 0 and table.numbers[at + self._seat]:
            table.numbers[at + self._seat] -= 1

    def _bury_in(self, bucket: int) -> None:
        for at in self._slots.bucket_rows(bucket):
            self._bury(at, self._slots.numbers[at : at + self._columns].tolist())

    def _bury(self, at: int, cells: list[int]) -> int:
        """Take back the slots of a row that dead workers held. Returns how many."""
        freed = 0
        for column, held in enumerate(cells):
            if held:
                with self._seats.vacant(column) as vacant:
                    if vacant:
                        self._slots.numbers[at + column] = 0
                        freed += held
        return freed

    def reclaim(self) -> int:
        """Take back all slots of dead workers; returns how many. The supervisor may call it when a worker has ended, but need
        not: a full limit and a new worker on the same seat do it as well."""
        freed = 0
        for column in range(self._columns):
            with self._seats.vacant(column) as vacant:
                if vacant:
                    freed += self._slots.clear_column(column)
        return freed

    def sync(self) -> None:
        """Write the quotas to the disk, and return when they are there. Blocks for milliseconds: not for the event loop."""
        self._quotas.flush()

    def stats(self) -> tuple[TableStats, ...]:
        return self._rates.stats(), self._quotas.stats(), self._slots.stats()


def _is_zero(number: float) -> bool:
    return number == 0
