"""Media types: reading them strictly (RFC 9110, section 8.3.1), and what kind of body each one names."""

import re
from enum import StrEnum
from functools import lru_cache

import msgspec

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_TYPE = re.compile(rf"({_WORD}/{_WORD})")
_PARAMETER = re.compile(rf"[ \t]*;[ \t]*(?:({_WORD})=({_WORD}|\"(?:[^\"\\\x00-\x08\x0a-\x1f\x7f]|\\[\t\x20-\x7e])*\"))?")
MAX_LENGTH = 512
"""Longest Content-Type that is read, in bytes."""


class Kind(StrEnum):
    """How a body is read. OPAQUE: not at all."""

    JSON = "json"
    FORM = "form"
    MULTIPART = "multipart"
    XML = "xml"
    TEXT = "text"
    OPAQUE = "opaque"


class MediaType(msgspec.Struct, frozen=True):
    """A media type in lower case, with its parameters; their names are in lower case."""

    type: str
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def kind(self) -> Kind:
        return kind_of(self.type)

    def parameter(self, name: str) -> str | None:
        return next((value for key, value in self.parameters if key == name), None)


def kind_of(name: str) -> Kind:
    """The kind of a media type without parameters, in lower case."""
    if name in ("application/json", "text/json") or name.endswith("+json"):
        return Kind.JSON
    if name == "application/x-www-form-urlencoded":
        return Kind.FORM
    if name == "multipart/form-data":
        return Kind.MULTIPART
    if name in ("application/xml", "text/xml") or name.endswith("+xml"):
        return Kind.XML
    if name.startswith("text/") and name not in ("text/event-stream", "text/html"):
        return Kind.TEXT
    return Kind.OPAQUE


def read_media_type(value: bytes) -> MediaType | None:
    """Read a Content-Type. None for what is not one, or names a parameter twice."""
    return None if len(value) > MAX_LENGTH else _read(value)


@lru_cache(maxsize=512)
def _read(value: bytes) -> MediaType | None:
    try:
        text = value.decode("ascii")
    except UnicodeDecodeError:
        return None
    found = _TYPE.match(text)
    if found is None:
        return None
    parameters: list[tuple[str, str]] = []
    position = found.end()
    while position < len(text):
        part = _PARAMETER.match(text, position)
        if part is None:
            return None
        if part[1] is not None:
            parameters.append((part[1].lower(), _unquoted(part[2])))
        position = part.end()
    if len({name for name, _ in parameters}) != len(parameters):
        return None
    return MediaType(found[1].lower(), tuple(parameters))


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
