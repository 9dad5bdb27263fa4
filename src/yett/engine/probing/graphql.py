"""Where a target speaks GraphQL, and its schema: asked of the target itself, or read from a file. A pure generator of steps.

It must not know how anything is sent, nor what becomes of the operations.
"""

from collections.abc import Generator, Iterable

import msgspec

from yett.formats.graphql import NotGraphQL
from yett.formats.graphql_types import INTROSPECTION, LONGEST, Schema, from_definitions, from_introspection
from yett.model.probe import ANONYMOUS, Answer, Send
from yett.rules.probing.graphql import Endpoint, ask, operations, speaks

PATHS = (
    *("/graphql", "/api/graphql", "/graphql/", "/v1/graphql", "/api/v1/graphql", "/query", "/gql", "/api"),
    *("/graphiql", "/playground", "/altair", "/console"),
)
"""Where GraphQL is customarily served; what else speaks it there is found, too."""


__all__ = ["PATHS", "SchemaError", "discover", "is_schema", "operations", "read_schema"]


class SchemaError(ValueError):
    """A file is no schema of GraphQL. The message says why."""


def discover(
    paths: Iterable[str] = (), identities: Iterable[str] = (), schema: Schema | None = None
) -> Generator[Send, Answer, Endpoint | None]:
    """The endpoint of the target, with its schema where it can be had; None where nothing speaks GraphQL.

    paths: tried first, before the customary ones. identities: with whom introspection is tried where it is refused to nobody in
    particular, and a path is asked again that wants to know who asks, until one of them is let in; four of them at most. schema: as
    known from a file; the target is not asked then but to see whether it would tell. At most five requests for each path, and five
    more.
    """
    found = []
    known = list(identities)[:4]
    for path in dict.fromkeys((*paths, *PATHS)):
        answer = yield Send(ask(path, "{ __typename }"))
        for name in tuple(known):
            if answer.status not in (401, 403) or speaks(answer):
                break
            answer = yield Send(ask(path, "{ __typename }", identity=name))
            if speaks(answer):
                known.remove(name)
                known.insert(0, name)
        if speaks(answer):
            found.append(path)
    if not found:
        return None
    first = next((path for path in found if path in tuple(paths)), found[0])
    told: Schema | None = None
    for name in (ANONYMOUS, *known):
        answer = yield Send(ask(first, INTROSPECTION, identity=name))
        told = from_introspection(answer.json())
        if told is not None:
            break
    return Endpoint(
        path=first,
        schema=schema or told,
        introspected=told is not None and name == ANONYMOUS,
        others=tuple(path for path in found if path.rstrip("/") != first.rstrip("/")),
    )


def read_schema(octets: bytes, name: str = "the schema") -> Schema:
    """The schema in a file: SDL, or the result of an introspection. Raises SchemaError."""
    if len(octets) > LONGEST:
        raise SchemaError(f"{name}: larger than {LONGEST >> 20} MiB")
    if octets.lstrip()[:1] == b"{":
        try:
            found = from_introspection(msgspec.json.decode(octets))
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise SchemaError(f"{name}: not JSON: {error}") from error
        if found is None:
            raise SchemaError(f"{name}: there is no schema in it; the result of an introspection query is expected")
        return found
    try:
        text = octets.decode("utf-8-sig")
        return from_definitions(text)
    except UnicodeDecodeError as error:
        raise SchemaError(f"{name}: not UTF-8") from error
    except NotGraphQL as error:
        line = text.count("\n", 0, error.offset) + 1
        raise SchemaError(f"{name}, line {line}: not GraphQL: {error}") from error


def is_schema(name: str, octets: bytes) -> bool:
    """Whether a file looks like a schema of GraphQL rather than another description."""
    text = octets.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] == b"{":
        return b'"__schema"' in text[:200_000] and b'"openapi"' not in text[:2_000]
    if name.lower().endswith((".graphql", ".graphqls", ".gql")):
        return True
    return any(line.startswith((b"type Query", b"schema {", b"type Mutation")) for line in text[:200_000].splitlines())
