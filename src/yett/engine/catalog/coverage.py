"""What was watched, and what could not be seen: so that nothing absent is claimed beyond it.

It must not know how sensors work.
"""

from collections.abc import Iterable, Mapping

from yett.model.catalog import Coverage

PARTS = {
    "request-fields": "no sensor saw request fields: authentication is not known",
    "request-body": "no sensor saw request bodies: their schemas and data are not known",
    "query": "no sensor saw queries",
    "status": "no sensor saw statuses: what was accepted is not known",
    "response-fields": "no sensor saw response fields",
    "response-body": "no sensor saw response bodies: their schemas and data are not known",
}
"""What is not known where no record showed a part."""


def coverage(
    exchanges: int, recorded: int, first: float, last: float, sensors: Mapping[str, int], parts: Mapping[str, int]
) -> Coverage:
    """first, last: infinities where no time is known."""
    known = first <= last
    return Coverage(
        exchanges=exchanges,
        recorded=recorded,
        first_seen=first if known else None,
        last_seen=last if known else None,
        window=last - first if known else 0.0,
        sensors=dict(sorted(sensors.items())),
        parts=dict(sorted(parts.items())),
        lacks=lacks(exchanges, recorded, known, parts),
    )


def lacks(exchanges: int, recorded: int, timed: bool, parts: Mapping[str, int]) -> tuple[str, ...]:
    if not recorded:
        return ("nothing was seen of it",)
    found = [text for part, text in PARTS.items() if not parts.get(part)]
    found += [
        f"only {parts[part]:,} of {recorded:,} records show {part.replace('-', ' ')}"
        for part in PARTS
        if 0 < parts.get(part, 0) < recorded and part not in ("request-body", "response-body")
    ]
    if exchanges > recorded:
        found.append(f"sampled: {recorded:,} records stand for {exchanges:,} exchanges")
    if not timed:
        found.append("no record says when it was: nothing can be said of silence")
    return tuple(found)


def joined(coverages: Iterable[Coverage]) -> Coverage:
    """The coverage of several operations together."""
    exchanges = recorded = 0
    first, last = float("inf"), float("-inf")
    sensors: dict[str, int] = {}
    parts: dict[str, int] = {}
    for one in coverages:
        exchanges += one.exchanges
        recorded += one.recorded
        if one.first_seen is not None and one.last_seen is not None:
            first, last = min(first, one.first_seen), max(last, one.last_seen)
        for mine, others in ((sensors, one.sensors), (parts, one.parts)):
            for name, count in others.items():
                mine[name] = mine.get(name, 0) + count
    return coverage(exchanges, recorded, first, last, sensors, parts)
