"""Judgements of line breaks in values: whether one ends what should be one line, or belongs to a text.

Pure, bounded, and linear in what is looked at. It must not know patterns of rules.
"""

import re

from yett.formats.inspected import Origin
from yett.rules.inspection.signature import Found

ONE_LINE = frozenset({Origin.QUERY, Origin.PATH, Origin.COOKIE, Origin.HEADER})
"""Places that hold one line by their nature."""
TRUNCATED = (
    rb"(?:[\xc4\xc8\xcc\xd0\xd4\xd8\xdc][\x8a\x8d]|[\xe0-\xef][\x80\x84\x88\x8c\x90\x94\x98\x9c\xa0\xa4\xa8\xac\xb0\xb4\xb8\xbc][\x8a\x8d]"
    rb"|\xe2\x80[\xa8\xa9]|\xc2\x85)"
)
"""Characters of which the last octet of their number is that of CR or LF, which is what writers of single octets leave of them;
and the line breaks of Unicode. In UTF-8."""
_BREAKS = re.compile(TRUNCATED)


def is_one_line(found: Found) -> bool:
    """The place holds one line by its nature, or the value looks like one that goes on."""
    if found.value.origin in (Origin.QUERY, Origin.FORM, Origin.JSON, Origin.PART, Origin.XML):
        before = found.text[: found.start]
        if b"   " in found.text[found.start : found.end] or (b": " in before and not _splits(found)):
            return False  # an indented text, and a list of fields
        return b"\n" not in before and len(before) <= 200 and before.count(b" ") <= 2 and b"HTTP/" not in before
    return True


def _splits(found: Found) -> bool:
    """A field that ends or steers a response, after a line break as of HTTP, in a place of one line."""
    return found.value.origin is Origin.QUERY and _STEERING.match(found.text, found.start) is not None


_STEERING = re.compile(rb"\r\n[\s\x00]{0,4}(?:set-cookie|location|content-length|transfer-encoding|refresh)\s{0,4}:", re.I)


def is_next_line(found: Found) -> bool:
    """A short value of one word goes on in another line."""
    text, before = found.text, found.text[: found.start].strip()
    if text.count(b"\n") > 2 or before.strip(b"-= ") != before.strip():
        return False
    if found.value.origin not in ONE_LINE and (b"\r" not in text[: found.start + 1] or b" " in text.strip().partition(b":")[0]):
        return False
    return len(text) <= 200 and not before.count(b" ") and b"\n" not in before and b":" not in _ADDRESS.sub(b"", before)[-40:]


_ADDRESS = re.compile(rb"(?i)^https?://")


def is_hidden(found: Found) -> bool:
    """The value has no line break as it was read, but another reader finds one in it, and nothing of a text or of another address
    that may need it."""
    value, before = found.value.text, found.text[: found.start]
    if b"\n" in value or b"\r" in value or len(value) > 300:
        return False
    if _LINK.match(value) is not None or (b"=" in before and value[:1] != b"/"):
        return False
    return before.count(b" ") <= 1 and value.count(b"%") + value.count(b"\\") + value.count(b"&") <= 60


_LINK = re.compile(rb"\s*[a-z][a-z0-9+.\-]{1,20}:", re.I)
"""Addresses, which may have a whole text as a parameter."""


def is_alone(found: Found) -> bool:
    """Nothing is beyond ASCII but the characters that were found."""
    text = found.text
    return len(text) <= 200 and not _BEYOND.search(_BREAKS.sub(b"", text))


_BEYOND = re.compile(rb"[\x80-\xff]")


def is_word(found: Found) -> bool:
    """One word, a line break as of HTTP, and another word, in a place that holds neither."""
    text = found.text.strip(b"\r\n")
    if b"=" in text and not text.startswith((b"/", b"http")):
        return False
    return len(text) <= 80 and b" " not in text and text.count(b"\n") + text.count(b"\r") <= 4
