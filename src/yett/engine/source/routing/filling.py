"""What the parameters of a handler hold: which come from a caller, where from, and which cannot do harm. It must not know flows."""

from collections.abc import Iterator

from yett.engine.source import requests
from yett.engine.source.fields import Fields
from yett.engine.source.project import Project
from yett.engine.source.routing.entry import Entry
from yett.engine.source.scopes import Scope
from yett.engine.source.values import NOTHING, PLAIN, Label, Value
from yett.formats.python_source.tree import Call, Expression, Operation, Parameter, Sequence, Subscript
from yett.model.source import Spot
from yett.rules.sourcing.words import words

_PLACES = {
    "Query": "query",
    "Path": "path",
    "Header": "header",
    "Cookie": "cookie",
    "Body": "body",
    "Form": "form",
    "File": "file",
}
_SAFE = words("int float uuid any re:\\d+ re:[0-9]+ slug any number re:[^/.]+ date ymd bool")
_SEGMENT = frozenset(("path-traversal", "open-redirect"))
"""What a segment without "/" does not do."""
_OWN = words("self cls")
_UPLOADS = words("fastapi.UploadFile starlette.datastructures.UploadFile fastapi.datastructures.UploadFile")
_INJECTED = words(
    "fastapi.Response fastapi.BackgroundTasks starlette.responses.Response starlette.background.BackgroundTasks fastapi.WebSocket "
    "fastapi.security.OAuth2PasswordRequestForm fastapi.security.HTTPAuthorizationCredentials fastapi.security.SecurityScopes"
)


