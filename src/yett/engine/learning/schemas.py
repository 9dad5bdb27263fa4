"""From the evidence of a shape to a JSON Schema (2020-12) that every value it was learnt from satisfies.

Two things are kept apart. What is asserted needs enough evidence (`SchemaSettings`) and leaves room: lengths and counts are
rounded up to powers of two, because the next value may be longer. What was seen stands under `x-yett` as it was: count, presence,
distinct values, least and greatest. It must not know how evidence is gathered, nor what schemas are exported into.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from yett.engine.learning.evidence import INT64, Node, joined_nodes
from yett.engine.learning.looks import BOOLEAN, FORMATS, INTEGER, NONE, NUMBER, TEXT, joined, look

Schema = dict[str, Any]


class SchemaSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every number that decides what a learnt schema asserts.

    required_after: objects that must have been seen, all with a member, before it is required: with 100, a member that three in
        a hundred objects lack is taken for required once in twenty cases (the rule of three).
    enum_after: texts of a field before its words are an enumeration; enum_each: how often each of them at least, on average,
        must have been seen (each one at least twice: the chance of a new word is about the share of words seen once).
    constant_after: texts of a field with one and the same word, which may only be what one client happens to send.
    typed_after, typed_distinct: texts of a query or form, and distinct ones among them, before what looks like a number is one.
    format_distinct: distinct texts of a format before it is asserted.
    bounds_after: values before a length, a size or a sign is asserted. room: how much larger the asserted bound at least is.
    nonempty_after: texts before the empty one is ruled out.
    length_least, items_least: bounds are never asserted below these.
    map_members: members, each in fewer than map_presence of the objects, from which on they are entries of a map.
    """

    required_after: int = 100
    enum_after: int = 50
    enum_each: int = 5
    constant_after: int = 200
    typed_after: int = 10
    typed_distinct: int = 3
    format_distinct: int = 3
    bounds_after: int = 20
    nonempty_after: int = 100
    room: int = 2
    length_least: int = 64
    items_least: int = 128
    map_members: int = 50
    map_presence: float = 0.1


def schema_of(node: Node, texts: bool = False, settings: SchemaSettings | None = None, parents: int = 0) -> Schema:
    """The schema of a place. texts: whether scalars are texts of a query or form, that may stand for numbers. parents: objects that
    could have had it, where it is a member."""
    return _Writer(texts, settings or SchemaSettings()).schema(node, parents)


def parameter_schema(node: Node, settings: SchemaSettings | None = None, calls: int = 0) -> Schema:
    """The schema of a parameter that is a text, or an array as soon as it stood several times in one call."""
    if not node.arrays or node.items is None:
        return schema_of(node, True, settings, calls)
    every = Node(node.name, node.place, node.rank)
    every.join(node)
    every.arrays, every.fewest, every.most = 0, -1, -1
    joined_nodes(every, node.items)
    whole = Node(node.name, node.place, node.rank)
    whole.arrays, whole.fewest, whole.most = node.count, min(node.fewest, 1 if node.texts else node.fewest), node.most
    whole.unread, whole.opened, whole.items = node.unread, node.opened, every
    return schema_of(whole, True, settings, calls)


def text_schema(values: Iterable[str], settings: SchemaSettings | None = None) -> Schema:
    """The schema of a parameter of which only distinct texts are known, such as a segment of the path: a type or a format that all
    of them have, if they are enough."""
    wanted = settings or SchemaSettings()
    found, signed, count = NONE, False, 0
    for value in values:
        count += 1
        found = joined(found, look(value) if value else TEXT)
        if found == TEXT:
            break
        signed = signed or value.startswith("-")
    if found == INTEGER and count >= wanted.typed_distinct:
        return {"type": "integer", "format": "int64"} if signed else {"type": "integer", "format": "int64", "minimum": 0}
    if found == NUMBER and count >= wanted.typed_distinct:
        return {"type": "number"}
    if found in FORMATS and count >= wanted.format_distinct:
        return {"type": "string", "format": found}
    return {"type": "string"}


