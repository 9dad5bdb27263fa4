"""An operation that the description protects, or that shows somebody's private objects, works without any credential.

Whoever finds the address can use it: nothing asks who they are. It is found by sending a call that works with a credential once
more without one, and once with one that is garbage, and by comparing what comes back with what the rightful caller sees. What the
description declares to be open, and what shows the same to everybody while nothing says that it is protected, is not reported.

Fix: authenticate by default, for all routes at one place, and list the exceptions.
"""

import msgspec

from yett.model.probe import ANONYMOUS, Answer, Claim, Exchanged, Flaw, ProbeRule, Probing, Send
from yett.model.rule import Severity
from yett.rules.probing.compare import same
from yett.rules.probing.target import Operation, Target

RULE = ProbeRule(
    id="anonymous-access",
    title="An operation that needs a credential works without one",
    severity=Severity.HIGH,
    flaws=(Flaw.ANONYMOUS_ACCESS,),
    requests=6,
    weight=1,
    owasp=("API2:2023",),
    cwe=(306,),
    references=(
        "https://owasp.org/API-Security/editions/2023/en/0xa2-broken-authentication/",
        "https://cwe.mitre.org/data/definitions/306.html",
    ),
)


def probe(target: Target, operation: Operation) -> Probing:
    if not operation.secured or target.doing(operation) in ("login", "register", "logout"):
        return
    name = next((one for one in target.workers(operation) if one != ANONYMOUS), None)
    known = target.worked(operation, name) if name is not None else None
    if name is None or known is None:
        return
    if operation.safe:
        call = known.call
        allowed: Answer = yield Send(call)
    else:
        call, allowed = target.fresh(operation, name), known.answer
    bare = msgspec.structs.replace(call, identity=ANONYMOUS, credential=None)
    answer: Answer = yield Send(bare)
    if not target.succeeded(answer):
        return
    one = target.observe(operation, bare, answer) if not operation.safe else None
    if one is not None:
        yield target.made(operation, one, name)
    if operation.safe and not same(allowed, answer):
        return
    yield Claim(
        flaw=Flaw.ANONYMOUS_ACCESS,
        identities=(name,),
        text=f"{operation.label} demands a credential by its description, and answers without one as it does to {name}.",
        reasons=("the description protects it", "changes data" if not operation.safe else "the answer is the same"),
        proof=(Exchanged(bare, answer, "without any credential"),),
        control=(Exchanged(known.call, allowed, f"as {name}"),),
    )
