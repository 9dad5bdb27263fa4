"""Reads a whole contract: which version it is, its base paths, its security, and every operation of every path.

What differs between Swagger 2.0 and OpenAPI 3 is in `swagger` and `openapi`; this module knows what they share.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Protocol

import msgspec

from yett.formats.contract.directions import Direction
from yett.formats.contract.documents import BrokenReference, Documents, Node, key_text
from yett.formats.contract.fields import UNREAD
from yett.formats.contract.pool import SchemaPool
from yett.formats.contract.report import Report
from yett.formats.contract.values import (
    NO_SCHEMA,
    UNREAD_SCHEME,
    UNREAD_SECURITY,
    Answer,
    Body,
    Detail,
    Entry,
    Parameter,
    SecurityRequirements,
    SecurityScheme,
)

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_TEMPLATE_NAME = re.compile(r"\{([^{}/]*)\}")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_STATUS = re.compile(r"[1-5](?:[0-9]{2}|XX)|default")


def _shape(template: str) -> str:
    """What templates that match the same requests have in common."""
    return _TEMPLATE_NAME.sub("{}", template)


class Draft(msgspec.Struct):
    """An operation as read; its gaps are known once all schemas are converted."""

    node: Node
    entry: Entry
    detail: Detail
    schemas: set[int]
    gaps: set[int]


class Reader:
    """What every part of reading shares. `schemas` and `gaps` are those of the operation under way."""

    def __init__(self, documents: Documents, version: str) -> None:
        self.documents, self.version = documents, version
        self.report = Report()
        self.pool = SchemaPool(documents, self.report, version)
        self.schemas: set[int] = set()
        self.gaps: set[int] = set()
        self.root = Node(documents.root, (), documents.trees[documents.root])

    def problem(self, node: Node, message: str, fatal: bool = False) -> None:
        self.report.problem(node, message, fatal)

    def gap(self, node: Node, what: str, why: str) -> None:
        self.gaps.add(self.report.gap(node, what, why))

    def schema(self, node: Node, direction: Direction) -> int:
        number = self.pool.use(node, direction, self.gaps)
        self.schemas.add(number)
        return number

    def follow(self, node: Node) -> Node | None:
        """What a reference leads to, if it is an object; reports a problem otherwise."""
        try:
            found = self.documents.follow(node)
        except BrokenReference as broken:
            self.problem(node, str(broken))
            return None
        if not isinstance(found.value, dict):
            self.problem(node, "must be an object")
            return None
        return found

    def mapping(self, node: Node) -> Iterator[tuple[str, Node]]:
        """The members of an object that may be absent, without vendors' extensions."""
        return (member for member in self.named(node) if not member[0].startswith("x-"))

    def named(self, node: Node) -> Iterator[tuple[str, Node]]:
        """The members of an object that may be absent and whose names are the author's: fields, schemes, media types."""
        if node.value is None:
            return
        if not isinstance(node.value, dict):
            self.problem(node, "must be an object")
            return
        for name, value in node.value.items():
            key = key_text(name)
            yield key, Node(node.document, (*node.path, key), value)

    def items(self, node: Node) -> Iterator[Node]:
        """The members of a list that may be absent."""
        if node.value is None:
            return
        if not isinstance(node.value, list):
            self.problem(node, "must be a list")
            return
        for index, value in enumerate(node.value):
            yield Node(node.document, (*node.path, str(index)), value)

    def requirements(self, node: Node, schemes: Mapping[str, SecurityScheme]) -> SecurityRequirements | None:
        """A `security` list; None where there is none. What cannot be read becomes UNREAD_SCHEME, never nothing: an empty
        list, or an empty member of it, lets anybody in."""
        if node.value is None:
            return None
        if not isinstance(node.value, list):
            self.problem(node, "must be a list")
            return UNREAD_SECURITY
        return tuple(self._alternative(alternative, schemes) for alternative in self.items(node))

    def _alternative(self, node: Node, schemes: Mapping[str, SecurityScheme]) -> tuple[tuple[str, tuple[str, ...]], ...]:
        if not isinstance(node.value, dict):
            self.problem(node, "must map names of security schemes to lists of scopes; {} stands for no authentication")
            return UNREAD_SECURITY[0]
        members: list[tuple[str, tuple[str, ...]]] = []
        for named, scopes in self.named(node):
            name = named
            if name not in schemes and self.version == "3.2":  # which may also be a reference (4.30)
                name = name.removeprefix("#/components/securitySchemes/")
            if name not in schemes:
                self.problem(scopes, f"there is no security scheme {name!r}")
            if not isinstance(scopes.value, list | None):
                name = UNREAD_SCHEME  # `items` says why
            members.append((name, tuple(str(scope.value) for scope in self.items(scopes))))
        return tuple(members)