class _Writer:
    def __init__(self, texts: bool, settings: SchemaSettings) -> None:
        self.texts, self.settings = texts, settings

    def schema(self, node: Node, parents: int = 0) -> Schema:
        if node.masked:  # it may be anything
            return {"x-yett": self._seen(node, parents)}
        types = self._types(node)
        made: Schema = {}
        if types:
            made["type"] = types[0] if len(types) == 1 else types
        if node.texts:
            self._text(node, types, made)
        if "integer" in types or "number" in types:
            self._numeric(node, types, made)
        if node.arrays:
            self._array(node, made)
        if node.objects:
            self._object(node, made)
        made["x-yett"] = self._seen(node, parents)
        return made

    def _types(self, node: Node) -> list[str]:
        found = {
            "null": node.nulls,
            "boolean": node.trues + node.falses,
            "number": node.numbers,
            "integer": 0 if node.numbers else node.integers,
            "array": node.arrays,
            "object": node.objects,
        }
        if node.texts:
            found[self._text_type(node)] = 1
        return sorted(name for name, count in found.items() if count)

    def _text_type(self, node: Node) -> str:
        wanted = self.settings
        if not self.texts or node.look not in (INTEGER, NUMBER, BOOLEAN) or not node.shortest:
            return "string"
        if node.look == BOOLEAN:
            return BOOLEAN if node.texts >= wanted.typed_after else "string"
        return node.look if node.texts >= wanted.typed_after and node.distinct >= wanted.typed_distinct else "string"

    def _text(self, node: Node, types: list[str], made: Schema) -> None:
        if "string" not in types:
            return
        wanted = self.settings
        words = self._enumeration(node)
        if words and set(types) <= {"string", "null"}:
            made["enum"] = [*words, None] if node.nulls else words
            return
        if node.look in FORMATS and node.shortest and node.distinct >= wanted.format_distinct:
            made["format"] = node.look
        if node.texts >= wanted.bounds_after:
            made["maxLength"] = _roomy(node.longest * wanted.room, wanted.length_least)
        if node.texts >= wanted.nonempty_after and node.shortest:
            made["minLength"] = 1

    def _enumeration(self, node: Node) -> list[str]:
        """The words of a field that holds nothing else; none without enough evidence."""
        words, wanted = node.words, self.settings
        if not words:
            return []
        if node.texts < max(wanted.enum_after if len(words) > 1 else wanted.constant_after, wanted.enum_each * len(words)):
            return []
        return sorted(words) if min(words.values()) > 1 else []

    def _numeric(self, node: Node, types: list[str], made: Schema) -> None:
        least, greatest = node.integral
        lowest = [bound for bound in (least, node.lowest) if bound is not None]
        count = node.integers + node.numbers or node.texts
        if lowest and min(lowest) >= 0 and count >= self.settings.bounds_after:
            made["minimum"] = 0
        if "number" in types or "string" in types or least is None or greatest is None:
            return
        if least > -INT64 and greatest < INT64:
            made["format"] = "int64"

    def _array(self, node: Node, made: Schema) -> None:
        wanted = self.settings
        if node.items is not None and not node.unread and not node.opened:
            made["items"] = self.schema(node.items)
        if node.arrays >= wanted.bounds_after:
            made["maxItems"] = _roomy(node.most * wanted.room, wanted.items_least)

    def _object(self, node: Node, made: Schema) -> None:
        if node.unread:
            return
        members, rest = self._entries(node)
        if members:
            made["properties"] = {name: self.schema(members[name], node.objects) for name in sorted(members)}
        if node.objects >= self.settings.required_after:
            required = [name for name in sorted(members) if members[name].count >= node.objects]
            if required:
                made["required"] = required
        if node.opened:
            made["additionalProperties"] = True
        elif rest is not None:
            made["additionalProperties"] = self.schema(rest)
        elif not members:
            made["properties"] = {}

    def _entries(self, node: Node) -> tuple[dict[str, Node], Node | None]:
        """Named members, and what is learnt of the entries of a map together."""
        wanted = self.settings
        rare = [name for name, child in node.members.items() if child.count < wanted.map_presence * node.objects]
        if len(rare) < wanted.map_members:
            return node.members, node.rest
        rest = Node(node.name, f"{node.place}/*", node.rank)
        for name in sorted(rare):
            joined_nodes(rest, node.members[name])
        if node.rest is not None:
            joined_nodes(rest, node.rest)
        named = set(node.members).difference(rare)
        return {name: node.members[name] for name in sorted(named)}, rest

    def _seen(self, node: Node, parents: int) -> Schema:
        """What was seen, as it was."""
        seen: Schema = {"count": node.count}
        if parents:
            seen["presence"] = round(node.count / parents, 4)
        if node.masked:
            seen["masked"] = node.masked
        if node.nulls and node.nulls < node.count:
            seen["null"] = round(node.nulls / node.count, 4)
        if node.sample is not None:
            seen["distinct"] = node.distinct
        numbers = [bound for bound in (*node.integral, node.lowest, node.highest) if bound is not None]
        if numbers and all(abs(bound) < float("inf") for bound in numbers):
            seen["minimum"], seen["maximum"] = min(numbers), max(numbers)
        if node.texts:
            seen["minLength"], seen["maxLength"] = node.shortest, node.longest
        if node.arrays:
            seen["minItems"], seen["maxItems"] = node.fewest, node.most
        if node.unread or node.opened:
            seen["partial"] = True
        return seen


def _roomy(number: int, least: int) -> int:
    """The next power of two, or `least` if that is more."""
    return int(max(1 << max(number - 1, 0).bit_length(), least))
