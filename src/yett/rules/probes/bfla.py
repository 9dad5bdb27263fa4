"""Ordinary users can do what is for administrators (broken function level authorization).

How it is found: operations that are for administrators by their path or description are called by an identity of the least rank. It
is a finding where that works as it does for an administrator, while nobody without a credential can; where something is written, on
objects that the run made, and read back.

To fix: check the role at the operation, deny by default, and test each operation with each role.

What it does not see: operations for administrators that do not say so.
"""

from collections.abc import Generator
from typing import Any

import msgspec

from yett.model.probe import ANONYMOUS, Answer, Call, Claim, Exchanged, Flaw, Made, ProbeRule, Probing, Send, Step
from yett.model.rule import Confidence, Severity
from yett.rules.probing.changing import altered, identifier, marked, restored, shown
from yett.rules.probing.identity import Identity
from yett.rules.probing.leaves import same_content, texts
from yett.rules.probing.objects import Object
from yett.rules.probing.operation import Operation
from yett.rules.probing.roles import administrative
from yett.rules.probing.sessions import throwaway
from yett.rules.probing.standing import PEOPLE, anonymous, as_identity
from yett.rules.probing.target import Target
from yett.rules.probing.viewing import View, views

RULE = ProbeRule(
    id="bfla",
    title="Ordinary users can do what is for administrators",
    severity=Severity.HIGH,
    flaws=(Flaw.BFLA,),
    requests=40,
    weight=2,
    owasp=("API5:2023",),
    cwe=(285, 862),
    references=("https://owasp.org/API-Security/editions/2023/en/0xa5-broken-function-level-authorization/",),
)

Proof = tuple[tuple[Exchanged, ...], tuple[Exchanged, ...]]


def probe(target: Target, operation: Operation) -> Probing:
    if not administrative(operation) or target.doing(operation) in ("login", "register", "logout", "password"):
        return
    low = yield from _low(target)
    if not low:
        return
    high = next(iter(target.above(low)), "")
    what = target.doing(operation)
    if operation.safe:
        found = yield from _read(target, operation, low, high)
    elif what == "create" and not operation.path_names:
        found = yield from _created(target, operation, low, high)
    elif operation.path_names:
        found = yield from _on_object(target, operation, low, high)
    else:
        found = _acted(target, operation, low, high)
    if found is not None:
        yield _claim(operation, low, high, found)


def _low(target: Target) -> Generator[Step, Any, str]:
    """An identity of the least rank: of the caller's, unless all that it has are above the least, or nothing says that they are
    below anybody (an only identity without a role may well be the administrator); else one that is registered."""
    known = sorted((one for one in target.identities.values() if one.credential), key=lambda one: (one.rank, one.throwaway))
    if known and known[0].rank == 0:
        below = len({one.rank for one in known}) > 1
        if below or (known[0].roles and "admin" not in known[0].roles):
            return known[0].name
    made = yield from throwaway(target)
    return made.name if made is not None else ""


def _claim(operation: Operation, low: str, high: str, found: Proof) -> Claim:
    return Claim(
        flaw=Flaw.BFLA,
        identities=(low, high) if high else (low,),
        text=f"{operation.label} is for administrators by what it is called, and works for {low}.",
        reasons=(
            f"{low} has the least of all roles",
            "without a credential it is refused",
            f"it works as for {high}" if high else "no administrator was there to compare with",
        ),
        proof=found[0],
        control=found[1],
        confidence=Confidence.HIGH if high else Confidence.MEDIUM,
    )


def _refused(target: Target, call: Call) -> Generator[Step, Any, Exchanged | None]:
    """The same without a credential; None where that works, too, which is another hole."""
    bare = anonymous(call)
    answer: Answer = yield Send(bare)
    return None if target.succeeded(answer) else Exchanged(bare, answer, "without a credential")


def _read(target: Target, operation: Operation, low: str, high: str) -> Generator[Step, Any, Proof | None]:
    call = target.working(operation, high) or target.working(operation, low) or target.fresh(operation, high or low)
    theirs: Answer = yield Send(as_identity(call, low))
    if not target.succeeded(theirs):
        return None
    bare = yield from _refused(target, call)
    if bare is None:
        return None
    control: tuple[Exchanged, ...] = (bare,)
    if high:
        right: Answer = yield Send(as_identity(call, high))
        if not target.succeeded(right) or not (same_content(right, theirs) or texts(right) & texts(theirs)):
            return None
        control = (bare, Exchanged(as_identity(call, high), right, "as an administrator"))
    elif not texts(theirs):
        return None
    return (Exchanged(as_identity(call, low), theirs, "as an ordinary user"),), control


