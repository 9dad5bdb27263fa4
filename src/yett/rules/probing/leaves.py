"""Answers as leaves, and what two of them have in common: what a caller learnt that only another one should know.

A leaf is a pointer ("/items/*/name", positions of lists as "*") with a scalar value. It must not know who asked.
"""

from collections.abc import Iterator
from typing import Any

from yett.formats.names import words
from yett.model.probe import Answer
from yett.rules.probing.wording import listed

MOST = 2_000
"""Leaves of one answer that are looked at."""
_DEPTH = 12
_TELLING = 4
"""Characters from which on a text tells something by itself."""
_VOLATILE = listed(
    "timestamp time date now nonce trace traceid request requestid correlation correlationid etag expires served server version "
    "duration took elapsed age cursor signature csrf"
)

Leaf = tuple[str, Any]


def leaves(tree: Any) -> list[Leaf]:
    """The leaves of a JSON tree, in order, at most `MOST`; empty lists and objects have none."""
    found: list[Leaf] = []
    for leaf in _walk(tree, "", 0):
        found.append(leaf)
        if len(found) >= MOST:
            break
    return found


def _walk(tree: Any, pointer: str, depth: int) -> Iterator[Leaf]:
    if depth > _DEPTH:
        return
    if isinstance(tree, dict):
        for name, part in tree.items():
            yield from _walk(part, f"{pointer}/{name}", depth + 1)
    elif isinstance(tree, list):
        for part in tree:
            yield from _walk(part, f"{pointer}/*", depth + 1)
    else:
        yield pointer, tree


def name_of(pointer: str) -> str:
    """The name of a leaf: the last step that is no position."""
    return next((step for step in reversed(pointer.split("/")) if step not in ("*", "")), "")


def volatile(pointer: str) -> bool:
    """Whether a leaf of that name differs from call to call by its nature: times, traces, versions."""
    found = words(name_of(pointer))
    return bool(found) and (found[-1] in _VOLATILE or found[-1] == "at" or "".join(found) in _VOLATILE)


def telling(value: Any) -> bool:
    """Whether a value says something by itself: a text of some length, a number beyond counting; not true, null, "ok" or 3."""
    if isinstance(value, bool) or value is None:
        return False
    if isinstance(value, str):
        return len(value) >= _TELLING and value.lower() not in ("true", "false", "null", "none", "success")
    return isinstance(value, float) or abs(value) > 999


def texts(answer: Answer) -> frozenset[str]:
    """The telling values of an answer as texts, those that differ by nature left out."""
    return frozenset(str(value) for pointer, value in leaves(answer.json()) if telling(value) and not volatile(pointer))


def same_content(first: Answer, second: Answer) -> bool:
    """Whether two answers say the same: equal leaves but for what differs by nature; equal octets where they are no JSON."""
    trees = first.json(), second.json()
    if trees[0] is None or trees[1] is None:
        return bool(first.body) and first.body == second.body
    told = [[leaf for leaf in leaves(tree) if not volatile(leaf[0])] for tree in trees]
    return bool(told[0]) and told[0] == told[1]


def holds(answer: Answer, value: Any) -> bool:
    """Whether some leaf of an answer is that value, written as text or not."""
    wanted = str(value)
    return any(str(found) == wanted and not isinstance(found, bool) for _, found in leaves(answer.json()))
