"""Calendar windows: the minute, hour, day, week or month that a moment lies in, by the clock of some place.

Pure but for the time zone database, which `zoneinfo` reads when `zone` is called. It must not know what is counted in them.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class Unit(StrEnum):
    """Weeks begin on Monday (ISO 8601)."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


LENGTHS = {Unit.MINUTE: 60, Unit.HOUR: 3_600, Unit.DAY: 86_400, Unit.WEEK: 604_800}
"""Seconds, on a day without a change of the clock. A month has no fixed length."""


def zone(name: str) -> tzinfo:
    """The time zone of this IANA name, such as "Europe/Paris". Raises ValueError.

    "UTC" needs no time zone database.
    """
    if name.upper() == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            f"unknown time zone {name!r}: use an IANA name such as Europe/Paris (where no name is known, this machine has no "
            "time zone database: install the package tzdata)"
        ) from error


def window(now: float, unit: Unit, place: tzinfo) -> tuple[float, float]:
    """The window [start, end) that `now` lies in, as seconds since the Unix epoch.

    Days, weeks and months go from midnight to midnight, so a day on which clocks change lasts 23 or 25 hours. Minutes and
    hours keep their length; only where clocks change by part of an hour, the hour of the change overlaps the next.
    """
    local = datetime.fromtimestamp(now, place)
    if unit is Unit.MINUTE or unit is Unit.HOUR:
        length = LENGTHS[unit]
        offset = (local.utcoffset() or timedelta(0)).total_seconds()
        start = (now + offset) // length * length - offset
        return start, start + length
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if unit is Unit.DAY:
        first, after = midnight, midnight + timedelta(days=1)
    elif unit is Unit.WEEK:
        first = midnight - timedelta(days=midnight.weekday())
        after = first + timedelta(days=7)
    else:
        first = midnight.replace(day=1)
        after = (first + timedelta(days=31)).replace(day=1)
    return first.timestamp(), after.timestamp()


def windows(unit: Unit, place: tzinfo) -> Callable[[float], tuple[float, float]]:
    """`window` with its last answer remembered: 0.1 µs as long as the window lasts."""
    current = (0.0, 0.0)

    def at(now: float) -> tuple[float, float]:
        nonlocal current
        if not current[0] <= now < current[1]:
            current = window(now, unit, place)
        return current

    return at
