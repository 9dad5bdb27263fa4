"""Whether an answer takes as long as it was told to: proportional, repeated, bounded to a few seconds. It must not know payloads.

One unit must take about half as long as two, each seen again, and the slowest of three answers without delay must take less than
half of two units: a target that is slow by itself obeys nothing.
"""

from collections.abc import Callable, Generator
from typing import Any

from yett.model.probe import Exchanged, Sign, Step
from yett.rules.probing.trying import Trial

Payload = Callable[[int], str]
"""What makes the target busy for so many units; 0 for not at all. A unit is a second, or a work that takes a part of one."""

LEAST = 0.3
"""Seconds that two units must take more than none."""


def delayed(trial: Trial, payload: Payload) -> Generator[Step, Any, tuple[list[Exchanged], list[Exchanged]]]:
    """The slow and the quick exchanges, where the target obeys; two empty lists where it does not. 1 request where nothing is
    slow, 6 otherwise, and some 8 seconds at most."""
    first = yield from trial.send(payload(2), "told to be busy for two units")
    if not _slow(first, LEAST):
        return [], []
    quick: list[Exchanged] = []
    slow = [first]
    for units in (0, 0, 1, 2, 0):
        one = yield from trial.send(
            payload(units), f"told to be busy for {units} units" if units else "the same, without delay"
        )
        (slow if units else quick).append(one)
    base = max(one.answer.seconds for one in quick)
    two, single = min(slow[0].answer.seconds, slow[2].answer.seconds) - base, slow[1].answer.seconds - base
    obeys = (
        all(one.answer.status for one in (*slow, *quick)) and two > LEAST and base < two / 2 and 0.3 * two < single < 0.75 * two
    )
    even = max(slow[0].answer.seconds, slow[2].answer.seconds) < 1.6 * (two + base)
    return (slow, quick) if obeys and even else ([], [])


def longer(slow: list[Exchanged], quick: list[Exchanged]) -> Sign:
    """The sign of a delay: how much longer the last slow one took than the first quick one."""
    return Sign(kind="slower", amount=max(0.0, slow[-1].answer.seconds - quick[0].answer.seconds), times=2)


def _slow(one: Exchanged, least: float) -> bool:
    return one.answer.status != 0 and one.answer.seconds > least
