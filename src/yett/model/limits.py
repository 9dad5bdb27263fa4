"""The arithmetic of limits, in one place, so that every counter store gives the same answers.

Pure: state and time come in, the new state and an `Admission` go out. It must not know where the state is kept.
"""

from yett.model.ports import Admission

SLACK = 1e-7
"""Seconds by which a request may be early. Monotonic clocks are doubles of up to 10^8 s, so that sums of intervals are off by
up to 1.5e-8 s: without slack, a caller exactly on the rate would be refused now and then. It does not add up over time."""

SHORTEST_INTERVAL = 1e-6
"""Seconds. Below ten times the slack, the slack would be a request of its own."""

LARGEST_QUOTA = 0xFFFF_FFFF
"""A count has 32 bits in a quota's word."""

EDGE = 1.0
"""Seconds before the end of a window in which a process with a slightly older time may still ask about the old window, while
another has already begun the next one."""

STRAY = 60.0
"""Seconds beyond a full burst from which a theoretical arrival time is taken for a stray: no process is that far behind."""

_COUNT = 0xFFFF_FFFF


def gcra(due: float, interval: float, burst: int, monotonic: float) -> tuple[float, Admission]:
    """The generic cell rate algorithm (ITU-T I.371, annex A), in its virtual scheduling form.

    due: the theoretical arrival time, as left by the last admitted request; 0.0 for a new caller.
    interval: seconds between two requests at the sustained rate, at least `SHORTEST_INTERVAL`. burst: how many may come at
    once, at least 1. Returns the new `due`, to be kept in any case, and the answer; a refused request counts nothing.

    From any moment on, no more than burst + T / interval requests are admitted in T seconds. Processes may be some seconds
    apart in their times. A `due` that no time of this limit can have left (the policy had another burst, the clock began
    anew) becomes that of a used-up burst, so that nobody waits longer than that.
    """
    depth = burst * interval
    backlog = due - monotonic
    if not backlog > 0.0:  # also where `due` is not a number
        backlog = 0.0
    elif backlog > depth + STRAY:
        backlog, due = depth, monotonic + depth
    after = backlog + interval
    room = depth + SLACK - after
    if room < 0.0:
        return due, Admission(False, 0, after - depth, backlog)
    return monotonic + after, Admission(True, int(room / interval), 0.0, after)


def ungcra(due: float, interval: float) -> float:
    """Take back one admission: exact if nobody was admitted in between, otherwise off by less than one request."""
    return due - interval


def quota(word: int, limit: int, end: float, now: float) -> tuple[int, Admission]:
    """Count one request in the calendar window that ends at `end`.

    word: the state as one unsigned 64-bit number, so that it is written at once: the window's end in minutes since the Unix
    epoch, then 32 bits of count; 0 for a new caller. limit: 1 to `LARGEST_QUOTA`. end and now: seconds since the Unix epoch.
    Returns the new word, to be kept in any case, and the answer; a refused request counts nothing.

    A word of another window counts as 0, but for this: at the edge of a window, one that already belongs to the next window
    is counted on, so that processes whose times differ by less than a second do not reset each other.
    """
    stamp = -int(-end // 60)
    held, count = word >> 32, word & _COUNT
    if held != stamp:
        if held > stamp and end - now < EDGE:
            stamp = held
        else:
            count = 0
    left = end - now
    if left < 0.0:
        left = 0.0
    if count >= limit:
        return word, Admission(False, 0, left, left)
    return stamp << 32 | count + 1, Admission(True, limit - count - 1, 0.0, left)


def unquota(word: int, end: float) -> int:
    """Take back one count, if the word still belongs to the window that ends at `end`."""
    return word - 1 if word >> 32 == -int(-end // 60) and word & _COUNT else word


def ended(word: int, now: float) -> bool:
    """Whether the window of a quota's word is over, so that it may be forgotten."""
    return (word >> 32) * 60 <= now
