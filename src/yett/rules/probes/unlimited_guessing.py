"""Passwords can be guessed without end: a login takes any number of wrong ones for one user, as fast as they come.

How it is found: thirty wrong passwords for a user that the run registered, then the right one. It is a finding where each of them
is answered alike, none is slowed down, and the right one still lets us in. Users of the caller's are left in peace: being locked
out is what should happen.

To fix: slow down after a few failures by user and by address, answer 429 with Retry-After, and let people know.
"""

from yett.model.probe import Answer, Burst, Claim, Exchanged, Flaw, ProbeRule, Probing, Sign, Skipped
from yett.model.rule import Confidence, Severity
from yett.rules.probing.accounts import credential_in
from yett.rules.probing.identity import Identity
from yett.rules.probing.operation import Operation
from yett.rules.probing.sessions import attempt, enter, limited, slowed, throwaway
from yett.rules.probing.target import Target

RULE = ProbeRule(
    id="unlimited-guessing",
    title="Passwords can be guessed without end",
    severity=Severity.MEDIUM,
    flaws=(Flaw.UNLIMITED_GUESSING,),
    scope="target",
    requests=80,
    weight=9,
    owasp=("API2:2023", "API4:2023"),
    cwe=(307,),
    references=("https://cwe.mitre.org/data/definitions/307.html",),
)

TRIES = 30


def probe(target: Target) -> Probing:
    for operation in target.find("login")[:2]:
        user = yield from throwaway(target)
        first = (yield from enter(target, user, note="the right password, before")) if user is not None else None
        if user is not None and first is not None and not first.credential:  # other tries have locked this one out
            user = yield from throwaway(target, target.identities)
            first = (yield from enter(target, user, note="the right password, before")) if user is not None else None
        if user is not None:
            if first is not None and first.credential:
                yield from _guessed(target, operation, user, first.step)
        else:
            nobody = Identity(name="nobody", username=target.token(10), facts={"email": f"{target.token(10)}@example.com"})
            yield Skipped("no user could be registered to guess the password of; tried with a name that nobody has")
            yield from _guessed(target, operation, nobody, None)


def _guessed(target: Target, operation: Operation, user: Identity, first: Exchanged | None) -> Probing:
    calls = tuple(attempt(target, operation, user, f"Wr0ng-{target.token(8)}!") for _ in range(TRIES))
    answers: tuple[Answer, ...] = yield Burst(calls)
    if len(answers) < TRIES or any(not one.status or one.status >= 500 or limited(one) for one in answers):
        return
    if any(target.succeeded(one) and credential_in(target, one) for one in answers):
        return
    if len({one.status for one in answers}) != 1 or slowed([one.seconds for one in answers]):
        return
    last = Exchanged(calls[-1], answers[-1], f"the {TRIES}th wrong password", times=TRIES - 1)
    begin = Exchanged(calls[0], answers[0], "the first wrong password")
    if first is None:
        yield _claim(operation, (begin, last), (), Severity.LOW)
        return
    after = yield from enter(target, user, note="the right password, after")
    if after is not None and after.credential:
        yield _claim(operation, (begin, last, after.step), (first,), Severity.MEDIUM)


def _claim(operation: Operation, proof: tuple[Exchanged, ...], control: tuple[Exchanged, ...], severity: Severity) -> Claim:
    sure = severity is Severity.MEDIUM
    return Claim(
        flaw=Flaw.UNLIMITED_GUESSING,
        method=operation.method,
        template=operation.template,
        text=f"{TRIES} wrong passwords in a row are answered alike" + (", and the right one still lets in." if sure else "."),
        reasons=("no answer says that it is enough, none is slower",)
        + (() if sure else ("tried with a name that nobody has; users that exist may be locked",)),
        proof=proof,
        control=control,
        uncontrolled="" if sure else "no user could be registered whose right password would show that nothing was locked",
        sign=Sign() if sure else Sign(kind="unlimited", times=TRIES),
        severity=severity,
        confidence=Confidence.HIGH if sure else Confidence.LOW,
    )
