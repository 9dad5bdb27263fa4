"""What a converted schema says of the form of a value: its possible types, its items, its properties.

Text (parameters, form fields) is turned into values by shapes. It looks only at what decides on types: constraints are for
the validator.
"""

from typing import Any

import msgspec

from yett.formats.contract.values import NO_SCHEMA, Contract

MAX_DEPTH = 8
"""How deep a shape goes; below, everything is text."""
MAX_PARTS = 64
"""How many schemas that apply to the same value a shape is put together from at most."""
MAX_SHAPES = 2_000
"""How many values within one value have a shape at most; linked schemas have no end."""

_NAMES = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}


class Shape(msgspec.Struct):
    """kinds: possible JSON types; None where nothing is said. rest: shape of properties that are not named; None if closed."""

    kinds: frozenset[str] | None = None
    items: "Shape | None" = None
    properties: "dict[str, Shape]" = {}
    rest: "Shape | None" = None

    def may_be(self, kind: str) -> bool:
        return self.kinds is not None and kind in self.kinds

    @property
    def is_array(self) -> bool:
        return self.may_be("array") and not self.may_be("object")

    @property
    def is_object(self) -> bool:
        return self.may_be("object") and not self.may_be("array")


TEXT = Shape()


def schema_tree(contract: Contract, number: int) -> Any:
    """A converted schema as a tree. References in it stay."""
    return msgspec.json.decode(contract.schemas[number].text)


def shape_of(contract: Contract, number: int) -> Shape:
    """The shape of a schema by its id."""
    if number == NO_SCHEMA:
        return TEXT
    return _Shaping(contract).of(schema_tree(contract, number), 0)


def kinds_of(contract: Contract, tree: Any) -> frozenset[str] | None:
    """The JSON types that a part of one of the contract's converted schemas allows; None where it says nothing of them."""
    return _Shaping(contract).kinds(tree)


class _Shaping:
    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.left = MAX_SHAPES

    def of(self, tree: Any, depth: int) -> Shape:
        shape = Shape(properties={})
        self.left -= 1
        if depth < MAX_DEPTH and self.left > 0:
            parts = [0]
            shape.kinds = self._add(tree, shape, depth, parts)
        return shape

    def kinds(self, tree: Any) -> frozenset[str] | None:
        return self._add(tree, Shape(properties={}), MAX_DEPTH, [0])

    def _add(self, tree: Any, shape: Shape, depth: int, parts: list[int]) -> frozenset[str] | None:
        """Add what `tree` says of the same value to `shape`. Returns the types that it allows."""
        parts[0] += 1
        if not isinstance(tree, dict) or parts[0] > MAX_PARTS:
            return None
        kinds = _kinds(tree)
        if "$ref" in tree:
            target = schema_tree(self.contract, int(tree["$ref"].rsplit("/", 1)[1]))
            kinds = _both(kinds, self._add(target, shape, depth, parts))
        for part in tree.get("allOf", ()):
            kinds = _both(kinds, self._add(part, shape, depth, parts))
        for key in ("anyOf", "oneOf"):
            if key in tree:
                choices = [self._add(part, shape, depth, parts) for part in tree[key]]
                known = [choice for choice in choices if choice is not None]
                kinds = _both(kinds, frozenset().union(*known) if len(known) == len(choices) else None)
        for key in ("then", "else"):
            if key in tree:
                self._add(tree[key], shape, depth, parts)
        self._parts(tree, shape, depth)
        return kinds

    def _parts(self, tree: dict[str, Any], shape: Shape, depth: int) -> None:
        if "items" in tree and shape.items is None:
            shape.items = self.of(tree["items"], depth + 1)
        for name, part in tree.get("properties", {}).items():
            if name not in shape.properties:
                shape.properties[name] = self.of(part, depth + 1)
        rest = tree.get("additionalProperties", False)
        if rest is not False and shape.rest is None:
            shape.rest = self.of(rest, depth + 1)


def _kinds(tree: dict[str, Any]) -> frozenset[str] | None:
    declared = tree.get("type")
    if isinstance(declared, str):
        return frozenset({declared})
    if declared is not None:
        return frozenset(declared)
    values = tree.get("enum", [tree["const"]] if "const" in tree else None)
    if values is not None:
        return frozenset(_NAMES[type(value)] for value in values)
    if "properties" in tree:
        return frozenset({"object"})
    return frozenset({"array"}) if "items" in tree else None


def _both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return one if other is None else other
    both = one & other
    return both | {"integer"} if "integer" in one ^ other and "number" in one | other else both
