"""Whether two answers say the same, apart from what changes with every answer. Pure; linear in their sizes."""

from typing import Any

from yett.formats.names import words
from yett.model.probe import Answer
from yett.rules.probing.wording import listed

_VOLATILE = listed(
    "time timestamp date now nonce requestid request_id traceid trace_id took elapsed duration uptime csrf expires iat exp"
)
_DEPTH = 12
_MOST = 5_000


def same(one: Answer, other: Answer) -> bool:
    """Whether two answers have the same status and say the same: the same JSON but for times and ids of requests, or the same
    octets otherwise."""
    if one.status != other.status:
        return False
    if one.body == other.body:
        return True
    first, second = one.json(), other.json()
    return first is not None and second is not None and steady(first) == steady(second)


def steady(tree: Any, depth: int = 0) -> Any:
    """A tree without what changes with every answer."""
    if isinstance(tree, dict):
        kept = {name: part for name, part in list(tree.items())[:_MOST] if not _changes(name)}
        return {name: steady(part, depth + 1) for name, part in kept.items()} if depth < _DEPTH else {}
    if isinstance(tree, list):
        return [steady(part, depth + 1) for part in tree[:_MOST]] if depth < _DEPTH else []
    return tree


def _changes(name: str) -> bool:
    parts = words(name)
    return bool(parts) and (name.lower() in _VOLATILE or parts[-1] in ("timestamp", "nonce") or parts[-2:] == ("request", "id"))


def values(tree: Any, most: int = 2_000) -> dict[str, list[Any]]:
    """All scalars of a tree by the name of the member that holds them (in lists: the list's); at most so many."""
    found: dict[str, list[Any]] = {}
    rest: list[tuple[str, Any]] = [("", tree)]
    while rest and most > 0:
        name, value = rest.pop()
        if isinstance(value, dict):
            rest.extend((str(key), part) for key, part in list(value.items())[:_MOST])
        elif isinstance(value, list):
            rest.extend((name, part) for part in value[:_MOST])
        elif value is not None:
            found.setdefault(name, []).append(value)
            most -= 1
    return found


def holds(answer: Answer, value: Any) -> bool:
    """Whether a value stands in an answer: as a scalar of its JSON (numbers also as text), or in its text where it has at least
    six characters."""
    tree = answer.json()
    text = str(value)
    if tree is not None and any(str(one) == text for listed_ in values(tree).values() for one in listed_):
        return True
    return len(text) >= 6 and text.encode() in answer.body
