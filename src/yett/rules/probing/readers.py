"""Calls that only read and that worked, for probes that look at the target as a whole. It must not know what is looked for."""

from collections.abc import Generator
from typing import Any

import msgspec

from yett.model.probe import ANONYMOUS, Answer, Call, Exchanged, Send, Step
from yett.rules.probing.target import Operation, Target

ABSENT = "/yett-"
"""How paths begin that nothing has."""


def readers(target: Target, most: int, anonymous: bool | None = None) -> list[tuple[Operation, Exchanged]]:
    """Safe operations with a call that worked, one each: for nobody in particular (anonymous True), for an identity (False)."""
    found = []
    for operation in target.operations:
        if operation.method != "GET" or operation.perilous:
            continue
        names = [name for name in target.workers(operation) if anonymous in (None, name == ANONYMOUS)]
        known = target.worked(operation, names[0]) if names else None
        if known is not None:
            found.append((operation, known))
    return found[:most]


def ask(call: Call, note: str = "", *fields: tuple[str, str]) -> Generator[Step, Any, Exchanged]:
    """The call with further fields."""
    sent = msgspec.structs.replace(call, fields=(*call.fields, *fields)) if fields else call
    answer: Answer = yield Send(sent)
    return Exchanged(sent, answer, note)


def get(path: str, identity: str = ANONYMOUS, note: str = "", *fields: tuple[str, str]) -> Generator[Step, Any, Exchanged]:
    """A GET of that path."""
    return ask(Call(method="GET", path=path, identity=identity), note, *fields)


def bases(target: Target) -> list[str]:
    """Where paths begin: "" and what the templates of all (or most) operations begin with, without parameters: "/api/v2"."""
    counts: dict[str, int] = {}
    for operation in target.operations:
        steps = []
        for segment in operation.segments[:-1][:3]:
            if "{" in segment:
                break
            steps.append(segment)
            counts["/" + "/".join(steps)] = counts.get("/" + "/".join(steps), 0) + 1
    half = max(2, len(target.operations) // 2)
    common = [path for path, count in counts.items() if count >= half]
    return ["", *sorted(common, key=len)[-1:]]
