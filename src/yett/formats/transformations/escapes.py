"""Transformations that undo escapes of programming languages and of documents: JavaScript, CSS, C, HTML, UTF-8 as %u.

Shapes and promises as in `yett.formats.transformations.text`. It must not know rules.
"""

import re

from yett.formats.signs import AMPERSAND, BACKSLASH, FULL_WIDTH, NUL, PERCENT, PLUS
from yett.formats.transformations.codes import (
    Escapes,
    Wide,
    many,
    url_decode_but_plus_touches,
    url_decode_touches,
    url_decode_uni,
    wide,
)

_CONTROL = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}

_JS = re.compile(rb"(\\(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|[0-3][0-7]{0,2}|[4-7][0-7]?|.))", re.DOTALL)


_JS_WIDE = Wide(rb"\\u", rb"\x")
_JS_STRAY = re.compile(rb"\\(?=[^0-7abfnrtvx]|x(?![0-9A-Fa-f]{2}))")
_OCTAL_OF_TWO = re.compile(rb"\\(?=[4-7][0-7][0-7])")


def js_decode(value: bytes) -> bytes:
    if not many(value, b"\\"):
        return _JS_ESCAPES.unescaped(_JS, value)
    text, last = _paired(value)
    text = _JS_STRAY.sub(b"", _JS_WIDE.narrowed(text))
    return _as_python(_OCTAL_OF_TWO.sub(rb"\\0", text)) + last


def _paired(value: bytes) -> tuple[bytes, bytes]:
    """The value with each backslash that stands for itself as an escape by number, and a last one, which escapes nothing."""
    text = value.replace(b"\\\\", rb"\x5c")
    return (text[:-1], b"\\") if text[-1:] == b"\\" else (text, b"")


def _as_python(text: bytes) -> bytes:
    """The escapes decoded at the speed of C, where Python's codec knows all that are there, and none is beyond an octet."""
    return text.decode("unicode_escape").encode("latin-1")


def js_decode_in_lines(text: bytes) -> bytes | None:
    return None if b"\\\n" in text else js_decode(text)


def _js(escape: bytes) -> bytes:
    kind, rest = escape[1:2], escape[2:]
    if kind.isdigit() and kind < b"8":
        return b"%c" % int(escape[1:], 8)
    if rest:
        return wide(rest) if kind == b"u" else b"%c" % int(rest, 16)
    return _CONTROL.get(kind, kind)


_JS_ESCAPES = Escapes(_js)


def backslash_touches(text: bytes, _borders: int = 0) -> bool:
    return BACKSLASH in text


_ESCAPE = re.compile(rb"(\\(?:[xX][0-9A-Fa-f]{2}|[0-7]{1,3}|.))", re.DOTALL)


_SEQUENCE_CAPITAL = re.compile(rb"\\X(?=[0-9A-Fa-f]{2})")
_SEQUENCE_STRAY = re.compile(rb"\\(?=[^0-7abfnrtvx]|x(?![0-9A-Fa-f]{2}))")
_LARGE_OCTAL = re.compile(rb"\\[4-7][0-7][0-7]")
_LARGE_OCTALS = [(re.compile(rb"\\%d(?=[0-7][0-7])" % digit), rb"\\%d" % (digit - 4)) for digit in range(4, 8)]


def escape_seq_decode(value: bytes) -> bytes:
    if not many(value, b"\\"):
        return _SEQUENCE_ESCAPES.unescaped(_ESCAPE, value)
    text, last = _paired(value)
    text = _SEQUENCE_STRAY.sub(b"", _SEQUENCE_CAPITAL.sub(rb"\\x", text))
    if _LARGE_OCTAL.search(text) is not None:
        for form, low in _LARGE_OCTALS:
            text = form.sub(low, text)
    return _as_python(text) + last


def escape_seq_decode_in_lines(text: bytes) -> bytes | None:
    return None if b"\\\n" in text else escape_seq_decode(text)


def _escape(escape: bytes) -> bytes:
    kind, rest = escape[1:2], escape[2:]
    if kind.isdigit() and kind < b"8":
        return b"%c" % (int(escape[1:], 8) & 0xFF)
    return b"%c" % int(rest, 16) if rest else _CONTROL.get(kind, kind)


_SEQUENCE_ESCAPES = Escapes(_escape)


_CSS_ACROSS = re.compile(rb"\\[0-9A-Fa-f]{0,6}\n")
_CSS = re.compile(rb"(\\(?:[0-9A-Fa-f]{1,6}[ \t\n\v\f\r]?|.?))", re.DOTALL)


def css_decode(value: bytes) -> bytes:
    return _CSS_ESCAPES.unescaped(_CSS, value)


def css_decode_in_lines(text: bytes) -> bytes | None:
    return None if BACKSLASH in text and _CSS_ACROSS.search(text) else css_decode(text)


def _css(escape: bytes) -> bytes:
    rest = escape[1:]
    digits = rest.rstrip(b" \t\n\v\f\r")
    if rest[:1] not in _HEX:
        return b"" if rest == b"\n" else rest
    if len(digits) < 4 or digits[:-4].strip(b"0"):
        return b"%c" % int(digits[-2:], 16)
    return wide(digits[-4:])


_HEX = frozenset(b"%c" % octet for octet in b"0123456789ABCDEFabcdef")
_CSS_ESCAPES = Escapes(_css)


