"""Which segments of a path stand in the answer: `GET /users/alice` gives `{"login": "alice"}`, `GET /users/search` no "search".

What a path names is often a member of what it gives, and names of resources are not, so this tells values from names where nothing
else does. Items of plain lists do not count: they name what there is, such as products and permissions. It must not know templates.
"""

from collections.abc import Iterable, Sequence
from typing import Any

_LOOKED = 200
"""Members of one answer that are looked at."""

_DEEP = 2
"""Containers above a member, at most: an item of a list in an envelope."""

_ITEMS = 3
"""Items of a list that are looked at: the others have the same members."""

_LONGEST = 18
"""Digits of a number that is compared as one."""

_KINDS = frozenset(("type", "_type", "@type", "kind", "object", "resource", "resourceType", "resource_type", "entity", "class"))
"""Members that repeat the name of the resource ("type" of JSON:API 1.1, 7.2; "object", "kind" of others), and no value."""


def echoed(segments: Sequence[str], value: Any) -> tuple[int, ...]:
    """Places of the segments that are a text or a number in the value, counted from the last one, which is 1. value: of JSON."""
    wanted: set[str | int] = set(segments)
    wanted.update(int(one) for one in segments if one.isdigit() and len(one) <= _LONGEST)
    found: set[str | int] = set()
    pending: list[tuple[Any, int]] = [(value, 0)]
    left = _LOOKED
    while pending and left > 0:
        part, depth = pending.pop()
        members: Iterable[tuple[str, Any]]
        if type(part) is dict:
            members = part.items()
        elif type(part) is list:
            members = [("", one) for one in part[:_ITEMS]]
        else:
            continue
        for name, one in members:
            left -= 1
            if left < 0:
                break
            if type(one) is str or type(one) is int:
                if name and one in wanted and name not in _KINDS:
                    found.add(one)
            elif depth < _DEEP:
                pending.append((one, depth + 1))
    if not found:
        return ()
    texts = {str(one) for one in found}
    return tuple(len(segments) - place for place, segment in enumerate(segments) if segment and segment in texts)
