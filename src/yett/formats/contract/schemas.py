"""Converts one schema of any version to JSON Schema 2020-12, for one direction.

What asserts nothing is dropped; what cannot be asserted becomes a gap; what is malformed becomes a problem and is left out.
References become `#/$defs/<id>`, where the pool gives the ids. It knows nothing of how schemas are shared or run.
"""

from typing import Any, Protocol

from yett.formats.contract import discriminators
from yett.formats.contract.directions import Direction, Variant, hidden_names, is_flagged
from yett.formats.contract.documents import BrokenReference, Documents, Node, Path, key_text
from yett.formats.contract.keywords import CHECKED, COUNTED, IN_PLACE, KNOWN, LISTS, MAPS, MODERN, PLAIN, SILENT, TYPES
from yett.formats.contract.patterns import linear
from yett.formats.contract.report import Report
from yett.formats.contract.value_formats import asserted

MAX_DEPTH = 100
"""Deepest nesting of schemas without a reference between them."""

Tree = dict[str, Any] | bool

_UNNAMED = ("additionalProperties", "unevaluatedProperties")
_LOST_WITH = {
    "oneOf": ("oneOf",),
    "not": ("not",),
    "contains": ("contains", "minContains", "maxContains"),
    "if": ("if", "then", "else"),
    "properties": _UNNAMED,
    "patternProperties": _UNNAMED,
}
"""What cannot be asserted where a part of a keyword cannot be read."""


class Pool(Protocol):
    """What a conversion needs to know of all the other schemas."""

    documents: Documents
    report: Report
    version: str
    reached: dict[tuple[str, Path], frozenset[tuple[str, Path]]]

    def reference(self, target: Node, direction: Direction, variant: Variant) -> int: ...
    def descendants(self, target: Node) -> list[tuple[str, Node]]: ...


