"""Plain values: of letters, digits and the punctuation of prose. Most values are plain, and few patterns match any of them.

In a plain value nothing is encoded, so most transformations change nothing, and most of a pattern falls away: what is left of
all patterns is looked for in all plain values in one pass. A line that is not plain does no harm there. It must not know rules.
"""

import re
import string

from yett.formats.transformations import chain_of
from yett.rules.inspection.approximation import without
from yett.rules.inspection.expressions import literal
from yett.rules.inspection.matching import Needle
from yett.rules.inspection.reading import NotLinear, read
from yett.rules.inspection.writing import written

_NEEDED = {
    "cssDecode": b"\\",
    "escapeSeqDecode": b"\\",
    "htmlEntityDecode": b"&",
    "jsDecode": b"\\",
    "removeNulls": b"\0",
    "replaceComments": b"*",
    "replaceNulls": b"\0",
    "urlDecode": b"%+",
    "urlDecodeUni": b"%+",
    "utf8toUnicode": bytes((0, *range(128, 256))),
}
"""Octets without which a transformation changes nothing."""

_KEEPING = frozenset(
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
"""Transformations that bring no octets into a value but letters of the other case, slashes and spaces."""


class Plain:
    """Values that consist of some octets only: of ASCII, letters of both cases, slashes and spaces among them."""

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self._and_break = octets + b"\n"
        self._not = sum(1 << octet for octet in range(256) if octet not in octets)
        self._same = frozenset(name for name, needed in _NEEDED.items() if not needed.translate(None, self._not_in(needed)))
        self._keeping = _KEEPING | ({"urlDecode", "urlDecodeUni"} if b"%" not in octets else frozenset())
        self._likewise = {} if b"\\" in octets else {"normalizePathWin": "normalizePath"}
        in_class = re.escape(octets)
        self._others = re.compile(b"^[%b]*+[^%b\n][^\n]*+" % (in_class, in_class), re.MULTILINE)

    def _not_in(self, needed: bytes) -> bytes:
        return needed.translate(None, self.octets)

    def others(self, lines: bytes) -> list[bytes]:
        """The lines of a text that are not plain."""
        return self._others.findall(lines) if lines.translate(None, self._and_break) else []

    def same(self, chain: tuple[str, ...]) -> bool:
        """Whether a chain changes no plain value."""
        return self._same.issuperset(chain)

    def unchanged(self, chain: tuple[str, ...]) -> int:
        """How many transformations at the beginning of a chain change no plain value."""
        return next((at for at, name in enumerate(chain) if name not in self._same), len(chain))

    def keeps(self, chain: tuple[str, ...]) -> bool:
        """Whether a chain makes plain values of plain values."""
        return self._keeping.union(self._same).issuperset(chain)

    def left(self, one: Needle) -> Needle | None:
        """What is left of a needle in plain values; None where it matches none of them."""
        chain = tuple(self._likewise.get(name, name) for name in chain_of(one.chain) if name not in self._same)
        if not self._keeping.issuperset(chain):
            return one
        if one.phrases:
            phrases = tuple(phrase for phrase in one.phrases if not phrase.translate(None, self.octets))
            return Needle(one.id, b"", chain, caseless=one.caseless, phrases=phrases) if phrases else None
        try:
            node = literal(one.pattern, one.caseless) if one.literal else read(one.pattern, one.caseless)
        except NotLinear:
            return one  # the matcher says why
        rest = without(node, self._not)
        return None if rest is None else Needle(one.id, written(rest), chain)


PATH = Plain(f"{string.ascii_letters}{string.digits} _/-".encode())
"""Paths without dots, as most are."""

_PROSE = f"{string.ascii_letters}{string.digits} _.,:-/@!?()[]{{}}"

TEXT = Plain(f"{_PROSE}+".encode())
"""Words, names, numbers, dates, paths, prose without apostrophes."""

UNSIGNED = Plain(_PROSE.encode())
"""Likewise, without plus signs, in which nothing is encoded at all."""

_TARGET = f"{_PROSE}=&~$'*;|"

TARGET = Plain(f"{_TARGET}+".encode())
"""Targets without percent encodings."""

SENT = Plain(f"{_TARGET}+%".encode())
"""Targets with percent encodings of nothing but what stands in `UNDONE`."""

UNDONE = Plain(_TARGET.encode())
"""What is left of them once the encodings are undone, without plus signs."""
