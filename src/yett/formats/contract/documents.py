"""The documents that a contract consists of, and what a `$ref` in one of them points to.

Documents come as parsed trees by their path relative to the directory of the root document, with "/" between segments.
Nothing here reads a file or fetches a URL: what was not handed in does not exist, and what lies outside cannot be named.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

Path = tuple[str, ...]
MAX_CHAIN = 32
"""Longest chain of references to references that is followed."""
MAX_DEPTH = 200
"""Deepest nesting of a document that is searched for references."""

VALUES = frozenset(("example", "examples", "default", "enum", "const"))
"""Keys whose values are literal: a "$ref" inside is not a reference."""
MAPS = frozenset(("properties", "patternProperties", "definitions", "$defs", "dependentSchemas", "schemas", "mapping")) | {
    *("responses", "headers", "parameters", "requestBodies", "pathItems", "paths", "content", "callbacks", "links"),
    *("encoding", "variables", "securitySchemes", "securityDefinitions"),
}
"""Keys whose values map free names, so that a name such as "default" below them is not a keyword."""


class BrokenReference(Exception):
    """A reference leads nowhere, or where it must not. The message is for the contract's owner."""


class Node(msgspec.Struct, frozen=True):
    """A place in a document, and what is there."""

    document: str
    path: Path
    value: Any

    def child(self, *keys: str) -> "Node":
        """What is below; None is its value where there is nothing."""
        value = self.value
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return Node(self.document, (*self.path, *keys), value)

    @property
    def pointer(self) -> str:
        return pointer(self.path)


def pointer(path: Path) -> str:
    """A path as a JSON pointer (RFC 6901, section 3)."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)


def key_text(key: object) -> str:
    """A mapping's key as JSON would have it: YAML also gives numbers and booleans (`200:`, `true:`)."""
    if isinstance(key, bool):
        return "true" if key else "false"
    return key if isinstance(key, str) else str(key)


def percent_decoded(text: str) -> str:
    """Decode a URI fragment or path. Raises BrokenReference for what is not UTF-8 or not an encoding."""
    if "%" not in text:
        return text
    head, *rest = text.encode().split(b"%")
    try:
        return (head + b"".join(bytes.fromhex(part[:2].decode()) + part[2:] for part in rest)).decode()
    except ValueError:
        raise BrokenReference(f"{text!r} is not validly percent-encoded") from None


def target_document(base: str, reference: str) -> str:
    """The document that `reference`, written in the document `base`, names. Raises BrokenReference where it is not below
    the contract's directory: absolute URLs and paths, and ".." beyond the top."""
    name = percent_decoded(reference.partition("#")[0])
    if not name:
        return base
    if ":" in name.partition("/")[0] or name.startswith("/") or "\\" in name or "?" in name or "\0" in name:
        raise BrokenReference(f"{reference!r} is not a relative path below the contract's directory; nothing is ever fetched")
    segments = base.split("/")[:-1]
    for segment in name.split("/"):
        if segment == "..":
            if not segments:
                raise BrokenReference(f"{reference!r} leaves the contract's directory")
            segments.pop()
        elif segment not in ("", "."):
            segments.append(segment)
    return "/".join(segments)


def references(document: Any, path: str = "") -> set[str]:
    """Other documents that `document` refers to, as paths relative to the contract's directory.

    `path` is the document's own such path. References that must not be followed are left out: `read_contract` reports them.
    """
    found: set[str] = set()
    for reference in _all_references(document, False, 0):
        try:
            found.add(target_document(path, reference))
        except BrokenReference:
            continue
    return found - {path, ""}


def _all_references(value: Any, names: bool, depth: int) -> Iterator[str]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, dict):
        for key, part in value.items():
            if names:
                yield from _mapped(part) if isinstance(part, str) else _all_references(part, False, depth + 1)
            elif key == "$ref" and isinstance(part, str):
                yield part
            elif key not in VALUES and not (isinstance(key, str) and key.startswith("x-")):
                yield from _all_references(part, key in MAPS, depth + 1)
    elif isinstance(value, list):
        for part in value:
            yield from _all_references(part, False, depth + 1)


def _mapped(value: str) -> Iterator[str]:
    """A discriminator's mapping names a schema, or refers to one."""
    if "#" in value or "/" in value or value.endswith((".json", ".yaml", ".yml")):
        yield value


class Documents:
    """All documents of a contract. `root` is the path of the one that describes the API."""

    def __init__(self, root: str, trees: Mapping[str, Any]) -> None:
        self.root = root
        self.trees = trees
        self._anchors: dict[str, dict[str, Path]] = {}
        selves = ((name, tree.get("$self")) for name, tree in trees.items() if isinstance(tree, dict) and "openapi" in tree)
        self._addresses = {address: name for name, address in selves if isinstance(address, str) and "://" in address}
        """Documents by the address that they give themselves (OpenAPI 3.2.0, 4.1.2)."""

    def resolve(self, document: str, reference: object) -> Node:
        """What a `$ref` in `document` points to; it may be a reference again. Raises BrokenReference."""
        if not isinstance(reference, str):
            raise BrokenReference("$ref is not a string")
        address, _, _ = reference.partition("#")
        name = self._addresses[address] if address in self._addresses else target_document(document, reference)
        if name not in self.trees:
            raise BrokenReference(f"{reference!r}: there is no document {name!r}")
        fragment = percent_decoded(reference.partition("#")[2])
        if fragment and not fragment.startswith("/"):
            path = self._anchor(name, fragment)
        else:
            path = tuple(part.replace("~1", "/").replace("~0", "~") for part in fragment.split("/")[1:])
        return Node(name, path, self._at(name, path, reference))

    def _at(self, document: str, path: Path, reference: str) -> Any:
        value = self.trees[document]
        for key in path:
            if isinstance(value, dict):
                value = value.get(key, _MISSING) if key in value else _by_text(value, key)
            elif isinstance(value, list) and key.isdecimal() and len(key) < 10 and int(key) < len(value):
                value = value[int(key)]
            else:
                value = _MISSING
            if value is _MISSING:
                raise BrokenReference(f"{reference!r}: there is nothing at {pointer(path)!r} in {document!r}")
        return value

    def _anchor(self, document: str, name: str) -> Path:
        if document not in self._anchors:
            self._anchors[document] = dict(_all_anchors(self.trees[document], (), 0))
        found = self._anchors[document].get(name)
        if found is None:
            raise BrokenReference(f"there is no $anchor {name!r} in {document!r}")
        return found

    def follow(self, node: Node) -> Node:
        """Follow `$ref` until something that is not a reference. Raises BrokenReference, also for a ring."""
        for _ in range(MAX_CHAIN):
            if not isinstance(node.value, dict) or "$ref" not in node.value:
                return node
            node = self.resolve(node.document, node.value["$ref"])
        raise BrokenReference(f"a chain of more than {MAX_CHAIN} references, or a ring of them")


_MISSING = object()


def _by_text(value: dict[Any, Any], key: str) -> Any:
    """Find a key that YAML did not read as a string, such as a status."""
    return next((part for name, part in value.items() if not isinstance(name, str) and key_text(name) == key), _MISSING)


def _all_anchors(value: Any, path: Path, depth: int) -> Iterator[tuple[str, Path]]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, dict):
        anchor = value.get("$anchor")
        if isinstance(anchor, str):
            yield anchor, path
        for key, part in value.items():
            if key not in VALUES:
                yield from _all_anchors(part, (*path, key_text(key)), depth + 1)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _all_anchors(part, (*path, str(index)), depth + 1)
