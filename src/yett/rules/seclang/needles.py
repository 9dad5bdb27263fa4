"""What a matcher has to look for, for links with something to look for: for values without line breaks, and for all values.

Matchers join values with line feeds. A pattern that may take a line feed somewhere then finds what stands in two values, and rules
would be run for nothing with every request; so for values that have no line breaks, and get none by transformations, patterns are
looked for that cannot take any. Base64 is decoded where a value may be Base64 only. It must not know rules.
"""

import re
from collections.abc import Callable, Iterable, Sequence

import msgspec
import re2

from yett.formats.signs import LINE_FEED, PLUS, SPACE
from yett.formats.transformations import chain_of
from yett.rules.inspection.approximation import without
from yett.rules.inspection.expressions import Anchor, Choice, Node, Octets, Repeat
from yett.rules.inspection.expressions import Sequence as Sequence_
from yett.rules.inspection.matching import Needle
from yett.rules.inspection.reading import NotLinear, read
from yett.rules.inspection.writing import written
from yett.rules.seclang.triggers import Trigger

Phrases = Callable[[Trigger], Sequence[bytes]]

_LINE_FEED = 1 << 10

TELLING = (b"%", b"&", b"\\", b"\0")
"""Octets without which the transformations below make no line break."""

_PLAIN = frozenset(
    (
        "cmdLine",
        "compressWhitespace",
        "cssDecode",
        "escapeSeqDecode",
        "htmlEntityDecode",
        "jsDecode",
        "length",
        "lowercase",
        "normalizePath",
        "normalizePathWin",
        "removeComments",
        "removeCommentsChar",
        "removeNulls",
        "removeWhitespace",
        "replaceComments",
        "trim",
        "uppercase",
        "urlDecode",
        "urlDecodeUni",
        "utf8toUnicode",
    )
)


ENCODING, WHITE_SPACE = "base64Decode", "removeWhitespace"
_BEFORE = frozenset(("urlDecodeUni", "jsDecode", WHITE_SPACE))
"""Without an octet of TELLING these only take white space away, or make a space of a plus sign."""

_ENCODED = re.compile(rb"[A-Za-z0-9+/]{2,}+={0,2}+ *+").fullmatch
_SPACED = re.compile(rb"^[A-Za-z0-9+/ \t\r\v\f]{2,}+={0,2}+[ \t\r\v\f]*+$", re.MULTILINE)
_WHITE = b" \t\r\v\f"


def needle(number: int, trigger: Trigger, chain: tuple[str, ...], phrases: Phrases) -> Needle:
    """For any values."""
    operator = trigger.rule.operator
    if operator.name in ("rx", "rxglobal"):
        return Needle(number, operator.octets, chain)
    if operator.name in ("pm", "pmf", "pmfromfile"):
        return Needle(number, b"", chain, caseless=True, phrases=tuple(phrases(trigger)))
    anchors = _ANCHORS.get(operator.name)
    if anchors is not None:
        return Needle(number, anchors % re2.escape(operator.octets), chain)
    return Needle(number, operator.octets, chain, literal=True)


_ANCHORS = {"streq": b"^%b$", "beginswith": b"^%b", "endswith": b"%b$"}


def unbroken(one: Needle) -> Needle | None:
    """For values without line breaks and octets of TELLING that are not Base64; None where the needle matches none of them."""
    one = undecoded(one)
    chain = chain_of(one.chain)
    if not _PLAIN.issuperset(chain):
        return one
    if one.phrases:
        phrases = tuple(phrase for phrase in one.phrases if LINE_FEED not in phrase)
        return Needle(one.id, b"", chain, caseless=one.caseless, phrases=phrases) if phrases else None
    if one.literal:
        return None if LINE_FEED in one.pattern else Needle(one.id, one.pattern, chain, True, one.caseless)
    try:
        rest = without(read(one.pattern, one.caseless), _LINE_FEED)
    except NotLinear:
        return one  # the matcher says why
    return None if rest is None else Needle(one.id, written(rest), chain)


def decodes(one: Needle) -> bool:
    """Whether it is looked for in Base64 that was decoded, in a way that `encoded` finds."""
    chain = chain_of(one.chain)
    return chain.count(ENCODING) == 1 and _BEFORE.issuperset(chain[: chain.index(ENCODING)]) and _least(one) >= SHORTEST


def undecoded(one: Needle) -> Needle:
    """A needle for values that are not Base64."""
    if not decodes(one):
        return one
    return msgspec.structs.replace(one, chain=tuple(name for name in chain_of(one.chain) if name != ENCODING))


def bound(one: Needle) -> bool:
    """Whether the pattern may be bound to the ends of a whole text, so that it need not match where the text is one of several
    lines."""
    return not one.phrases and not one.literal and _ENDS.search(one.pattern) is not None


_ENDS = re.compile(rb"\\[AzZG]|\(\?[a-z]*-")


def one_octet(one: Needle) -> bool:
    """Whether any text matches that holds one of some octets: there is nothing to be confirmed then."""
    if one.phrases or one.chain:
        return False
    if one.literal:
        return len(one.pattern) == 1
    try:
        return isinstance(read(one.pattern, one.caseless), Octets)
    except NotLinear:
        return False


SHORTEST = 4
"""Octets: what has fewer is looked for in anything. Four digits of Base64, the length of many words, are three octets."""


def _least(one: Needle) -> int:
    if one.phrases or one.literal:
        return min(map(len, one.phrases or (one.pattern,)))
    try:
        return least(read(one.pattern, one.caseless))
    except NotLinear:
        return 0


def least(node: Node, counted: int = -1) -> int:
    """Octets of the shortest text that an expression matches; or how many of some octets (a set) there are in each, at least."""
    if isinstance(node, Octets):
        return 1 if not node.bits & ~counted else 0
    if isinstance(node, Anchor):
        return 0
    if isinstance(node, Sequence_):
        return sum([least(part, counted) for part in node.parts])
    if isinstance(node, Choice):
        return min([least(option, counted) for option in node.options])
    return least(node.part, counted) * (node.least if isinstance(node, Repeat) else 1)


def encoded(lines: Iterable[bytes], spaced: bool) -> list[bytes]:
    """Those of the lines that may be Base64 of more than three octets. spaced: white space may stand within it."""
    if spaced:
        found = _SPACED.findall(b"\n".join(lines))
    else:
        found = [
            line
            for line in lines
            if (SPACE not in line or line[-1:] == b" ")
            and (not len(line) & 3 or line[-1:] == b" " or PLUS in line)
            and _ENCODED(line) is not None
        ]
    suspects = []
    for line in found:
        length = len(line.translate(None, _WHITE))
        if length > SHORTEST and (not length & 3 or PLUS in line):  # a plus sign may stand for a space
            suspects.append(line)
    return suspects


def in_decoded(one: Needle) -> tuple[tuple[str, ...], Needle]:
    """The transformations that `decodes` is about, and the needle in what they make of a value."""
    chain = chain_of(one.chain)
    end = chain.index(ENCODING) + 1
    return chain[:end], msgspec.structs.replace(one, chain=chain[end:])
