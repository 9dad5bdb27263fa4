"""What probes of GraphQL share: the endpoints of a target, its cheapest field, documents that ask for much, claims on an endpoint.

It must not know any one attack.
"""

from collections.abc import Iterable
from typing import Any

from yett.formats.graphql_types import Field, Schema, is_list, named
from yett.model.probe import ANONYMOUS, Call, Claim, Exchanged, Flaw
from yett.model.rule import Confidence, Severity
from yett.rules.probing.graphql import Endpoint, GraphQLOperation, ask
from yett.rules.probing.target import Target

REFERENCES = (
    "https://cheatsheetseries.owasp.org/cheatsheets/GraphQL_Cheat_Sheet.html",
    "https://spec.graphql.org/September2025/",
)
SLOW = 0.25
"""Seconds of an answer beyond which a field is not multiplied."""
_LARGE = 20_000
"""Octets of an answer beyond which a field is not multiplied."""


def fields(target: Target) -> tuple[GraphQLOperation, ...]:
    """All operations of GraphQL."""
    return tuple(one for one in target.operations if isinstance(one, GraphQLOperation))


def endpoints(target: Target) -> tuple[Endpoint, ...]:
    """Where the target speaks GraphQL."""
    return tuple({one.endpoint.path: one.endpoint for one in fields(target)}.values())


def caller(target: Target, endpoint: Endpoint) -> str:
    """Who asks: nobody where some field answers nobody, else the least of the identities."""
    every = [one for one in fields(target) if one.endpoint is endpoint]
    if not target.names() or any(ANONYMOUS in target.workers(one) for one in every if one.field != "__typename"):
        return ANONYMOUS
    return next((name for name in target.names() if any(name in target.workers(one) for one in every)), ANONYMOUS)


def cheapest(target: Target, endpoint: Endpoint, identity: str) -> tuple[str, str]:
    """A query field that answered fast and little, as a part of a document without alias, and its name; `__typename` where there
    is none. Its selection is as small as can be."""
    best: tuple[float, str, str] | None = None
    for one in fields(target):
        seen = target.worked(one, identity) if one.endpoint is endpoint and one.kind == "query" else None
        if seen is None or one.field == "__typename" or seen.answer.seconds > SLOW or len(seen.answer.body) > _LARGE:
            continue
        part = one.literal(one.body_of(seen.call), selection=smallest(endpoint.schema, one.declared))
        cost = seen.answer.seconds + len(seen.answer.body) / 100_000
        if best is None or cost < best[0]:
            best = (cost, part, one.field)
    return (best[1], best[2]) if best else ("__typename", "__typename")


def smallest(schema: Schema | None, field: Field) -> str:
    """The smallest selection set for a field, with a space before it; "" for leaves."""
    return "" if schema is None or schema.is_leaf(field.type) else " { __typename }"


def aliased(part: str, times: int, kind: str = "query") -> str:
    """A document that asks so many times for the same, each time under another name."""
    return f"{kind} {{ {' '.join(f'a{number}: {part}' for number in range(times))} }}"


def cycle(schema: Schema, start: str) -> tuple[Field, ...]:
    """Fields that lead from a type back to itself, the fewest, without arguments that are required; () where none do. Lists are
    taken only where there is no other way: they multiply what is answered."""
    for lists in (False, True):
        waiting: list[tuple[str, tuple[Field, ...]]] = [(start, ())]
        seen: set[str] = set()
        while waiting and len(seen) < 500:
            name, way = waiting.pop(0)
            one = schema.types.get(name)
            for field in one.fields.values() if one else ():
                target = named(field.type)
                if not field.callable or schema.is_leaf(field.type) or (is_list(field.type.rstrip("!")) and not lists):
                    continue
                if target == start:
                    return (*way, field)
                if target not in seen and len(way) < 5 and schema.types[target].kind != "UNION":
                    seen.add(target)
                    waiting.append((target, (*way, field)))
    return ()


def claim(
    endpoint: Endpoint,
    flaw: Flaw,
    text: str,
    proof: Iterable[Exchanged],
    control: Iterable[Exchanged] = (),
    *reasons: str,
    place: str = "",
    template: str = "",
    identity: str = ANONYMOUS,
    severity: Severity | None = None,
    confidence: Confidence | None = None,
    uncontrolled: str = "",
    shows: tuple[str, ...] = (),
) -> Claim:
    """A claim on an endpoint as a whole, or on what lies at another path."""
    return Claim(
        flaw=flaw,
        place=place,
        method="POST",
        template=template or endpoint.path,
        identities=(identity,),
        text=text,
        reasons=reasons,
        proof=tuple(proof),
        control=tuple(control),
        severity=severity,
        confidence=confidence,
        uncontrolled=uncontrolled,
        shows=shows,
    )


def query(endpoint: Endpoint, document: str, identity: str = ANONYMOUS, variables: dict[str, Any] | None = None) -> Call:
    """The call that sends a document to the endpoint."""
    return ask(endpoint.path, document, variables, identity)
