"""Another version of the API is served beside the described one.

Old versions live on without the locks that newer ones got: no authentication, no limits, more fields.

What is tried: a few operations that work, with the version in their path one and two lower and one higher, as `beta`, and left
out. It is one where the answer is a success there, and nothing at a version that cannot exist. It is grave where it answers
without the credential that the described version demands.

To fix: end versions on a day; route what is left through the same locks.
"""

import msgspec

from yett.model.probe import ANONYMOUS, Answer, Claim, Exchanged, Flaw, ProbeRule, Probing, Send
from yett.model.rule import Severity
from yett.rules.probing.readers import readers
from yett.rules.probing.target import Operation, Target
from yett.rules.probing.trying import Sent

RULE = ProbeRule(
    id="other-versions",
    title="Another version of the API is served, too",
    severity=Severity.LOW,
    flaws=(Flaw.OLD_VERSION,),
    scope="target",
    requests=60,
    weight=4,
    owasp=("API9:2023",),
    cwe=(1059,),
    references=("https://owasp.org/API-Security/editions/2023/en/0xa9-improper-inventory-management/",),
)

_MOST = 4


def probe(target: Target) -> Probing:
    known = {operation.template for operation in target.operations}
    told: set[str] = set()
    tried = [one for one in readers(target, 200) if "{" not in one[0].template]
    tried += [one for one in readers(target, 200) if one not in tried]
    for operation, worked in tried[:_MOST]:
        at = next((index for index, segment in enumerate(operation.segments) if _number(segment) is not None), None)
        if at is None:
            continue
        number = _number(operation.segments[at]) or 0
        odd = yield from _at(worked, at, f"v{number + 900}")
        if odd.answer.status not in (404, 410, 400, 405):
            continue  # it answers everything, or guards everything: nothing can be told
        for name in (f"v{number - 1}", f"v{number - 2}", f"v{number + 1}", "beta", "v0"):
            there = "/" + "/".join((*operation.segments[:at], name, *operation.segments[at + 1 :]))
            if name in told or name.startswith("v-") or there in known or name == operation.segments[at]:
                continue
            one = yield from _at(worked, at, name)
            if target.succeeded(one.answer):
                told.add(name)
                yield from _told(target, operation, worked, one, odd, there, at, name)


def _number(segment: str) -> int | None:
    return int(segment[1:]) if segment[:1] in ("v", "V") and segment[1:].isdecimal() and len(segment) < 4 else None


def _at(worked: Exchanged, at: int, name: str, identity: str | None = None) -> Sent:
    steps = worked.call.path.lstrip("/").split("/")
    steps[at] = name
    call = msgspec.structs.replace(worked.call, path="/" + "/".join(steps))
    if identity is not None:
        call = msgspec.structs.replace(call, identity=identity, credential=None)
    answer: Answer = yield Send(call)
    return Exchanged(call, answer, f"the same at {name}")


def _told(
    target: Target, operation: Operation, worked: Exchanged, one: Exchanged, odd: Exchanged, there: str, at: int, name: str
) -> Probing:
    proof, open_ = one, False
    if worked.call.identity != ANONYMOUS and target.worked(operation, ANONYMOUS) is None:
        bare = yield from _at(worked, at, name, ANONYMOUS)
        open_ = target.succeeded(bare.answer)
        proof = bare if open_ else one
    yield Claim(
        flaw=Flaw.OLD_VERSION,
        method=operation.method,
        template=there,
        identities=(proof.call.identity,),
        text=f"{there} is served, which the description does not name{', without a credential' if open_ else ''}.",
        reasons=("it lacks the lock of the described version",) if open_ else ("nobody may be looking after it",),
        proof=(proof,),
        control=(odd,),
        severity=Severity.HIGH if open_ else None,
    )
