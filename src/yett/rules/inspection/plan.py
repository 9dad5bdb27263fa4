"""What a matcher's databases hold: one of all needles, smaller ones for the needles of single transformations and chains.

It must not know how values are looked at.
"""

from collections.abc import Sequence

import msgspec
import re2

from yett.rules.inspection.approximation import without
from yett.rules.inspection.engines import Engine, latin_options
from yett.rules.inspection.expressions import Node
from yett.rules.inspection.writing import written_for_lines

_SHARE = 0.1
"""Needles with a transformation have a database of their own besides the one of all if they are at most this part of all."""

_BREAK = 1 << 10

Wanted = Sequence[tuple[int, tuple[str, ...], Sequence[Node]]]
"""Id, chain and expressions of each needle."""


class Plan(msgspec.Struct, array_like=True):
    """chains: the distinct ones, by number. needles: id and number of the chain of each needle. databases: chains, as an integer
    with a bit for each in hexadecimal, and what the engine built of their needles; the first has all.

    Ids in databases are places in `needles`; a place with the number of needles added is found only where a value has a line
    break. breaks: whether there are such.
    """

    chains: list[tuple[str, ...]]
    needles: list[tuple[int, int]]
    databases: list[tuple[str, bytes]]
    breaks: bool


def plan_of(wanted: Wanted, engine: Engine) -> Plan:
    """Takes seconds."""
    chains = sorted({chain for _, chain, _ in wanted})
    number = {chain: place for place, chain in enumerate(chains)}
    needles = [(id_, number[chain]) for id_, chain, _ in wanted]
    expressions: list[tuple[int, int, Node]] = []
    for place, (_, chain, nodes) in enumerate(wanted):
        for node in nodes:
            expressions += [(where, 1 << number[chain], form) for where, form in _forms(place, node, len(needles))]
    databases = []
    for cover in _covers(chains, needles):
        chosen = [(place, node) for place, bit, node in expressions if cover & bit]
        databases.append((f"{cover:x}", engine.build(chosen)))
    return Plan(chains, needles, databases, any(place >= len(needles) for place, _, _ in expressions))


def _forms(place: int, node: Node, count: int) -> list[tuple[int, Node]]:
    """An expression that finds line breaks would find the borders between values. So it is looked for without them, and apart
    with them, which counts where there are line breaks within values."""
    rest = without(node, _BREAK)
    if rest is None:
        return [(place + count, node)]
    if not _matches(node, b"\n") or _matches(rest, b"") or _matches(rest, b"a"):
        return [(place, node)]
    return [(place, rest), (place + count, node)]


def _matches(node: Node, text: bytes) -> bool:
    return re2._Regexp(written_for_lines(node), latin_options(8 << 20)).search(text) is not None


def _covers(chains: Sequence[tuple[str, ...]], needles: Sequence[tuple[int, int]]) -> list[int]:
    """Each chain is in a database besides the one of all: of a long value one is scanned for what one chain makes of it, and of
    texts by chance what is looked for in values as they are takes longest."""
    covers = [(1 << len(chains)) - 1]
    for name in sorted({name for chain in chains for name in chain}):
        cover = sum(1 << place for place, chain in enumerate(chains) if name in chain)
        count = sum(cover >> place & 1 for _, place in needles)
        if count <= _SHARE * len(needles) and cover not in covers:
            covers.append(cover)
    for place in range(len(chains) if len(chains) > 1 else 0):
        if not any(cover >> place & 1 for cover in covers[1:]):
            covers.append(1 << place)
    return covers
