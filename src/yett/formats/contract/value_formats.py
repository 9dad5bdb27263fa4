"""The `format` keyword as keywords that are asserted.

Sources: JSON Schema 2020-12 validation, section 7.3; OpenAPI 3.1, section 4.4, and the OpenAPI format registry.
"""

from typing import Any

ASSERTED = {
    "date",
    "date-time",
    "time",
    "duration",
    "email",
    "idn-email",
    "hostname",
    "idn-hostname",
    "ipv4",
    "ipv6",
    "uri",
    "uuid",
} | {"uri-reference", "iri", "iri-reference", "uri-template", "json-pointer", "relative-json-pointer", "regex"}
"""Formats that the validator checks itself."""

LETTERS = {"date": "^[0-9-]+$", "date-time": "^[0-9TtZz:.+-]+$", "time": "^[0-9Zz:.+-]+$"}
"""What texts of a format consist of, asserted beside it: jsonschema-rs 0.60 takes `*`, `+`, `,`, `-`, `.` and `/` for digits."""

ANNOTATIONS = frozenset(
    ("binary", "password", "float", "double", "commonmark", "html", "unixtime", "string", "integer", "number", "boolean")
)
"""Formats that say how a value is shown, stored or meant, and restrict it no further than its type."""

BOUNDS = {f"int{bits}": (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) for bits in (8, 16, 32, 64)}
BOUNDS |= {f"uint{bits}": (0, (1 << bits) - 1) for bits in (8, 16, 32, 64)}
BOUNDS["double-int"] = (-(1 << 53) + 1, (1 << 53) - 1)

BASE64 = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
BASE64URL = "^[A-Za-z0-9_-]*={0,2}$"


def asserted(name: str) -> dict[str, Any] | None:
    """Keywords that assert the format, or None where it is unknown. Those for numbers leave strings alone and vice versa."""
    if name in LETTERS:
        return {"format": name, "pattern": LETTERS[name]}
    if name in ASSERTED:
        return {"format": name}
    if name in ANNOTATIONS:
        return {}
    if name in BOUNDS:
        least, most = BOUNDS[name]
        digits = "^[0-9]{1,20}$" if least == 0 else "^-?[0-9]{1,20}$"
        return {"minimum": least, "maximum": most, "pattern": digits}
    if name == "byte":
        return {"pattern": BASE64}
    if name == "base64url":
        return {"pattern": BASE64URL}
    return None
