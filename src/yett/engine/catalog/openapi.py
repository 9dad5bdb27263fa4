"""A service of the catalog as an OpenAPI 3.1 description: valid, re-importable, and true of the traffic it was learnt from.

What the format cannot say stands under `x-yett`: counts, reasons, authentication as a ratio, operations named inside the message
(of one path and method there can only be one), methods that OpenAPI 3.1 does not know. The same catalog gives the same octets. It
must not know how anything was learnt, nor write files.

Source: OpenAPI 3.1.1, sections 4.8.1 to 4.8.17 and 4.8.27; RFC 3986, 3.3 (characters of a path).
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from yett.engine.catalog.openapi_operations import SaidOperation, operation_object, operation_record
from yett.engine.catalog.openapi_security import SecuritySchemes
from yett.engine.catalog.templates import PARAMETER, segments
from yett.engine.learning.schemas import SchemaSettings
from yett.model.catalog import Catalog, CatalogOperation, Service

VERSION = "3.1.1"

METHODS = frozenset(("GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"))
"""Methods that a path item has a place for (4.8.9)."""

_PATH = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@%")

Document = dict[str, Any]


def openapi(catalog: Catalog, service: str, settings: SchemaSettings | None = None) -> Document:
    """The description of one service. Raises KeyError for a service that the catalog does not have."""
    found = next((one for one in catalog.services if one.name == service), None)
    if found is None:
        raise KeyError(service)
    operations = sorted(
        (one for one in catalog.operations if one.service == service and one.count),
        key=lambda one: (one.template, one.method, one.named),
    )
    schemes = SecuritySchemes()
    paths, set_aside = _paths(operations, schemes, settings or SchemaSettings())
    document: Document = {
        "openapi": VERSION,
        "info": {
            "title": service or "unnamed",
            "version": found.versions[-1] if found.versions else "observed",
            "description": "Learnt from traffic. Every number that it rests on stands under x-yett.",
        },
        "servers": _servers(found),
        "paths": paths,
    }
    components = schemes.components()
    if components:
        document["components"] = {"securitySchemes": components}
    document["x-yett"] = {
        "service": service,
        "count": found.count,
        "first_seen": found.first_seen,
        "last_seen": found.last_seen,
        "coverage": msgspec.to_builtins(found.coverage),
        "settings": msgspec.to_builtins(catalog.settings),
    }
    if set_aside:
        document["x-yett"]["operations"] = [operation_record(one) for one in set_aside]
    return document


def documents(catalog: Catalog, settings: SchemaSettings | None = None) -> Iterator[tuple[str, Document]]:
    """Every service with its description, by name."""
    for service in sorted(one.name for one in catalog.services):
        yield service, openapi(catalog, service, settings)


def _servers(service: Service) -> list[dict[str, str]]:
    """One for each host. Which scheme its callers use is not part of an operation: the URL is relative to theirs (4.8.5)."""
    hosts = [host for host in sorted(service.hosts) if host and set(host) <= _PATH - set("%@'()*,;!$&+=")]
    return [{"url": f"//{f'[{host}]' if ':' in host else host}"} for host in hosts] or [{"url": "/"}]


def _paths(
    operations: Iterable[CatalogOperation], schemes: SecuritySchemes, settings: SchemaSettings
) -> tuple[Document, list[CatalogOperation]]:
    """The paths object, and operations that no path has a place for."""
    grouped: dict[str, list[SaidOperation]] = {}
    aside: list[CatalogOperation] = []
    spelt: dict[str, str] = {}
    for operation in operations:
        if not operation.template.startswith("/"):
            aside.append(operation)  # such as OPTIONS *
            continue
        template, names = _written(operation.template)
        # Two templates that differ in names of parameters only are one (4.8.8): the first one's names are everybody's.
        template = spelt.setdefault(PARAMETER.sub("{}", template), template)
        said = SaidOperation(operation, dict(zip(names, PARAMETER.findall(template), strict=True)))
        grouped.setdefault(template, []).append(said)
    taken: set[str] = set()
    paths: Document = {}
    for template in sorted(grouped):
        item: Document = {}
        others: Document = {}
        by_method: dict[str, list[SaidOperation]] = {}
        for said in grouped[template]:
            by_method.setdefault(said.operation.method, []).append(said)
        for method in sorted(by_method):
            made = operation_object(template, method, by_method[method], schemes, settings)
            made["operationId"] = _unique(made["operationId"], taken)
            if method in METHODS:
                item[method.lower()] = made
            else:
                others[method] = made
        if others:
            item["x-yett"] = {"methods": others}
        paths[template] = item
    return paths, aside


def _written(template: str) -> tuple[str, list[str]]:
    """A template as a key of the paths object, and the names of its parameters as the catalog has them.

    Names are made unique; what a path may not hold is percent-encoded.
    """
    names: list[str] = []
    taken: set[str] = set()
    written = []
    for segment in segments(template):
        parts = PARAMETER.split(segment)
        for place in range(1, len(parts), 2):
            names.append(parts[place])
            parts[place] = "{" + _unique(parts[place] or "param", taken) + "}"
        for place in range(0, len(parts), 2):
            parts[place] = _encoded(parts[place])
        written.append("".join(parts))
    return "/" + "/".join(written), names


def _encoded(text: str) -> str:
    if set(text) <= _PATH:
        return text
    return "".join(
        letter if letter in _PATH else "".join(f"%{octet:02X}" for octet in letter.encode("utf-8", "surrogatepass"))
        for letter in text
    )


def _unique(name: str, taken: set[str]) -> str:
    """The name, with a number if it is taken."""
    made, number = name, 1
    while made in taken:
        number += 1
        made = f"{name}{number}"
    taken.add(made)
    return made
