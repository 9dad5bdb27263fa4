"""Takes out of a document what its schema does not declare.

A property is declared if any schema that may apply to the object names it, by `properties` or a pattern, or takes it in by
`additionalProperties`. Leaving that keyword out, which JSON Schema reads as "anything goes", does not declare anything here;
`additionalProperties: true` does. An object of which nothing at all is said is left alone. Whether what remains is valid is
another question, and not asked here.
"""

from typing import Any

import jsonschema_rs

from yett.formats.contract.patterns import OPTIONS
from yett.formats.contract.shapes import schema_tree
from yett.formats.contract.validators import Check
from yett.formats.contract.values import Contract

MAX_PARTS = 256
"""How many schemas may apply to one value; beyond, nothing is taken out of it."""

_LISTS = ("allOf", "anyOf", "oneOf")
_SINGLE = ("if", "then", "else")
_OPENING = ("patternProperties", "additionalProperties", "unevaluatedProperties")
_SAYING = frozenset(("properties", "items", "prefixItems", *_OPENING))


class Outline:
    """What is declared of one kind of value: by property and for items. Made when first needed, and then kept."""

    __slots__ = ("_children", "_items", "_names", "_open", "_outlines", "_trees", "says_nothing")

    def __init__(self, outlines: "Outlines", trees: list[dict[str, Any]]) -> None:
        self._outlines, self._trees = outlines, trees
        self._names = frozenset(
            name for tree in trees for name, part in tree.get("properties", {}).items() if part is not False
        )
        self._open = any(tree.get(key, False) is not False for tree in trees for key in _OPENING)
        self.says_nothing = not any(
            key in tree for tree in trees for key in ("properties", "patternProperties", "additionalProperties")
        )
        self._children: dict[str, Outline | None] = {}
        self._items: Outline | bool | None = False

    def strip(self, value: Any, removed: list[str], pointer: str) -> Any:
        """`value` without what is not declared; the same object where nothing was taken out. Pointers of what was: `removed`."""
        if type(value) is dict:
            return self._strip_object(value, removed, pointer)
        if type(value) is list:
            return self._strip_array(value, removed, pointer)
        return value

    def _strip_object(self, value: dict[str, Any], removed: list[str], pointer: str) -> dict[str, Any]:
        if self.says_nothing:
            return value
        names, children = self._names, self._children
        kept: dict[str, Any] | None = None
        for name, part in value.items():
            if name not in names and not (self._open and self._takes(name)):
                removed.append(f"{pointer}/{name}")
                kept = {key: other for key, other in value.items() if key != name} if kept is None else kept
                kept.pop(name, None)
            elif type(part) is dict or type(part) is list:
                child = children[name] if name in names and name in children else self._child(name)
                if child is not None:
                    stripped = child.strip(part, removed, f"{pointer}/{name}")
                    if stripped is not part:
                        kept = dict(value) if kept is None else kept
                        kept[name] = stripped
        return value if kept is None else kept

    def _strip_array(self, value: list[Any], removed: list[str], pointer: str) -> list[Any]:
        items = self._items_outline()
        if items is None:
            return value
        stripped = [items.strip(part, removed, f"{pointer}/{index}") for index, part in enumerate(value)]
        return value if all(new is old for new, old in zip(stripped, value, strict=True)) else stripped

    def _takes(self, name: str) -> bool:
        """Whether a schema takes in a property that none names. One that is declared to be absent stays out."""
        if any(tree.get("properties", {}).get(name) is False for tree in self._trees):
            return False
        for tree in self._trees:
            rest = tree.get("additionalProperties", tree.get("unevaluatedProperties", False))
            if rest is not False or any(self._outlines.matches(key, name) for key in tree.get("patternProperties", ())):
                return True
        return False

    def _child(self, name: str) -> "Outline | None":
        """The outline of one property; kept only for names that are declared, so that callers cannot fill memory."""
        parts: list[Any] = []
        for tree in self._trees:
            own = [tree["properties"][name]] if name in tree.get("properties", ()) else []
            own += [part for key, part in tree.get("patternProperties", {}).items() if self._outlines.matches(key, name)]
            if not own and "additionalProperties" in tree:
                own = [tree["additionalProperties"]]
            parts += own
        child = self._outlines.of(parts)
        if name in self._names:
            self._children[name] = child
        return child

    def _items_outline(self) -> "Outline | None":
        if self._items is False:
            parts = [tree["items"] for tree in self._trees if "items" in tree]
            parts += [part for tree in self._trees for part in tree.get("prefixItems", ())]
            self._items = self._outlines.of(parts)
        return self._items if isinstance(self._items, Outline) else None


class Outlines:
    """The outlines of one contract, shared by all places where the same schemas apply."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._trees: dict[int, Any] = {}
        self._known: dict[tuple[int, ...], Outline | None] = {}
        self._patterns: dict[str, Check] = {}

    def of_schema(self, number: int) -> Outline | None:
        """The outline of a schema by its id; None where nothing is said that could be taken out."""
        return self.of([{"$ref": f"#/$defs/{number}"}])

    def of(self, parts: list[Any]) -> Outline | None:
        trees: dict[int, dict[str, Any]] = {}
        if not parts or not self._flatten(parts, trees):
            return None
        key = tuple(trees)
        if key not in self._known:
            outline = Outline(self, list(trees.values()))
            nothing = outline.says_nothing and not any("items" in tree or "prefixItems" in tree for tree in trees.values())
            self._known[key] = None if nothing else outline
        return self._known[key]

    def _flatten(self, parts: list[Any], trees: dict[int, dict[str, Any]]) -> bool:
        """Collect every schema that may apply to the same value, by identity. False if there are too many."""
        waiting = list(parts)
        seen: set[int] = set()
        while waiting:
            tree = waiting.pop()
            if not isinstance(tree, dict):
                continue
            if "$ref" in tree:
                waiting.append(self._tree(int(tree["$ref"].rsplit("/", 1)[1])))
                if tree.keys() == {"$ref"}:
                    continue
            if id(tree) in seen:
                continue
            seen.add(id(tree))
            if len(seen) > MAX_PARTS:
                return False
            for key in _LISTS:
                waiting += tree.get(key, ())
            waiting += [tree[key] for key in _SINGLE if key in tree]
            waiting += tree.get("dependentSchemas", {}).values()
            if not tree.keys().isdisjoint(_SAYING):
                trees[id(tree)] = tree
        return True

    def _tree(self, number: int) -> Any:
        if number not in self._trees:
            self._trees[number] = schema_tree(self._contract, number)
        return self._trees[number]

    def matches(self, pattern: str, name: str) -> bool:
        """Whether a pattern of `patternProperties` means a name. Linear, as patterns are everywhere."""
        if pattern not in self._patterns:
            validator = jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=OPTIONS, offline=True)
            self._patterns[pattern] = validator.is_valid
        return self._patterns[pattern](name)
