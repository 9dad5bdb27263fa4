"""What may be used once is used twice: coupons, vouchers, rewards; one after the other, or at the same moment.

Where an operation looks first and books afterwards, several requests that arrive together all find the coupon unused.

What is tried: operations that redeem or claim something, with codes that answers showed to the caller, as a user of the run's
own where one can be made. A code is redeemed, and again: where the second succeeds as well and a number grows by the same once
more, it is reused. Where the second is refused, another code (or the same for another user) is redeemed by six requests at once;
more than one success, with a number that grew more than once, is a race.

To fix: one statement that books and tells whether it did (a unique index, `UPDATE … WHERE used = 0`), or a lock.
"""

from collections.abc import Generator
from typing import Any

from yett.formats.names import words
from yett.model.probe import Answer, Burst, Claim, Exchanged, Flaw, ProbeRule, Probing, Sign, Skipped, Step
from yett.model.rule import Severity
from yett.rules.probing.flows import learnt, numbers, send
from yett.rules.probing.operation import Operation, Place
from yett.rules.probing.target import Target
from yett.rules.probing.wording import listed

RULE = ProbeRule(
    id="used-twice",
    title="What may be used once is used twice",
    severity=Severity.HIGH,
    flaws=(Flaw.BUSINESS_FLOW, Flaw.RACE),
    requests=40,
    weight=5,
    owasp=("API6:2023",),
    cwe=(837, 362, 367),
    references=("https://owasp.org/API-Security/editions/2023/en/0xa6-unrestricted-access-to-sensitive-business-flows/",),
)

_DOES = listed("redeem claim apply use activate bonus reward coupon coupons voucher vouchers promo gift")
_CODES = listed("coupon voucher promo gift code token giftcard reward bonus")
_AT_ONCE = 6
_TRIES = 3


def probe(target: Target, operation: Operation) -> Probing:
    if operation.method not in ("POST", "PUT") or operation.perilous or not _DOES & operation.words:
        return
    place = next((one for one in operation.places if one.kind in ("body", "query") and _names_code(one)), None)
    if place is None or target.doing(operation) in ("login", "register", "password"):
        return
    user = yield from target.register()
    identity = user.name if user is not None else next(iter(target.names()), "")
    codes = _learnt(target, place)
    if not identity or not codes:
        yield Skipped(f"{operation.label}: no code is known that could be used")
        return
    for code in codes[:_TRIES]:
        first = yield from send(target, operation, identity, {place.text: code}, "used once")
        if target.succeeded(first.answer):
            yield from _again(target, operation, place, identity, code, first, [one for one in codes if one != code])
            return


def _learnt(target: Target, place: Place) -> list[str]:
    """Codes that were shown, those first that were shown under a name like the one that is asked for: much is called a code."""
    asked = _CODES & {word.removesuffix("s") for word in words(place.name.rpartition("/")[2])}
    return list(dict.fromkeys((*learnt(target, asked), *learnt(target, _CODES))))


def _names_code(place: Place) -> bool:
    return bool(_CODES & {word.removesuffix("s") for word in words(place.name.rpartition("/")[2])}) and place.type == "string"


def _again(
    target: Target, operation: Operation, place: Place, identity: str, code: str, first: Exchanged, others: list[str]
) -> Probing:
    second = yield from send(target, operation, identity, {place.text: code}, "used once more")
    if target.succeeded(second.answer):
        third = yield from send(target, operation, identity, {place.text: code}, "and again")
        grown = _grown(first.answer, second.answer)
        if grown and target.succeeded(third.answer) and _grown(second.answer, third.answer) == grown:
            name, step = grown
            text = f"{operation.label} takes the same code again and again: {name} grows by {step:g} each time."
            yield _claim(
                Flaw.BUSINESS_FLOW,
                place,
                identity,
                text,
                [second, third],
                [first],
                Sign(kind="grown", amount=abs(step) / 2, names=(name,)),
            )
        return
    for name, other in (yield from _fresh_uses(target, identity, code, others)):
        raced = yield from _raced(target, operation, place, name, other, second)
        if raced:
            return


def _fresh_uses(target: Target, identity: str, code: str, others: list[str]) -> Generator[Step, Any, list[tuple[str, str]]]:
    """Who could still use which code."""
    uses = [(identity, one) for one in others[:2]]
    user = yield from target.register()
    return [*([(user.name, code)] if user is not None else []), *uses]


def _raced(
    target: Target, operation: Operation, place: Place, identity: str, code: str, refused: Exchanged
) -> Generator[Step, Any, bool]:
    call = target.fresh(operation, identity, {place.text: code})
    answers: tuple[Answer, ...] = yield Burst((call,) * _AT_ONCE, at_once=True)
    won = [one for one in answers if target.succeeded(one)]
    if len(won) < 2:
        return False
    proof = [Exchanged(call, one, f"one of {_AT_ONCE} at the same moment") for one in won[:3]]
    text = f"{operation.label}: of {_AT_ONCE} uses of one code at the same moment {len(won)} succeeded."
    yield _claim(Flaw.RACE, place, identity, text, proof, [refused], Sign(kind="together", amount=2, times=_AT_ONCE))
    return True


def _grown(before: Answer, after: Answer) -> tuple[str, float] | None:
    """The number that grew from one answer to the other, and by how much."""
    old, new = numbers(before), numbers(after)
    return next(((name, round(new[name] - old[name], 6)) for name in new if name in old and new[name] != old[name]), None)


def _claim(
    flaw: Flaw, place: Place, identity: str, text: str, proof: list[Exchanged], control: list[Exchanged], sign: Sign
) -> Claim:
    return Claim(
        flaw=flaw,
        place="" if flaw is Flaw.BUSINESS_FLOW else place.text,
        identities=(identity,),
        text=text,
        reasons=("what was meant for once is had as often as one likes",),
        proof=tuple(proof),
        control=tuple(control),
        sign=sign,
    )
