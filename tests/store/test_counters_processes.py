"""Shared counters under several real processes, of which some are killed at any moment."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from counters_worker import (
    ADMITTED,
    BURST,
    CELLS,
    FIRST,
    INTERVAL,
    LAST,
    LOAD,
    MOST,
    REAL_BURST,
    REAL_INTERVAL,
    REAL_SPAN,
    SLOTS,
    SPAN,
    TRIED,
    Books,
)

from yett.model.ports import CountersUnavailable
from yett.store.counters.shared import SharedCounters, create_files

SCRIPT = Path(__file__).parents[1] / "support" / "counters_worker.py"
WORKERS = 4
MOST_WORKERS = 32


class Crew:
    """Workers of one test, with the books that they keep."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "counters"
        create_files(self.directory, WORKERS)
        self._path = directory / "books"
        self._path.write_bytes(bytes(8 * CELLS * MOST_WORKERS))
        self.books = Books(self._path)
        self.workers: list[subprocess.Popen[str]] = []

    def start(self, role: str, count: int = 1) -> list[subprocess.Popen[str]]:
        """Start workers, and let them go once all are ready."""
        first = len(self.workers)
        for number in range(first, first + count):
            command = [sys.executable, str(SCRIPT), role, str(self.directory), str(self._path), str(number)]
            self.workers.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        for worker in self.workers[first:]:
            assert worker.stdout is not None and worker.stdin is not None
            assert worker.stdout.readline() == "ready\n"
        for worker in self.workers[first:]:
            worker.stdin.write("\n")
            worker.stdin.flush()
        return self.workers[first:]

    def close(self) -> None:
        for worker in self.workers:
            worker.kill()
            worker.communicate()
        self.books.close()


@pytest.fixture
def crew(tmp_path: Path) -> Iterator[Crew]:
    made = Crew(tmp_path)
    yield made
    made.close()


def test_four_workers_admit_exactly_the_rate_while_some_are_killed(crew: Crew) -> None:
    """Ten times the rate, in a time that all processes share; each kill may hide the one admission under way."""
    chance, killed = random.Random(7), 6
    crew.start("virtual", WORKERS)
    for number in range(killed):
        while crew.books.total(TRIED) < LOAD * SPAN * (number + 1) / (killed + 4):
            time.sleep(0.001)
        victim = chance.choice([worker for worker in crew.workers if worker.poll() is None])
        victim.kill()
        crew.start("virtual")
    ends = sorted(worker.wait() for worker in crew.workers)
    assert ends == [-signal.SIGKILL] * killed + [0] * WORKERS
    wanted, admitted = BURST + SPAN / INTERVAL, crew.books.total(ADMITTED)
    assert crew.books.total(TRIED) >= 9.99 * SPAN / INTERVAL
    assert wanted - 1 - killed <= admitted <= wanted + 1


def test_four_workers_admit_exactly_the_rate_in_real_time(crew: Crew) -> None:
    for worker in crew.start("real", WORKERS):
        assert worker.wait() == 0
    rows = [crew.books.row(number) for number in range(WORKERS)]
    span = (max(row[LAST] for row in rows) - min(row[FIRST] for row in rows)) / 1e9
    assert span >= 0.99 * REAL_SPAN
    assert crew.books.total(TRIED) >= 10 * crew.books.total(ADMITTED)
    # The first to read the time need not be the first to count: microseconds, of the 5,000 of one interval.
    assert abs(crew.books.total(ADMITTED) - (REAL_BURST + span / REAL_INTERVAL)) <= 1.1


def test_slots_are_never_taken_twice(crew: Crew) -> None:
    for worker in crew.start("slots", WORKERS):
        assert worker.wait() == 0
    assert 1 <= max(crew.books.row(number)[MOST] for number in range(WORKERS)) <= SLOTS
    counters = SharedCounters(crew.directory)
    assert [counters.acquire(b"all the same", SLOTS) for _ in range(SLOTS + 1)] == [True] * SLOTS + [False]
    counters.close()


def test_slots_of_a_killed_worker_are_free_again(crew: Crew) -> None:
    counters = SharedCounters(crew.directory)
    assert counters.acquire(b"all the same", SLOTS)
    (worker,) = crew.start("hold")
    assert worker.stdout is not None and worker.stdout.readline() == "held\n"
    assert crew.books.row(0)[ADMITTED] == SLOTS - 1
    assert not counters.acquire(b"all the same", SLOTS)
    worker.kill()
    worker.wait()
    assert [counters.acquire(b"all the same", SLOTS) for _ in range(SLOTS)] == [True] * (SLOTS - 1) + [False]
    counters.close()


def test_the_supervisor_takes_back_the_slots_of_killed_workers(crew: Crew) -> None:
    counters = SharedCounters(crew.directory)
    assert counters.acquire(b"mine", 5)
    (worker,) = crew.start("hold")
    assert worker.stdout is not None and worker.stdout.readline() == "held\n"
    assert counters.reclaim() == 0
    worker.kill()
    worker.wait()
    assert counters.reclaim() == SLOTS
    assert counters.reclaim() == 0
    counters.close()


def test_a_new_worker_on_the_seat_of_a_killed_one_begins_with_no_slots(crew: Crew) -> None:
    (worker,) = crew.start("hold")
    assert worker.stdout is not None and worker.stdout.readline() == "held\n"
    worker.kill()
    worker.wait()
    counters = SharedCounters(crew.directory)
    counters.release(b"all the same")
    assert [counters.acquire(b"all the same", SLOTS) for _ in range(SLOTS + 1)] == [True] * SLOTS + [False]
    counters.close()


def test_quotas_survive_kills_and_restarts(crew: Crew) -> None:
    (worker,) = crew.start("hold")
    assert worker.stdout is not None and worker.stdout.readline() == "held\n"
    worker.kill()
    worker.wait()
    assert create_files(crew.directory, WORKERS) == []
    counters = SharedCounters(crew.directory)
    assert counters.spend(b"all the same", 10, 0.0, 3600.0, 60.0).remaining == 8
    counters.close()


def test_a_process_that_stands_still_with_a_lock_does_not_stop_the_others(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    counters = SharedCounters(crew.directory)
    (worker,) = crew.start("stand_still")
    assert worker.stdout is not None and worker.stdout.readline() == "stopping\n"
    with pytest.raises(CountersUnavailable, match="stands still"):
        counters.admit(b"all the same", 1.0, 1, 1000.0)
    waits: list[None] = []
    monkeypatch.setattr("os.sched_yield", lambda: waits.append(None))
    with pytest.raises(CountersUnavailable, match="stands still"):
        counters.admit(b"all the same", 1.0, 1, 1000.0)
    assert waits == [], "it is not waited for a second time at once"
    worker.kill()
    worker.wait()
    assert counters.admit(b"all the same", 1.0, 1, 1000.0).admitted
    counters.close()
