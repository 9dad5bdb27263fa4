"""One function that callers reach, and how its parameters are filled. It must not know frameworks."""

from typing import Literal

import msgspec

from yett.formats.python_source.tree import Expression
from yett.rules.sourcing.program import Place

Filling = Literal["fastapi", "flask", "django", "request", "tornado", "graphql", "connexion"]
"""How parameters are filled: by name and annotation; from the template; a request and the template; a request alone; …"""


class Guard(msgspec.Struct, frozen=True):
    """Something that runs before a handler. name: as its program calls it; origin: what it stands for."""

    name: str
    origin: str


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """scope: id of the function. group: key of the router or class. parameters: of the template, with the converter of each.
    declared: further ones with (place, type), where a description says so. dependency: it is no route, but runs before some."""

    scope: str
    filling: Filling
    method: str = ""
    template: str = ""
    group: str = ""
    place: Place
    guards: tuple[Guard, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()
    declared: tuple[tuple[str, str, str], ...] = ()
    depends: tuple[tuple[str, str], ...] = ()
    dependency: bool = False


class Router(msgspec.Struct, kw_only=True):
    """A router, blueprint or application. parents: what includes it, with the prefix there. prefix: its own."""

    key: str
    prefix: str = ""
    guards: list[Guard] = []
    parents: list[tuple[str, str]] = []
    node: Expression | None = None


SLASHES = 40


def template(*parts: str) -> str:
    """Parts of a path as one, with one "/" between them."""
    made = "/".join(part.strip("/") for part in parts if part.strip("/"))
    return f"/{made}" + ("/" if parts and parts[-1].endswith("/") and made and len(parts[-1]) > 1 else "")


def braces(path: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """ "/a/{id:int}" as "/a/{id}" with its parameters."""
    return _marked(path, "{", "}", lambda inner: inner.partition(":")[::2])


def angles(path: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """ "/a/<int:id>" as "/a/{id}" with its parameters."""

    def read(inner: str) -> tuple[str, str]:
        kind, colon, name = inner.rpartition(":")
        return name, kind.partition("(")[0] if colon else ""

    return _marked(path, "<", ">", read)


def _marked(path: str, begin: str, end: str, read: object) -> tuple[str, tuple[tuple[str, str], ...]]:
    made, found, at = [], [], 0
    for _ in range(SLASHES):
        start = path.find(begin, at)
        stop = path.find(end, start)
        if start < 0 or stop < 0:
            break
        name, kind = read(path[start + 1 : stop])  # type: ignore[operator]
        made.append(f"{path[at:start]}{{{name.strip()}}}")
        found.append((name.strip(), kind.strip()))
        at = stop + 1
    return "".join([*made, path[at:]]), tuple(found)


def groups(pattern: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """A regular expression of a path as a template: named groups become parameters, with their pattern as converter."""
    text = pattern.removeprefix("^").removesuffix("$").removesuffix("\\Z").replace("\\/", "/").replace("\\.", ".")
    made, found, at, number = [], [], 0, 0
    while at < len(text):
        if text[at] != "(":
            made.append(text[at] if text[at] not in "?*+" else "")
            at += 1
            continue
        stop = _closing(text, at)
        inner = text[at + 1 : stop]
        at = stop + 1
        if inner.startswith("?P<"):
            name, _, kind = inner[3:].partition(">")
        elif inner.startswith("?"):
            continue
        else:
            number += 1
            name, kind = f"arg{number}", inner
        made.append(f"{{{name}}}")
        found.append((name, f"re:{kind}"))
    return "".join(made), tuple(found[:SLASHES])


def _closing(text: str, at: int) -> int:
    depth = 0
    for index in range(at, len(text)):
        if text[index] == "\\":
            continue
        depth += (text[index] == "(") - (text[index] == ")")
        if not depth:
            return index
    return len(text)
