"""The GraphQL endpoint runs documents that go through the same types again and again, to any depth.

Where a type leads back to itself (a post has an author, who has posts), each level may multiply the work: a hundred octets ask
for millions of objects. It is found with a cycle of the schema, on a field that worked: level by level as long as answers stay
fast and small, then with thirty levels that are skipped (`@skip`): they cost nothing, and every limit counts them.

Fix: limit the depth of documents (ten or so), weigh fields by what they cost, and page lists.
"""

from collections.abc import Generator
from typing import Any

from yett.formats.graphql_types import Field, named
from yett.model.probe import ANONYMOUS, Answer, Call, Exchanged, Flaw, ProbeRule, Probing, Send, Step
from yett.model.rule import Severity
from yett.rules.probing.graphql import GraphQLOperation, asked, complaints
from yett.rules.probing.graphql_asking import REFERENCES, claim, cycle, endpoints, fields, query
from yett.rules.probing.target import Target

RULE = ProbeRule(
    id="graphql-depth",
    title="The depth of GraphQL documents is not limited",
    severity=Severity.MEDIUM,
    flaws=(Flaw.GRAPHQL_DEPTH,),
    scope="target",
    requests=12,
    weight=1,
    owasp=("API4:2023",),
    cwe=(674, 770),
    references=REFERENCES,
)

DEEP = 12
"""Levels that no client needs; limits by custom are lower."""
DEEPEST = 30
_UNKNOWN = 1_999_999_973
"""An id that no object has (a prime below 2^31, the most that Int holds)."""
_LONGEST, _LARGEST, _GROWTH = 1.5, 1_000_000, 12.0
"""Seconds and octets of an answer, and growth from one step to the next, after which no further level is asked for."""


def probe(target: Target) -> Probing:
    for endpoint in endpoints(target):
        if endpoint.schema is None:
            continue
        starts = ((name, one) for name in (ANONYMOUS, *target.names()) for one in _starts(target, name))
        for name, one in [(name, one) for name, one in starts if one.endpoint is endpoint][:2]:
            if (yield from _descended(target, one, name)):
                break


def _starts(target: Target, name: str) -> list[GraphQLOperation]:
    """Fields that worked and whose type leads back to itself; those with one object and small answers first."""
    found = []
    for one in fields(target):
        seen = target.worked(one, name)
        schema = one.endpoint.schema
        if (
            seen
            and schema
            and one.kind == "query"
            and seen.answer.seconds < _LONGEST
            and cycle(schema, named(one.declared.type))
        ):
            found.append((one.declared.type.startswith("["), len(seen.answer.body), one.field, one))
    return [one for _, _, _, one in sorted(found, key=lambda part: part[:3])][:2]


def _descended(target: Target, one: GraphQLOperation, name: str) -> Generator[Step, Any, bool]:
    """Go down level by level while that is cheap; then ask for many levels that are skipped, which costs nothing."""
    schema = one.endpoint.schema
    seen = target.worked(one, name)
    if schema is None or seen is None:
        return False
    way = cycle(schema, named(one.declared.type))
    arguments = _narrow(one, one.body_of(seen.call))
    steps: list[Exchanged] = []
    levels = 0
    for rounds in (1, 2, 3, 4, 6, 8, 10, 15):
        if rounds * len(way) > DEEPEST:
            break
        step = yield from _asked(one, arguments, _nested(way, rounds), name, f"{rounds * len(way) + 1} levels")
        if not _resolved(step.answer, one.field):
            return False  # a limit, or nothing that could be shown
        levels = rounds * len(way) + 1
        steps.append(step)
        if levels > DEEP or _much(step.answer) or (len(steps) > 1 and _grown(steps[-2], step)):
            break
    skipped = yield from _asked(
        one, arguments, _nested(way, DEEPEST // len(way), " @skip(if: true)"), name, "30 levels, skipped"
    )
    free = _resolved(skipped.answer, one.field)
    if not free and one.path_names:
        odd = one.body_of(one.on(seen.call, dict.fromkeys(one.path_names, str(_UNKNOWN))))
        shallow = yield from _asked(one, odd, _nested(way, 1), name, "an unknown object, 3 levels")
        skipped = yield from _asked(one, odd, _nested(way, DEEPEST // len(way)), name, "an unknown object, 30 levels")
        free = _same_nothing(shallow.answer, skipped.answer, one.field)
    if not steps or not (free or levels > DEEP):
        return False
    yield from _told(one, way, steps, skipped if free else None, levels, name)
    return True


def _told(
    one: GraphQLOperation, way: tuple[Field, ...], steps: list[Exchanged], skipped: Exchanged | None, levels: int, name: str
) -> Generator[Step, Any, None]:
    first, last = steps[0], steps[-1]
    multiplied = len(last.answer.body) > 20 * max(len(first.answer.body), 100)
    circle = " → ".join(field.name for field in way)
    deepest = DEEPEST // len(way) * len(way) + 1 if skipped else levels
    yield claim(
        one.endpoint,
        Flaw.GRAPHQL_DEPTH,
        f"{one.endpoint.path} takes a document on {one.field} of {deepest} levels; {circle} leads back to where it began.",
        [last, *([skipped] if skipped else [])],
        [first],
        *(("the answer grows far faster than the document",) if multiplied else ()),
        identity=name,
        severity=None if skipped or multiplied else Severity.LOW,
    )


def _asked(
    one: GraphQLOperation, arguments: dict[str, Any], selection: str, name: str, note: str
) -> Generator[Step, Any, Exchanged]:
    call: Call = query(one.endpoint, one.literal(arguments, selection=selection).join(("{ ", " }")), name)
    answer: Answer = yield Send(call)
    return Exchanged(call, answer, f"{note}: {len(answer.body)} octets, {answer.seconds:.2f} s")


def _resolved(answer: Answer, field: str) -> bool:
    return asked(answer).get(field) is not None and not complaints(answer)


def _same_nothing(first: Answer, second: Answer, field: str) -> bool:
    """Whether both documents ran, and found nothing."""
    ran = all(field in asked(one) and asked(one)[field] is None for one in (first, second))
    return ran and complaints(first) == complaints(second)


def _much(answer: Answer) -> bool:
    return answer.seconds > _LONGEST or len(answer.body) > _LARGEST


def _grown(before: Exchanged, now: Exchanged) -> bool:
    """Whether another step would be too much for the target."""
    return len(now.answer.body) > _GROWTH * max(len(before.answer.body), 200) or now.answer.seconds > 0.3


def _nested(way: tuple[Field, ...], rounds: int, directive: str = "") -> str:
    """The cycle, so many times; the directive stands at the first field."""
    heads = [field.name for _ in range(rounds) for field in way]
    heads[0] += directive
    return f" {{ __typename {' { '.join(heads)} {{ __typename {'} ' * (len(heads) + 1)}"


def _narrow(one: GraphQLOperation, given: dict[str, Any]) -> dict[str, Any]:
    """The arguments that worked, and one object of a list where the field can be told so."""
    for argument in one.declared.arguments:
        if argument.name.lower() in ("first", "limit", "take", "pagesize", "per_page", "perpage") and "Int" in argument.type:
            return {**given, argument.name: 1}
    return given
