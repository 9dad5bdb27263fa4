"""Which values a schema proves harmless, once they were found valid: attack rules need not look at them.

A text is proven if it can only be

* the text of a number, a boolean or null, because its schema admits nothing else;
* one of an `enum` or a `const`: the contract's own words, of which a sender can only choose one;
* of a format whose texts are digits, with letters and `-:.+` at fixed places: date, date-time, time, duration, uuid (RFC 3339,
  ISO 8601, RFC 9562). Other formats are free text in parts (email, uri, hostname), or name hosts (ipv4, ipv6), which is all that
  a forged request needs;
* of a pattern, anchored at both ends, of ASCII letters, digits, `-` and `_` alone (`SAFE`).

All else is scanned: free text, names of members, what is not declared, what some branch of a choice leaves open. The meaning is
that of JSON Schema 2020-12: of `allOf` and `$ref` one part is enough, of `anyOf` and `oneOf` every branch must prove. What is
too large to follow proves nothing. It must not know operations, nor whether a value was valid.

Why SAFE holds no more: every attack in a value needs to leave the place that it was put into, or to name something. Quotes,
brackets, operators, white space, `%`, `&`, `;`, `\\` and control characters do the first. `.`, `/`, `:` and `@` do the second
(paths, hosts, classes); `,`, `=`, `+` and `~` serve both. Words alone do neither, but for those in WORDS.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from yett.formats.contract.language import DIGITS, LETTERS, alphabet
from yett.formats.contract.shapes import schema_tree
from yett.formats.contract.values import NO_SCHEMA, Contract

SAFE = DIGITS | LETTERS | {"-", "_"}
WORDS = ("__proto__",)
"""Words of SAFE characters that are attacks where a program uses them as names (CWE-1321)."""
FORMATS = frozenset(("date", "date-time", "time", "duration", "uuid"))

MAX_BRANCHES = 64
"""Most combinations of branches that are followed for one value; what makes more is left out, which proves less."""
MAX_PARTS = 256
"""Most schemas that are read for one value."""
MAX_DEPTH = 32
"""How deep values are followed, but for those that are only references, which are shared."""
MAX_KINDS = 20_000
"""Most kinds of values of one contract."""
STRING, OBJECT, ARRAY, SCALAR = 1, 2, 4, 8
_KINDS = {"string": STRING, "object": OBJECT, "array": ARRAY, "integer": SCALAR, "number": SCALAR, "boolean": SCALAR}
_ANY = STRING | OBJECT | ARRAY | SCALAR

Branch = tuple[Any, ...]
"""Schemas that all hold of one value."""
Branches = list[Branch]
"""Of which at least one does. Without any, there is no such value."""


class _Node:
    """One kind of value, until and after it was followed. names is None before."""

    __slots__ = ("branches", "depth", "item", "names", "rest")

    def __init__(self, branches: Branches, depth: int) -> None:
        self.branches, self.depth = branches, depth
        self.names: dict[str, int] | None = None
        self.rest = self.item = 0


class Grounds:
    """All that one contract proves, followed when first asked for, shared by all operations. `ProvenTree` of
    `yett.formats.inspected`: kinds of values are numbers; 0 proves nothing.

    safe: by number, whether a text there is proven. flat: whether whatever is there is proven, and is no container.
    """

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.safe: list[bool] = [False, True]
        self.flat: list[bool] = [False, True]
        self._may: list[int] = [_ANY, STRING | SCALAR]
        self._nodes: list[_Node | None] = [None, None]
        self._known: dict[Any, int] = {}
        self._trees: dict[int, Any] = {}

    def of_schema(self, schema: int) -> int:
        """The number of a value that is valid for a schema of the contract."""
        return 0 if schema == NO_SCHEMA else self._number([({"$ref": f"#/$defs/{schema}"},)], 0)

    def members(self, number: int) -> tuple[Mapping[str, int], int]:
        """Numbers of what an object has: by declared name, and of all else."""
        node = self._followed(number)
        return ({}, 0) if node is None else (node.names or {}, node.rest)

    def items(self, number: int) -> int:
        node = self._followed(number)
        return 0 if node is None else node.item

    def list_of_flat(self, number: int) -> bool:
        """Whether a value is a list whose items are proven and no containers, or itself proven and no object."""
        may = self._may[number]
        return not may & OBJECT and self.safe[number] and (not may & ARRAY or self.flat[self.items(number)])

    # --- following ------------------------------------------------------------------------------------------------------

    def _followed(self, number: int) -> _Node | None:
        node = self._nodes[number]
        if node is None or node.names is not None:
            return node
        node.names = {}
        objects = [branch for branch in node.branches if _kinds(branch) & OBJECT]
        arrays = [branch for branch in node.branches if _kinds(branch) & ARRAY]
        depth = node.depth + 1
        declared = dict.fromkeys(name for branch in objects for schema in branch for name in schema.get("properties", ()))
        node.rest = self._number([_rest(branch) for branch in objects], depth) if objects else 0
        for name in declared:
            child = self._number([_member(branch, name) for branch in objects], depth)
            if child != node.rest:
                node.names[name] = child
        if arrays:
            node.item = self._number([_item(branch) for branch in arrays], depth)
        node.branches = []
        self._trees.clear()
        return node

    def _number(self, choices: Branches, depth: int) -> int:
        """The number of a value of which all schemas of one of the choices hold."""
        key = _reference(choices)
        if key is not None and key in self._known:
            return self._known[key]
        branches: Branches = []
        for choice in choices:
            branches += self._flattened(choice, frozenset(), [MAX_PARTS])
        number = self._made(branches, 0 if key is not None else depth)
        if key is not None:
            self._known[key] = number
        return number

    def _made(self, branches: Branches, depth: int) -> int:
        may = 0
        safe = True
        for branch in branches:
            kinds = _kinds(branch)
            may |= kinds
            safe = safe and (not kinds & STRING or any(_proves(schema) for schema in branch))
        if not may & (OBJECT | ARRAY):
            return 1 if safe else 0
        says = any(not schema.keys().isdisjoint(_SAYING) for branch in branches for schema in branch)
        if (not says and not safe) or depth > MAX_DEPTH or len(branches) > MAX_BRANCHES or len(self._nodes) >= MAX_KINDS:
            return 0
        self.safe.append(safe)
        self.flat.append(False)
        self._may.append(may)
        self._nodes.append(_Node(branches, depth))
        return len(self._nodes) - 1

    def _flattened(self, schemas: Iterable[Any], seen: frozenset[int], left: list[int]) -> Branches:
        """Every schema that holds of the same value, where all of `schemas` do, by branches."""
        found: Branches = [()]
        for schema in schemas:
            if schema is False:
                return []
            left[0] -= 1
            if not isinstance(schema, dict) or left[0] < 0:
                continue
            found = [(*branch, schema) for branch in found]
            for choice in self._in_place(schema, seen, left):
                if len(found) * len(choice) <= MAX_BRANCHES:
                    found = [(*one, *other) for one in found for other in choice]
        return [branch for branch in found if _kinds(branch)]

    def _in_place(self, schema: dict[str, Any], seen: frozenset[int], left: list[int]) -> Iterator[Branches]:
        """What else holds of the same value; of each of them one branch."""
        if "$ref" in schema:
            number = int(schema["$ref"].rsplit("/", 1)[1])
            if number not in seen:
                yield self._flattened([self._tree(number)], seen | {number}, left)
        for part in schema.get("allOf", ()):
            yield self._flattened([part], seen, left)
        for key in ("anyOf", "oneOf"):
            if key in schema:
                yield [branch for part in schema[key] for branch in self._flattened([part], seen, left)]
        if "if" in schema and "then" in schema and "else" in schema:
            chosen = _dispatched(schema) or [schema["then"]]
            yield [branch for part in [*chosen, schema["else"]] for branch in self._flattened([part], seen, left)]

    def _tree(self, number: int) -> Any:
        if number not in self._trees:
            self._trees[number] = schema_tree(self.contract, number)
        return self._trees[number]


_SAYING = frozenset(("properties", "additionalProperties", "items"))


def _kinds(branch: Branch) -> int:
    """The kinds of values for which all schemas of a branch may hold."""
    kinds = _ANY
    for schema in branch:
        declared = schema.get("type")
        if isinstance(declared, str):
            kinds &= _KINDS.get(declared, SCALAR)
        elif declared is not None:
            kinds &= _together(_KINDS.get(name, SCALAR) for name in declared)
        values = schema["enum"] if "enum" in schema else [schema["const"]] if "const" in schema else None
        if values is not None:
            kinds &= _together(_kind_of(value) for value in values)
    return kinds


def _together(kinds: Iterable[int]) -> int:
    found = 0
    for kind in kinds:
        found |= kind
    return found


def _kind_of(value: Any) -> int:
    if isinstance(value, str):
        return STRING
    return OBJECT if isinstance(value, dict) else ARRAY if isinstance(value, list) else SCALAR


def _proves(schema: dict[str, Any]) -> bool:
    """Whether a text for which one schema holds is proven."""
    if "enum" in schema or "const" in schema:
        return True
    pattern = schema.get("pattern")
    if schema.get("format") in FORMATS:
        return True
    return pattern is not None and is_safe(pattern)


def is_safe(pattern: str) -> bool:
    """Whether all texts that match an expression are of SAFE characters, and cannot be one of WORDS."""
    letters = alphabet(pattern)
    return letters is not None and letters <= SAFE and not any(letters >= set(word) for word in WORDS)


def _member(branch: Branch, name: str) -> Branch:
    """The schemas for one member where all of a branch hold."""
    found = []
    for schema in branch:
        properties = schema.get("properties", {})
        if name in properties:
            found.append(properties[name])
        elif "additionalProperties" in schema and "patternProperties" not in schema:
            found.append(schema["additionalProperties"])
    return tuple(found)


def _rest(branch: Branch) -> Branch:
    """The schemas for members that none of a branch names."""
    return tuple(
        schema["additionalProperties"]
        for schema in branch
        if "additionalProperties" in schema and "patternProperties" not in schema
    )


def _item(branch: Branch) -> Branch:
    return tuple(schema["items"] for schema in branch if "items" in schema and "prefixItems" not in schema)


def _reference(choices: Branches) -> Any:
    """A key for choices that are made of references alone, which are the same wherever they stand."""
    for choice in choices:
        for schema in choice:
            if not isinstance(schema, dict) or schema.keys() != {"$ref"}:
                return None
    return tuple(tuple(schema["$ref"] for schema in choice) for choice in choices)


def _dispatched(schema: dict[str, Any]) -> list[Any] | None:
    """Of a discriminator as `discriminators` writes it, the schemas of which one must hold: every value that the condition
    admits is taken by one of the branches."""
    admitted = _named(schema["if"])
    then = schema["then"]
    if admitted is None or not isinstance(then, dict):
        return None
    taken: set[str] = set()
    found = []
    for part in then["allOf"] if then.keys() == {"allOf"} else [then]:  # one alone stands without allOf
        if not isinstance(part, dict) or part.keys() != {"if", "then"}:
            return None
        values = _named(part["if"])
        if values is None or values[0] != admitted[0]:
            return None
        taken |= values[1]
        found.append(part["then"])
    return found if admitted[1] <= taken else None


def _named(condition: Any) -> tuple[str, set[str]] | None:
    """Property and values of a condition that this property is one of these values."""
    if not isinstance(condition, dict) or condition.keys() != {"type", "required", "properties"}:
        return None
    if condition["type"] != "object" or len(condition["properties"]) != 1:
        return None
    (name, schema), *_ = condition["properties"].items()
    if condition["required"] != [name] or schema.keys() != {"enum"}:
        return None
    return name, set(schema["enum"])
