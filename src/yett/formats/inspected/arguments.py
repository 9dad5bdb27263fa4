"""A JSON document as the arguments that ModSecurity 3 makes of it, for rules written for that engine.

Names and texts were compared with libmodsecurity 3.0.15: `json.items.array_0.price` for {"items": [{"price": 1}]}, an empty
name is `empty-key`, a document that is one scalar is `json`; null is an empty text, empty containers are nothing. The text of a
number is the shortest that means it (1.5 where 1.50 was sent). It must not know any rule.
"""

from itertools import islice
from typing import Any, NamedTuple

from yett.formats.inspected.json_values import UNPROVEN, ProvenTree, encoded, octets

LONGEST_NAMES = 4 << 20
"""Octets of all names together: each holds the names of all that it stands in."""


class Arguments(NamedTuple):
    """names and texts: of one length; a text is None where the contract has proven it harmless. truncated: there are more."""

    names: list[bytes]
    texts: list[bytes | None]
    truncated: bool


def json_arguments(document: Any, most: int, proven: ProvenTree = UNPROVEN, root: int = 0) -> Arguments:
    """The leaves of a document, breadth first, at most `most`. Numbers, booleans and null cannot hold an attack where the
    document was read strictly; they are given because rules count and name them."""
    names: list[str] = []
    texts: list[str] = []
    hidden: list[int] = []
    safe = proven.safe
    left, truncated = LONGEST_NAMES, False
    waiting: list[tuple[str, Any, int]] = [("json", document, root)]
    if type(document) is not dict and type(document) is not list:
        text = None if type(document) is str and safe[root] else octets(_text(document))
        return Arguments([b"json"], [text], False)
    for prefix, value, known in waiting:  # grows meanwhile
        room = most - len(names)
        left -= (len(prefix) + 8) * len(value)
        if room <= 0 or left < 0:
            truncated = True
            break
        truncated = truncated or len(value) > room
        if type(value) is dict:
            members, rest = proven.members(known)
            for key, part in islice(value.items(), room):
                kind = type(part)
                name = f"{prefix}.{key or 'empty-key'}"
                if kind is str:
                    if safe[members.get(key, rest)]:
                        hidden.append(len(names))
                    names.append(name)
                    texts.append(part)
                elif kind is dict or kind is list:
                    waiting.append((name, part, members.get(key, rest)))
                else:
                    names.append(name)
                    texts.append(_text(part))
        else:
            item = proven.items(known)
            for index, part in enumerate(islice(value, room)):
                kind = type(part)
                name = f"{prefix}.array_{index}"
                if kind is dict or kind is list:
                    waiting.append((name, part, item))
                else:
                    if kind is str and safe[item]:
                        hidden.append(len(names))
                    names.append(name)
                    texts.append(part if kind is str else _text(part))
    found: list[bytes | None] = [*encoded(texts)]
    for index in hidden:
        found[index] = None
    return Arguments(encoded(names), found, truncated)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if value is True:
        return "true"
    return "false" if value is False else str(value)
