"""Objects of others can be deleted (broken object level authorization).

How it is found: the run makes an object for one identity, another of the same rank deletes it, and its owner looks for it in vain.
Nobody without a credential can do the same to a second object (that would be another hole).

To fix: compare the owner of the object with the caller before anything is removed, in one place that no operation can go around.

What it does not see: objects that the run cannot make.
"""

from collections.abc import Generator
from typing import Any

from yett.model.probe import Answer, Claim, Exchanged, Flaw, ProbeRule, Probing, Send, Skipped, Step
from yett.model.rule import Severity
from yett.rules.probing.changing import identifier, shown
from yett.rules.probing.graphql import nothing
from yett.rules.probing.operation import Operation
from yett.rules.probing.roles import administrative
from yett.rules.probing.standing import Trio, anonymous, as_identity, made_trio, standing
from yett.rules.probing.target import Target
from yett.rules.probing.wording import an

RULE = ProbeRule(
    id="bola-delete",
    title="Objects of others can be deleted",
    severity=Severity.HIGH,
    flaws=(Flaw.BOLA_DELETE,),
    requests=40,
    weight=2,
    owasp=("API1:2023",),
    cwe=(639, 862),
    references=("https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/",),
)


def probe(target: Target, operation: Operation) -> Probing:
    if target.doing(operation) != "delete" or not target.references(operation) or administrative(operation):
        return
    trio = yield from made_trio(target, operation)
    if trio is None:
        yield Skipped("no object of two users could be made to try it on")
        return
    gone = yield from _deleted(target, operation, trio, trio.stranger)
    if gone is None:
        return
    trio.one.gone = True
    second = yield from made_trio(target, operation)
    if second is None:
        return
    nobody = yield from _deleted(target, operation, second, "")
    if nobody is not None:
        second.one.gone = True
        return  # another hole: the operation asks nobody who they are
    found = yield from standing(target, second)
    call = target.call_on(operation, second.one, second.owner)
    control = []
    if call is not None:
        without: Answer = yield Send(anonymous(call))
        control = [Exchanged(anonymous(call), without, "nobody without a credential can")]
    before, step, after = gone
    yield Claim(
        flaw=Flaw.BOLA_DELETE,
        place=f"path {target.references(operation)[-1].name}",
        identities=(trio.owner, trio.stranger),
        text=f"{trio.stranger} deletes {an(trio.one.noun)} of {trio.owner} by its id.",
        reasons=("its owner looks for it in vain", "without a credential nothing is deleted"),
        proof=(step, after),
        control=(before, *control, *found.proof),
    )


def _deleted(
    target: Target, operation: Operation, trio: Trio, name: str
) -> Generator[Step, Any, tuple[Exchanged, Exchanged, Exchanged] | None]:
    """The object before, its removal by that identity, and that its owner does not find it any more; None where it stays."""
    read, call = target.reading(trio.one, trio.owner), target.call_on(operation, trio.one, trio.owner)
    if read is None or call is None:
        return None
    before: Answer = yield Send(read)
    if not _there(target, trio, before):
        return None
    deletion = as_identity(call, name)
    answer: Answer = yield Send(deletion)
    if not target.succeeded(answer):
        return None
    after: Answer = yield Send(read)
    if _there(target, trio, after) or not _tells(target, after):
        return None
    return (
        Exchanged(read, before, "the owner sees it"),
        Exchanged(deletion, answer, "a stranger deletes it" if name else "nobody deletes it"),
        Exchanged(read, after, "the owner does not find it any more"),
    )


def _there(target: Target, trio: Trio, answer: Answer) -> bool:
    return target.succeeded(answer) and bool(shown(answer, trio.one, identifier(target, trio.one)))


def _tells(target: Target, answer: Answer) -> bool:
    """Whether an answer says that the object is gone: not found, or a list without it. An error or a refused login says nothing."""
    return answer.status in (404, 410) or target.succeeded(answer) or nothing(answer)
