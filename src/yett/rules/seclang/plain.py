"""Plain values: of letters, digits and the punctuation of prose. Most values are plain, and few patterns match any of them.

In a plain value nothing is encoded, so most transformations change nothing, and most of a pattern falls away: what is left of
all patterns is looked for in all plain values in one pass. A line that is not plain does no harm there. It must not know rules.
"""

import re
import string
from collections.abc import Iterable

from yett.formats.transformations import chain_of
from yett.rules.inspection.approximation import without
from yett.rules.inspection.expressions import choice, literal
from yett.rules.inspection.matching import Needle
from yett.rules.inspection.reading import NotLinear, read
from yett.rules.inspection.writing import written
from yett.rules.seclang.needles import ENCODING, decodes

PLAIN = f"{string.ascii_letters}{string.digits} _.,:-/@!?()[]{{}}".encode()
"""The octets of plain values. None of them begins or ends an escape, a string or a comment."""

_PLAIN_LINES = PLAIN + b"\n"
_OTHER_OCTETS = sum(1 << octet for octet in range(256) if octet not in PLAIN)
_IN_CLASS = re.escape(PLAIN)
_OTHERS = re.compile(b"^[%b]*+[^%b\n][^\n]*+" % (_IN_CLASS, _IN_CLASS), re.MULTILINE)

IDENTICAL = frozenset(
    (
        "cssDecode",
        "escapeSeqDecode",
        "htmlEntityDecode",
        "jsDecode",
        "removeNulls",
        "replaceComments",
        "replaceNulls",
        "urlDecode",
        "urlDecodeUni",
        "utf8toUnicode",
    )
)
"""Transformations that change no plain value."""

_CLOSED = frozenset(
    (
        "cmdLine",
        "compressWhitespace",
        "lowercase",
        "normalizePath",
        "normalizePathWin",
        "removeCommentsChar",
        "removeWhitespace",
        "trim",
        "trimLeft",
        "trimRight",
        "uppercase",
    )
)
"""Transformations that make plain values of plain values."""


def for_plain(one: Needle) -> Needle | None:
    """What is left of a needle in plain values that are not Base64; None where it matches none of them."""
    chain = tuple(name for name in chain_of(one.chain) if name not in IDENTICAL)
    if decodes(one):
        chain = tuple(name for name in chain if name != ENCODING)
    if not _CLOSED.issuperset(chain):
        return one
    if one.phrases:
        phrases = tuple(phrase for phrase in one.phrases if not phrase.translate(None, PLAIN))
        return Needle(one.id, b"", chain, caseless=one.caseless, phrases=phrases) if phrases else None
    try:
        node = literal(one.pattern, one.caseless) if one.literal else read(one.pattern, one.caseless)
    except NotLinear:
        return one  # the matcher says why
    rest = without(node, _OTHER_OCTETS)
    return None if rest is None else Needle(one.id, written(choice([rest])), chain)


def others(lines: bytes) -> list[bytes]:
    """The lines of a text that are not plain."""
    return _OTHERS.findall(lines) if lines.translate(None, _PLAIN_LINES) else []


def same(chain: Iterable[str]) -> bool:
    """Whether a chain changes no plain value."""
    return IDENTICAL.issuperset(chain)
