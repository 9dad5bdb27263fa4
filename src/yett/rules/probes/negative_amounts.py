"""Amounts below zero are taken: a negative quantity is a refund, a negative transfer takes from the other one.

What is tried: inputs of operations that make or do something, whose names speak of amounts, with a small number and its
negative, after each other, so that both together change nothing. It is one where the second is a success too, and its answer
shows what it did: the negative number where the positive one stood before, or a balance that moved the other way. What the run
makes it removes.

To fix: a minimum in the description, enforced; compute totals on the server and refuse what is below zero.
"""

from typing import Any

from yett.formats.names import words
from yett.model.probe import Answer, Claim, Flaw, ProbeRule, Probing
from yett.model.rule import Severity
from yett.rules.probing.compare import values
from yett.rules.probing.flows import filled, send
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

_AMOUNTS = listed(
    "amount quantity qty price total sum count points credits credit units seats nights tickets value cost fee tip deposit"
)
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
    effect = _effect(first.answer, second.answer, place.name.rpartition("/")[2])
    if effect:
        yield Claim(
            flaw=Flaw.BUSINESS_FLOW,
            place=place.text,
            identities=(identity,),
            text=f"{operation.label} takes {-_FEW} for {place.name.rpartition('/')[2]}: {effect}.",
            reasons=("whoever sends it gains what others pay",),
            proof=(second,),
            control=(first,),
        )


def _effect(first: Answer, second: Answer, name: str) -> str:
    """What the negative number did, in words; "" where nothing shows."""
    before, after = (values(one.json()) for one in (first, second))
    for member, numbers in after.items():
        old = [one for one in before.get(member, ()) if _number(one)]
        new = [one for one in numbers if _number(one)]
        if len(old) != len(new) or not new:
            continue
        if member == name and new == [-_FEW] and old == [_FEW]:
            total = next((one for many in after.values() for one in many if _number(one) and one < 0 and one != -_FEW), None)
            return f"the answer holds it{f', and a total of {total}' if total is not None else ''}"
        if member != name and len(new) == 1 and abs(new[0] - old[0] - _FEW) < 1e-6:
            return f"{member} grew from {old[0]} to {new[0]}"
    return ""


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
