"""Finds what stands behind a path: a trie of path segments whose cost does not depend on the number of templates.

One `Router` serves one service. Concrete segments win over mixed ones ("{name}.json"), mixed ones over whole parameters; the
first segment decides first. Parameters never match an empty segment. It must not know plans, methods or policies: its leaves
are whatever the caller puts there.

Paths are canonical (`yett.formats.target`). Literals are compared in `routing_form`, so that a template that holds ":" cannot
be missed by writing "%3A".
"""

import re
from collections.abc import Iterator
from itertools import count
from typing import Generic, TypeVar

from yett.formats.http1 import Refused
from yett.formats.target import canonical, routing_form

T = TypeVar("T")

_PARAMETER = re.compile(r"\{([^{}/]+)\}")


class TemplateError(ValueError):
    """A path template that cannot be routed; the text says why."""


def shape(template: str) -> str:
    """The template without the names of its parameters: two templates of one shape match the same paths."""
    return _PARAMETER.sub("{}", template)


def canonical_template(template: str) -> str:
    """The template with its literals in the canonical form of paths. Raises TemplateError."""
    names = _PARAMETER.findall(template)
    for attempt in count():
        # The mark begins and ends differently, so it cannot arise across a border; where a literal holds it, take another.
        mark = f"p{attempt}q"
        literals = _canonical_path(_PARAMETER.sub(mark, template), template).split(mark)
        if len(literals) == len(names) + 1:
            break
    return literals[0] + "".join(f"{{{name}}}{literal}" for name, literal in zip(names, literals[1:]))


def _canonical_path(path: str, template: str) -> str:
    if "{" in path or "}" in path:
        raise TemplateError(f"the braces of {template!r} do not pair")
    spelt = "".join(
        character if "!" <= character <= "~" else "".join(f"%{octet:02X}" for octet in character.encode()) for character in path
    )
    try:
        target = canonical(spelt.encode(), keep_encoded_slash=True)
    except Refused as refused:
        raise TemplateError(f"{template!r} is not a path: {refused}") from None
    if target.query is not None:
        raise TemplateError(f"{template!r} has a query, which is not routed by")
    return target.path


class Leaf(Generic[T]):
    """What stands at one shape of template. `names` of the parameters belong to each entry, since they may differ."""

    __slots__ = ("entries", "shape")

    def __init__(self, shape: str) -> None:
        self.shape = shape
        self.entries: dict[str, T] = {}


class Mixed:
    """A segment of literals and parameters: "{name}.json", "v{major}-{minor}".

    Matching is leftmost for each literal, which finds a match wherever there is one, in linear time (there is nothing to
    backtrack to: a later place for a literal never helps what follows it, except for the last one, which is anchored).
    """

    __slots__ = ("first", "inner", "last", "least")

    def __init__(self, literals: list[str]) -> None:
        self.first, *self.inner, self.last = literals
        self.least = sum(map(len, literals)) + len(literals) - 1

    def match(self, segment: str) -> list[str] | None:
        """The values of the parameters, each at least one character long, or None."""
        if len(segment) < self.least or not segment.startswith(self.first) or not segment.endswith(self.last):
            return None
        start, end = len(self.first), len(segment) - len(self.last)
        values: list[str] = []
        for literal in self.inner:
            found = segment.find(literal, start + 1, end)
            if found < 0:
                return None
            values.append(segment[start:found])
            start = found + len(literal)
        if start >= end:
            return None
        values.append(segment[start:end])
        return values


class _Node(Generic[T]):
    __slots__ = ("leaf", "literal", "mixed", "parameter")

    def __init__(self) -> None:
        self.literal: dict[str, _Node[T]] = {}
        self.mixed: dict[str, tuple[Mixed, _Node[T]]] | None = None
        self.parameter: _Node[T] | None = None
        self.leaf: Leaf[T] | None = None


def _literals(segment: str) -> list[str]:
    """The literals around the parameters of one segment. Raises TemplateError."""
    literals = _PARAMETER.split(segment)[::2]
    if not all(literals[1:-1]):
        raise TemplateError(f"nothing separates the parameters of {segment!r}")
    return [routing_form(literal) for literal in literals]


