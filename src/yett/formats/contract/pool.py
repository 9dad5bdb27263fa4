"""All schemas of a contract, each converted once and shared by everything that uses it.

A schema that something refers to is known by where it stands; one written in place is known by its text. Both directions
share one schema unless readOnly or writeOnly makes a difference somewhere below it.
"""

from collections import deque
from collections.abc import Iterator
from typing import Any

import msgspec

from yett.formats.contract.directions import Direction, Variant
from yett.formats.contract.discriminators import holders
from yett.formats.contract.documents import VALUES, BrokenReference, Documents, Node, Path, key_text
from yett.formats.contract.grouping import grouped
from yett.formats.contract.report import Report
from yett.formats.contract.schemas import Conversion, Tree
from yett.formats.contract.values import Schema

MAX_DEPTH = 300
"""Deepest nesting that is searched for flags and references."""

Location = tuple[str, Path]


class SchemaPool:
    """Takes in schemas while operations are read; `finish` converts what they refer to and shares it out."""

    def __init__(self, documents: Documents, report: Report, version: str) -> None:
        self.documents, self.report, self.version = documents, report, version
        self.reached: dict[Location, frozenset[Location]] = {}
        """For schemas with a discriminator, where it leads; `discriminators` fills it."""
        self._texts: list[bytes] = []
        self._references: list[set[int]] = []
        self._in_place: list[set[int]] = []
        self._gaps: list[set[int]] = []
        self._homes: list[Node] = []
        self._by_location: dict[tuple[Location, Direction, Variant], int] = {}
        self._by_text: dict[bytes, int] = {}
        self._waiting: deque[tuple[int, Node, Direction, Variant]] = deque()
        self._roots: set[int] = set()
        self._survey: dict[Location, tuple[bool, list[Node]]] = {}
        self._directional: dict[Location, bool] = {}
        self._children: dict[Location, list[tuple[str, Node]]] | None = None

    def use(self, node: Node, direction: Direction, gaps: set[int]) -> int:
        """Take in a schema that an operation uses. Returns its id.

        gaps: what is not enforced of a schema written in place is added; it is told of this place only, however many
        others have the same text.
        """
        if isinstance(node.value, dict) and node.value.keys() == {"$ref"}:
            try:
                target = self.documents.resolve(node.document, node.value["$ref"])
            except BrokenReference as broken:
                self.report.problem(node.child("$ref"), str(broken))
                return self._intern(True, Conversion(self, node, Direction.NEUTRAL))
            number = self.reference(target, direction, Variant.WHOLE)
        else:
            conversion = Conversion(self, node, self._needed(node, direction))
            number = self._intern(conversion.run(), conversion)
            gaps |= conversion.gaps
        self._roots.add(number)
        return number

    def reference(self, target: Node, direction: Direction, variant: Variant) -> int:
        """The id of a schema that something refers to; it is converted later."""
        direction = self._needed(target, direction)
        key = ((target.document, target.path), direction, variant)
        if key not in self._by_location:
            number = self._by_location[key] = self._allocate(target)
            self._waiting.append((number, target, direction, variant))
        return self._by_location[key]

    def _intern(self, tree: Tree, conversion: Conversion) -> int:
        text = msgspec.json.encode(tree)
        if text not in self._by_text:
            number = self._by_text[text] = self._allocate(conversion.home)
            self._store(number, text, conversion)
        return self._by_text[text]

    def _allocate(self, home: Node) -> int:
        self._texts.append(b"true")
        for facts in (self._references, self._in_place, self._gaps):
            facts.append(set())
        self._homes.append(home)
        return len(self._texts) - 1

    def _store(self, number: int, text: bytes, conversion: Conversion) -> None:
        self._texts[number] = text
        self._references[number] |= conversion.references
        self._in_place[number] |= conversion.in_place

    def convert_waiting(self) -> None:
        """Convert all that was referred to. To be called before `gaps` and `finish`."""
        while self._waiting:
            number, node, direction, variant = self._waiting.popleft()
            conversion = Conversion(self, node, direction, variant)
            self._store(number, msgspec.json.encode(conversion.run()), conversion)
            self._gaps[number] |= conversion.gaps
        for number in _rings(self._in_place):
            self.report.problem(self._homes[number], "the schema contains itself without going into a property or an item")
            self._texts[number] = b"true"
            self._references[number].clear()

    def gaps(self, roots: set[int]) -> set[int]:
        """What is not enforced in these schemas and those that they refer to."""
        seen: set[int] = set()
        waiting, found = list(roots), set()
        while waiting:
            number = waiting.pop()
            if number not in seen:
                seen.add(number)
                found |= self._gaps[number]
                waiting += self._references[number]
        return found

    def finish(self) -> tuple[tuple[Schema, ...], tuple[tuple[int, ...], ...]]:
        """All schemas, and which of them share a validator."""
        groups = grouped([len(text) for text in self._texts], self._references, sorted(self._roots))
        group_of = {number: index for index, members in enumerate(groups) for number in members}
        schemas = (
            Schema(text, tuple(sorted(references)), group_of.get(number, -1))
            for number, (text, references) in enumerate(zip(self._texts, self._references, strict=True))
        )
        return tuple(schemas), groups

    def descendants(self, target: Node) -> list[tuple[str, Node]]:
        """Named schemas that derive from `target` by allOf, directly or not, with their names."""
        if self._children is None:
            self._children = self._all_children()
        found: dict[Location, tuple[str, Node]] = {}
        waiting = [(target.document, target.path)]
        while waiting:
            for name, node in self._children.get(waiting.pop(), ()):
                location = (node.document, node.path)
                if location not in found:
                    found[location] = (name, node)
                    waiting.append(location)
        return list(found.values())

    def _all_children(self) -> dict[Location, list[tuple[str, Node]]]:
        children: dict[Location, list[tuple[str, Node]]] = {}
        for document, tree in self.documents.trees.items():
            top = Node(document, (), tree)
            for where in (("components", "schemas"), ("definitions",)):
                named = top.child(*where)
                for name, value in named.value.items() if isinstance(named.value, dict) else ():
                    node = Node(document, (*named.path, key_text(name)), value)
                    for parent in self._parents(node):
                        children.setdefault(parent, []).append((key_text(name), node))
        return children

    def _parents(self, node: Node) -> Iterator[Location]:
        parts = node.value.get("allOf") if isinstance(node.value, dict) else None
        for part in parts if isinstance(parts, list) else ():
            if isinstance(part, dict) and "$ref" in part:
                try:
                    parent = self.documents.resolve(node.document, part["$ref"])
                except BrokenReference:
                    continue  # reported where the reference is converted
                yield parent.document, parent.path

    def _needed(self, node: Node, direction: Direction) -> Direction:
        return direction if direction and self._is_directional(node) else Direction.NEUTRAL

    def _is_directional(self, node: Node) -> bool:
        """Whether readOnly or writeOnly occurs in the schema or in any that it reaches."""
        start = (node.document, node.path)
        if start in self._directional:
            return self._directional[start]
        seen: set[Location] = set()
        waiting = [node]
        while waiting:
            here = waiting.pop()
            location = (here.document, here.path)
            if location not in seen:
                seen.add(location)
                if location not in self._survey:
                    self._survey[location] = self._surveyed(here)
                flagged, targets = self._survey[location]
                if flagged or self._directional.get(location):
                    self._directional[start] = True
                    return True
                waiting += targets
        self._directional.update(dict.fromkeys(seen, False))
        return False

    def _surveyed(self, node: Node) -> tuple[bool, list[Node]]:
        found: list[str] = []
        flagged = _survey(node.value, found, 0)
        targets: list[Node] = []
        for reference in found:
            try:
                targets.append(self.documents.resolve(node.document, reference))
            except BrokenReference:
                continue  # reported where the reference is converted
        if any(True for _ in holders(node)):
            targets += [child for _, child in self.descendants(node)]
        return flagged, targets


