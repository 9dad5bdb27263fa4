"""Passwords can be changed by those who should not: of other users, by anybody, or without knowing the old one.

How it is found: with users that the run registered. One sets the password of another; it is a finding only where the other can then
log in with the new password and not with the old one: a 204 that changes nothing, or changes the caller's own, is none. The same is
tried without a credential, and for one's own password without the old one.

To fix: take the user from the credential, ask for the old password, and end all other sessions.
"""

from collections.abc import Generator
from typing import Any

import msgspec

from yett.model.probe import ANONYMOUS, Answer, Call, Claim, Exchanged, Flaw, ProbeRule, Probing, Send, Skipped, Step
from yett.model.rule import Severity
from yett.rules.probing.identity import Identity
from yett.rules.probing.objects import Object
from yett.rules.probing.operation import Operation
from yett.rules.probing.sessions import NEW_PASSWORD, enter, naming_places, password_places, throwaway
from yett.rules.probing.target import Target
from yett.rules.probing.wording import listed

RULE = ProbeRule(
    id="password-change",
    title="Passwords can be changed by those who should not",
    severity=Severity.CRITICAL,
    flaws=(Flaw.BOLA_WRITE, Flaw.ANONYMOUS_ACCESS, Flaw.CREDENTIAL_CHANGE),
    requests=40,
    weight=2,
    owasp=("API1:2023", "API2:2023"),
    cwe=(620, 639, 306),
    references=("https://cwe.mitre.org/data/definitions/620.html",),
)

_RECOVERY = listed("forgot forgotten recover recovery reset")


def probe(target: Target, operation: Operation) -> Probing:
    new, _ = password_places(operation)
    if (
        operation.safe
        or not new
        or target.doing(operation) in ("login", "register", "create")
        or not _RECOVERY.isdisjoint(operation.words)
    ):
        return
    victim = yield from throwaway(target)
    if victim is None:
        yield Skipped("no user could be registered whose password may be changed")
        return
    others = bool(target.references(operation)) or bool(naming_places(operation))
    if others and (other := (yield from throwaway(target, (victim.name,)))) is not None:
        nobody = yield from _taken_over(target, operation, victim, ANONYMOUS)
        found = nobody or (yield from _taken_over(target, operation, victim, other.name))
        if found is not None:
            yield _taken(operation, victim, "" if nobody else other.name, found)
        if nobody is not None:
            return
    yield from _own(target, operation)


def _call(target: Target, operation: Operation, whose: Identity, by: str, password: str, old: str | None) -> Call | None:
    """The call that sets this password for that user; None where its path cannot name them."""
    given: dict[str, Any] = {}
    for ref in target.references(operation):
        one = next((one for one in target.objects(whose.name) if one.noun == ref.noun), None)
        one = one or Object(noun=ref.noun, values=dict(whose.facts), listed=set())
        value = one.value(ref.fields)
        if value is None:
            return None
        given[f"path {ref.name}"] = value
    new, former = password_places(operation)
    given.update({place.text: password for place in new})
    given.update({place.text: old or "" for place in former})
    for place in naming_places(operation):
        mails = [value for value in whose.facts.values() if "@" in value]
        given[place.text] = mails[0] if "mail" in place.name.lower() and mails else whose.username
    call = target.fresh(operation, by, given)
    for place in former if old is None else ():
        call = operation.drop(call, place)
    return call


class _Found(msgspec.Struct):
    proof: tuple[Exchanged, ...]
    control: tuple[Exchanged, ...]


def _proved(target: Target, call: Call, whose: Identity, password: str, note: str) -> Generator[Step, Any, _Found | None]:
    """Send the change; it counts where its owner then logs in with the new password and not with the old one."""
    before = yield from enter(target, whose, note="the old password, before")
    if before is None or not before.credential:
        return None
    answer: Answer = yield Send(call)
    if not target.succeeded(answer):
        return None
    after = yield from enter(target, whose, password, "the new password, after")
    if after is None or not after.credential:
        return None
    old = yield from enter(target, whose, note="the old password, after")
    if old is None or old.credential:
        return None  # every password is taken, or both are
    whose.registered = whose.registered or whose.password
    whose.password = password
    return _Found((Exchanged(call, answer, note), after.step), (before.step, old.step))


def _taken_over(target: Target, operation: Operation, victim: Identity, by: str) -> Generator[Step, Any, _Found | None]:
    password = f"{NEW_PASSWORD}{target.token(4)}"
    attacker = target.identity(by)
    call = _call(target, operation, victim, by, password, attacker.password if attacker else "x")
    if call is None:
        return None
    found = yield from _proved(target, call, victim, password, "another user sets it" if by else "nobody sets it")
    if found is None and attacker is not None:
        own = yield from enter(target, attacker, password)
        if own is not None and own.credential:
            attacker.registered = attacker.registered or attacker.password
            attacker.password = password  # it changed the caller's own: right or odd, but no hole
    return found


def _taken(operation: Operation, victim: Identity, by: str, found: _Found) -> Claim:
    who = "Another user" if by else "Anybody, without a credential,"
    return Claim(
        flaw=Flaw.BOLA_WRITE if by else Flaw.ANONYMOUS_ACCESS,
        place="password",
        method=operation.method,
        template=operation.template,
        identities=(victim.name, by) if by else (victim.name,),
        text=f"{who} sets a user's password, and can log in as that user.",
        reasons=("the account is taken over", "the new password lets in, the old one does not any more"),
        proof=found.proof,
        control=found.control,
        severity=Severity.CRITICAL,
    )


def _own(target: Target, operation: Operation) -> Probing:
    """One's own password, without the old one."""
    user = yield from throwaway(target)
    if user is None:
        return
    former = password_places(operation)[1]
    for old in (None, "Wr0ng-Old!") if former else (None,):
        password = f"{NEW_PASSWORD}{target.token(4)}"
        call = _call(target, operation, user, user.name, password, old)
        if call is None:
            return
        note = "with a wrong old password" if old else "without the old password"
        found = yield from _proved(target, call, user, password, note)
        if found is None:
            continue
        yield Claim(
            flaw=Flaw.CREDENTIAL_CHANGE,
            place="password",
            identities=(user.name,),
            text=f"A password is changed {note}.",
            reasons=("whoever gets hold of a session for a moment keeps the account",),
            proof=found.proof,
            control=found.control,
            severity=Severity.MEDIUM,
        )
        return
