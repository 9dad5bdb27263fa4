"""The one reading of a body: every guard that needs the parsed document gets the same one, parsed once.

What cannot be read unambiguously is a BodyError, which is remembered too. It must not know contracts.
"""

from typing import Any, cast

import msgspec

from yett.formats.json_body import NotJSON, decode_json
from yett.formats.media_types import Kind, MediaType, read_media_type
from yett.formats.multipart import NotMultipart, Part, read_multipart
from yett.formats.percent import strictly_decoded
from yett.formats.xml import NotXML, XMLDocument, read_xml
from yett.model.decision import Evaluation, unset
from yett.model.exchange import View

MAX_PAIRS = 1_000
"""Most pairs of a form."""

_JSON_TYPES = frozenset((b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"))
_CHARSETS = {"utf-8": "utf-8", "us-ascii": "ascii", "iso-8859-1": "latin-1"}
"""Charsets of text that are read, and the codec of each. Everything else must be UTF-8."""


class BodyError(Exception):
    """A body without one clear reading. status: 415 where its type or charset is not understood, else 400."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Form(msgspec.Struct, frozen=True):
    """An application/x-www-form-urlencoded body: decoded names and values in order."""

    pairs: tuple[tuple[str, str], ...]


class Multipart(msgspec.Struct, frozen=True):
    """A multipart/form-data body."""

    parts: tuple[Part, ...]


def document(view: View, evaluation: Evaluation) -> Any:
    """The request body, by its Content-Type: JSON as plain values, `Form`, `Multipart`, `XMLDocument`, text as str, all
    else as bytes.

    Only in the body phase. Raises BodyError, each time it is asked for.
    """
    found = evaluation.document
    if found is unset:
        found = evaluation.document = _attempt(view.fields.get(b"content-type"), view.content)
    if type(found) is BodyError:
        raise found
    return found


def response_document(view: View, evaluation: Evaluation) -> Any:
    """The response body, likewise. Only in the response body phase."""
    found = evaluation.response_document
    if found is unset:
        found = evaluation.response_document = _attempt(view.response_fields.get(b"content-type"), view.response_content)
    if type(found) is BodyError:
        raise found
    return found


def _attempt(content_type: bytes | None, content: bytes) -> Any:
    try:
        return read_body(content_type, content)
    except BodyError as error:
        return error


def read_body(content_type: bytes | None, content: bytes) -> Any:
    """Read a body without content codings. Raises BodyError."""
    if content_type in _JSON_TYPES:
        return _json(content)
    parsed = None if content_type is None else read_media_type(content_type)
    if parsed is None:
        raise BodyError(415, "no Content-Type" if content_type is None else "a malformed Content-Type")
    kind = parsed.kind
    if kind is not Kind.OPAQUE and any("*" in name for name, _ in parsed.parameters):
        raise BodyError(415, "an extended parameter, which some readers take for the plain one (RFC 2231)")
    charset = (parsed.parameter("charset") or "utf-8").lower()
    if kind is Kind.TEXT:
        return _text(content, charset)
    if kind is Kind.OPAQUE:
        return content
    if charset != "utf-8":
        raise BodyError(415, "a charset other than UTF-8")
    if kind is Kind.JSON:
        return _json(content)
    if kind is Kind.XML:
        return _xml(content)
    return _form(content) if kind is Kind.FORM else _multipart(content, parsed)


def _json(content: bytes) -> Any:
    try:
        return decode_json(content)
    except NotJSON as error:
        raise BodyError(400, str(error)) from None


def _xml(content: bytes) -> XMLDocument:
    try:
        return read_xml(content)
    except NotXML as error:
        raise BodyError(400, str(error)) from None


def _text(content: bytes, charset: str) -> str:
    codec = _CHARSETS.get(charset)
    if codec is None:
        raise BodyError(415, "an unknown charset")
    try:
        return content.decode(codec)
    except UnicodeDecodeError:
        raise BodyError(400, f"not {charset}") from None


def _form(content: bytes) -> Form:
    """The form encoding of the URL standard (5.1): ASCII only, escapes well-formed and UTF-8."""
    if content.count(b"&") >= MAX_PAIRS:
        raise BodyError(400, f"more than {MAX_PAIRS} pairs")
    try:
        text = content.decode("ascii")
    except UnicodeDecodeError:
        raise BodyError(400, "a form with octets that are not ASCII") from None
    pairs = [piece.partition("=") for piece in text.split("&") if piece]
    found = tuple((strictly_decoded(name, True), strictly_decoded(value, True)) for name, _, value in pairs)
    if any(name is None or value is None for name, value in found):
        raise BodyError(400, "a form with malformed percent-encoding")
    return Form(cast("tuple[tuple[str, str], ...]", found))


def _multipart(content: bytes, parsed: MediaType) -> Multipart:
    boundary = parsed.parameter("boundary")
    if boundary is None:
        raise BodyError(400, "multipart without a boundary")
    try:
        return Multipart(read_multipart(content, boundary))
    except NotMultipart as error:
        raise BodyError(400, str(error)) from None
