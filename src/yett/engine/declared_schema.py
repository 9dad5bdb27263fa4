"""What a contract's schemas say of one value, as far as it can be compared with what was seen: types, members, items.

Of choices (`anyOf`, `oneOf`, conditions) everything counts as declared that any of them declares. As everywhere in Yett, members
are declared by name, by a pattern, or by an `additionalProperties` that is written out; leaving it out declares nothing. It must
not know what was seen.
"""

from collections.abc import Iterable
from typing import Any

from yett.formats.contract.shapes import kinds_of, schema_tree
from yett.formats.contract.values import NO_SCHEMA, Contract

MAX_PARTS = 128
"""Schemas that may apply to one value; with more, nothing is said of it."""

_CHOICES = ("anyOf", "oneOf")
_CONDITIONS = ("if", "then", "else")
_OPENING = ("additionalProperties", "unevaluatedProperties", "patternProperties")


class Saying:
    """What is said of one value. kinds: JSON types that it may have, None where nothing is said. silent: nothing is said of
    members. opened: members of any name are declared. required: names that every choice asks for."""

    def __init__(self, contract: Contract, trees: Iterable[Any]) -> None:
        self._contract = contract
        self._choices = [tree for tree in trees if tree is not False]
        self._parts: list[dict[str, Any]] = []
        full = not self._choices or any(tree is True for tree in self._choices)
        required: frozenset[str] | None = None
        for tree in self._choices:
            certain: set[str] = set()
            full = not self._flatten(tree, certain, True) or full
            required = frozenset(certain) if required is None else required & certain
        self.unknown = full
        self.required = required or frozenset()
        self.kinds = None if full else self._kinds()
        self.silent = full or not any(part.keys() & {"properties", *_OPENING} for part in self._parts)
        self.opened = any(part.get(key, False) is not False for part in self._parts for key in _OPENING)

    def names(self) -> frozenset[str]:
        """Members that are declared by name."""
        return frozenset(name for part in self._parts for name, tree in part.get("properties", {}).items() if tree is not False)

    def member(self, name: str) -> "Saying":
        """What is said of a member that is declared, by name or else together with others."""
        trees = [part["properties"][name] for part in self._parts if name in part.get("properties", {})]
        return Saying(self._contract, trees) if trees else self.entry()

    def entry(self) -> "Saying":
        """What is said of members without a name of their own."""
        if any("patternProperties" in part for part in self._parts):
            return Saying(self._contract, ())
        return Saying(self._contract, [part[key] for key in _OPENING[:2] for part in self._parts if key in part])

    def item(self) -> "Saying":
        trees = [part["items"] for part in self._parts if "items" in part]
        return Saying(self._contract, trees + [tree for part in self._parts for tree in part.get("prefixItems", ())])

    def _kinds(self) -> frozenset[str] | None:
        found: set[str] = set()
        for tree in self._choices:
            kinds = kinds_of(self._contract, tree)
            if kinds is None:
                return None
            found |= kinds
        return frozenset(found)

    def _flatten(self, tree: Any, required: set[str], certain: bool) -> bool:
        """Collect the schemas that may apply. False if there are too many, or one of them lets everything pass."""
        waiting: list[tuple[Any, bool]] = [(tree, certain)]
        seen: set[str] = set()
        while waiting:
            part, sure = waiting.pop()
            if not isinstance(part, dict):
                continue
            if len(self._parts) >= MAX_PARTS:
                return False
            if "$ref" in part and part["$ref"] not in seen:
                seen.add(part["$ref"])
                waiting.append((schema_tree(self._contract, int(part["$ref"].rsplit("/", 1)[1])), sure))
            self._parts.append(part)
            if sure:
                required.update(part.get("required", ()))
            waiting += [(one, sure) for one in part.get("allOf", ())]
            waiting += [(one, False) for key in _CHOICES for one in part.get(key, ())]
            waiting += [(part[key], False) for key in _CONDITIONS if key in part]
            waiting += [(one, False) for one in part.get("dependentSchemas", {}).values()]
        return True


def said(contract: Contract, schema: int) -> Saying:
    """What a schema of the contract says, by its id."""
    return Saying(contract, () if schema == NO_SCHEMA else (schema_tree(contract, schema),))
