"""Lets a process that goes last have a small share of a busy processor after all.

A process of SCHED_IDLE is put aside at once by whoever wakes up, but gets next to nothing while somebody computes without a break
(sched(7)): minutes for a tenth of a second. Only root may give it more priority again. So whoever waits for it stands aside for
it: a millisecond now and then, and only where it has had less than its share. It must not know what the process does.
"""

import asyncio
import sys
import time
from collections.abc import Callable

SHARE = 0.1
"""Of the time since somebody waits for it. What takes a tenth of a second of the processor then takes about one second at worst."""

GRACE = 0.1
"""Seconds before anything is lent: nearly always it is done by then."""

AT_ONCE = 0.001
"""Seconds for which the event loop stands still at most."""

OFTEN, RARELY = 0.01, 0.32
"""Seconds from one look to the next. Where standing aside brings nothing, because others take the processor or the process does not
run, it is done ever more rarely; where it takes longer than was meant, as much more rarely: it never takes more than `SHARE`."""

STALL = 10.0
"""Seconds without any progress after which a process counts as hung."""

_CPUCLOCK_SCHED = 2


def processor_time(pid: int) -> float | None:
    """Seconds of the processor that a process has used; None where the system does not say, or it has gone.

    The clock's number is that of clock_getcpuclockid(3), which Python does not have; Linux: include/linux/posix-timers_types.h.
    """
    if sys.platform != "linux":
        return None  # pragma: no cover - not on Linux
    try:
        return time.clock_gettime(~pid << 3 | _CPUCLOCK_SCHED)
    except OSError:
        return None


class Lending:
    """Begins at once; `end` it when nobody waits any more. stalled: called once where the process makes no progress; nothing is
    lent then. lent: seconds so far. Where the system does not say what a process has used, nothing is done."""

    def __init__(self, pid: int, loop: asyncio.AbstractEventLoop, stalled: Callable[[], None]) -> None:
        self.lent = 0.0
        self._pid, self._loop, self._stalled = pid, loop, stalled
        self._began = self._moved = time.monotonic()
        self._first = self._used = processor_time(pid) or 0.0
        self._every = OFTEN
        self._next = loop.call_later(GRACE, self._look)

    def end(self) -> None:
        self._next.cancel()

    def _look(self) -> None:
        used, now = processor_time(self._pid), time.monotonic()
        if used is None:
            return
        if used > self._used:
            self._used, self._moved = used, now
        elif now - self._moved > STALL:
            self._stalled()
            return
        owed = min(AT_ONCE, SHARE * (now - self._began) - (used - self._first))
        if owed > 0:
            time.sleep(owed)
            took = time.monotonic() - now  # more where others take the processor meanwhile
            self.lent += took
            brought = (processor_time(self._pid) or used) - used
            self._every = max(took / SHARE, OFTEN if brought > owed / 4 else min(self._every * 2, RARELY))
        else:
            self._every = OFTEN
        self._next = self._loop.call_later(self._every, self._look)
