"""Stable ids: an operation keeps its id when more traffic changes its template, and findings keep their operation.

An id is made from what the operation was called when it was first seen. Later it goes with the template: to the same one, else to
the one that now holds its paths, else to the one that holds most of them. It must not know where ids are kept.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b

import msgspec

from yett.engine.catalog.templates import holds, shape
from yett.model.catalog_store import Identity

LENGTH = 12
"""Hexadecimal digits: two of a million operations get the same one with a chance of 1 in 560, and then one gets another."""


class Nameless(msgspec.Struct, frozen=True):
    """An operation that needs its id. count: exchanges; who has more keeps the id where a template was split."""

    service: str
    method: str
    template: str
    named: str = ""
    count: int = 0


def made_id(one: Nameless, attempt: int = 0) -> str:
    text = "\x00".join((one.service, one.method, shape(one.template), one.named, str(attempt)))
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=LENGTH // 2).hexdigest()


def identified(operations: Sequence[Nameless], known: Iterable[Identity], now: float = 0.0) -> tuple[list[str], list[Identity]]:
    """The id of each operation, in order; and the identities that are new or have changed. now: seconds since the epoch."""
    alive = {one.id: one for one in known}
    taken: dict[int, str] = {}
    by_place: dict[tuple[str, str, str], list[Identity]] = {}
    for identity in alive.values():
        if not identity.alias:
            by_place.setdefault((identity.service, identity.method, identity.named), []).append(identity)
    changed: dict[str, Identity] = {}
    wanting: dict[tuple[str, str, str], list[int]] = {}
    for index, one in enumerate(operations):
        wanting.setdefault((one.service, one.method, one.named), []).append(index)
    for place, indexes in sorted(wanting.items()):
        for index, identity, absorbed in _assigned(operations, indexes, by_place.get(place, [])):
            taken[index] = identity.id
            template = operations[index].template
            if identity.template != template:
                changed[identity.id] = msgspec.structs.replace(identity, template=template)
            for other in absorbed:
                changed[other.id] = msgspec.structs.replace(other, alias=identity.id)
    used = set(alive)
    for index, one in sorted(enumerate(operations), key=lambda entry: _order(entry[1])):
        if index in taken:
            continue
        attempt = 0
        while (name := made_id(one, attempt)) in used:
            attempt += 1
        used.add(name)
        taken[index] = name
        changed[name] = Identity(
            id=name, service=one.service, method=one.method, template=one.template, named=one.named, made=now
        )
    return [taken[index] for index in range(len(operations))], list(changed.values())


def _order(one: Nameless) -> tuple[str, str, str, str]:
    return one.service, one.method, one.template, one.named


def _assigned(
    operations: Sequence[Nameless], indexes: list[int], known: list[Identity]
) -> Iterator[tuple[int, Identity, list[Identity]]]:
    """(operation, its identity, identities that became part of it), within one service, method and name."""
    if not known:
        return
    left = dict.fromkeys(sorted(indexes, key=lambda index: (-operations[index].count, operations[index].template)))
    homeless: list[Identity] = []
    by_shape = {shape(operations[index].template): index for index in left}
    for identity in sorted(known, key=lambda one: (one.made, one.id)):
        index = by_shape.pop(shape(identity.template), None)
        if index is None:
            homeless.append(identity)
        else:
            del left[index]
            yield index, identity, []
    yield from _moved(operations, list(left), homeless)


def _moved(
    operations: Sequence[Nameless], left: list[int], homeless: list[Identity]
) -> Iterator[tuple[int, Identity, list[Identity]]]:
    """Templates that became wider take the oldest identity that they hold, the others become its aliases; where a template was
    cut into narrower ones, the one with the most calls keeps the identity."""
    if not homeless:
        return
    for index in left:
        template = operations[index].template
        inside = [identity for identity in homeless if holds(template, identity.template)]
        around = [identity for identity in homeless if holds(identity.template, template)]
        found = inside or around[:1]
        if found:
            homeless = [identity for identity in homeless if identity not in found]
            yield index, found[0], found[1:]


def resolve(name: str, known: Iterable[Identity]) -> str:
    """The id that stands for an id now, following merges; itself where nothing is known of it."""
    aliases = {one.id: one.alias for one in known if one.alias}
    seen = set()
    while name in aliases and name not in seen:
        seen.add(name)
        name = aliases[name]
    return name
