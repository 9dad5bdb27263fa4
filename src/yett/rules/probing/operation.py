"""One operation of a target as probes see it: its inputs, and how a call of it is taken apart and put together again.

Schemas are plain trees of JSON Schema without `$ref` (what refers to itself is cut off with {}), examples included. It must not
know where descriptions come from, nor who calls.
"""

import json
from functools import cached_property
from typing import Any, Literal

import msgspec

from yett.formats.names import divided, words
from yett.model.probe import Call
from yett.rules.probing.encoding import body_value, form, pairs, quoted, unquoted
from yett.rules.probing.multipart import MEDIA, multipart
from yett.rules.probing.wording import listed

Kind = Literal["path", "query", "header", "cookie", "body"]
Doing = Literal["list", "read", "create", "change", "delete", "action", "login", "register", "logout", "password"]

SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))
"""Methods that change nothing by what they mean (RFC 9110, 9.2.1)."""

PERILOUS = listed(
    "reset seed create delete remove destroy drop purge wipe truncate clear flush shutdown shut restart reboot stop "
    "kill terminate halt logout signout logoff revoke deactivate disable uninstall erase init migrate rollback "
    "populate"
)
"""Words in the path or name of an operation without an object, for which it is not called by default."""

_WITH_PERIL = PERILOUS | listed("db data database all tables table users user fixtures demo cache server app system")
"""Words that stand joined to them, as in "resetdb"."""

_MAX_PLACES = 200
_MAX_DEPTH = 6


class Place(msgspec.Struct, frozen=True):
    """One input of an operation. name: of the parameter, or the JSON pointer of a leaf of the body ("/a/b"; "/a/0" for the first
    item of a list; "/name" for a field of a form). schema: what is declared of it, {} where nothing is."""

    kind: Kind
    name: str
    schema: dict[str, Any] = {}
    required: bool = False

    @property
    def text(self) -> str:
        """As in `Claim.place`: "query q", "body /role", "path userId", "header X"."""
        return f"{self.kind} {self.name}"

    @property
    def type(self) -> str:
        """string | integer | number | boolean | array | object; "string" where nothing is declared."""
        kind = self.schema.get("type", "string")
        if isinstance(kind, list):
            kind = next((one for one in kind if one != "null"), "string")
        return kind if isinstance(kind, str) else "string"


class Meaning(msgspec.Struct, frozen=True):
    """What an operation is known to do where its source says it better than method and path: a field of GraphQL.

    doing: as `yett.rules.probing.resources.Doing`. noun: singular, "" where there is none. naming: what names the object, pointers
    of the body such as "/id" or "/input/userId"; nouns: of what each of them names. perilous: it may harm more than one object.
    """

    doing: Doing
    noun: str
    naming: tuple[str, ...] = ()
    nouns: tuple[str, ...] = ()
    perilous: bool = False


