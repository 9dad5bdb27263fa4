"""GraphQL as probes see it: an endpoint, the fields of its root types as operations, and the documents that ask for them.

An operation of GraphQL looks like one of REST: its arguments are the members of its body, an answer holds objects, and what it
does to which noun is told by its name and type. How that travels (a document and its variables) stays here. It must not know how
anything is sent. Sources: GraphQL, September 2025 edition, 2 (documents); GraphQL over HTTP (draft of 2025), 5.2 (requests).
"""

import json
from functools import cached_property
from typing import Any

import msgspec

from yett.formats.graphql import NotGraphQL, RootFields, root_fields
from yett.formats.graphql_types import Argument, Field, Schema, is_list, named
from yett.formats.names import words
from yett.model.probe import ANONYMOUS, Answer, Call
from yett.rules.probing.encoding import body_value, unquoted
from yett.rules.probing.graphql_meaning import meaning, names_object
from yett.rules.probing.operation import Meaning, Operation, Place

JSON = "application/json"
MOST_SELECTED = 40
"""Fields that are asked for of one object."""
MOST_OPERATIONS = 400
_DEPTH = 5

_FORMATS = {
    "datetime": "date-time", "timestamp": "date-time", "date": "date", "time": "time", "uuid": "uuid", "guid": "uuid",
    "url": "uri", "uri": "uri", "email": "email", "emailaddress": "email", "ipv4": "ipv4", "ipv6": "ipv6",
}  # fmt: skip
_NUMBERS = frozenset(("int", "long", "bigint", "short", "byte", "positiveint", "nonnegativeint", "unsignedint"))


