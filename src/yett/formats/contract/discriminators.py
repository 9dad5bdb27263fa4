"""Discriminators, enforced by dispatch: the value of one property says which schema the object must satisfy.

Two shapes exist. In a choice (`oneOf` or `anyOf` of references with a discriminator beside it) a value that names a schema
picks that one, and whether others would match as well does not matter. In a base (a schema with a discriminator that others
derive from by `allOf`) the schema that the value names is applied on top. A value that names nothing leaves it to the choice or
the base alone: a discriminator is no constraint by itself. Sources: OpenAPI 3.0.4, 4.7.25; OpenAPI 3.1.1, 4.8.25; OpenAPI 3.2.0,
4.25; Swagger 2.0, "Schema Object".
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from yett.formats.contract.directions import Variant
from yett.formats.contract.documents import BrokenReference, Node

if TYPE_CHECKING:
    from yett.formats.contract.schemas import Conversion, Tree

MAX_PARTS = 4
"""How deep in allOf within allOf a discriminator is found."""

_NAME = re.compile(r"[A-Za-z0-9._-]+")

Targets = list[tuple[str, Node]]


def dispatch(conversion: "Conversion", node: Node, in_place: bool) -> "tuple[list[Tree], frozenset[str]]":
    """What the discriminator at `node` demands, and the keyword that this replaces."""
    choice = next((key for key in ("oneOf", "anyOf") if isinstance(node.value.get(key), list)), None)
    replaced = frozenset({choice} if choice else ())
    if conversion.variant is Variant.BASE and _is_part(node, conversion.home):
        return [], replaced
    name = _property(conversion, node)
    if name is None:
        return [], frozenset()
    targets = _mapped(conversion, node)
    default = _default(conversion, node)
    if choice is None:
        targets += conversion.pool.descendants(conversion.home if _is_part(node, conversion.home) else node)
        branches = _branches(conversion, name, targets, node, in_place)
        if default is not None and (default.document, default.path) != (node.document, node.path):
            other = {"type": "object", "not": _is_one_of(name, list(dict.fromkeys(value for value, _ in targets)))}
            branches.append({"if": other, "then": conversion.link(default, in_place)})
        return branches, frozenset()
    members = [member for member in node.value[choice] if member != {"type": "null"}]
    if not all(isinstance(member, dict) and "$ref" in member for member in members):
        conversion.gap(
            node.child("discriminator"), "discriminator", f"a member of {choice} is not a reference; {choice} alone decides"
        )
        return [], frozenset()
    named = _members(conversion, node, choice)
    targets += named
    plain: list[Tree] = [conversion.link(target, in_place) for _, target in named]
    if len(members) < len(node.value[choice]):
        plain.append({"type": "null"})
    otherwise: Tree = {choice: plain}
    if default is not None:
        otherwise = {"if": {"type": "object"}, "then": conversion.link(default, in_place), "else": otherwise}
    chosen: Tree = {
        "if": _is_one_of(name, list(dict.fromkeys(value for value, _ in targets))),
        "then": {"allOf": _branches(conversion, name, targets, node, in_place)},
        "else": otherwise,
    }
    return [chosen], replaced


def _is_one_of(name: str, values: list[str]) -> "Tree":
    return {"type": "object", "required": [name], "properties": {name: {"enum": values}}}


def variant_for(conversion: "Conversion", target: Node) -> Variant:
    """A schema that is itself reached through the discriminator of `target` needs that target without the discriminator."""
    found = list(holders(target))
    if not found:
        return Variant.WHOLE
    home, place = (conversion.home.document, conversion.home.path), (target.document, target.path)
    known = conversion.pool.reached
    if place not in known:  # once for each base: all that derive from it ask
        reached = [*conversion.pool.descendants(target), *(one for holder in found for one in _reached(conversion, holder))]
        known[place] = frozenset((node.document, node.path) for _, node in reached)
    return Variant.BASE if home in known[place] or home == place else Variant.WHOLE


def holders(node: Node, depth: int = 0) -> Iterator[Node]:
    """A schema that has a discriminator, and the parts of its allOf, written in it, that have one."""
    value = node.value
    if not isinstance(value, dict) or depth > MAX_PARTS:
        return
    if "discriminator" in value:
        yield node
    parts = value.get("allOf")
    for index, part in enumerate(parts if isinstance(parts, list) else ()):
        if isinstance(part, dict) and "$ref" not in part:
            yield from holders(Node(node.document, (*node.path, "allOf", str(index)), part), depth + 1)


def _is_part(node: Node, home: Node) -> bool:
    """Whether a schema is `home` or stands in its allOf."""
    below = node.path[len(home.path) :]
    return node.path[: len(home.path)] == home.path and all(key == "allOf" for key in below[::2]) and len(below) % 2 == 0


def _reached(conversion: "Conversion", target: Node) -> Targets:
    """All schemas that the discriminator of `target` names."""
    reached = _mapped(conversion, target, quiet=True)
    default = _default(conversion, target, quiet=True)
    if default is not None:
        reached.append(("", default))
    for choice in ("oneOf", "anyOf"):
        if isinstance(target.value.get(choice), list):
            reached += _members(conversion, target, choice, quiet=True)
    return reached


def _property(conversion: "Conversion", node: Node) -> str | None:
    value = node.value["discriminator"]
    name = value.get("propertyName") if isinstance(value, dict) else value if conversion.pool.version == "2.0" else None
    if not isinstance(name, str):
        conversion.problem(node.child("discriminator"), "discriminator must name a property")
        return None
    return name


def _mapped(conversion: "Conversion", node: Node, quiet: bool = False) -> Targets:
    mapping = node.child("discriminator", "mapping")
    found: Targets = []
    for value, reference in mapping.value.items() if isinstance(mapping.value, dict) else ():
        try:
            found.append((str(value), _by_name(conversion, node.document, reference)))
        except BrokenReference as broken:
            if not quiet:
                conversion.problem(mapping.child(str(value)), str(broken))
    return found


def _default(conversion: "Conversion", node: Node, quiet: bool = False) -> Node | None:
    """What objects must satisfy whose property is missing or names nothing (OpenAPI 3.2.0, 4.25)."""
    place = node.child("discriminator", "defaultMapping")
    if conversion.pool.version != "3.2" or place.value is None:
        return None
    try:
        return _by_name(conversion, node.document, place.value)
    except BrokenReference as broken:
        if not quiet:
            conversion.problem(place, str(broken))
        return None


def _by_name(conversion: "Conversion", document: str, reference: Any) -> Node:
    documents = conversion.pool.documents
    if isinstance(reference, str) and _NAME.fullmatch(reference):
        try:
            return documents.resolve(document, f"#/components/schemas/{reference}")
        except BrokenReference:
            return documents.resolve(document, reference)
    return documents.resolve(document, reference)


def _members(conversion: "Conversion", node: Node, choice: str, quiet: bool = False) -> Targets:
    """The members of a choice by their own names: the last segment of their references."""
    found: Targets = []
    for index, member in enumerate(node.value[choice]):
        if not isinstance(member, dict) or not isinstance(member.get("$ref"), str):
            continue
        try:
            found.append((_own_name(member["$ref"]), conversion.pool.documents.resolve(node.document, member["$ref"])))
        except BrokenReference as broken:
            if not quiet:
                conversion.problem(node.child(choice, str(index)), str(broken))
    return found


def _own_name(reference: str) -> str:
    last = reference.rsplit("/", 1)[-1]
    return last.partition(".")[0] if "#" not in reference else last


def _branches(conversion: "Conversion", name: str, targets: Targets, node: Node, in_place: bool) -> "list[Tree]":
    """One if-then for each schema, with all values that name it."""
    values: dict[tuple[str, tuple[str, ...]], tuple[Node, list[str]]] = {}
    for value, target in targets:
        location = (target.document, target.path)
        if location != (node.document, node.path) and value not in values.setdefault(location, (target, []))[1]:
            values[location][1].append(value)
    out: list[Tree] = []
    for target, named in values.values():
        out.append({"if": _is_one_of(name, named), "then": conversion.link(target, in_place)})
    return out