class Dialect(Protocol):
    """What a version of the description adds to reading."""

    reader: Reader

    def schemes(self) -> dict[str, SecurityScheme]: ...
    def bases(self, node: Node) -> tuple[str, ...] | None: ...
    def parameter(self, node: Node) -> Parameter | None: ...
    def body(self, node: Node, parameters: list[Node], /) -> Body | None: ...
    def answer(self, status: str, node: Node, operation: Node, /) -> Answer: ...


class PathReader:
    """Reads all paths with the words of one dialect. enforced: operations of which nothing could be read count as declared."""

    def __init__(self, dialect: Dialect, enforced: bool) -> None:
        self.dialect, self.reader, self._enforced = dialect, dialect.reader, enforced
        self.schemes = dialect.schemes()
        self.security = self.reader.requirements(self.reader.root.child("security"), self.schemes)
        self._first: dict[tuple[str, str], Draft] = {}  # with this method and shape
        self._ids: dict[str, str] = {}
        self._repeated: set[str] = set()

    def drafts(self) -> Iterator[Draft]:
        paths = self.reader.root.child("paths")
        if not isinstance(paths.value, dict | None):
            self.reader.problem(paths, "must be an object", fatal=True)
            return
        for template, node in self.reader.mapping(paths):
            if not self._template_is_sound(template, node):
                continue
            item = self.reader.follow(node)
            if item is None:
                yield from (self._unread(template, method.upper(), node) for method in METHODS if self._enforced)
                continue
            shared = list(self.reader.items(item.child("parameters")))
            for method, declared in self._declared(item):
                if declared.value is not None:
                    yield from self._drafted(template, method, declared, item, shared)

    def _drafted(self, template: str, method: str, declared: Node, item: Node, shared: list[Node]) -> Iterator[Draft]:
        operation = self.reader.follow(declared)
        first = self._first.get((_shape(template), method))
        if first is not None:
            self._repeat(first, operation, declared)
        elif operation is not None:
            yield self._operation(template, method, operation, item, shared)
        elif self._enforced:
            yield self._unread(template, method, declared)

    def named(self, draft: Draft) -> Draft:
        """A draft without its operationId, if others have the same: it names none of them then."""
        if draft.entry.operation_id in self._repeated:
            draft.entry = msgspec.structs.replace(draft.entry, operation_id=None)
        return draft

    def _declared(self, item: Node) -> Iterator[tuple[str, Node]]:
        """The operations of a path by method; since OpenAPI 3.2 (4.9.1) there are more than eight of these."""
        for method in METHODS:
            yield method.upper(), item.child(method)
        if self.reader.version != "3.2":
            return
        yield "QUERY", item.child("query")
        for method, node in self.reader.mapping(item.child("additionalOperations")):
            if not _TOKEN.fullmatch(method) or method.lower() in (*METHODS, "query"):
                self.reader.problem(node, f"{method!r} is not a method, or one that has a field of its own")
            else:
                yield method, node

    def _template_is_sound(self, template: str, node: Node) -> bool:
        names = _TEMPLATE_NAME.findall(template)
        bare = _TEMPLATE_NAME.sub("", template)
        if not template.startswith("/"):
            self.reader.problem(node, "a path must start with /")
        elif "{" in bare or "}" in bare or "" in names or len(names) != len(set(names)):
            self.reader.problem(node, "the template's parameters are not well-formed, or one occurs twice")
        elif "?" in bare or "#" in bare:
            why = "a path has no query and no fragment; its operations are not declared"
            self.reader.report.gap(node, f"path {template}", why)
        else:
            return True
        return False

    def _repeat(self, first: Draft, operation: Node | None, node: Node) -> None:
        """OpenAPI forbids two templates that differ only in names (3.1.1, 4.8.8). Many documents have them, for different methods,
        and that has one meaning all the same. Of two of one method the first counts; where they differ in who may call, it is not
        known what is required."""
        self.reader.problem(node, f"matches the same requests as {first.entry.method} {first.entry.template}; that one counts")
        if operation is None or self._security(operation) != first.detail.security:
            first.detail = msgspec.structs.replace(first.detail, security=UNREAD_SECURITY)

    def _security(self, node: Node) -> SecurityRequirements | None:
        own = self.reader.requirements(node.child("security"), self.schemes)
        return self.security if own is None else own

    def _unread(self, template: str, method: str, node: Node) -> Draft:
        """An operation of which nothing could be read. Left out, its requests would be those of a template that also matches
        them, or of none, and open where these are."""
        entry = Entry(method, template, None, False, node.document, node.pointer, msgspec.Raw())
        draft = Draft(node, entry, Detail(body=Body(False, ()), security=UNREAD_SECURITY), set(), set())
        return self._first.setdefault((_shape(template), method), draft)

    def _operation(self, template: str, method: str, node: Node, item: Node, shared: list[Node]) -> Draft:
        reader = self.reader
        reader.schemas, reader.gaps = set(), set()
        own = list(reader.items(node.child("parameters")))
        parameters = self._parameters(template, node, shared, own)
        body = self.dialect.body(node, [*shared, *own])
        bases = self.dialect.bases(node) if "servers" in node.value else self.dialect.bases(item)
        detail = Detail(
            parameters=parameters,
            body=body,
            answers=self._answers(node),
            security=self._security(node),
        )
        if "callbacks" in node.value:
            reader.gap(node.child("callbacks"), "callbacks", "they are requests that the API makes, not requests to it")
        entry = Entry(
            method=method,
            template=template,
            operation_id=self._identifier(node),
            deprecated=node.value.get("deprecated") is True,
            document=node.document,
            pointer=node.pointer,
            detail=msgspec.Raw(),
            bases=bases,
        )
        draft = Draft(node, entry, detail, reader.schemas, reader.gaps)
        return self._first.setdefault((_shape(template), method), draft)

    def _identifier(self, node: Node) -> str | None:
        identifier = node.value.get("operationId")
        if identifier is None or identifier == "":  # generators write an empty one for none
            return None
        if not isinstance(identifier, str):
            self.reader.problem(node.child("operationId"), "must be a string")
            return None
        if identifier in self._ids:
            self.reader.problem(node.child("operationId"), f"{identifier!r} is also the operationId at {self._ids[identifier]}")
            self._repeated.add(identifier)
        return self._ids.setdefault(identifier, node.pointer) and identifier

    def _parameters(self, template: str, operation: Node, shared: list[Node], own: list[Node]) -> tuple[Parameter, ...]:
        """The operation's parameters; its own replace those of the path that have the same name and place."""
        found: dict[tuple[str, str], Parameter] = {}
        for level in (shared, own):
            seen: set[tuple[str, str]] = set()
            for node in level:
                target = self.reader.follow(node)
                parameter = None if target is None else self.dialect.parameter(target)
                if parameter is None:
                    continue
                key = (parameter.place, parameter.name.lower() if parameter.place == "header" else parameter.name)
                if key in seen:
                    self.reader.problem(node, f"the {parameter.place} parameter {parameter.name!r} is declared twice")
                    required = parameter.required or found[key].required
                    parameter = msgspec.structs.replace(parameter, style=UNREAD, schema=NO_SCHEMA, media="", required=required)
                seen.add(key)
                found[key] = parameter
        names = set(_TEMPLATE_NAME.findall(template))
        declared = {name for place, name in found if place == "path"}
        for name in sorted(names - declared):
            self.reader.gap(
                operation, f"path parameter {name}", "the template has it, and it is not declared: any value passes"
            )
        for name in sorted(declared - names):
            self.reader.gap(operation, f"path parameter {name}", f"it is declared, and not in the template {template}")
            del found["path", name]
        return tuple(found.values())

    def _answers(self, operation: Node) -> tuple[Answer, ...]:
        answers = []
        responses = operation.child("responses")
        for status, node in self.reader.mapping(responses):
            target = self.reader.follow(node)
            if not _STATUS.fullmatch(status):
                self.reader.problem(node, f"{status!r} is not a status, a range such as 2XX, or default")
            elif target is not None:
                answers.append(self.dialect.answer(status, target, operation))
        return tuple(answers)
