"""The program as rules see it: routes with what guards them, calls with what they call. It must not know rules."""

from collections.abc import Iterator

from yett.engine.source.following import Following
from yett.engine.source.knowing import KNOWING, READING, STORES, Knowing, expressions
from yett.engine.source.project import Project
from yett.engine.source.routing.entry import Entry
from yett.engine.source.routing.filling import depends
from yett.engine.source.scopes import Scope
from yett.formats.python_source.tree import (
    Attribute,
    Call,
    Comparison,
    Expression,
    Name,
    Parameter,
)
from yett.rules.sourcing.program import Lookup, Place, Program, Route, Site
from yett.rules.sourcing.walking import inside
from yett.rules.sourcing.words import parts, words

_PERSON = words("user identity role username uid id logged")
_OWNING = tuple(
    words(
        "owner current_user user_id author permission caller identity principal request.user tenant account_id is_admin "
        "is_superuser"
    )
)


class Programs(Knowing):
    """Puts one together."""

    def __init__(self, project: Project, entries: tuple[Entry, ...], following: Following) -> None:
        super().__init__(project, following)
        self._entries = entries
        self._sites_of: dict[str, list[Site]] = {}

    def program(self) -> Program:
        sites = tuple(self._sites())
        for one in sites:
            self._sites_of.setdefault(f"{one.place.file}:{one.place.function}", []).append(one)
        routes = tuple(self._routes())
        return Program(
            routes=routes,
            sites=sites,
            modules={one.file: one for one in self._project.modules.values()},
            lookups=tuple(self._lookups(routes)),
        )

    def _routes(self) -> Iterator[Route]:
        hooks = self._hooks()
        for one in self._entries:
            scope = self._project.scopes[one.scope]
            named = [guard.name for guard in one.guards if self.guarding(guard.name, guard.origin)]
            for parameter in scope.parameters.values():
                origin = depends(self._project, scope, parameter) if one.filling == "fastapi" else None
                if origin is not None and self.guarding(origin.rpartition(".")[2].rpartition(":")[2], origin):
                    named.append(origin.rpartition(".")[2].rpartition(":")[2])
            named += hooks.get(one.group, ()) or hooks.get("", ())
            reads, writes = self._touches(scope, 0, set())
            yield Route(
                method=one.method,
                template=one.template,
                handler=one.scope,
                place=one.place,
                group=one.group,
                guards=tuple(dict.fromkeys(named)),
                knows=self._knows(scope, 0, set()),
                reads=reads,
                writes=writes,
                parameters=tuple(name for name, _ in one.parameters),
            )

    def _hooks(self) -> dict[str, list[str]]:
        """Functions that run before all handlers of an application or blueprint and look at who calls, by key; "" for all."""
        found: dict[str, list[str]] = {}
        for scope in self._project.scopes.values():
            outer = self._project.scopes.get(scope.parent)
            if scope.kind != "function" or scope.node is None or outer is None:
                continue
            for one in scope.node.decorators:
                node = one.function if isinstance(one, Call) else one
                if not isinstance(node, Attribute):
                    continue
                if node.name in ("before_request", "before_app_request", "middleware", "before_request_func") and self._knows(
                    scope, 0, set()
                ):
                    key = self._project.key(node.value, outer)
                    whole = node.name != "before_request" or "Blueprint" not in self._project.origin(node.value, outer)
                    found.setdefault("" if whole else key, []).append(scope.name)
        for scope in self._project.scopes.values():
            for call in scope.calls:
                if isinstance(call.function, Attribute) and call.function.name == "add_middleware" and call.arguments:
                    origin = self._project.origin(call.arguments[0].value, scope)
                    if parts(origin.rpartition(".")[2]) & KNOWING - {"session", "csrf"}:
                        found.setdefault("", []).append(origin.rpartition(".")[2])
        return found

    def _lookups(self, routes: tuple[Route, ...]) -> Iterator[Lookup]:
        """Objects that handlers look up by a parameter of the path, in handlers that could know who calls."""
        for route in routes:
            scope = self._project.scopes[route.handler]
            names = [name for name in route.parameters if name in scope.parameters]
            if not names or not (route.knows or route.guards):
                continue
            for site in self._sites_of.get(f"{scope.file}:{scope.name}", ()):
                name = self._looked_up(site, scope, names)
                if name:
                    yield Lookup(
                        route=route,
                        place=site.place,
                        parameter=name,
                        text=site.call.text,
                        writes=route.method in ("POST", "PUT", "PATCH"),
                        deletes=route.method == "DELETE",
                    )
                    break

    def _looked_up(self, site: Site, scope: Scope, names: list[str]) -> str:
        function = site.call.function
        if not isinstance(function, Attribute) or function.name not in READING:
            return ""
        receiver = parts(site.call.text.partition("(")[0].rpartition(".")[0])
        if not receiver & STORES and "sqlalchemy" not in site.callee and ".objects" not in site.callee:
            return ""
        if function.name == "get" and not receiver & {"query", "objects"} and not _names_class(site.call):
            return ""  # of a mapping, or of a client of HTTP
        used = [one.id for argument in site.call.arguments for one in inside(argument.value) if isinstance(one, Name)]
        found = next((name for name in names if name in used), "")
        if not found or self._holds_caller(scope):
            return ""
        return found

    def _holds_caller(self, scope: Scope) -> bool:
        """Whether the handler holds anything against who calls: a comparison or a condition that names the caller or an owner."""
        known = {name for name, one in scope.parameters.items() if self._is_caller(one, scope)}
        for one in expressions(scope):
            if isinstance(one, Call) and (known & set(_names_in(one)) or any(map(self._reads_caller, inside(one)))):
                return True
            if isinstance(one, Comparison | Call):
                shown = " ".join(_names_in(one)).lower()
                if any(word in shown for word in _OWNING):
                    return True
        return False

    def _is_caller(self, one: Parameter, scope: Scope) -> bool:
        """Whether a parameter is who calls: what a guard gives."""
        origin = depends(self._project, scope, one)
        return origin is not None and self.guarding(origin.rpartition(".")[2].rpartition(":")[2], origin)

    def _sites(self) -> Iterator[Site]:
        for scope in self._project.scopes.values():
            for call in scope.calls:
                yield self._site(scope, call)

    def _site(self, scope: Scope, call: Call) -> Site:
        names = tuple(self._project.origin(one.value, scope) for one in call.arguments)
        function = scope.name if scope.kind != "module" else ""
        return Site(
            self._project.origin(call.function, scope), call, Place(scope.file, call.line, call.column, function), names
        )


def _names_class(call: Call) -> bool:
    """`session.get(Order, order_id)`: a class first."""
    first = call.arguments[0].value if len(call.arguments) > 1 else None
    return isinstance(first, Name) and first.id[:1].isupper()


def _names_in(one: Expression) -> Iterator[str]:
    for each in inside(one):
        if isinstance(each, Name):
            yield each.id
        elif isinstance(each, Attribute):
            yield each.name
        else:
            name = getattr(each, "name", None)
            if isinstance(name, str):
                yield name
