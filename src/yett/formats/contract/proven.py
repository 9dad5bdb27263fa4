"""Which values of an operation need no look from attack rules, because the contract proves them: parameters by name, bodies by
the number of their schema.

It holds only for a request that was found valid: `Evaluation.valid_head` and `Evaluation.valid_body` say so, and the guard that
held it against the contract sets them. The names here are those that the guard and the reading of values understand alike; where
they might not, a value is not proven. `yett.formats.contract.grounds` decides what a schema proves.
"""

from collections.abc import Iterator
from functools import partial

import msgspec

from yett.formats.contract.fields import UNREAD
from yett.formats.contract.grounds import Grounds
from yett.formats.contract.live import ContractOperation, LiveContract
from yett.formats.contract.shapes import Shape
from yett.formats.contract.values import NO_SCHEMA, Media, Parameter
from yett.formats.media_types import Kind, kind_of

MAX_DEPTH = 8
"""How deep declared values are counted, like shapes."""
MAX_DECLARED = 500
"""Most values of an operation that are counted."""

_CONFUSED = frozenset("[]%+;, \t=&")
"""Characters of names by which two readings of a query or cookie may differ."""


class Proven(msgspec.Struct, frozen=True, eq=False):
    """What is proven of one operation's valid requests. query, header, cookie, path: names of parameters, those of fields in lower
    case; grounds: of bodies."""

    grounds: Grounds
    path: frozenset[bytes] = frozenset()
    query: frozenset[bytes] = frozenset()
    header: frozenset[bytes] = frozenset()
    cookie: frozenset[bytes] = frozenset()

    def body(self, schema: int) -> int:
        """The number, in `grounds`, of a body that is valid for this schema (`Evaluation.valid_body`)."""
        return self.grounds.of_schema(schema) if schema != NO_SCHEMA else 0


def proven_places(operation: ContractOperation) -> Proven:
    """What is proven of an operation. Operations that declare the same share it; bodies are followed when first seen."""
    live, parameters = operation.live, operation.detail.parameters
    return live.once(("proven", parameters), lambda: _proven(live, parameters))


def grounds_of(live: LiveContract) -> Grounds:
    """What all schemas of a contract prove."""
    return live.once(("grounds",), lambda: Grounds(live.contract))


def _proven(live: LiveContract, parameters: tuple[Parameter, ...]) -> Proven:
    grounds = grounds_of(live)
    found: dict[str, set[bytes]] = {"path": set(), "query": set(), "header": set(), "cookie": set()}
    taken = _taken(live, parameters)
    for parameter in parameters:
        if _is_proven(grounds, parameter) and (parameter.place, parameter.name) not in taken:
            name = parameter.name.lower() if parameter.place == "header" else parameter.name
            found[parameter.place].add(name.encode())
    return Proven(grounds, *(frozenset(found[place]) for place in ("path", "query", "header", "cookie")))


def _taken(live: LiveContract, parameters: tuple[Parameter, ...]) -> set[tuple[str, str]]:
    """Names that belong to properties of a parameter that is an object: then they may have been read as these."""
    found = set()
    for parameter in parameters:
        if parameter.place in ("query", "cookie") and parameter.schema != NO_SCHEMA:
            found |= {(parameter.place, name) for name in live.shape(parameter.schema).properties}
    return found


def _is_proven(grounds: Grounds, parameter: Parameter) -> bool:
    if parameter.schema == NO_SCHEMA or parameter.media or parameter.style in (UNREAD, "deepObject", "label", "matrix"):
        return False
    if not parameter.name.isascii() or not _CONFUSED.isdisjoint(parameter.name):
        return False
    number = grounds.of_schema(parameter.schema)
    if grounds.flat[number]:
        return True
    return parameter.style in ("form", "simple") and parameter.separators in ("", ",") and grounds.list_of_flat(number)


def proves(media: Media, kind: Kind) -> int:
    """The schema by which values of a valid body of this type are proven; NO_SCHEMA where none are: only JSON, and forms whose
    fields are all written in the one common way, are read alike by everybody."""
    return media.schema if kind is Kind.JSON or (kind is Kind.FORM and not media.encoding) else NO_SCHEMA


# --- what there is to tell ------------------------------------------------------------------------------------------


class DeclaredValue(msgspec.Struct, frozen=True):
    """One value that an operation declares. place: "query limit", "body /items/*/name". free: it may be any text, or of a
    structure that is not declared."""

    place: str
    proven: bool
    media: str = ""


def declared_values(operation: ContractOperation) -> list[DeclaredValue]:
    """The values that requests of an operation may have by the contract, at most MAX_DECLARED; whether they are scanned."""
    proven, live = proven_places(operation), operation.live
    found = []
    for parameter in operation.detail.parameters:
        name = parameter.name.lower() if parameter.place == "header" else parameter.name
        known: frozenset[bytes] = getattr(proven, parameter.place)
        found.append(DeclaredValue(f"{parameter.place} {parameter.name}", name.encode() in known))
    body = operation.detail.body
    for media in body.media if body is not None else ():
        kind = kind_of(media.type)
        number = proven.body(proves(media, kind))
        shape = live.once(("declared shape", media.schema), partial(live.shape, media.schema))
        for place, safe in _leaves(proven.grounds, shape, number, "", kind is Kind.FORM, 0):
            found.append(DeclaredValue(f"body {place}".rstrip(), safe, media.type))
            if len(found) >= MAX_DECLARED:
                return found
    return found


def _leaves(grounds: Grounds, shape: Shape, number: int, place: str, form: bool, depth: int) -> Iterator[tuple[str, bool]]:
    if depth < MAX_DEPTH and shape.properties:
        members, rest = grounds.members(number)
        for name, part in shape.properties.items():
            step = name.replace("~", "~0").replace("/", "~1")
            child = members.get(name, rest)
            if form and depth == 0:
                yield f"/{step}", grounds.list_of_flat(child) and is_plain_name(name)
            else:
                yield from _leaves(grounds, part, child, f"{place}/{step}", form, depth + 1)
    elif depth < MAX_DEPTH and shape.items is not None and not shape.may_be("object"):
        yield from _leaves(grounds, shape.items, grounds.items(number), f"{place}/*", form, depth + 1)
    else:
        yield place, grounds.safe[number] and grounds.flat[number]


def is_plain_name(name: str) -> bool:
    """Whether all readers of forms agree on a field of this name."""
    return name.isascii() and _CONFUSED.isdisjoint(name)
