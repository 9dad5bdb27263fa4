"""Decides which schemas share a validator.

A validator holds a compiled copy of every schema that it reaches. For schemas that link to each other that is nearly all of
them: 100 linked schemas of 700 bytes took 159 MB in a validator each, and 6 MB in one for all. So a schema with a small reach
gets a validator of its own, built and forgotten by itself, and those with a large reach share one with their neighbours.
"""

LIGHT = 8_192
"""Bytes of schema text up to which a schema and all that it reaches is copied into a validator of its own."""
HEAVY = 1 << 20
"""Bytes of schema text up to which neighbours that have only part of their reach in common are put together."""


class _Group:
    """Schemas that share a validator: the members, all that they reach, and the bytes of these."""

    __slots__ = ("held", "members", "weight")

    def __init__(self, root: int, held: set[int], weight: int) -> None:
        self.members, self.held, self.weight = [root], held, weight


def grouped(sizes: list[int], references: list[set[int]], roots: list[int]) -> tuple[tuple[int, ...], ...]:
    """Share out `roots`. sizes: bytes of text of each schema; references: what each refers to directly."""
    light: list[tuple[int, ...]] = []
    heavy: list[_Group] = []
    for root in roots:
        reach = _reach(sizes, references, root, LIGHT)
        if reach is not None:
            light.append((root,))
        elif not _join_holder(heavy, root):
            _join_nearest(heavy, sizes, references, root)
    return (*light, *(tuple(group.members) for group in heavy))


def _reach(sizes: list[int], references: list[set[int]], root: int, limit: float) -> set[int] | None:
    """All schemas that `root` reaches, or None where their text is longer than `limit` bytes."""
    seen: set[int] = set()
    waiting, total = [root], 0
    while waiting:
        number = waiting.pop()
        if number not in seen:
            seen.add(number)
            total += sizes[number]
            if total > limit:
                return None
            waiting += references[number]
    return seen


def _join_holder(heavy: list[_Group], root: int) -> bool:
    """Join a group that holds the schema anyway."""
    for group in heavy:
        if root in group.held:
            group.members.append(root)
            return True
    return False


def _join_nearest(heavy: list[_Group], sizes: list[int], references: list[set[int]], root: int) -> None:
    """Join the group that already holds most of the reach, if that is at least half of it; else found one."""
    reach = _reach(sizes, references, root, float("inf")) or set()
    whole = sum(sizes[number] for number in reach)
    best: _Group | None = None
    best_new = whole / 2
    for group in heavy:
        if group.weight >= HEAVY and not reach <= group.held:
            continue  # it has no room for anything new
        new = sum(sizes[number] for number in reach - group.held)
        if new <= best_new and (not new or group.weight + new <= HEAVY):
            best, best_new = group, new
    if best is None:
        heavy.append(_Group(root, reach, whole))
    else:
        best.members.append(root)
        best.weight += sum(sizes[number] for number in reach - best.held)
        best.held |= reach
