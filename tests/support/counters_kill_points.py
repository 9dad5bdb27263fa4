"""Kills a process at every line of the shared counters, one after the other, and looks at what is left.

Run as a script with a directory: a fork for each line, so it must be a process without threads. Prints one line of JSON for
each story: its name, how many lines it was killed at, and what was wrong afterwards.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from yett.store.counters import files, locks, shared, table
from yett.store.counters.shared import SLOT_WAYS, WAYS, SharedCounters, Sizes, create_files

FILES = {module.__file__ for module in (files, locks, shared, table)}
NOW = 1000.0
END = 3600.0


def key(number: int) -> bytes:
    """Keys of one and the same bucket."""
    return bytes(8) + (number + 1).to_bytes(8, "big")


SUBJECT, WITNESS = key(1000), key(0)


def admitted(counters: SharedCounters, which: bytes) -> int:
    return sum(counters.admit(which, 1.0, 3, NOW).admitted for _ in range(5))


def spent(counters: SharedCounters, which: bytes) -> int:
    return sum(counters.spend(which, 3, 0.0, END, NOW).admitted for _ in range(5))


def acquired(counters: SharedCounters, which: bytes) -> int:
    return sum(counters.acquire(which, 2) for _ in range(3))


def nothing(counters: SharedCounters) -> None:
    pass


def full_of_rates(counters: SharedCounters) -> None:
    """A full bucket: one caller has used up its burst, the others are refilled."""
    for number in range(1, WAYS):
        counters.admit(key(number), 1.0, 3, 10.0)
    admitted(counters, WITNESS)


def full_of_quotas(counters: SharedCounters) -> None:
    for number in range(1, WAYS):
        counters.spend(key(number), 3, 0.0, 60.0, 10.0)
    spent(counters, WITNESS)


def full_of_slots(counters: SharedCounters) -> None:
    for number in range(1, SLOT_WAYS):
        counters.acquire(key(number), 2)
        counters.release(key(number))
    acquired(counters, WITNESS)


def take_and_release(counters: SharedCounters) -> None:
    counters.acquire(SUBJECT, 2)
    counters.release(SUBJECT)


def rates_left(counters: SharedCounters, subject: set[int]) -> list[str]:
    wrong = [] if admitted(counters, SUBJECT) in subject else ["the subject"]
    wrong += ["the witness"] if admitted(counters, WITNESS) not in {0, 3} else []
    return wrong + [f"caller {number}" for number in range(1, WAYS - 2) if admitted(counters, key(number)) != 3]


def quotas_left(counters: SharedCounters) -> list[str]:
    wrong = [] if spent(counters, SUBJECT) in {2, 3} else ["the subject"]
    return wrong + (["the witness"] if spent(counters, WITNESS) != 0 else [])


def slots_left(counters: SharedCounters) -> list[str]:
    wrong = [] if acquired(counters, SUBJECT) == 2 else ["the subject"]
    wrong += ["the witness"] if acquired(counters, WITNESS) not in {0, 2} else []
    return wrong + [f"caller {number}" for number in range(1, 10) if acquired(counters, key(number)) != 2]


Story = tuple[Callable[[SharedCounters], Any], Callable[[SharedCounters], Any], Callable[[SharedCounters], list[str]]]

STORIES: dict[str, Story] = {
    "a first admission": (nothing, lambda c: c.admit(SUBJECT, 1.0, 3, NOW), lambda c: rates_left(c, {2, 3})),
    "a first admission in a full bucket": (
        full_of_rates,
        lambda c: c.admit(SUBJECT, 1.0, 3, NOW),
        lambda c: rates_left(c, {2, 3}) + (["the witness was forgotten"] if admitted(c, WITNESS) else []),
    ),
    "a further admission": (
        lambda c: c.admit(SUBJECT, 1.0, 3, NOW),
        lambda c: c.admit(SUBJECT, 1.0, 3, NOW),
        lambda c: rates_left(c, {1, 2}),
    ),
    "a refund": (lambda c: admitted(c, SUBJECT), lambda c: c.refund(SUBJECT, 1.0), lambda c: rates_left(c, {0, 1})),
    "a first request of a quota in a full bucket": (full_of_quotas, lambda c: c.spend(SUBJECT, 3, 0.0, END, NOW), quotas_left),
    "a slot": (nothing, lambda c: c.acquire(SUBJECT, 2), slots_left),
    "a slot in a full bucket": (full_of_slots, lambda c: c.acquire(SUBJECT, 2), slots_left),
    "a slot given back": (nothing, take_and_release, slots_left),
}


def die_at(line: int) -> None:
    """Kill this process at the given line, counted in those of the counters that are run from now on."""
    left = line

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal left
        if frame.f_code.co_filename not in FILES:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)


def run(directory: Path, line: int, act: Callable[[SharedCounters], Any]) -> bool:
    """Whether the process was killed."""
    child = os.fork()
    if child == 0:
        counters = SharedCounters(directory)  # its own: locks belong to who opened them
        die_at(line)
        act(counters)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def main(directory: Path) -> None:
    create_files(directory, 2, Sizes(32, 32, 32))
    counters = SharedCounters(directory)
    memories = [table._memory for table in (counters._rates, counters._quotas, counters._slots)]
    blank = [bytes(memory) for memory in memories]
    for name, (before, act, check) in STORIES.items():
        line, wrong, killed = 0, [], True
        while killed:
            line += 1
            for memory, octets in zip(memories, blank, strict=True):
                memory[:] = octets
            before(counters)
            killed = run(directory, line, act)
            wrong += [f"line {line}: {what}" for what in check(counters)]
        print(json.dumps([name, line - 1, wrong]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
