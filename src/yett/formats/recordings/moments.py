"""When something was, as recordings write it: seconds since the Unix epoch, or ISO 8601."""

import math
from datetime import UTC, datetime

LATEST = 253_402_300_800
"""The year 10,000, which calendars do not have."""


def moment(said: float | str) -> float | None:
    """Seconds since the Unix epoch; None where it cannot be read, which is as good as not said. UTC where it has no zone."""
    if isinstance(said, str):
        try:
            when = datetime.fromisoformat(said)
            said = (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            return None
    return said if math.isfinite(said) and 0 <= said < LATEST else None
