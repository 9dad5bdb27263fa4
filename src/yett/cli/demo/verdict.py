"""Holds what happened against what the scenarios say must happen: by the answers, and by the event log, which must agree.

It neither sends nor prints.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from yett.cli.demo.scenarios import BANNERS, Kind, Scenario
from yett.cli.demo.wire import Reply
from yett.model.event import Event
from yett.store.eventlog.reader import read

PATIENCE = 10.0
"""Seconds until all records must be in the log; they are written in batches, a fifth of a second apart."""


class Played(msgspec.Struct, frozen=True):
    """One scenario as it went: the answers, and the record of each (None where the log has none)."""

    scenario: Scenario
    replies: tuple[Reply, ...]
    events: tuple[Event | None, ...] = ()


def with_records(played: Sequence[Played], log: Path, wait: Callable[[float], None] = time.sleep) -> list[Played]:
    """Add the records, waiting for those that are still on their way."""
    wanted = {reply.request_id for one in played for reply in one.replies if reply.request_id}
    end = time.monotonic() + PATIENCE
    while True:
        found = {entry.event.request_id: entry.event for entry in read(log) if entry.event.request_id in wanted}
        if len(found) == len(wanted) or time.monotonic() > end:
            break
        wait(0.1)
    return [Played(one.scenario, one.replies, tuple(found.get(reply.request_id) for reply in one.replies)) for one in played]


def differences(played: Iterable[Played]) -> list[str]:
    """What did not happen as documented, one line each; empty if all did."""
    return [f"{one.scenario.caller} {one.scenario.title}: {line}" for one in played for line in _differences(one)]


def _differences(one: Played) -> list[str]:
    scenario = one.scenario
    found = _statuses(scenario, [reply.status for reply in one.replies])
    for reply, event in zip(one.replies, one.events, strict=True):
        leaked = [text.decode() for text in (*scenario.absent, *BANNERS) if text in reply.raw]
        if leaked:
            found.append(f"the answer tells {', '.join(leaked)}")
        if event is None:
            found.append("the event log has no record of it")
        else:
            found += _record(scenario, reply, event)
    return list(dict.fromkeys(found))


def _statuses(scenario: Scenario, statuses: list[int]) -> list[str]:
    """A series ends with the documented status; before it, at least as many others as documented."""
    other, least = scenario.before
    start = statuses[:least]
    rest = statuses[least:]
    if start != [other] * least:
        return [f"the first {least} answers are {start}, not {other}"]
    if not rest or rest[-1] != scenario.status or set(rest) - {scenario.status, other if least else scenario.status}:
        return [f"answered {sorted(set(rest))}, not {scenario.status}"]
    return []


def _record(scenario: Scenario, reply: Reply, event: Event) -> list[str]:
    if reply.status != scenario.status:
        return []  # the calls of a series that come before the limit
    found = []
    rules = {reason.rule for reason in event.reasons[: event.enforced]}
    verdict = "deny" if scenario.kind is Kind.DENIED else "allow"
    if event.status != reply.status:
        found.append(f"the record says status {event.status}, the answer {reply.status}")
    if event.verdict != verdict:
        found.append(f"the record says {event.verdict}, not {verdict}")
    if scenario.rule and not any(f"{rule}.".startswith(f"{scenario.rule}.") for rule in rules):
        found.append(f"the record names {', '.join(sorted(rules)) or 'no rule'}, not {scenario.rule}")
    if not scenario.rule and rules:
        found.append(f"{', '.join(sorted(rules))} objected")
    if scenario.kind is Kind.DENIED and event.upstream_status:
        found.append("it reached the shop")
    return found
