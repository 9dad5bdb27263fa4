"""GraphQL: the fields of the root types, from a schema definition or from the result of an introspection.

A schema does not know where its endpoint is, so its operations have no path. Sources: GraphQL, September 2025 edition, 3.3
(schema and root operation types), 3.6 (objects), 3.13.3 (@deprecated), 4.2 (schema introspection).
"""

from yett.formats.descriptions.values import Declared, Description, Gathering
from yett.formats.document import Document, Lines
from yett.formats.graphql_types import ROOTS
from yett.formats.graphql_types import read_definitions as read_types
from yett.formats.trees import at, listed, mapped, text_of


def _declared(kind: str, field: str, deprecated: bool, place: str) -> Declared:
    return Declared(
        kind="graphql",
        method="POST",
        template="",
        named=f"graphql {kind} {field}",
        operation_id=field,
        deprecated=deprecated,
        place=place,
    )


def read_introspection(document: Document) -> Description:
    """document: the result of an introspection query, with or without "data" around it."""
    gathering = Gathering(document.file)
    pointer = "/data/__schema" if "data" in document.tree else "/__schema"
    schema = mapped(at(document.tree, *pointer.split("/")[1:]))
    roots = {text_of(at(schema, f"{kind}Type", "name")): kind for kind in ROOTS}
    for number, found in enumerate(listed(schema.get("types"))):
        kind = roots.get(text_of(mapped(found).get("name")))
        for index, field in enumerate(listed(mapped(found).get("fields")) if kind else ()):
            name = text_of(mapped(field).get("name"))
            place = f"{pointer}/types/{number}/fields/{index}"
            if not name:
                gathering.locate(document, place, "a field without a name")
            elif kind:
                gathering.declare(_declared(kind, name, mapped(field).get("isDeprecated") is True, place))
    if "" in roots and len(roots) == 1:
        gathering.locate(document, pointer, "the schema has no root type", hint="introspection must ask for queryType")
    return gathering.description("graphql", "introspection")


def read_definitions(source: str, text: str) -> Description:
    """Read a schema definition. What stands after something unreadable is not read."""
    gathering = Gathering(source)
    found = read_types(text)
    lines = Lines(text)
    if found.problem is not None:
        line, column = lines.place(min(found.problem.offset, len(text)))
        gathering.problem(f"not GraphQL: {found.problem}", line, column)
    for kind, name in (found.named or ROOTS).items():
        root = found.schema.types.get(name)
        for field in root.fields.values() if root is not None else ():
            gathering.declare(_declared(kind, field.name, field.deprecated, f"line {lines.place(field.offset)[0]}"))
        if found.named and root is None and not gathering.problems:
            gathering.problem(f"the schema names {name!r} for its {kind}, and there is no such type")
    if not gathering.declared and not gathering.problems:
        gathering.problem("the schema has no root type with fields")
    return gathering.description("graphql", "SDL")
