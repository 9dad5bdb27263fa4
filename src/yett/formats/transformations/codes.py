"""Transformations that encode, decode, digest or measure: URLs, hexadecimal, Base64, UTF-8, SHA-1, MD5.

Shapes and promises as in `yett.formats.transformations.text`. It must not know rules.
"""

import binascii
import re
from collections.abc import Callable
from hashlib import md5, sha1

from yett.formats.signs import BACKSLASH, EQUALS, LINE_FEED, NUL, PERCENT, PLUS, SPACE

_URL = re.compile(rb"(%[0-9A-Fa-f]{2})")
_URL_UNI = re.compile(rb"(%(?:[uU][0-9A-Fa-f]{4}|[0-9A-Fa-f]{2}))")


class Escapes(dict[bytes, bytes]):
    """What escapes stand for, by their text: worked out when first seen, remembered where they are short and few."""

    def __init__(self, decode: Callable[[bytes], bytes]) -> None:
        super().__init__()
        self._decode = decode

    def __missing__(self, escape: bytes) -> bytes:
        found = self._decode(escape)
        if len(escape) <= _SHORT and len(self) < _FEW:
            self[escape] = found
        return found

    def replaced(self, expression: re.Pattern[bytes], value: bytes) -> bytes:
        """The value with what the expression finds decoded; all of it must be one group."""
        pieces = expression.split(value)
        pieces[1::2] = map(self.__getitem__, pieces[1::2])
        return b"".join(pieces)

    def eased(self, expression: re.Pattern[bytes], value: bytes) -> bytes:
        """The value with most references of documents decoded at the speed of C where there are many and few different ones: those
        that end in a semicolon, and stand for what cannot be part of another one."""
        if value.count(b"&", 0, _FAR) < _MANY:
            return value
        kinds = [each for each in set(expression.findall(value, 0, _BEGINNING)) if each[-1:] == b";"]
        if len(kinds) <= _KINDS:
            for kind in kinds:
                found = self[kind]
                if found.translate(None, _OF_REFERENCES) == found:
                    value = value.replace(kind, found)
        return value

    def unescaped(self, expression: re.Pattern[bytes], value: bytes) -> bytes:
        """The same where escapes begin with a backslash and have no other one but as their second octet, which stands for itself:
        so pairs of them can be found first, from the left, at the speed of C."""
        if value.count(_PAIR_OF_BACKSLASHES, 0, _FAR) <= _DENSE:
            return self.replaced(expression, value) if BACKSLASH in value else value
        pieces = value.split(_PAIR_OF_BACKSLASHES)
        decoded = {piece: self.replaced(expression, piece) if BACKSLASH in piece else piece for piece in set(pieces)}
        return b"\\".join(map(decoded.__getitem__, pieces))


_SHORT, _FEW = 8, 4_096
_KINDS, _BEGINNING = 16, 4_096
"""Different references in so many octets up to which it pays to decode each kind apart."""
_OF_REFERENCES = b"&#;0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_MANY, _FAR = 256, 1 << 16
_DENSE = 1 << 11
"""Escapes in so many octets from which on it pays to decode all at once."""
_PAIR_OF_BACKSLASHES = b"\\\\"


def wide(digits: bytes) -> bytes:
    """The octet that four hexadecimal digits stand for: the low one, full-width forms (U+FF01 to U+FF5E) as ASCII."""
    low = int(digits[2:], 16)
    return b"%c" % (low + 0x20 if 0 < low < 0x5F and digits[:2] in _FULL_WIDTH else low)


_FULL_WIDTH = (b"ff", b"FF", b"fF", b"Ff")


def many(value: bytes, sign: bytes) -> bool:
    """Whether it pays to decode all escapes of a value at once, by several passes at the speed of C."""
    return value.count(sign, 0, _FAR) > _DENSE


class Wide:
    """Escapes of four hexadecimal digits. mark: how they begin; short: how those of two digits do."""

    def __init__(self, mark: bytes, short: bytes) -> None:
        self._short = short
        self._escaped = short.replace(b"\\", b"\\\\")
        self._most = re.compile(mark + rb"(?![fF]{2})[0-9A-Fa-f]{2}(?=[0-9A-Fa-f]{2})")
        self._full = re.compile(b"(" + mark + rb"[fF]{2}[0-9A-Fa-f]{2})")
        self._forms = Escapes(self._form)

    def _form(self, escape: bytes) -> bytes:
        return self._short + wide(escape[-4:]).hex().encode("ascii")

    def narrowed(self, value: bytes) -> bytes:
        """The value with an escape of two digits in place of each, for the octet that `wide` gives."""
        return self._forms.replaced(self._full, self._most.sub(self._escaped, value))


_URL_WIDE = Wide(b"%[uU]", b"%")
_ESCAPES = Escapes(lambda escape: wide(escape[2:]) if len(escape) > 3 else bytes.fromhex(escape[1:].decode("ascii")))


def url_decode(value: bytes) -> bytes:
    return _url_decoded(value, _URL)


def url_decode_uni(value: bytes) -> bytes:
    return _url_decoded(value, _URL_UNI)


def _url_decoded(value: bytes, escape: re.Pattern[bytes]) -> bytes:
    if PLUS in value:
        value = value.replace(b"+", b" ")
    if PERCENT not in value:
        return value
    if many(value, b"%"):
        if escape is _URL_UNI and (b"%u" in value or b"%U" in value):
            value = _URL_WIDE.narrowed(value)
        return _as_quoted_printable(value)
    return _ESCAPES.replaced(escape, value)


