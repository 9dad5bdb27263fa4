"""A GraphQL field shows by a detour what the target refuses to show directly.

Authorization at the root fields alone is passed through relations: `users` is refused, and `posts { author { password } }` shows
the same. It is found where somebody was refused a field of a type: another field that answers them, and leads to that type within
four steps, is asked for fields of it whose names and values are credentials, secrets or data about people.

Fix: authorize where data is loaded (in the resolver of the type or below it), not where documents begin.
"""

from collections.abc import Iterator
from typing import Any

from yett.formats.graphql_types import Field, Schema, Type, named
from yett.model.probe import ANONYMOUS, Answer, Claim, Exchanged, Flaw, ProbeRule, Probing, Send
from yett.model.rule import Severity
from yett.rules.probing.graphql import GraphQLOperation, asked, complaints
from yett.rules.probing.graphql_asking import REFERENCES, fields, query
from yett.rules.probing.operation import Operation
from yett.rules.probing.sensitive import sort_of
from yett.rules.probing.target import Target

RULE = ProbeRule(
    id="graphql-field-access",
    title="A GraphQL type is protected at the root only",
    severity=Severity.HIGH,
    flaws=(Flaw.GRAPHQL_FIELD_ACCESS,),
    requests=14,
    weight=2,
    owasp=("API1:2023", "API3:2023"),
    cwe=(863, 639),
    references=REFERENCES,
)

_STEPS = 4
_MOST = 4
"""Detours that are tried."""
_DENIED = ("auth", "permission", "permit", "forbid", "denied", "allowed", "logged in", "login", "credential", "token", "access")


def probe(target: Target, operation: Operation) -> Probing:
    if not isinstance(operation, GraphQLOperation) or operation.kind != "query" or operation.endpoint.schema is None:
        return
    schema = operation.endpoint.schema
    wanted = schema.type(operation.declared.type)
    if wanted is None or wanted.kind != "OBJECT":
        return
    for name in (ANONYMOUS, *target.names()):
        seen = target.refusals.get((operation.id, name))
        if seen is None or target.worked(operation, name) is not None or not _denied(seen.answer):
            continue
        tried = 0
        for other in fields(target):
            known = target.worked(other, name) if other is not operation and other.kind == "query" else None
            way = _way(schema, other.declared.type, wanted.name) if known is not None else None
            if known is None or way is None or tried >= _MOST:
                continue
            tried += 1
            part = other.literal(other.body_of(known.call), selection=_selection(schema, way, wanted))
            call = query(operation.endpoint, f"query {{ {part} }}", name)
            answer: Answer = yield Send(call)
            shown = sorted(
                {field for field, value in _values(asked(answer)) if field in wanted.fields and sort_of(field, value)}
            )
            if not shown:
                continue
            again: Answer = yield Send(seen.call)
            if not _denied(again):
                break
            path = " → ".join((other.field, *(field.name for field in way)))
            yield Claim(
                flaw=Flaw.GRAPHQL_FIELD_ACCESS,
                identities=(name,),
                text=f"{operation.label} is refused; {path} shows {', '.join(shown[:6])} of the same type.",
                reasons=("authorization stands at the root only",),
                proof=(Exchanged(call, answer, f"by {path}"),),
                control=(Exchanged(seen.call, again, "directly: refused"),),
            )
            return


def _denied(answer: Answer) -> bool:
    said = " ".join(complaints(answer)).lower()
    return answer.status in (401, 403) or any(word in said for word in _DENIED)


def _way(schema: Schema, start: str, wanted: str) -> tuple[Field, ...] | None:
    """The fewest fields, without arguments, that lead from a type to another; None where none do, () where it is the same."""
    waiting: list[tuple[str, tuple[Field, ...]]] = [(named(start), ())]
    seen = {named(start)}
    while waiting:
        name, way = waiting.pop(0)
        if name == wanted:
            return way
        one = schema.types.get(name)
        for field in one.fields.values() if one is not None and len(way) < _STEPS else ():
            target = named(field.type)
            if field.callable and target not in seen and not schema.is_leaf(field.type):
                seen.add(target)
                waiting.append((target, (*way, field)))
    return None


def _selection(schema: Schema, way: tuple[Field, ...], wanted: Type) -> str:
    leaves = [one.name for one in wanted.fields.values() if one.callable and schema.is_leaf(one.type)][:30] or ["__typename"]
    inner = f" {{ {' '.join(leaves)} }}"
    for field in reversed(way):
        inner = f" {{ {field.name}{inner} }}"
    return inner


def _values(tree: Any, name: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    if depth > 12:
        return
    if isinstance(tree, dict):
        for key, part in tree.items():
            yield from _values(part, str(key), depth + 1)
    elif isinstance(tree, list):
        for part in tree[:50]:
            yield from _values(part, name, depth + 1)
    else:
        yield name, tree
