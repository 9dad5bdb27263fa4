"""Takes transformations of letters out of chains and into patterns, so that fewer values change before they are looked at.

A pattern after `lowercase` matches a value where the pattern with the upper case of its small letters added matches the value as
it was. So values need not be looked at twice for having capitals. It must not know engines.
"""

from collections.abc import Callable

from yett.formats.transformations import TRANSFORMATIONS, Transformation, text
from yett.rules.inspection.expressions import Node, before, with_sets

_TABLES = {"lowercase": bytes(range(256)).lower(), "uppercase": bytes(range(256)).upper()}

BUT_CASE = Transformation(
    "cmdLineButCase", text.command_line_but_case, text.command_line_but_case_touches, text.command_line_but_case_in_lines
)
"""cmdLine without its lower case."""

STEPS = TRANSFORMATIONS | {BUT_CASE.name: BUT_CASE}
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
"""Transformations that do the same to a value whatever the case of its letters is, but for the case of what comes out."""


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
        if table is None or not _INDIFFERENT.issuperset(step for step in steps[place + 1 :] if step not in _TABLES):
            continue
        last = place == len(steps) - 1
        del steps[place]
        node = with_sets(node, before(table) if last else _either(table))
    return tuple(steps), node


def _either(table: bytes) -> Callable[[int], int]:
    """What later transformations bring about was not changed: either the octet or what it is mapped to may be in the set."""
    mapped = before(table)
    return lambda bits: bits | mapped(bits)
