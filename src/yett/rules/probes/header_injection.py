"""Header injection: a value of a request, with a line break in it, becomes a field of the response.

Whoever can add fields sets cookies for others, splits responses and poisons caches.

What is tried: inputs whose value the answer repeats in a field (Location, Set-Cookie, names of downloads) get a line break and a
field that nobody else sends. It is one where that field arrives as a field, twice, and does not without the break.

To fix: refuse control characters in what goes into a field; current frameworks do.
"""

from functools import partial

from yett.model.probe import Exchanged, Flaw, ProbeRule, Probing
from yett.model.rule import Severity
from yett.rules.probing.claiming import of_input
from yett.rules.probing.operation import Operation
from yett.rules.probing.target import Target
from yett.rules.probing.trying import Trial, decided, trials

RULE = ProbeRule(
    id="injection-header",
    title="A field of the response can be added",
    severity=Severity.MEDIUM,
    flaws=(Flaw.HEADER_INJECTION,),
    requests=56,
    weight=5,
    owasp=("API8:2023",),
    cwe=(113, 93),
    references=("https://owasp.org/www-community/attacks/HTTP_Response_Splitting",),
)


def probe(target: Target, operation: Operation) -> Probing:
    for trial in (yield from trials(target, operation)):
        if not trial.number and trial.place.kind != "header":
            yield from _one(trial)


def _one(trial: Trial) -> Probing:
    harmless = yield from trial.harmless()
    sent = _sent(trial, harmless)
    if len(sent) < 4 or not any(sent.encode() in value for _, value in harmless.answer.fields):
        return
    name = "x-yett-" + trial.target.token(6)
    for line in ("\r\n", "\n"):
        proof, control = yield from decided(
            trial,
            (partial(str, f"yett{line}{name}: 1"), "with a line break: the field arrives"),
            (partial(str, f"yett {name}: 1"), "without a line break: it does not"),
            lambda one: bool(one.answer.field(name)),
        )
        if proof:
            text = f"A line break in {trial.place.text} adds a field to the response."
            yield of_input(trial, Flaw.HEADER_INJECTION, text, proof[:1], control[:1], "any field can be added, Set-Cookie too")
            return


def _sent(trial: Trial, harmless: Exchanged) -> str:
    value = trial.operation.value(harmless.call, trial.place)
    return value if isinstance(value, str) else ""
