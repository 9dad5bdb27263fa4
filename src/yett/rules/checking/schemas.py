"""Objections to schemas, one for each component or body instead of one for each property. It must not know any rule."""

from collections.abc import Callable, Iterator

from yett.rules.checking.description import Described, Description, Schema
from yett.rules.checking.issue import MORE, Issue, listed


def by_root(description: Description, objects: Callable[[Schema], bool], text: str) -> Iterator[Issue]:
    """An issue for each root in which `objects` finds schemas. text: with "{names}" for where they are."""
    found: dict[str, list[Schema]] = {}
    for schema in description.schemas:
        if objects(schema):
            found.setdefault(schema.root, []).append(schema)
    for root, schemas in found.items():
        names = [schema.path or "the value itself" for schema in schemas]
        yield Issue(
            place=root,
            text=text.replace("{names}", listed(names)),
            operation=operation_at(root),
            more=tuple(schema.pointer for schema in schemas[:MORE]),
        )


def operation_at(pointer: str) -> str:
    """ "GET /users" for a pointer into that operation; "" for what several may share."""
    parts = pointer.split("/")
    if len(parts) < 4 or parts[1] != "paths" or parts[3] == "parameters":
        return ""
    return f"{parts[3].upper()} {parts[2].replace('~1', '/').replace('~0', '~')}"


def together(found: list[Described], description: Description, text: str) -> Iterator[Issue]:
    """One issue for all operations that lack the same thing, where one for each would only be noise. text: with "{names}"."""
    if found:
        whole = len(found) == len(description.operations)
        names = "every operation" if whole else listed([one.name for one in found])
        yield Issue(text=text.replace("{names}", names), more=tuple(one.pointer for one in found[:MORE]))
