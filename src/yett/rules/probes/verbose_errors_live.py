"""Errors that show the inside: stack traces, statements of the database, pages of a debug mode.

They name files, versions, queries and sometimes secrets, and make every other attack easier.

What is tried: everything that was answered while the target was walked through is looked at; then, on each operation, a value
that breaks quotes, a body that is no JSON, a number where a text belongs and the other way round. Proof is the trace itself,
against the ordinary answer, which has none. One kind of trace is one finding, which names all operations that show it.

To fix: switch debug modes off; answer errors with a number, and write the trace to the log.
"""

from collections.abc import Generator
from typing import Any

import msgspec

from yett.formats.traces import found as trace_in
from yett.model.probe import Answer, Call, Claim, Exchanged, Flaw, ProbeRule, Probing, Send, Step
from yett.model.rule import Severity
from yett.rules.probing.readers import get
from yett.rules.probing.target import Operation, Target
from yett.rules.probing.trying import Sent, Trial, trials

RULE = ProbeRule(
    id="verbose-errors-live",
    title="Errors show the inside of the program",
    severity=Severity.MEDIUM,
    flaws=(Flaw.VERBOSE_ERROR,),
    requests=14,
    weight=4,
    owasp=("API8:2023",),
    cwe=(209, 550),
    references=("https://cheatsheetseries.owasp.org/cheatsheets/Error_Handling_Cheat_Sheet.html",),
)


def probe(target: Target, operation: Operation) -> Probing:
    seen = [one for other, one in target.exchanges() if other == operation]
    control = next((one for one in seen if not trace_in(one.answer.body)), None)
    for one in seen:
        if _leaks(target, one.answer):
            yield _claim(one, "", control or (yield from _elsewhere(target)))
            return
    tried = yield from trials(target, operation, 5)
    for trial in tried:
        for value in ("broken", "odd"):
            one = (yield from trial.broken()) if value == "broken" else (yield from _odd(trial))
            if _leaks(target, one.answer):
                yield _claim(one, trial.place.text, control or (yield from trial.normal()))
                return
    if tried and operation.bodies and tried[0].base.body and not tried[0].makes:
        call: Call = msgspec.structs.replace(tried[0].base, body=b'{"yett": [', content_type="application/json")
        answer: Answer = yield Send(call)
        if _leaks(target, answer):
            known = control or (yield from _elsewhere(target))
            yield _claim(Exchanged(call, answer, "a body that ends early"), "body", known)


def _leaks(target: Target, answer: Answer) -> bool:
    """Whether an error shows the inside. A success that holds traces may be about traces: logs, reports of errors."""
    return not target.succeeded(answer) and trace_in(answer.body) is not None


def _odd(trial: Trial) -> Sent:
    """A text where a number belongs, a list where a text does."""
    value = "yett" if trial.number else ["yett"] if trial.place.kind == "body" else "\u0000\ufffd"
    return trial.remembered("odd", value, "a value of another kind")


def _elsewhere(target: Target) -> Generator[Step, Any, Exchanged | None]:
    """Another error of the target, which shows nothing of the inside; None where it does."""
    one = yield from get(f"/{target.token(12)}", note="a path that nothing has: an error without it")
    return None if trace_in(one.answer.body) else one


def _claim(one: Exchanged, place: str, control: Exchanged | None) -> Claim:
    what = trace_in(one.answer.body)
    return Claim(
        flaw=Flaw.VERBOSE_ERROR,
        place=place,
        identities=(one.call.identity,),
        text=f"The answer shows {what}.",
        reasons=("it names files, versions or statements of the program",),
        proof=(one,),
        control=(control,) if control is not None else (),
        cause=what or "",
        uncontrolled="" if control is not None else "every error of the target shows the like",
    )
