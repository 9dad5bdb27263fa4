"""A session goes on after its end: the credential that was logged out still works.

How it is found: a user that the run registered logs in, calls something that needs a credential, logs out, and calls it again with
the same credential. It is a finding where that still works, while garbage and no credential at all are refused.

To fix: end sessions at the server: remove the session, or keep the ids of ended tokens until they expire; keep tokens short-lived.
"""

import msgspec

from yett.model.probe import Answer, Claim, Exchanged, Flaw, ProbeRule, Probing, Send, Skipped
from yett.model.rule import Severity
from yett.rules.probing.bearing import calls_of, garbage
from yett.rules.probing.identity import Identity
from yett.rules.probing.sessions import enter, throwaway
from yett.rules.probing.standing import anonymous
from yett.rules.probing.target import ANONYMOUS, Target

RULE = ProbeRule(
    id="session-after-logout",
    title="Sessions go on after logout",
    severity=Severity.MEDIUM,
    flaws=(Flaw.SESSION_SURVIVES_LOGOUT,),
    scope="target",
    requests=30,
    weight=6,
    owasp=("API2:2023",),
    cwe=(613,),
    references=("https://cwe.mitre.org/data/definitions/613.html",),
)


def probe(target: Target) -> Probing:
    exits = target.find("logout")[:1]
    if not exits:
        return
    user = yield from throwaway(target)
    session = (yield from enter(target, user)) if user is not None else None
    if user is None or session is None or not session.credential:
        yield Skipped("no user could be registered to log out")
        return
    calls = [(one, call) for name in target.names() for one, call in calls_of(target, name) if not one.path_names]
    for operation, known in calls[:5]:
        if ANONYMOUS in target.workers(operation):
            continue
        call = msgspec.structs.replace(known, identity=user.name, credential=session.credential)
        before: Answer = yield Send(call)
        bare: Answer = yield Send(anonymous(call))
        if not target.succeeded(before) or target.succeeded(bare):
            continue
        leave = msgspec.structs.replace(target.fresh(exits[0], user.name), credential=session.credential)
        left: Answer = yield Send(leave)
        if not target.succeeded(left):
            return
        again: Answer = yield Send(call)
        wrong = msgspec.structs.replace(
            call, credential=garbage(Identity(name="", credential=session.credential), target.token(9))
        )
        refused: Answer = yield Send(wrong)
        if not target.succeeded(again) or target.succeeded(refused):
            return
        yield Claim(
            flaw=Flaw.SESSION_SURVIVES_LOGOUT,
            method=exits[0].method,
            template=exits[0].template,
            identities=(user.name,),
            text=f"After logout the same credential still opens {operation.label}.",
            reasons=("who got hold of a credential keeps it after its owner has left",),
            proof=(Exchanged(leave, left, "logout"), Exchanged(call, again, "the same credential, afterwards")),
            control=(
                Exchanged(call, before, "before"),
                Exchanged(wrong, refused, "garbage"),
                Exchanged(anonymous(call), bare, "no credential"),
            ),
        )
        return
