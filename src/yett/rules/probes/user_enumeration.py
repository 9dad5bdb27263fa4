"""The target tells strangers which users exist: by what it answers to a login or to a forgotten password, or by how long it takes.

How it is found: the same wrong password is tried for a user that exists and for names that do not, by turns. It is a finding where
all answers for the one differ from all answers for the others in the same way. By time it is one only where every answer for the
one took longer than every answer for the others, over ten pairs: by accident that happens once in 180,000 times.

To fix: one answer for both, with the same work behind it (hash the password even where there is no user).
"""

from collections.abc import Generator
from typing import Any

from yett.model.probe import ANONYMOUS, Answer, Call, Claim, Exchanged, Flaw, ProbeRule, Probing, Send, Sign, Skipped, Step
from yett.model.rule import Confidence, Severity
from yett.rules.probing.identity import Identity
from yett.rules.probing.operation import Operation
from yett.rules.probing.sessions import attempt, limited, naming_places, password_places, said, throwaway
from yett.rules.probing.target import Target
from yett.rules.probing.values import DOMAIN
from yett.rules.probing.wording import listed

RULE = ProbeRule(
    id="user-enumeration",
    title="Strangers learn which users exist",
    severity=Severity.MEDIUM,
    flaws=(Flaw.USER_ENUMERATION,),
    scope="target",
    requests=80,
    weight=8,
    owasp=("API2:2023",),
    cwe=(204, 208),
    references=("https://cwe.mitre.org/data/definitions/204.html",),
)

_RECOVERY = listed("forgot forgotten recover recovery reset resend remind")
_PAIRS = 10
_SECONDS = 0.02
"""Medians that are nearer than this are not told apart over a network."""
_WRONG = "Wr0ng-Passw0rd!"


def probe(target: Target) -> Probing:
    logins = target.find("login")[:2]
    recoveries = [one for one in target.operations if _recovers(one)][:2]
    if not logins and not recoveries:
        return
    known = yield from throwaway(target)
    rounds = 3
    if known is None:
        known = next((one for one in target.identities.values() if one.username and not one.throwaway), None)
        rounds = 2  # few tries: a user of the caller's must not be locked out
    if known is None:
        yield Skipped("no user is known to exist: give identities a login, or let users register")
        return
    for operation in (*logins, *recoveries):
        told = yield from _by_answer(target, operation, known, rounds)
        if not told and known.throwaway and operation in logins:
            yield from _by_time(target, operation, known)


def _recovers(operation: Operation) -> bool:
    named = not _RECOVERY.isdisjoint(operation.words) and operation.method == "POST" and not operation.path_names
    return named and not password_places(operation)[0] and bool(naming_places(operation))


def _nobody(target: Target, known: Identity) -> Identity:
    """A user that does not exist, with names of the same form."""
    name = target.token(10)
    facts = {key: f"{target.token(10)}@{DOMAIN}" if "@" in value else name for key, value in known.facts.items()}
    return Identity(name="nobody", username=f"{name}@{DOMAIN}" if "@" in known.username else name, facts=facts)


def _call(target: Target, operation: Operation, who: Identity) -> Call:
    if target.doing(operation) == "login":
        return attempt(target, operation, who, _WRONG)
    given: dict[str, Any] = {}
    for place in naming_places(operation):
        mail = "mail" in place.name.lower()
        mails = [value for value in who.facts.values() if "@" in value]
        given[place.text] = mails[0] if mail and mails else who.username
    return target.fresh(operation, ANONYMOUS, given)


def _names(who: Identity) -> tuple[str, ...]:
    return (who.username, *who.facts.values())


def _by_answer(target: Target, operation: Operation, known: Identity, rounds: int) -> Generator[Step, Any, bool]:
    there: list[tuple[int, str]] = []
    nowhere: list[tuple[int, str]] = []
    shown: list[Exchanged] = []
    for _ in range(rounds):
        for who, heard in ((known, there), (_nobody(target, known), nowhere)):
            call = _call(target, operation, who)
            answer: Answer = yield Send(call)
            if not answer.status or answer.status >= 500 or limited(answer):
                return False
            heard.append(said(answer, *_names(who)))
            shown.append(Exchanged(call, answer, "a user that exists" if who is known else "one that does not"))
    if len(set(there)) != 1 or len(set(nowhere)) != 1 or there[0] == nowhere[0]:
        return False
    by = "status" if there[0][0] != nowhere[0][0] else "text"
    yield Claim(
        flaw=Flaw.USER_ENUMERATION,
        method=operation.method,
        template=operation.template,
        place="body",
        text=f"The {by} of the answer to a wrong password or a request for help tells whether the user exists.",
        reasons=(f"the same in each of {rounds} pairs, with another unknown name each time",),
        proof=(shown[1], shown[0]),
        control=(shown[3], shown[2]),
        sign=Sign(kind="apart"),
    )
    return True


def _by_time(target: Target, operation: Operation, known: Identity) -> Probing:
    there: list[float] = []
    nowhere: list[float] = []
    shown: list[Exchanged] = []
    for _ in range(_PAIRS):
        for who, taken in ((known, there), (_nobody(target, known), nowhere)):
            call = _call(target, operation, who)
            answer: Answer = yield Send(call)
            if not answer.status or answer.status >= 500 or limited(answer):
                return
            taken.append(answer.seconds)
            shown.append(
                Exchanged(call, answer, f"{answer.seconds:.3f} s, a user that {'exists' if who is known else 'does not'}")
            )
    gap = sorted(there)[_PAIRS // 2] - sorted(nowhere)[_PAIRS // 2]
    if min(there) <= max(nowhere) or gap < _SECONDS:
        return
    yield Claim(
        flaw=Flaw.USER_ENUMERATION,
        method=operation.method,
        template=operation.template,
        place="time",
        text=f"A wrong password takes some {gap * 1000:.0f} ms longer where the user exists.",
        reasons=(f"the slowest of {_PAIRS} answers for unknown names was faster than the fastest for the known one",),
        proof=(shown[1], shown[0]),
        control=(shown[3], shown[2]),
        sign=Sign(kind="slower", amount=gap, times=5),
        severity=Severity.MEDIUM,
        confidence=Confidence.MEDIUM,
    )
