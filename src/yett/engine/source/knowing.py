"""What functions look at: credentials of who calls, and objects of a store. It must not know rules, nor routes."""

from collections.abc import Iterator

from yett.engine.source.following import Following
from yett.engine.source.project import Project
from yett.engine.source.routing.filling import depends
from yett.engine.source.scopes import Scope, blocks
from yett.formats.python_source.tree import (
    Assignment,
    Attribute,
    Call,
    Comparison,
    Constant,
    Expression,
    Name,
    Return,
    Subscript,
)
from yett.rules.sourcing.walking import inside
from yett.rules.sourcing.words import parts, words

_DEEPEST = 4
"""Calls below a handler in which a look at the caller's credentials counts as the handler's."""
KNOWING = words(
    "auth authenticate authenticated authentication authorize authorized authorization authorise authorised login logged jwt "
    "permission permissions permitted token bearer credentials credential principal identity session apikey signature hmac csrf "
    "authenticator claims oauth sso security"
)
_KNOWING_PAIRS = (
    ("current", "user"),
    ("api", "key"),
    ("access", "token"),
    ("require", "user"),
    ("user", "required"),
)
_PERSONS = words("admin user staff superuser role roles member owner")
"""Words in names of guards that say whom they let pass."""
_MEMBERS = words("current_user user session authorization is_authenticated is_staff is_superuser is_admin g principal")
_MAKING = words("login create encode generate csrf make issue")
_FIELDS = words("authorization x-api-key http_authorization x-access-token")
_ANSWERS = words("abort Response JSONResponse make_response set_status send_error jsonify")
_DENIALS = ("Unauthorized", "Forbidden", "PermissionDenied", "NotAuthenticated", "AuthenticationFailed", "AccessDenied")
_REFUSING = ("401", "403")
READING = words(
    "get get_or_404 first one one_or_none first_or_404 all find find_one fetch fetchone fetchall fetchrow fetchval select query "
    "filter filter_by get_object get_object_or_404 get_or_none scalar scalars scalar_one scalar_one_or_none exec execute objects"
)
_WRITING = words(
    "add commit save delete update insert insert_one update_one delete_one create merge bulk_create remove put destroy "
    "create_all drop_all"
)
STORES = words(
    "session db query objects cursor conn connection collection database store repo repository crud dao engine models mongo"
)
_LIBRARIES = ("sqlalchemy", "sqlite3", "mongo", ".objects.")


