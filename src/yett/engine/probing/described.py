"""API descriptions (Swagger 2.0, OpenAPI 3) as operations that can be called. Forgiving: what is broken is told and left out.

Other than `yett.formats.contract`, which is held against traffic, this keeps examples and believes nothing. It must not know
who calls.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from yett.formats.contract.documents import BrokenReference, Documents, Node
from yett.rules.probing.encoding import unquoted
from yett.rules.probing.multipart import MEDIA, is_file
from yett.rules.probing.operation import Kind, Operation, Place
from yett.rules.probing.target import Scheme

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
MOST = 5_000
"""Operations that are read of one description."""
_NODES = 2_000
"""Schemas that one schema becomes, at most, when its references are followed."""
_DEPTH = 8
_KINDS: dict[str, Kind] = {"path": "path", "query": "query", "header": "header", "cookie": "cookie"}
_IGNORED = frozenset(("accept", "content-type", "authorization"))
"""Header parameters that have no effect (OpenAPI 3.1.1, 4.8.12.1)."""


class Described(msgspec.Struct, frozen=True):
    """What a description says. problems: what was left out, in words, with its place."""

    operations: tuple[Operation, ...] = ()
    schemes: tuple[Scheme, ...] = ()
    problems: tuple[str, ...] = ()
    title: str = ""


def read_description(root: str, documents: Mapping[str, Any], base: str | None = None) -> Described:
    """Read the description `documents[root]`. base: the base path, where it is not the description's. Raises ValueError
    where it is no description at all."""
    tree = documents[root]
    if not isinstance(tree, dict) or not {"openapi", "swagger"} & set(tree):
        raise ValueError("neither OpenAPI nor Swagger: it begins with no `openapi` and no `swagger`")
    return _Reader(root, documents, tree).read(base)


class _Reader:
    def __init__(self, root: str, documents: Mapping[str, Any], tree: dict[str, Any]) -> None:
        self._documents = Documents(root, documents)
        self._root, self._tree = root, tree
        self._old = "swagger" in tree
        self._problems: list[str] = []
        self._nodes = 0

    def read(self, base: str | None) -> Described:
        start = self._base() if base is None else base.rstrip("/")
        found = list(self._operations(start))
        if not found:
            self._problems.append("paths: there is no operation")
        schemes = tuple(self._schemes())
        title = self._tree.get("info")
        name = title.get("title") if isinstance(title, dict) else ""
        return Described(tuple(_unique(found)), schemes, tuple(self._problems), name if isinstance(name, str) else "")

    def _base(self) -> str:
        if self._old:
            path = self._tree.get("basePath")
            return path.rstrip("/") if isinstance(path, str) else ""
        servers = self._tree.get("servers")
        first = servers[0] if isinstance(servers, list) and servers else None
        url = first.get("url") if isinstance(first, dict) else None
        if not isinstance(url, str):
            return ""
        rest = url[2:] if url.startswith("//") else url.partition("://")[2]
        path = "/" + rest.partition("/")[2] if rest else url
        variables = first.get("variables") if isinstance(first, dict) else None
        for key, one in variables.items() if isinstance(variables, dict) else ():
            if isinstance(one, dict):
                path = path.replace("{" + str(key) + "}", str(one.get("default", "")))
        return path.rstrip("/") if path.startswith("/") else "/" + path.strip("/") if path.strip("./") else ""

    def _operations(self, base: str) -> Iterator[Operation]:
        paths = self._tree.get("paths")
        if not isinstance(paths, dict):
            self._problems.append("paths: there are none")
            return
        count = 0
        for path, item in paths.items():
            node = self._followed(Node(self._root, ("paths", str(path)), item))
            if node is None or not isinstance(node.value, dict) or not str(path).startswith("/"):
                self._problems.append(f"paths {path}: not understood, left out")
                continue
            for method in METHODS:
                if isinstance(node.value.get(method), dict):
                    count += 1
                    if count > MOST:
                        self._problems.append(f"more than {MOST} operations; the rest is left out")
                        return
                    yield self._operation(base + str(path), method, node)

    def _operation(self, template: str, method: str, item: Node) -> Operation:
        node = item.child(method)
        said = node.value
        parameters, body = self._parameters(item, node, template)
        required, bodies, example = (False, body, None) if self._old else self._body(node)
        id_ = said.get("operationId")
        return Operation(
            id=id_ if isinstance(id_, str) and id_ else f"{method.upper()} {template}",
            method=method.upper(),
            template=template,
            parameters=tuple(parameters),
            bodies=bodies,
            body_required=required or bool(body),
            answers=dict(self._answers(node)),
            security=_security(said.get("security", self._tree.get("security"))),
            deprecated=said.get("deprecated") is True,
            summary=str(said.get("summary") or said.get("description") or "")[:300],
            tags=tuple(str(one) for one in said.get("tags") or () if isinstance(one, str)),
            example=example,
            links=tuple(self._links(node)),
        )

    def _parameters(self, item: Node, node: Node, template: str) -> tuple[list[Place], dict[str, dict[str, Any]]]:
        found: dict[tuple[str, str], Place] = {}
        form: dict[str, Any] = {}
        bodies: dict[str, dict[str, Any]] = {}
        for where in (item, node):
            listed = where.value.get("parameters")
            for index, value in enumerate(listed if isinstance(listed, list) else ()):
                one = self._followed(Node(where.document, (*where.path, "parameters", str(index)), value))
                if one is None or not isinstance(one.value, dict):
                    continue
                said, name, place = one.value, one.value.get("name"), one.value.get("in")
                if place == "body" and self._old:
                    bodies[_first_media(node, self._tree)] = self.schema(one.child("schema"))
                elif not isinstance(name, str):
                    self._problems.append(f"{template}: a parameter without a name is left out")
                elif place == "formData":
                    file = {"type": "string", "format": "binary"}
                    form[name] = file if said.get("type") == "file" else _plain(said)
                elif place in _KINDS and not (place == "header" and name.lower() in _IGNORED):
                    found[place, name] = Place(_KINDS[place], name, self._parameter_schema(one), said.get("required") is True)
        if form:
            media = MEDIA if any(is_file(one) for one in form.values()) else "application/x-www-form-urlencoded"
            bodies[media] = {"type": "object", "properties": form, "required": list(form)}
        for name in (part.partition("}")[0] for part in template.split("{")[1:]):
            found.setdefault(("path", name), Place("path", name, {}, True))
        return list(found.values()), bodies

    def _parameter_schema(self, node: Node) -> dict[str, Any]:
        said = node.value
        if self._old:
            return _plain(said)
        content = said.get("content")
        inner = node.child("schema")
        if isinstance(content, dict) and content:
            inner = node.child("content", str(next(iter(content))), "schema")
        schema = self.schema(inner)
        example = self._example(node)
        return {**schema, "example": example} if example is not None else schema

    def _body(self, node: Node) -> tuple[bool, dict[str, dict[str, Any]], Any]:
        body = self._followed(node.child("requestBody"))
        content = body.value.get("content") if body is not None and isinstance(body.value, dict) else None
        if body is None or not isinstance(content, dict):
            return False, {}, None
        bodies: dict[str, dict[str, Any]] = {}
        example = None
        for media in sorted(content, key=_preference):
            one = body.child("content", media)
            if isinstance(one.value, dict):
                bodies[str(media).lower()] = self.schema(one.child("schema"))
                example = example if example is not None else self._example(one)
        return body.value.get("required") is True, bodies, example

    def _answers(self, node: Node) -> Iterator[tuple[str, dict[str, Any]]]:
        answers = node.value.get("responses")
        for status in answers if isinstance(answers, dict) else ():
            one = self._followed(node.child("responses").child(status))
            if one is None or not isinstance(one.value, dict):
                continue
            if self._old:
                yield str(status), self.schema(one.child("schema"))
                continue
            content = one.value.get("content")
            media = min(content, key=_preference) if isinstance(content, dict) and content else None
            yield str(status), self.schema(one.child("content", media, "schema")) if media is not None else {}

    def _links(self, node: Node) -> Iterator[tuple[str, str, str]]:
        answers = node.value.get("responses")
        for status in answers if isinstance(answers, dict) else ():
            one = self._followed(node.child("responses").child(status))
            links = one.value.get("links") if one is not None and isinstance(one.value, dict) else None
            for name in links if isinstance(links, dict) else ():
                link = self._followed(one.child("links").child(name)) if one is not None else None
                said = link.value if link is not None and isinstance(link.value, dict) else {}
                parameters = said.get("parameters")
                for parameter, expression in parameters.items() if isinstance(parameters, dict) else ():
                    yield self._linked(said), str(parameter), str(expression)

    def _linked(self, link: dict[str, Any]) -> str:
        """The id of the operation that a link leads to; "" where it leads elsewhere."""
        if isinstance(link.get("operationId"), str):
            return str(link["operationId"])
        path, _, method = str(link.get("operationRef", "")).partition("#/paths/")[2].rpartition("/")
        template = unquoted(path).replace("~1", "/").replace("~0", "~")
        item = self._followed(Node(self._root, ("paths", template), (self._tree.get("paths") or {}).get(template)))
        said = item.value.get(method) if item is not None and isinstance(item.value, dict) else None
        named = said.get("operationId") if isinstance(said, dict) else None
        return named if isinstance(named, str) and named else f"{method.upper()} {self._base()}{template}"

    def _example(self, node: Node) -> Any:
        said = node.value if isinstance(node.value, dict) else {}
        if "example" in said:
            return said["example"]
        examples = said.get("examples")
        for name in examples if isinstance(examples, dict) else ():
            one = self._followed(node.child("examples").child(name))
            if one is not None and isinstance(one.value, dict) and "value" in one.value:
                return one.value["value"]
        return None

    def _followed(self, node: Node) -> Node | None:
        """The node, or what its `$ref` points to; None where that leads nowhere."""
        for _ in range(16):
            if not isinstance(node.value, dict) or not isinstance(node.value.get("$ref"), str):
                return node
            try:
                node = self._documents.resolve(node.document, node.value["$ref"])
            except BrokenReference as broken:
                text = f"{node.pointer}: {broken}"
                if text not in self._problems and len(self._problems) < 200:
                    self._problems.append(text)
                return None
        return None

    def schema(self, node: Node) -> dict[str, Any]:
        """A schema without references, bounded."""
        self._nodes = 0
        made = self._expanded(node, (), 0)
        return made if isinstance(made, dict) else {}

    def _expanded(self, node: Node, above: tuple[tuple[str, str], ...], depth: int) -> dict[str, Any]:
        self._nodes += 1
        target = self._followed(node)
        if target is None or not isinstance(target.value, dict) or depth > _DEPTH or self._nodes > _NODES:
            return {}
        place = (target.document, target.pointer)
        if place in above:
            return {}
        above = (*above, place)
        made: dict[str, Any] = {}
        for key, part in target.value.items():
            if key in ("properties", "patternProperties") and isinstance(part, dict):
                made[key] = {str(name): self._expanded(target.child(key).child(name), above, depth + 1) for name in part}
            elif key in ("allOf", "anyOf", "oneOf") and isinstance(part, list):
                nodes = [Node(target.document, (*target.path, key, str(i)), one) for i, one in enumerate(part)]
                made[key] = [self._expanded(one, above, depth + 1) for one in nodes]
            elif key in ("items", "additionalProperties", "not") and isinstance(part, dict):
                made[key] = self._expanded(target.child(key), above, depth + 1)
            else:
                made[str(key)] = part
        return _merged(made)

    def _schemes(self) -> Iterator[Scheme]:
        where = Node(self._root, (), self._tree)
        where = where.child("securityDefinitions") if self._old else where.child("components", "securitySchemes")
        for name in where.value if isinstance(where.value, dict) else ():
            one = self._followed(where.child(name))
            if one is not None and isinstance(one.value, dict):
                said = one.value
                kind = str(said.get("type", ""))
                kind = {"basic": "http"}.get(kind, kind)
                yield Scheme(str(name), kind, str(said.get("in", "")), str(said.get("name", "")))


def _merged(schema: dict[str, Any]) -> dict[str, Any]:
    """`allOf` taken into the schema around it."""
    parts = schema.pop("allOf", None)
    for part in parts or ():
        for key, value in part.items():
            if key == "properties" and isinstance(schema.get(key), dict) and isinstance(value, dict):
                schema[key] = {**value, **schema[key]}
            elif key == "required" and isinstance(schema.get(key), list) and isinstance(value, list):
                schema[key] = [*schema[key], *(one for one in value if one not in schema[key])]
            else:
                schema.setdefault(key, value)
    return schema


def _plain(said: dict[str, Any]) -> dict[str, Any]:
    """A parameter of Swagger 2 as its schema."""
    made = {str(key): value for key, value in said.items() if key not in ("name", "in", "required", "description")}
    if "x-example" in made:
        made.setdefault("example", made["x-example"])
    return made


def _preference(media: object) -> tuple[int, str]:
    text = str(media).lower()
    order = ("application/json", "+json", "application/x-www-form-urlencoded", "multipart/form-data")
    return next((index for index, one in enumerate(order) if one in text), len(order)), text


def _first_media(node: Node, tree: dict[str, Any]) -> str:
    consumes = node.value.get("consumes") or tree.get("consumes")
    found = sorted((str(one).lower() for one in consumes), key=_preference) if isinstance(consumes, list) else []
    return found[0] if found else "application/json"


def _security(said: Any) -> tuple[frozenset[str], ...] | None:
    if not isinstance(said, list):
        return None
    return tuple(frozenset(map(str, one)) for one in said if isinstance(one, dict))


def _unique(found: list[Operation]) -> Iterator[Operation]:
    """The same id twice is wrong, but happens: the second one is called by method and template."""
    known: set[str] = set()
    for one in found:
        if one.id in known:
            one = msgspec.structs.replace(one, id=one.label)
        if one.id not in known:
            known.add(one.id)
            yield one
