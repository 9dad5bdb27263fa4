"""Takes off the disguises that attackers put on values: escapes of URLs, HTML, JavaScript and JSON, comments, NUL, other letters.

Whatever stands between the gateway and the interpreter may decode once more, so what a value would become is looked at as
well. Linear; 0.3 µs for a kilobyte in which there is nothing to take off. It must not know rules.
"""

import codecs
import re
from html.entities import html5

ROUNDS = 3
"""How often a value is decoded again. More than two layers over the gateway's own are not seen in the field."""

_CONTROLS = bytes(octet for octet in range(1, 32) if octet not in b"\t\n\x0c\r")
"""Control characters that some database or browser reads as white space, as far as they are not white space to patterns anyway.
SQL Server: 1 to 32; the others: a vertical tab (the manuals' chapters on lexical structure)."""
_SPACES = bytes.maketrans(_CONTROLS, b" " * len(_CONTROLS))
_NO_BREAK_SPACE = b"\xc2\xa0"
"""White space to MySQL's and PL/SQL's readers in some character sets, and to many programs that trim or split texts."""
MARKS = b"%&\\\0*\xef\xc0\xc1\xc2\xe0\xf0\xf8" + _CONTROLS
"""Octets of which each disguise needs one."""
_HARMLESS = bytes(octet for octet in range(256) if octet not in MARKS)
"""Deleting them is the cheapest way to see whether others are there."""

# None of these can backtrack: what may repeat is bounded, and ends where something else begins.
_ESCAPE = re.compile(rb"%[0-9a-fA-F]{2}")
_NO_ESCAPE = re.compile(rb"%(?![0-9a-fA-F]{2})")
_WIDE = re.compile(rb"(?:\\u|%u)[fF][fF]([0-5][0-9a-fA-F])")
_BRACED = re.compile(rb"\\u\{0{0,4}([0-9a-fA-F]{2})\}")
_ENTITY = re.compile(rb"&(?:#(?:0{0,7}([0-9]{1,3})(?![0-9])|[xX]0{0,7}([0-9a-fA-F]{1,2})(?![0-9a-fA-F]))|([a-zA-Z]{2,8}));?")
_OVERLONG = re.compile(rb"[\xc0\xc1]([\x00-\xbf])|\xe0\x80([\x80-\xbf])|\xf0\x80\x80([\x80-\xbf])|\xf8\x80{3}([\x80-\xbf])")
_SLASH = re.compile(rb"(?:%u|\\u)(?:2215|2216|[eE][fF][cC]8|[fF]025|[fF]{2}0[fF])")
_EXECUTED = re.compile(rb"/\*![0-9]{0,6}")
_COMMENT = re.compile(rb"/\*.*?\*/", re.DOTALL)
_WIDE_LETTERS = {0xFF01 + offset: chr(0x21 + offset) for offset in range(94)}
"""U+FF01 to U+FF5E are the characters "!" to "~" in the width of an ideograph."""
_KNOWN: dict[bytes, bytes] = {}
"""Entities seen and what they stand for, at most KNOWN_MOST."""
KNOWN_MOST = 4_096


_NAMED = {name.rstrip(";").encode(): text.encode() for name, text in html5.items() if len(text) == 1 and text.isascii()}
_NAMED |= {name.lower(): text for name, text in _NAMED.items()}


def unmasked(text: bytes) -> bytes:
    """One value without disguise; the very same object where there is none."""
    found = decoded(text)
    return _without_comments(found) if closes_comments(found) else found


def decoded(text: bytes) -> bytes:
    """Likewise, but with comments. Each line of a text becomes what it would become alone, so a text may hold many values."""
    marks = text.translate(None, _HARMLESS)
    if not marks.strip(b"*"):
        return text
    found = text
    for _ in range(ROUNDS):
        before = found
        found = _decoded(found, marks)
        if found == before:
            break
        marks = found.translate(None, _HARMLESS)
    return text if found == text else found


def closes_comments(text: bytes) -> bool:
    """Whether there is a comment of C or SQL that ends, or one that MySQL executes."""
    at = text.find(b"/*")
    return at >= 0 and (text.find(b"*/", at + 2) >= 0 or text.find(b"/*!", at) >= 0)


def _decoded(text: bytes, marks: bytes) -> bytes:
    """One round. marks: what is left of the text without harmless octets."""
    if b"\0" in marks:
        text = text.replace(b"\0", b"")
    if b"\\" in marks or b"%" in marks:
        text = _unescaped(text)
    if b"&" in marks:
        text = _ENTITY.sub(_entity, text)
    if b"\xef" in marks and (b"\xef\xbc" in text or b"\xef\xbd" in text):
        text = text.decode("utf-8", "surrogateescape").translate(_WIDE_LETTERS).encode("utf-8", "surrogateescape")
    if b"\xc2" in marks:
        text = text.replace(_NO_BREAK_SPACE, b" ")
    rest = marks.strip(b"%&\\\0*\xef\xc2")
    if rest:
        text = _OVERLONG.sub(_short, text).translate(_SPACES)
    return text


def _unescaped(text: bytes) -> bytes:
    if b"\\" in text or b"%u" in text:
        text = text.replace(b"\\u00", b"%").replace(b"%u00", b"%").replace(b"\\x", b"%")
        text = _SLASH.sub(b"/", _BRACED.sub(rb"%\1", _WIDE.sub(_narrow, text)))
    if b"%" in text and _ESCAPE.search(text) is not None:
        text = _percent_decoded(text)
    return text


def _without_comments(text: bytes) -> bytes:
    """Comments of C and SQL become spaces; what MySQL executes of them stays (`/*!50000 ... */`).

    Up to the last end of a comment every beginning has an end, so no search for one goes through the rest in vain.
    """
    end = text.rfind(b"*/") + 2
    closed = _COMMENT.sub(b" ", _EXECUTED.sub(b" ", text[:end]))
    return closed.replace(b"*/", b" ") + text[end:]


def _percent_decoded(text: bytes) -> bytes:
    """In C: percent escapes are read as those of a bytes literal. What is no escape stays."""
    literal = _NO_ESCAPE.sub(b"%25", text).replace(b"\\", b"\\\\").replace(b"%", b"\\x")
    return bytes(codecs.escape_decode(literal)[0])


def _entity(match: re.Match[bytes]) -> bytes:
    found = _KNOWN.get(match[0])
    if found is None:
        if len(_KNOWN) >= KNOWN_MOST:
            _KNOWN.clear()
        found = _KNOWN[match[0]] = _meant(match)
    return found


def _meant(match: re.Match[bytes]) -> bytes:
    decimal, hexadecimal, name = match.groups()
    if name is not None:
        return _NAMED.get(name) or _NAMED.get(name.lower()) or bytes(match.group())
    point = int(decimal) if decimal is not None else int(hexadecimal, 16)
    return bytes((point,)) if point < 0x80 else bytes(match.group())


def _narrow(match: re.Match[bytes]) -> bytes:
    return bytes(((int(match.group(1), 16) + 0x20) & 0x7F,))


def _short(match: re.Match[bytes]) -> bytes:
    """Several octets where UTF-8 has one (RFC 3629, 10), as old decoders accept them."""
    octets = match[0]
    last = octets[-1]
    if len(octets) == 2:
        return bytes((last if last >= 0x40 and last < 0x80 else (octets[0] & 1) << 6 | (last & 0x3F),))
    return bytes((last & 0x3F,))
