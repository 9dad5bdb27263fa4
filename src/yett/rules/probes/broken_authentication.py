"""Credentials are asked for, but not checked: garbage is as good.

How it is found: calls that work for an identity and are refused without a credential are sent with garbage of the same form, and
with tokens whose signature is wrong. It is a finding where that brings what the right credential brings. Operations with the same
fault are told together.

To fix: verify credentials at one place before any operation is reached, and refuse what cannot be verified.
"""

from collections.abc import Generator
from typing import Any

import msgspec

from yett.formats import forging
from yett.model.probe import ANONYMOUS, Answer, Call, Claim, Exchanged, Flaw, ProbeRule, Probing, Send, Step
from yett.model.rule import Severity
from yett.rules.probing.bearing import Bearer, Guarded, bearers, calls_of, garbage, guarded, taken, trying
from yett.rules.probing.identity import Headers
from yett.rules.probing.operation import Operation
from yett.rules.probing.standing import anonymous
from yett.rules.probing.target import Target

RULE = ProbeRule(
    id="broken-authentication",
    title="Credentials are asked for, but not checked",
    severity=Severity.CRITICAL,
    flaws=(Flaw.BROKEN_AUTHENTICATION,),
    scope="target",
    requests=150,
    weight=1,
    owasp=("API2:2023",),
    cwe=(287, 347),
    references=("https://owasp.org/API-Security/editions/2023/en/0xa2-broken-authentication/",),
)

_MOST = 60


def probe(target: Target) -> Probing:
    name = next((one for one in target.names() if target.identities[one].credential), "")
    if not name:
        return
    wrong = garbage(target.identities[name], target.token(11))
    one = next((one for one in bearers(target) if one.name == name), None)
    unsigned = one.carrying(forging.resigned(one.token)) if one is not None else ()
    if one is not None and (yield from _nowhere_checked(target, one)):
        unsigned = ()  # told by the probe of tokens: nothing of them is verified anywhere
    for credential, what in ((wrong, "garbage"), (unsigned, "a token with a wrong signature")):
        if credential:
            yield from _everywhere(target, name, credential, what)


def _nowhere_checked(target: Target, one: Bearer) -> Generator[Step, Any, bool]:
    found = yield from guarded(target, one.name)
    if found is None:
        return False
    answer: Answer = yield Send(trying(found, one.carrying(forging.resigned(one.token))))
    return taken(target, found, answer)


def _everywhere(target: Target, name: str, credential: Headers, what: str) -> Probing:
    hit: list[tuple[Operation, Guarded, Exchanged]] = []
    for operation, call in calls_of(target, name)[:_MOST]:
        if ANONYMOUS in target.workers(operation):
            continue
        tried = msgspec.structs.replace(call, credential=credential)
        answer: Answer = yield Send(tried)
        found = (yield from _controlled(target, operation, call)) if target.succeeded(answer) else None
        if found is not None and taken(target, found, answer):
            hit.append((operation, found, Exchanged(tried, answer, f"with {what}")))
    if not hit:
        return
    operation, found, step = hit[0]
    others = f", and {len(hit) - 1} more operations" if len(hit) > 1 else ""
    yield Claim(
        flaw=Flaw.BROKEN_AUTHENTICATION,
        place="credential",
        method=operation.method,
        template=operation.template,
        identities=(name,),
        text=f"{operation.label}{others}: {what} is accepted in the place of a credential.",
        reasons=("anybody can make that up", "without any credential the same call is refused"),
        proof=(step,),
        control=(found.own, found.without),
    )


def _controlled(target: Target, operation: Operation, call: Call) -> Generator[Step, Any, Guarded | None]:
    own: Answer = yield Send(call)
    without: Answer = yield Send(anonymous(call))
    if not target.succeeded(own) or target.succeeded(without):
        return None
    return Guarded(operation, Exchanged(call, own, "the right credential"), Exchanged(anonymous(call), without, "none"))
