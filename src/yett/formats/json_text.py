"""JSON that a person or a tool wrote to a file: strict (RFC 8259), no key twice, bounded depth, fast on many megabytes.

It must not know what the document is for.
"""

import json
import re
from typing import Any

import msgspec

from yett.formats.document import Bounds, Lines, Positions, step
from yett.model.mistake import DocumentError, Mistake

_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


class _Repeated(ValueError):
    pass


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _Repeated
    return made


def _constant(name: str) -> Any:
    raise _Repeated(name)


def read_json(text: str, file: str) -> Any:
    """The tree of a JSON text. Raises DocumentError."""
    try:
        msgspec.json.decode(text)  # stricter than the standard library: lone surrogates, NaN
        tree = json.loads(text, object_pairs_hook=_mapping, parse_constant=_constant)
    except RecursionError:
        raise _too_deep(file) from None
    except json.JSONDecodeError as error:
        raise DocumentError(Mistake(f"not JSON: {error.msg}", file, error.lineno, error.colno)) from None
    except ValueError as error:  # also msgspec.DecodeError
        raise _explained(text, file, error) from None
    if _deeper_than(tree, Bounds.depth):
        raise _too_deep(file)
    return tree


def _too_deep(file: str) -> DocumentError:
    return DocumentError(Mistake(f"nested deeper than {Bounds.depth}", file))


def _explained(text: str, file: str, error: ValueError) -> DocumentError:
    """What is wrong, with its place, where msgspec or the hook above only know that something is."""
    try:
        json.loads(text)
        json_positions(text, file)
    except json.JSONDecodeError as found:
        return DocumentError(Mistake(f"not JSON: {found.msg}", file, found.lineno, found.colno))
    except DocumentError as found:
        return found
    except (RecursionError, ValueError):
        return DocumentError(Mistake("not JSON: a number is too long", file))
    return DocumentError(Mistake(f"not JSON: {error}", file))


def _deeper_than(tree: Any, limit: int) -> bool:
    """Whether lists and mappings stand in each other more than `limit` deep."""
    level = [tree] if isinstance(tree, (dict, list)) else []
    depth = 0
    while level and depth <= limit:
        depth += 1
        children = (child for node in level for child in (node.values() if type(node) is dict else node))
        level = [child for child in children if type(child) is dict or type(child) is list]
    return depth > limit


def json_positions(text: str, file: str) -> Positions:
    """Where everything stands in a JSON text. Raises DocumentError where a mapping has a key twice."""
    lines = Lines(text)
    found: Positions = {}
    stack: list[tuple[str, str | int]] = []  # pointer of the container, and the key or index that comes next
    pointer = ""
    expects_key = False
    for match in _WORD.finditer(text):
        word = match[0]
        if word in "{[":
            found[pointer] = lines.place(match.start())
            stack.append((pointer, "" if word == "{" else 0))
            expects_key = word == "{"
            if word == "[":
                pointer += "/0"
        elif word in "}]":
            pointer, expects_key = stack.pop()[0], False
        elif word == ",":
            container, at = stack[-1]
            expects_key = isinstance(at, str)
            if isinstance(at, int):
                stack[-1] = (container, at + 1)
                pointer = f"{container}/{at + 1}"
        elif expects_key:
            key = json.loads(word)
            pointer = stack[-1][0] + step(key)
            place = lines.place(match.start())
            if pointer + "#" in found:
                first = found[pointer + "#"][0]
                raise DocumentError(Mistake(f"the key {key!r} stands twice", file, *place, f"first in line {first}"))
            found[pointer + "#"] = place
            expects_key = False
        elif word != ":":
            found[pointer] = lines.place(match.start())
    return found
