"""Takes transformations of letters and spaces out of chains and into patterns, so that fewer values change before a look.

A pattern after `lowercase` matches a value where the pattern with the upper case of its small letters added matches the value as
it was. So values need not be looked at twice for having capitals, nor for having commas or two spaces where chains make one
space of them. It must not know engines.
"""

from collections.abc import Callable

from yett.formats.transformations import TRANSFORMATIONS, Transformation, escapes, text
from yett.rules.inspection.expressions import Choice, Group, Node, Octets, Repeat, Sequence, before, set_of, with_sets

_TABLES = {"lowercase": bytes(range(256)).lower(), "uppercase": bytes(range(256)).upper()}

BUT_CASE = Transformation(
    "cmdLineButCase", text.command_line_but_case, text.command_line_but_case_touches, text.command_line_but_case_in_lines
)
"""cmdLine without its lower case."""

BUT_SPACES = Transformation(
    "cmdLineButSpaces",
    text.command_line_but_case,
    text.command_line_beyond_spaces_touches,
    text.command_line_but_case_in_lines,
)
"""Likewise, where the pattern sees to spaces."""

ONE_LINE = Transformation(
    "compressWhitespaceOfLines", text.compress_whitespace, text.breaks_touch, text.compress_whitespace_in_lines
)
"""compressWhitespace, where the pattern sees to all white space but line breaks."""

_SPACES = {BUT_CASE.name: (BUT_SPACES.name, set_of(b" ,;\t\r")), "compressWhitespace": (ONE_LINE.name, set_of(b" \t\v\f\r"))}
"""What is left of a transformation, and the octets of which it makes spaces."""

TO_OCTETS = Transformation(
    "utf8toOctets", escapes.utf8_to_octets, escapes.utf8_to_octets_touches, escapes.utf8_to_octets_in_lines
)
"""utf8toUnicode and urlDecodeUni, which nearly always follow each other."""


def _may_escape(value: bytes, borders: int) -> bool:
    """Whether there may be a backslash now or after decoding, so that later steps tell small letters from capitals."""
    escapes = b"\\" in value or b"%" in value or b"&" in value or not value.isascii()
    return escapes and text.lowercase_touches(value, borders)


ESCAPED_LOWER = Transformation("lowercaseWhereEscaped", text.lowercase, _may_escape, text.lowercase)
"""lowercase, but where nothing can be escaped and the pattern sees to it."""

STEPS = TRANSFORMATIONS | {step.name: step for step in (BUT_CASE, BUT_SPACES, ONE_LINE, TO_OCTETS, ESCAPED_LOWER)}
"""What a folded chain consists of."""

_INDIFFERENT = frozenset(
    (
        "urlDecode",
        "urlDecodeUni",
        "htmlEntityDecode",
        "removeNulls",
        "replaceNulls",
        "removeWhitespace",
        "compressWhitespace",
        "replaceComments",
        "removeComments",
        "removeCommentsChar",
        "trim",
        "trimLeft",
        "trimRight",
        "normalizePath",
        "normalizePathWin",
        BUT_CASE.name,
    )
)
_AFTER_BACKSLASHES = _INDIFFERENT | {"jsDecode", "cssDecode", "escapeSeqDecode", "lowercase", "uppercase"}
"""Transformations that do the same to a value whatever the case of its letters is, but for the case of what comes out."""

_BEYOND_SPACES = frozenset((ESCAPED_LOWER.name, "lowercase", "uppercase", "removeNulls", "normalizePath", "normalizePathWin"))
"""Transformations that do the same to a value however many spaces stand in it, or commas in their places."""


def folded(chain: tuple[str, ...], node: Node) -> tuple[tuple[str, ...], Node]:
    """A chain and an expression that find at least what the given ones find: the expression where it matches a value after the
    given chain matches the value after the new one too."""
    steps: list[str] = []
    for name in chain:
        if name == "cmdLine":
            steps += (BUT_CASE.name, "lowercase")
        else:
            steps.append(name)
    for place in range(len(steps) - 1, -1, -1):
        table = _TABLES.get(steps[place])
        if table is None:
            continue
        after = [step for step in steps[place + 1 :] if step not in _TABLES]
        if _INDIFFERENT.issuperset(after):
            node = with_sets(node, _either(table) if after else before(table))
            del steps[place]
        elif steps[place] == "lowercase" and _AFTER_BACKSLASHES.issuperset(after):
            node = with_sets(node, _either(table))
            steps[place] = ESCAPED_LOWER.name
    for place in range(len(steps) - 1, -1, -1):
        spaces = _SPACES.get(steps[place])
        if spaces is not None and _BEYOND_SPACES.issuperset(steps[place + 1 :]):
            steps[place], octets = spaces
            node = _spaced(node, octets)
    for place in range(len(steps) - 1, 0, -1):
        if steps[place - 1 : place + 1] == ["utf8toUnicode", "urlDecodeUni"]:
            steps[place - 1 : place + 1] = [TO_OCTETS.name]
    return tuple(steps), node


def _either(table: bytes) -> Callable[[int], int]:
    """What later transformations bring about was not changed: either the octet or what it is mapped to may be in the set."""
    mapped = before(table)
    return lambda bits: bits | mapped(bits)


def _spaced(node: Node, octets: int) -> Node:
    """The expression for values in which any of these octets, one or several, stand where it takes a space."""
    if isinstance(node, Octets):
        if not node.bits >> 0x20 & 1:
            return node
        return Sequence([Octets(node.bits | octets), Repeat(Octets(octets), 0, None, False)])
    if isinstance(node, Sequence):
        return Sequence([_spaced(part, octets) for part in node.parts])
    if isinstance(node, Choice):
        return Choice([_spaced(part, octets) for part in node.options])
    if isinstance(node, Group):
        return Group(_spaced(node.part, octets))
    if isinstance(node, Repeat):
        if isinstance(node.part, Octets):
            if not node.part.bits >> 0x20 & 1:
                return node
            return Repeat(Octets(node.part.bits | octets), node.least, None, node.lazy)
        return Repeat(_spaced(node.part, octets), node.least, node.most, node.lazy)
    return node
