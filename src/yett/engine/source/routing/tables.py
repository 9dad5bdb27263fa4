"""Routes that calls and lists declare: Flask's add_url_rule, aiohttp's add_get, Starlette's Route, Tornado's tuples, Django's urls.

It must not know how handlers work.
"""

from collections.abc import Iterator

from yett.engine.source.project import Project
from yett.engine.source.routing.decorated import METHODS, filling_of, methods_of
from yett.engine.source.routing.entry import Entry, Filling, Guard, angles, braces, groups, template
from yett.engine.source.routing.routers import Routers, guard
from yett.engine.source.scopes import Scope
from yett.formats.python_source.tree import (
    Assignment,
    Attribute,
    Call,
    Class,
    Constant,
    Expression,
    Function,
    Name,
    Operation,
    Sequence,
)
from yett.rules.sourcing.program import Place
from yett.rules.sourcing.walking import inside
from yett.rules.sourcing.words import words

_ADDING = words("add_get add_post add_put add_patch add_delete add_head add_options")
_STARLETTE = words("starlette.routing.Route fastapi.routing.APIRoute starlette.routing.WebSocketRoute")
_WEB = words("get post put patch delete head view")
_DJANGO = words("django.urls.path django.urls.re_path django.conf.urls.url django.urls.conf.path django.urls.conf.re_path")
_DEEPEST = 6
_MOST = 20
"""Places at which one list of Django's is followed."""
_ACTIONS = {
    "list": ("GET", ""),
    "create": ("POST", ""),
    "retrieve": ("GET", "{pk}/"),
    "update": ("PUT", "{pk}/"),
    "partial_update": ("PATCH", "{pk}/"),
    "destroy": ("DELETE", "{pk}/"),
}
"""Methods of Django REST framework's view sets with the route that a router gives them."""


