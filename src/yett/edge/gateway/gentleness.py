"""Processes beside a busy gateway that leave the processor to its workers. It must not know what they do."""

import os
from contextlib import suppress
from pathlib import Path


def be_gentle(pid: int, niceness: int) -> None:
    """Give a process of ours this nice(2) value, 0 to 19.

    Where Linux groups processes by session, as most distributions do, nice values count only within one, and the sessions share
    the processor evenly (sched(7), "The autogroup feature"): so the session gets the value too where the process is its leader.
    """
    with suppress(OSError):  # it has ended already, or is gentler than that
        os.setpriority(os.PRIO_PROCESS, pid, niceness)
    with suppress(OSError):  # it has ended already, or this is no Linux with such groups
        if os.getsid(pid) == pid:
            Path(f"/proc/{pid}/autogroup").write_text(str(niceness), encoding="ascii")
