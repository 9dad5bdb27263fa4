"""Transformations of case, white space, NULs, comments, parity and command lines.

Each pair below is (apply, touches). `apply(value)` is the transformed value, in time linear in its length.
`touches(text, borders)` is False only if `apply` would change none of the values that `text` consists of: one value, or
several joined by line feeds, `borders` of them. Semantics are those of ModSecurity 3.0.15, found by observing it.
It must not know rules.
"""

import re

from yett.formats.signs import (
    APOSTROPHE,
    ASTERISK,
    BACKSLASH,
    CARET,
    COMMA,
    FORM_FEED,
    HASH,
    LATIN,
    NO_BREAK,
    NUL,
    PLUS,
    QUOTE,
    RETURN,
    SEMICOLON,
    SLASH,
    SPACE,
    TAB,
    VERTICAL_TAB,
)

SPACES = b" \t\n\v\f\r"
"""What isspace() of C takes for white space in the C locale."""

_SPACES_ALIKE_IN_LINES = bytes.maketrans(b"\t\v\f\r", b"    ")
_SPACES_ALIKE = bytes.maketrans(b"\t\n\v\f\r", b"     ")
_RIM = re.compile(rb"\A[ \t\n\v\f\r]|[ \t\n\v\f\r]\Z|\n[ \t\n\v\f\r]|[ \t\n\v\f\r]\n")
_COMMENT = re.compile(rb"/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/|\Z)")
_ANY_COMMENT = re.compile(rb"/\*|<!--|--|#")
_COMMENT_END = re.compile(rb"\*/|-->")
_COMMENT_CHARACTERS = re.compile(rb"/\*|\*/|<!--|-->|--|#")


def lowercase(value: bytes) -> bytes:
    return value.lower()


def lowercase_touches(text: bytes, _borders: int = 0) -> bool:
    return text.lower() != text


def uppercase(value: bytes) -> bytes:
    return value.upper()


def uppercase_touches(text: bytes, _borders: int = 0) -> bool:
    return text.upper() != text


def remove_nulls(value: bytes) -> bytes:
    return value.replace(b"\0", b"")


def replace_nulls(value: bytes) -> bytes:
    return value.replace(b"\0", b" ")


def nulls_touch(text: bytes, _borders: int = 0) -> bool:
    return NUL in text


def _other_space(text: bytes) -> bool:
    return TAB in text or RETURN in text or VERTICAL_TAB in text or FORM_FEED in text


_RUNS_OF_SPACES = re.compile(rb"  +")
_RARE = 50


def squeezed(text: bytes, octet: bytes, runs: re.Pattern[bytes]) -> bytes:
    """The text with one octet instead of several in a row. runs: what finds two or more."""
    pair = octet + octet
    pairs = text.count(pair)
    if not pairs:
        return text
    if pairs * _RARE < len(text):
        return runs.sub(octet, text)
    while pair in text:  # at most as often as the length of the longest run can be halved
        text = text.replace(pair, octet)
    return text


def compress_whitespace(value: bytes) -> bytes:
    return squeezed(value.translate(_SPACES_ALIKE), b" ", _RUNS_OF_SPACES)


def compress_whitespace_in_lines(text: bytes) -> bytes:
    return squeezed(text.translate(_SPACES_ALIKE_IN_LINES), b" ", _RUNS_OF_SPACES)


def compress_whitespace_touches(text: bytes, borders: int = 0) -> bool:
    return text.find(b"  ") >= 0 or _other_space(text) or text.count(b"\n") > borders


def breaks_touch(text: bytes, borders: int = 0) -> bool:
    """Whether a value has line breaks of its own."""
    return text.count(b"\n") > borders


def remove_whitespace(value: bytes) -> bytes:
    """White space goes, and both octets of a no-break space in UTF-8, wherever they stand."""
    return value.translate(None, b" \t\n\v\f\r\xa0\xc2")


def remove_whitespace_in_lines(text: bytes) -> bytes:
    return text.translate(None, b" \t\v\f\r\xa0\xc2")


def remove_whitespace_touches(text: bytes, borders: int = 0) -> bool:
    return SPACE in text or NO_BREAK in text or LATIN in text or _other_space(text) or text.count(b"\n") > borders


def trim(value: bytes) -> bytes:
    return value.strip(SPACES)


def trim_left(value: bytes) -> bytes:
    return value.lstrip(SPACES)


def trim_right(value: bytes) -> bytes:
    return value.rstrip(SPACES)


def trim_touches(text: bytes, _borders: int = 0) -> bool:
    return _RIM.search(text) is not None


_COMMAND_TABLE = bytes.maketrans(b",;\t\r\n", b"     ")
_COMMAND_TABLE_IN_LINES = bytes.maketrans(b",;\t\r", b"    ")
_IGNORED = b"\"'\\^"


