"""The lifecycle of an operation: which views it is in, and the numbers that put it there.

Views are computed from what is claimed, every time; nothing is stored, so a new reading of a contract or one more week of traffic
changes them. Definitions: `yett.model.catalog.VIEWS`. It must not know where claims come from.
"""

from datetime import UTC, datetime

import msgspec

from yett.engine.catalog.settings import DAY, ViewSettings
from yett.model.catalog import Coverage, Declaration, Drift, Moment, Reason

Numbers = dict[str, int | float | str]


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an operation's life.

    accepted: answers of 2xx and 3xx; refused: 4xx to authenticated calls. declared: all readings that have it, current or not.
    service_declares: whether anything is declared for its service. service: what was watched of the whole service. sunset: when it
    said that it will end (RFC 8594), in seconds since the Unix epoch; noted: whether answers had a Deprecation field (RFC 9745).
    """

    accepted: int = 0
    refused: int = 0
    last_seen: Moment = None
    declared: tuple[Declaration, ...] = ()
    service_declares: bool = False
    service: Coverage = Coverage()
    drift: tuple[Drift, ...] = ()
    sunset: Moment = None
    noted: bool = False
    siblings: int = 0


def views(life: Life, settings: ViewSettings) -> dict[str, Reason]:
    """The views of an operation by name, each with its reason."""
    found: dict[str, tuple[str, Numbers]] = {}
    current = [one for one in life.declared if one.current]
    dormant = _dormant(life, settings)
    if current:
        found["declared"] = (f"declared in {_sources(current)}", {})
    else:
        found |= _undeclared(life)
    deprecated = _deprecated(life, current)
    if deprecated:
        found["deprecated"] = (deprecated, {})
    ended = deprecated or _removed(life, current)
    if ended and life.accepted and dormant is None:
        found["zombie"] = (f"{ended}, and it still answers", {"accepted": life.accepted} | _last(life))
    if dormant is not None:
        found["dormant"] = dormant
    if current and not life.accepted and any(one.origin == "contract" for one in current):
        found |= _unused(life, settings)
    if life.drift:
        found["drifted"] = (f"traffic contradicts what is declared in {len(life.drift)} places", {"drift": len(life.drift)})
    if life.siblings:
        found["versioned"] = ("other versions of it are alive", {"versions": life.siblings + 1})
    return {name: Reason(about=f"view:{name}", text=text, numbers=numbers) for name, (text, numbers) in sorted(found.items())}


def _undeclared(life: Life) -> dict[str, tuple[str, Numbers]]:
    if not life.accepted and not life.refused:
        return {}
    numbers: Numbers = {"accepted": life.accepted, "refused_authenticated": life.refused}
    what = "it answers" if life.accepted else "it exists: calls with credentials are refused by it"
    if life.service_declares:
        return {"shadow": (f"{what}, and no description of its service has it", numbers)}
    return {"undeclared": (f"{what}, and nothing was declared for its service", numbers)}


def _deprecated(life: Life, current: list[Declaration]) -> str:
    declared = [one for one in current if one.deprecated]
    if declared:
        return f"declared deprecated in {_sources(declared)}"
    if life.sunset is not None:
        return f"its answers say that it ends at {moment(life.sunset)} (Sunset)"
    return "its answers say that it is deprecated (Deprecation)" if life.noted else ""


def _removed(life: Life, current: list[Declaration]) -> str:
    if current or not life.declared:
        return ""
    return f"it was declared, and is no longer, in {_sources(life.declared)}"


def _dormant(life: Life, settings: ViewSettings) -> tuple[str, Numbers] | None:
    if life.last_seen is None or life.service.last_seen is None or life.accepted < settings.dormant_calls:
        return None
    silence = life.service.last_seen - life.last_seen
    if silence < settings.dormant_after:
        return None
    numbers: Numbers = {
        "silence": silence,
        "dormant_after": settings.dormant_after,
        "accepted": life.accepted,
        "dormant_calls": settings.dormant_calls,
    }
    return f"silent for {days(silence)} while its service was called", numbers | _last(life)


def _unused(life: Life, settings: ViewSettings) -> dict[str, tuple[str, Numbers]]:
    """An absence is claimed only within what was watched."""
    seen = life.service
    numbers: Numbers = {
        "window": seen.window,
        "orphan_after": settings.orphan_after,
        "exchanges": seen.exchanges,
        "orphan_exchanges": settings.orphan_exchanges,
    }
    if not seen.parts.get("status"):
        return {"unused": ("no sensor of its service sees statuses: whether a call was accepted is not known", numbers)}
    if seen.window >= settings.orphan_after and seen.exchanges >= settings.orphan_exchanges:
        text = f"no call was accepted in {days(seen.window)} and {seen.exchanges:,} exchanges of its service"
        return {"orphan": (text, numbers)}
    text = f"no call was accepted, but only {days(seen.window)} and {seen.exchanges:,} exchanges of its service were watched"
    return {"unused": (text, numbers)}


def _last(life: Life) -> Numbers:
    return {} if life.last_seen is None else {"last_seen": life.last_seen}


def _sources(declared: tuple[Declaration, ...] | list[Declaration]) -> str:
    names = sorted({one.source for one in declared})
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def days(seconds: float) -> str:
    """A span in the unit that suits it."""
    for size, name in ((DAY, "days"), (3_600.0, "hours"), (60.0, "minutes")):
        if seconds >= size:
            return f"{seconds / size:.1f} {name}".replace(".0 ", " ")
    return f"{seconds:.0f} seconds"


def moment(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return f"{seconds:g}"
