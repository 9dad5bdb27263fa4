"""Credentials are taken from the URL, where logs, histories and Referer fields keep them (RFC 6750, 2.3 and 5.3).

How it is found: the token of an identity is sent as a query parameter and nowhere else: of the name that the description gives it,
and of names in common use. It is a finding where that opens what is refused without it and with garbage in its place.

To fix: take tokens from Authorization or a cookie only; for links that must work by themselves, sign the one link for a short time.
"""

from collections.abc import Generator
from typing import Any

import msgspec

from yett.formats.names import words
from yett.model.probe import ANONYMOUS, Answer, Call, Claim, Exchanged, Flaw, ProbeRule, Probing, Send, Step
from yett.model.rule import Severity
from yett.rules.probing.bearing import guarded
from yett.rules.probing.leaves import texts
from yett.rules.probing.operation import Operation
from yett.rules.probing.resources import plain
from yett.rules.probing.target import Target
from yett.rules.probing.wording import listed

RULE = ProbeRule(
    id="credentials-in-url",
    title="Credentials are taken from the URL",
    severity=Severity.MEDIUM,
    flaws=(Flaw.CREDENTIALS_IN_URL,),
    scope="target",
    requests=60,
    weight=5,
    owasp=("API2:2023", "API8:2023"),
    cwe=(598,),
    references=("https://www.rfc-editor.org/rfc/rfc6750.html",),
)

_NAMES = ("access_token", "token", "api_key", "apikey", "auth_token", "jwt")
_DECLARED = listed(
    "accesstoken token apikey authtoken jwt authtoken sessionid session sid auth authorization bearer key apitoken"
)
_OTHERS = listed("page next csrf reset verification invite continuation")


def probe(target: Target) -> Probing:
    name = next((one for one in target.names() if target.identities[one].token), "")
    if not name:
        return
    token = target.identities[name].token
    for operation, parameter in _declaring(target)[:8]:
        call = msgspec.structs.replace(target.fresh(operation, ANONYMOUS), identity=ANONYMOUS)
        if (yield from _opened(target, operation, _without(call, parameter), parameter, token, name)):
            return
    found = yield from guarded(target, name)
    if found is None:
        return
    call = msgspec.structs.replace(found.own.call, identity=ANONYMOUS, credential=None)
    for parameter in _NAMES:
        if (yield from _opened(target, found.operation, _without(call, parameter), parameter, token, name)):
            return


def _declaring(target: Target) -> list[tuple[Operation, str]]:
    """Safe operations that declare a query parameter for a credential."""
    return [
        (one, place.name)
        for one in target.operations
        if one.safe and not one.perilous
        for place in one.parameters
        if place.kind == "query" and plain(place.name) in _DECLARED and _OTHERS.isdisjoint(words(place.name))
    ]


def _without(call: Call, parameter: str) -> Call:
    return msgspec.structs.replace(call, query=tuple(pair for pair in call.query if pair[0] != parameter))


def _opened(
    target: Target, operation: Operation, bare: Call, parameter: str, token: str, name: str
) -> Generator[Step, Any, bool]:
    right = msgspec.structs.replace(bare, query=(*bare.query, (parameter, token)))
    answer: Answer = yield Send(right)
    if not target.succeeded(answer):
        return False
    wrong = msgspec.structs.replace(bare, query=(*bare.query, (parameter, target.token(min(len(token), 32)))))
    garbage: Answer = yield Send(wrong)
    nothing: Answer = yield Send(bare)
    if any(target.succeeded(one) and (texts(one) & texts(answer) or not texts(answer)) for one in (garbage, nothing)):
        return False
    if target.succeeded(garbage) or target.succeeded(nothing):
        return False
    yield Claim(
        flaw=Flaw.CREDENTIALS_IN_URL,
        place=f"query {parameter}",
        method=operation.method,
        template=operation.template,
        identities=(name,),
        text=f"The token of {name} is accepted as the query parameter {parameter}.",
        reasons=("URLs are kept in logs and histories, and are sent on as Referer",),
        proof=(Exchanged(right, answer, "the token in the URL, and nowhere else"),),
        control=(Exchanged(wrong, garbage, "garbage in its place"), Exchanged(bare, nothing, "nothing")),
    )
    return True
