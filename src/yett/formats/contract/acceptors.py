"""Judges one text against a scalar schema: for common schemas by a few comparisons, else by the schema's validator.

The short ways give the same answer as the validator would (a property test holds them against each other); they exist because
most parameters are bounded integers and short strings, and a validator costs memory and half a microsecond.
"""

from collections.abc import Callable
from typing import Any

from yett.formats.contract.coercion import INTEGER, as_text, is_ambiguous, scalar
from yett.formats.contract.live import LiveContract
from yett.formats.contract.shapes import Shape, schema_tree
from yett.formats.contract.values import NO_SCHEMA

Accept = Callable[[str], bool]

_BOUNDS = {"type", "minimum", "maximum"}
_LENGTHS = {"type", "minLength", "maxLength"}


def acceptor(live: LiveContract, schema: int, shape: Shape) -> Accept | None:
    """Whether a decoded text is valid for a schema that is neither array nor object; None where every text is."""
    check = live.check(schema)
    if schema == NO_SCHEMA or check is None:
        return None
    tree = _resolved(live, schema)
    short = _short(tree)
    if short is not None:
        return short
    if tree == {"type": "string"}:
        return None
    valid, kinds = check.valid, shape.kinds
    if kinds is None or kinds == {"string"}:
        return valid
    if not is_ambiguous(shape):
        return lambda text: valid(scalar(text, kinds))
    text_kinds = as_text(shape).kinds
    return lambda text: valid(scalar(text, kinds)) or valid(scalar(text, text_kinds))


def _resolved(live: LiveContract, schema: int) -> Any:
    """The tree of a schema that is not only a reference."""
    for _ in range(8):
        tree = schema_tree(live.contract, schema)
        if not isinstance(tree, dict) or tree.keys() != {"$ref"}:
            return tree
        schema = int(tree["$ref"].rsplit("/", 1)[1])
    return tree


def _short(tree: Any) -> Accept | None:
    if not isinstance(tree, dict):
        return None
    kind, keys = tree.get("type"), tree.keys()
    if kind == "integer" and keys <= _BOUNDS:
        return _integer(tree.get("minimum"), tree.get("maximum"))
    if kind == "string" and len(keys) > 1 and keys <= _LENGTHS:
        least, most = tree.get("minLength", 0), tree.get("maxLength", 1 << 62)
        return lambda text: least <= len(text) <= most
    if kind == "string" and keys == {"type", "enum"} and all(isinstance(value, str) for value in tree["enum"]):
        return frozenset(tree["enum"]).__contains__
    if kind == "boolean" and keys == {"type"}:
        return frozenset(("true", "false")).__contains__
    return None


def _integer(least: Any, most: Any) -> Accept:
    matches = INTEGER
    if least is None and most is None:
        return lambda text: matches(text) is not None
    low = least if least is not None else float("-inf")
    high = most if most is not None else float("inf")
    return lambda text: matches(text) is not None and low <= int(text) <= high
