"""The OpenAPI document of a house, with as much said as its style says. It must not know how anything is answered."""

from typing import Any

import msgspec

from labs.style import Style
from labs.tokens import Doors

Json = dict[str, Any]


class Route(msgspec.Struct, kw_only=True):
    """One operation. key: its name in the ground truth. ids, query: schemas of its parameters by name; `needed` of the query are
    required. body: the schema of the body. answer: the properties of what a success holds, `many`: in a list. secured: whether it
    wants to know who calls, and `asks` whether it really asks. declared: whether the contract tells of it.
    checks: whether a body of another form is refused."""

    key: str
    method: str
    path: str
    ids: Json = {}
    query: Json = {}
    needed: tuple[str, ...] = ()
    body: Json | None = None
    body_type: str = "application/json"
    answer: Json | None = None
    answer_type: str = "application/json"
    many: bool = False
    status: int = 200
    secured: bool = True
    asks: bool = True
    declared: bool = True
    checks: bool = True


def document(look: Style, doors: Doors, routes: list[Route], origin: str) -> Json:
    """What the owner of this API would publish."""
    paths: dict[str, Json] = {}
    for route in routes:
        if route.declared:
            paths.setdefault(route.path, {})[route.method.lower()] = _operation(look, route)
    return {
        "openapi": look.version,
        "info": {"title": f"{look.plural.capitalize()} service", "version": "1.0.0"},
        "servers": [{"url": origin}],
        "paths": paths,
        "components": {"securitySchemes": {"caller": doors.scheme}},
    }


def _operation(look: Style, route: Route) -> Json:
    said: Json = {"responses": {str(route.status): _response(look, route), "default": {"description": "It did not work"}}}
    if look.operation_ids:
        said["operationId"] = look.case(route.key.replace("item", look.noun))
    parameters = [{"name": name, "in": "path", "required": True, "schema": schema} for name, schema in route.ids.items()]
    parameters += [
        {"name": name, "in": "query", "required": name in route.needed, "schema": schema}
        for name, schema in route.query.items()
    ]
    if parameters:
        said["parameters"] = parameters
    if route.body is not None:
        media: Json = {"schema": route.body}
        if look.examples and route.body_type == "application/json":
            media["example"] = _example(route.body)
        said["requestBody"] = {"required": True, "content": {route.body_type: media}}
    if route.secured:
        said["security"] = [{"caller": []}]
    return said


def _response(look: Style, route: Route) -> Json:
    said: Json = {"description": "It worked"}
    if route.answer is None or not look.schemas:
        return said
    inner: Json = {"type": "object", "properties": route.answer}
    if route.many:
        rows = {"type": "array", "items": inner}
        names = {"page": "items", "noun": look.case(look.plural)}
        shape = rows if look.many == "bare" else {"type": "object", "properties": {names.get(look.many, look.many): rows}}
    elif look.single == "bare":
        shape = inner
    else:
        shape = {"type": "object", "properties": {look.case(look.noun) if look.single == "noun" else look.single: inner}}
    return said | {"content": {route.answer_type: {"schema": shape}}}


def _example(schema: Json) -> Any:
    if "enum" in schema:
        return schema["enum"][0]
    if "example" in schema:
        return schema["example"]
    kinds: Json = {"integer": 3, "number": 12.5, "boolean": True, "string": "something"}
    if schema.get("type") == "object":
        return {name: _example(inner) for name, inner in schema.get("properties", {}).items()}
    if schema.get("type") == "array":
        return [_example(schema.get("items", {}))]
    return {"email": "someone@lab.example", "uri": "https://lab.example/"}.get(
        schema.get("format", ""), kinds.get(schema.get("type", ""), 1)
    )
