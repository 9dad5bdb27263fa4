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

NOTHING = -1
"""Stands for the outline of values of which nothing is said."""

_LISTS = ("allOf", "anyOf", "oneOf")
_SINGLE = ("if", "then", "else")
_OPENING = ("patternProperties", "additionalProperties", "unevaluatedProperties")
_OBJECT = ("properties", "patternProperties", "additionalProperties")
_SAYING = frozenset(("properties", "items", "prefixItems", *_OPENING))


class Outline:
    """What is declared of one kind of value. children and items are places in the list of all outlines, filled in when first
    needed; only declared names get one, so that callers cannot fill memory."""

    __slots__ = ("children", "is_open", "items", "names", "says_nothing", "trees")

    def __init__(self, trees: list[dict[str, Any]]) -> None:
        self.trees = trees
        self.names = frozenset(name for tree in trees for name, part in tree.get("properties", {}).items() if part is not False)
        self.is_open = any(tree.get(key, False) is not False for tree in trees for key in _OPENING)
        self.says_nothing = not any(key in tree for tree in trees for key in _OBJECT)
        self.children: dict[str, int] = {}
        self.items: int | None = None


class Outlines:
    """The outlines of one contract, shared by all places where the same schemas apply."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self._trees: dict[int, Any] = {}
        self._known: dict[tuple[int, ...], int] = {}
        self._all: list[Outline] = []
        self._patterns: dict[str, Check] = {}

    def of_schema(self, number: int) -> int | None:
        """The outline of a schema by its id; None where nothing is said that could be taken out."""
        found = self._of([{"$ref": f"#/$defs/{number}"}])
        return None if found == NOTHING else found

    def strip(self, outline: int, value: Any, removed: list[str], pointer: str = "") -> Any:
        """`value` without what is not declared; the same object where nothing was taken out. Pointers of what was: `removed`."""
        if type(value) is dict:
            return self._strip_object(outline, value, removed, pointer)
        return self._strip_array(outline, value, removed, pointer) if type(value) is list else value

    def _strip_object(self, number: int, value: dict[str, Any], removed: list[str], pointer: str) -> dict[str, Any]:
        outline = self._all[number]
        if outline.says_nothing:
            return value
        names, children = outline.names, outline.children
        kept: dict[str, Any] | None = None
        for name, part in value.items():
            if name not in names and not (outline.is_open and self._takes(outline, name)):
                removed.append(f"{pointer}/{name}")
                kept = dict(value) if kept is None else kept
                del kept[name]
            elif type(part) is dict or type(part) is list:
                child = children[name] if name in children else self._child(outline, name)
                if child != NOTHING:
                    stripped = self.strip(child, part, removed, f"{pointer}/{name}")
                    if stripped is not part:
                        kept = dict(value) if kept is None else kept
                        kept[name] = stripped
        return value if kept is None else kept

    def _strip_array(self, number: int, value: list[Any], removed: list[str], pointer: str) -> list[Any]:
        outline = self._all[number]
        if outline.items is None:
            parts = [tree["items"] for tree in outline.trees if "items" in tree]
            outline.items = self._of(parts + [part for tree in outline.trees for part in tree.get("prefixItems", ())])
        items = outline.items
        if items == NOTHING:
            return value
        stripped = [self.strip(items, part, removed, f"{pointer}/{index}") for index, part in enumerate(value)]
        return value if all(new is old for new, old in zip(stripped, value, strict=True)) else stripped

    def _takes(self, outline: Outline, name: str) -> bool:
        """Whether a schema takes in a property that none names. One that is declared to be absent stays out."""
        if any(tree.get("properties", {}).get(name) is False for tree in outline.trees):
            return False
        for tree in outline.trees:
            rest = tree.get("additionalProperties", tree.get("unevaluatedProperties", False))
            if rest is not False or any(self._matches(key, name) for key in tree.get("patternProperties", ())):
                return True
        return False

    def _child(self, outline: Outline, name: str) -> int:
        """The outline of one property."""
        parts: list[Any] = []
        for tree in outline.trees:
            own = [tree["properties"][name]] if name in tree.get("properties", ()) else []
            own += [part for key, part in tree.get("patternProperties", {}).items() if self._matches(key, name)]
            if not own and "additionalProperties" in tree:
                own = [tree["additionalProperties"]]
            parts += own
        child = self._of(parts)
        if name in outline.names:
            outline.children[name] = child
        return child

    def _of(self, parts: list[Any]) -> int:
        trees: dict[int, dict[str, Any]] = {}
        if not parts or not self._flatten(parts, trees):
            return NOTHING
        key = tuple(trees)
        if key not in self._known:
            outline = Outline(list(trees.values()))
            silent = outline.says_nothing and not any("items" in tree or "prefixItems" in tree for tree in trees.values())
            self._known[key] = NOTHING if silent else len(self._all)
            if not silent:
                self._all.append(outline)
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
            self._trees[number] = schema_tree(self.contract, number)
        return self._trees[number]

    def _matches(self, pattern: str, name: str) -> bool:
        """Whether a pattern of `patternProperties` means a name. Linear, as patterns are everywhere."""
        if pattern not in self._patterns:
            validator = jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=OPTIONS, offline=True)
            self._patterns[pattern] = validator.is_valid
        return self._patterns[pattern](name)
