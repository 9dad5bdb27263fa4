"""NoSQL injection: a value of a request becomes an operator or code in a query of a document database.

Where `{"password": {"$ne": ""}}` reaches the query as it is, everybody logs in without a password; in a search it reads everything.

What is tried, where the operation only looks something up: `$ne` with a word that nothing has, against `$eq` and an operator that
does not exist with the same word; as an object in JSON, as `name[$ne]` in queries and forms. What is told apart three times in an
order by chance, and succeeds with `$ne` only, is one. Then conditions of JavaScript (`$where`), true and false ones.

To fix: demand texts where texts are meant (schemas do that), and turn JavaScript in queries off.

What it misses: operators in operations that change something, which are not tried because `$ne` would reach every object.
"""

from collections.abc import Callable, Generator
from functools import partial
from typing import Any

from yett.model.probe import Answer, Call, Exchanged, Flaw, ProbeRule, Probing, Send, Step
from yett.model.rule import Severity
from yett.rules.probing.claiming import APART, of_input
from yett.rules.probing.operation import Operation, Place
from yett.rules.probing.target import Target
from yett.rules.probing.trying import Trial, decided, order, shape, told_apart, trials

RULE = ProbeRule(
    id="injection-nosql",
    title="NoSQL injection",
    severity=Severity.CRITICAL,
    flaws=(Flaw.NOSQL_INJECTION,),
    requests=100,
    weight=3,
    owasp=("API8:2023",),
    cwe=(943,),
    references=(
        "https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/07-Input_Validation_Testing/05.6-Testing_for_NoSQL_Injection",
    ),
)

Told = Generator[Step, Any, tuple[list[Exchanged], list[Exchanged]]]


def probe(target: Target, operation: Operation) -> Probing:
    found = [one for one in (yield from trials(target, operation)) if one.reads]
    for trial in found:
        if trial.place.kind in ("query", "body", "path") and (yield from _one(trial)):
            return
    texts = [one for one in found if one.place.kind == "body" and not one.number and "json" in one.base.content_type]
    if len(texts) > 1 and (yield from _all(texts)):
        return


def _one(trial: Trial) -> Generator[Step, Any, bool]:
    if trial.place.kind != "path":
        true, false = yield from _operators(trial.target, partial(_call, trial))
        if true:
            text = f"An operator in {trial.place.text} reaches the query of a document database."
            yield of_input(
                trial,
                Flaw.NOSQL_INJECTION,
                text,
                true[:1],
                false[:2],
                "conditions are met without knowing the value",
                sign=APART,
            )
            return True
    broken, normal = (yield from trial.broken()), (yield from trial.normal())
    if shape(broken) != shape(normal) and not trial.number:
        yield from _code(trial)
    return False


def _all(texts: list[Trial]) -> Generator[Step, Any, bool]:
    """Operators in all texts of a body at once: where a search needs several values that nobody knows."""
    first = texts[0]

    def call(operator: str, word: str) -> Call:
        made = first.base
        for trial in texts:
            made = trial.operation.put(made, trial.place, {operator: word})
        return made

    true, false = yield from _operators(first.target, call)
    if true:
        text = "Operators in the body reach the query of a document database."
        yield of_input(
            first, Flaw.NOSQL_INJECTION, text, true[:1], false[:2], "conditions are met without knowing any value", sign=APART
        )
    return bool(true)


def _operators(target: Target, make: Callable[[str, str], Call]) -> Told:
    true: list[Exchanged] = []
    false: list[Exchanged] = []
    for side in (True, False, False, *order(target.rng, 2)):
        name = "$ne" if side else ("$eq", "$yett")[len(false) % 2]
        call = make(name, "yett" + target.token())
        answer: Answer = yield Send(call)
        (true if side else false).append(Exchanged(call, answer, f"{name} with a word that nothing has"))
        if not target.succeeded(true[0].answer) or (false and not _apart(true, false)):
            return [], []
    return true, false


def _apart(true: list[Exchanged], false: list[Exchanged]) -> bool:
    """`$eq` and an operator that is none may be refused in different ways: each is told apart from `$ne` by itself."""
    return all(told_apart(true, kind) for kind in (false[::2], false[1::2]) if kind)


def _call(trial: Trial, operator: str, word: str) -> Call:
    """The call with an operator: an object in JSON, `name[$ne]` elsewhere."""
    place, operation = trial.place, trial.operation
    if place.kind == "body" and "json" in trial.base.content_type:
        return trial.call({operator: word})
    return operation.put(operation.drop(trial.base, place), Place(place.kind, f"{place.name}[{operator}]"), word)


def _like(first: Exchanged, one: Exchanged) -> bool:
    return shape(one) == shape(first)


def _code(trial: Trial) -> Probing:
    """JavaScript between quotes: a condition of its own decides, and is no SQL (`===` is none)."""
    for quote in ("'", '"'):

        def condition(same: bool, quote: str = quote) -> str:
            left = 1000 + trial.target.rng.randrange(8000)
            return f"yett{quote}||{left}==={left if same else left + 1}||{quote}a{quote}==={quote}b"

        first = yield from trial.send(condition(True), "JavaScript that is always true")
        if not trial.target.succeeded(first.answer):
            continue
        true, false = yield from decided(
            trial,
            (partial(condition, True), "JavaScript that is always true"),
            (partial(condition, False), "JavaScript that is always false"),
            partial(_like, first),
        )
        if true:
            text = f"The value of {trial.place.text} is run as JavaScript in a query of a document database."
            yield of_input(
                trial, Flaw.NOSQL_INJECTION, text, true[:2], false[:2], "a condition in it decides what is answered", sign=APART
            )
            return
