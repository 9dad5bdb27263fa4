"""A sampling profiler for whole process trees, loaded by being on PYTHONPATH: `python bench/run.py profile`.

Every millisecond of CPU time it notes which function runs and which lead to it. Time in C and in the kernel counts for the
function that called it. The tallies are written every second to $BENCH_PROFILE/PID.json, because workers may be killed.
"""

import json
import os
import signal
import time
from collections import Counter
from pathlib import Path
from types import FrameType

leaves: Counter[str] = Counter()
lines: Counter[str] = Counter()
within: Counter[str] = Counter()
last = [time.monotonic()]


def sample(_: int, frame: FrameType | None) -> None:
    seen = set()
    if frame is not None:
        name = _name(frame)
        leaves[name] += 1
        lines[f"{name}:{frame.f_lineno}"] += 1
    while frame is not None:
        name = _name(frame)
        if name not in seen:
            seen.add(name)
            within[name] += 1
        frame = frame.f_back
    if time.monotonic() - last[0] > 1:
        last[0] = time.monotonic()
        tallies = {"leaves": leaves, "lines": lines, "within": within}
        Path(os.environ["BENCH_PROFILE"], f"{os.getpid()}.json").write_text(json.dumps(tallies))


def _name(frame: FrameType) -> str:
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_code.co_name}"


def start() -> None:
    """Also after a fork, which inherits no timers."""
    signal.signal(signal.SIGPROF, sample)
    signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)


if "BENCH_PROFILE" in os.environ:
    os.register_at_fork(after_in_child=start)
    start()