class Operation(msgspec.Struct, frozen=True, kw_only=True, dict=True, eq=False):
    """method, template: "GET", "/users/{userId}" (with the base path). id: unique in the target. parameters: all but the body.
    bodies: schemas of the request body by media type, the preferred one first; body_required. answers: schemas by status as
    declared ("200", "2XX", "default"). security: alternatives of sets of scheme names; None where nothing is said; an empty
    alternative means that nobody needs a credential. example: a whole body. links: (name of operation, parameter, expression).
    source: "contract", "catalog", "recording" or "graphql". meant: what is known beyond method and path."""

    id: str
    method: str
    template: str
    parameters: tuple[Place, ...] = ()
    bodies: dict[str, dict[str, Any]] = {}
    body_required: bool = False
    answers: dict[str, dict[str, Any]] = {}
    security: tuple[frozenset[str], ...] | None = None
    deprecated: bool = False
    summary: str = ""
    tags: tuple[str, ...] = ()
    example: Any = None
    links: tuple[tuple[str, str, str], ...] = ()
    source: str = "contract"
    meant: Meaning | None = None

    def __hash__(self) -> int:
        return hash(self.id)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Operation) and other.id == self.id

    @property
    def label(self) -> str:
        """ "GET /users/{userId}"."""
        return f"{self.method} {self.template}"

    @property
    def safe(self) -> bool:
        """Whether its method promises to change nothing."""
        return self.method in SAFE_METHODS

    @property
    def secured(self) -> bool | None:
        """Whether the description demands a credential; None where it says nothing."""
        return None if self.security is None else bool(self.security) and all(self.security)

    @cached_property
    def segments(self) -> tuple[str, ...]:
        return tuple(self.template.strip("/").split("/"))

    @cached_property
    def path_names(self) -> tuple[str, ...]:
        """Names of the parameters in the path, in order, but for those that stand for a version of the API."""
        found = (name for segment in self.segments for name in _names(segment))
        return tuple(name for name in found if name not in self.version_names)

    @cached_property
    def version_names(self) -> tuple[str, ...]:
        """Names of the parameters in the path that stand for a version of the whole API: "/api/v{version}/users", before anything
        that names an object."""
        found: list[str] = []
        for segment in self.segments:
            names = _names(segment)
            if names and not (len(names) == 1 and (segment.lower().startswith("v{") or _version(names[0]))):
                break
            found += names
        return tuple(found)

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of its path (without parameters) and of its operationId, in lower case."""
        texts = [segment for segment in self.segments if "{" not in segment]
        return frozenset(word for text in (*texts, "" if "/" in self.id else self.id) for word in words(text))

    @cached_property
    def perilous(self) -> bool:
        """Whether calling it at all may harm more than one object: a safe method whose path or name says reset, seed, create,
        delete, shutdown or logout; another method whose path says so without naming an object; DELETE without an object."""
        texts = [segment for segment in self.segments if "{" not in segment]
        if self.safe and "/" not in self.id:
            texts.append(self.id)
        said = frozenset(part for text in texts for word in words(text) for part in divided(word, _WITH_PERIL)) & PERILOUS
        if self.safe:
            return bool(said)
        return not self.path_names and (self.method == "DELETE" or bool(said - {"create", "remove", "clear"}))

    @cached_property
    def media(self) -> str:
        """The media type in which a body is sent; "" where there is none."""
        return next(iter(self.bodies), "")

    @cached_property
    def body(self) -> dict[str, Any]:
        """The schema of the body as it is sent; {} where there is none."""
        return self.bodies.get(self.media, {})

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """All inputs: parameters, then the leaves of the body as declared. At most 200. What a working call holds beyond that,
        `Operation.places_of(call)` tells."""
        found = list(self.parameters)
        _leaves(self.body, "", True, found, 0)
        return tuple(found[:_MAX_PLACES])

    def places_of(self, call: Call) -> tuple[Place, ...]:
        """The inputs that this call gives a value to, and declared query parameters and fields that it leaves out."""
        known = {(place.kind, place.name): place for place in self.places}
        for name, _ in call.query:
            known.setdefault(("query", name), Place("query", name))
        value = body_value(call)
        if value is not None:
            for pointer, leaf in _valued(value, "", 0):
                known.setdefault(("body", pointer), Place("body", pointer, {"type": _type(leaf)}))
        return tuple(known.values())[:_MAX_PLACES]

    def value(self, call: Call, place: Place) -> Any:
        """What the call sends there; None where it sends nothing. Path, query and header values are text."""
        if place.kind == "path":
            return self.path_values(call.path).get(place.name)
        if place.kind == "query":
            return next((value for name, value in call.query if name == place.name), None)
        if place.kind == "header":
            return next((value for name, value in call.fields if name.lower() == place.name.lower()), None)
        if place.kind == "cookie":
            return dict(_cookies(call)).get(place.name)
        return _at(body_value(call), place.name)

    def put(self, call: Call, place: Place, value: Any) -> Call:
        """The call with that value there. Anything but a body takes text: other values are written as JSON would, lists of a query
        as several pairs. A path value is percent-encoded as one segment. In a JSON body the value stands as it is."""
        if place.kind == "path":
            return msgspec.structs.replace(call, path=self.path({**self.path_values(call.path), place.name: value}))
        if place.kind == "query":
            rest = tuple(pair for pair in call.query if pair[0] != place.name)
            return msgspec.structs.replace(call, query=(*rest, *pairs(place.name, value)))
        if place.kind == "header":
            kept = tuple(field for field in call.fields if field[0].lower() != place.name.lower())
            return msgspec.structs.replace(call, fields=(*kept, (place.name, _text(value))))
        if place.kind == "cookie":
            return _with_cookies(call, [*(one for one in _cookies(call) if one[0] != place.name), (place.name, _text(value))])
        tree = body_value(call)
        return self.with_body(call, _set(tree, place.name.split("/")[1:], value) if place.name else value)

    def drop(self, call: Call, place: Place) -> Call:
        """The call without a value there; a path parameter stays."""
        if place.kind == "query":
            return msgspec.structs.replace(call, query=tuple(pair for pair in call.query if pair[0] != place.name))
        if place.kind == "header":
            kept = tuple(field for field in call.fields if field[0].lower() != place.name.lower())
            return msgspec.structs.replace(call, fields=kept)
        if place.kind == "cookie":
            return _with_cookies(call, [one for one in _cookies(call) if one[0] != place.name])
        if place.kind == "body":
            return self.with_body(call, _removed(body_value(call), place.name.split("/")[1:]))
        return call

    def with_body(self, call: Call, value: Any) -> Call:
        """The call with that body, written in the call's (or else the operation's) media type: JSON, a form, or one with
        files."""
        media = call.content_type or self.media or "application/json"
        if media.startswith("application/x-www-form-urlencoded") and isinstance(value, dict):
            return msgspec.structs.replace(call, body=form(value), content_type=media)
        if media.startswith(MEDIA) and isinstance(value, dict):
            body, media = multipart(value, self.bodies.get(MEDIA, {}))
            return msgspec.structs.replace(call, body=body, content_type=media)
        return msgspec.structs.replace(call, body=json.dumps(value).encode(), content_type=media)

    def body_of(self, call: Call) -> Any:
        """The body of the call as a tree: JSON, or a form as an object of texts; None where there is none."""
        return body_value(call)

    def path(self, values: dict[str, Any]) -> str:
        """The path with these values; a missing one stands as "1". A slash at the end is kept: many servers answer 307 or 404
        without it."""
        parts = []
        for segment in self.segments:
            for name in _names(segment):
                segment = segment.replace("{" + name + "}", quoted(_text(values.get(name, "1"))))
            parts.append(segment)
        return "/" + "/".join(parts) + ("/" if any(parts) and self.template.endswith("/") else "")

    def named(self, call: Call) -> dict[str, str]:
        """What a call of this operation names an object by, by the names in `path_names`."""
        return self.path_values(call.path)

    def on(self, call: Call, values: dict[str, Any]) -> Call:
        """The call on the object that these values name."""
        kept = {name: value for name, value in self.path_values(call.path).items() if name in self.version_names}
        return msgspec.structs.replace(call, path=self.path({**kept, **values}))

    def path_values(self, path: str) -> dict[str, str]:
        """Values of the path parameters in a path of this operation, decoded."""
        given = path.partition("?")[0].strip("/").split("/")
        found: dict[str, str] = {}
        for segment, text in zip(self.segments, given, strict=False):
            names = _names(segment)
            if len(names) == 1:
                before, _, after = segment.partition("{" + names[0] + "}")
                if text.startswith(before) and text.endswith(after):
                    found[names[0]] = unquoted(text[len(before) : len(text) - len(after) if after else len(text)])
        return found


def _names(segment: str) -> list[str]:
    return [part.partition("}")[0] for part in segment.split("{")[1:] if "}" in part]


def _version(name: str) -> bool:
    return "".join(words(name)) in ("version", "ver", "apiversion", "apiver", "v")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return {int: "integer", float: "number", list: "array", dict: "object"}.get(type(value), "string")


def _leaves(schema: dict[str, Any], pointer: str, required: bool, found: list[Place], depth: int) -> None:
    if len(found) >= _MAX_PLACES or depth > _MAX_DEPTH:
        return
    properties = schema.get("properties")
    if isinstance(properties, dict) and properties:
        needed = schema.get("required", ())
        for name, part in properties.items():
            if isinstance(part, dict):
                step = str(name).replace("~", "~0").replace("/", "~1")
                _leaves(part, f"{pointer}/{step}", required and name in needed, found, depth + 1)
    elif isinstance(schema.get("items"), dict) and schema["items"]:
        _leaves(schema["items"], f"{pointer}/0", required, found, depth + 1)
    elif schema:
        found.append(Place("body", pointer, schema, required))


def _valued(value: Any, pointer: str, depth: int) -> list[tuple[str, Any]]:
    if depth > _MAX_DEPTH:
        return []
    if isinstance(value, dict) and value:
        steps = [(str(name).replace("~", "~0").replace("/", "~1"), part) for name, part in list(value.items())[:_MAX_PLACES]]
        return [leaf for step, part in steps for leaf in _valued(part, f"{pointer}/{step}", depth + 1)]
    if isinstance(value, list) and value:
        return _valued(value[0], f"{pointer}/0", depth + 1)
    return [(pointer, value)]


def _step(text: str) -> str:
    return text.replace("~1", "/").replace("~0", "~")


def _at(value: Any, pointer: str) -> Any:
    for text in pointer.split("/")[1:]:
        if isinstance(value, dict):
            value = value.get(_step(text))
        elif isinstance(value, list) and text.isdigit() and int(text) < len(value):
            value = value[int(text)]
        else:
            return None
    return value


def _set(tree: Any, steps: list[str], value: Any) -> Any:
    if not steps:
        return value
    first, rest = steps[0], steps[1:]
    if isinstance(tree, list) and first.isdigit():
        index = int(first)
        return [_set(one, rest, value) if at == index else one for at, one in enumerate(tree)] + (
            [_set(None, rest, value)] if index >= len(tree) else []
        )
    if tree is None and first.isdigit():
        return [_set(None, rest, value)]
    known = dict(tree) if isinstance(tree, dict) else {}
    name = _step(first)
    known[name] = _set(known.get(name), rest, value)
    return known


def _removed(tree: Any, steps: list[str]) -> Any:
    if not steps:
        return None
    name = _step(steps[0])
    if isinstance(tree, dict) and name in tree:
        if len(steps) == 1:
            return {key: part for key, part in tree.items() if key != name}
        return {**tree, name: _removed(tree[name], steps[1:])}
    if isinstance(tree, list) and steps[0].isdigit():
        return [_removed(one, steps[1:]) if at == int(steps[0]) else one for at, one in enumerate(tree)]
    return tree


def _cookies(call: Call) -> list[tuple[str, str]]:
    line = next((value for name, value in call.fields if name.lower() == "cookie"), "")
    return [(part.partition("=")[0].strip(), part.partition("=")[2].strip()) for part in line.split(";") if part.strip()]


def _with_cookies(call: Call, cookies: list[tuple[str, str]]) -> Call:
    kept = tuple(field for field in call.fields if field[0].lower() != "cookie")
    line = "; ".join(f"{name}={value}" for name, value in cookies)
    return msgspec.structs.replace(call, fields=(*kept, ("Cookie", line)) if line else kept)
