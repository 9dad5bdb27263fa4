"""OpenAPI 3.0 to 3.2: servers, security schemes, parameters, bodies and responses.

Sources: OpenAPI 3.0.4 and 3.1.1, sections 4.7.5 (server), 4.7.12 (parameter), 4.7.13 (request body), 4.7.17 (response); OpenAPI
3.2.0, 4.12 (querystring) and 4.14 (itemSchema).
"""

from typing import Any

from yett.formats.contract.directions import Direction
from yett.formats.contract.documents import Node
from yett.formats.contract.fields import UNREAD
from yett.formats.contract.reading import Reader
from yett.formats.contract.servers import base_path, expanded
from yett.formats.contract.values import NO_SCHEMA, Answer, Body, Media, Parameter, SecurityScheme
from yett.formats.media_types import Kind, MediaType, kind_of, read_media_type

STYLES = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form", "cookie"),
    "form": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
}
"""Styles by place; the first is the default."""

DIALECTS = (
    None,
    "https://spec.openapis.org/oas/3.1/dialect/base",
    "https://spec.openapis.org/oas/3.2/dialect/2025-09-17",
)
"""Dialects that say of a schema what OpenAPI's own says."""

RESERVED_FIELDS = frozenset(("accept", "content-type", "authorization"))
"""Fields that a parameter of this name does not describe (4.7.12.1)."""


