"""When something was and how long it took, as recordings write it: numbers in many units, ISO 8601, the common log format.

Lines of a log that follow each other say the same second: what was read last is remembered, bounded.
"""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

LATEST = 253_402_300_800
"""The year 10,000, which calendars do not have."""

Clock = Callable[[bytes], float | None]
"""Octets of a log to seconds; None where they cannot be read, which is as good as not said."""

_MONTHS = {
    name: number
    for number, name in enumerate(
        (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"), 1
    )
}
_KEPT = 4_096
"""Moments that are remembered; when there are more, all are forgotten."""
_LONGEST = 40
_NUMBER = 24
"""Characters of a number that is a time."""


def moment(said: float | str) -> float | None:
    """Seconds since the Unix epoch; None where it cannot be read, which is as good as not said. UTC where it has no zone."""
    if isinstance(said, str):
        try:
            when = datetime.fromisoformat(said)
            said = (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            return None
    return said if math.isfinite(said) and 0 <= said < LATEST else None


def remembered(read: Clock) -> Clock:
    """The same, remembering. What is absurdly long is not looked at."""
    known: dict[bytes, float | None] = {}

    def clock(said: bytes) -> float | None:
        try:
            return known[said]
        except KeyError:
            pass
        if len(said) > _LONGEST:
            return None
        if len(known) >= _KEPT:
            known.clear()
        found = known[said] = read(said)
        return found

    return clock


def common(said: bytes) -> float | None:
    """The common log format: `10/Oct/2000:13:55:36 -0700`, with or without brackets and fractions of a second; a space between
    date and time, as some frameworks write."""
    text = said.strip(b"[]")
    date, _, rest = text.partition(b" " if text[11:12] == b" " else b":")
    clock, _, zone = rest.partition(b" ")
    day, month, year = (*date.split(b"/"), b"", b"")[:3]
    clock, _, fraction = clock.partition(b".")
    try:
        hour, minute, second = (int(part) for part in clock.split(b":"))
        when = datetime(int(year), _MONTHS[month], int(day), hour, minute, min(second, 59), tzinfo=UTC) - _offset(zone)
        return moment(when.timestamp() + (float(b"0." + fraction) if fraction.isdigit() else 0.0))
    except (ValueError, KeyError, OverflowError):
        return None


def _offset(zone: bytes) -> timedelta:
    """Of `+0200`; none where there is no zone. Raises ValueError."""
    if not zone:
        return timedelta()
    number = int(zone[1:])
    if len(zone) != 5 or zone[:1] not in (b"+", b"-"):
        raise ValueError("no zone")
    offset = timedelta(hours=number // 100, minutes=number % 100)
    return offset if zone[:1] == b"+" else -offset


def iso(said: bytes) -> float | None:
    """ISO 8601 with at most six digits of a second, or more, which are cut; a common log time where it is one."""
    text = said.strip(b"[]")
    if not text.isascii():
        return None
    if text[2:3] == b"/":
        return common(text)
    whole, dot, fraction = text.decode().replace(",", ".").partition(".")
    if dot:
        digits = len(fraction) - len(fraction.lstrip("0123456789"))
        return moment(f"{whole}.{fraction[: min(digits, 6)]:0<6}{fraction[digits:]}")
    return moment(whole)


def number(said: bytes) -> float | None:
    """A decimal number; None of what is none, or negative. Of several ("0.001, 0.002", one for each upstream), their sum."""
    if len(said) > _NUMBER or not said[:1].isdigit():
        return None if b"," not in said else _sum(said)
    try:
        found = float(said)
    except ValueError:
        return _sum(said)
    return found if math.isfinite(found) else None


def _sum(said: bytes) -> float | None:
    parts = [part.strip() for part in said.replace(b" : ", b",").split(b",", 8)]
    if len(parts) < 2 or any(len(part) > _NUMBER for part in parts):
        return None
    try:
        found = sum(float(part) for part in parts if part not in (b"-", b""))
    except ValueError:
        return None
    return found if math.isfinite(found) and found >= 0 else None


def seconds(unit: float) -> Clock:
    """Reads a number of so many parts of a second: 1 for seconds, 1e3 for milliseconds …"""

    def clock(said: bytes) -> float | None:
        found = number(said.removesuffix(b"s"))
        return None if found is None else found / unit

    return clock


def since_epoch(said: bytes) -> float | None:
    """Seconds, milliseconds, microseconds or nanoseconds since the epoch, told apart by their size: each unit is read as one
    between the years 1973 and 5138, which no other unit can mean within this century; otherwise ISO 8601."""
    found = number(said)
    if found is None or b"-" in said[1:]:
        return iso(said)
    for unit in (1.0, 1e3, 1e6, 1e9):
        if 1e8 <= found / unit < 1e11:
            return found / unit
    return moment(found)
