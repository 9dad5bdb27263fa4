"""The GraphQL endpoint runs documents that go through the same types again and again, to any depth.

Where a type leads back to itself (a post has an author, who has posts), each level may multiply the work: a hundred octets ask
for millions of objects. It is found with a cycle of the schema, on a field that worked: level by level as long as answers stay
fast and small, up to thirty levels.

Fix: limit the depth of documents (ten or so), weigh fields by what they cost, and page lists.
"""

from collections.abc import Generator
from typing import Any

from yett.formats.graphql_types import Field, named
from yett.model.probe import Answer, Call, Exchanged, Flaw, ProbeRule, Probing, Send, Step
from yett.model.rule import Severity
from yett.rules.probing.graphql import GraphQLOperation, asked
from yett.rules.probing.graphql_asking import REFERENCES, SLOW, caller, claim, cycle, endpoints, fields, query
from yett.rules.probing.target import Target

RULE = ProbeRule(
    id="graphql-depth",
    title="The depth of GraphQL documents is not limited",
    severity=Severity.MEDIUM,
    flaws=(Flaw.GRAPHQL_DEPTH,),
    scope="target",
    requests=12,
    weight=2,
    owasp=("API4:2023",),
    cwe=(674, 770),
    references=REFERENCES,
)

DEEP = 12
"""Levels that no client needs; limits by custom are lower."""
DEEPEST = 30
_LONGEST, _LARGEST, _GROWTH = 1.5, 1_000_000, 12.0
"""Seconds and octets of an answer after which no further level is asked for, and growth of either from one step to the next that is
an answer to the question already."""


def probe(target: Target) -> Probing:
    for endpoint in endpoints(target):
        if endpoint.schema is None:
            continue
        name = caller(target, endpoint)
        for one in _starts(target, name):
            if one.endpoint is endpoint and (yield from _descended(target, one, name)):
                break


def _starts(target: Target, name: str) -> list[GraphQLOperation]:
    """Fields that worked and whose type leads back to itself; those with one object and small answers first."""
    found = []
    for one in fields(target):
        seen = target.worked(one, name)
        schema = one.endpoint.schema
        if seen and schema and one.kind == "query" and seen.answer.seconds < SLOW and cycle(schema, named(one.declared.type)):
            found.append((one.declared.type.startswith("["), len(seen.answer.body), one.field, one))
    return [one for _, _, _, one in sorted(found, key=lambda part: part[:3])][:2]


def _descended(target: Target, one: GraphQLOperation, name: str) -> Generator[Step, Any, bool]:
    schema = one.endpoint.schema
    seen = target.worked(one, name)
    if schema is None or seen is None:
        return False
    way = cycle(schema, named(one.declared.type))
    arguments = _narrow(one, one.body_of(seen.call))
    steps: list[tuple[int, Call, Answer]] = []
    for rounds in (1, 2, 3, 4, 6, 8, 10, 15, 30):
        levels = rounds * len(way) + 1
        if levels > DEEPEST + len(way) or (levels > DEEP and steps and steps[-1][0] >= DEEPEST - 8):
            break
        call = query(one.endpoint, one.literal(arguments, selection=_nested(way, rounds)).join(("{ ", " }")), name)
        answer: Answer = yield Send(call)
        if asked(answer).get(one.field) is None and not _empty(answer, one.field):
            break
        steps.append((levels, call, answer))
        grown = len(answer.body) / max(len(steps[-2][2].body), 200) if len(steps) > 1 else 1.0
        if answer.seconds > _LONGEST or len(answer.body) > _LARGEST or grown > _GROWTH:
            break
    if not steps or len(steps) < 2:
        return False
    levels, call, answer = steps[-1]
    first = steps[0]
    multiplied = len(answer.body) > 20 * max(len(first[2].body), 100) or answer.seconds > 10 * first[2].seconds + 0.5
    if levels < DEEP and not multiplied:
        return False
    circle = " → ".join(field.name for field in way)
    yield claim(
        one.endpoint,
        Flaw.GRAPHQL_DEPTH,
        f"{one.endpoint.path} runs {one.field} {levels} levels deep; {circle} leads back to where it began.",
        [Exchanged(call, answer, f"{levels} levels: {len(answer.body)} octets, {answer.seconds:.2f} s")],
        [Exchanged(first[1], first[2], f"{first[0]} levels: {len(first[2].body)} octets, {first[2].seconds:.2f} s")],
        *(("the answer grows far faster than the document",) if multiplied else ()),
        identity=name,
    )
    return True


def _empty(answer: Answer, field: str) -> bool:
    """Whether a field was resolved, and to nothing."""
    tree = answer.json()
    return isinstance(tree, dict) and field in asked(answer) and not tree.get("errors")


def _nested(way: tuple[Field, ...], rounds: int) -> str:
    heads = [field.name for _ in range(rounds) for field in way]
    return f" {{ {' { '.join(heads)} {{ __typename {'} ' * (len(heads) + 1)}"


def _narrow(one: GraphQLOperation, given: dict[str, Any]) -> dict[str, Any]:
    """The arguments that worked, and one object of a list where the field can be told so."""
    for argument in one.declared.arguments:
        if argument.name.lower() in ("first", "limit", "take", "pagesize", "per_page", "perpage") and "Int" in argument.type:
            return {**given, argument.name: 1}
    return given
