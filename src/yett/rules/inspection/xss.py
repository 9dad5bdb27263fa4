"""Script injection in a value: whether it makes script of itself where a page shows it.

The value is read as HTML in up to five ways: as text, as the inside of a tag, and as the rest of an attribute's value that
was opened by each kind of quote. Reading is one pattern that takes markup as long as it is harmless and never goes back; what
it does not take to the end is script. The technique is libinjection's (tokens of HTML in five states, Nick Galbreath); the
reading is Yett's own, after the HTML Standard, section 13.2.5, with what old browsers did otherwise. Knows nothing of
requests and rules.
"""

import re
from collections.abc import Iterable
from typing import Final

from yett.formats.signs import EQUALS, LESS
from yett.rules.inspection.xss_words import (
    ADDRESSES,
    ATTRIBUTE_FAMILIES,
    ATTRIBUTES,
    DECLARATIONS,
    ELEMENT_FAMILIES,
    ELEMENTS,
    HANDLERS,
    NAMES_OF_ATTRIBUTES,
    SCHEMES,
)

_SPACE: Final = rb"[\t-\r ]"
_IN_NAME: Final = rb"[^\t-\r />=]"


def _choice(words: Iterable[str]) -> bytes:
    """A pattern for any of the words, as a tree: what they have in common is looked at once."""
    tree: dict[str, set[str]] = {}
    for word in words:
        tree.setdefault(word[:1], set()).add(word[1:])
    if set(tree) == {""}:
        return b""
    branches = [re.escape(first).encode() + _choice(rests) for first, rests in sorted(tree.items()) if first]
    if "" in tree:
        branches.append(b"")
    return b"(?:" + b"|".join(branches) + b")" if len(branches) > 1 else branches[0]


_CONTROL_CODE: Final = (
    rb"\#(?=[0-9])0*+(?:3[0-2]|[12]?[0-9])?+(?![0-9])|\#x(?=[0-9a-f])0*+(?:20|1?[0-9a-f])?+(?![0-9a-f])|tab|newline"
)
_CONTROL: Final = rb"(?:[\x00-\x20]|&(?:%s);?+)*+" % _CONTROL_CODE


def _disguised(word: str) -> bytes:
    """A pattern for the word with its letters as they are or as character references, and control characters between them."""
    forms = []
    for letter in word:
        upper = letter.upper()
        figures = rb"\#0*+(?:%d|%d)(?![0-9])|\#x0*+(?:%x|%x)(?![0-9a-f])" % (ord(letter), ord(upper), ord(letter), ord(upper))
        forms.append(rb"(?:%s|&(?:%s);?+)" % (re.escape(letter).encode(), figures))
    return _CONTROL.join(forms)


_END: Final = rb"(?=[\t-\r />=]|\Z)"
_HOSTILE_NAME: Final = rb"(?:%s|(?:%s)%s)" % (_choice(HANDLERS + ATTRIBUTE_FAMILIES), _choice(ATTRIBUTES), _END)
_EQUALS: Final = _SPACE + rb"*+=" + _SPACE + rb"*+"
_OPENED: Final = rb"[\"'`]?+[\x00-\x20\x7f-\xff]*+" + _CONTROL
_HOSTILE_ATTRIBUTE: Final = rb"(?:%s%s*+%s(?!\Z)|(?:%s)%s%s(?:%s)|(?:%s)%s[\"'`]?+%s)" % (
    _HOSTILE_NAME, _IN_NAME, _EQUALS,
    _choice(ADDRESSES), _EQUALS, _OPENED, b"|".join(_disguised(scheme) for scheme in SCHEMES),
    _choice(NAMES_OF_ATTRIBUTES), _EQUALS, _HOSTILE_NAME,
)  # fmt: skip
_VALUE: Final = rb"(?:\"[^\"]*+\"?+|'[^']*+'?+|`[^`]*+`?+|[^\t-\r >\"'`][^\t-\r >]*+)?+"
_FIRSTS: Final = b"".join(
    sorted({name[:1].encode() for name in HANDLERS + ATTRIBUTE_FAMILIES + ATTRIBUTES + ADDRESSES + NAMES_OF_ATTRIBUTES})
)
_ATTRIBUTE: Final = rb"(?:[^\t-\r />%s]|(?!%s)[%s])%s*+(?:%s%s)?+" % (
    _FIRSTS,
    _HOSTILE_ATTRIBUTE,
    _FIRSTS,
    _IN_NAME,
    _EQUALS,
    _VALUE,
)
_ATTRIBUTES: Final = rb"(?:[\t-\r /]++|%s)*+" % _ATTRIBUTE

