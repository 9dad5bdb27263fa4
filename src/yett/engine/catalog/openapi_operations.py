"""One path and method of a description: parameters, bodies and answers of the operations that the catalog has there.

Usually that is one. Operations named inside the message (GraphQL fields, SOAP actions …) share path and method: what is said then
holds for any of them. It must not know paths of other operations.

Source: OpenAPI 3.1.1, sections 4.8.10 (operation), 4.8.12 (parameter), 4.8.13 (request body), 4.8.16 (responses).
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from yett.engine.catalog.openapi_security import SecuritySchemes
from yett.engine.catalog.templates import PARAMETER
from yett.engine.learning.schemas import Schema, SchemaSettings
from yett.formats.media_types import read_media_type
from yett.formats.names import words
from yett.formats.problem import reason
from yett.model.catalog import CatalogOperation, Content, Parameter

RESERVED_FIELDS = frozenset(("accept", "content-type", "authorization"))
"""Fields that a parameter cannot describe (4.8.12.1)."""

RECORD = (
    *("id", "service", "method", "template", "named", "kind", "count", "accepted", "first_seen", "last_seen", "statuses"),
    *("authentication", "views", "classes", "reasons", "coverage", "exposure", "functions", "members", "member_count"),
)
"""What stands under `x-yett` of an operation, under the names that a JSON export has, too."""

MEMBERS_SHOWN = 20
"""Raw paths under `x-yett`, the most frequent first."""


class SaidOperation(NamedTuple):
    """names: of its parameters in the path, as the catalog has them, to those that are written."""

    operation: CatalogOperation
    names: dict[str, str]


def operation_object(
    template: str, method: str, said: list[SaidOperation], schemes: SecuritySchemes, settings: SchemaSettings
) -> dict[str, Any]:
    """The operation object (4.8.10). operationId: derived from method and template, unique only if the caller makes it so."""
    operations = [one.operation for one in said]
    made: dict[str, Any] = {"operationId": operation_id(method, template)}
    title = next((one.title for one in operations if one.title), "")
    made["summary"] = title or f"{method} {template}"
    if all(one.deprecated for one in operations):
        made["deprecated"] = True
    parameters = _parameters(template, said, settings)
    if parameters:
        made["parameters"] = parameters
    body = _body(operations, settings)
    if body is not None:
        made["requestBody"] = body
    made["responses"] = _responses(operations)
    security = schemes.requirements(operations)
    if security is not None:
        made["security"] = security
    records = [operation_record(one) for one in operations]
    made["x-yett"] = records[0] if len(records) == 1 else {"operations": records}
    return made


def operation_record(operation: CatalogOperation) -> dict[str, Any]:
    """What the catalog says of an operation, as JSON."""
    whole: dict[str, Any] = msgspec.to_builtins(operation)
    record = {name: whole[name] for name in RECORD}
    often = sorted(operation.members.items(), key=lambda member: (-member[1], member[0]))[:MEMBERS_SHOWN]
    record["members"] = dict(sorted(often))
    return record


def operation_id(method: str, template: str) -> str:
    """ "getOrdersOrderIdItems" for GET /orders/{orderId}/items."""
    parts = [part for part in words(PARAMETER.sub(lambda match: f" {match[1]} ", template)) if part]
    return method.lower() + "".join(part[:1].upper() + part[1:] for part in parts)


def _parameters(template: str, said: list[SaidOperation], settings: SchemaSettings) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], list[Parameter]] = {}
    for operation, names in said:
        for parameter in operation.parameters:
            name = names.get(parameter.name, "") if parameter.place == "path" else parameter.name
            if name and not (parameter.place == "header" and name.lower() in RESERVED_FIELDS):
                found.setdefault((parameter.place, name), []).append(parameter)
    made = []
    for name in dict.fromkeys(PARAMETER.findall(template)):
        schema = _either(one.schema for one in found.get(("path", name), ()))
        made.append({"name": name, "in": "path", "required": True, "schema": schema or {"type": "string"}})
    for place, name in sorted(key for key in found if key[0] != "path"):
        each = found[place, name]
        one: dict[str, Any] = {"name": name, "in": place}
        if len(each) == len(said) and all(_always(parameter, settings) for parameter in each):
            one["required"] = True
        one["schema"] = _either(parameter.schema for parameter in each)
        made.append(one)
    return made


def _always(parameter: Parameter, settings: SchemaSettings) -> bool:
    seen = parameter.schema.get("x-yett", {})
    return parameter.ratio >= 1.0 and bool(seen.get("count", 0) >= settings.required_after)


def _body(operations: list[CatalogOperation], settings: SchemaSettings) -> dict[str, Any] | None:
    contents = [content for operation in operations for content in operation.requests]
    if not contents:
        return None
    made: dict[str, Any] = {"content": _content(contents)}
    calls = sum(operation.count for operation in operations)
    if sum(content.count for content in contents) >= calls >= settings.required_after:
        made["required"] = True
    return made


def _content(contents: list[Content]) -> dict[str, Any]:
    """A map of media types; empty, which lets everything pass, as soon as one body came without a type."""
    found: dict[str, list[Content]] = {}
    for content in contents:
        parsed = read_media_type(content.type.encode("latin-1", "replace")) if content.type else None
        if parsed is None:
            return {}
        found.setdefault(parsed.type, []).append(content)
    made: dict[str, Any] = {}
    for name in sorted(found):
        # Of several types together, the shape is not that of any one.
        schema = {} if name.endswith("/*") else _either(content.schema for content in found[name])
        made[name] = {"schema": schema} if schema else {}
    return made


def _responses(operations: list[CatalogOperation]) -> dict[str, Any]:
    """One for each status that was seen. Statuses that HTTP does not have (RFC 9110, 15) stand for themselves as "default"."""
    statuses: dict[str, int] = {}
    for operation in operations:
        for status, count in operation.statuses.items():
            statuses[status] = statuses.get(status, 0) + count
    contents: dict[str, list[Content]] = {}
    for operation in operations:
        for content in operation.responses:
            contents.setdefault(content.status, []).append(content)
    made: dict[str, Any] = {}
    odd = 0
    for status in sorted(statuses):
        if status == "0":
            continue
        if len(status) != 3 or status[0] not in "12345" or not status.isdecimal():
            odd += statuses[status]
            continue
        response: dict[str, Any] = {"description": reason(int(status))}
        media = _content(contents[status]) if status in contents else {}
        if media:
            response["content"] = media
        response["x-yett"] = {"count": statuses[status]}
        made[status] = response
    if odd or not made:
        made["default"] = {"description": "Other statuses" if odd else "No answer was seen", "x-yett": {"count": odd}}
    return made


def _either(schemas: Iterable[Schema]) -> Schema:
    """A schema that admits what any of these does; {} as soon as one of them says nothing."""
    found: list[Schema] = []
    for schema in schemas:
        if not schema.keys() - {"x-yett"}:
            return {}
        if schema not in found:
            found.append(schema)
    if len(found) < 2:
        return found[0] if found else {}
    return {"anyOf": found}
