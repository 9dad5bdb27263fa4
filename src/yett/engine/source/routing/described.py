"""Handlers that API descriptions and GraphQL schemas name: connexion's `operationId`, Graphene's and Strawberry's resolvers.

It must not know how handlers work.
"""

from collections.abc import Iterator, Mapping

from yett.engine.source.project import Project
from yett.engine.source.routing.entry import Entry, Filling, Guard
from yett.engine.source.routing.routers import guard
from yett.engine.source.scopes import Scope
from yett.formats.python_source.tree import Attribute, Function
from yett.rules.sourcing.program import Place
from yett.rules.sourcing.words import words

_METHODS = words("get post put patch delete head options trace")
_OBJECTS = words("graphene.ObjectType graphene.types.objecttype.ObjectType graphene_sqlalchemy.SQLAlchemyObjectType")
_MUTATIONS = words("graphene.Mutation graphene.types.mutation.Mutation graphene.relay.ClientIDMutation")
_STRAWBERRY = words("strawberry.field strawberry.mutation strawberry.subscription")
_MOST = 5_000


class Described:
    """descriptions: trees of API descriptions, by path."""

    def __init__(self, project: Project, descriptions: Mapping[str, object]) -> None:
        self._project, self._descriptions = project, descriptions
        self._offered: dict[str, str] | None = None

    def entries(self) -> Iterator[Entry]:
        for tree in self._descriptions.values():
            yield from self._operations(tree)
        for scope in list(self._project.scopes.values()):
            if scope.kind == "class":
                yield from self._graphql(scope)

    # Descriptions

    def _operations(self, tree: object) -> Iterator[Entry]:
        if not isinstance(tree, dict):
            return
        paths = tree.get("paths")
        base = tree.get("basePath")
        overall = tree.get("security")
        count = 0
        for path, item in paths.items() if isinstance(paths, dict) else ():
            for method, operation in item.items() if isinstance(item, dict) else ():
                if method in _METHODS and isinstance(operation, dict) and count < _MOST:
                    count += 1
                    prefix = base.rstrip("/") if isinstance(base, str) else ""
                    yield from self._operation(f"{prefix}{path}", method, operation, item, overall)

    def _operation(
        self, path: str, method: str, operation: dict[str, object], item: dict[str, object], overall: object
    ) -> Iterator[Entry]:
        name = operation.get("operationId")
        controller = operation.get("x-openapi-router-controller") or operation.get("x-swagger-router-controller")
        if not isinstance(name, str):
            return
        whole = f"{controller}.{name}" if isinstance(controller, str) and controller else name
        module, _, function = whole.rpartition(".")
        found = self._project.module(module) if module else ""
        scope = self._project.scopes.get(f"{found}:{function}") if found else None
        if scope is None or scope.kind != "function" or scope.node is None:
            return
        secured = operation.get("security", overall)
        yield Entry(
            scope=scope.id,
            filling="connexion",
            method=method.upper(),
            template=path,
            group=scope.module,
            place=Place(scope.file, scope.node.line, scope.node.column, scope.name),
            guards=(Guard("security", "security"),) if secured else (),
            parameters=tuple((one, "") for one in _names(path)),
            declared=tuple(_declared(operation, item)),
        )

    # GraphQL

    def _graphql(self, scope: Scope) -> Iterator[Entry]:
        bases = tuple(self._project.external_bases(scope))
        if any(one in _MUTATIONS for one in bases):
            inner = self._project.scopes.get(f"{scope.id}.mutate") or self._project.scopes.get(
                f"{scope.id}.mutate_and_get_payload"
            )
            if inner is not None:
                yield self._field(inner, "mutation", self._exposed(scope))
        elif any(one in _OBJECTS for one in bases) or any(one.startswith("graphene.") for one in bases):
            for name, bindings in scope.bindings.items():
                inner = self._project.scopes.get(bindings[-1].text)
                if name.startswith("resolve_") and inner is not None and inner.kind == "function":
                    yield self._field(inner, self._kind(scope), camel(name.removeprefix("resolve_")))
        for name, bindings in scope.bindings.items():
            inner = self._project.scopes.get(bindings[-1].text)
            if inner is None or not isinstance(inner.node, Function):
                continue
            if any(
                guard(self._project, scope, one).origin in ("strawberry.field", "strawberry.mutation")
                for one in inner.node.decorators
            ):
                kind = "mutation" if "utation" in scope.name else self._kind(scope)
                yield self._field(inner, kind, camel(name))

    @staticmethod
    def _kind(scope: Scope) -> str:
        name = scope.name.rpartition(".")[2]
        lower = name.lower()
        return next((kind for kind in ("query", "mutation", "subscription") if kind in lower), name)

    def _exposed(self, scope: Scope) -> str:
        """The field under which a mutation's class is offered: `create_user = CreateUser.Field()`."""
        if self._offered is None:
            self._offered = self._offers()
        name = scope.name.rpartition(".")[2]
        return self._offered.get(f"@{scope.id}", name[:1].lower() + name[1:])

    def _offers(self) -> dict[str, str]:
        """Fields that are made of classes, by the origin of the class; of several the first."""
        found: dict[str, str] = {}
        for one in self._project.scopes.values():
            for name, bindings in one.bindings.items() if one.kind == "class" else ():
                function = getattr(bindings[-1].value, "function", None)
                if isinstance(function, Attribute) and function.name == "Field":
                    found.setdefault(self._project.origin(function.value, one), camel(name))
        return found

    def _field(self, scope: Scope, kind: str, name: str) -> Entry:
        filling: Filling = "graphql"
        node = scope.node
        line, column = (node.line, node.column) if node is not None else (1, 1)
        outer = self._project.scopes.get(scope.parent) or scope
        decorators = node.decorators if isinstance(node, Function) else ()
        return Entry(
            scope=scope.id,
            filling=filling,
            method="POST",
            template=f"#{kind}.{name}",
            group=f"{scope.module}#{kind}",
            place=Place(scope.file, line, column, scope.name),
            guards=tuple(guard(self._project, outer, one) for one in decorators),
        )


def camel(name: str) -> str:
    """ "create_user" as GraphQL's libraries show it: "createUser"."""
    first, *rest = name.split("_")
    return first + "".join(one[:1].upper() + one[1:] for one in rest)


def _names(path: str) -> Iterator[str]:
    for piece in path.split("{")[1:40]:
        yield piece.partition("}")[0]


def _declared(operation: dict[str, object], item: dict[str, object]) -> Iterator[tuple[str, str, str]]:
    """Parameters of an operation: name, place, type."""
    for listed in (item.get("parameters"), operation.get("parameters")):
        for one in listed if isinstance(listed, list) else ():
            if not isinstance(one, dict):
                continue
            schema = one.get("schema")
            kind = one.get("type") or (schema.get("type") if isinstance(schema, dict) else "")
            name, place = one.get("name"), one.get("in")
            if isinstance(name, str) and isinstance(place, str):
                yield name, place, str(kind or "")
