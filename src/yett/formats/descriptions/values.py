"""What somebody declared about an API, in one shape for contracts of every kind and for gateways' configurations.

It must not know any of the formats, nor what becomes of a declaration.
"""

from collections.abc import Callable

import msgspec

from yett.formats.contract.values import Contract, SecurityScheme
from yett.formats.document import Document
from yett.model.mistake import Mistake

MOST_DECLARED = 100_000
"""Declarations of one file; a file with more is read up to there, and says so."""
MOST_PROBLEMS = 1_000
MOST_HOSTS = 64
"""Hosts of one declaration."""

Others = Callable[[str], bytes | None]
"""Gives the octets of another file by its path relative to the directory of the one that is read; None where there is none, or it
must not be read. What it may open is for its owner to bound."""


def nothing(_: str) -> bytes | None:
    """No other file at all."""
    return None


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """One operation, or all operations that one rule of a gateway lets through.

    kind: rest | graphql | soap | grpc | asyncapi | mcp | route. method: as on the wire; "" for every one. base and template: the
    path is `base + template`; {name} is a parameter of at least one character without "/". named: the operation below the path,
    as `yett.formats.dispatch` names it; where a schema does not know its endpoint, the path is "" and `named` is all there is.
    pattern: how the path is meant:
      template  with parameters, the whole path
      exact     the whole path
      prefix    this path and everything that begins with it; with a "/" at its end, or "" whole segments only where `whole` says so
      regex     a regular expression over the whole path, or a part of it where it is not anchored; in the syntax of its gateway
    whole: a prefix ends at the end of a segment. hosts: lower case, without port; "*.example.org" stands for all names below;
    empty where the source does not say. service: what the source calls it: a title, an upstream, a backend. security: names of
    schemes, alternatives, those that are needed together joined by "+", "none" where anonymous calls are an alternative; None
    where the source says nothing. source: the file; place: a JSON pointer into it, or "line 12". origin: contract | gateway.
    """

    kind: str
    method: str
    template: str
    base: str = ""
    named: str = ""
    pattern: str = "template"
    whole: bool = False
    hosts: tuple[str, ...] = ()
    service: str = ""
    operation_id: str = ""
    deprecated: bool = False
    version: str = ""
    security: tuple[str, ...] | None = None
    source: str = ""
    place: str = ""
    origin: str = "contract"

    @property
    def path(self) -> str:
        """Base and template."""
        return self.base + self.template


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """One file that was read.

    kind: swagger | openapi | graphql | wsdl | protobuf | asyncapi | mcp | nginx | envoy | kong | kubernetes; "" where it is none
    of them or not readable at all; `problems` then says why. format: the version of the format, such as "3.1". title, version: of
    the API. servers: URLs as declared. problems: what is wrong and could not be read; everything else is there all the same.
    contract: of OpenAPI and Swagger; that its validators can be built
    is not proven. schemes: security schemes by name. files: other files that were read.
    """

    kind: str
    source: str
    declared: tuple[Declared, ...] = ()
    problems: tuple[Mistake, ...] = ()
    format: str = ""
    title: str = ""
    version: str = ""
    servers: tuple[str, ...] = ()
    contract: Contract | None = None
    schemes: tuple[SecurityScheme, ...] = ()
    files: tuple[str, ...] = ()


class Gathering:
    """Declarations and problems of a file while it is read, bounded."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.declared: list[Declared] = []
        self.problems: list[Mistake] = []
        self._full = False

    def declare(self, declared: Declared) -> None:
        """Take one in; its source is set here."""
        if len(self.declared) < MOST_DECLARED:
            self.declared.append(msgspec.structs.replace(declared, source=self.source))
        elif not self._full:
            self._full = True
            self.problem(f"more than {MOST_DECLARED} operations; the rest is left out")

    @property
    def full(self) -> bool:
        """Whether there is no room for more, so that a product of many methods and paths need not be gone through."""
        return self._full

    def problem(self, message: str, line: int = 0, column: int = 0, hint: str = "") -> None:
        """Something that could not be read."""
        self.report(Mistake(message, self.source, line, column, hint))

    def locate(self, document: Document, pointer: str, message: str, hint: str = "") -> None:
        """The same at a place in a document; the pointer is told where lines are not known."""
        mistake = document.mistake(pointer, message, hint)
        if not mistake.line:
            mistake = msgspec.structs.replace(mistake, hint="; ".join(part for part in (f"at {pointer}", hint) if part))
        self.report(mistake)

    def report(self, mistake: Mistake) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(mistake)

    def description(self, kind: str, format: str = "", title: str = "", version: str = "") -> Description:  # noqa: A002
        """What was gathered."""
        return Description(
            kind=kind,
            source=self.source,
            declared=tuple(self.declared),
            problems=tuple(self.problems),
            format=format,
            title=title,
            version=version,
        )
