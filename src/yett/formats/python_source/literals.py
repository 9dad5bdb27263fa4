"""Literals of Python as values: texts with their escapes, numbers. It must not know the parser."""

import re

_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|N\{[^}]{1,100}\}|([0-7]{1,3})|(.|\n))", re.DOTALL
)
_SIMPLE = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "\n": "",
}
LONGEST = 4_000
"""Characters of a text that are kept."""


def unescaped(text: str) -> str:
    """A text without its escapes (Python's reference, 2.4.1.1); an unknown one stays as it is."""
    return _ESCAPE.sub(_one, text) if "\\" in text else text


def _one(match: re.Match[str]) -> str:
    digits = match[1] or match[2] or match[3]
    if digits or match[4]:
        point = int(digits, 16) if digits else int(match[4], 8)
        return chr(point) if point <= 0x10FFFF and not 0xD800 <= point <= 0xDFFF else "\ufffd"
    return _SIMPLE.get(match[5] or "", match[0])


def number(text: str) -> int | float | None:
    """An integer or floating number as written; None for one beyond a bound, and for imaginary ones."""
    plain = text.replace("_", "").rstrip("lL")
    if len(plain) > 60:
        return None
    try:
        return int(plain, 0) if not plain.isdecimal() else int(plain)
    except ValueError:
        pass
    try:
        return float(plain)
    except (ValueError, OverflowError):
        return None
