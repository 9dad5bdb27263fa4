"""Amounts below zero are taken: a negative quantity is a refund, a negative transfer takes from the other one.

What is tried: inputs of operations that make or do something, whose names speak of amounts, with a small number and its
negative, after each other, so that both together change nothing. It is one where the second is a success too, and its answer
shows what it did: the negative number where the positive one stood before, or a balance that moved the other way. What the run
makes it removes.

To fix: a minimum in the description, enforced; compute totals on the server and refuse what is below zero.
"""

from yett.formats.names import words
from yett.model.probe import Answer, Claim, Flaw, ProbeRule, Probing, Sign
from yett.model.rule import Severity
from yett.rules.probing.flows import filled, numbers, send
from yett.rules.probing.operation import Operation, Place
from yett.rules.probing.target import Target
from yett.rules.probing.wording import listed

RULE = ProbeRule(
    id="negative-amounts",
    title="Amounts below zero are taken",
    severity=Severity.HIGH,
    flaws=(Flaw.BUSINESS_FLOW,),
    requests=12,
    weight=4,
    owasp=("API6:2023",),
    cwe=(840, 1284),
    references=("https://owasp.org/API-Security/editions/2023/en/0xa6-unrestricted-access-to-sensitive-business-flows/",),
)

_AMOUNTS = listed("amount quantity qty price points credits credit units seats nights tickets cost fee tip deposit payment")
_FEW = 3


def probe(target: Target, operation: Operation) -> Probing:
    if operation.safe or operation.perilous or target.doing(operation) not in ("create", "action"):
        return
    for place in operation.places:
        said = words(place.name.rpartition("/")[2])
        if place.kind in ("body", "query") and place.type in ("integer", "number") and said and _AMOUNTS & set(said):
            yield from _one(target, operation, place)


def _one(target: Target, operation: Operation, place: Place) -> Probing:
    for identity, others in filled(target, operation):
        first = yield from send(target, operation, identity, {**others, place.text: _FEW}, f"{_FEW}: as meant")
        if target.succeeded(first.answer):
            break
    else:
        return
    second = yield from send(target, operation, identity, {**others, place.text: -_FEW}, f"{-_FEW}: taken all the same")
    if not target.succeeded(second.answer):
        return
    name = place.name.rpartition("/")[2]
    effect, moved, sign = _effect(first.answer, second.answer, name)
    if effect:
        yield Claim(
            flaw=Flaw.BUSINESS_FLOW,
            place=place.text,
            identities=(identity,),
            text=f"{operation.label} takes {-_FEW} for {name}: {effect}.",
            reasons=("whoever sends it gains what others pay" if moved else "whether it is harmful, what reads it decides",),
            proof=(first, second) if sign.kind == "grown" else (second,),
            control=(first,),
            sign=sign,
            severity=None if moved else Severity.LOW,
        )


def _effect(first: Answer, second: Answer, name: str) -> tuple[str, bool, Sign]:
    """What the negative number did, in words, whether it moved something else than itself, and how that is told again; "" where
    nothing shows."""
    before, after = numbers(first), numbers(second)
    echoed = before.get(name) == _FEW and after.get(name) == -_FEW
    for member in after.keys() & before.keys() - {name}:
        old, new = before[member], after[member]
        if echoed and old > 0 > new:
            return f"{member} is {new:g} then", True, Sign()
        if not echoed and abs(new - old - _FEW) < 1e-6 and "id" not in words(member) and not _counts(member, name):
            return f"{member} grew from {old:g} to {new:g}", True, Sign(kind="grown", amount=_FEW / 2, names=(member,))
    return ("the answer holds it" if echoed else "", False, Sign())


def _counts(member: str, name: str) -> bool:
    """Whether a number grows by itself with every call."""
    return bool({"id", "number", "count", "version", "timestamp", "time"} & set(words(member))) and member != name
