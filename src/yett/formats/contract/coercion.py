"""Turns text into the values that a schema speaks of: "12" into 12, "a,b" into ["a", "b"].

Strict on purpose: numbers in JSON's grammar but for leading zeros, booleans as `true` and `false` only. What does not fit
stays text, and the validator says so. Text is percent-decoded before it is split, as servers commonly do, so an encoded
separator separates.
"""

import re
from typing import Any

from yett.formats.contract.shapes import TEXT, Shape

INTEGER = re.compile(r"-?[0-9]{1,40}").fullmatch
NUMBER = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,3})?").fullmatch
MAX_NESTING = 8
"""Deepest nesting of names in brackets: `a[b][c]`."""
MAX_FIELDS = 1_000
"""Most fields of one form or query that are read."""

_BRACKETS = re.compile(r"\[([^\[\]]*)\]")


class Unreadable(ValueError):
    """Text that cannot be read as what is declared. The message is a reason, without the text itself."""


def scalar(text: str, kinds: frozenset[str] | None) -> Any:
    """The value of one text. Text that fits no type stays text."""
    if kinds is None or kinds == {"string"}:
        return text
    if "boolean" in kinds and text in ("true", "false"):
        return text == "true"
    if ("integer" in kinds or "number" in kinds) and INTEGER(text):
        return int(text)
    if "number" in kinds and NUMBER(text):
        number = float(text)
        return number if abs(number) != float("inf") else text
    if "null" in kinds and "string" not in kinds and text in ("null", ""):
        return None
    return text


def is_ambiguous(shape: Shape) -> bool:
    """Whether text may stay text although it looks like something else: then both readings are tried."""
    kinds = shape.kinds or frozenset()
    if "string" in kinds and len(kinds) > 1:
        return True
    parts = [*shape.properties.values(), shape.items, shape.rest]
    return any(is_ambiguous(part) for part in parts if part is not None)


def as_text(shape: Shape) -> Shape:
    """The same shape, but where a value may be text, it is."""
    kinds = frozenset({"string"}) if shape.kinds is not None and "string" in shape.kinds else shape.kinds
    return Shape(
        kinds,
        None if shape.items is None else as_text(shape.items),
        {name: as_text(part) for name, part in shape.properties.items()},
        None if shape.rest is None else as_text(shape.rest),
    )


def array(texts: list[str], shape: Shape, separators: str = "") -> list[Any]:
    """Items from their texts. separators: what divides items of items, from the outside in."""
    items = shape.items or TEXT
    if items.is_array and separators:
        return [array(split(text, separators[0]), items, separators[1:]) for text in texts]
    return [scalar(text, items.kinds) for text in texts]


def split(text: str, separator: str) -> list[str]:
    """The parts of a text; none where it is empty."""
    return text.split(separator) if text else []


def pairs(parts: list[str]) -> dict[str, str]:
    """`R,100,G,200` as names and values. Raises Unreadable."""
    if len(parts) % 2:
        raise Unreadable("a name without a value")
    return unique(zip(parts[::2], parts[1::2], strict=True))


def assignments(parts: list[str]) -> dict[str, str]:
    """`R=100`, `G=200` as names and values. Raises Unreadable."""
    split_parts = [part.partition("=") for part in parts]
    if not all(mark for _, mark, _ in split_parts):
        raise Unreadable("a name without a value")
    return unique((name, value) for name, _, value in split_parts)


def unique(members: Any) -> dict[str, str]:
    """Names and values; raises Unreadable where a name stands twice."""
    found: dict[str, str] = {}
    for name, value in members:
        if name in found:
            raise Unreadable("a property stands twice")
        found[name] = value
    return found


def object_of(members: dict[str, str], shape: Shape) -> dict[str, Any]:
    """An object from the texts of its properties."""
    return {name: scalar(text, _property(shape, name).kinds) for name, text in members.items()}


def _property(shape: Shape, name: str) -> Shape:
    return shape.properties.get(name) or shape.rest or TEXT


def bracketed(groups: dict[str, list[str]], name: str, shape: Shape) -> Any:
    """The value of `name[a]=1&name[b][]=2` and the like; its names are taken out of `groups`. None where there are none.

    Raises Unreadable for names that contradict each other, or are nested deeper than MAX_NESTING.
    """
    keys = [key for key in groups if key.startswith(f"{name}[")]
    if not keys:
        return None
    tree: dict[str, Any] = {}
    for key in keys:
        steps = _BRACKETS.findall(key[len(name) :])
        if "".join(f"[{step}]" for step in steps) != key[len(name) :] or len(steps) > MAX_NESTING:
            raise Unreadable("a malformed or too deeply nested name")
        _plant(tree, steps, groups.pop(key))
    return _grown(tree, shape)


def _plant(tree: dict[str, Any], steps: list[str], texts: list[str]) -> None:
    for step in steps[:-1]:
        below: object = tree.setdefault(step, {})  # compiled, what is no dict could not even be assigned to `tree`
        if not isinstance(below, dict):
            raise Unreadable("a name that is both a value and an object")
        tree = below
    if steps[-1] in tree:
        raise Unreadable("a name that is both a value and an object, or stands twice")
    tree[steps[-1]] = texts


def _grown(tree: Any, shape: Shape) -> Any:
    """A tree of names with texts as leaves, as the value that the shape speaks of."""
    if isinstance(tree, list):
        if shape.is_array:
            return array(tree, shape)
        if len(tree) > 1:
            raise Unreadable("a property stands twice")
        return scalar(tree[0], shape.kinds)
    if shape.is_array and all(key == "" or key.isdecimal() for key in tree):
        items = shape.items or TEXT
        found: list[Any] = []
        for key, part in sorted(tree.items(), key=lambda member: int(member[0] or 0) if len(member[0]) < 6 else 0):
            found += (
                [scalar(text, items.kinds) for text in part] if key == "" and isinstance(part, list) else [_grown(part, items)]
            )
        return found
    return {key: _grown(part, _property(shape, key)) for key, part in tree.items()}
