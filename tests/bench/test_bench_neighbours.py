"""The measurement of what others notice: its arithmetic, and the process that sends."""

import os
import subprocess
import sys
from pathlib import Path

from attacks import sending
from attacks.neighbours import CONTROLS, Pair, Window, names, rise
from systems import await_port, free_port

BENCH = Path(__file__).parents[2] / "bench"


def window(*latencies: float, foreign: float = 0.0) -> Window:
    return Window(list(latencies), [0.01], foreign)


def pair(number: int, calm: Window, disturbed: Window) -> Pair:
    return Pair("x", number, calm, disturbed, [10.0, 30.0], {"200": 2})


def test_the_rise_is_that_of_all_windows_that_nobody_else_disturbed() -> None:
    calm, disturbed = window(*[1.0] * 98, 2.0, 2.0), window(*[1.0] * 98, 5.0, 5.0)
    busy = window(*[90.0] * 100, foreign=0.5)
    found = rise([pair(0, calm, disturbed), pair(1, calm, busy), pair(2, calm, disturbed)])
    assert (found.calm, found.disturbed, found.rise, found.paired) == (2.0, 5.0, 3.0, 3.0)
    assert (found.low, found.high, found.of, found.took) == (3.0, 3.0, (2, 3), 10.0 + 10.0)
    assert "+3.00" in found.line


def test_the_interval_says_how_much_windows_differ() -> None:
    pairs = [pair(number, window(*[1.0] * 50), window(*[1.0] * 48, *[2.0 + number] * 2)) for number in range(8)]
    found = rise(pairs)
    assert 0.0 < found.low < found.rise <= found.high
    assert rise([pair(0, window(1.0), window(7.0, foreign=0.9))]).rise == 6.0  # better than nothing, and marked
    assert names()[:4] == list(CONTROLS)


def test_the_sender_sends_until_it_is_told_to_end(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "attacks.echo", "--listen", str(port)]
    with subprocess.Popen(command, cwd=BENCH) as echo:
        try:
            await_port(port, echo, tmp_path)
            with sending.sender(min(os.sched_getaffinity(0))) as sender:
                for name, pace in ((sending.SMALL, 0.0), (sending.LARGE, 0.01)):
                    sender.begin(port, name, pace)
                    sent = sender.end()
                    assert len(sent.took) == sum(sent.statuses.values())
                    assert set(sent.statuses) <= {"200"}
                dead = free_port()
                sender.begin(dead, sending.SMALL, 10.0)
                assert set(sender.end().statuses) <= {""}
        finally:
            echo.kill()
