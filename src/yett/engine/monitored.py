"""What monitor mode makes of a check: it sees everything and does nothing."""

from yett.model.decision import Answer, Check, Denial, Evaluation, Outcome
from yett.model.exchange import View


def monitored(check: Check) -> Check:
    """The same check, but what it would do is only recorded: it denies nothing, answers nothing and changes no response."""

    def monitor(view: View, evaluation: Evaluation) -> Outcome:
        lines = 0 if evaluation.fields is None else len(evaluation.fields)
        changes = 0 if evaluation.amended is None else len(evaluation.amended)
        replacement, replacement_type = evaluation.replacement, evaluation.replacement_type
        outcome = check(view, evaluation)
        if evaluation.fields is not None:
            del evaluation.fields[lines:]
        if evaluation.amended is not None and len(evaluation.amended) > changes:
            for why in evaluation.amended[changes:]:
                evaluation.note(why)
            del evaluation.amended[changes:]
        evaluation.replacement, evaluation.replacement_type = replacement, replacement_type
        if type(outcome) is Denial:
            evaluation.would_deny(outcome)
            return None
        return None if type(outcome) is Answer else outcome

    return monitor
