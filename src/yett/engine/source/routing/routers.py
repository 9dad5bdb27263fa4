"""Applications, routers and blueprints: where each was made, its prefix, what it is included in, what runs before its handlers.

It must not know handlers.
"""

from collections.abc import Iterator

from yett.engine.source.project import Project
from yett.engine.source.routing.entry import Guard, Router, template
from yett.engine.source.scopes import Scope
from yett.formats.python_source.tree import Attribute, Call, Expression, Name, Sequence
from yett.rules.sourcing.words import words

MAKING = words(
    "fastapi.FastAPI fastapi.APIRouter fastapi.applications.FastAPI fastapi.routing.APIRouter "
    "starlette.applications.Starlette flask.Flask flask.Blueprint flask.app.Flask flask.blueprints.Blueprint "
    "flask_restful.Api flask_restx.Api flask_restx.Namespace quart.Quart quart.Blueprint sanic.Sanic sanic.Blueprint "
    "aiohttp.web.Application aiohttp.web.RouteTableDef bottle.Bottle flask_smorest.Blueprint ninja.NinjaAPI ninja.Router "
    "apiflask.APIFlask apiflask.APIBlueprint flask_openapi3.OpenAPI connexion.FlaskApp connexion.App litestar.Router "
    "fastapi_utils.inferring_router.InferringRouter"
)
_INCLUDING = words(
    "include_router register_blueprint mount add_namespace blueprint add_subapp add_router add_routes register_api"
)
_DEEPEST = 8
_MOST = 3
"""Places at which one router is followed."""


def guards_in(project: Project, scope: Scope, listed: Expression | None) -> Iterator[Guard]:
    """What `dependencies=[Depends(f), …]` names."""
    for one in listed.items if isinstance(listed, Sequence) else ():
        if isinstance(one, Call):
            inner = one.arguments[0].value if one.arguments else one.function
            yield guard(project, scope, inner)


def guard(project: Project, scope: Scope, node: Expression) -> Guard:
    """A guard by the expression that names it; of a call, what is called."""
    while isinstance(node, Call):
        node = node.function
    name = node.id if isinstance(node, Name) else node.name if isinstance(node, Attribute) else ""
    return Guard(name, project.origin(node, scope))


class Routers:
    """All of a project, by key."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self.known: dict[str, Router] = {}
        self._prefixes: dict[tuple[str, int], list[str]] = {}
        for scope in list(project.scopes.values()):
            self._made(scope)
        for scope in list(project.scopes.values()):
            self._used(scope)

    def of(self, node: Expression, scope: Scope) -> Router | None:
        """The router that an expression stands for; one that is handed in as a parameter is one of its own."""
        return self.known.get(self._project.key(node, scope))

    def _made(self, scope: Scope) -> None:
        for name, bindings in scope.bindings.items():
            for binding in bindings:
                if isinstance(binding.value, Call):
                    self._router(f"{scope.id}{'' if scope.kind == 'module' else '.'}{name}", binding.value, scope)
        for name, values in scope.attributes.items() if scope.kind == "class" else ():
            for inner, value in values:
                if isinstance(value, Call):
                    self._router(f"{scope.id}.{name}", value, self._project.scopes[inner])

    def _router(self, key: str, node: Call, scope: Scope) -> None:
        origin = self._project.origin(node.function, scope)
        if origin.startswith("@"):
            inner = self._project.scopes.get(origin[1:])
            if inner is None or inner.kind != "class":
                return
            bases = list(self._project.external_bases(inner))
            if not any(base in MAKING for base in bases):
                return
        elif origin not in MAKING:
            return
        made = Router(key=key, node=node)
        for argument in node.arguments:
            if argument.name in ("prefix", "url_prefix", "path", "root_path") and argument.name != "root_path":
                made.prefix = self._project.text(argument.value, scope) or ""
            elif argument.name == "dependencies":
                made.guards += guards_in(self._project, scope, argument.value)
            elif argument.name == "auth":
                made.guards.append(guard(self._project, scope, argument.value))
        if origin.endswith("Namespace") and not made.prefix and node.arguments:
            made.prefix = self._project.text(node.arguments[0].value, scope) or ""
        self.known[key] = made

    def _used(self, scope: Scope) -> None:
        for node in scope.calls:
            function = node.function
            if not isinstance(function, Attribute) or function.name not in _INCLUDING or not node.arguments:
                continue
            parent = self.of(function.value, scope)
            values = [one for one in node.arguments if not one.name]
            for one in values[:2]:
                child = self.of(one.value, scope)
                if child is not None and child is not parent:
                    self._include(child, parent, node, scope)

    def _include(self, child: Router, parent: Router | None, node: Call, scope: Scope) -> None:
        prefix = ""
        for argument in node.arguments:
            if argument.name in ("prefix", "url_prefix", "path"):
                prefix = self._project.text(argument.value, scope) or ""
            elif argument.name == "dependencies":
                child.guards += guards_in(self._project, scope, argument.value)
            elif argument.name == "auth":
                child.guards.append(guard(self._project, scope, argument.value))
            elif not argument.name and (text := self._project.text(argument.value, scope)) is not None:
                prefix = text
        child.parents.append((parent.key if parent is not None else "", prefix))

    def prefixes(self, router: Router | None, depth: int = 0) -> list[str]:
        """The prefixes under which a router's paths stand; several where it is included several times."""
        if router is None or depth > _DEEPEST:
            return [""]
        if (router.key, depth) not in self._prefixes:
            self._prefixes[router.key, depth] = self._prefixed(router, depth)
        return self._prefixes[router.key, depth]

    def _prefixed(self, router: Router, depth: int) -> list[str]:
        if not router.parents:
            return [router.prefix]
        found: list[str] = []
        for parent, prefix in router.parents[:_MOST]:
            outer = self.prefixes(self.known.get(parent), depth + 1)
            own = router.prefix
            if prefix and own and self._replaces(router):
                own = ""
            found += [template(one, prefix, own) if one or prefix or own else "" for one in outer]
        return list(dict.fromkeys(found))[:_MOST]

    def _replaces(self, router: Router) -> bool:
        """Whether the prefix given at inclusion stands in place of the router's own, as with Flask's blueprints."""
        node = router.node
        return (
            isinstance(node, Call) and isinstance(node.function, Name | Attribute) and "lueprint" in node.text.partition("(")[0]
        )

    def guards(self, router: Router | None, depth: int = 0) -> list[Guard]:
        """What runs before all of a router's handlers, that of what includes it too."""
        if router is None or depth > _DEEPEST:
            return []
        outer = [one for parent, _ in router.parents[:_MOST] for one in self.guards(self.known.get(parent), depth + 1)]
        return [*outer, *router.guards]
