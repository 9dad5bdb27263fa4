"""A path takes methods that the description does not name, or answers TRACE with what it was sent.

A method that nobody described was likely not meant: PUT and DELETE that a framework offers by itself, TRACE that shows fields
which a proxy added.

What is tried, on a few paths: TRACE with a field of our own, and OPTIONS. What `Allow` lists beyond the description is asked for
once, on an object that nothing is, where only the answer to the method counts: 405 and 501 say that there is none, and so does
what a method answers that cannot exist.

To fix: list methods where routes are defined; refuse TRACE at the edge.
"""

import msgspec

from yett.model.probe import ANONYMOUS, Answer, Call, Claim, Exchanged, Flaw, ProbeRule, Probing, Send
from yett.model.rule import Severity
from yett.rules.probing.target import Operation, Target

RULE = ProbeRule(
    id="unexpected-methods",
    title="A path takes methods that the description does not name",
    severity=Severity.LOW,
    flaws=(Flaw.UNEXPECTED_METHOD,),
    scope="target",
    requests=40,
    weight=7,
    owasp=("API9:2023", "API8:2023"),
    cwe=(650, 749),
    references=("https://www.rfc-editor.org/rfc/rfc9110#section-9",),
)

_MOST = 8
_CHANGING = ("PUT", "PATCH", "DELETE", "POST")


def probe(target: Target) -> Probing:
    yield from _traced(target)
    methods: dict[str, set[str]] = {}
    first: dict[str, Operation] = {}
    for operation in target.operations:
        if operation.source == "contract" and not operation.perilous:
            methods.setdefault(operation.template, set()).add(operation.method)
            first.setdefault(operation.template, operation)
    for template, known in list(methods.items())[:_MOST]:
        identity = next(iter(target.names()), ANONYMOUS)
        path = first[template].path({name: f"yett{target.token()}" for name in first[template].path_names})
        allow: Answer = yield Send(Call(method="OPTIONS", path=path, identity=identity))
        listed = {part.strip().upper() for part in allow.field("allow").split(",")} & set(_CHANGING)
        for method in sorted(listed - known) if "{" in template else ():
            yield from _listed(method, template, Call(method=method, path=path, identity=identity))


def _traced(target: Target) -> Probing:
    word = target.token()
    call = Call(method="TRACE", path="/", fields=(("X-Yett", word),))
    answer: Answer = yield Send(call)
    if answer.status == 200 and word.encode() in answer.body and b"TRACE" in answer.body:
        bare = msgspec.structs.replace(call, method="GET")
        other: Answer = yield Send(bare)
        if word.encode() not in other.body:
            yield Claim(
                flaw=Flaw.UNEXPECTED_METHOD,
                method="TRACE",
                template="/",
                text="TRACE answers with the request as it arrived.",
                reasons=("it shows fields that proxies add", "browsers' protection of cookies is passed by"),
                proof=(Exchanged(call, answer, "the field comes back"),),
                control=(Exchanged(bare, other, "GET does not show it"),),
            )


def _listed(method: str, template: str, call: Call) -> Probing:
    answer: Answer = yield Send(call)
    odd = msgspec.structs.replace(call, method="YETT")
    other: Answer = yield Send(odd)
    if answer.status in (0, 405, 501) or answer.status == other.status:
        return
    yield Claim(
        flaw=Flaw.UNEXPECTED_METHOD,
        method=method,
        template=template,
        identities=(call.identity,),
        text=f"{template} takes {method}, which the description does not name.",
        reasons=(f"OPTIONS lists it, and it answers {answer.status}",),
        proof=(Exchanged(call, answer, "on an object that nothing is"),),
        control=(Exchanged(odd, other, "a method that nothing has"),),
    )