class Conversion:
    """One schema being converted. Afterwards `references`, `in_place` (those applied to the same value) and `gaps` are known.

    home: where the schema stands that was asked for; nested schemas share it.
    """

    def __init__(self, pool: Pool, home: Node, direction: Direction, variant: Variant = Variant.WHOLE) -> None:
        self.pool, self.home, self.direction, self.variant = pool, home, direction, variant
        self.known = KNOWN[pool.version]
        self.references: set[int] = set()
        self.in_place: set[int] = set()
        self.gaps: set[int] = set()
        self._modern = pool.version in MODERN
        self.slips = 0
        """How much could not be read so far."""

    def run(self) -> Tree:
        return self.convert(self.home, True, frozenset(), 0)

    def problem(self, node: Node, message: str) -> None:
        self.slips += 1
        self.pool.report.problem(node, message)

    def gap(self, node: Node, what: str, why: str) -> None:
        self.gaps.add(self.pool.report.gap(node, what, why))

    def convert(self, node: Node, in_place: bool, hidden: frozenset[str], depth: int) -> Tree:
        """in_place: whether the schema applies to the same value as `home`. hidden: properties that this direction has not."""
        value = node.value
        if isinstance(value, bool) and (self._modern or node.path[-1:] == ("additionalProperties",)):
            return value
        if not isinstance(value, dict):
            self.problem(node, "a schema must be an object")
            return True
        if depth > MAX_DEPTH:
            self.problem(node, f"schemas are nested deeper than {MAX_DEPTH}")
            return True
        if "$ref" in value and not self._modern:
            self._ignored_siblings(node)
            return self.refer(node, in_place)
        if self._foreign(node):
            return True
        return self._keywords(node, in_place, hidden, depth)

    def _keywords(self, node: Node, in_place: bool, hidden: frozenset[str], depth: int) -> Tree:
        value = node.value
        out: dict[str, Any] = {}
        every: list[Tree] = []
        loose: list[str] = []
        if self.direction:
            hidden = hidden | hidden_names(self.pool.documents, node, self.direction)
        skip = self._discriminate(node, in_place, every)
        if "$ref" in value:
            every.append(self.refer(node, in_place))
        for name, part in value.items():
            key = key_text(name)
            if key not in self.known:
                self._unknown(node, key)
            elif key in PLAIN:
                self._plain(node, key, part, out)
            elif key in CHECKED:
                if wrong := CHECKED[key](part):
                    self.problem(node.child(key), f"{key} {wrong}")
            elif key not in skip and key not in ("type", "discriminator"):
                here, before = key in IN_PLACE, self.slips
                out[key] = self._parts(node.child(key), in_place and here, hidden if here else frozenset(), depth)
                loose += [key] if self.slips > before else []
        _loosen(loose, out, every)
        self._type(node, out)
        self._pattern(node, out, every)
        self._format(node, out, every)
        self._exclusive(node, out)
        if hidden and "required" in out:
            out["required"] = [name for name in out["required"] if name not in hidden]
        if every:
            out["allOf"] = [*out.get("allOf", ()), *every]
        out = {key: part for key, part in out.items() if part != [] or key not in COUNTED}
        return _nullable(out) if _says_null(self.pool.version, value) else _plain_reference(out)

    def _parts(self, node: Node, in_place: bool, hidden: frozenset[str], depth: int) -> Any:
        """The schema or schemas of one keyword, the last of the path."""
        key = node.path[-1]
        if key in LISTS:
            return self._list(node, in_place, hidden, depth)
        if key in MAPS:
            return self._map(node, in_place, hidden, depth)
        return self.convert(node, in_place, hidden, depth + 1)

    def refer(self, node: Node, in_place: bool) -> Tree:
        """What stands at the `$ref` of a schema."""
        try:
            target = self.pool.documents.resolve(node.document, node.value["$ref"])
        except BrokenReference as broken:
            self.problem(node.child("$ref"), str(broken))
            return True
        variant = discriminators.variant_for(self, target) if in_place else Variant.WHOLE
        return self.link(target, in_place, variant)

    def link(self, target: Node, in_place: bool, variant: Variant = Variant.WHOLE) -> Tree:
        """A reference to another schema of the pool."""
        number = self.pool.reference(target, self.direction, variant)
        self.references.add(number)
        if in_place:
            self.in_place.add(number)
        return {"$ref": f"#/$defs/{number}"}

    def _ignored_siblings(self, node: Node) -> None:
        ignored = sorted(
            key_text(key) for key in node.value if key in self.known and key not in ("$ref", "readOnly", "writeOnly")
        )
        if ignored:
            self.gap(node, ", ".join(ignored), f"OpenAPI {self.pool.version} ignores what stands beside $ref")

    def _foreign(self, node: Node) -> bool:
        """Keywords that change what a reference means: without references below they only name the schema."""
        value = node.value
        if "$dynamicRef" in value or "$recursiveRef" in value:
            self.gap(node, "$dynamicRef", "dynamic references are not supported; the schema is not enforced")
            return True
        if "$id" in value and isinstance(value["$id"], str) and _refers(value, 0):
            self.gap(node, "$id", "references below an $id are not supported; the schema is not enforced")
            return True
        return False

    def _discriminate(self, node: Node, in_place: bool, every: list[Tree]) -> frozenset[str]:
        if "discriminator" not in node.value:
            return frozenset()
        before = self.slips
        constraints, skip = discriminators.dispatch(self, node, in_place)
        if skip and self.slips > before:
            return frozenset()  # the choice decides by itself
        every.extend(constraints)
        return skip

    def _unknown(self, node: Node, key: str) -> None:
        if key.startswith("x-") or key in SILENT or key in ("$ref", "$id", "$dynamicAnchor", "collectionFormat"):
            return
        elsewhere = any(key in known for known in KNOWN.values())
        why = f"not part of a schema in OpenAPI {self.pool.version}" if elsewhere else "unknown keyword"
        self.gap(node.child(key), key, why)

    def _plain(self, node: Node, key: str, part: Any, out: dict[str, Any]) -> None:
        if key.startswith("exclusive") and isinstance(part, bool) is self._modern:
            wanted = "a number" if self._modern else f"true or false in OpenAPI {self.pool.version}"
            self.problem(node.child(key), f"{key} must be {wanted}")  # what it means is plain all the same
        if key.startswith("exclusive") and isinstance(part, bool):
            return
        wrong = PLAIN[key](part)
        if wrong:
            self.problem(node.child(key), f"{key} {wrong}")
        elif key == "enum" and not part:
            self.gap(node.child(key), key, "an empty list would admit no value at all")
        elif key == "required":
            out[key] = list(dict.fromkeys(part))
        else:
            out[key] = int(part) if isinstance(part, float) and part.is_integer() and key[:3] in ("max", "min") else part

    def _list(self, node: Node, in_place: bool, hidden: frozenset[str], depth: int) -> list[Tree]:
        if not isinstance(node.value, list) or not node.value:
            self.problem(node, f"{node.path[-1]} must be a list of schemas that is not empty")
            return []
        parts = (Node(node.document, (*node.path, str(index)), part) for index, part in enumerate(node.value))
        return [self.convert(part, in_place, hidden, depth + 1) for part in parts]

    def _map(self, node: Node, in_place: bool, hidden: frozenset[str], depth: int) -> dict[str, Tree]:
        if not isinstance(node.value, dict):
            self.problem(node, f"{node.path[-1]} must map names to schemas")
            return {}
        out: dict[str, Tree] = {}
        for name, part in node.value.items():
            key: str | None = key_text(name)
            child = Node(node.document, (*node.path, key_text(name)), part)
            if node.path[-1] == "properties" and self.direction and is_flagged(self.pool.documents, child, self.direction):
                out[key_text(name)] = False
                continue
            if node.path[-1] == "patternProperties":
                key = self._name_pattern(child)
            if key is not None:
                out[key] = self.convert(child, in_place, hidden, depth + 1)
        return out

    def _name_pattern(self, node: Node) -> str | None:
        expression = linear(node.path[-1])
        if expression is None or expression.least or expression.most is not None:
            self.slips += 1
            self.gap(node, f"patternProperties {node.path[-1]!r}", "the pattern cannot run in linear time, or is too large")
            return None
        return expression.pattern

    def _type(self, node: Node, out: dict[str, Any]) -> None:
        value = node.value.get("type")
        if "type" not in node.value or value == "file":
            return
        names = value if isinstance(value, list) and self._modern else [value]
        names = ["null" if name is None and isinstance(value, list) else name for name in names]
        if not names or any(not isinstance(name, str) or name not in TYPES[self.pool.version] for name in names):
            why = f"OpenAPI {self.pool.version} has no such type: every value passes"
            self.gap(node.child("type"), f"type {str(value)[:100]!r}", why)
            return
        out["type"] = list(dict.fromkeys(names)) if len(names) > 1 else names[0]

    def _pattern(self, node: Node, out: dict[str, Any], every: list[Tree]) -> None:
        value = node.value.get("pattern")
        if not isinstance(value, str):
            return
        expression = linear(value)
        if expression is None:
            self.gap(node.child("pattern"), f"pattern {value[:200]!r}", "it cannot run in linear time, or is too large")
            return
        every_part: dict[str, Any] = {"pattern": expression.pattern}
        if expression.least:
            every_part["minLength"] = expression.least
        if expression.most is not None:
            every_part["maxLength"] = expression.most
        _merge(out, every_part, every)

    def _format(self, node: Node, out: dict[str, Any], every: list[Tree]) -> None:
        value = node.value.get("format")
        if not isinstance(value, str):
            return
        keywords = asserted(value)
        if keywords is None:
            self.gap(node.child("format"), f"format {value[:100]!r}", "unknown format")
            return
        _merge(out, _that_matter(keywords, out.get("type")), every)

    def _exclusive(self, node: Node, out: dict[str, Any]) -> None:
        """Up to OpenAPI 3.0, exclusiveMinimum is a flag beside minimum."""
        for bound, flag in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
            if node.value.get(flag) is True and bound in out:
                out[flag] = out.pop(bound)


