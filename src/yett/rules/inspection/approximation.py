"""Makes expressions lighter for an engine that looks for many at once, by letting them match more, or in fewer texts.

An expression that matches more is sound for finding candidates, which are confirmed. It must not know engines.
"""

from yett.rules.inspection.expressions import Anchor, Choice, Group, Node, Octets, Repeat, Sequence, with_sets


def size(node: Node) -> int:
    """How many sets and anchors an expression has."""
    if isinstance(node, Octets | Anchor):
        return 1
    if isinstance(node, Sequence):
        return sum(map(size, node.parts))
    if isinstance(node, Choice):
        return sum(map(size, node.options))
    return size(node.part)


def loops(node: Node) -> int:
    """How many repeats without a limit an expression has."""
    if isinstance(node, Octets | Anchor):
        return 0
    if isinstance(node, Sequence):
        return sum(map(loops, node.parts))
    if isinstance(node, Choice):
        return sum(map(loops, node.options))
    return loops(node.part) + (isinstance(node, Repeat) and node.most is None)


def without(node: Node, octets: int) -> Node | None:
    """What an expression comes to in texts that have none of these octets (a set); None where it cannot match any."""
    if isinstance(node, Octets):
        bits = node.bits & ~octets
        return Octets(bits) if bits else None
    if isinstance(node, Anchor):
        return node
    if isinstance(node, Sequence):
        parts = [without(part, octets) for part in node.parts]
        left = [part for part in parts if part is not None]
        return Sequence(left) if len(left) == len(parts) else None
    if isinstance(node, Choice):
        options = [without(part, octets) for part in node.options]
        some = [part for part in options if part is not None]
        return Choice(some) if some else None
    part = without(node.part, octets)
    if isinstance(node, Group):
        return part and Group(part)
    if part is None:
        return None if node.least else Sequence([])
    return Repeat(part, node.least, node.most, node.lazy)


def nullable(node: Node) -> bool:
    """Whether an expression without anchors can match nothing at all."""
    if isinstance(node, Octets | Anchor):
        return False
    if isinstance(node, Sequence):
        return all(map(nullable, node.parts))
    if isinstance(node, Choice):
        return any(map(nullable, node.options))
    if isinstance(node, Repeat) and node.least == 0:
        return True
    return nullable(node.part)


def collapsed(node: Node) -> Node:
    """The expression with each run of parts that may be absent made into one repeat of all their octets."""
    if isinstance(node, Sequence):
        parts: list[Node] = []
        run: list[Node] = []
        for part in [*node.parts, None]:
            if part is not None and nullable(part):
                run.append(part)
                continue
            if run:
                parts.append(Repeat(Octets(octets_of(Sequence(run))), 0, None, False))
                run = []
            if part is not None:
                parts.append(collapsed(part))
        return Sequence(parts)
    if isinstance(node, Choice):
        return Choice([collapsed(part) for part in node.options])
    if isinstance(node, Group):
        return Group(collapsed(node.part))
    if isinstance(node, Repeat):
        return Repeat(collapsed(node.part), node.least, node.most, node.lazy)
    return node


def octets_of(node: Node) -> int:
    """All octets that an expression may take."""
    sets: dict[int, int] = {}
    with_sets(node, int, sets)
    found = 0
    for bits in sets:
        found |= bits
    return found


def loosened(node: Node, inside: bool = False) -> Node:
    """The expression without the anchors within repeats, which Hyperscan cannot have."""
    if isinstance(node, Anchor):
        return Sequence([]) if inside else node
    if isinstance(node, Sequence):
        return Sequence([loosened(part, inside) for part in node.parts])
    if isinstance(node, Choice):
        return Choice([loosened(part, inside) for part in node.options])
    if isinstance(node, Group):
        return loosened(node.part, inside)
    if isinstance(node, Repeat):
        return Repeat(loosened(node.part, True), node.least, node.most, node.lazy)
    return node
