"""Callers set what only the server should decide: a role, an approval, a balance (mass assignment).

How it is found: an object is made (or a user registered) with members that the description does not offer: those that answers
show of such objects, and well-known ones. It is a finding only where the member is read back with the value that was sent, while an
object that was made without it shows another value, and where a member without any meaning is not simply kept as well.

To fix: copy named members only, one list for each operation and role; take owner, role and state from the server.

What it does not see: members that no answer shows.
"""

from collections.abc import Generator
from typing import Any

import msgspec

from yett.model.probe import ANONYMOUS, Answer, Call, Claim, Exchanged, Flaw, Made, ProbeRule, Probing, Send, Step
from yett.model.rule import Confidence, Severity
from yett.rules.probing.assigning import Wish, meaning, wishes
from yett.rules.probing.changing import identifier, shown
from yett.rules.probing.identity import Identity
from yett.rules.probing.objects import Object
from yett.rules.probing.operation import Operation
from yett.rules.probing.sessions import throwaway
from yett.rules.probing.standing import made_trio, owners
from yett.rules.probing.target import Target
from yett.rules.probing.viewing import View, views

RULE = ProbeRule(
    id="mass-assignment",
    title="Callers set what only the server should decide",
    severity=Severity.HIGH,
    flaws=(Flaw.MASS_ASSIGNMENT,),
    requests=60,
    weight=2,
    owasp=("API3:2023",),
    cwe=(915,),
    references=("https://owasp.org/API-Security/editions/2023/en/0xa3-broken-object-property-level-authorization/",),
)


class _Made(msgspec.Struct):
    """What came of one try: the call and its answer, and what its object looks like afterwards."""

    step: Exchanged
    read: Exchanged
    members: dict[str, Any]


def probe(target: Target, operation: Operation) -> Probing:
    what = target.doing(operation)
    if (
        operation.safe
        or what not in ("create", "register", "change")
        or not isinstance(operation.body, dict)
        or not operation.bodies
    ):
        return
    plainly = yield from _tried(target, operation, {})
    if plainly is None:
        return
    every = wishes(target, operation, plainly.members)
    nonsense = f"x{target.token(7)}"
    extra: dict[str, Any] = {nonsense: nonsense}
    extra.update({wish.name: wish.value for wish in every})
    together = yield from _tried(target, operation, extra)
    if together is not None:
        if nonsense in together.members:
            every = [wish for wish in every if wish.name in plainly.members]  # everything is kept: a name alone means nothing
        hits = [wish for wish in every if wish.fulfilled(plainly.members, together.members)]
    else:
        hits = [wish for wish in every if wish.name in plainly.members][:4]  # refused as a whole: one by one
    for wish in hits[:4]:
        if (yield from _alone(target, operation, plainly, wish)):
            return


def _alone(target: Target, operation: Operation, plainly: _Made, wish: Wish) -> Generator[Step, Any, bool]:
    """The wish by itself, for the proof."""
    alone = yield from _tried(target, operation, {wish.name: wish.value})
    if alone is None or not wish.fulfilled(plainly.members, alone.members):
        return False
    again = yield from _tried(target, operation, {})
    if again is None or wish.fulfilled(plainly.members, again.members):
        return False
    grave = meaning(wish.name)
    before = plainly.members.get(wish.name, "not there")
    yield Claim(
        flaw=Flaw.MASS_ASSIGNMENT,
        place=f"body /{wish.name}",
        identities=(alone.step.call.identity,) if alone.step.call.identity else (),
        text=f"{wish.name} is stored as it is sent: {_short(wish.value)} instead of {_short(before)}.",
        reasons=(
            "it is read back",
            "the description does not offer it",
            "it says what the caller may do or has" if grave else "the server decides about it otherwise",
        ),
        proof=(alone.step, alone.read),
        control=(again.step, again.read),
        severity=Severity.HIGH if grave else Severity.MEDIUM,
        confidence=Confidence.HIGH,
    )
    return True


def _short(value: Any) -> str:
    return msgspec.json.encode(value).decode()[:40]


