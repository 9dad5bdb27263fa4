"""What has been gathered of an exchange so far, for all guards that inspect values: `Evaluation.inspected`.

It must not know what is looked for.
"""

from collections.abc import Callable, Iterator
from typing import Any

from yett.formats.inspected import BodyValues, Value
from yett.model.decision import Errand, Evaluation, Pause, Unanswered, Wait, unset


class Gathered:
    """head: values of the request's head; body, response: of the bodies; None where nobody has asked yet. running: work that
    pauses now and then, by the name of who does it; told: what another process has found instead, likewise.
    paused: the last pause, if any."""

    __slots__ = ("body", "head", "paused", "response", "running", "told", "turns")

    def __init__(self) -> None:
        self.head: list[Value] | None = None
        self.body: BodyValues | None = None
        self.response: BodyValues | None = None
        self.running: dict[str, Iterator[Any]] = {}
        self.told: dict[str, Any] = {}
        self.paused: Pause | None = None
        self.turns = 0

    def pause(self, work: Callable[[], object] | None = None, errand: Errand | None = None) -> Wait:
        """A pause that differs from all before it."""
        self.turns += 1
        self.paused = Pause(self.turns, work, errand)
        return Wait(self.paused)

    def failure(self, evaluation: Evaluation) -> str:
        """Why what was to be done in the last pause came to nothing; empty where it did not."""
        answer = True if self.paused is None else evaluation.answer_to(self.paused)
        return answer.reason if isinstance(answer, Unanswered) else ""


def gathered(evaluation: Evaluation) -> Gathered:
    """What was gathered of this exchange. Once it has ended, as it may while a thread still judges it, nothing is kept: that would
    refer back to the evaluation, and a megabyte would wait for the garbage collector."""
    if evaluation.finished:
        return Gathered()
    found = evaluation.inspected
    if found is unset:
        found = evaluation.inspected = Gathered()
    assert isinstance(found, Gathered)
    return found