def parameters(template: str) -> tuple[str, ...]:
    """Names of the template's parameters, in order. Raises TemplateError where one stands twice."""
    names = tuple(_PARAMETER.findall(template))
    if len(set(names)) != len(names):
        raise TemplateError(f"a parameter stands twice in {template!r}")
    return names


class Router(Generic[T]):
    """Path templates of one service. `add` is for building; `find` costs about 1 µs."""

    __slots__ = ("_concrete", "_top")

    def __init__(self) -> None:
        self._concrete: dict[str, Leaf[T]] = {}
        self._top: _Node[T] = _Node()

    def add(self, template: str) -> Leaf[T]:
        """The leaf of `template` (canonical, beginning with "/"), made where it is not there yet. Raises TemplateError."""
        if "{" not in template and "}" not in template:
            path = routing_form(template)
            leaf = self._concrete.get(path)
            if leaf is None:
                leaf = self._concrete[path] = Leaf(path)
            return leaf
        node = self._top
        for segment in template.split("/"):
            node = self._child(node, segment)
        if node.leaf is None:
            node.leaf = Leaf(shape(template))
        return node.leaf

    @staticmethod
    def _child(node: _Node[T], segment: str) -> _Node[T]:
        literals = _literals(segment)
        if len(literals) == 1:
            child = node.literal.get(literals[0])
            if child is None:
                child = node.literal[literals[0]] = _Node()
            return child
        if literals == ["", ""]:
            if node.parameter is None:
                node.parameter = _Node()
            return node.parameter
        if node.mixed is None:
            node.mixed = {}
        key = "{}".join(literals)
        if key not in node.mixed:
            node.mixed[key] = (Mixed(literals), _Node())
            # the most literal first, so that the order does not depend on the order of the contract
            node.mixed = dict(sorted(node.mixed.items(), key=lambda item: (-item[1][0].least, item[0])))
        return node.mixed[key][1]

    def find(self, path: str, raw: str = "") -> tuple[Leaf[T], list[str] | None] | None:
        """The leaf for `path` (in its `routing_form`), with the values of its parameters; these are taken from `raw` where it
        is given: the same path before that."""
        leaf = self._concrete.get(path)
        if leaf is not None:
            return leaf, None
        if raw:
            return next(self.matches(path, raw), None)
        segments = path.split("/")
        node = self._top
        values: list[str] = []
        for segment in segments:
            following = node.literal.get(segment)
            if following is None:
                following = node.parameter
                if following is None or not segment or node.mixed is not None:
                    return next(self._walk(segments, segments), None)
                values.append(segment)
            node = following
        if node.leaf is None:
            return next(self._walk(segments, segments), None)
        return node.leaf, values

    def matches(self, path: str, raw: str = "") -> Iterator[tuple[Leaf[T], list[str] | None]]:
        """Every leaf whose template matches, the one that `find` gives first."""
        leaf = self._concrete.get(path)
        if leaf is not None:
            yield leaf, None
        segments = path.split("/")
        yield from self._walk(segments, raw.split("/") if raw else segments)

    def _walk(self, segments: list[str], raw: list[str]) -> Iterator[tuple[Leaf[T], list[str]]]:
        """With every alternative tried. A node is visited at most once, as only one path leads to it."""
        stack: list[tuple[_Node[T], int, tuple[str, ...]]] = [(self._top, 0, ())]
        while stack:
            node, position, values = stack.pop()
            if position == len(segments):
                if node.leaf is not None:
                    yield node.leaf, list(values)
                continue
            segment = segments[position]
            if segment and node.parameter is not None:
                stack.append((node.parameter, position + 1, (*values, raw[position])))
            for mixed, child in reversed(list((node.mixed or {}).values())):
                found = mixed.match(raw[position]) or mixed.match(segment)
                if found is not None:
                    stack.append((child, position + 1, (*values, *found)))
            literal = node.literal.get(segment)
            if literal is not None:
                stack.append((literal, position + 1, values))