class Filler:
    """Fills parameters of handlers."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._fields = Fields(project)

    def values(self, entry: Entry, scope: Scope) -> dict[str, Value]:
        """By name; those that stand for a dependency are `depends`'s."""
        names = [one for one in scope.parameters.values() if one.name not in _OWN]
        made: dict[str, Value] = {}
        if entry.filling in ("django", "request") and names:
            made[names[0].name] = Value(requests.REQUEST)
            names = names[1:]
        for position, one in enumerate(names):
            found = self._one(entry, scope, one, position)
            if found is not None:
                made[one.name] = found
        return made

    def _one(self, entry: Entry, scope: Scope, one: Parameter, position: int) -> Value | None:
        if entry.filling == "fastapi":
            return self._annotated(entry, scope, one)
        if entry.filling == "graphql":
            if position < 1 and one.name in ("root", "parent", "obj", "_", "info", "_root", "source"):
                return PLAIN
            if one.name in ("info", "_info", "_"):
                return PLAIN
            return self._from(scope, one, "argument", "texts" if one.kind == "**" else "text", NOTHING, bool(one.kind))
        if entry.filling == "connexion":
            return self._declared(entry, scope, one)
        known = dict(entry.parameters)
        if one.kind == "**":
            return self._from(scope, one, "path", "texts", _SEGMENT, True) if known else PLAIN
        kind = known.get(one.name)
        if kind is None and entry.filling == "tornado" and position < len(entry.parameters):
            kind = entry.parameters[position][1]
        if kind is None or self._harmless(kind):
            return PLAIN
        whole = kind == "path" or (kind.startswith("re:") and (".*" in kind or ".+" in kind))
        return self._from(scope, one, "path", "text", NOTHING if whole else _SEGMENT)

    @staticmethod
    def _harmless(kind: str) -> bool:
        if kind in _SAFE:
            return True
        inner = kind.removeprefix("re:")
        # A class of letters, digits, "-" and "_" alone: nothing that any language takes for more than a name.
        plain = inner.replace("\\w", "").replace("\\d", "").replace("a-z", "").replace("A-Z", "").replace("0-9", "")
        return kind.startswith("re:") and inner[:1] in "[\\" and not set(plain) - set("[]+*{}0123456789,-_?")

    def _from(
        self, scope: Scope, one: Parameter, place: str, form: str, cleared: frozenset[str], many: bool = False, name: str = ""
    ) -> Value:
        where = place if many or form in ("object", "model") else f"{place} {name or one.name}"
        spot = Spot(scope.file, one.line, one.column, scope.name, note=f"a caller's {where}")
        origin = "?"
        if form == "model" and one.annotation is not None:
            origin = self._project.typed(one.annotation, scope) or "?"
        return Value(origin, None, (Label(where, form=form, cleared=cleared, steps=(spot,)),))

    def _declared(self, entry: Entry, scope: Scope, one: Parameter) -> Value:
        found = next(((place, kind) for name, place, kind in entry.declared if name == one.name), None)
        if found is None:
            return self._from(scope, one, "body", "object", NOTHING) if one.name == "body" else PLAIN
        place, kind = found
        if kind in ("integer", "number", "boolean"):
            return PLAIN
        return self._from(scope, one, place, "text", _SEGMENT if place == "path" else NOTHING)

    # FastAPI

    def _annotated(self, entry: Entry, scope: Scope, one: Parameter) -> Value | None:
        if one.kind or depends(self._project, scope, one) is not None:
            return None if not one.kind else PLAIN
        outer = self._project.scopes.get(scope.parent) or scope
        typed = self._project.typed(one.annotation, outer).removesuffix("()") if one.annotation is not None else ""
        if typed in requests.TYPES:
            return Value(requests.REQUEST)
        said = dict(entry.parameters)
        place, constrained = self._said(scope, one)
        if one.name in said:
            place = place or "path"
        if typed in _UPLOADS or place == "file":
            return self._from(scope, one, "file", "file", NOTHING)
        form = self._fields.form(one.annotation, outer) if one.annotation is not None else "text"
        if not form or constrained or typed in _INJECTED:
            return PLAIN
        if form == "model" and not place:
            return self._from(scope, one, "body", "model", NOTHING)
        if form == "json" and not place:
            return self._body(scope, one, typed)
        segment = place == "path" and said.get(one.name) != "path"
        name = one.name.replace("_", "-").title() if place == "header" else ""
        forms = {"json": "object" if place == "body" else "text", "model": "model"}
        return self._from(scope, one, place or "query", forms.get(form, "text"), _SEGMENT if segment else NOTHING, name=name)

    def _body(self, scope: Scope, one: Parameter, typed: str) -> Value:
        """A mapping is a body; what else has no place is not a caller's (a framework's own object, say)."""
        if typed in ("dict", "typing.Dict", "typing.Any", "typing.Mapping", "list"):
            return self._from(scope, one, "body", "object", NOTHING)
        return Value(f"{typed}()" if typed else "?")

    def _said(self, scope: Scope, one: Parameter) -> tuple[str, bool]:
        """The place that a default or an annotation says, and whether the value must have a form of its own."""
        outer = self._project.scopes.get(scope.parent) or scope
        for call in _calls(one):
            name = self._project.origin(call.function, outer).rpartition(".")[2]
            if name in _PLACES:
                return _PLACES[name], any(given.name in ("pattern", "regex") for given in call.arguments)
        return "", False


def _calls(one: Parameter) -> Iterator[Call]:
    if isinstance(one.default, Call):
        yield one.default
    waiting: list[Expression | None] = [one.annotation]
    for _ in range(8):
        node = waiting.pop() if waiting else None
        if isinstance(node, Subscript) and isinstance(node.index, Sequence):
            yield from (item for item in node.index.items[1:] if isinstance(item, Call))
            waiting.append(node.index.items[0] if node.index.items else None)
        elif isinstance(node, Operation):
            waiting += node.operands


def depends(project: Project, scope: Scope, one: Parameter) -> str | None:
    """What a parameter depends on, as an origin: `Depends(f)`, `Security(f)`; None where it does not."""
    outer = project.scopes.get(scope.parent) or scope
    for call in _calls(one):
        if project.origin(call.function, outer).rpartition(".")[2] in ("Depends", "Security"):
            given = [argument.value for argument in call.arguments if argument.name in ("", "dependency")]
            inner = given[0] if given else one.annotation
            if isinstance(inner, Call) and inner is not one.annotation:
                return project.origin(inner.function, outer)
            return project.origin(inner, outer) if inner is not None else "?"
    if one.annotation is not None:  # an alias: CurrentUser = Annotated[User, Depends(f)]
        found = project.value(one.annotation, outer)
        if found is not None and isinstance(found[0], Subscript):
            alias = Parameter(one.line, one.column, one.name, "", found[0], None)
            return depends(project, found[1], alias) if found[1] is not scope else None
    return None
