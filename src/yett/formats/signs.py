"""Octets that texts are searched for, as numbers: `PERCENT in text`.

CPython 3.11 takes the left operand of `b"%" in text` for a number first, raises that it is none, and drops that error: 150 ns in
place of 20. It must not know what the octets mean anywhere.
"""

from typing import Final

NUL: Final = 0x00
TAB: Final = 0x09
LINE_FEED: Final = 0x0A
VERTICAL_TAB: Final = 0x0B
FORM_FEED: Final = 0x0C
RETURN: Final = 0x0D
SPACE: Final = 0x20
QUOTE: Final = 0x22
HASH: Final = 0x23
PERCENT: Final = 0x25
AMPERSAND: Final = 0x26
APOSTROPHE: Final = 0x27
ASTERISK: Final = 0x2A
PLUS: Final = 0x2B
COMMA: Final = 0x2C
DOT: Final = 0x2E
SLASH: Final = 0x2F
SEMICOLON: Final = 0x3B
LESS: Final = 0x3C
EQUALS: Final = 0x3D
QUESTION: Final = 0x3F
BACKSLASH: Final = 0x5C
CARET: Final = 0x5E
NO_BREAK: Final = 0xA0
"""The last octet of a no-break space in UTF-8."""
LATIN: Final = 0xC2
"""The first octet of U+0080 to U+00BF in UTF-8."""
FULL_WIDTH: Final = 0xEF
"""The first octet of full-width forms, and of all else from U+F000 to U+FFFF."""
