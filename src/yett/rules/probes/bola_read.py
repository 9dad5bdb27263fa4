"""Objects of others can be read (broken object level authorization): whoever knows or guesses an id gets what belongs to it.

How it is found: an object of one identity is asked for by another of the same rank. It is a finding where the stranger gets what
only this object holds, where nobody without a credential gets it, and where an id that does not exist brings nothing of it. What
lists show to the stranger is not counted: an object that everybody may see is no hole.

To fix: compare the owner of the object with the caller for each access, in one place that no operation can go around; answer 404.

What it does not see: objects that several users share by a rule that no list shows; it says so by a low severity.
"""

from collections.abc import Generator
from typing import Any

from yett.model.probe import Answer, Call, Claim, Exchanged, Flaw, ProbeRule, Probing, Send, Step
from yett.model.rule import Severity
from yett.rules.probing.leaves import texts
from yett.rules.probing.objects import Object
from yett.rules.probing.operation import Operation
from yett.rules.probing.roles import administrative
from yett.rules.probing.standing import (
    Trio,
    anonymous,
    as_identity,
    call_for,
    garbage_object,
    known_trio,
    opened,
    query_references,
    standing,
    trio_of,
    weight,
)
from yett.rules.probing.target import Target
from yett.rules.probing.wording import an

RULE = ProbeRule(
    id="bola-read",
    title="Objects of others can be read",
    severity=Severity.HIGH,
    flaws=(Flaw.BOLA_READ, Flaw.ANONYMOUS_ACCESS),
    requests=24,
    weight=1,
    owasp=("API1:2023",),
    cwe=(639, 862),
    references=("https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/",),
)


def probe(target: Target, operation: Operation) -> Probing:
    if not operation.safe or target.doing(operation) == "logout" or administrative(operation):
        return
    wanted = target.references(operation)
    if wanted:
        trio = yield from known_trio(target, operation)
        if trio is not None:
            yield from _read(target, operation, trio, f"path {wanted[-1].name}")
        return
    for place, ref in query_references(target, operation):
        trio = yield from trio_of(target, ref.noun)
        if trio is not None and (yield from _read(target, operation, trio, place.text)):
            return


def _read(target: Target, operation: Operation, trio: Trio, place: str) -> Generator[Step, Any, bool]:
    """Whether the operation shows this object to its owner; what the stranger gets is claimed where it is a hole."""
    call = call_for(target, operation, trio.one, trio.owner)
    if call is None:
        return False
    own: Answer = yield Send(call)
    if not target.succeeded(own) or not _private(trio.one, call, own):
        return False
    theirs: Answer = yield Send(as_identity(call, trio.stranger))
    if not target.succeeded(theirs) or opened(own):
        return True
    nobody = yield from _nobody(target, operation, place, trio, Exchanged(call, own, "its owner"))
    if nobody is None:
        return True
    found = yield from _controlled(target, operation, trio, call, _private(trio.one, call, own) & texts(theirs), nobody)
    if found is not None:
        leaked, controls = found
        step = Exchanged(as_identity(call, trio.stranger), theirs, "a stranger gets the same")
        yield from _judged(target, place, trio, (Exchanged(call, own, "its owner"), *controls), step, leaked)
    return True


def _nobody(
    target: Target, operation: Operation, place: str, trio: Trio, own: Exchanged
) -> Generator[Step, Any, Exchanged | None]:
    """The call without a credential, where that is refused. None where it is not: what lists keep private is claimed then, where no
    other probe looks because the description asks for no credential."""
    bare = anonymous(own.call)
    without: Answer = yield Send(bare)
    if not target.succeeded(without) or not _private(trio.one, own.call, own.answer) & texts(without):
        return Exchanged(bare, without, "nobody gets it")
    found = (yield from standing(target, trio)) if not operation.secured else None
    if found is not None and found.shared == "private":
        yield Claim(
            flaw=Flaw.ANONYMOUS_ACCESS,
            place=place,
            identities=(trio.owner,),
            text=f"{an(trio.one.noun).capitalize()} of {trio.owner} is shown to all who know its id, without any credential.",
            reasons=(f"the lists of {trio.owner} show it, those of {trio.stranger} do not",),
            proof=(Exchanged(bare, without, "without a credential"),),
            control=(own, *found.proof),
        )
    return None


def _private(one: Object, call: Call, own: Answer) -> frozenset[str]:
    """What the answer tells beyond what the caller said."""
    said = {segment for segment in call.path.split("/") if segment} | {value for _, value in call.query} | {one.key}
    return frozenset(text for text in texts(own) if text not in said)


def _controlled(
    target: Target, operation: Operation, trio: Trio, call: Call, leaked: frozenset[str], nobody: Exchanged
) -> Generator[Step, Any, tuple[frozenset[str], tuple[Exchanged, ...]] | None]:
    """What is left of the leak when everything is taken away that nobody and an unknown id bring, too."""
    if not leaked:
        return None
    unknown = call_for(target, operation, garbage_object(target, trio.one), trio.stranger)
    if unknown is None or (unknown.path, unknown.query, unknown.body) == (call.path, call.query, call.body):
        return None
    nothing: Answer = yield Send(unknown)
    if target.succeeded(nothing):
        leaked -= texts(nothing)
    if not leaked:
        return None
    return leaked, (nobody, Exchanged(unknown, nothing, "an unknown id"))


def _judged(
    target: Target,
    place: str,
    trio: Trio,
    control: tuple[Exchanged, ...],
    step: Exchanged,
    leaked: frozenset[str],
) -> Probing:
    found = yield from standing(target, trio)
    hidden = leaked - found.seen
    if not hidden:
        return  # the stranger's own lists show as much
    severity, confidence, why = weight(target, trio, found, step.answer, hidden)
    yield Claim(
        flaw=Flaw.BOLA_READ,
        place=place,
        identities=(trio.owner, trio.stranger),
        text=f"{trio.stranger} reads {an(trio.one.noun)} of {trio.owner} by its id.",
        reasons=(why, "without a credential it is refused", "an unknown id brings nothing of it"),
        proof=(step,),
        control=(*control, *found.proof),
        severity=severity,
        confidence=confidence,
    )
