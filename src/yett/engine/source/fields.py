"""Declared fields of bodies: which of them can hold a text that does harm, by the annotations of a model's class. It must not know
flows."""

from collections.abc import Iterator

import msgspec

from yett.engine.source import knowledge
from yett.engine.source.project import Project
from yett.engine.source.scopes import Scope
from yett.engine.source.values import Label
from yett.formats.python_source.tree import Assignment, Call, Constant, Expression, Name, Operation, Sequence, Subscript
from yett.rules.sourcing.words import words

_LISTS = words(
    "list set tuple frozenset typing.List typing.Set typing.Sequence typing.Iterable typing.Tuple collections.abc.Sequence "
    "collections.abc.Iterable typing.FrozenSet"
)
_WRAPPING = words("typing.Optional typing.Annotated typing_extensions.Annotated typing.Union typing.Final typing.ClassVar")


class Fields:
    """Of the classes of a project."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def is_model(self, origin: str) -> bool:
        """Whether an origin is a class whose fields are declared and checked."""
        scope = self._project.scopes.get(origin.removesuffix("()")[1:]) if origin.startswith("@") else None
        return (
            scope is not None
            and scope.kind == "class"
            and any(one in knowledge.MODELS for one in self._project.external_bases(scope))
        )

    def form(self, annotation: Expression | None, scope: Scope) -> str:
        """What a caller can put under an annotation: "" nothing that does harm, "text", "json" anything, "model"."""
        if annotation is None:
            return "json"
        if isinstance(annotation, Constant):
            return "" if annotation.value is None else "text"
        if isinstance(annotation, Operation):
            return self._widest(self.form(one, scope) for one in annotation.operands)
        if isinstance(annotation, Subscript):
            return self._subscripted(annotation, scope)
        if isinstance(annotation, Call):
            origin = self._project.origin(annotation.function, scope)
            constrained = any(one.name in knowledge.CONSTRAINED for one in annotation.arguments)
            return "" if origin in knowledge.SAFE_TYPES or constrained else "text"
        return self._of(self._project.origin(annotation, scope), annotation, scope)

    def _of(self, origin: str, annotation: Expression, scope: Scope) -> str:
        if origin in knowledge.SAFE_TYPES or origin.removeprefix("?") in ("int", "float", "bool", "UUID"):
            return ""
        if origin in ("dict", "typing.Any", "typing.Dict", "list", "object", "typing.Mapping", "typing.List"):
            return "json"
        if origin.startswith("@"):
            inner = self._project.scopes.get(origin[1:])
            if inner is not None and inner.kind == "class":
                bases = tuple(self._project.external_bases(inner))
                if any(one in knowledge.ENUMS for one in bases):
                    return ""
                return "model" if any(one in knowledge.MODELS for one in bases) else "json"
        value = self._project.value(annotation, scope) if isinstance(annotation, Name) else None
        if value is not None and value[0] is not annotation and not isinstance(value[0], Name):
            return self.form(value[0], value[1])
        return "text"

    def _subscripted(self, annotation: Subscript, scope: Scope) -> str:
        origin = self._project.origin(annotation.value, scope)
        index = annotation.index
        items = index.items if isinstance(index, Sequence) else (index,)
        if origin.endswith("Literal"):
            return ""
        if origin in _WRAPPING:
            if origin.endswith("Annotated"):
                constrained = any(
                    isinstance(one, Call) and any(given.name in knowledge.CONSTRAINED for given in one.arguments)
                    for one in items[1:]
                )
                return "" if constrained else self.form(items[0], scope)
            return self._widest(self.form(one, scope) for one in items)
        if origin in _LISTS:
            return self._widest(self.form(one, scope) for one in items)
        return "json"

    @staticmethod
    def _widest(forms: Iterator[str]) -> str:
        found = set(forms)
        return next((one for one in ("json", "model", "text") if one in found), "")

    def member(self, label: Label, origin: str, name: str) -> tuple[Label, ...]:
        """The labels of a member of an object with declared fields."""
        scope = self._project.scopes.get(origin.removesuffix("()")[1:]) if origin.startswith("@") else None
        found = self._declared(scope, name) if scope is not None else None
        if found is None:
            return ()
        owner, annotation = found
        form = self.form(annotation, owner)
        if not form:
            return ()
        place = f"{label.place}{' ' if ' ' not in label.place else ''}/{name}"[:120]
        return (msgspec.structs.replace(label, place=place if label.place else "", form=form),)

    def _declared(self, scope: Scope, name: str) -> tuple[Scope, Expression | None] | None:
        """Where a field is declared, and as what; None where it is not, as a method is not."""
        for one in self._project.bases(scope):
            for statement in one.body:
                if isinstance(statement, Assignment) and any(isinstance(t, Name) and t.id == name for t in statement.targets):
                    constrained = isinstance(statement.value, Call) and any(
                        given.name in knowledge.CONSTRAINED for given in statement.value.arguments
                    )
                    return one, Constant(0, 0, None) if constrained else statement.annotation
        return None
