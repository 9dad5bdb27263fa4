"""Reading parsed documents that may hold anything: what is not of the kind that is asked for is empty.

It must not know any format.
"""

from collections.abc import Iterator
from typing import Any

from yett.formats.document import step

ANY_METHOD = ("",)
MAX_DEPTH = 100


def mapped(value: Any) -> dict[str, Any]:
    """The mapping that a value is, or an empty one."""
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    """The list that a value is, or an empty one."""
    return value if isinstance(value, list) else []


def text_of(value: Any) -> str:
    """The text that a value is; a number as it is written; "" for all else."""
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""


def texts_of(value: Any) -> list[str]:
    """The texts of a list, or the only one where it is not in a list."""
    found = [text_of(one) for one in (value if isinstance(value, list) else [value])]
    return [text for text in found if text]


def at(value: Any, *keys: str) -> Any:
    """What stands below, or None."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def walk(tree: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every mapping with its JSON pointer, in the order of the document, to MAX_DEPTH, each once however many aliases it has."""
    waiting: list[tuple[str, Any, int]] = [("", tree, 0)]
    seen: set[int] = set()
    while waiting:
        pointer, value, depth = waiting.pop()
        if depth > MAX_DEPTH or id(value) in seen:
            continue
        if isinstance(value, dict):
            seen.add(id(value))
            yield pointer, value
            children = [(pointer + step(str(key)), child, depth + 1) for key, child in value.items()]
        elif isinstance(value, list):
            seen.add(id(value))
            children = [(f"{pointer}/{index}", child, depth + 1) for index, child in enumerate(value)]
        else:
            continue
        waiting += reversed(children)
