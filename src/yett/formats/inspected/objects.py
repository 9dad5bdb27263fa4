"""The objects of a JSON document, wherever they stand, and the places of their members' names.

The values of a document have each name once; this is for those who must know where else it stands. It must not know any rule.
"""

from collections.abc import Iterator
from typing import Any

from yett.formats.inspected.json_values import octets
from yett.formats.inspected.values import Origin, Value, below

Trail = tuple[Any, str | int, Any]
"""A part of a document: the trail of what it is in, the step from there, and the part. The whole is in None."""


def objects(document: Any) -> Iterator[tuple[Trail, dict[str, Any]]]:
    """All objects of a JSON document that have members, wherever they stand, in its order."""
    waiting: list[Iterator[Trail]] = [iter(((None, "", document),) if type(document) in _CONTAINERS else ())]
    while waiting:
        for trail in waiting[-1]:
            part = trail[2]
            if type(part) is dict:
                yield trail, part
            waiting.append(_inside(trail, part))
            break
        else:
            waiting.pop()


def _inside(trail: Trail, part: Any) -> Iterator[Trail]:
    if type(part) is dict:
        return ((trail, step, inner) for step, inner in part.items() if inner and type(inner) in _CONTAINERS)
    return ((trail, at, inner) for at, inner in enumerate(part) if inner and type(inner) in _CONTAINERS)


_CONTAINERS = (dict, list)


def name_at(trail: Trail, name: str) -> Value:
    """The name of a member of the object that stands there, as a value."""
    return Value(Origin.JSON_NAME, octets(below(_pointer(trail), name)), octets(name))


def _pointer(trail: Trail) -> str:
    steps: list[str | int] = []
    while trail[0] is not None:
        steps.append(trail[1])
        trail = trail[0]
    pointer = ""
    for step in reversed(steps):
        pointer = below(pointer, str(step))
    return pointer


def all_names(document: Any, most: int) -> Iterator[list[Value]]:
    """The names of all members of a JSON document, wherever they stand, `most` at a time."""
    found: list[Value] = []
    for trail, part in objects(document):
        pointer = _pointer(trail)
        for name in part:
            found.append(Value(Origin.JSON_NAME, octets(below(pointer, name)), octets(name)))
            if len(found) == most:
                yield found
                found = []
    yield found
