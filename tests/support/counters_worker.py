"""A worker process of the tests of shared counters: counts as fast as it can, and keeps its books where the test can read
them after a SIGKILL. Run as a script: `counters_worker.py ROLE DIRECTORY BOOKS NUMBER`, then reads its start from stdin.
"""

import mmap
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from yett.store.counters.shared import SharedCounters

CELLS = 5
"""Numbers that each worker keeps: tried, admitted, times of the first and last attempt in ns, most slots ever in use."""

TRIED, ADMITTED, FIRST, LAST, MOST = range(CELLS)

INTERVAL, BURST, LOAD, SPAN = 0.001, 100, 10_000, 40.0
"""The limit of the virtual run, its requests per second, and its seconds."""

REAL_INTERVAL, REAL_BURST, REAL_SPAN = 0.005, 50, 1.0

SLOTS = 3


class Books:
    """One row of numbers for each worker, in a file that outlives them."""

    def __init__(self, path: Path) -> None:
        with path.open("rb+") as file:
            self.memory = mmap.mmap(file.fileno(), 0)
        self.cells = memoryview(self.memory).cast("Q")

    def row(self, number: int) -> list[int]:
        return self.cells[number * CELLS : (number + 1) * CELLS].tolist()

    def total(self, what: int) -> int:
        return sum(self.cells[what::CELLS].tolist())

    def close(self) -> None:
        self.cells.release()
        self.memory.close()


def virtual(counters: SharedCounters, books: Books, number: int) -> None:
    """All workers share a clock that each of their attempts moves on."""
    row = number * CELLS
    while (now := books.total(TRIED) / LOAD) < SPAN:
        books.cells[row + TRIED] += 1
        if counters.admit(b"all the same", INTERVAL, BURST, 1000.0 + now).admitted:
            books.cells[row + ADMITTED] += 1


def real(counters: SharedCounters, books: Books, number: int) -> None:
    row = number * CELLS
    now = first = time.monotonic()
    books.cells[row + FIRST] = int(first * 1e9)
    while now < first + REAL_SPAN:
        books.cells[row + TRIED] += 1
        books.cells[row + LAST] = int(now * 1e9)
        if counters.admit(b"all the same", REAL_INTERVAL, REAL_BURST, now).admitted:
            books.cells[row + ADMITTED] += 1
        now = time.monotonic()


def slots(counters: SharedCounters, books: Books, number: int) -> None:
    """Take and give back, and look how many all workers believe to hold."""
    row = number * CELLS
    for _ in range(3000):
        books.cells[row + TRIED] += 1
        if counters.acquire(b"all the same", SLOTS):
            books.cells[row + ADMITTED] += 1
            books.cells[row + MOST] = max(books.cells[row + MOST], books.total(ADMITTED))
            books.cells[row + ADMITTED] -= 1
            counters.release(b"all the same")


def hold(counters: SharedCounters, books: Books, number: int) -> None:
    """Take all slots and one quota, then wait for the end."""
    while counters.acquire(b"all the same", SLOTS):
        books.cells[number * CELLS + ADMITTED] += 1
    counters.spend(b"all the same", 10, 0.0, 3600.0, 60.0)
    print("held", flush=True)
    signal.pause()


def stand_still(counters: SharedCounters, books: Books, number: int) -> None:
    """Stop while holding a lock: between finding a key and writing its number."""

    def stop(*_: object) -> float:
        print("stopping", flush=True)
        os.kill(os.getpid(), signal.SIGSTOP)
        return 1000.0

    class Stopping(float):
        __radd__ = __add__ = __rsub__ = __sub__ = stop

    counters.admit(b"all the same", 1.0, 1, Stopping(1000.0))


ROLES: dict[str, Callable[[SharedCounters, Books, int], None]] = {
    role.__name__: role for role in (virtual, real, slots, hold, stand_still)
}


def main(role: str, directory: str, books: str, number: str) -> None:
    counters = SharedCounters(Path(directory))
    own = Books(Path(books))
    print("ready", flush=True)
    sys.stdin.readline()
    ROLES[role](counters, own, int(number))
    own.close()
    counters.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
