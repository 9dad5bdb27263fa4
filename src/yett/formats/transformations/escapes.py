"""Transformations that undo escapes of programming languages and of documents: JavaScript, CSS, C, HTML, UTF-8 as %u.

Shapes and promises as in `yett.formats.transformations.text`. It must not know rules.
"""

import re

from yett.formats.transformations.codes import wide

_CONTROL = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}

_JS = re.compile(rb"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|([0-3][0-7]{0,2}|[4-7][0-7]?)|(.))", re.DOTALL)


def js_decode(value: bytes) -> bytes:
    return _JS.sub(_js, value) if b"\\" in value else value


def _js(match: re.Match[bytes]) -> bytes:
    kind = match.lastindex
    found = match[kind or 0]
    if kind == 4:
        return _CONTROL.get(found, found)
    if kind == 1:
        return wide(found)
    return b"%c" % int(found, 16 if kind == 2 else 8)


def backslash_touches(text: bytes, _borders: int = 0) -> bool:
    return b"\\" in text


_ESCAPE = re.compile(rb"\\(?:[xX]([0-9A-Fa-f]{2})|([0-7]{1,3})|(.))", re.DOTALL)


def escape_seq_decode(value: bytes) -> bytes:
    return _ESCAPE.sub(_escape, value) if b"\\" in value else value


def _escape(match: re.Match[bytes]) -> bytes:
    kind = match.lastindex
    found = match[kind or 0]
    if kind == 3:
        return _CONTROL.get(found, found)
    return b"%c" % (int(found, 16 if kind == 1 else 8) & 0xFF)


_CSS = re.compile(rb"\\(?:([0-9A-Fa-f]{1,6})[ \t\n\v\f\r]?|(.?))", re.DOTALL)


def css_decode(value: bytes) -> bytes:
    return _CSS.sub(_css, value) if b"\\" in value else value


def _css(match: re.Match[bytes]) -> bytes:
    digits = match[1]
    if digits is None:
        found: bytes = match[2]
        return b"" if found == b"\n" else found
    if len(digits) < 4 or digits[:-4].strip(b"0"):
        return b"%c" % int(digits[-2:], 16)
    return wide(digits[-4:])


_ENTITY = re.compile(
    rb"&(?:#[xX]([0-9A-Fa-f]+)|#([0-9]+)|([Qq][Uu][Oo][Tt]|[Aa][Mm][Pp]|[LlGg][Tt]|[Nn][Bb][Ss][Pp])(?![0-9A-Za-z]));?"
)
_NAMED = {b"quot": b'"', b"amp": b"&", b"lt": b"<", b"gt": b">", b"nbsp": b"\xa0"}


def html_entity_decode(value: bytes) -> bytes:
    return _ENTITY.sub(_entity, value) if b"&" in value else value


def _entity(match: re.Match[bytes]) -> bytes:
    kind = match.lastindex
    found = match[kind or 0]
    if kind == 3:
        return _NAMED[found.lower()]
    digits = found.lstrip(b"0") or b"0"
    if len(digits) > 19:
        return b"\xff"  # strtol() gives its largest number
    return b"%c" % (min(int(digits, 16 if kind == 1 else 10), 2**63 - 1) & 0xFF)


def html_entity_decode_touches(text: bytes, _borders: int = 0) -> bool:
    return b"&" in text


def utf8_to_unicode(value: bytes) -> bytes:
    return value


def non_ascii_touches(text: bytes, _borders: int = 0) -> bool:
    return not text.isascii()
