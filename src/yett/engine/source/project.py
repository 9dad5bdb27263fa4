"""The modules of a program with their names: what a name or an expression stands for, across files, as far as that can be read.

What something stands for is its origin, a text: "requests.get" for what comes from elsewhere, "@app.models:User" for what the
program defines, with "()" for what a call of it gives, and "?name" for what nothing is known of. It must not know flows.
"""

from collections.abc import Iterable, Iterator

from yett.engine.source.scopes import Binding, Scope, scopes_of
from yett.formats.python_source.tree import (
    Attribute,
    Call,
    Conditional,
    Constant,
    Expression,
    Function,
    Joined,
    Module,
    Name,
    Operation,
    Sequence,
    Subscript,
    Yielded,
)
from yett.rules.sourcing.words import words

LONGEST = 160
"""Characters of an origin."""
_DEEPEST = 24
_TRANSPARENT = words(
    "typing.Optional typing.Annotated typing_extensions.Annotated typing.Final typing.ClassVar Optional Annotated"
)


class Project:
    """modules: all files that could be read. package: what the directory is called, where it is a package itself: its modules
    name each other so."""

    def __init__(self, modules: Iterable[Module], package: str = "") -> None:
        self._package = package
        self.modules: dict[str, Module] = {}
        self.scopes: dict[str, Scope] = {}
        self._by_tail: dict[str, list[str]] = {}
        self._names: dict[tuple[str, str], str] = {}
        self._busy: set[tuple[str, str]] = set()
        for module in modules:
            self._add(module)

    def _add(self, module: Module) -> None:
        name = dotted(module.file)
        self.modules[name] = module
        for scope in scopes_of(module, name):
            self.scopes[scope.id] = scope
        self._by_tail.setdefault(name.rpartition(".")[2], []).append(name)

    def functions(self) -> Iterator[Scope]:
        """Every function, and the level of every module."""
        return (one for one in self.scopes.values() if one.kind != "class")

    # Modules

    def module(self, name: str, near: str = "") -> str:
        """The module that an import names: itself, or the one that ends so and is nearest; "" where there is none."""
        if name in self.modules:
            return name
        if self._package and name.startswith(f"{self._package}.") and name[len(self._package) + 1 :] in self.modules:
            return name[len(self._package) + 1 :]
        found = [one for one in self._by_tail.get(name.rpartition(".")[2], ()) if one.endswith(f".{name}")]
        if not found or not name:
            return ""
        root = near.partition(".")[0]
        return min(found, key=lambda one: (-_common(one, near), one.partition(".")[0] != root, len(one), one))

    def imported(self, scope: Scope, module: str, level: int) -> str:
        """The absolute name that an import statement means."""
        if not level:
            return module
        here = scope.module
        steps = level - (1 if self.modules[here].file.endswith("__init__.py") else 0)
        parts = here.split(".")
        base = ".".join(parts[: len(parts) - steps]) if steps else here
        return ".".join(filter(None, (base, module)))

    # Names

    def name(self, name: str, scope: Scope, depth: int = 0) -> str:
        """What a name stands for in a scope."""
        at: Scope | None = scope
        while at is not None:
            if (name in at.bindings or name in at.parameters) and (at.kind != "class" or at is scope):
                return self._bound(name, at, depth)
            at = self.scopes.get(at.parent) if at.parent else None
        for module in self.scopes[f"{scope.module}:"].stars:
            found = self.module(self.imported(scope, *module), scope.module)
            if not found:
                return f"{module[0]}.{name}" if not _builtin(name) else name
            inner = self.scopes[f"{found}:"]
            if depth < _DEEPEST and (name in inner.bindings or inner.stars):
                value = self.name(name, inner, depth + 4)
                if value != name:
                    return value
        return name if _builtin(name) else f"?{name}"

    def _bound(self, name: str, scope: Scope, depth: int) -> str:
        key = (scope.id, name)
        if key in self._names:
            return self._names[key]
        if key in self._busy or depth > _DEEPEST:
            return f"?{name}"
        self._busy.add(key)
        try:
            found = self._of_binding(name, scope, depth + 1)
        finally:
            self._busy.discard(key)
        if depth < _DEEPEST // 2:
            self._names[key] = found
        return found

    def _of_binding(self, name: str, scope: Scope, depth: int) -> str:
        if name in scope.parameters and name not in scope.bindings:
            return self.parameter(name, scope, depth)
        found = f"?{name}"
        for binding in reversed(scope.bindings[name]):
            value = self._one(binding, scope, depth)
            if value and not value.startswith("?"):
                return value
        return found

    def _one(self, binding: Binding, scope: Scope, depth: int) -> str:
        if binding.kind == "scope":
            return f"@{binding.text}"
        if binding.kind == "import":
            return self.member(self.imported(scope, binding.text, binding.level), binding.member, scope.module, depth)
        if binding.annotation is not None:
            typed = self.typed(binding.annotation, scope, depth)
            if typed:
                return typed
        return self.origin(binding.value, scope, depth) if binding.value is not None else ""

    def member(self, module: str, name: str, near: str, depth: int) -> str:
        """A member of a module, by the module's name."""
        found = self.module(f"{module}.{name}" if name else module, near)
        inside = self.module(module, near)
        if name and inside and name in self.scopes[f"{inside}:"].bindings and depth < _DEEPEST:
            return self.name(name, self.scopes[f"{inside}:"], depth + 1)
        if found:
            return f"@{found}"
        if inside and name and depth < _DEEPEST and self.scopes[f"{inside}:"].stars:
            return self.name(name, self.scopes[f"{inside}:"], depth + 4)
        return f"{module}.{name}" if name else module

    def parameter(self, name: str, scope: Scope, depth: int = 0) -> str:
        """What a parameter stands for: by its annotation, or as the object of a method."""
        owner = self.scopes.get(scope.parent) if scope.parent else None
        if owner is not None and owner.kind == "class" and name == scope.first and not scope.static:
            return f"@{owner.id}" + ("" if scope.classmethod else "()")
        given = scope.parameters[name]
        if given.annotation is not None:
            typed = self.typed(given.annotation, scope, depth)
            if typed:
                return typed
        return f"?{name}"

    def typed(self, annotation: Expression, scope: Scope, depth: int = 0) -> str:
        """What a value of this annotation stands for; "" where it says nothing."""
        while isinstance(annotation, Subscript | Operation):
            if isinstance(annotation, Operation):
                annotation = next((one for one in annotation.operands if not isinstance(one, Constant)), annotation.operands[0])
            elif self.origin(annotation.value, scope, depth) in _TRANSPARENT:
                index = annotation.index
                annotation = index.items[0] if isinstance(index, Sequence) and index.items else index
            else:
                annotation = annotation.value
        if isinstance(annotation, Constant) or depth > _DEEPEST:
            return ""
        found = self.origin(annotation, scope, depth + 1)
        return "" if found.startswith("?") else cut(f"{found}()")

    # Expressions

    def origin(self, node: Expression, scope: Scope, depth: int = 0) -> str:
        """What an expression stands for, whatever runs before it."""
        if depth > _DEEPEST:
            return "?"
        if isinstance(node, Name):
            return self.name(node.id, scope, depth)
        if isinstance(node, Attribute):
            return self.attribute(self.origin(node.value, scope, depth + 1), node.name, depth)
        if isinstance(node, Call):
            return self.called(self.origin(node.function, scope, depth + 1), depth)
        if isinstance(node, Subscript):
            return cut(f"{self.origin(node.value, scope, depth + 1)}[]")
        if isinstance(node, Operation) and node.operator in ("or", "and"):
            found = [self.origin(one, scope, depth + 1) for one in node.operands[:4]]
            return next((one for one in found if one and not one.startswith("?")), "?")
        if isinstance(node, Conditional):
            return self.origin(node.body, scope, depth + 1)
        return {Constant: "literal", Joined: "str()"}.get(type(node), "?")

    def attribute(self, origin: str, name: str, depth: int = 0) -> str:
        """What a member of something stands for."""
        if not origin.startswith("@"):
            return cut(f"{origin}.{name}")
        module, colon, rest = origin[1:].partition(":")
        if not colon:
            return self.member(module, name, module, depth + 1)
        instance = rest.endswith("()")
        scope = self.scopes.get(f"{module}:{rest.removesuffix('()')}")
        if scope is None or scope.kind != "class":
            return cut(f"?{origin[1:]}.{name}")
        owner = self.owner(scope, name)
        if owner is not None:
            return self._member_of(owner, name, instance, depth)
        external = next(iter(self.external_bases(scope)), "")
        if not external:
            return cut(f"?{rest}.{name}")
        return cut(f"{external}{'()' if instance else ''}.{name}")

    def _member_of(self, owner: Scope, name: str, instance: bool, depth: int) -> str:
        if name in owner.bindings:
            found = self._bound(name, owner, depth + 1)
            inner = self.scopes.get(found[1:])
            if inner is not None and inner.is_property and instance:
                return self.returned(inner, depth + 1)
            return found
        for method, value in owner.attributes[name]:
            found = self.origin(value, self.scopes[method], depth + 2)
            if found and not found.startswith("?"):
                return found
        return f"?{name}"

    def owner(self, scope: Scope, name: str) -> Scope | None:
        """The class, of this and its bases, that has the member."""
        return next((one for one in self.bases(scope) if name in one.bindings or name in one.attributes), None)

    def bases(self, scope: Scope) -> Iterator[Scope]:
        """The class and all its bases that the program defines, nearest first; at most 40."""
        seen: list[str] = []
        waiting = [scope]
        while waiting and len(seen) < 40:
            one = waiting.pop(0)
            if one.id in seen:
                continue
            seen.append(one.id)
            yield one
            outer = self.scopes.get(one.parent) if one.parent else None
            for base in one.bases:
                found = self.scopes.get(self.origin(base, outer or one, _DEEPEST // 2)[1:])
                if found is not None and found.kind == "class":
                    waiting.append(found)

    def external_bases(self, scope: Scope) -> Iterator[str]:
        """Origins of bases from elsewhere, of the class and all its bases."""
        for one in self.bases(scope):
            outer = self.scopes.get(one.parent) if one.parent else None
            for base in one.bases:
                found = self.origin(base.value if isinstance(base, Subscript) else base, outer or one, _DEEPEST // 2)
                if not found.startswith("@"):
                    yield found

    def called(self, origin: str, depth: int = 0) -> str:
        """What a call of something gives."""
        if not origin.startswith("@"):
            return cut(f"{origin}()")
        scope = self.scopes.get(origin[1:])
        if scope is None or scope.kind == "class":
            return cut(f"{origin}()")
        return self.returned(scope, depth + 1)

    def returned(self, scope: Scope, depth: int) -> str:
        """What a function gives, by its annotation or what it returns."""
        if depth > _DEEPEST or scope.node is None:
            return "?"
        if isinstance(scope.node, Function) and scope.node.returns is not None:
            typed = self.typed(scope.node.returns, scope, depth)
            if typed and not typed.startswith(("typing.", "collections.", "str()", "dict()", "list()", "tuple()", "Any")):
                return typed
        for value in reversed(scope.returns):
            inner = value.value if isinstance(value, Yielded) else value
            found = self.origin(inner, scope, depth + 2) if inner is not None else "?"
            if not found.startswith(("?", "literal")):
                return found
        return "?"

    # What is bound where

    def key(self, node: Expression, scope: Scope, depth: int = 0) -> str:
        """Where something that has a name was bound, so that the same one is known from everywhere: "app.users:router"."""
        if depth > _DEEPEST:
            return ""
        if isinstance(node, Name):
            at: Scope | None = scope
            while at is not None:
                if node.id in at.bindings or node.id in at.parameters:
                    return self._bound_at(node.id, at, depth)
                at = self.scopes.get(at.parent) if at.parent else None
            return ""
        if isinstance(node, Attribute):
            outer = self.origin(node.value, scope)
            if outer.startswith("@"):
                module, colon, rest = outer[1:].partition(":")
                if not colon:
                    return self._bound_at(node.name, self.scopes[f"{module}:"], depth)
                return f"{module}:{rest.removesuffix('()')}.{node.name}"
            return f"{scope.module}:{self.key(node.value, scope, depth + 1)}.{node.name}"
        if isinstance(node, Call):
            return f"{scope.id}:{node.text}" if not self.origin(node, scope).startswith("@") else ""
        return ""

    def _bound_at(self, name: str, scope: Scope, depth: int) -> str:
        for binding in reversed(scope.bindings.get(name, ())):
            if binding.kind == "import" and binding.member:
                module = self.module(self.imported(scope, binding.text, binding.level), scope.module)
                if module and depth < _DEEPEST:
                    return self._bound_at(binding.member, self.scopes[f"{module}:"], depth + 1)
            if binding.kind == "value" and isinstance(binding.value, Name) and binding.value.id != name:
                return self.key(binding.value, scope, depth + 1)
        return f"{scope.id}{name}" if scope.kind == "module" else f"{scope.id}.{name}"

    def text(self, node: Expression | None, scope: Scope, depth: int = 0) -> str | None:
        """The text that an expression is, where it is a literal or a name of one."""
        if isinstance(node, Constant):
            return node.value if isinstance(node.value, str) else None
        if isinstance(node, Operation) and node.operator == "+" and depth < 6:
            parts = [self.text(one, scope, depth + 1) for one in node.operands]
            return None if None in parts else "".join(one for one in parts if one is not None)
        if isinstance(node, Joined) and depth < 6:
            parts = [self.text(one, scope, depth + 1) for one in node.parts]
            return None if None in parts else "".join(one for one in parts if one is not None)
        found = self.value(node, scope, depth) if isinstance(node, Name | Attribute) else None
        return self.text(found[0], found[1], depth + 1) if found is not None and depth < 6 else None

    def value(self, node: Expression, scope: Scope, depth: int = 0) -> tuple[Expression, Scope] | None:
        """The one expression that a name was given at the level of a module or class, and where."""
        if depth > 6:
            return None
        key = self.key(node, scope)
        module, _, name = key.partition(":")
        *outer, last = name.split(".")
        at = self.scopes.get(f"{module}:{'.'.join(outer)}")
        bound = [one for one in at.bindings.get(last, ()) if one.kind == "value"] if at is not None else []
        if at is None or len(bound) != 1 or bound[0].value is None or bound[0].value is node:
            return None
        return bound[0].value, at


def dotted(file: str) -> str:
    """The name of a module by its path below the root."""
    path = file.removesuffix(".py").removesuffix(".pyi").removesuffix("/__init__")
    return path.replace("/", ".") if path != "__init__" else "__init__"


def cut(origin: str) -> str:
    return origin if len(origin) <= LONGEST else "?" + origin[-LONGEST:]


def _common(one: str, other: str) -> int:
    return next((n for n, (a, b) in enumerate(zip(one.split("."), other.split("."))) if a != b), 99)


_BUILTINS = words(
    "abs all any ascii bin bool bytearray bytes callable chr classmethod compile complex delattr dict dir divmod enumerate "
    "eval exec filter float format frozenset getattr globals hasattr hash help hex id input int isinstance issubclass iter "
    "len list locals map max memoryview min next object oct open ord pow print property range repr reversed round set "
    "setattr slice sorted staticmethod str sum super tuple type vars zip __import__ unicode raw_input execfile"
)


def _builtin(name: str) -> bool:
    return name in _BUILTINS
