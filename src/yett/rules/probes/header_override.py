"""Fields of the request decide what only the connection may: another path, another method, another address of the caller.

Gates in front judge the request line; where the application then believes `X-Original-URL` or `X-HTTP-Method-Override`, it
serves what was never judged. Where it believes `X-Forwarded-For` from anybody, whoever writes 127.0.0.1 comes from inside.

What is tried: a path that nothing has in `X-Original-URL` and `X-Rewrite-URL` (an operation that works must not notice); a
method that nothing has in the three fields that override methods, which must not matter; addresses of loopback on operations
that refuse, each against an address of somebody else. Each is seen twice, and once under a field name that means nothing.

To fix: drop these fields at the edge; believe them only from your own proxies.
"""

from collections.abc import Generator
from typing import Any

import msgspec

from yett.model.probe import Call, Claim, Exchanged, Flaw, ProbeRule, Probing, Step
from yett.model.rule import Severity
from yett.rules.probing.compare import same
from yett.rules.probing.readers import ask, readers
from yett.rules.probing.target import Operation, Target

RULE = ProbeRule(
    id="header-override",
    title="Fields of the request override path, method or address",
    severity=Severity.MEDIUM,
    flaws=(Flaw.HEADER_OVERRIDE,),
    scope="target",
    requests=70,
    weight=4,
    owasp=("API8:2023", "API5:2023"),
    cwe=(348, 290, 436),
    references=(
        "https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/02-Configuration_and_Deployment_Management_Testing/06-Test_HTTP_Methods",
    ),
)

_PATHS = ("X-Original-URL", "X-Rewrite-URL")
_METHODS = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
_ADDRESSES = ("X-Forwarded-For", "X-Real-IP", "X-Client-IP", "True-Client-IP", "X-Originating-IP", "X-Remote-Addr", "Client-IP")
_MEANS_NOTHING = "X-Yett-Override"
_MOST = 6


def probe(target: Target) -> Probing:
    for operation, known in readers(target, 2):
        for names, value, what in (
            (_PATHS, f"/yett-{target.token()}", "another path"),
            (_METHODS, "YETT" + target.token(4).upper(), "another method"),
        ):
            yield from _ignored(target, operation, known, names, value, what)
        break
    yield from _addresses(target)


def _ignored(target: Target, operation: Operation, known: Exchanged, names: tuple[str, ...], value: str, what: str) -> Probing:
    """The answer must be the same with and without the field; where it is not, and fails, the field was believed."""
    for name in names:
        one = yield from ask(known.call, f"{name} names {what}, which nothing has", (name, value))
        if target.succeeded(one.answer) or not one.answer.status or one.answer.status in (429, 503):
            continue
        odd = yield from ask(known.call, "a field that means nothing", (_MEANS_NOTHING, value))
        again = yield from ask(known.call, "once more", (name, value))
        if target.succeeded(odd.answer) and again.answer.status == one.answer.status and not _blocked(one):
            path = what == "another path"
            yield Claim(
                flaw=Flaw.HEADER_OVERRIDE,
                place=f"header {name}",
                identities=(known.call.identity,),
                text=f"The target takes {what} out of {name}, on {operation.label} and likely everywhere.",
                reasons=("what a gate in front allowed is not what is served",) if path else ("a gate judges another method",),
                proof=(one,),
                control=(odd,),
                severity=Severity.MEDIUM if path else Severity.LOW,
            )
            return


def _blocked(one: Exchanged) -> bool:
    """Whether a filter refused the field itself: 400, 403 and 431 say so; 404, 405 and 501 come of believing it."""
    return one.answer.status not in (404, 405, 501)


def _addresses(target: Target) -> Probing:
    tried = 0
    for operation in target.operations:
        for name in ("", *target.names()):
            refused = target.refusals.get((operation.id, name))
            if refused is None or refused.answer.status not in (401, 403) or operation.method != "GET" or operation.perilous:
                continue
            if tried >= _MOST:
                return
            tried += 1
            if (yield from _from_inside(target, operation, refused.call)):
                return


def _from_inside(target: Target, operation: Operation, call: Call) -> Generator[Step, Any, bool]:
    every = tuple((name, "127.0.0.1") for name in _ADDRESSES)
    one = yield from ask(call, "as if from loopback", *every)
    if not target.succeeded(one.answer):
        return False
    for name in _ADDRESSES:
        inside = yield from ask(call, f"{name} says loopback", (name, "127.0.0.1"))
        outside = yield from ask(call, f"{name} says somebody else", (name, "203.0.113.7"))
        if target.succeeded(inside.answer) and not target.succeeded(outside.answer) and same(inside.answer, one.answer):
            yield Claim(
                flaw=Flaw.HEADER_OVERRIDE,
                method=operation.method,
                template=operation.template,
                place=f"header {name}",
                identities=(call.identity,),
                text=f"{operation.label} refuses {call.identity or 'strangers'}, and serves them where {name} says 127.0.0.1.",
                reasons=("anybody can write that field",),
                proof=(msgspec.structs.replace(inside),),
                control=(outside,),
                severity=Severity.HIGH,
            )
            return True
    return False