def _survey(value: Any, found: list[str], depth: int) -> bool:
    """Whether a flag occurs in `value`; the references in it are added to `found`."""
    flagged = False
    if isinstance(value, dict) and depth < MAX_DEPTH:
        for key, part in value.items():
            if key == "$ref" and isinstance(part, str):
                found.append(part)
            elif key in ("readOnly", "writeOnly"):
                flagged = flagged or part is True or _survey(part, found, depth + 1)
            elif key == "mapping" and isinstance(part, dict):
                found.extend(_reference(name) for name in part.values() if isinstance(name, str))
            elif key not in VALUES or isinstance(part, dict):
                flagged = _survey(part, found, depth + 1) or flagged
    elif isinstance(value, list) and depth < MAX_DEPTH:
        for part in value:
            flagged = _survey(part, found, depth + 1) or flagged
    return flagged


def _reference(name: str) -> str:
    """What a discriminator's mapping names: a schema by its bare name, or by reference."""
    return name if "/" in name or "#" in name or "." in name else f"#/components/schemas/{name}"


def _rings(edges: list[set[int]]) -> list[int]:
    """One member of each ring in a graph, by depth-first search without recursion."""
    done: set[int] = set()
    rings: list[int] = []
    for start in range(len(edges)):
        under_way: dict[int, Iterator[int]] = {}
        if start not in done:
            under_way[start] = iter(edges[start])
        while under_way:
            number = next(reversed(under_way))
            following = next(under_way[number], None)
            if following is None:
                done.add(number)
                del under_way[number]
            elif following in under_way:
                rings.append(following)
            elif following not in done:
                under_way[following] = iter(edges[following])
    return rings
