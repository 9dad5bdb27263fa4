"""Conditions in a value: always true ones and always false ones, told apart again and again with other numbers.

One text serves SQL and XPath, in numbers, in single and in double quotes: what is a text in one of them is a condition in another,
and `/* */` hides the rest of it from SQL's numbers. It must not know what the answers mean.
"""

from collections.abc import Generator
from typing import Any

from yett.model.probe import Exchanged, Step
from yett.rules.probing.trying import Trial, order, told_apart

TIMES = 3
"""How often each is seen: an answer that changes by itself tells 6 times the expected by chance once in 32."""


def condition(left: int, right: int) -> str:
    """A value whose condition holds where both numbers are the same."""
    one, two = f"'{left}'='{right}'", f'"{left}"="{right}"'
    return f"0 or {left}={right}/*' or {one} or 'a'='\" or {two} or \"a\"=\"*/"


def tautologies(trial: Trial) -> Generator[Step, Any, tuple[list[Exchanged], list[Exchanged]]]:
    """The exchanges with true and with false conditions where they are told apart, else two empty lists. 2 requests where they
    are not, 6 where they are, once for the target. Only for operations that look something up."""
    if "logic" not in trial.notes:
        trial.notes["logic"] = yield from _tried(trial)
    found: tuple[list[Exchanged], list[Exchanged]] = trial.notes["logic"]
    return found


def _tried(trial: Trial) -> Generator[Step, Any, tuple[list[Exchanged], list[Exchanged]]]:
    true: list[Exchanged] = []
    false: list[Exchanged] = []
    for equal in [True, False, *order(trial.target.rng, TIMES - 1)]:
        left = 1000 + trial.target.rng.randrange(8000)
        note = "a condition that is always " + ("true" if equal else "false")
        one = yield from trial.send(condition(left, left if equal else left + 1), note)
        (true if equal else false).append(one)
        if true and false and not told_apart(true, false):
            return [], []
    return true, false


def function(trial: Trial, form: str, true: list[Exchanged], false: list[Exchanged]) -> Generator[Step, Any, Exchanged | None]:
    """The exchange that shows that a function is run: a condition with it is as true as `true`, and the same with a name that
    nothing has is not. None where it is not run. form: a condition that holds, with "{}" after the name of its function."""
    for quote in ("'", '"', ""):
        around = f"yett{quote} or {form} or {quote}a{quote}={quote}b" if quote else f"0 or {form}"
        one = yield from trial.send(around.format(""), f"a condition that is true where {form.partition('{')[0]} is known")
        if told_apart([*true, one], false):
            other = yield from trial.send(around.format(trial.target.token(5)), "the same with a function that nothing has")
            again = yield from trial.send(around.format(""))
            if told_apart([*true, one, again], [other]):
                return one
    return None
