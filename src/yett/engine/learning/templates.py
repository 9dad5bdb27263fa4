"""From what was seen of paths to operations: which segments are parameters, why, and which raw paths each operation holds.

A pure function of trees and settings; the trees stay as they are, so other settings or corrections give other operations at any
time. It must not know sensors, contracts or people's corrections.
"""

from collections.abc import Iterator

import msgspec

from yett.engine.learning.grouping import Group, Grouping
from yett.engine.learning.naming import parameter_name
from yett.engine.learning.segments import kind_of_segment
from yett.engine.learning.settings import Settings
from yett.engine.learning.softness import Softness
from yett.engine.learning.traffic import Traffic
from yett.engine.learning.trie import Node, Trie
from yett.model.catalog import Reason


class PathParameter(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter of a template. position: which segment, from 0. looks: kinds of its values, with calls of each.
    distinct: different values, estimated beyond 64."""

    name: str
    position: int
    looks: dict[str, int]
    distinct: int


class Learnt(msgspec.Struct, frozen=True, kw_only=True):
    """One operation. named: what the message names below the path (GraphQL field ...), or empty. origin: route | learnt.

    traffic: everything seen of it, with its raw paths (`Traffic.members`, of calls that prove it); shared with nothing else.
    """

    method: str
    named: str
    template: str
    parameters: tuple[PathParameter, ...]
    traffic: Traffic
    reasons: tuple[Reason, ...]
    origin: str = "learnt"


class _Step(msgspec.Struct, frozen=True):
    """One segment of a template under way: what is written, and of a parameter all about it."""

    written: str
    parameter: PathParameter | None = None
    reason: Reason | None = None


def operations(trie: Trie, settings: Settings, refused: Trie | None = None) -> list[Learnt]:
    """Operations in the order of template, method, name.

    refused: calls that prove nothing by themselves; those of operations that others prove are counted there. What means that there
    is nothing (soft 404, see `softness`) and what every host has (`Settings.housekeeping`) is left out.
    """
    trie.settle()
    walk = _Walk(trie, settings, Softness(trie, settings))
    if refused is not None:
        refused.settle()
    found = list(walk.resolve((trie.root,), (refused.root,) if refused is not None else (), ()))
    return sorted(found, key=lambda one: (one.template, one.method, one.named))


class _Walk:
    def __init__(self, trie: Trie, settings: Settings, soft: Softness) -> None:
        self.trie = trie
        self.settings = settings
        self.soft = soft
        self.grouping = Grouping(settings)

    def resolve(self, nodes: tuple[Node, ...], refused: tuple[Node, ...], steps: tuple[_Step, ...]) -> Iterator[Learnt]:
        leaves: dict[tuple[str, str], list[Traffic]] = {}
        for node in nodes:
            for leaf, traffic in node.leaves.items():
                leaves.setdefault(leaf, []).append(traffic)
        for (method, name), traffics in leaves.items():
            made = self._learnt(method, name, steps, traffics, refused)
            if made is not None:
                yield made
        children = _children(nodes)
        if self.soft.answers or self.soft.shapes:
            hard = {label: tuple(node for node in below if not self.soft.covers_all(node)) for label, below in children.items()}
            children = {label: below for label, below in hard.items() if below}
        if not steps:
            children = {label: below for label, below in children.items() if "/" + label not in self.settings.housekeeping}
        others = _children(refused)
        if not children:
            return
        full = any(node.full for node in nodes) and bool(steps)
        made_groups = self.grouping.groups(children, full, depth=len(steps))
        literals = {label for group in made_groups if group.literal for label in group.labels}
        for group in sorted(made_groups, key=lambda one: (one.label, one.labels)):
            below = _refused(group, others, literals)
            yield from self.resolve(group.nodes, below, (*steps, _step(group, children, steps)))

    def _learnt(
        self, method: str, name: str, steps: tuple[_Step, ...], traffics: list[Traffic], refused: tuple[Node, ...]
    ) -> Learnt | None:
        template = "/" + "/".join(step.written for step in steps)
        hard = [traffic for traffic in traffics if not self.soft.covers(traffic)]
        if not hard:
            return None
        whole = Traffic(self.trie.settings, self.trie.key)
        for traffic in hard:
            whole.merge(traffic)
        for node in refused:
            rest = node.leaves.get((method, name))
            if rest is not None:
                whole.merge(rest, paths=False)
        parameters = tuple(step.parameter for step in steps if step.parameter is not None)
        reasons = tuple(step.reason for step in steps if step.reason is not None)
        return Learnt(method=method, named=name, template=template, parameters=parameters, traffic=whole, reasons=reasons)


def _children(nodes: tuple[Node, ...]) -> dict[str, tuple[Node, ...]]:
    found: dict[str, tuple[Node, ...]] = {}
    for node in nodes:
        for label, child in node.edges.items():
            found[label] = (*found.get(label, ()), child)
    return found


def _refused(group: Group, others: dict[str, tuple[Node, ...]], literals: set[str]) -> tuple[Node, ...]:
    """Where calls that prove nothing belong: to the literal of that name, else to the parameter."""
    if group.literal:
        return tuple(node for label in group.labels for node in others.get(label, ()))
    before, after = group.affix
    found: list[Node] = []
    for label, nodes in others.items():
        if label not in literals and label.startswith(before) and label.endswith(after):
            found += nodes
    return tuple(found)


def _step(group: Group, children: dict[str, tuple[Node, ...]], steps: tuple[_Step, ...]) -> _Step:
    if group.literal:
        reason = Reason(about="template", text=f"{group.label!r} {group.text}", numbers=group.numbers) if group.text else None
        return _Step(group.label, None, reason)
    looks: dict[str, int] = {}
    distinct = 0
    for label in group.labels:
        for node in children[label]:
            kind = label.partition("{")[2].partition("}")[0] or kind_of_segment(label)
            looks[kind] = looks.get(kind, 0) + node.count
            distinct += node.values.distinct.estimate() if node.values is not None else 1
    taken = {step.parameter.name for step in steps if step.parameter is not None}
    name = parameter_name([step.written for step in steps], looks, taken)
    before, after = group.affix
    parameter = PathParameter(name=name, position=len(steps), looks=dict(sorted(looks.items())), distinct=distinct)
    reason = Reason(about=f"parameter:{name}", text=group.text, numbers=group.numbers)
    return _Step(f"{before}{{{name}}}{after}", parameter, reason)