def command_line(value: bytes) -> bytes:
    """Undo what shells ignore: quotes, backslashes and carets go; commas, semicolons and white space become one space, which
    goes before a slash or parenthesis; letters become lower case."""
    return command_line_but_case(value).lower()


def command_line_in_lines(text: bytes) -> bytes:
    return command_line_but_case_in_lines(text).lower()


def command_line_touches(text: bytes, borders: int = 0) -> bool:
    return command_line_but_case_touches(text, borders) or lowercase_touches(text)


def command_line_but_case(value: bytes) -> bytes:
    return _spaced(value.translate(_COMMAND_TABLE, _IGNORED))


def command_line_but_case_in_lines(text: bytes) -> bytes:
    return _spaced(text.translate(_COMMAND_TABLE_IN_LINES, _IGNORED))


def _spaced(text: bytes) -> bytes:
    if SPACE not in text:
        return text
    return squeezed(text, b" ", _RUNS_OF_SPACES).replace(b" /", b"/").replace(b" (", b"(")


def command_line_but_case_touches(text: bytes, borders: int = 0) -> bool:
    return (
        QUOTE in text
        or APOSTROPHE in text
        or COMMA in text
        or SEMICOLON in text
        or BACKSLASH in text
        or CARET in text
        or text.find(b"  ") >= 0
        or text.find(b" /") >= 0
        or text.find(b" (") >= 0
        or TAB in text
        or RETURN in text
        or text.count(b"\n") > borders
    )


def command_line_but_spaces_touches(text: bytes, borders: int = 0) -> bool:
    """Likewise, where it does not matter which octets become spaces, how many stand side by side, and before what they go."""
    return QUOTE in text or APOSTROPHE in text or BACKSLASH in text or CARET in text or text.count(b"\n") > borders


def command_line_in_paths_touches(text: bytes, borders: int = 0) -> bool:
    """Likewise, where it matters whether they go before slashes."""
    before = SLASH in text and (
        (SPACE in text and text.find(b" /") >= 0)
        or (COMMA in text and text.find(b",/") >= 0)
        or (PLUS in text and text.find(b"+/") >= 0)
        or (SEMICOLON in text and text.find(b";/") >= 0)
        or (TAB in text and text.find(b"\t/") >= 0)
        or (RETURN in text and text.find(b"\r/") >= 0)
    )
    return before or command_line_but_spaces_touches(text, borders)


def replace_comments(value: bytes) -> bytes:
    return _COMMENT.sub(b" ", value) if b"/*" in value else value


def replace_comments_in_lines(text: bytes) -> bytes | None:
    return None if b"/*" in text else text


def replace_comments_touches(text: bytes, _borders: int = 0) -> bool:
    return ASTERISK in text and b"/*" in text


def remove_comments(value: bytes) -> bytes:
    """As ModSecurity: the octet after a comment's end is kept whatever it is (a NUL where there is none), a comment that never
    ends is a space, and nothing is kept from "--" or "#" on."""
    pieces = []
    at = 0
    while (start := _ANY_COMMENT.search(value, at)) is not None:
        pieces.append(value[at : start.start()])
        if start[0] in (b"--", b"#"):
            return b"".join(pieces)
        end = _COMMENT_END.search(value, start.end())
        if end is None:
            pieces.append(b" ")
            return b"".join(pieces)
        at = end.end() + 1
        pieces.append(value[end.end() : at] or b"\0")
    pieces.append(value[at:])
    return b"".join(pieces)


def remove_comments_touches(text: bytes, _borders: int = 0) -> bool:
    return HASH in text or (ASTERISK in text and b"/*" in text) or text.find(b"--") >= 0


def remove_comment_characters(value: bytes) -> bytes:
    return _COMMENT_CHARACTERS.sub(b"", value)


def remove_comment_characters_touches(text: bytes, _borders: int = 0) -> bool:
    return HASH in text or text.find(b"--") >= 0 or (ASTERISK in text and (b"/*" in text or b"*/" in text))


def _parity(odd: int) -> bytes:
    """The highest bit says whether the number of ones in the whole octet is odd (1), or even (0)."""
    return bytes((octet & 127) | (128 if octet.bit_count() & 1 == odd else 0) for octet in range(256))


_EVEN, _ODD = _parity(1), _parity(0)
_ZERO = bytes(octet & 127 for octet in range(256))


def parity_even(value: bytes) -> bytes:
    return value.translate(_EVEN)


def parity_odd(value: bytes) -> bytes:
    return value.translate(_ODD)


def parity_zero(value: bytes) -> bytes:
    return value.translate(_ZERO)


def parity_zero_touches(text: bytes, _borders: int = 0) -> bool:
    return not text.isascii()
