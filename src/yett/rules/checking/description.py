"""An API description as checks read it: Swagger 2.0 and OpenAPI 3.x as they stand, with what is referred to inside of it.

Nothing is converted, so a check can say where something stands. References into other documents are not followed. It must not
know any rule, nor where documents come from.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import msgspec

from yett.formats.document import Document, step

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
"""Methods that a path item may describe (OpenAPI 3.2, 4.9)."""
WRITES = frozenset(("put", "post", "delete", "patch"))
DEPTH = 64
"""Schemas within schemas that are looked into."""
CHAIN = 32
"""References to references that are followed."""
SCHEMAS = 200_000
"""Schemas of one description that are looked at."""

Tree = dict[str, Any]


class Schema(msgspec.Struct, frozen=True):
    """One schema. root: pointer of the component, body or list of parameters that it stands in; path: its name within.
    sent: callers send it."""

    pointer: str
    tree: Tree
    root: str
    path: str
    sent: bool

    @property
    def types(self) -> frozenset[str]:
        """The types that it names: one text up to OpenAPI 3.0, possibly a list since 3.1."""
        value = self.tree.get("type")
        return frozenset(one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str))


class Described(msgspec.Struct, frozen=True):
    """One operation. parameters: (pointer, parameter) with those of the path; the operation's own replace them."""

    pointer: str
    path: str
    method: str
    tree: Tree
    parameters: tuple[tuple[str, Tree], ...]

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def responses(self) -> Tree:
        found = self.tree.get("responses")
        return found if isinstance(found, dict) else {}


