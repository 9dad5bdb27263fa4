"""Standing aside for a process that goes last: real processes on one core with a busy event loop."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from house import run

from yett.edge import lending
from yett.edge.lending import Lending, processor_time

LAST = """
import os, sys, time
os.nice(19)
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
sys.stdout.write("ready"); sys.stdout.flush()
while True:
    pass
"""

pytestmark = pytest.mark.skipif(not hasattr(os, "SCHED_IDLE"), reason="Linux only")


@contextmanager
def last() -> Iterator[int]:
    """A process of the lowest priority that computes without end, on one core with this one."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        with subprocess.Popen([sys.executable, "-c", LAST], stdout=subprocess.PIPE) as process:
            try:
                assert process.stdout is not None and process.stdout.read(5) == b"ready"
                yield process.pid
            finally:
                process.kill()
    finally:
        os.sched_setaffinity(0, cores)


async def compute(until: Callable[[], bool]) -> None:
    """Keep the loop busy without a break."""
    end = time.monotonic() + 30
    while not until():
        assert time.monotonic() < end
        stop = time.perf_counter() + 0.002
        while time.perf_counter() < stop:
            pass
        await asyncio.sleep(0)


def test_a_starving_process_gets_its_share() -> None:
    async def talk(pid: int) -> None:
        first, began = processor_time(pid) or 0.0, time.monotonic()
        lent = Lending(pid, asyncio.get_running_loop(), lambda: pytest.fail("it is not hung"))
        await compute(lambda: (processor_time(pid) or 0.0) - first > 0.05)
        passed = time.monotonic() - began
        lent.end()
        assert 0 < lent.lent <= passed
        done = lent.lent
        end = time.monotonic() + 0.05
        await compute(lambda: time.monotonic() > end)
        assert lent.lent == done  # nobody waits any more

    with last() as pid:
        run(talk(pid))


def test_where_nobody_is_busy_nothing_is_lent() -> None:
    async def talk(pid: int) -> None:
        lent = Lending(pid, asyncio.get_running_loop(), lambda: None)
        await asyncio.sleep(lending.GRACE + 0.1)
        lent.end()
        assert lent.lent < 0.05

    with last() as pid:
        run(talk(pid))


def test_a_stopped_process_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async def talk(pid: int) -> None:
        monkeypatch.setattr(lending, "STALL", 0.4)
        os.kill(pid, signal.SIGSTOP)
        stalled = asyncio.Event()
        lent = Lending(pid, asyncio.get_running_loop(), stalled.set)
        await asyncio.wait_for(stalled.wait(), 10)
        assert lent.lent < 0.1  # ever more rarely, because it brought nothing

    with last() as pid:
        run(talk(pid))


def test_a_process_that_has_gone_is_left_alone() -> None:
    async def talk() -> None:
        process = subprocess.Popen([sys.executable, "-c", ""])
        process.wait()
        assert processor_time(process.pid) is None
        lent = Lending(process.pid, asyncio.get_running_loop(), lambda: pytest.fail("nobody is there"))
        await asyncio.sleep(lending.GRACE * 1.5)
        lent.end()
        assert lent.lent == 0

    run(talk())