class Knowing:
    """Answers are kept, so that each function is looked into once."""

    def __init__(self, project: Project, following: Following) -> None:
        self._project, self._following = project, following
        self._known: dict[str, bool] = {}
        self._looking: dict[str, bool] = {}
        self._calling: dict[str, tuple[Scope, ...]] = {}
        self._touching: dict[str, tuple[bool, bool]] = {}

    def guarding(self, name: str, origin: str) -> bool:
        """Whether something that runs before a handler looks at who calls: by its name, or by what it does."""
        if parts(name) & _PERSONS or _telling(name) or _telling(origin.rpartition(":")[2].rpartition(".")[2]):
            return True
        scope = self._project.scopes.get(origin.removesuffix("()")[1:]) if origin.startswith("@") else None
        if scope is None:
            return False
        if scope.kind == "class":
            inner = self._project.scopes.get(f"{scope.id}.__call__") or self._project.scopes.get(f"{scope.id}.has_permission")
            return inner is not None and self._knows(inner, 0, set())
        return self._knows(scope, 0, set())

    def _knows(self, scope: Scope, depth: int, seen: set[str]) -> bool:
        """Whether a function looks at who calls: reads credentials, asks something that does, or refuses with 401 or 403."""
        if scope.id in self._known:
            return self._known[scope.id]
        if depth > _DEEPEST or scope.id in seen:
            return False
        seen.add(scope.id)
        found = self._looks(scope) or any(self._knows(inner, depth + 1, seen) for inner in self._called(scope))
        for one in self._nested(scope):  # what a decorator wraps around a handler
            found = found or self._looks(one) or any(self._knows(inner, depth + 1, seen) for inner in self._called(one))
        if depth == 0:
            self._known[scope.id] = found
        return found

    def _called(self, scope: Scope) -> tuple[Scope, ...]:
        if scope.id not in self._calling:
            self._calling[scope.id] = tuple(self._calls(scope))
        return self._calling[scope.id]

    def _calls(self, scope: Scope) -> Iterator[Scope]:
        for name in sorted(self._following.calls.get(scope.id, ())):
            inner = self._project.scopes.get(name)
            if inner is not None:
                yield inner
        for parameter in scope.parameters.values():
            origin = depends(self._project, scope, parameter)
            inner = self._project.scopes.get(origin[1:]) if origin and origin.startswith("@") else None
            if inner is not None and inner.kind == "function":
                yield inner

    def _nested(self, scope: Scope) -> Iterator[Scope]:
        """The functions that stand in a function."""
        found = (each.text for bindings in scope.bindings.values() for each in bindings if each.kind == "scope")
        inner = (self._project.scopes[one] for one in found if one.startswith(f"{scope.id}."))
        yield from (one for one in inner if one.kind == "function")

    def _looks(self, scope: Scope) -> bool:
        if scope.id not in self._looking:
            self._looking[scope.id] = self._looks_itself(scope)
        return self._looking[scope.id]

    def _looks_itself(self, scope: Scope) -> bool:
        if any(self._asks(call) for call in scope.calls):
            return True
        for one in scope.raises:
            node = one.function if isinstance(one, Call) else one
            if node is not None and self._project.origin(node, scope).endswith(_DENIALS):
                return True
        return any(self._reads_caller(one) for one in expressions(scope))

    @staticmethod
    def _asks(call: Call) -> bool:
        """Whether a call is one of something that looks at credentials, or refuses."""
        function = call.function
        name = function.name if isinstance(function, Attribute) else function.id if isinstance(function, Name) else ""
        if _telling(name) and not parts(name) & _MAKING:
            return True
        if any(refuses(one.value) for one in call.arguments) and ("HTTP" in name or name in _ANSWERS):
            return True
        first = call.arguments[0].value if call.arguments else None
        return name == "get" and isinstance(first, Constant) and str(first.value).lower() in _FIELDS

    @staticmethod
    def _reads_caller(one: Expression) -> bool:
        """`request.user`, `current_user.id`, `session["user"]`, `request.headers["Authorization"]`, `return x, 401`."""
        if isinstance(one, Attribute):
            base = one.value
            if (
                isinstance(base, Name)
                and base.id in ("current_user", "session", "g")
                and one.name not in ("add", "query", "commit")
            ):
                return base.id == "current_user" or bool(parts(one.name) & {"user", "identity", "role", "username", "uid"})
            named = (isinstance(base, Name) and base.id == "request") or (
                isinstance(base, Attribute) and base.name == "request"
            )
            return named and one.name in ("user", "auth", "authorization", "session")
        if isinstance(one, Subscript) and isinstance(one.index, Constant):
            name = str(one.index.value).lower()
            base = one.value
            if name in _FIELDS:
                return True
            return (
                isinstance(base, Name)
                and base.id == "session"
                and bool(parts(name) & {"user", "username", "uid", "id", "logged"})
            )
        if isinstance(one, Comparison):
            return any(refuses(each) for each in one.operands)
        return False

    def _touches(self, scope: Scope, depth: int, seen: set[str]) -> tuple[bool, bool]:
        """Whether a function reads or writes objects of a store, itself or by what it calls."""
        if depth > _DEEPEST or scope.id in seen:
            return False, False
        seen.add(scope.id)
        if scope.id not in self._touching:
            self._touching[scope.id] = self._touching_itself(scope)
        reads, writes = self._touching[scope.id]
        for inner in self._called(scope):
            more = self._touches(inner, depth + 1, seen)
            reads, writes = reads or more[0], writes or more[1]
        return reads, writes

    def _touching_itself(self, scope: Scope) -> tuple[bool, bool]:
        reads = writes = False
        for call in scope.calls:
            name = call.function.name if isinstance(call.function, Attribute) else ""
            receiver = parts(call.text.partition("(")[0].rpartition(".")[0])
            origin = self._project.origin(call.function, scope)
            store = bool(receiver & STORES) or any(one in origin for one in _LIBRARIES)
            reads = reads or (store and name in READING)
            writes = writes or (store and name in _WRITING)
        return reads, writes


def _telling(name: str) -> bool:
    found = parts(name)
    return bool(found & KNOWING) or any(found.issuperset(pair) for pair in _KNOWING_PAIRS) or name in _MEMBERS


def refuses(node: Expression) -> bool:
    """Whether an expression is a status that refuses: 401 or 403."""
    if isinstance(node, Constant):
        return str(node.value)[:3] in _REFUSING
    return isinstance(node, Attribute) and (
        "401" in node.name or "403" in node.name or node.name in ("UNAUTHORIZED", "FORBIDDEN")
    )


def expressions(scope: Scope) -> Iterator[Expression]:
    """Everything that stands in a function's statements, functions within left out."""
    waiting = list(scope.body)
    while waiting:
        one = waiting.pop()
        waiting += blocks(one)
        for name in ("value", "test", "source", "subject"):
            value = getattr(one, name, None)
            if value is not None:
                yield from inside(value)
                if isinstance(one, Return) and any(refuses(each) for each in getattr(value, "items", ())):
                    yield Comparison(one.line, one.column, ("==",), (Constant(one.line, one.column, "401"),))
        if isinstance(one, Assignment):
            for target in one.targets:
                yield from inside(target)
