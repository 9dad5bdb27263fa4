"""A bounded hash table in memory that several processes share: where a key's numbers stand, and which key may be forgotten.

Set-associative: a key can only stand in one bucket, so that everything about it happens under one lock. The caller holds that
lock. A process may be killed between any two stores, so each number is one aligned machine word, written at once, and the
order of writes leaves every state in between harmless: a key is written before its numbers, over numbers that mean "nothing
counted"; half a key matches nobody and counts as forgettable. It must not know of files, locks or what the numbers mean.
"""

from collections.abc import Callable
from hashlib import blake2b
from mmap import mmap
from struct import Struct
from typing import Any, Literal

import msgspec

from yett.model.ports import CountersFull, TableStats

KEY = 16
"""Octets of a key; others are hashed to it. Two of a million keys are the same with a probability of 10^-27."""

EMPTY = bytes(KEY)

HEADER = 4096
"""Octets before the first bucket: one page, for what the file says of itself and the statistics."""

STRIPES = 32
"""Locks. A bucket's stripe is its number modulo this."""

_STATS = 1024
_STATS_STRIDE = 64  # one cache line for each stripe's statistics
_ENTRIES, _EVICTIONS, _FULL = range(3)
_HASH = Struct("=Q8x").unpack


class Layout(msgspec.Struct, frozen=True):
    """The shape of a table. code: "d" (double), "Q" (64 bits) or "I" (32 bits) of each number; ways: rows in a bucket;
    width: numbers in a row; buckets: a power of two, at least `STRIPES`."""

    name: str
    code: Literal["d", "Q", "I"]
    ways: int
    width: int
    buckets: int

    @property
    def item(self) -> int:
        """Octets of one number."""
        return 4 if self.code == "I" else 8

    @property
    def stride(self) -> int:
        """Octets from one bucket to the next: whole cache lines."""
        return -(-self.ways * (KEY + self.width * self.item) // 64) * 64

    @property
    def size(self) -> int:
        """Octets in all."""
        return HEADER + self.buckets * self.stride


def fold(key: bytes) -> bytes:
    """Any octets as a key of the table's size."""
    return key if len(key) == KEY and key != EMPTY else blake2b(key, digest_size=KEY, person=b"yett counters").digest()


class Table:
    """A table in `memory`, which holds `layout.size` octets. `numbers` are all its numbers; `find` and `place` give indices.

    bucket: a bucket's number; everything about a key must be done under the lock of `bucket % STRIPES`.
    """

    def __init__(self, memory: mmap, layout: Layout) -> None:
        self.layout = layout
        self._memory = memory
        self._view = memoryview(memory)
        # Native formats: a store through them is one machine instruction, while "<d" would be written octet by octet.
        self.numbers: Any = self._view.cast(layout.code)
        self._counts = self._view.cast("Q")
        self._mask = layout.buckets - 1
        self._stride = layout.stride
        self._keys = layout.ways * KEY
        self._first = (HEADER + self._keys) // layout.item
        self._step = layout.stride // layout.item
        self._width = layout.width

    def close(self) -> None:
        for view in (self.numbers, self._counts, self._view):
            view.release()
        self._memory.close()

    def flush(self) -> None:
        """Write to the disk what has changed. Raises OSError."""
        self._memory.flush()

    def bucket(self, key: bytes) -> int:
        """Where a key of `KEY` octets belongs. Keys are hashes, so any of their bits are as good as others."""
        return int(_HASH(key)[0]) & self._mask

    def find(self, bucket: int, key: bytes) -> int:
        """Index of the first number of this key, or -1."""
        start = HEADER + bucket * self._stride
        keys = self._memory[start : start + self._keys]
        at = keys.find(key)
        while at > 0 and at % KEY:
            at = keys.find(key, at + 1)
        return -1 if at < 0 else self._first + bucket * self._step + at // KEY * self._width

    def place(
        self, bucket: int, key: bytes, forgettable: Callable[[float], bool], clean: Callable[[int], None] | None = None
    ) -> int:
        """Make room for a key that `find` did not find. Returns the index of its first number.

        Where the bucket is full, the row whose greatest number is least is forgotten, if that number is `forgettable`, which
        must only be so if the row's numbers mean nothing any more: the new key begins with them. Where none is, `clean` may
        change the bucket for a second look. Raises CountersFull.
        """
        first = self._first + bucket * self._step
        at = self.find(bucket, EMPTY)
        if at >= 0:
            row = (at - first) // self._width
            self._count(bucket, _ENTRIES)
        else:
            row = self._victim(first, forgettable)
            if row < 0 and clean is not None:
                clean(bucket)
                row = self._victim(first, forgettable)
            self._count(bucket, _FULL if row < 0 else _EVICTIONS)
            if row < 0:
                raise CountersFull(f"{self.layout.name}: no place is free")
        start = HEADER + bucket * self._stride + row * KEY
        self._memory[start : start + KEY] = key
        return first + row * self._width

    def _victim(self, first: int, forgettable: Callable[[float], bool]) -> int:
        width, numbers = self._width, self.numbers[first : first + self.layout.ways * self._width].tolist()
        worth = numbers if width == 1 else [max(numbers[at : at + width]) for at in range(0, len(numbers), width)]
        least = min(worth)
        return worth.index(least) if forgettable(least) else -1

    def bucket_rows(self, bucket: int) -> range:
        """Index of the first number of each row in a bucket."""
        first = self._first + bucket * self._step
        return range(first, first + self.layout.ways * self._width, self._width)

    def clear_column(self, column: int) -> int:
        """Set one number of every row to 0. Returns the sum of what stood there."""
        cleared = 0
        for first in range(self._first, self._first + self.layout.buckets * self._step, self._step):
            cells = self.numbers[first + column : first + self.layout.ways * self._width : self._width]
            held = sum(cells.tolist())
            if held:
                cleared += held
                for row in range(len(cells)):
                    cells[row] = 0
        return cleared

    def _count(self, bucket: int, what: int) -> None:
        self._counts[(_STATS + bucket % STRIPES * _STATS_STRIDE) // 8 + what] += 1

    def rows(self) -> list[tuple[bytes, int]]:
        """All keys with the index of their first number. Slow; for moving a table into another."""
        found = []
        for bucket in range(self.layout.buckets):
            start = HEADER + bucket * self._stride
            for row, at in enumerate(self.bucket_rows(bucket)):
                key = self._memory[start + row * KEY : start + row * KEY + KEY]
                if key != EMPTY:
                    found.append((key, at))
        return found

    def stats(self) -> TableStats:
        lines = range(_STATS // 8, (_STATS + STRIPES * _STATS_STRIDE) // 8, _STATS_STRIDE // 8)
        entries, evictions, full = (sum(self._counts[line + what] for line in lines) for what in (_ENTRIES, _EVICTIONS, _FULL))
        return TableStats(self.layout.name, entries, self.layout.ways * self.layout.buckets, evictions, full)
