"""Takes transformations of letters and spaces out of chains and into patterns, so that fewer values change before a look.

A pattern after `lowercase` matches a value where the pattern with the upper case of its small letters added matches the value as
it was. So values need not be looked at twice for having capitals, nor for having commas or two spaces where chains make one
space of them, or plus signs. It must not know engines.
"""

from collections.abc import Callable

from yett.formats.signs import AMPERSAND, BACKSLASH, NUL, PERCENT
from yett.formats.transformations import TRANSFORMATIONS, Transformation, codes, escapes, text
from yett.rules.inspection.expressions import Choice, Group, Node, Octets, Repeat, Sequence, before, set_of, with_sets

_TABLES = {"lowercase": bytes(range(256)).lower(), "uppercase": bytes(range(256)).upper()}

BUT_CASE = Transformation(
    "cmdLineButCase", text.command_line_but_case, text.command_line_but_case_touches, text.command_line_but_case_in_lines
)
"""cmdLine without its lower case."""

BUT_SPACES = Transformation(
    "cmdLineButSpaces", text.command_line_but_case, text.command_line_but_spaces_touches, text.command_line_but_case_in_lines
)
IN_PATHS = Transformation(
    "cmdLineInPaths", text.command_line_but_case, text.command_line_in_paths_touches, text.command_line_but_case_in_lines
)
"""Likewise, where the pattern sees to spaces; the second where paths are normalised afterwards."""

ONE_LINE = Transformation(
    "compressWhitespaceOfLines", text.compress_whitespace, text.breaks_touch, text.compress_whitespace_in_lines
)
"""compressWhitespace, where the pattern sees to all white space but line breaks."""

TO_OCTETS = Transformation(
    "utf8toOctets", escapes.utf8_to_octets, escapes.utf8_to_octets_touches, escapes.utf8_to_octets_in_lines
)
"""utf8toUnicode and urlDecodeUni, which nearly always follow each other."""

_BUT_PLUS = {
    "urlDecode": Transformation("urlDecodeButPlus", codes.url_decode, codes.url_decode_but_plus_touches, codes.url_decode),
    "urlDecodeUni": Transformation(
        "urlDecodeUniButPlus", codes.url_decode_uni, codes.url_decode_but_plus_touches, codes.url_decode_uni
    ),
    TO_OCTETS.name: Transformation(
        "utf8toOctetsButPlus",
        escapes.utf8_to_octets,
        escapes.utf8_to_octets_but_plus_touches,
        escapes.utf8_to_octets_in_lines,
    ),
}
"""What is left of them where the pattern sees to plus signs."""


def _may_escape(value: bytes, borders: int) -> bool:
    """Whether there may be a backslash now or after decoding, so that later steps tell small letters from capitals."""
    escapes = BACKSLASH in value or PERCENT in value or AMPERSAND in value or not value.isascii()
    return escapes and text.lowercase_touches(value, borders)


ESCAPED_LOWER = Transformation("lowercaseWhereEscaped", text.lowercase, _may_escape, text.lowercase)
"""lowercase, but where nothing can be escaped and the pattern sees to it."""

STEPS = TRANSFORMATIONS | {
    step.name: step for step in (BUT_CASE, BUT_SPACES, IN_PATHS, ONE_LINE, TO_OCTETS, ESCAPED_LOWER, *_BUT_PLUS.values())
}
"""What a folded chain consists of."""

_ALIKE = {
    BUT_SPACES.name: BUT_CASE.name,
    IN_PATHS.name: BUT_CASE.name,
    ONE_LINE.name: "compressWhitespace",
    ESCAPED_LOWER.name: "lowercase",
    "urlDecodeButPlus": "urlDecode",
    "urlDecodeUniButPlus": "urlDecodeUni",
    "utf8toOctetsButPlus": TO_OCTETS.name,
}


def plainest(name: str, value: bytes) -> str:
    """The name that stands for all steps that do the same to this value; see `yett.formats.transformations.alike`."""
    name = _ALIKE.get(name, name)
    return "urlDecodeUni" if name == TO_OCTETS.name and value.isascii() and NUL not in value else name


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

