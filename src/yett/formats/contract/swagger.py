"""Swagger 2.0: base path, security definitions, parameters of all places, responses.

Source: Swagger 2.0, "Parameter Object", "Items Object", "Response Object".
"""

from typing import Any

from yett.formats.contract.directions import Direction
from yett.formats.contract.documents import Node
from yett.formats.contract.fields import UNREAD
from yett.formats.contract.keywords import KNOWN
from yett.formats.contract.openapi import opaque_gap
from yett.formats.contract.reading import Reader
from yett.formats.contract.servers import base_path
from yett.formats.contract.values import NO_SCHEMA, Answer, Body, Media, Parameter, SecurityScheme
from yett.formats.media_types import read_media_type

PLACES = ("path", "query", "header", "formData", "body")
SEPARATORS = {"csv": ",", "ssv": " ", "tsv": "\t", "pipes": "|", "multi": ","}
STYLES = {"path": "simple", "query": "form", "header": "simple", "form": "form", "response": "simple"}
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
MAX_NESTING = 8
"""Deepest nesting of arrays in one parameter."""


class Swagger:
    """The dialect of version 2."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def schemes(self) -> dict[str, SecurityScheme]:
        found = {}
        for name, node in self.reader.named(self.reader.root.child("securityDefinitions")):
            kind = node.child("type").value
            if kind == "apiKey":
                found[name] = SecurityScheme(name, kind, str(node.child("in").value), str(node.child("name").value))
            elif kind in ("basic", "oauth2"):
                found[name] = SecurityScheme(name, kind)
            else:
                self.reader.problem(node, "a security definition is of type basic, apiKey or oauth2")
                found[name] = SecurityScheme(name, UNREAD)
        return found

    def bases(self, node: Node) -> tuple[str, ...] | None:
        path = self.reader.root.child("basePath").value
        return (base_path(path),) if node.path == () and isinstance(path, str) else None

    def parameter(self, node: Node) -> Parameter | None:
        place = node.value.get("in")
        if not isinstance(node.value.get("name"), str) or not node.value["name"] or place not in PLACES:
            self.reader.problem(node, f"a parameter needs a name, and a place: {', '.join(PLACES)}")
            return None
        if place in ("formData", "body"):
            return None
        return self._simple(node, node.value["name"], place, Direction.REQUEST)

    def _simple(self, node: Node, name: str, place: str, direction: Direction) -> Parameter:
        """A parameter, form field or response field: its schema is written into it."""
        if place != "response" and "type" not in node.value:
            self.reader.gap(node, f"{place} parameter {name}", "it has no type")
        schema = self.reader.schema(Node(node.document, node.path, _schema_part(node.value)), direction)
        required = node.value.get("required") is True or place == "path"
        allow_empty = place in ("query", "form") and node.value.get("allowEmptyValue") is True
        separators, explode = self._separators(node)
        if separators is None:
            return Parameter(name, place, required, UNREAD, explode, NO_SCHEMA)
        return Parameter(name, place, required, STYLES[place], explode, schema, "", allow_empty, separators)

    def _separators(self, node: Node) -> tuple[str | None, bool]:
        """What divides items, None where that is not known, and whether they are written one by one."""
        separators = ""
        value = node.value
        explode = value.get("collectionFormat") == "multi"
        while isinstance(value, dict) and value.get("type") == "array" and len(separators) < MAX_NESTING:
            name = value.get("collectionFormat", "csv")
            if name not in SEPARATORS or (name == "multi" and (separators or value.get("in") not in ("query", "formData"))):
                self.reader.problem(node, f"{name!r} is not a collectionFormat here")
                return None, explode
            separators += SEPARATORS[name]
            value = value.get("items")
        return separators, explode

    def body(self, node: Node, parameters: list[Node]) -> Body | None:
        forms: dict[str, Node] = {}
        whole: Node | None = None
        for parameter in parameters:
            target = self.reader.follow(parameter)
            place = None if target is None else target.value.get("in")
            if target is not None and place == "formData" and isinstance(target.value.get("name"), str):
                forms[target.value["name"]] = target
            elif target is not None and place == "body":
                whole = target
        if whole is not None and forms:
            self.reader.problem(node, "an operation has a body or a form, not both")
            return Body(False, ())
        consumes = self._types(node, "consumes")
        if whole is not None:
            return self._whole(whole, consumes)
        return self._form(node, forms, consumes) if forms else None

    def _whole(self, node: Node, consumes: tuple[str, ...]) -> Body:
        schema = NO_SCHEMA
        if "schema" in node.value:
            schema = self.reader.schema(node.child("schema"), Direction.REQUEST)
        else:
            self.reader.problem(node, "a body parameter needs a schema")
        for name in consumes:
            opaque_gap(self.reader, node, name)
        return Body(
            node.value.get("required") is True, tuple(Media(name, schema) for name in consumes or ("application/json",))
        )

    def _form(self, node: Node, forms: dict[str, Node], consumes: tuple[str, ...]) -> Body:
        encoding = tuple(self._simple(target, name, "form", Direction.REQUEST) for name, target in forms.items())
        required = [parameter.name for parameter in encoding if parameter.required]
        properties = {name: _schema_part(target.value) for name, target in forms.items()}
        value = {"type": "object", "properties": properties, "required": required}
        schema = self.reader.schema(Node(node.document, (*node.path, "parameters"), value), Direction.REQUEST)
        types = tuple(name for name in consumes if name in FORMS) or FORMS
        return Body(bool(required), tuple(Media(name, schema, "", encoding) for name in types))

    def answer(self, status: str, node: Node, operation: Node) -> Answer:
        fields = []
        for name, declared in self.reader.named(node.child("headers")):
            if isinstance(declared.value, dict):
                fields.append(self._simple(declared, name, "response", Direction.RESPONSE))
        if "schema" not in node.value:
            return Answer(status, tuple(fields), ())
        types = self._types(operation, "produces") or ("*/*",)
        if node.child("schema").value == {"type": "file"}:
            return Answer(status, tuple(fields), tuple(Media(name, NO_SCHEMA) for name in types))
        schema = self.reader.schema(node.child("schema"), Direction.RESPONSE)
        for name in types:
            opaque_gap(self.reader, node, name)
        return Answer(status, tuple(fields), tuple(Media(name, schema) for name in types))

    def _types(self, operation: Node, key: str) -> tuple[str, ...]:
        """`consumes` or `produces` of the operation, else of the whole contract."""
        node = operation.child(key) if key in operation.value else self.reader.root.child(key)
        found = []
        for item in self.reader.items(node):
            parsed = read_media_type(item.value.encode()) if isinstance(item.value, str) else None
            if parsed is None:
                self.reader.problem(item, f"{item.value!r} is not a media type")
            else:
                found.append(parsed.type)
        return tuple(dict.fromkeys(found)) if found or not node.value else ("*/*",)


def _schema_part(value: dict[str, Any]) -> dict[str, Any]:
    """The keywords of a schema that stand in a parameter; `required` there is not one of them."""
    return {key: part for key, part in value.items() if key in KNOWN["2.0"] and key != "required"}