class OpenAPI:
    """The dialect of version 3."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        if "webhooks" in reader.root.value:
            why = "they are requests that the API makes, not requests to it"
            reader.report.gap(reader.root.child("webhooks"), "webhooks", why)
        if reader.root.value.get("jsonSchemaDialect") not in DIALECTS:
            reader.report.gap(
                reader.root.child("jsonSchemaDialect"), "jsonSchemaDialect", "schemas are read in OpenAPI's own dialect"
            )

    def schemes(self) -> dict[str, SecurityScheme]:
        found = {}
        for name, node in self.reader.named(self.reader.root.child("components", "securitySchemes")):
            target = self.reader.follow(node)
            found[name] = SecurityScheme(name, UNREAD) if target is None else self._scheme(name, target)
        return found

    def _scheme(self, name: str, node: Node) -> SecurityScheme:
        value = node.value
        kind = str(value.get("type"))
        if kind == "apiKey":
            if value.get("in") not in ("header", "query", "cookie") or not isinstance(value.get("name"), str):
                self.reader.problem(node, "an apiKey scheme needs a name, and a place: header, query or cookie")
                return SecurityScheme(name, kind)
            return SecurityScheme(name, kind, str(value.get("in")), str(value.get("name")))
        if kind == "http":
            scheme = str(value.get("scheme")).lower()
            return SecurityScheme(name, scheme if scheme in ("basic", "bearer") else "other", scheme=scheme)
        if kind not in ("oauth2", "openIdConnect", "mutualTLS"):
            self.reader.problem(node.child("type"), f"{kind!r} is not a type of security scheme")
            return SecurityScheme(name, UNREAD)
        return SecurityScheme(name, kind)

    def bases(self, node: Node) -> tuple[str, ...] | None:
        found: dict[str, None] = {}
        for server in self.reader.items(node.child("servers")):
            url = server.child("url").value
            if not isinstance(url, str):
                self.reader.problem(server, "a server needs a url", fatal=True)  # which paths there are depends on it
                continue
            choices = {}
            for name, variable in self.reader.named(server.child("variables")):
                values = [variable.child("default").value, *(variable.child("enum").value or ())]
                choices[name] = list(dict.fromkeys(str(value) for value in values if value is not None))
            found |= dict.fromkeys(base_path(text) for text in expanded(url, choices))
        return tuple(found) or None

    def parameter(self, node: Node) -> Parameter | None:
        name, place = node.value.get("name"), node.value.get("in")
        if place == "querystring" and self.reader.version == "3.2":
            return self._whole_query(node)
        if not isinstance(name, str) or not name or place not in ("path", "query", "header", "cookie"):
            self.reader.problem(node, "a parameter needs a name, and a place: path, query, header or cookie")
            return None
        if place == "header" and name.lower() in RESERVED_FIELDS:
            self.reader.gap(node, f"header {name}", "OpenAPI ignores a parameter of this name")
            return None
        return self.serialised(node, name, place, Direction.REQUEST)

    def _whole_query(self, node: Node) -> Parameter | None:
        """A parameter that is the whole query. As a form it is an object whose properties are spread over the query."""
        contents = list(self.reader.named(node.child("content")))
        if len(contents) != 1 or "schema" in node.value:
            self.reader.problem(node, "a parameter in querystring has exactly one content and no schema")
            return Parameter("", "query", False, UNREAD, True, NO_SCHEMA)
        media, content = contents[0]
        required = node.value.get("required") is True
        if kind_of(media.lower()) is Kind.FORM and isinstance(content.child("schema").value, dict):
            schema = self.reader.schema(content.child("schema"), Direction.REQUEST)
            return Parameter("", "query", required, "form", True, schema)
        self.reader.gap(content, f"querystring as {media}", "only forms with a schema are read there")
        return Parameter("", "query", required, UNREAD, True, NO_SCHEMA)

    def serialised(self, node: Node, name: str, place: str, direction: Direction) -> Parameter:
        """What parameters and response fields have in common."""
        value = node.value
        required = value.get("required", False)
        if not isinstance(required, bool):
            self.reader.problem(node.child("required"), "must be true or false")
        style, explode = self.style(node, place)
        schema, media = NO_SCHEMA, ""
        if style == "cookie":
            self.reader.gap(node, f"cookie {name}", "values in the style cookie are not validated")
            return Parameter(name, place, required is True, UNREAD, explode, NO_SCHEMA)
        if "content" in value:
            contents = list(self.reader.named(node.child("content")))
            if len(contents) != 1 or "schema" in value:
                self.reader.problem(node, "a parameter has either a schema or exactly one content")
                style, contents = UNREAD, []
            for media, content in contents:
                if kind_of(media.lower()) is not Kind.JSON:
                    self.reader.gap(content, f"content {media}", "only JSON is read in parameters")
                elif isinstance(content.value, dict) and "schema" in content.value:
                    schema = self.reader.schema(content.child("schema"), direction)
        elif "schema" in value:
            schema = self.reader.schema(node.child("schema"), direction)
        elif place != "response":
            self.reader.problem(node, "a parameter needs a schema or a content")
        schema = NO_SCHEMA if style == UNREAD else schema
        allow_empty = place == "query" and value.get("allowEmptyValue") is True
        return Parameter(name, place, required is True or place == "path", style, explode, schema, media, allow_empty)

    def style(self, node: Node, place: str) -> tuple[str, bool]:
        """Style and explode; UNREAD where one of them is none, but for forms, which are read all the same."""
        allowed = STYLES.get(place, ("simple",))
        style = node.value.get("style", allowed[0])
        if style not in allowed or (style == "cookie" and self.reader.version != "3.2"):
            self.reader.problem(node.child("style"), f"{style!r} is not a style of a {place} parameter")
            style = allowed[0] if place == "form" else UNREAD
        explode = node.value.get("explode", style in ("form", "cookie"))
        if not isinstance(explode, bool):
            self.reader.problem(node.child("explode"), "must be true or false")
            style = style if place == "form" else UNREAD
        return style, explode is True

    def body(self, node: Node, _: list[Node]) -> Body | None:
        declared = node.child("requestBody")
        if declared.value is None:
            return None
        target = self.reader.follow(declared)
        if target is None:
            return Body(False, ())
        if not isinstance(target.value.get("content"), dict):
            self.reader.problem(target, "a request body needs a content")
            return Body(target.value.get("required") is True, ())
        return Body(target.value.get("required") is True, self.content(target.child("content"), Direction.REQUEST))

    def answer(self, status: str, node: Node, _: Node) -> Answer:
        fields = []
        for name, declared in self.reader.named(node.child("headers")):
            target = self.reader.follow(declared)
            if target is not None and name.lower() != "content-type":
                fields.append(self.serialised(target, name, "response", Direction.RESPONSE))
        return Answer(status, tuple(fields), self.content(node.child("content"), Direction.RESPONSE))

    def content(self, node: Node, direction: Direction) -> tuple[Media, ...]:
        """A map of media types."""
        found: dict[tuple[str, str], Media] = {}
        for name, declared in self.reader.named(node):
            parsed = read_media_type(name.encode())
            if parsed is None:
                self.reader.problem(declared, f"{name!r} is not a media type")
                continue
            target = self.reader.follow(declared)
            key = (parsed.type, (parsed.parameter("charset") or "").lower())
            media = Media(key[0], NO_SCHEMA, key[1]) if target is None else self._media(target, parsed, direction)
            if key in found and found[key] != media:
                self.reader.gap(declared, f"bodies of type {name}", "the same type stands twice, with other parameters")
                media = Media(key[0], NO_SCHEMA, key[1])
            found[key] = media
        return tuple(found.values())

    def _media(self, node: Node, parsed: MediaType, direction: Direction) -> Media:
        schema = NO_SCHEMA
        if "schema" in node.value:
            schema = self.reader.schema(node.child("schema"), direction)
            opaque_gap(self.reader, node, parsed.type)
        for key in ("itemSchema", "prefixEncoding", "itemEncoding"):
            if key in node.value:
                self.reader.gap(node.child(key), key, "items of a stream are not validated one by one")
        encoding = self._encoding(node) if parsed.kind in (Kind.FORM, Kind.MULTIPART) else ()
        return Media(parsed.type, schema, (parsed.parameter("charset") or "").lower(), encoding)

    def _encoding(self, media: Node) -> tuple[Parameter, ...]:
        found = []
        for name, node in self.reader.named(media.child("encoding")):
            if not isinstance(node.value, dict):
                self.reader.problem(node, "must be an object")
                continue
            if "headers" in node.value:
                self.reader.gap(node.child("headers"), "headers", "fields of parts are not validated")
            style, explode = self.style(node, "form")
            content_type = node.value.get("contentType", "")
            found.append(Parameter(name, "form", False, style, explode, NO_SCHEMA, str(content_type).lower()))
        return tuple(found)


def opaque_gap(reader: Reader, media: Node, name: str) -> None:
    """Report a schema for a body that is not read, unless it only says that there are bytes."""
    schema: Any = media.child("schema").value
    if kind_of(name) not in (Kind.OPAQUE, Kind.XML) or name.endswith("/*"):
        return
    plain = isinstance(schema, dict) and schema.keys() <= {"type", "format", "description", "title", "example"}
    if not plain or schema.get("type") not in (None, "string", "file"):
        reader.gap(media, f"bodies of type {name}", "only JSON, forms and plain text are validated")
