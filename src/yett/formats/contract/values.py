"""A contract as values: what an OpenAPI or Swagger description declares, in one shape for all its versions.

Everything here is frozen and round-trips through msgspec.msgpack, so that one process reads a contract and sends it to its
workers. What belongs to one operation or schema stays encoded until it is asked for: 10,000 operations decode in a few
milliseconds. It knows nothing of documents, `$ref` or validators.
"""

import msgspec

SecurityRequirements = tuple[tuple[tuple[str, tuple[str, ...]], ...], ...]
"""Alternatives; each is a set of (scheme name, scopes) that must all be met. An empty alternative means: anonymous is enough."""

UNREAD_SCHEME = "(unread)"
"""Stands for a security scheme where what is required cannot be read: no scheme has this name."""
UNREAD_SECURITY: SecurityRequirements = (((UNREAD_SCHEME, ()),),)
"""Somebody must have been authenticated; how, is not known."""

NO_SCHEMA = -1
"""Stands for a schema id where nothing is declared."""


class Problem(msgspec.Struct, frozen=True, array_like=True, order=True):
    """Something wrong with the contract itself. `pointer` is a JSON pointer into `document` (a path as `read_contract` got it).

    fatal: nothing of the contract can be enforced. Otherwise what is wrong is left out: it then demands less of callers'
    values, which are not proven by it, and not less of who they are.
    """

    document: str
    pointer: str
    message: str
    fatal: bool = False


class Unenforced(msgspec.Struct, frozen=True, array_like=True, order=True):
    """Something that the contract declares and that will not be enforced: where, what, and why."""

    document: str
    pointer: str
    what: str
    why: str


class SecurityScheme(msgspec.Struct, frozen=True, array_like=True):
    """One way to authenticate. type: apiKey | basic | bearer | oauth2 | openIdConnect | mutualTLS | other (see `scheme`).

    place and field: where an API key is carried ("header", "query" or "cookie") and under which name.
    """

    name: str
    type: str
    place: str = ""
    field: str = ""
    scheme: str = ""


class Parameter(msgspec.Struct, frozen=True, array_like=True):
    """One parameter, form field or response field.

    place: path | query | header | cookie | form | response. style: simple | label | matrix | form | spaceDelimited |
    pipeDelimited | deepObject, or "unread" where no rule says how such a value is written. schema: id of its schema. media:
    set for a parameter that is serialised as that media type. separators: what divides items, from the outside in, where
    Swagger 2 says so.
    """

    name: str
    place: str
    required: bool
    style: str
    explode: bool
    schema: int
    media: str = ""
    allow_empty: bool = False
    separators: str = ""


class Media(msgspec.Struct, frozen=True, array_like=True):
    """One media type of a body: "type/subtype", "type/*" or "*/*", lower case. charset: only where the contract names one.

    encoding: how single fields of a form are serialised, where it differs from the default.
    """

    type: str
    schema: int
    charset: str = ""
    encoding: tuple[Parameter, ...] = ()


class Body(msgspec.Struct, frozen=True, array_like=True):
    """A request body. An empty `media` means that nothing is said of its type."""

    required: bool
    media: tuple[Media, ...]


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """What is declared for a status: "200", "2XX" or "default"."""

    status: str
    fields: tuple[Parameter, ...]
    media: tuple[Media, ...]


class Detail(msgspec.Struct, frozen=True, array_like=True):
    """Everything about one operation that is not needed to route to it.

    security: None where the contract says nothing. unenforced: indexes into `Contract.unenforced`, including those of every
    schema that the operation reaches.
    """

    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    answers: tuple[Answer, ...] = ()
    security: SecurityRequirements | None = None
    unenforced: tuple[int, ...] = ()


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One operation. `template` is relative to the base paths: its own `bases`, or the contract's where that is None."""

    method: str
    template: str
    operation_id: str | None
    deprecated: bool
    document: str
    pointer: str
    detail: msgspec.Raw
    bases: tuple[str, ...] | None = None


class Schema(msgspec.Struct, frozen=True, array_like=True):
    """One converted schema: JSON Schema 2020-12 as JSON text, in which `#/$defs/<id>` names other schemas of the contract.

    references: those ids. group: the validator that holds this schema, or -1 where it is only used by other schemas.
    """

    text: bytes
    references: tuple[int, ...] = ()
    group: int = -1


class Contract(msgspec.Struct, frozen=True):
    """A whole API description. version: "2.0", "3.0", "3.1", "3.2"; revision: the API's own version.

    bases: base paths without trailing slash; "" stands for the root. groups: ids of the schemas that share a validator.
    problems: what is wrong with it; with one that is fatal it must not be used. unenforced: what it asks for in vain.
    """

    version: str
    title: str = ""
    revision: str = ""
    bases: tuple[str, ...] = ("",)
    operations: tuple[Entry, ...] = ()
    schemes: tuple[SecurityScheme, ...] = ()
    security: SecurityRequirements | None = None
    schemas: tuple[Schema, ...] = ()
    groups: tuple[tuple[int, ...], ...] = ()
    problems: tuple[Problem, ...] = ()
    unenforced: tuple[Unenforced, ...] = ()

    @property
    def is_usable(self) -> bool:
        """Whether it can be enforced, but for what `problems` say."""
        return not any(problem.fatal for problem in self.problems)

    def templates(self, entry: Entry) -> tuple[str, ...]:
        """The whole path templates of an operation, one for each base path."""
        return tuple(base + entry.template for base in (self.bases if entry.bases is None else entry.bases))
