"""A field of the GraphQL schema costs the server seconds of work for a document of a few octets.

Anybody who asks for it under some aliases keeps the server busy as long as they like. It is found among the fields that the
first walk asked for: one that took more than three seconds (or did not answer in time) is asked for once more, alone, beside
the cheapest query; only where it is slow again and the other is fast it is reported. It is never multiplied.

Fix: give the work to a queue, keep its result, limit how often one caller may ask, and weigh the field in limits of cost.
"""

from collections.abc import Generator
from typing import Any

from yett.model.probe import ANONYMOUS, Answer, Call, Exchanged, Flaw, ProbeRule, Probing, Send, Sleep, Step
from yett.model.rule import Severity
from yett.rules.probing.graphql import GraphQLOperation
from yett.rules.probing.graphql_asking import REFERENCES, fields, query
from yett.rules.probing.graphql_asking import claim as claimed
from yett.rules.probing.target import Target

RULE = ProbeRule(
    id="graphql-slow-field",
    title="A GraphQL field costs the server much for little",
    severity=Severity.MEDIUM,
    flaws=(Flaw.UNBOUNDED_RESOURCE,),
    scope="target",
    requests=16,
    weight=9,
    owasp=("API4:2023",),
    cwe=(400, 770),
    references=REFERENCES,
)

SECONDS = 3.0
"""What a query may take before it is suspicious."""
_QUICK = 0.5
_PATIENCE = 5


def probe(target: Target) -> Probing:
    for one in [one for one in fields(target) if one.kind == "query" and not one.perilous and _slow(target, one)][:2]:
        seen = _slow(target, one)
        if seen is None:
            continue
        name = seen.call.identity
        plain = query(one.endpoint, "{ __typename }", name)
        before = yield from _awaited(plain)
        again: Answer = yield Send(seen.call)
        blocked: Answer = yield Send(plain)
        after = blocked if blocked.status else (yield from _awaited(plain))
        lasting = not again.status or again.seconds >= SECONDS
        if lasting and before.status == 200 and before.seconds < _QUICK and after.status == 200:
            how = f"{again.seconds:.1f} s" if again.status else f"no answer in time ({again.failure})"
            yield claimed(
                one.endpoint,
                Flaw.UNBOUNDED_RESOURCE,
                f"{one.kind} {one.field} keeps the server busy for seconds, twice in a row, while `__typename` takes "
                f"{before.seconds:.2f} s.",
                [Exchanged(seen.call, again, how)],
                [Exchanged(plain, before, "the cheapest query")],
                *(("no credential is needed",) if name == ANONYMOUS else ()),
                *(() if blocked.status else ("the server answers nobody else meanwhile",)),
                template=one.template,
                identity=name,
            )


def _awaited(call: Call) -> Generator[Step, Any, Answer]:
    """The answer to the cheapest query, for which a busy server is waited."""
    answer: Answer = yield Send(call)
    for _ in range(_PATIENCE):
        if answer.status:
            break
        yield Sleep(3.0)
        answer = yield Send(call)
    return answer


def _slow(target: Target, one: GraphQLOperation) -> Exchanged | None:
    for name in (ANONYMOUS, *target.names()):
        seen = target.worked(one, name) or target.refusals.get((one.id, name))
        late = seen is not None and (
            seen.answer.seconds >= SECONDS or any(word in seen.answer.failure for word in ("within", "time"))
        )
        if seen is not None and late and seen.answer.status in (0, 200):
            return seen
    return None
