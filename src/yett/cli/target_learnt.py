"""What is to be probed, from what was observed: a catalog, or recorded traffic. It must not know what is done with it."""

from pathlib import Path

import msgspec

from yett.cli.failing import reason
from yett.cli.knowledge import Knowledge, knowledge
from yett.cli.target import Unusable, from_tree
from yett.edge.collectors.files import Collector
from yett.engine.catalog.openapi import documents
from yett.engine.probing.described import Described
from yett.model.catalog import Catalog
from yett.model.catalog_store import CatalogUnusable
from yett.model.mistake import PolicyErrors
from yett.model.probe import Call
from yett.rules.probing.encoding import body_value
from yett.rules.probing.operation import Operation
from yett.store.catalog.memory import MemoryCatalog

BODIES = 5_000
"""Recorded bodies that are kept as examples."""


def from_catalog(path: Path, host: str) -> list[Described]:
    """What a catalog knows of the services of that host; of all where none has it. Raises Unusable."""
    try:
        known = knowledge(path)
        try:
            catalog = known.catalog()
        finally:
            known.store.close()
    except (CatalogUnusable, PolicyErrors) as error:
        raise Unusable(str(error)) from None
    return _of_catalog(catalog, host)


def _of_catalog(catalog: Catalog, host: str) -> list[Described]:
    names = [one.name for one in catalog.services if host in one.hosts or host.partition(":")[0] in one.hosts]
    every = dict(documents(catalog))
    return [from_tree(tree, f"service {name}") for name, tree in every.items() if not names or name in names]


def from_recordings(paths: list[Path], host: str) -> list[Described]:
    """What recordings show of the API at that host: operations, and one body of each as its example. Raises Unusable."""
    known = Knowledge(MemoryCatalog())
    part = known.fresh()
    bodies: list[tuple[str, str, bytes]] = []
    try:
        for path in paths:
            for found in Collector().collect(path):
                part.add(found.recording)
                exchange = found.recording.exchange
                if exchange is not None and exchange.request.body and len(bodies) < BODIES:
                    bodies.append((exchange.request.method, _path(exchange.request.target), exchange.request.body))
    except OSError as error:
        raise Unusable(reason(error)) from None
    known.keep(part, {})
    return [_with_examples(one, bodies) for one in _of_catalog(known.catalog(), host)]


def _path(target: bytes) -> str:
    """The path of a request target, in any of its forms (RFC 9112, 3.2)."""
    text = target.decode("latin-1").partition("?")[0]
    return "/" + text.partition("://")[2].partition("/")[2] if "://" in text else text


def _with_examples(described: Described, bodies: list[tuple[str, str, bytes]]) -> Described:
    """The operations with what was sent to them."""
    made = []
    for one in described.operations:
        example = next((body for method, path, body in bodies if method == one.method and _fits(one, path)), b"")
        value = body_value(Call(method=one.method, path="/", body=example, content_type=one.media))
        made.append(msgspec.structs.replace(one, example=value, source="recording") if value is not None else one)
    return msgspec.structs.replace(described, operations=tuple(made))


def _fits(operation: Operation, path: str) -> bool:
    given = path.strip("/").split("/")
    return len(given) == len(operation.segments) and all(
        "{" in a or a == b for a, b in zip(operation.segments, given, strict=True)
    )
