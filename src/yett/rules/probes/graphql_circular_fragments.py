"""The GraphQL endpoint dies of a fragment that contains itself.

The specification forbids fragments that spread themselves (5.5.2.2); a server that does not check, or checks after something
that follows fragments, recurses until its stack or memory is used up: one request of fifty octets ends the process. It is sent
only with --destructive, last, and once: the target may not live on.

Fix: update the library, and let its standard validation run before anything else looks at the document.
"""

from yett.model.probe import Answer, Exchanged, Flaw, ProbeRule, Probing, Send, Skipped, Sleep
from yett.model.rule import Severity
from yett.rules.probing.graphql import asked, complaints
from yett.rules.probing.graphql_asking import REFERENCES, caller, claim, endpoints, query
from yett.rules.probing.target import Target

RULE = ProbeRule(
    id="graphql-circular-fragments",
    title="A circular fragment ends or stalls the server",
    severity=Severity.HIGH,
    flaws=(Flaw.GRAPHQL_CYCLES,),
    scope="target",
    requests=4,
    destructive=True,
    weight=9,
    owasp=("API4:2023",),
    cwe=(674,),
    references=REFERENCES,
)


def probe(target: Target) -> Probing:
    if not target.destructive:
        yield Skipped("a circular fragment may end the process of the target (--destructive)")
        return
    for endpoint in endpoints(target):
        name = caller(target, endpoint)
        root = endpoint.schema.roots.get("query", "Query") if endpoint.schema else "Query"
        fragments = f"fragment A on {root} {{ __typename ...B }} fragment B on {root} {{ __typename ...A }}"
        plain = query(endpoint, "{ __typename }", name)
        before: Answer = yield Send(plain)
        call = query(endpoint, f"query {{ ...A }} {fragments}", name)
        answer: Answer = yield Send(call)
        yield Sleep(1.0)
        after: Answer = yield Send(plain)
        if not before.status or (answer.status and not _overflowed(answer)):
            continue
        dead = (
            "and is gone afterwards" if not after.status else "without an answer" if not answer.status else "with an overflow"
        )
        yield claim(
            endpoint,
            Flaw.GRAPHQL_CYCLES,
            f"{endpoint.path} does not refuse a fragment that contains itself, but ends the request {dead}.",
            [
                Exchanged(call, answer, "a fragment that contains itself"),
                Exchanged(plain, after, "the smallest query afterwards"),
            ],
            [Exchanged(plain, before, "the smallest query before")],
            *(("the whole service is down",) if not after.status else ()),
            identity=name,
        )


def _overflowed(answer: Answer) -> bool:
    """Whether the server ran through the fragment until it could no more. Data that comes back is none of that."""
    text = " ".join(complaints(answer)).lower() or answer.body[:4000].decode("utf-8", "replace").lower()
    return not asked(answer) and any(one in text for one in ("recursion", "stack size", "stackoverflow", "stack overflow"))
