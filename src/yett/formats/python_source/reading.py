"""One file of Python to a `Module`. What the grammar does not know is reported with its line; the rest is read.

Only this file, `statements` and `expressions` know tree-sitter. It must not know what is looked for.
"""

from collections.abc import Iterator

import tree_sitter
import tree_sitter_python

from yett.formats.python_source.decoding import decoded
from yett.formats.python_source.statements import Statements
from yett.formats.python_source.tree import Module
from yett.model.mistake import Mistake

LARGEST = 2_000_000
"""Octets of a file; a longer one is reported and not read."""
_MOST = 20
"""Problems that are told of one file."""

_LANGUAGE = tree_sitter.Language(tree_sitter_python.language())


def read_module(octets: bytes, file: str) -> Module:
    """file: how it is called in findings. Never raises for what the octets are."""
    if len(octets) > LARGEST:
        return Module(file, (), problems=(Mistake(f"larger than {LARGEST:,} octets; not read", file),))
    text, problems = decoded(octets, file)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", " ").replace("\0", "\ufffd")
    source = text.encode("utf-8", "replace")
    tree = tree_sitter.Parser(_LANGUAGE).parse(source)
    made = Statements(source, file)
    body = made.block(tree.root_node, 0)
    told = [*problems, *_wrong(tree.root_node, file), *made.problems]
    told.sort(key=lambda one: one.line)
    if len(told) > _MOST:
        told[_MOST:] = [Mistake(f"and {len(told) - _MOST} more that could not be read", file)]
    return Module(file, body, tuple(text.split("\n")), tuple(told))


def _wrong(root: tree_sitter.Node, file: str) -> Iterator[Mistake]:
    """Where the grammar gave up: each outermost error once, iteratively."""
    waiting = [root] if root.has_error else []
    while waiting:
        node = waiting.pop()
        if node.is_error:
            yield Mistake("this is not understood as Python", file, node.start_point[0] + 1, node.start_point[1] + 1)
        elif node.is_missing:
            yield Mistake(f"{node.type!r} is missing here", file, node.start_point[0] + 1, node.start_point[1] + 1)
        else:
            waiting += [one for one in node.children if one.has_error or one.is_missing]