def _created(target: Target, operation: Operation, low: str, high: str) -> Generator[Step, Any, Proof | None]:
    bare = yield from _refused(target, target.fresh(operation, low))
    if bare is None:
        return None
    call = target.fresh(operation, low)
    answer: Answer = yield Send(call)
    if not target.succeeded(answer):
        return None
    one = target.observe(operation, call, answer)
    yield target.made(operation, one, low)
    step = Exchanged(call, answer, "an ordinary user makes it")
    for reader in filter(None, (high, low)):
        read = target.reading(one, reader) if one is not None else None
        if one is None or read is None:
            continue
        seen: Answer = yield Send(read)
        if target.succeeded(seen) and shown(seen, one, identifier(target, one)):
            return (step, Exchanged(read, seen, "it is there")), (bare,)
    return ((step,), (bare,)) if answer.status == 201 or texts(answer) else None


def _acted(target: Target, operation: Operation, low: str, high: str) -> Proof | None:
    """What the walk has seen: an action is not repeated, its effects are not known."""
    theirs, right = target.worked(operation, low), target.worked(operation, high) if high else None
    bare = target.refusals.get((operation.id, ANONYMOUS))
    if theirs is None or bare is None or ANONYMOUS in target.workers(operation) or (high and right is None):
        return None
    return (theirs,), (bare, *(filter(None, (right,))))


def _on_object(target: Target, operation: Operation, low: str, high: str) -> Generator[Step, Any, Proof | None]:
    noun = target.references(operation)[-1].noun
    if noun in PEOPLE and not target.find("create", noun):
        return (yield from _on_user(target, operation, low))
    one: Object | None = None
    maker = ""
    for maker in filter(None, (high, low)):
        one = yield from target.create(noun, maker)
        if one is not None:
            break
    read = target.reading(one, maker) if one is not None else None
    call = target.call_on(operation, one, low) if one is not None else None
    if one is None or read is None or call is None:
        return None
    before: Answer = yield Send(read)
    was = shown(before, one, identifier(target, one)) if target.succeeded(before) else {}
    bare = (yield from _refused(target, call)) if was else None
    if bare is None:
        return None
    mark = marked(target, operation, call, was) if operation.method != "DELETE" else None
    sent = as_identity(mark.call if mark is not None else call, low)
    answer: Answer = yield Send(sent)
    if not target.succeeded(answer):
        return None
    after: Answer = yield Send(read)
    now = shown(after, one, identifier(target, one)) if target.succeeded(after) else {}
    if operation.method == "DELETE":
        one.gone = not now
        took = not now and (after.status in (404, 410) or target.succeeded(after))
    else:
        took = bool(altered(was, now))
        if took and maker:
            yield Send(restored(operation, as_identity(call, maker), was))
    if not took:
        return None
    control = (Exchanged(read, before, "before"), bare)
    return (Exchanged(sent, answer, "an ordinary user does it"), Exchanged(read, after, "afterwards")), control


def _on_user(target: Target, operation: Operation, low: str) -> Generator[Step, Any, Proof | None]:
    """On a user that the run registered: changes that the user sees of itself."""
    victim = yield from throwaway(target, (low,))
    if victim is None or operation.method == "DELETE":
        return None
    ref = target.references(operation)[-1]
    one = Object(noun=ref.noun, values=dict(victim.facts), listed=set())
    before: list[View] = yield from views(target, victim)
    was = _members(before)
    value = str(one.value(ref.fields) or victim.username)
    for name in dict.fromkeys((value, value.partition("@")[0])):  # some are called by what stands before the "@"
        call = target.fresh(operation, low, {f"path {ref.name}": name})
        found = yield from _changed_user(target, operation, victim, call, was)
        if found is not None:
            return found[0], (msgspec.structs.replace(before[0].step, note="before"), *found[1])
    return None


def _changed_user(
    target: Target, operation: Operation, victim: Identity, call: Call, was: dict[str, Any]
) -> Generator[Step, Any, Proof | None]:
    mark = marked(target, operation, call, was)
    bare = (yield from _refused(target, call)) if was and mark is not None else None
    if bare is None or mark is None:
        return None
    answer: Answer = yield Send(mark.call)
    if not target.succeeded(answer):
        return None
    back = restored(operation, call, was)
    yield Made(f"change of user {victim.username}", (back,))
    after: list[View] = yield from views(target, victim)
    if not set(mark.found_in(_members(after))) - set(mark.found_in(was)):
        return None
    yield Send(back)
    steps = (
        Exchanged(mark.call, answer, "an ordinary user does it"),
        msgspec.structs.replace(after[0].step, note="afterwards"),
    )
    return steps, (bare,)


def _members(found: list[View]) -> dict[str, Any]:
    return {name: value for view in reversed(found) for name, value in view.members.items()}
