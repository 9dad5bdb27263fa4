"""Objects of others can be changed (broken object level authorization): whoever knows an id writes what belongs to it.

How it is found: an object that the run made for one identity is changed by another of the same rank. It is a finding only where the
owner reads the change back: a 204 that changes nothing is none. Nobody without a credential may do the same (that is another
hole), and the owner's values are put back.

To fix: compare the owner of the object with the caller before anything is written, in one place that no operation can go around.

What it does not see: objects that the run cannot make, without --destructive.
"""

from collections.abc import Generator
from typing import Any

from yett.model.probe import Answer, Call, Claim, Exchanged, Flaw, ProbeRule, Probing, Send, Skipped, Step
from yett.model.rule import Confidence, Severity
from yett.rules.probing.changing import Marked, altered, identifier, marked, restored, shown
from yett.rules.probing.operation import Operation
from yett.rules.probing.roles import administrative
from yett.rules.probing.standing import Standing, Trio, anonymous, as_identity, made_trio, names_owner, standing
from yett.rules.probing.target import Target
from yett.rules.probing.wording import an

RULE = ProbeRule(
    id="bola-write",
    title="Objects of others can be changed",
    severity=Severity.HIGH,
    flaws=(Flaw.BOLA_WRITE, Flaw.ANONYMOUS_ACCESS),
    requests=30,
    weight=1,
    owasp=("API1:2023",),
    cwe=(639, 862),
    references=("https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/",),
)

_DOING = ("change", "action", "create")


def probe(target: Target, operation: Operation) -> Probing:
    if operation.safe or target.doing(operation) not in _DOING or not target.references(operation) or administrative(operation):
        return
    trio = yield from made_trio(target, operation)
    if trio is None:
        yield Skipped("no object of two users could be made to try it on")
        return
    read = target.reading(trio.one, trio.owner)
    if read is None:
        return
    before: Answer = yield Send(read)
    call = target.call_on(operation, trio.one, trio.stranger)
    if call is None or not target.succeeded(before) or not shown(before, trio.one, identifier(target, trio.one)):
        return
    changed = yield from _changed(target, operation, trio, call, before, read)
    if changed is not None:
        yield from _judged(target, operation, trio, changed, Exchanged(read, before, "before: the owner's values"))


class _Change:
    """A call of the stranger's that took effect. names: of the members that the owner reads back changed."""

    def __init__(self, step: Exchanged, after: Exchanged, names: tuple[str, ...]) -> None:
        self.step, self.after, self.names = step, after, names


def _changed(
    target: Target, operation: Operation, trio: Trio, call: Call, before: Answer, read: Call
) -> Generator[Step, Any, _Change | None]:
    was = shown(before, trio.one, identifier(target, trio.one))
    mark = marked(target, operation, call, was) or Marked(call, {})
    answer: Answer = yield Send(as_identity(mark.call, trio.stranger))
    if not target.succeeded(answer):
        return None
    after: Answer = yield Send(read)
    now = shown(after, trio.one, identifier(target, trio.one))
    names = tuple(name for name in mark.found_in(now) if name not in mark.found_in(was))
    if not names and target.doing(operation) == "action":
        names = altered(was, now)
    if not target.succeeded(after) or not names:
        return None
    step = Exchanged(as_identity(mark.call, trio.stranger), answer, "a stranger changes it")
    return _Change(step, Exchanged(read, after, f"the owner reads it back: {', '.join(names[:3])}"), names)


def _judged(target: Target, operation: Operation, trio: Trio, change: _Change, before: Exchanged) -> Probing:
    was = shown(before.answer, trio.one, identifier(target, trio.one))
    back = restored(operation, as_identity(change.step.call, trio.owner), was)
    yield Send(back)
    again = marked(target, operation, back, was) or Marked(back, {})
    without: Answer = yield Send(anonymous(again.call))
    if not without.status:
        return  # without this control it may be another hole
    if target.succeeded(without):
        read: Answer = yield Send(before.call)
        now = shown(read, trio.one, identifier(target, trio.one))
        if set(again.found_in(now)) - set(again.found_in(was)) or (not again.marks and altered(was, now)):
            yield Send(back)
            if not operation.secured:
                steps = (
                    Exchanged(anonymous(again.call), without, "without a credential"),
                    Exchanged(before.call, read, "the owner"),
                )
                yield from _everybody(target, trio, steps, before)
            return
    nobody = Exchanged(anonymous(again.call), without, "nobody without a credential can")
    found = yield from standing(target, trio)
    severity, confidence, why = _weight(target, trio, found, before.answer)
    yield Claim(
        flaw=Flaw.BOLA_WRITE,
        place=f"path {target.references(operation)[-1].name}",
        identities=(trio.owner, trio.stranger),
        text=f"{trio.stranger} changes {an(trio.one.noun)} of {trio.owner} ({', '.join(change.names[:3])}) by its id.",
        reasons=("the owner reads the change back", "without a credential nothing changes", why),
        proof=(change.step, change.after),
        control=(before, nobody, *found.proof),
        severity=severity,
        confidence=confidence,
    )


def _everybody(target: Target, trio: Trio, steps: tuple[Exchanged, ...], before: Exchanged) -> Probing:
    """Nobody is asked who they are: claimed where no other probe looks, because the description asks for no credential."""
    found = yield from standing(target, trio)
    if found.shared == "private" or names_owner(target, trio, before.answer):
        yield Claim(
            flaw=Flaw.ANONYMOUS_ACCESS,
            identities=(trio.owner,),
            text=f"{an(trio.one.noun).capitalize()} of {trio.owner} is changed without any credential.",
            reasons=("its owner reads the change back",),
            proof=steps,
            control=(before, *found.proof),
        )


def _weight(target: Target, trio: Trio, found: Standing, before: Answer) -> tuple[Severity, Confidence, str]:
    if found.shared == "private":
        return Severity.HIGH, Confidence.HIGH, f"the lists of {trio.stranger} do not even show it"
    if names_owner(target, trio, before):
        return Severity.HIGH, Confidence.HIGH, "the object names its owner"
    if found.shared == "unknown":
        return Severity.HIGH, Confidence.MEDIUM, f"{trio.owner} made it, and no list shows it to others"
    return Severity.MEDIUM, Confidence.LOW, "lists show the object to everybody; whether everybody may change it is not told"