def _tried(target: Target, operation: Operation, extra: dict[str, Any]) -> Generator[Step, Any, _Made | None]:
    """Make (or change) something with these members as well, and look at it. None where that does not work."""
    what = target.doing(operation)
    if what == "register":
        return (yield from _registered(target, operation, extra))
    if what == "create":
        for owner in owners(target)[:2] or (ANONYMOUS,):
            made = yield from _sent(target, operation, _with(operation, target.fresh(operation, owner), extra), None)
            if made is not None:
                return made
        return None
    return (yield from _changed(target, operation, extra))


def _with(operation: Operation, call: Call, extra: dict[str, Any]) -> Call:
    body = operation.body_of(call)
    return operation.with_body(call, {**(body if isinstance(body, dict) else {}), **extra}) if extra else call


def _sent(target: Target, operation: Operation, call: Call, known: Object | None) -> Generator[Step, Any, _Made | None]:
    answer: Answer = yield Send(call)
    if not target.succeeded(answer):
        return None
    one = known
    if one is None:
        one = target.observe(operation, call, answer)
        yield target.made(operation, one, call.identity)
    if one is not None:
        yield from _given_away(target, operation.body_of(call), one, call.identity)
    step = Exchanged(call, answer, "with what the description does not offer")
    read = target.reading(one, call.identity) if one is not None else None
    if one is None or read is None:
        members = shown(answer, one, identifier(target, one)) if one is not None else {}
        return _Made(step, step, members) if members else None
    seen: Answer = yield Send(read)
    members = shown(seen, one, identifier(target, one)) if target.succeeded(seen) else {}
    return _Made(step, Exchanged(read, seen, "read back"), members) if members else None


def _given_away(target: Target, body: Any, one: Object, identity: str) -> Generator[Step, Any, None]:
    """Whom the body named as owner may be the only one who can remove the object now."""
    said = {value for value in body.values() if isinstance(value, str)} if isinstance(body, dict) else set()
    others = []
    for who in target.identities.values():
        names = {who.name, who.username, *who.facts.values()} - {""}
        if said & {form for name in names for form in (name, name.partition("@")[0])}:
            others.append(who.name)
    calls = [call for name in others if name != identity and (call := target.deleting(one, name)) is not None]
    own = target.deleting(one, identity)
    if calls and own is not None:
        yield Made(f"{one.noun}, perhaps given to {others[0]}", (*calls, own))


def _changed(target: Target, operation: Operation, extra: dict[str, Any]) -> Generator[Step, Any, _Made | None]:
    """On an object that was made for it; on the user itself where the path names nobody."""
    if not target.references(operation):
        user = yield from throwaway(target)
        return (yield from _of_user(target, operation, user, extra)) if user is not None else None
    trio = yield from made_trio(target, operation)
    call = target.call_on(operation, trio.one, trio.owner) if trio is not None else None
    if trio is None or call is None:
        return None
    made = yield from _sent(target, operation, _with(operation, call, extra), trio.one)
    user = target.identity(trio.owner)
    if made is None and user is not None and user.throwaway:
        return (yield from _of_user(target, operation, user, extra, call))
    return made


def _of_user(
    target: Target, operation: Operation, user: Identity, extra: dict[str, Any], call: Call | None = None
) -> Generator[Step, Any, _Made | None]:
    sent = _with(operation, call or target.fresh(operation, user.name), extra)
    answer: Answer = yield Send(sent)
    if not target.succeeded(answer):
        return None
    return (yield from _viewed(target, user, Exchanged(sent, answer, "with what the description does not offer")))


def _registered(target: Target, operation: Operation, extra: dict[str, Any]) -> Generator[Step, Any, _Made | None]:
    """A user of its own each time: whoever registered is looked for wherever users are shown."""
    known = set(target.identities)
    user = yield from target.register({f"body /{name}": value for name, value in extra.items()})
    if user is None:
        return None
    registered = target.worked(operation, ANONYMOUS)
    if registered is None or set(target.identities) == known:
        return None
    return (yield from _viewed(target, user, msgspec.structs.replace(registered, note="registered")))


def _viewed(target: Target, user: Identity, step: Exchanged) -> Generator[Step, Any, _Made | None]:
    found: list[View] = yield from views(target, user)
    members: dict[str, Any] = {}
    for view in found:
        members = {**view.members, **members}
    return _Made(step, found[0].step, members) if found else None
