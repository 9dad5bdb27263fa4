"""Locks between processes that die with their holder: one for each stripe of the tables, one for each worker's life.

flock(2), on one file for each lock: the kernel drops it when the process that opened the file is gone, however it went.
Measured on Linux 6.18: 1.0 µs to take and give back one without contention, against 1.2 µs for POSIX and 1.3 µs for open
file description record locks; those of POSIX are also dropped when any other handle of the file is closed. Robust mutexes
in the shared memory would cost 0.25 µs, but their layout and rules differ between C libraries. A lock belongs to an opened
file: never share an object of this module with a forked child. It must not know what is locked.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, flock
from pathlib import Path

from yett.model.ports import CountersUnavailable

TAKE = LOCK_EX | LOCK_NB
GIVE = LOCK_UN

YIELDS = 200
"""How often to let other processes run before sleeping: a holder needs about 2 µs, so sleeping at once would waste time."""

SLEEPS = 200
PAUSE = 0.000_25
"""Seconds. With SLEEPS, no lock is waited for longer than 50 ms of own running time: a process that stands still while it
holds one (a debugger, SIGSTOP) must not make all others stand still."""

GIVE_UP = 1.0
"""Seconds for which a lock that was waited for in vain is only tried, not waited for."""


def open_lock(path: Path) -> int:
    """A handle to lock, of this process alone; the file is made if there is none."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


class Stripes:
    """The locks of the tables. `handles` may be tried directly with `flock(handle, TAKE)`; `wait` is for when that fails."""

    def __init__(self, directory: Path, count: int) -> None:
        self.handles = [open_lock(directory / f"stripe-{number:02}") for number in range(count)]
        self._given_up: dict[int, float] = {}

    def wait(self, handle: int) -> None:
        """Take a lock that somebody else held a moment ago. Raises CountersUnavailable."""
        if self._given_up.get(handle, 0.0) > time.monotonic():
            raise CountersUnavailable("a lock is held by a process that stands still")
        for attempt in range(YIELDS + SLEEPS):
            if attempt < YIELDS:
                os.sched_yield()
            else:
                time.sleep(PAUSE)
            try:
                flock(handle, TAKE)
            except BlockingIOError:
                continue
            return
        self._given_up[handle] = time.monotonic() + GIVE_UP
        raise CountersUnavailable("a lock is held by a process that stands still")

    def close(self) -> None:
        for handle in self.handles:
            os.close(handle)


class Seats:
    """Numbered places, at most one living process on each. Who has taken one keeps it for life."""

    def __init__(self, directory: Path, count: int) -> None:
        """Take the first free seat of `count`. Raises CountersUnavailable if all are taken."""
        self._directory = directory
        self._others: dict[int, int] = {}
        for number in range(count):
            handle = self._open(number)
            try:
                flock(handle, TAKE)
            except BlockingIOError:
                os.close(handle)
                continue
            self.number, self._own = number, handle
            return
        raise CountersUnavailable(f"all {count} seats of workers are taken")

    def _open(self, number: int) -> int:
        return open_lock(self._directory / f"worker-{number:03}")

    @contextmanager
    def vacant(self, number: int) -> Iterator[bool]:
        """Whether nobody sits on another seat. As long as the context lasts, nobody can take it."""
        if number == self.number:
            yield False
            return
        handle = self._others.get(number, -1)
        if handle < 0:
            handle = self._others[number] = self._open(number)
        try:
            flock(handle, TAKE)
        except BlockingIOError:
            yield False
            return
        try:
            yield True
        finally:
            flock(handle, GIVE)

    def close(self) -> None:
        """Stand up: the seat is free for others."""
        for handle in (self._own, *self._others.values()):
            os.close(handle)
        self._others.clear()
