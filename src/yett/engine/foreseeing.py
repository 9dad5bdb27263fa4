"""Names that a contract declares, held against attack rules before there is traffic.

Rules look at names, and a contract's names are constants.

A rule that meets a declared name meets it in every honest request that has it. So one request is made for each operation, with
every declared name in it and nothing worth a look as values, and judged by the policy's own plans, acting nowhere. Nothing is sent.
It must not know how policies are written, nor who is told.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from yett.engine.recorded import replay
from yett.engine.snapshot import Snapshot
from yett.formats.contract.proven import DeclaredValue
from yett.formats.media_types import Kind, kind_of
from yett.formats.percent import encoded
from yett.model.decision import unset
from yett.model.exchange import Exchange, Request
from yett.model.operation import Operation
from yett.rules.inspection.exceptions import narrowest
from yett.rules.seclang.hits import told

NAME = " (name)"
"""How places of names end."""
MOST_NAMES = 200
"""Names in one request: below what rules count as too many arguments (255 by CRS's setup)."""
_PARAMETER = re.compile(r"\{[^{}]*\}")


class Foreseen(msgspec.Struct, frozen=True):
    """A rule that meets a declared name. operation: its id. exception: the entry for the policy, as a line of YAML."""

    operation: str
    rule: str
    place: str
    exception: str


def foreseen(snapshot: Snapshot, host: str, operation: Operation, declared: Sequence[DeclaredValue]) -> Iterator[Foreseen]:
    """What rules say of the names of one operation. snapshot: of a policy that acts nowhere (`reducing.watching`). host: one that
    the operation's service has."""
    seen = set()
    for request in requests(operation, host, declared):
        exchange = Exchange(id="0", source="check", started=0.0, request=request)
        replayed = replay(snapshot, exchange, 0.0)
        said = [(one.rule, one.place) for one in replayed.said]
        if replayed.evaluation is not None and replayed.evaluation.scoring is not unset:
            said += [(one.rule, one.place) for one in told(replayed.evaluation.scoring)]
        for rule, place in said:
            entry = narrowest(rule, operation.id, place)
            if place.endswith(NAME) and entry not in seen:
                seen.add(entry)
                yield Foreseen(operation.id, rule, place, entry)


def requests(operation: Operation, host: str, declared: Sequence[DeclaredValue]) -> Iterator[Request]:
    """Requests with all names of query and body, one for each media type."""
    query = list(dict.fromkeys(one.place.removeprefix("query ") for one in declared if one.place.startswith("query ")))
    bodies: dict[str, list[str]] = {}
    for one in declared:
        if one.place.startswith("body /") and kind_of(one.media) in (Kind.JSON, Kind.FORM):
            bodies.setdefault(one.media, []).append(one.place.removeprefix("body "))
    path = _PARAMETER.sub("1", operation.template)
    for names in _slices(query):
        target = f"{path}?{'&'.join(f'{encoded(name)}=1' for name in names)}"
        yield _request(operation.method, target, host)
    for media, pointers in bodies.items():
        for some in _slices(pointers):
            yield _request(operation.method, path, host, media, _written(media, some))


def _slices(names: Sequence[str]) -> Iterable[Sequence[str]]:
    return (names[start : start + MOST_NAMES] for start in range(0, len(names), MOST_NAMES))


def _request(method: str, target: str, host: str, media: str = "", body: bytes = b"") -> Request:
    fields = [(b"Host", host.encode()), (b"User-Agent", b"client/1.0"), (b"Accept", b"application/json")]
    if media:
        fields += [(b"Content-Type", media.encode()), (b"Content-Length", str(len(body)).encode())]
    return Request(method=method, target=target.encode(), fields=tuple(fields), body=body)


def _written(media: str, pointers: Iterable[str]) -> bytes:
    if kind_of(media) is Kind.FORM:
        return "&".join(f"{encoded(_steps(pointer)[0])}=1" for pointer in pointers).encode()
    tree: Any = {}
    for pointer in pointers:
        tree = _planted(tree, _steps(pointer))
    return msgspec.json.encode(tree)


def _steps(pointer: str) -> list[str]:
    """Of a JSON pointer (RFC 6901)."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _planted(tree: Any, steps: Sequence[str]) -> Any:
    """The tree with a value at these steps; "*" is the one item of a list. Depth is that of declared values."""
    if not steps:
        return tree if isinstance(tree, dict | list) and tree else 1
    step, rest = steps[0], steps[1:]
    if step == "*":
        inner = tree[0] if isinstance(tree, list) and tree else {}
        return [_planted(inner, rest)]
    found = tree if isinstance(tree, dict) else {}
    return {**found, step: _planted(found.get(step, {}), rest)}