_STRAY = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def _as_quoted_printable(value: bytes) -> bytes:
    """The escapes decoded at the speed of C: quoted-printable has the same with another sign (RFC 2045, 6.7).

    Signs that are no escapes pass through the decoder as they are, but for those before another one, before line breaks and at the
    end. So an octet that is not there stands for the equals sign meanwhile, where one can be found."""
    for sign, escape in _STANDING:
        if sign not in value and escape not in value and b"%3D" not in value and b"%3d" not in value:
            text = value.translate(bytes.maketrans(b"%=", b"=" + sign))
            if text[-1:] == b"=":
                text += b"25"
            for pair in (b"==", b"==", b"=\n", b"=\r"):  # of signs in a row the first pass leaves half
                if pair in text:
                    text = text.replace(pair, b"=25" + pair[1:])
            return binascii.a2b_qp(text).translate(bytes.maketrans(b"=" + sign, b"%="))
    text = _STRAY.sub(b"=25", value.replace(b"=", b"=3D"))
    return binascii.a2b_qp(text.replace(b"%", b"="))


_STANDING = tuple((b"%c" % octet, b"%%%02d" % octet) for octet in range(1, 8))


def url_decode_touches(text: bytes, _borders: int = 0) -> bool:
    return PLUS in text or (PERCENT in text and _URL_UNI.search(text) is not None)


def url_decode_but_plus_touches(text: bytes, _borders: int = 0) -> bool:
    """Likewise, where it does not matter that a plus sign becomes a space."""
    return PERCENT in text and _URL_UNI.search(text) is not None


_URL_KEPT = b"*0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_URL_ENCODED = re.compile(rb"[^*0-9A-Za-z]")
_URL_CODES = {bytes((octet,)): b"+" if octet == 32 else b"%%%02x" % octet for octet in range(256) if octet not in _URL_KEPT}


def url_encode(value: bytes) -> bytes:
    return _URL_ENCODED.sub(lambda match: _URL_CODES[match[0]], value)


def url_encode_touches(text: bytes, borders: int = 0) -> bool:
    return text.replace(b"\n", b"", borders).translate(None, _URL_KEPT) != b""


_NIBBLES = [((octet & 0xDF) - 55 if octet >= 65 else octet - 48) & 0xFF for octet in range(256)]
_PAIR = re.compile(rb"[0-9A-Fa-f]*")


def hex_decode(value: bytes) -> bytes:
    """Two octets make one; what is no digit counts as if it were, and a last single octet goes."""
    if len(value) & 1:
        value = value[:-1]
    if _PAIR.fullmatch(value):
        return bytes.fromhex(value.decode("ascii"))
    return bytes((_NIBBLES[high] * 16 + _NIBBLES[low]) & 0xFF for high, low in zip(value[::2], value[1::2]))


def hex_encode(value: bytes) -> bytes:
    return value.hex().encode("ascii")


_SQL_HEX = re.compile(rb"0[xX]((?:[0-9A-Fa-f]{2})+)")


def sql_hex_decode(value: bytes) -> bytes:
    return _SQL_HEX.sub(lambda match: binascii.unhexlify(match[1]), value)


def sql_hex_decode_touches(text: bytes, _borders: int = 0) -> bool:
    return b"0x" in text or b"0X" in text


_BASE64_BREAK = re.compile(rb" *\r?\n")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]*={0,2}")
_OUTSIDE_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))
_PADDING = re.compile(rb"=+")


def base64_encode(value: bytes) -> bytes:
    return binascii.b2a_base64(value, newline=False)


def base64_decode(value: bytes) -> bytes:
    """Strict: what is not Base64 (RFC 4648, 4; with line breaks) up to the first NUL stays as it is."""
    if len(value) & 3 and not (SPACE in value or LINE_FEED in value or NUL in value):
        return value
    text = value.partition(b"\0")[0].rstrip(b" ")
    if LINE_FEED in text:
        if b" \n" in text or b" \r" in text:
            text = _BASE64_BREAK.sub(b"", text)
        else:
            text = text.replace(b"\r\n", b"").replace(b"\n", b"")
        text = text.rstrip(b" ")
    if len(text) & 3 or not _BASE64.fullmatch(text):
        return value
    return binascii.a2b_base64(text)


def base64_decode_in_lines(text: bytes) -> bytes | None:
    if NUL in text:
        return None
    lines = text.split(b"\n")
    return b"\n".join([line if len(line) & 3 and line[-1:] != b" " else base64_decode(line) for line in lines])


def base64_decode_ext(value: bytes) -> bytes:
    """Forgiving: what is no digit of Base64 is passed over. Empty where padding stands one digit after the last whole group."""
    text = value.translate(None, _OUTSIDE_BASE64)
    if EQUALS in text:
        seen = 0
        pieces = _PADDING.split(text)
        for piece in pieces[:-1]:
            seen += len(piece)
            if seen & 3 == 1:
                return b""
        text = b"".join(pieces)
    rest = len(text) & 3
    if rest == 1:
        text = text[:-1]
    return binascii.a2b_base64(text + b"=" * (4 - rest) if rest > 1 else text)


def length(value: bytes) -> bytes:
    return b"%d" % len(value)


def digest_md5(value: bytes) -> bytes:
    return md5(value, usedforsecurity=False).digest()


def digest_sha1(value: bytes) -> bytes:
    return sha1(value, usedforsecurity=False).digest()


def always(text: bytes, borders: int = 0) -> bool:  # noqa: ARG001
    return True


def never(text: bytes, borders: int = 0) -> bool:  # noqa: ARG001
    return False


def any_octet(text: bytes, borders: int = 0) -> bool:
    """For what changes every value but the empty one."""
    return len(text) > borders


def none(value: bytes) -> bytes:
    return value
