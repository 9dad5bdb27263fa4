"""Does the target keep to its description? What is fuzzed, and what failed, as findings: few, grouped by cause, below security.

Values only: who generates and sends inputs is the edge's (`yett.edge.probing.fuzzing`). It must not know the generator.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from yett.engine.probing.outcome import Found
from yett.model.probe import Claim, Exchanged, Flaw, ProbeRule
from yett.model.rule import Confidence, Severity
from yett.rules.probing.operation import Operation
from yett.rules.probing.target import Target

MOST = 2_000
"""Failures that are looked at."""
_NAMED = 5
_WORDS = 160

SERVER_ERROR = ProbeRule(
    id="conformance-server-error",
    title="An input of the declared form makes the server fail",
    severity=Severity.LOW,
    flaws=(Flaw.SERVER_ERROR,),
    requests=0,
    weight=10,
    owasp=("API8:2023",),
    cwe=(248,),
    references=("https://schemathesis.readthedocs.io/",),
)
VIOLATION = ProbeRule(
    id="conformance-contract",
    title="Answers are not as the description says",
    severity=Severity.INFO,
    flaws=(Flaw.CONTRACT_VIOLATION,),
    requests=0,
    weight=10,
    owasp=("API9:2023",),
    cwe=(1059,),
    references=("https://schemathesis.readthedocs.io/",),
)


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """One failure. operation: as labelled, "GET /items/{id}". kind: server-error | schema | status. cause: what failed, without
    values of this one answer: a place of the schema, a status."""

    operation: str
    kind: str
    cause: str
    message: str
    step: Exchanged


def fuzzed(target: Target) -> tuple[Operation, ...]:
    """Operations that may be called with inputs of all kinds: safe methods without peril, all with --destructive."""
    every = [one for one in target.operations if one.source != "graphql"]
    return tuple(one for one in every if target.destructive or (one.safe and not one.perilous))


def document(operations: Iterable[Operation]) -> dict[str, Any]:
    """The operations as OpenAPI 3.1. It refers to nothing outside itself."""
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        said: dict[str, Any] = {
            "parameters": [
                {
                    "name": place.name,
                    "in": place.kind,
                    "required": place.required or place.kind == "path",
                    "schema": place.schema,
                }
                for place in one.parameters
            ],
            "responses": {status: _answer(schema) for status, schema in one.answers.items()} or {"default": _answer({})},
        }
        if one.bodies:
            content = {media: {"schema": schema} for media, schema in one.bodies.items()}
            said["requestBody"] = {"required": one.body_required, "content": content}
        paths.setdefault(one.template, {})[one.method.lower()] = said
    return {"openapi": "3.1.0", "info": {"title": "target", "version": "1"}, "paths": paths}


def _answer(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "", **({"content": {"application/json": {"schema": schema}}} if schema else {})}


def grouped(failures: Iterable[Failed], target: Target) -> list[Found]:
    """Findings: server errors by operation, the rest by cause over all operations; the shortest example of each."""
    known = {one.label: one for one in target.operations}
    groups: dict[tuple[str, str], list[Failed]] = {}
    for number, one in enumerate(failures):
        if number >= MOST:
            break
        groups.setdefault((one.kind, one.operation if one.kind == "server-error" else one.cause), []).append(one)
    found = []
    for (kind, _), group in groups.items():
        first = min(group, key=lambda one: (len(one.step.call.path) + len(one.step.call.body), one.operation))
        places = sorted({one.operation for one in group})
        rule = SERVER_ERROR if kind == "server-error" else VIOLATION
        found.append(Found(rule, known.get(first.operation), _claim(rule, first, places)))
    return sorted(found, key=lambda one: (one.rule is VIOLATION, one.claim.template, one.claim.place))


def _claim(rule: ProbeRule, first: Failed, places: list[str]) -> Claim:
    method, _, template = first.operation.partition(" ")
    more = f" ({len(places)} operations: {', '.join(places[:_NAMED])}{' …' if len(places) > _NAMED else ''})"
    return Claim(
        flaw=rule.flaws[0],
        place="" if rule is SERVER_ERROR else first.cause[:_WORDS],
        method=method,
        template=template,
        text=first.message[:_WORDS] + (more if len(places) > 1 else ""),
        reasons=("no hole by itself: a promise that is not kept",),
        proof=(first.step,),
        uncontrolled="the description itself is what the answer is held against",
        confidence=Confidence.MEDIUM,
    )