_PATHS = frozenset(("normalizePath", "normalizePathWin"))
_BEYOND_SPACES = _PATHS | {ESCAPED_LOWER.name, "lowercase", "uppercase", "removeNulls"}
"""Transformations that do the same to a value however many spaces stand in it, or commas in their places."""

_BEYOND_PLUS = _BEYOND_SPACES | {
    "urlDecode",
    "urlDecodeUni",
    "utf8toUnicode",
    TO_OCTETS.name,
    "htmlEntityDecode",
    "jsDecode",
    "escapeSeqDecode",
    "replaceNulls",
    "replaceComments",
}
"""Transformations that do the same to a value whether a plus sign or a space stands in it."""

_SPACE, _PLUS = set_of(b" "), set_of(b"+")
_COMMAND_SPACES, _WHITE = set_of(b" ,;\t\r"), set_of(b" \t\v\f\r")
_AFTER_SPACES = set_of(b"/(")


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
    for place in range(len(steps) - 1, 0, -1):
        if steps[place - 1 : place + 1] == ["utf8toUnicode", "urlDecodeUni"]:
            steps[place - 1 : place + 1] = [TO_OCTETS.name]
    node = _without_spaces(steps, node)
    return tuple(steps), node


def _without_spaces(steps: list[str], node: Node) -> Node:
    """Take out of the steps what they do to white space and plus signs; the expression that sees to it."""
    last = len(steps) - 1
    while last >= 0 and steps[last] in _BEYOND_SPACES:
        last -= 1
    kind = steps[last] if last >= 0 and steps[last] in (BUT_CASE.name, "compressWhitespace") else ""
    before = steps[:last] if kind else steps
    first = next((place for place, name in enumerate(before) if name in _BUT_PLUS), len(before))
    plus = first < len(before) and _BEYOND_PLUS.issuperset(before[first:])
    if plus:
        steps[first : len(before)] = [_BUT_PLUS[name].name if name in _BUT_PLUS else name for name in before[first:]]
    spaces = _PLUS if plus else 0
    if kind == "compressWhitespace":
        steps[last] = ONE_LINE.name
        return _spaced(node, spaces | _WHITE, 0)
    if kind:
        steps[last] = BUT_SPACES.name if _PATHS.isdisjoint(steps[last:]) else IN_PATHS.name
        return _spaced(node, spaces | _COMMAND_SPACES, _AFTER_SPACES)
    return with_sets(node, lambda bits: bits | spaces if bits & _SPACE else bits) if plus else node


def _either(table: bytes) -> Callable[[int], int]:
    """What later transformations bring about was not changed: either the octet or what it is mapped to may be in the set."""
    mapped = before(table)
    return lambda bits: bits | mapped(bits)


def _spaced(node: Node, octets: int, after: int) -> Node:
    """The expression for values in which any of these octets, one or several, stand where it takes a space, and any number of
    them before those of `after`."""
    if isinstance(node, Octets):
        parts: list[Node] = [node]
        if node.bits & _SPACE:
            parts = [Octets(node.bits | octets), Repeat(Octets(octets), 0, None, False)]
        if node.bits & after:
            parts.insert(0, Repeat(Octets(octets), 0, None, False))
        return Sequence(parts) if len(parts) > 1 else node
    if isinstance(node, Sequence):
        return Sequence([_spaced(part, octets, after) for part in node.parts])
    if isinstance(node, Choice):
        return Choice([_spaced(part, octets, after) for part in node.options])
    if isinstance(node, Group):
        return Group(_spaced(node.part, octets, after))
    if isinstance(node, Repeat):
        if isinstance(node.part, Octets):
            if not node.part.bits & (_SPACE | after):
                return node
            return Repeat(Octets(node.part.bits | octets), node.least, None, node.lazy)
        return Repeat(_spaced(node.part, octets, after), node.least, node.most, node.lazy)
    return node
