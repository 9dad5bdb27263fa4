"""Cores, process trees and facts about the machine. Reads /proc only: nothing to install."""

import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

PROC = Path("/proc")
TICK = os.sysconf("SC_CLK_TCK")


@cache
def cores() -> tuple[int, int]:
    """The proxy's core, and the one that client and upstream share; asked before the harness is put on one of them. Raises
    SystemExit on a machine with one core."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        raise SystemExit("the benchmark needs two cores: one for the proxy, one for client and upstream")
    return usable[0], usable[1]


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """Processes started in here run on `core` only; the harness returns to where it was."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def shared_by_both_ends(core: int) -> Iterator[None]:
    """As `pinned`, for client and upstream: neither interrupts the other each time it wakes it (SCHED_BATCH, sched(7)).

    With the default policy the kernel sometimes switches between the two for every single message, sometimes for every few
    dozen, and a core that serves 65,000 requests a second one moment serves 25,000 the next.
    """
    with pinned(core):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        try:
            yield
        finally:
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


_SPINNING = "import os; os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))\nwhile True: sum(range(1000))"


@contextmanager
def never_idle(core: int) -> Iterator[None]:
    """A process works on the core whenever nothing else does (SCHED_IDLE, sched(7)), and ends with the block.

    A virtual core that has nothing to do is given back to the host; who wakes it pays for an exit to the hypervisor. A proxy that
    is somewhat slower than its client wakes the client's core for nearly every answer, a faster one never, a very slow one is not
    troubled by the price: without this, what is measured is the machine.
    """
    with pinned(core):
        spinning = subprocess.Popen([sys.executable, "-c", _SPINNING])
    try:
        yield
    finally:
        spinning.kill()
        spinning.wait()


@contextmanager
def ahead(core: int) -> Iterator[bool]:
    """As `shared_by_both_ends`, before everything else on that core (SCHED_FIFO): for a client that measures, and its upstream,
    beside a process that sends something else. False where that is not permitted, so that it is only `shared_by_both_ends`."""
    with shared_by_both_ends(core):
        try:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        except PermissionError:
            yield False
        else:
            yield True


def put_ahead(root: int) -> None:
    """Put a tree before everything else on its core, but not what it starts from now on. Raises PermissionError."""
    for pid in tree(root):
        os.sched_setscheduler(pid, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the third on (proc(5)); the second, the name, may hold anything."""
    return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def tree(root: int) -> list[int]:
    """`root` and all that descend from it, now."""
    parents: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                parents.setdefault(int(_stat(int(entry.name))[1]), []).append(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
    found = [root]
    for pid in found:
        found.extend(parents.get(pid, ()))
    return found


def cpu_seconds(root: int) -> float:
    """User and system time of all threads of the tree, and of children that ended and were waited for."""
    total = 0
    for pid in tree(root):
        fields = _stat(pid)
        total += sum(int(value) for value in fields[11:15])
    return total / TICK


def memory(root: int, what: str = "VmRSS") -> dict[int, int]:
    """Bytes by process of the tree: VmRSS (now) or VmHWM (peak)."""
    sizes = {}
    for pid in tree(root):
        for line in (PROC / str(pid) / "status").read_text().splitlines():
            if line.startswith(what + ":"):
                sizes[pid] = int(line.split()[1]) * 1024
    return sizes


def proportional_memory(root: int) -> int:
    """Bytes of the tree with shared pages counted once (PSS)."""
    total = 0
    for pid in tree(root):
        for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


def busy(core: int) -> float:
    """Seconds since boot that `core` worked for anybody, or that the hypervisor kept from us (proc(5), /proc/stat)."""
    for line in (PROC / "stat").read_text().splitlines():
        if line.startswith(f"cpu{core} "):
            user, nice, system, _idle, _wait, irq, softirq, steal = (int(value) for value in line.split()[1:9])
            return (user + nice + system + irq + softirq + steal) / TICK
    raise SystemExit(f"no core {core} in /proc/stat")


def facts() -> dict[str, str]:
    """What a reader must know to compare figures with those of another machine."""
    names = [
        line.partition(":")[2].strip() for line in (PROC / "cpuinfo").read_text().splitlines() if line.startswith("model name")
    ]
    proxy, other = cores()
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "cpu": names[0] if names else platform.machine(),
        "cores": f"{os.cpu_count()}; proxy on core {proxy}, client and upstream on core {other}",
        "kernel": platform.release(),
        "python": f"{platform.python_version()} ({Path(sys.base_prefix)})",
        "system": _system(),
    }


def _system() -> str:
    release = Path("/etc/os-release")
    if not release.exists():
        return platform.platform()
    pairs = dict(line.split("=", 1) for line in release.read_text().splitlines() if "=" in line)
    return pairs.get("PRETTY_NAME", "").strip('"')
