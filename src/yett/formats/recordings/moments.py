"""When something was, as recordings write it: seconds since the Unix epoch, or ISO 8601."""

import math
from datetime import UTC, datetime


def moment(said: float | str) -> float | None:
    """Seconds since the Unix epoch; None where it cannot be read, which is as good as not said. UTC where it has no zone."""
    if not isinstance(said, str):
        return said if math.isfinite(said) and 0 <= said < 253_402_300_800 else None  # the year 10,000
    try:
        when = datetime.fromisoformat(said)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
