"""Answers for one caller may be kept by caches that serve others.

A cache between the API and its callers that keeps what was meant for one of them shows it to the next. `Cache-Control: public`
and `s-maxage` allow exactly that, even for requests with a credential (RFC 9111, 3.5).

What is tried: operations that answer with a credential and refuse without one. First what their fields allow; then whether
something in front really keeps it: a request with a credential and a query of its own, and the same without.

To fix: `Cache-Control: no-store`, or at least `private`, for everything that needs a credential.
"""

import msgspec

from yett.model.probe import ANONYMOUS, Answer, Call, Claim, Exchanged, Flaw, ProbeRule, Probing, Send
from yett.model.rule import Severity
from yett.rules.probing.compare import same
from yett.rules.probing.readers import ask, readers
from yett.rules.probing.target import Target

RULE = ProbeRule(
    id="private-answers-cached",
    title="Caches may keep answers for one caller",
    severity=Severity.MEDIUM,
    flaws=(Flaw.CACHEABLE_PRIVATE,),
    scope="target",
    requests=18,
    weight=6,
    owasp=("API8:2023",),
    cwe=(524, 525),
    references=("https://www.rfc-editor.org/rfc/rfc9111#section-3.5",),
)


def probe(target: Target) -> Probing:
    for operation, known in readers(target, 6, anonymous=False):
        if target.worked(operation, ANONYMOUS) is not None:
            continue
        word = target.token()
        call = msgspec.structs.replace(known.call, query=(*known.call.query, ("yett", word)))
        bare = msgspec.structs.replace(call, identity=ANONYMOUS, credential=())
        refused = yield from ask(msgspec.structs.replace(bare, query=known.call.query), "without a credential")
        own = yield from ask(call, f"as {call.identity}")
        if target.succeeded(refused.answer) or not target.succeeded(own.answer):
            continue
        other: Answer = yield Send(bare)
        if target.succeeded(other) and same(own.answer, other):
            kept = Exchanged(bare, other, "the same address without a credential: what was meant for somebody else")
            yield _claim(
                call, "is kept, and shown to whoever asks next", "a cache showed it", [own, kept], refused, Severity.HIGH
            )
            return
        allowed = _allows(own.answer.field("cache-control"))
        if allowed:
            text = f"may be kept by shared caches: Cache-Control: {own.answer.field('cache-control')[:80]}"
            yield _claim(call, text, "it is refused without a credential", [own], refused, None)
            return


def _allows(control: str) -> bool:
    """Whether a shared cache may keep an answer to a request with a credential."""
    said = {part.strip().partition("=")[0].lower() for part in control.split(",")}
    return not said & {"no-store", "private", "no-cache"} and bool(said & {"public", "s-maxage"})


def _claim(call: Call, what: str, why: str, proof: list[Exchanged], control: Exchanged, severity: Severity | None) -> Claim:
    return Claim(
        flaw=Flaw.CACHEABLE_PRIVATE,
        identities=(call.identity,),
        text=f"The answer for {call.identity} to {call.method} {call.path} {what}.",
        reasons=(why,),
        proof=tuple(proof),
        control=(control,),
        shows=(f"cache-control: {proof[0].answer.field('cache-control').lower()}",) if len(proof) == 1 else (),
        severity=severity,
    )
