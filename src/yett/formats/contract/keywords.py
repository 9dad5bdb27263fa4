"""The keywords of a schema that hold plain values, and which keywords each version knows.

Sources: Swagger 2.0 "Schema Object"; OpenAPI 3.0.4, 4.7.24; OpenAPI 3.1.1, 4.8.24 and OpenAPI
3.2.0, 4.24 with JSON Schema 2020-12.
"""

from collections.abc import Callable
from typing import Any


def _number(value: Any) -> str | None:
    fine = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")
    return None if fine else "must be a number"


def _positive(value: Any) -> str | None:
    return _number(value) or (None if value > 0 else "must be greater than 0")


def _count(value: Any) -> str | None:
    return _number(value) or (None if value >= 0 and value == int(value) else "must be a whole number of 0 or more")


def _flag(value: Any) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def _text(value: Any) -> str | None:
    return None if isinstance(value, str) else "must be a string"


def _list(value: Any) -> str | None:
    return None if isinstance(value, list) else "must be a list"


def _names(value: Any) -> str | None:
    wrong = not isinstance(value, list) or not all(isinstance(name, str) for name in value)
    return "must be a list of property names" if wrong else None


def _dependent(value: Any) -> str | None:
    if not isinstance(value, dict):
        return "must map property names to lists of property names"
    return next((wrong for names in value.values() if (wrong := _names(names))), None)


def _anything(_: Any) -> str | None:
    return None


PLAIN: dict[str, Callable[[Any], str | None]] = {
    "multipleOf": _positive,
    "maximum": _number,
    "minimum": _number,
    "exclusiveMaximum": _number,
    "exclusiveMinimum": _number,
    "maxLength": _count,
    "minLength": _count,
    "maxItems": _count,
    "minItems": _count,
    "maxContains": _count,
    "minContains": _count,
    "uniqueItems": _flag,
    "maxProperties": _count,
    "minProperties": _count,
    "required": _names,
    "dependentRequired": _dependent,
    "enum": _list,
    "const": _anything,
}
"""Keywords copied as they are, with what is wrong with a value, or None."""

CHECKED: dict[str, Callable[[Any], str | None]] = {
    "pattern": _text,
    "format": _text,
    "nullable": _flag,
    "x-nullable": _flag,
    "readOnly": _flag,
    "writeOnly": _flag,
}

LISTS = frozenset(("allOf", "anyOf", "oneOf", "prefixItems"))
MAPS = frozenset(("properties", "patternProperties", "dependentSchemas"))
SINGLE = frozenset(("not", "if", "then", "else", "items", "contains", "propertyNames", "additionalProperties")) | {
    "unevaluatedItems",
    "unevaluatedProperties",
}
COUNTED = frozenset(("required", *LISTS))
"""Keywords that say nothing where they are empty."""
IN_PLACE = frozenset(("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"))
"""Keywords whose schemas apply to the same value, not to a part of it."""

_COMMON = (
    {"multipleOf", "maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum", "maxLength", "minLength", "pattern", "format"}
    | {"maxItems", "minItems", "uniqueItems", "maxProperties", "minProperties", "required", "enum", "type", "allOf", "items"}
    | {"properties", "additionalProperties", "discriminator", "readOnly"}
)
KNOWN = {
    "2.0": _COMMON | {"x-nullable"},
    "3.0": _COMMON | {"not", "anyOf", "oneOf", "nullable", "writeOnly"},
    "3.1": (_COMMON | {"writeOnly", "nullable"} | LISTS | MAPS | SINGLE | PLAIN.keys()),
}
KNOWN["3.2"] = KNOWN["3.1"]
"""Asserting keywords, by version. `nullable` is not one of 3.1, but what it means there is plain, and many contracts have it."""

SILENT = {
    "title",
    "description",
    "default",
    "example",
    "examples",
    "externalDocs",
    "xml",
    "deprecated",
    "summary",
    "$comment",
    "$recursiveAnchor",
} | {"$schema", "$defs", "definitions", "$anchor", "$vocabulary", "contentEncoding", "contentMediaType", "contentSchema"}
"""Keywords that assert nothing."""

TYPES = {
    "2.0": frozenset(("array", "boolean", "integer", "number", "object", "string", "file")),
    "3.0": frozenset(("array", "boolean", "integer", "number", "object", "string")),
    "3.1": frozenset(("array", "boolean", "integer", "number", "object", "string", "null")),
}
TYPES["3.2"] = TYPES["3.1"]

MODERN = frozenset(("3.1", "3.2"))
"""Versions whose schemas are those of JSON Schema 2020-12."""