class Description:
    """One description. Raises nothing for what is in it: what has not its form is passed over."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.file = document.file
        self.tree: Tree = document.tree if isinstance(document.tree, dict) else {}
        swagger = str(self.tree.get("swagger", ""))
        self.version = "2.0" if swagger in ("2", "2.0") else ".".join(str(self.tree.get("openapi", "")).split(".")[:2])

    @property
    def title(self) -> str:
        information = self.tree.get("info")
        title = information.get("title") if isinstance(information, dict) else None
        return title if isinstance(title, str) else ""

    def resolve(self, tree: Any, pointer: str) -> tuple[Tree, str]:
        """What a tree stands for, and where that is: references within the document are followed. {} where it leads nowhere."""
        for _ in range(CHAIN):
            if not isinstance(tree, dict):
                return {}, pointer
            reference = tree.get("$ref")
            if not isinstance(reference, str):
                return tree, pointer
            if not reference.startswith("#/"):
                return {}, pointer
            pointer = reference[1:]
            tree = self._at(pointer)
        return {}, pointer

    def _at(self, pointer: str) -> Any:
        value: Any = self.tree
        for part in pointer.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            if isinstance(value, dict):
                value = value.get(key)
            elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
                value = value[int(key)]
            else:
                return None
        return value

    def entries(self, tree: Any, pointer: str) -> Iterator[tuple[str, str, Tree]]:
        """(key, pointer, resolved value) of a mapping's values that are mappings."""
        for key, value in tree.items() if isinstance(tree, dict) else ():
            found, place = self.resolve(value, pointer + step(str(key)))
            if found:
                yield str(key), place, found

    @cached_property
    def operations(self) -> tuple[Described, ...]:
        """Operations of paths, and of webhooks under "webhook NAME"."""
        found = list(self._operations("paths", ""))
        return tuple(found + list(self._operations("webhooks", "webhook ")))

    def _operations(self, kind: str, prefix: str) -> Iterator[Described]:
        for path, pointer, item in self.entries(self.tree.get(kind), f"/{kind}"):
            shared = list(self._parameters(item, pointer))
            for method in METHODS:
                tree = item.get(method)
                if isinstance(tree, dict):
                    place = f"{pointer}/{method}"
                    own = list(self._parameters(tree, place))
                    names = {_identity(one) for _, one in own}
                    kept = [pair for pair in shared if _identity(pair[1]) not in names]
                    yield Described(place, prefix + path, method, tree, (*own, *kept))

    def _parameters(self, tree: Tree, pointer: str) -> Iterator[tuple[str, Tree]]:
        listed = tree.get("parameters")
        for index, one in enumerate(listed if isinstance(listed, list) else ()):
            found, place = self.resolve(one, f"{pointer}/parameters/{index}")
            if found:
                yield place, found

    @cached_property
    def schemes(self) -> tuple[tuple[str, str, Tree], ...]:
        """(name, pointer, scheme) of all declared ways to authenticate."""
        if self.version == "2.0":
            return tuple(self.entries(self.tree.get("securityDefinitions"), "/securityDefinitions"))
        components = self.tree.get("components")
        found = components.get("securitySchemes") if isinstance(components, dict) else None
        return tuple(self.entries(found, "/components/securitySchemes"))

    def security(self, operation: Described) -> list[Tree] | None:
        """The alternatives that hold for an operation; None where nothing is said. An empty alternative means anonymous."""
        found = operation.tree.get("security", self.tree.get("security"))
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else None

    def public(self, operation: Described) -> bool:
        """Whether the description lets callers in who show no credential."""
        alternatives = self.security(operation)
        return not alternatives or any(not one for one in alternatives)

    @cached_property
    def servers(self) -> tuple[tuple[str, str, Tree], ...]:
        """(pointer, URL, server) of OpenAPI 3, at every level."""
        holders: list[tuple[str, Any]] = [("", self.tree)]
        holders += [(pointer, item) for _, pointer, item in self.entries(self.tree.get("paths"), "/paths")]
        holders += [(operation.pointer, operation.tree) for operation in self.operations]
        found = []
        for pointer, holder in holders:
            listed = holder.get("servers")
            for index, server in enumerate(listed if isinstance(listed, list) else ()):
                if isinstance(server, dict) and isinstance(server.get("url"), str):
                    found.append((f"{pointer}/servers/{index}", server["url"], server))
        return tuple(found)

    @cached_property
    def schemas(self) -> tuple[Schema, ...]:
        """Every schema that an operation reaches, once, and whether callers send it."""
        found: dict[str, Schema] = {}
        for sent in (True, False):
            for tree, pointer, name in self._bodies(sent):
                inline, found_, _ = pointer.partition("/parameters/")
                root = f"{inline}/parameters" if found_ and name and inline.startswith("/paths/") else pointer
                self._walk(found, tree, pointer, root, name, sent, 0)
        return tuple(found.values())

    def _bodies(self, sent: bool) -> Iterator[tuple[Any, str, str]]:
        """(schema, pointer, name of the parameter)."""
        for operation in self.operations:
            if not sent:
                for _, pointer, response in self.entries(operation.responses, f"{operation.pointer}/responses"):
                    yield response.get("schema"), f"{pointer}/schema", ""
                    yield from self._media(response, pointer)
                continue
            for pointer, parameter in operation.parameters:
                inner = parameter.get("schema")
                name = f"/{parameter.get('name', '')}"
                yield (inner, f"{pointer}/schema", name) if isinstance(inner, dict) else (parameter, pointer, name)
                yield from self._media(parameter, pointer)
            body, pointer = self.resolve(operation.tree.get("requestBody"), f"{operation.pointer}/requestBody")
            yield from self._media(body, pointer)

    def _media(self, holder: Tree, pointer: str) -> Iterator[tuple[Any, str, str]]:
        for _, place, media in self.entries(holder.get("content"), f"{pointer}/content"):
            yield media.get("schema"), f"{place}/schema", ""

    def _walk(self, found: dict[str, Schema], tree: Any, pointer: str, root: str, path: str, sent: bool, depth: int) -> None:
        if not isinstance(tree, dict) or depth > DEPTH or len(found) >= SCHEMAS:
            return
        if "$ref" in tree:
            tree, target = self.resolve(tree, pointer)
            pointer, root, path = target, target, ""
        if not tree or pointer in found:
            return
        found[pointer] = Schema(pointer, tree, root, path, sent)
        for below, step_, inner in _inner(tree):
            self._walk(found, inner, pointer + below, root, path + step_, sent, depth + 1)


_SINGLE = (
    "items",
    "additionalProperties",
    "unevaluatedProperties",
    "unevaluatedItems",
    "contains",
    "if",
    "then",
    "else",
    "not",
)
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems", "items")
_MAPS = ("properties", "patternProperties", "dependentSchemas")


def _identity(parameter: Tree) -> tuple[str, str]:
    """What makes it the same parameter (OpenAPI 3.1.1, 4.8.9.1)."""
    return str(parameter.get("name")), str(parameter.get("in"))


def _inner(tree: Tree) -> Iterator[tuple[str, str, Any]]:
    """(rest of the pointer, name for people, schema) of all schemas directly within one."""
    for key in _SINGLE:
        if isinstance(tree.get(key), dict):
            yield f"/{key}", "[]" if key == "items" else "/*" if key == "additionalProperties" else "", tree[key]
    for key in _LISTS:
        if isinstance(tree.get(key), list):
            for index, inner in enumerate(tree[key]):
                yield f"/{key}/{index}", "", inner
    for key in _MAPS:
        if isinstance(tree.get(key), dict):
            for name, inner in tree[key].items():
                yield f"/{key}{step(str(name))}", f"/{name}", inner