class Endpoint(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Where GraphQL is spoken. schema: None where it is unknown. introspected: whether the target itself told the schema, to
    somebody without a credential. others: further paths that speak it, too."""

    path: str
    schema: Schema | None = None
    introspected: bool = False
    others: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Endpoint({self.path!r}, others={self.others!r})"


class GraphQLOperation(Operation, frozen=True, kw_only=True, dict=True, eq=False):
    """A field of a root type. kind: query | mutation. field: its name. document: what asks for it, with all arguments that a call
    gives as variables. arguments: the schema of all arguments; `body` holds those that a working call gives. meant: what it does,
    to which noun, and which arguments name the object."""

    endpoint: Endpoint
    kind: str
    declared: Field
    arguments: dict[str, Any]
    meant: Meaning = Meaning("list", "")

    @property
    def field(self) -> str:
        return self.declared.name

    @property
    def label(self) -> str:
        """ "POST /graphql query users"."""
        return f"{self.method} {self.endpoint.path} {self.kind} {self.field}"

    @property
    def safe(self) -> bool:
        """A query promises to change nothing."""
        return self.kind == "query"

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(words(self.field))

    @cached_property
    def perilous(self) -> bool:
        """Whether calling it at all may harm more than one object."""
        return self.meant.perilous

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """All arguments, those of input objects by their pointers ("/input/name")."""
        whole = Operation(id=self.id, method=self.method, template=self.template, bodies={JSON: self.arguments})
        return whole.places

    def places_of(self, call: Call) -> tuple[Place, ...]:  # noqa: ARG002
        return self.places

    def body_of(self, call: Call) -> Any:
        """The arguments."""
        tree = body_value(call)
        found = tree.get("variables") if isinstance(tree, dict) else None
        return found if isinstance(found, dict) else {}

    def with_body(self, call: Call, value: Any) -> Call:
        """The call with these arguments."""
        given = value if isinstance(value, dict) else {}
        body = json.dumps({"query": self.document(given), "variables": given}).encode()
        return msgspec.structs.replace(call, body=body, content_type=JSON)

    def value(self, call: Call, place: Place) -> Any:
        if place.kind != "body":
            return super().value(call, place)
        return _PLAIN.value(_plain(call, self.body_of(call)), place)

    def put(self, call: Call, place: Place, value: Any) -> Call:
        if place.kind == "path":
            return self.on(call, {place.name: value})
        if place.kind != "body":
            return super().put(call, place, value)
        changed = _PLAIN.put(_plain(call, self.body_of(call)), place, value) if place.name else None
        return self.with_body(call, body_value(changed) if changed else value)

    def drop(self, call: Call, place: Place) -> Call:
        if place.kind != "body":
            return super().drop(call, place)
        return self.with_body(call, body_value(_PLAIN.drop(_plain(call, self.body_of(call)), place)))

    @cached_property
    def path_names(self) -> tuple[str, ...]:
        """What names the object: pointers of arguments."""
        return self.meant.naming

    def path(self, values: dict[str, Any]) -> str:  # noqa: ARG002
        return self.endpoint.path

    def named(self, call: Call) -> dict[str, str]:
        """The arguments of a call that name objects, by their pointers."""
        found = {pointer: self.value(call, Place("body", pointer)) for pointer in self.meant.naming}
        return {pointer: str(value) for pointer, value in found.items() if value is not None}

    def on(self, call: Call, values: dict[str, Any]) -> Call:
        """The call on the object that these values (by pointer) name."""
        types = {place.name: place.type for place in self.places}
        for pointer, value in values.items():
            number = types.get(pointer) == "integer" and isinstance(value, str) and value.isdecimal() and len(value) < 19
            call = self.put(call, Place("body", pointer), int(value) if number else value)
        return call

    def document(self, given: dict[str, Any], selection: str | None = None, name: str = "") -> str:
        """The document that asks for the field with the arguments of these names, as variables."""
        known = [one for one in self.declared.arguments if one.name in given or one.required]
        heads = ", ".join(f"${one.name}: {one.type}" for one in known)
        passed = ", ".join(f"{one.name}: ${one.name}" for one in known)
        chosen = self.selection() if selection is None else selection
        head = " ".join(part for part in (self.kind, name) if part)
        return f"{head}{f' ({heads})' if heads else ''} {{ {self.field}{f'({passed})' if passed else ''}{chosen} }}"

    def selection(self, depth: int = 2) -> str:
        """What is asked of the field's type: all that takes no argument, objects down to that depth."""
        schema = self.endpoint.schema
        return selected(schema, self.declared.type, depth) if schema else ""

    def literal(self, given: dict[str, Any], alias: str = "", selection: str | None = None) -> str:
        """The field with its arguments written out, as a part of a larger document."""
        types = {one.name: one.type for one in self.declared.arguments}
        schema = self.endpoint.schema
        passed = ", ".join(f"{name}: {written(value, types.get(name, ''), schema)}" for name, value in given.items())
        chosen = self.selection() if selection is None else selection
        return f"{f'{alias}: ' if alias else ''}{self.field}{f'({passed})' if passed else ''}{chosen}"


_PLAIN = Operation(id="", method="POST", template="/", bodies={JSON: {}})
"""Puts values into plain JSON."""


def _plain(call: Call, value: Any) -> Call:
    return msgspec.structs.replace(call, body=json.dumps(value).encode(), content_type=JSON)


def ask(
    path: str, document: str, variables: dict[str, Any] | None = None, identity: str = ANONYMOUS, operation: str = ""
) -> Call:
    """The call that sends a document as JSON by POST."""
    body: dict[str, Any] = {"query": document}
    if variables:
        body["variables"] = variables
    if operation:
        body["operationName"] = operation
    return Call(method="POST", path=path, body=json.dumps(body).encode(), content_type=JSON, identity=identity)


def asked(answer: Answer) -> dict[str, Any]:
    """The members of "data" of an answer; {} where there are none."""
    tree = answer.json()
    found = tree.get("data") if isinstance(tree, dict) else None
    return found if isinstance(found, dict) else {}


def complaints(answer: Answer, most: int = 20) -> tuple[str, ...]:
    """The messages of the errors of an answer."""
    tree = answer.json()
    if isinstance(tree, list):
        tree = next((one for one in tree if isinstance(one, dict)), None)
    found = tree.get("errors") if isinstance(tree, dict) else None
    every = found if isinstance(found, list) else []
    return tuple(str(one.get("message", "")) if isinstance(one, dict) else str(one) for one in every[:most])


_DENIED = ("auth", "permission", "permit", "forbid", "denied", "log in", "logged in", "login", "allowed", "credential")


def nothing(answer: Answer) -> bool:
    """Whether an answer says that there is no such object: every field is null, for no want of rights."""
    tree = answer.json()
    data = tree.get("data") if isinstance(tree, dict) and "errors" in tree else None
    said = " ".join(complaints(answer)).lower()
    return (
        isinstance(data, dict)
        and bool(data)
        and all(part is None for part in data.values())
        and not any(one in said for one in _DENIED)
    )


def speaks(answer: Answer) -> bool:
    """Whether an answer to `{ __typename }` is one of GraphQL (7.1 of the specification: a map with data, errors, or both)."""
    tree = answer.json()
    if not isinstance(tree, dict):
        return False
    if isinstance(asked(answer).get("__typename"), str):
        return True
    found = tree.get("errors")
    if not isinstance(found, list) or not found or not all(isinstance(one, dict) and "message" in one for one in found):
        return False
    return "data" in tree or any("locations" in one or "path" in one for one in found)


def selected(schema: Schema, written_type: str, depth: int = 2) -> str:
    """A selection set for a type, with a space before it; "" for leaves."""
    if schema.is_leaf(written_type):
        return ""
    return f" {{ {' '.join(_fields(schema, written_type, depth, [MOST_SELECTED])) or '__typename'} }}"


def _fields(schema: Schema, written_type: str, depth: int, room: list[int], level: int = 0) -> list[str]:
    one = schema.type(written_type)
    if one is None:
        return []
    if one.kind == "UNION":
        parts = [(name, _fields(schema, name, depth, room, level + 1)) for name in one.possible[:4]]
        return ["__typename", *(f"... on {name} {{ {' '.join(chosen)} }}" for name, chosen in parts if chosen)]
    found: list[str] = []
    for field in one.fields.values():
        if room[0] > 0 and field.callable and schema.is_leaf(field.type):
            room[0] -= 1
            found.append(field.name)
    for field in one.fields.values():
        if room[0] <= 0 or not field.callable or schema.is_leaf(field.type):
            continue
        below = depth if _wraps(field) else depth - 1
        inner = _fields(schema, field.type, below, room, level + 1) if below > 0 and level < _DEPTH else []
        if inner:
            found.append(f"{field.name} {{ {' '.join(inner)} }}")
    return found


def _wraps(field: Field) -> bool:
    """Whether a field only stands between a list and its objects, as connections do."""
    return named(field.type).endswith(("Connection", "Edge")) or field.name in ("edges", "node", "nodes", "items")


def written(value: Any, type_: str = "", schema: Schema | None = None) -> str:
    """A value as a literal of GraphQL (2.9). type_: its type, to tell values of enumerations from texts."""
    if isinstance(value, dict):
        one = schema.type(type_) if schema else None
        types = {argument.name: argument.type for argument in one.inputs} if one else {}
        return "{" + ", ".join(f"{name}: {written(part, types.get(name, ''), schema)}" for name, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(written(one, named(type_), schema) for one in value) + "]"
    found = schema.type(type_) if schema and type_ else None
    if isinstance(value, str) and found is not None and found.kind == "ENUM":
        return value
    return json.dumps(value, ensure_ascii=True)


def json_schema(schema: Schema, written_type: str, depth: int = 0, seen: tuple[str, ...] = ()) -> dict[str, Any]:
    """The JSON Schema of an input type; {} for input objects within themselves."""
    bare = written_type.rstrip("!")
    if bare.startswith("["):
        return {"type": "array", "items": json_schema(schema, bare[1:-1], depth + 1, seen)}
    one = schema.types.get(bare)
    if one is not None and one.kind == "ENUM":
        return {"type": "string", "enum": list(one.values)}
    if one is not None and one.kind == "INPUT_OBJECT":
        if bare in seen or depth > _DEPTH:
            return {}
        return object_schema(schema, one.inputs, depth, (*seen, bare))
    return _scalar(bare)


def _scalar(name: str) -> dict[str, Any]:
    lower = name.lower().replace("_", "")
    if lower in _NUMBERS:
        return {"type": "integer"}
    if lower in ("float", "decimal", "double", "bigdecimal", "money"):
        return {"type": "number"}
    if lower == "boolean":
        return {"type": "boolean"}
    if lower in ("json", "jsonobject", "object", "map", "genericscalar"):
        return {"type": "object"}
    return {"type": "string", "format": _FORMATS[lower]} if lower in _FORMATS else {"type": "string"}


def object_schema(
    schema: Schema, arguments: tuple[Argument, ...], depth: int = 0, seen: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The JSON Schema of an object with these members."""
    return {
        "type": "object",
        "properties": {one.name: json_schema(schema, one.type, depth + 1, seen) | _default(one) for one in arguments},
        "required": [one.name for one in arguments if one.required],
    }


def _default(one: Argument) -> dict[str, Any]:
    try:
        found = json.loads(one.default) if one.default else None
    except (ValueError, RecursionError):
        return {}
    return {"default": found} if isinstance(found, str | int | float) else {}


def operations(endpoint: Endpoint) -> tuple[GraphQLOperation, ...]:
    """The fields of query and mutation of an endpoint as operations, at most 400; where nothing is known of its schema, only
    `__typename`, which every one has."""
    if endpoint.schema is None:
        return (_operation(endpoint, "query", Field("__typename", "String!")),)
    found = [_operation(endpoint, kind, field) for kind in ("query", "mutation") for field in endpoint.schema.root(kind)]
    return tuple(found[:MOST_OPERATIONS])


def _operation(endpoint: Endpoint, kind: str, field: Field) -> GraphQLOperation:
    schema = endpoint.schema or Schema()
    whole = object_schema(schema, field.arguments)
    meant = meaning(schema, kind, field, whole)
    given = tuple(one for one in field.arguments if one.required or _given(schema, kind, field, one))
    return GraphQLOperation(
        id=f"graphql {kind} {field.name}",
        method="POST",
        template=f"{endpoint.path}#{kind}.{field.name}",
        bodies={JSON: object_schema(schema, given)},
        body_required=True,
        answers={},
        deprecated=field.deprecated,
        source="graphql",
        endpoint=endpoint,
        kind=kind,
        declared=field,
        arguments=whole,
        meant=meant,
    )


def _given(schema: Schema, kind: str, field: Field, one: Argument) -> bool:
    """Whether a working call gives an argument that may be left out. What narrows a list is left out; where one object is asked
    for, its id is given, and nothing else beside it."""
    if kind != "query":
        return True
    if is_list(field.type.rstrip("!")) or (schema.type(field.type) is not None and named(field.type).endswith("Connection")):
        return False
    naming = [argument.name for argument in field.arguments if names_object(argument.name)]
    return not naming or one.name in naming[:1]


def requested(known: tuple[GraphQLOperation, ...], call: Call) -> tuple[GraphQLOperation, ...]:
    """The operations, of those that are known, that a call asks for: by a document in a JSON body, a batch, a form or the query."""
    if not known or not any(call.path.partition("?")[0] in (one.endpoint.path, *one.endpoint.others) for one in known):
        return ()
    tree = body_value(call)
    every = tree[:200] if isinstance(tree, list) else [tree]
    texts = [one["query"] for one in every if isinstance(one, dict) and isinstance(one.get("query"), str)]
    texts += [value for name, value in call.query if name == "query"]
    if "query=" in call.path:
        texts.append(unquoted(call.path.partition("query=")[2].partition("&")[0]))
    if call.content_type.startswith("application/graphql"):
        texts.append(call.body.decode("utf-8", "replace"))
    asked_for = {(part.type, field) for text in texts for part in _roots(text) for field in part.fields}
    return tuple(one for one in known if (one.kind, one.field) in asked_for)


def _roots(text: str) -> tuple[RootFields, ...]:
    try:
        return root_fields(text)
    except NotGraphQL:
        return ()