class Tables:
    """Reads calls and lists of all scopes."""

    def __init__(self, project: Project, routers: Routers) -> None:
        self._project, self._routers = project, routers
        self._registered: dict[str, list[tuple[Call, Scope]]] | None = None
        self._times: dict[str, int] = {}

    def entries(self) -> Iterator[Entry]:
        for scope in list(self._project.scopes.values()):
            for node in scope.calls:
                yield from self._call(node, scope)
            yield from self._tornado(scope)
        yield from self._django()

    # Calls

    def _call(self, node: Call, scope: Scope) -> Iterator[Entry]:
        function = node.function
        name = function.name if isinstance(function, Attribute) else ""
        if name == "add_url_rule":
            yield from self._rule(node, scope, "view_func", 2)
        elif name == "add_api_route" or (name in ("add_route", "add_view") and not self._is_aiohttp(node, scope)):
            yield from self._rule(node, scope, "endpoint" if name == "add_api_route" else "handler", 1)
        elif name == "add_resource":
            yield from self._resource(node, scope)
        elif name in _ADDING:
            yield from self._made(node, scope, name.removeprefix("add_").upper(), 0, 1, "request")
        elif name in ("add_route", "add_view"):
            method = self._project.text(node.arguments[0].value, scope) if name == "add_route" and node.arguments else "*"
            yield from self._made(node, scope, (method or "*").upper(), *((1, 2) if name == "add_route" else (0, 1)), "request")
        else:
            origin = self._project.origin(function, scope)
            if origin in _STARLETTE:
                yield from self._rule(node, scope, "endpoint", 1)
            elif origin.startswith("aiohttp.web.") and name in _WEB:
                yield from self._made(node, scope, name.upper() if name != "view" else "*", 0, 1, "request")

    def _is_aiohttp(self, node: Call, scope: Scope) -> bool:
        """aiohttp's add_route has the method first."""
        first = self._project.text(node.arguments[0].value, scope) if node.arguments else None
        return first is not None and not first.startswith("/") and (first == "*" or first.lower() in METHODS)

    def _rule(self, node: Call, scope: Scope, keyword: str, position: int) -> Iterator[Entry]:
        function = node.function
        router = self._routers.of(function.value, scope) if isinstance(function, Attribute) else None
        handler = _argument(node, position, keyword)
        path = self._project.text(_argument(node, 0, "path") or _argument(node, 0, "rule") or _argument(node, 0, "uri"), scope)
        if handler is None or path is None:
            return
        listed = _argument(node, -1, "methods")
        items = listed.items if isinstance(listed, Sequence) else ()
        methods = [text.upper() for one in items if (text := self._project.text(one, scope)) is not None] or ["GET"]
        origin = self._project.origin(function.value, scope) if isinstance(function, Attribute) else "starlette"
        filling: Filling = "flask" if "<" in path else filling_of(self._project, origin, scope)
        if origin == "starlette":
            filling = "request"
        guards = tuple(self._routers.guards(router))
        read = angles if filling == "flask" else braces
        for prefix in self._routers.prefixes(router):
            shown, parameters = read(template(prefix, path) or "/")
            for target, method in self._functions(handler, scope, methods):
                yield self._entry(target, filling, method, shown, parameters, router.key if router else scope.id, guards)

    def _resource(self, node: Call, scope: Scope) -> Iterator[Entry]:
        """Flask-RESTful: a class and its paths."""
        function = node.function
        router = self._routers.of(function.value, scope) if isinstance(function, Attribute) else None
        handler = node.arguments[0].value if node.arguments else None
        for one in node.arguments[1:]:
            path = self._project.text(one.value, scope) if not one.name else None
            if path is None or handler is None:
                continue
            shown, parameters = angles(template(self._routers.prefixes(router)[0], path))
            for target, method in self._functions(handler, scope, ["GET"]):
                yield self._entry(target, "flask", method, shown, parameters, router.key if router else scope.id, ())

    def _made(self, node: Call, scope: Scope, method: str, path_at: int, handler_at: int, filling: Filling) -> Iterator[Entry]:
        path = self._project.text(_argument(node, path_at, "path"), scope)
        handler = _argument(node, handler_at, "handler")
        if path is None or handler is None:
            return
        shown, parameters = braces(path)
        for target, found in self._functions(handler, scope, [method]):
            yield self._entry(target, filling, found, shown, parameters, scope.id, ())

    def _functions(self, node: Expression, scope: Scope, methods: list[str]) -> Iterator[tuple[Scope, str]]:
        """The functions that a handler is, with their methods: itself, or those of a view class."""
        decorated = 0
        while isinstance(node, Call) and decorated < 4:
            function = node.function
            if isinstance(function, Attribute) and function.name == "as_view":
                node = function.value
            elif not node.arguments:
                break
            else:
                node = node.arguments[0].value  # a decorator by hand: login_required(view)
            decorated += 1
        origin = self._project.origin(node, scope)
        found = self._project.scopes.get(origin.removesuffix("()")[1:]) if origin.startswith("@") else None
        if found is None:
            return
        if found.kind == "class":
            yield from methods_of(self._project, found)
        elif found.kind == "function":
            yield from ((found, one) for one in methods)

    def _entry(
        self,
        target: Scope,
        filling: Filling,
        method: str,
        shown: str,
        parameters: tuple[tuple[str, str], ...],
        group: str,
        guards: tuple[Guard, ...],
    ) -> Entry:
        node = target.node
        line, column = (node.line, node.column) if node is not None else (1, 1)
        owner = self._project.scopes.get(target.parent)
        own = [*self._decorators(target)]
        if owner is not None and owner.kind == "class":
            own += self._of_class(owner, target)
            group = group if filling == "flask" else owner.module
        place = Place(target.file, line, column, target.name)
        return Entry(
            scope=target.id,
            filling=filling,
            method=method,
            template=shown,
            group=group,
            place=place,
            guards=(*guards, *own),
            parameters=parameters,
        )

    def _decorators(self, scope: Scope) -> Iterator[Guard]:
        outer = self._project.scopes.get(scope.parent) or scope
        for one in scope.node.decorators if isinstance(scope.node, Function | Class) else ():
            yield guard(self._project, outer, one)
            for inner in (
                one.arguments if isinstance(one, Call) else ()
            ):  # @method_decorator(login_required), @permission_classes([X])
                for each in inner.value.items if isinstance(inner.value, Sequence) else (inner.value,):
                    if isinstance(each, Name | Attribute):
                        yield guard(self._project, outer, each)

    def _of_class(self, owner: Scope, target: Scope) -> Iterator[Guard]:
        """What a view class says of who may: its decorators, its bases, `permission_classes` and its kin, `prepare`."""
        for one in self._project.bases(owner):
            yield from self._decorators(one)
            yield from (Guard(base.rpartition(".")[2], base) for base in self._project.external_bases(one) if "Mixin" in base)
            yield Guard(one.name.rpartition(".")[2], f"@{one.id}") if one is not owner else Guard("", "")
            for name in ("permission_classes", "authentication_classes", "decorators", "method_decorators", "login_required"):
                for binding in one.bindings.get(name, ()):
                    items = binding.value.items if isinstance(binding.value, Sequence) else ()
                    yield from (guard(self._project, one, item) for item in items)
            for name in ("prepare", "dispatch", "initial"):
                inner = self._project.scopes.get(f"{one.id}.{name}")
                if inner is not None and inner is not target:
                    yield Guard(name, f"@{inner.id}")

    # Tornado

    def _tornado(self, scope: Scope) -> Iterator[Entry]:
        """(pattern, handler class) tuples in any list."""
        for statement in scope.body:
            values = [statement.value] if isinstance(statement, Assignment) and statement.value is not None else []
            for one in (each for value in values for each in inside(value)):
                if isinstance(one, Sequence) and one.kind == "tuple" and 2 <= len(one.items) <= 4:
                    yield from self._pair(one, scope)
        for call in scope.calls:
            for argument in call.arguments:
                items = argument.value.items if isinstance(argument.value, Sequence) else ()
                for one in items:
                    if isinstance(one, Sequence) and one.kind == "tuple" and 2 <= len(one.items) <= 4:
                        yield from self._pair(one, scope)

    def _pair(self, one: Sequence, scope: Scope) -> Iterator[Entry]:
        pattern = self._pattern(one.items[0], scope)
        if pattern is None or not isinstance(one.items[1], Name | Attribute):
            return
        origin = self._project.origin(one.items[1], scope)
        found = self._project.scopes.get(origin[1:]) if origin.startswith("@") else None
        if found is None or found.kind != "class":
            return
        if not any("RequestHandler" in base or base.startswith("tornado.") for base in self._project.external_bases(found)):
            return
        shown, parameters = groups(pattern)
        for target, method in methods_of(self._project, found):
            yield self._entry(target, "tornado", method, shown, parameters, scope.id, ())

    def _pattern(self, node: Expression, scope: Scope) -> str | None:
        """A pattern, where parts that come from names are put in as far as they are texts."""
        text = self._project.text(node, scope)
        if text is not None or not isinstance(node, Operation) or node.operator not in ("%", "+"):
            return text
        if node.operator == "+":
            parts = [self._project.text(one, scope) for one in node.operands]
            return "".join(one if one is not None else "(.*)" for one in parts) if any(parts) else None
        head = self._project.text(node.operands[0], scope)
        given = node.operands[1].items if isinstance(node.operands[1], Sequence) else (node.operands[1],)
        for one in given:
            value = self._project.text(one, scope)
            head = head.replace("%s", value if value is not None else "([^/]+)", 1) if head is not None else None
        return head

    # Django

    def _django(self) -> Iterator[Entry]:
        included: set[str] = set()
        lists: dict[str, Scope] = {}
        for scope in list(self._project.scopes.values()):
            if scope.kind == "module" and any(one.kind == "value" for one in scope.bindings.get("urlpatterns", ())):
                lists[scope.module] = scope
        found: list[tuple[str, Entry]] = []
        for module, scope in lists.items():
            found += [(module, one) for one in self._urls(scope, "", included, 0)]
        for module, entry in found:
            if module not in included:
                yield entry

    def _urls(self, scope: Scope, prefix: str, included: set[str], depth: int) -> Iterator[Entry]:
        if depth > _DEEPEST:
            return
        for call in scope.calls:
            origin = self._project.origin(call.function, scope)
            if origin in _DJANGO and len(call.arguments) > 1:
                yield from self._url(call, origin, scope, prefix, included, depth)

    def _url(self, call: Call, origin: str, scope: Scope, prefix: str, included: set[str], depth: int) -> Iterator[Entry]:
        path = self._project.text(call.arguments[0].value, scope)
        if path is None:
            return
        shown, parameters = angles(path) if origin.endswith(".path") else groups(path)
        whole = template(prefix, shown) if shown else template(prefix) + "/"
        target = call.arguments[1].value
        inner = self._included(target, scope)
        if inner is not None:
            if isinstance(inner, Scope):
                times = self._times[inner.module] = self._times.get(inner.module, 0) + 1
                if inner.module != scope.module and times <= _MOST:
                    included.add(inner.module)
                    yield from self._urls(inner, whole, included, depth + 1)
            else:
                yield from self._router(inner, whole)
            return
        for function, method in self._functions(target, scope, ["*"]):
            guards = tuple(self._by_hand(target, scope))
            shown = whole.replace("//", "/")
            yield self._entry(function, "django", self._method(function, method), shown, parameters, scope.module, guards)

    def _by_hand(self, node: Expression, scope: Scope) -> Iterator[Guard]:
        while isinstance(node, Call) and node.arguments:
            yield guard(self._project, scope, node.function)
            node = node.arguments[0].value

    def _method(self, function: Scope, method: str) -> str:
        """Of `@api_view(["POST"])` and `@require_POST`, the method; "" where any will do."""
        for one in function.node.decorators if isinstance(function.node, Function) else ():
            name = guard(self._project, function, one).name
            if name in ("api_view", "require_http_methods") and isinstance(one, Call) and one.arguments:
                listed = one.arguments[0].value
                first = listed.items[0] if isinstance(listed, Sequence) and listed.items else None
                if isinstance(first, Constant) and isinstance(first.value, str):
                    return first.value.upper()
            if name in ("require_POST", "require_GET"):
                return name.removeprefix("require_")
        return "" if method == "*" else method

    def _included(self, node: Expression, scope: Scope) -> "Scope | str | None":
        """What `include(…)` names: a module's list, or the key of a router."""
        if isinstance(node, Attribute) and node.name == "urls":
            return self._project.key(node.value, scope)
        if (
            not isinstance(node, Call)
            or not self._project.origin(node.function, scope).endswith("include")
            or not node.arguments
        ):
            return None
        first = node.arguments[0].value
        first = first.items[0] if isinstance(first, Sequence) and first.items else first
        text = self._project.text(first, scope)
        if text is None and isinstance(first, Attribute) and first.name == "urls":
            return self._project.key(first.value, scope)
        module = self._project.module(text, scope.module) if text is not None else ""
        if not module:
            origin = self._project.origin(first, scope)
            module = origin[1:] if origin.startswith("@") and ":" not in origin else ""
        return self._project.scopes.get(f"{module}:") if module else ""

    def _router(self, key: str, prefix: str) -> Iterator[Entry]:
        """View sets that are registered with a router."""
        if self._registered is None:
            self._registered = self._registrations()
        for call, near in self._registered.get(key, ()) if key else ():
            name = self._project.text(call.arguments[0].value, near)
            origin = self._project.origin(call.arguments[1].value, near)
            found = self._project.scopes.get(origin[1:]) if origin.startswith("@") else None
            if name is not None and found is not None:
                yield from self._set(found, template(prefix, name) + "/")

    def _registrations(self) -> dict[str, list[tuple[Call, Scope]]]:
        """What modules register with routers, by the key of the router."""
        found: dict[str, list[tuple[Call, Scope]]] = {}
        for scope in self._project.scopes.values():
            for call in scope.calls if scope.kind == "module" else ():
                function = call.function
                if isinstance(function, Attribute) and function.name == "register" and len(call.arguments) > 1:
                    found.setdefault(self._project.key(function.value, scope), []).append((call, scope))
        return found

    def _set(self, found: Scope, base: str) -> Iterator[Entry]:
        for one in self._project.bases(found):
            for name, bindings in one.bindings.items():
                inner = self._project.scopes.get(bindings[-1].text)
                if inner is None or inner.kind != "function":
                    continue
                if name in _ACTIONS:
                    method, rest = _ACTIONS[name]
                    yield self._entry(inner, "django", method, base + rest, (("pk", "str"),), found.module, ())
                elif any(guard(self._project, one, each).name == "action" for each in _decorating(inner)):
                    yield self._entry(inner, "django", "", f"{base}{{pk}}/{name}/", (("pk", "str"),), found.module, ())


def _decorating(scope: Scope) -> tuple[Expression, ...]:
    return scope.node.decorators if scope.node is not None else ()


def _argument(node: Call, position: int, keyword: str) -> Expression | None:
    for index, one in enumerate(node.arguments):
        if one.name == keyword or (not one.name and index == position):
            return one.value
    return None
