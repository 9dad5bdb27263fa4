"""Routes that decorators declare: FastAPI, Starlette, Flask, aiohttp, Sanic, Quart, Bottle, Ninja; and Flask's view classes.

It must not know how handlers work.
"""

from collections.abc import Iterator

from yett.engine.source.project import Project
from yett.engine.source.routing.entry import Entry, Filling, Guard, Router, angles, braces, template
from yett.engine.source.routing.routers import Routers, guard, guards_in
from yett.engine.source.scopes import Scope
from yett.formats.python_source.tree import Attribute, Call, Class, Expression, Function, Sequence
from yett.rules.sourcing.program import Place
from yett.rules.sourcing.words import words

METHODS = words("get post put patch delete head options")
ROUTING = METHODS | words("route api_route websocket api_operation view")
_FLASK_LIKE = ("flask", "quart", "bottle", "apiflask", "flask_restx")
_ASGI_LIKE = ("fastapi", "starlette", "ninja")


class Decorated:
    """Reads decorators of all functions and classes."""

    def __init__(self, project: Project, routers: Routers) -> None:
        self._project, self._routers = project, routers

    def entries(self) -> Iterator[Entry]:
        for scope in list(self._project.scopes.values()):
            node = scope.node
            outer = self._project.scopes.get(scope.parent)
            if node is None or outer is None or not node.decorators:
                continue
            routing = [one for one in node.decorators if self._is_route(one, outer)]
            rest = tuple(
                guard(self._project, outer, one) for one in node.decorators if not any(one is route for route in routing)
            )
            for one in routing:
                if isinstance(one, Call) and isinstance(one.function, Attribute):
                    yield from self._route(one, one.function, scope, outer, rest)

    def _is_route(self, node: Expression, outer: Scope) -> bool:
        if not isinstance(node, Call) or not isinstance(node.function, Attribute) or node.function.name not in ROUTING:
            return False
        if self._routers.of(node.function.value, outer) is not None:
            return True
        path = self._path(node, outer)
        return path is not None and (path.startswith("/") or path == "")

    def _path(self, node: Call, outer: Scope) -> str | None:
        for position, one in enumerate(node.arguments):
            if one.name in ("path", "rule", "uri") or (not one.name and position == 0):
                return self._project.text(one.value, outer)
        return None

    def _route(self, node: Call, function: Attribute, scope: Scope, outer: Scope, guards: tuple[Guard, ...]) -> Iterator[Entry]:
        router = self._routers.of(function.value, outer)
        filling = self._filling(function.value, outer)
        path = self._path(node, outer)
        read = angles if filling == "flask" else braces
        listed = next((one.value for one in node.arguments if one.name == "dependencies"), None)
        own = (*guards, *guards_in(self._project, outer, listed))
        auth = next((one.value for one in node.arguments if one.name == "auth"), None)
        if auth is not None:
            own = (*own, guard(self._project, outer, auth))
        whole = (*self._routers.guards(router), *own)
        for prefix in self._routers.prefixes(router):
            shown, parameters = read(template(prefix, path or "") or "/")
            for target, method in self._targets(node, function, scope, outer):
                yield Entry(
                    scope=target.id,
                    filling=filling,
                    method=method,
                    template=shown,
                    group=router.key if router is not None else outer.id,
                    place=_place(target),
                    guards=(*whole, *self._of_class(target, scope)),
                    parameters=parameters,
                )

    def _of_class(self, target: Scope, scope: Scope) -> Iterator[Guard]:
        """Decorators of a method, and Flask's `decorators` and `method_decorators` of its class."""
        if target is scope or target.node is None:
            return
        yield from (guard(self._project, scope, one) for one in target.node.decorators)
        for name in ("decorators", "method_decorators"):
            for binding in scope.bindings.get(name, ()):
                items = binding.value.items if isinstance(binding.value, Sequence) else ()
                yield from (guard(self._project, scope, one) for one in items)

    def _targets(self, node: Call, function: Attribute, scope: Scope, outer: Scope) -> Iterator[tuple[Scope, str]]:
        """Functions with their methods: the decorated one, or those of a decorated class."""
        if isinstance(scope.node, Class):
            yield from methods_of(self._project, scope)
            return
        name = function.name
        if name in METHODS:
            yield scope, name.upper()
            return
        listed = next((one.value for one in node.arguments if one.name == "methods"), None)
        items = listed.items if isinstance(listed, Sequence) else ()
        found = [text.upper() for one in items if (text := self._project.text(one, outer)) is not None]
        yield from ((scope, one) for one in found or (["GET"] if name != "websocket" else ["WEBSOCKET"]))

    def _filling(self, node: Expression, outer: Scope) -> Filling:
        return filling_of(self._project, self._project.origin(node, outer), outer)


def filling_of(project: Project, origin: str, scope: Scope) -> Filling:
    """How handlers of an application are filled, by what it is or, where that is not known, by what its module imports."""
    names = [origin]
    if origin.startswith(("?", "@")):
        inner = project.scopes.get(origin.removesuffix("()")[1:])
        names = list(project.external_bases(inner)) if inner is not None and inner.kind == "class" else []
        bindings = project.scopes[f"{scope.module}:"].bindings.values()
        names += [one.text for found in bindings for one in found if one.kind == "import"]
    for name in names:
        if name.startswith(_ASGI_LIKE):
            return "fastapi"
        if name.startswith(_FLASK_LIKE):
            return "flask"
        if name.startswith(("aiohttp", "sanic")):
            return "request"
    return "flask" if any(name.startswith("flask") for name in names) else "fastapi"


def methods_of(project: Project, scope: Scope) -> Iterator[tuple[Scope, str]]:
    """The functions of a view class that answer a method."""
    for base in project.bases(scope):
        for name, bindings in base.bindings.items():
            if name in METHODS:
                inner = project.scopes.get(bindings[-1].text)
                if inner is not None and inner.kind == "function":
                    yield inner, name.upper()


def _place(scope: Scope) -> Place:
    node = scope.node
    assert isinstance(node, Function)
    return Place(scope.file, node.line, node.column, scope.name)


def router_key(router: Router | None) -> str:
    return router.key if router is not None else ""