_ENTITY = re.compile(rb"(?i:(&(?:#x[0-9a-f]+|#[0-9]+|(?:quot|amp|lt|gt|nbsp)[0-9a-z]*);?))")
_NAMED = {b"q": b'"', b"a": b"&", b"l": b"<", b"g": b">", b"n": b"\xa0"}


def html_entity_decode(value: bytes) -> bytes:
    """Numbers give their low octet. A name may go on with any letters and digits, which are lost, as in ModSecurity."""
    return _ENTITIES.replaced(_ENTITY, _ENTITIES.eased(_ENTITY, value)) if AMPERSAND in value else value


def _entity(entity: bytes) -> bytes:
    if entity[1:2] != b"#":
        return _NAMED[entity[1:2].lower()]
    base = 16 if entity[2:3] in (b"x", b"X") else 10
    digits = entity[3 if base == 16 else 2 :].rstrip(b";").lstrip(b"0") or b"0"
    if len(digits) > 19:
        return b"\xff"  # strtol() gives its largest number
    return b"%c" % (min(int(digits, base), 2**63 - 1) & 0xFF)


_ENTITIES = Escapes(_entity)


def html_entity_decode_touches(text: bytes, _borders: int = 0) -> bool:
    return AMPERSAND in text and _ENTITY.search(text) is not None


_LONE_LEAD = re.compile(rb"[\xc0-\xdf](?![\x80-\xbf])|[\xe0-\xef](?![\x80-\xbf]{2})|[\xf0-\xf4](?![\x80-\xbf]{3})")
_SEQUENCE = re.compile(rb"([\xc0-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf7][\x80-\xbf]{3})")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")


def utf8_to_unicode(value: bytes) -> bytes:
    """Characters of two to four octets become %u and their number, of at least four digits. As ModSecurity: what only begins
    such a character goes, what could be said shorter leaves its first octet behind, NULs go except for one at the end."""
    last = value[-1:]
    if not value.isascii():
        try:
            value = _unicode_escaped(value)
        except UnicodeDecodeError:
            value = _RUNS.replaced(_RUN, value)
    if NUL not in value:
        return value
    return value.replace(b"\0", b"") + (last if last == b"\0" else b"")


def utf8_to_unicode_in_lines(text: bytes) -> bytes | None:
    return None if NUL in text else utf8_to_unicode(text)


def utf8_to_octets(value: bytes) -> bytes:
    """utf8toUnicode and urlDecodeUni in one: of each character of several octets only the low one of its number is left."""
    if PERCENT not in value and PLUS not in value and NUL not in value and FULL_WIDTH not in value:
        if value.isascii():
            return value
        try:
            text = value.decode("utf-8")
            if max(text) <= "\uffff":
                return text.encode("utf-16-be")[1::2]
        except UnicodeDecodeError:
            pass  # no UTF-8 as a whole: character by character, below
    return url_decode_uni(utf8_to_unicode(value))


def utf8_to_octets_in_lines(text: bytes) -> bytes | None:
    return None if NUL in text else utf8_to_octets(text)


def utf8_to_octets_touches(text: bytes, borders: int = 0) -> bool:
    return not text.isascii() or NUL in text or url_decode_touches(text, borders)


def utf8_to_octets_but_plus_touches(text: bytes, borders: int = 0) -> bool:
    return not text.isascii() or NUL in text or url_decode_but_plus_touches(text, borders)


def _unicode_escaped(value: bytes) -> bytes:
    """The octets of well-formed UTF-8 with %u for each character beyond ASCII, at the speed of C. Raises UnicodeDecodeError."""
    text = value.decode("utf-8")
    if b"\\" in value:
        sign = next((sign for sign in _SIGNS if sign not in value), b"")
        if not sign:
            return _BEYOND_ASCII.sub(_unicode_run, text).encode("ascii")
        return _unicode_escaped(value.replace(b"\\", sign)).replace(sign, b"\\")
    escaped = text.encode("ascii", "backslashreplace")
    for escape, shown in _PYTHON_ESCAPES:
        escaped = escaped.replace(escape, shown)
    return escaped


_SIGNS = tuple(b"%c" % octet for octet in range(1, 8))
"""Octets that seldom occur, which stand for a backslash meanwhile."""
_PYTHON_ESCAPES = ((b"\\x", b"%u00"), (b"\\u", b"%u"), (b"\\U000", b"%u"), (b"\\U00", b"%u"))


def _unicode_run(match: re.Match[str]) -> str:
    run = match[0]
    units = run.encode("utf-16-be")
    if len(units) == 2 * len(run):
        return "%u" + units.hex("-", 2).replace("-", "%u")
    return "".join([f"%u{ord(character):04x}" for character in run])


def _unicode(octets: bytes) -> bytes:
    lead = octets[0]
    number = lead & (0xFF >> (len(octets) + 1))
    for octet in octets[1:]:
        number = number << 6 | octet & 0x3F
    shown = b"%%u%04x" % number
    if lead > 0xF4:
        return octets[:1] + shown
    wrong = number < (0, 0, 0x80, 0x800, 0x10000)[len(octets)] or 0xD800 <= number <= 0xDFFF
    return shown + octets[:1] if wrong else shown


_CHARACTERS = Escapes(_unicode)
_RUN = re.compile(rb"([\x80-\xff]+)")
_RUNS = Escapes(lambda run: _CHARACTERS.replaced(_SEQUENCE, _LONE_LEAD.sub(b"", run)))
"""Of octets beyond ASCII: few texts have many."""


def utf8_touches(text: bytes, _borders: int = 0) -> bool:
    return not text.isascii() or NUL in text
