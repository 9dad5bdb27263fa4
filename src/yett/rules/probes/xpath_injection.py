"""XPath injection: a value of a request becomes a part of an XPath expression over an XML document.

XPath has no rights of its own: whoever can add a condition reads the whole document, logins included.

What is tried, where the operation only looks something up: conditions that are always true and always false are told apart three
times in a row with other numbers, `true()`, which XPath has and SQL has not, is run, and a function that nothing has is not.
Otherwise an error of an XPath engine that an open quote causes, and two quotes of the other kind within it do not, twice.

To fix: pass values as variables of the expression, or compare them in your own code.

What it misses: inputs of operations that change something, where no error is shown.
"""

from yett.model.probe import Flaw, ProbeRule, Probing
from yett.model.rule import Severity
from yett.rules.probing.claiming import APART, of_input
from yett.rules.probing.error_texts import SQL, XPATH, spoken
from yett.rules.probing.logic import function, tautologies
from yett.rules.probing.operation import Operation
from yett.rules.probing.target import Target
from yett.rules.probing.trying import Trial, decided, trials

RULE = ProbeRule(
    id="injection-xpath",
    title="XPath injection",
    severity=Severity.HIGH,
    flaws=(Flaw.XPATH_INJECTION,),
    requests=80,
    weight=5,
    owasp=("API8:2023",),
    cwe=(643,),
    references=("https://owasp.org/www-community/attacks/XPATH_Injection",),
)


def probe(target: Target, operation: Operation) -> Probing:
    for trial in (yield from trials(target, operation)):
        yield from _one(trial)


def _one(trial: Trial) -> Probing:
    text = f"The value of {trial.place.text} becomes a part of an XPath expression"
    true, false = (yield from tautologies(trial)) if trial.reads else ([], [])
    broken = yield from trial.broken()
    if true:
        run = yield from function(trial, "true{}()", true, false)
        if run is not None:
            said = f"{text}: a condition in it decides what is answered."
            yield of_input(
                trial, Flaw.XPATH_INJECTION, said, [*true[:2], run], false[:2], "the whole document can be read", sign=APART
            )
        return
    if not spoken(broken.answer, XPATH) or spoken(broken.answer, SQL):
        return
    bad, good = yield from decided(
        trial,
        (lambda: "yett'", "an open quote: the engine complains"),
        (lambda: 'yett"" yett', "quotes that the expression reads as text: no complaint"),
        lambda one: bool(spoken(one.answer, XPATH)),
    )
    if bad:
        said = f"{text}: an open quote breaks it."
        yield of_input(trial, Flaw.XPATH_INJECTION, said, bad[:2], good[:2], "the engine's errors are shown", sign=APART)