_HOSTILE_ELEMENT: Final = rb"(?:%s|(?:%s)(?=[\t-\r />]|\Z))" % (_choice(ELEMENT_FAMILIES), _choice(ELEMENTS))
_LEFT_OPEN: Final = rb"(?:%s)[^\t-\r />]*+(?!>)|(?:%s)(?=[\t-\r /]|\Z)" % (_choice(ELEMENT_FAMILIES), _choice(ELEMENTS))
_TAG: Final = rb"<(?:/(?!%s)|(?!%s))(?=[a-z])[^\t-\r />]*+%s(?:>|\Z)" % (_LEFT_OPEN, _HOSTILE_ELEMENT, _ATTRIBUTES)
_DECLARATION: Final = rb"(?:%s.|%s)" % (_choice(DECLARATIONS[:2]), _choice(DECLARATIONS[2:]))
_REMARK: Final = rb"<!--(?!%s)(?:[^-`]++|-(?!->|-?!>|->))*+(?:--!?>|->|\Z)" % _DECLARATION
_SECTION: Final = rb"<!\[cdata\[(?:[^\]]++|\](?!\]>))*+(?:\]\]>|\Z)"
_BOGUS: Final = rb"<(?!!--|!\[cdata\[)(?!!doctype|[!?]%s)(?:[!?]|/(?![a-z]))[^>`]*+(?:>|\Z)" % _DECLARATION
_PAGE_CODE: Final = rb"<%%(?!%s)(?:[^%%]++|%%(?!>))*+(?:%%>|\Z)" % _DECLARATION
_TEXT: Final = rb"(?:[^<]++|%s|(?:<(?=<))++|<(?![a-z!?/%%])|%s|%s|%s|%s)*+" % (_TAG, _REMARK, _SECTION, _BOGUS, _PAGE_CODE)

_HARMLESS_TEXT: Final = re.compile(_TEXT, re.DOTALL).fullmatch
_HARMLESS_INSIDE: Final = re.compile(_ATTRIBUTES + rb"(?:>" + _TEXT + rb")?+", re.DOTALL).fullmatch

INSIDE_OCTETS: Final = 131_072
"""Octets read of a value where it is taken for the inside of a tag: reading it in five ways must not take five times as long."""


def _inside(text: bytes, start: int) -> bool:
    """Whether the text is script where it stands inside a tag from `start` on."""
    end = len(text)
    if end - start > INSIDE_OCTETS:
        end = start + INSIDE_OCTETS
        end = text.rfind(b">", start, end) + 1 or end
    return not _HARMLESS_INSIDE(text, start, end)


def may_be_xss(value: bytes) -> bool:
    """Whether `xss` has to read the value. Never False for what `xss` flags, nor for values that hold such a value."""
    return LESS in value or EQUALS in value


def xss_as_text(value: bytes) -> bool:
    """Whether the value makes script of itself where a page shows it as text: what is left of `xss` without attributes' values."""
    return LESS in value and not _HARMLESS_TEXT(value.lower().replace(b"\x00", b""))


def xss(value: bytes) -> bool:
    """Whether the value makes script of itself in some place of a page. Takes time proportional to its length; raises nothing."""
    text = value.lower().replace(b"\x00", b"")
    if LESS in text:
        if not _HARMLESS_TEXT(text):
            return True
    elif EQUALS not in text:
        return False
    if _inside(text, 0):
        return True
    return any(quote in text and _inside(text, text.index(quote) + 1) for quote in (b"'", b'"', b"`"))