def _loosen(keys: list[str], out: dict[str, Any], every: list[Tree]) -> None:
    """A part that cannot be read admits everything. Where a keyword would refuse values because a part of it admits them, or
    because it does not know their names, it is left out: what is left must not refuse what the contract admits."""
    for key in keys:
        if key == "oneOf":
            every += [{"anyOf": out[key]}] if out[key] else []
        for lost in _LOST_WITH.get(key, ()):
            out.pop(lost, None)


def _that_matter(keywords: dict[str, Any], types: Any) -> dict[str, Any]:
    """Leave out keywords that cannot apply to any of the types."""
    if types is None:
        return keywords
    names = types if isinstance(types, list) else [types]
    text, number = "string" in names, "integer" in names or "number" in names
    return {key: part for key, part in keywords.items() if (number if key in ("minimum", "maximum") else text)}


def _merge(out: dict[str, Any], keywords: dict[str, Any], every: list[Tree]) -> None:
    """Add keywords; where one is there already, both must hold."""
    clash = {key: part for key, part in keywords.items() if key in out and out[key] != part}
    out.update({key: part for key, part in keywords.items() if key not in clash})
    if clash:
        every.append(clash)


def _says_null(version: str, value: dict[str, Any]) -> bool:
    return value.get("x-nullable" if version == "2.0" else "nullable") is True


def _nullable(out: dict[str, Any]) -> Tree:
    """Allow null beside what `out` says."""
    composed = {"allOf", "anyOf", "oneOf", "not", "$ref"} & out.keys()
    if composed or not isinstance(out.get("type"), str):
        return {"anyOf": [{"type": "null"}, out]} if out else True
    out["type"] = [out["type"], "null"]
    if "enum" in out and None not in out["enum"]:
        out["enum"] = [*out["enum"], None]
    return out


def _plain_reference(out: dict[str, Any]) -> Tree:
    """A schema that only refers needs no allOf."""
    if out.keys() == {"allOf"} and len(out["allOf"]) == 1 and isinstance(out["allOf"][0], dict):
        only: dict[str, Any] = out["allOf"][0]
        return only
    return out


def _refers(value: Any, depth: int) -> bool:
    if depth > MAX_DEPTH:
        return True
    if isinstance(value, dict):
        return "$ref" in value or any(_refers(part, depth + 1) for part in value.values())
    return isinstance(value, list) and any(_refers(part, depth + 1) for part in value)
