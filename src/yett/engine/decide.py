"""decide: run one phase of a plan on a view. Pure: time is in the evaluation, I/O is asked for with a Wait.

Live and offline run the same function. A check is called again after its need was fulfilled; checks before it are not.
"""

from collections.abc import Sequence
from itertools import chain

from yett.model.decision import Answer, Check, Denial, Evaluation, Outcome, Wait
from yett.model.exchange import View


def decide(checks: Sequence[Check], view: View, evaluation: Evaluation) -> Outcome:
    """Run `checks` until one answers. None means allow; after a Wait, call `resume`."""
    remaining = iter(checks)
    for check in remaining:
        outcome = check(view, evaluation)
        if outcome is not None:
            if type(outcome) is Wait:
                evaluation.pending = chain((check,), remaining)
            elif type(outcome) is Denial:
                evaluation.denial = outcome
            elif type(outcome) is Answer:
                evaluation.answered = outcome
            return outcome
    return None


def resume(view: View, evaluation: Evaluation) -> Outcome:
    """Go on after the need of the last Wait was supplied."""
    pending, evaluation.pending = evaluation.pending, None
    return decide(list(pending or ()), view, evaluation)
