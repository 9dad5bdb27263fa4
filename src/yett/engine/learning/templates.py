"""From what was seen of paths to operations: which segments are parameters, why, and which raw paths each operation holds.

A pure function of a tree and settings; the tree stays as it is, so other settings or corrections give other operations at any time.
It must not know sensors, contracts or people's corrections.
"""

from collections.abc import Iterable, Iterator

import msgspec

from yett.engine.learning.settings import Settings
from yett.engine.learning.traffic import Traffic
from yett.engine.learning.trie import Node, Trie
from yett.model.catalog import Reason


class PathParameter(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter of a template. position: which segment, from 0. looks: what its values look like, with calls by look.
    distinct: different values (estimated beyond 64). values: a few of them, with their calls."""

    name: str
    position: int
    looks: dict[str, int]
    distinct: int


class Learnt(msgspec.Struct, frozen=True, kw_only=True):
    """One operation. named: what the message names below the path (GraphQL field ...), or empty. origin: route | learnt.

    traffic: everything seen of it, with its raw paths (`Traffic.members`); shared with nothing else.
    """

    method: str
    named: str
    template: str
    parameters: tuple[PathParameter, ...]
    traffic: Traffic
    reasons: tuple[Reason, ...]
    origin: str = "learnt"


def operations(trie: Trie, settings: Settings) -> list[Learnt]:
    """Operations in the order of template, method, name."""
    trie.settle()
    found = list(_resolve(trie, (trie.root,), (), settings))
    return sorted(found, key=lambda one: (one.template, one.method, one.named))


def _resolve(trie: Trie, nodes: tuple[Node, ...], labels: tuple[str, ...], settings: Settings) -> Iterator[Learnt]:
    leaves: dict[tuple[str, str], list[Traffic]] = {}
    children: dict[str, list[Node]] = {}
    for node in nodes:
        for leaf, traffic in node.leaves.items():
            leaves.setdefault(leaf, []).append(traffic)
        for label, child in node.edges.items():
            children.setdefault("{}" if label.startswith("{") else label, []).append(child)
    for (method, name), traffics in leaves.items():
        yield _learnt(trie, method, name, labels, traffics)
    for label, below in children.items():
        yield from _resolve(trie, tuple(below), (*labels, label), settings)


def _learnt(trie: Trie, method: str, name: str, labels: tuple[str, ...], traffics: Iterable[Traffic]) -> Learnt:
    whole = Traffic(trie.settings, trie.key)
    for traffic in traffics:
        whole.merge(traffic)
    names = [label for label in labels if label != "{}"]
    parameters: list[PathParameter] = []
    written: list[str] = []
    for position, label in enumerate(labels):
        if label == "{}":
            parameter = f"param{len(parameters) + 1}" if names else "param"
            parameters.append(PathParameter(name=parameter, position=position, looks={}, distinct=0))
            label = "{" + parameter + "}"
        written.append(label)
    return Learnt(
        method=method,
        named=name,
        template="/" + "/".join(written),
        parameters=tuple(parameters),
        traffic=whole,
        reasons=(),
    )
