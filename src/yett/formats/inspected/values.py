"""What attack rules look at: values with where they come from. It must not know how they are gathered, nor any rule."""

from enum import IntEnum
from typing import NamedTuple

import msgspec


class Origin(IntEnum):
    """Where a value stands. Those ending in NAME are names that the sender chose: of parameters, members, elements, files.

    TEXT: a body that is none of the others, or could not be read as what it says it is. UPLOAD: what is in an uploaded file.
    OPAQUE: a body of a format that nobody reads as text (pictures, archives). URL: what of a path no template explains.
    """

    URL = 1
    PATH = 2
    QUERY = 3
    QUERY_NAME = 4
    HEADER = 5
    HEADER_NAME = 6
    COOKIE = 7
    COOKIE_NAME = 8
    FORM = 9
    FORM_NAME = 10
    JSON = 11
    JSON_NAME = 12
    XML = 13
    XML_NAME = 14
    PART = 15
    PART_NAME = 16
    FILE_NAME = 17
    UPLOAD = 18
    TEXT = 19
    OPAQUE = 20
    RESPONSE_HEADER = 21
    RESPONSE_JSON = 22
    RESPONSE_NAME = 23
    RESPONSE_TEXT = 24
    RESPONSE_OPAQUE = 25


class Value(NamedTuple):
    """One value. text: decoded once (percent, plus, JSON escapes, entities), as octets. name: of the parameter, field, cookie or
    part; for JSON a pointer (RFC 6901), for XML a path of names. For the ..._NAME origins it is the place of what is named."""

    origin: Origin
    name: bytes
    text: bytes


class InspectionLimits(msgspec.Struct, frozen=True):
    """How much of one message is read: octets of a body, values, nesting. What is beyond is not looked at, and said to be."""

    size: int = 1 << 20
    values: int = 1_000
    depth: int = 64


DEFAULT_LIMITS = InspectionLimits()

LONGEST_PLACE = 256
"""Characters of a place. Names come from outside; a record must not grow with them."""
LONGEST_STEP = 64


def below(pointer: str, step: str) -> str:
    """The JSON pointer of a member or item (RFC 6901, 3). What is too long ends in an ellipsis, once: each name is part of the
    pointers to all that stands below it."""
    if len(pointer) > LONGEST_PLACE:
        return pointer if pointer.endswith("…") else f"{pointer}/…"
    if len(step) > LONGEST_STEP:
        step = f"{step[:LONGEST_STEP]}…"
    if "~" in step or "/" in step:
        step = step.replace("~", "~0").replace("/", "~1")
    return f"{pointer}/{step}"


_PLACES = {
    Origin.URL: "path",
    Origin.PATH: "path %s",
    Origin.QUERY: "query %s",
    Origin.QUERY_NAME: "query %s (name)",
    Origin.HEADER: "header %s",
    Origin.HEADER_NAME: "header %s (name)",
    Origin.COOKIE: "cookie %s",
    Origin.COOKIE_NAME: "cookie %s (name)",
    Origin.FORM: "form %s",
    Origin.FORM_NAME: "form %s (name)",
    Origin.JSON: "body %s",
    Origin.JSON_NAME: "body %s (name)",
    Origin.XML: "body %s",
    Origin.XML_NAME: "body %s (name)",
    Origin.PART: "part %s",
    Origin.PART_NAME: "part %s (name)",
    Origin.FILE_NAME: "file %s",
    Origin.UPLOAD: "upload %s",
    Origin.TEXT: "body",
    Origin.OPAQUE: "body",
    Origin.RESPONSE_HEADER: "response header %s",
    Origin.RESPONSE_JSON: "response body %s",
    Origin.RESPONSE_NAME: "response body %s (name)",
    Origin.RESPONSE_TEXT: "response body",
    Origin.RESPONSE_OPAQUE: "response body",
}
_FIELDS = (Origin.HEADER, Origin.HEADER_NAME, Origin.RESPONSE_HEADER)


def place(value: Value) -> str:
    """Where a value stands, for records: "query limit", "body /items/0/name", "header User-Agent". At most LONGEST_PLACE long,
    without control characters."""
    pattern = _PLACES[value.origin]
    if "%s" not in pattern:
        return pattern
    name = value.name.decode("utf-8", "replace")
    if value.origin in _FIELDS:
        name = "-".join(word.capitalize() for word in name.split("-"))
    name = "".join(letter if letter.isprintable() else "�" for letter in name[:LONGEST_PLACE])
    return pattern % name if name else (pattern % name).strip()  # "q " is another name than "q"
