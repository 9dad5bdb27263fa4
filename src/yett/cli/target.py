"""What is to be probed: descriptions from files, URLs, catalogs, recordings and the target itself, as one list of operations.

It must not know what is done with them.
"""

import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from yett.cli.failing import reason
from yett.edge.fetching import FetchError, fetch
from yett.edge.probing.origin import Origin
from yett.edge.probing.transport import Transport
from yett.engine.probing.described import Described, read_description
from yett.engine.probing.graphql import SchemaError, discover, is_schema, operations, read_schema
from yett.formats.contract.documents import references
from yett.formats.document import Document
from yett.formats.yaml import read
from yett.model.mistake import DocumentError
from yett.model.probe import Call
from yett.rules.probing.identity import Identity
from yett.rules.probing.operation import Operation
from yett.rules.probing.success import succeeded
from yett.rules.probing.target import Scheme

PLACES = (
    *(
        "/openapi.json",
        "/swagger.json",
        "/v3/api-docs",
        "/v2/api-docs",
        "/api/openapi.json",
        "/api/swagger.json",
        "/openapi.yaml",
    ),
    *("/swagger/v1/swagger.json", "/api-docs", "/api/v1/openapi.json", "/docs/openapi.json", "/swagger/doc.json", "/openapi"),
)
"""Where servers commonly have their description: those of FastAPI, springdoc, Swashbuckle, connexion, flasgger, swaggo …"""
DOCUMENTS = 500
SIZE = 32 << 20
SECONDS = 20.0


class Unusable(Exception):
    """Nothing can be probed; the message says why, and what to do."""


def from_file(path: Path) -> Described:
    """A description's file, with the files that it refers to. Raises Unusable."""
    try:
        octets = path.read_bytes()
    except OSError as error:
        raise Unusable(reason(error)) from None
    if is_schema(path.name, octets):
        return Described()
    return _described(path.name, _documents(path, octets), str(path))


def _documents(path: Path, octets: bytes) -> dict[str, Document]:
    directory, found, pending = path.parent, {path.name: _document(octets, str(path))}, [path.name]
    while pending:
        name = pending.pop()
        for other in sorted(references(found[name].tree, name)):
            whole = directory / other
            inside = whole.resolve().is_relative_to(directory.resolve())
            if other not in found and inside and whole.is_file() and len(found) < DOCUMENTS:
                found[other] = _document(whole.read_bytes(), str(whole))
                pending.append(other)
    return found


def _document(octets: bytes, name: str) -> Document:
    try:
        return read(octets, name)
    except DocumentError as error:
        raise Unusable(str(error.mistake)) from None


def _described(root: str, documents: dict[str, Document], name: str, base: str | None = None) -> Described:
    try:
        return read_description(root, {key: one.tree for key, one in documents.items()}, base)
    except ValueError as error:
        raise Unusable(f"{name}: {error}") from None


def from_tree(tree: Any, name: str) -> Described:
    """A description that was made, not read. Raises Unusable."""
    try:
        return read_description("openapi.json", {"openapi.json": tree})
    except ValueError as error:
        raise Unusable(f"{name}: {error}") from None


async def from_url(url: str, tls: ssl.SSLContext) -> Described:
    """A description that somebody serves. Raises Unusable."""
    try:
        fetched = await fetch(url, timeout=SECONDS, limit=SIZE, tls=tls)
    except (FetchError, ValueError) as error:
        raise Unusable(f"{url}: {error}") from None
    return _described("openapi", {"openapi": _document(fetched.body, url)}, url)


async def found_at(transport: Transport, origin: Origin) -> tuple[Described, str] | None:
    """The description that the target itself serves, and where; None where it serves none at the customary places."""
    for path in dict.fromkeys(base + place for base in (origin.base, "") for place in PLACES):
        answer = await transport.send(Call(method="GET", path=path))
        if not answer.status:
            raise Unusable(f"{origin.text} does not answer: {answer.failure}")
        if succeeded(answer) and not answer.truncated:
            try:
                return _described("openapi", {"openapi": _document(answer.body, path)}, path), path
            except Unusable:
                continue
    return None


async def graphql(
    transport: Transport, files: list[Path], paths: list[str], identities: list[Identity]
) -> tuple[Operation, ...]:
    """The fields of the target's GraphQL endpoint as operations; none where there is none. Raises Unusable."""
    schema = None
    callers = {one.name: one for one in identities}
    for path in files:
        try:
            schema = read_schema(path.read_bytes(), str(path))
        except SchemaError as error:
            raise Unusable(str(error)) from None
    running = discover(paths, callers, schema)
    answer = None
    while True:
        try:
            step = next(running) if answer is None else running.send(answer)
        except StopIteration as end:
            return tuple(operations(end.value)) if end.value is not None else ()
        one = callers.get(step.call.identity)
        call = step.call if one is None else msgspec.structs.replace(step.call, credential=one.credential, query=one.query)
        answer = await transport.send(call)


def under(described: Described, base: str) -> Described:
    """The operations below a base path that the description does not know of."""
    if not base or all(one.template.startswith(base + "/") or one.template == base for one in described.operations):
        return described
    moved = tuple(msgspec.structs.replace(one, template=base + one.template) for one in described.operations)
    return msgspec.structs.replace(described, operations=moved)


def together(parts: Iterable[Described]) -> Described:
    """Several descriptions as one; of operations with the same method and template the first counts."""
    known: dict[tuple[str, str, str], Operation] = {}
    schemes: dict[str, Scheme] = {}
    for part in parts:
        for one in part.operations:
            known.setdefault((one.method, one.template, one.id if one.source == "graphql" else ""), one)
        for scheme in part.schemes:
            schemes.setdefault(scheme.name, scheme)
    return Described(tuple(known.values()), tuple(schemes.values()))
