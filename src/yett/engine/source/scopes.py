"""Scopes of one module: what each function, class and the module itself binds, calls and returns. It knows no other modules."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from yett.formats.python_source.tree import (
    Assertion,
    Assignment,
    Attribute,
    Call,
    Class,
    Evaluated,
    Expression,
    Function,
    If,
    Import,
    Loop,
    Match,
    Module,
    Name,
    Named,
    Parameter,
    Raise,
    Return,
    Sequence,
    Starred,
    Statement,
    Try,
    With,
    Yielded,
)
from yett.rules.sourcing.walking import inside


class Binding(msgspec.Struct, frozen=True, gc=False):
    """One thing that gives a name its meaning. "scope": a function or class, by id in `text`. "import": `member` of the module
    `text`, or that itself. "value": an expression, or something of this annotation."""

    kind: Literal["scope", "import", "value"]
    text: str = ""
    member: str = ""
    level: int = 0
    value: Expression | None = None
    annotation: Expression | None = None


class Scope(msgspec.Struct, kw_only=True):
    """id: "module:Class.function", "module:" for the module. bindings: all of a name, in order. attributes: what a class's
    methods give to members of `self`, with the method. stars: modules of which everything is imported, with level."""

    id: str
    kind: Literal["module", "class", "function"]
    module: str
    file: str
    parent: str = ""
    node: Function | Class | None = None
    body: tuple[Statement, ...] = ()
    bindings: dict[str, list[Binding]] = {}
    parameters: dict[str, Parameter] = {}
    bases: tuple[Expression, ...] = ()
    attributes: dict[str, list[tuple[str, Expression]]] = {}
    calls: list[Call] = []
    returns: list[Expression | None] = []
    raises: list[Expression | None] = []
    stars: list[tuple[str, int]] = []
    first: str = ""
    static: bool = False
    classmethod: bool = False
    is_property: bool = False

    @property
    def name(self) -> str:
        """Within its module."""
        return self.id.partition(":")[2]

    def bind(self, name: str, binding: Binding) -> None:
        self.bindings.setdefault(name, []).append(binding)


def scopes_of(module: Module, name: str) -> Iterator[Scope]:
    """The module's own scope, then every class and function in it, however nested."""
    waiting = [Scope(id=f"{name}:", kind="module", module=name, file=module.file, body=module.body)]
    taken: dict[str, int] = {}
    owners: dict[str, Scope] = {}
    while waiting:
        scope = waiting.pop()
        inner = [_made(one, scope, taken) for one in _fill(scope)]
        for node, made in inner:
            scope.bind(node.name, Binding("scope", made.id))
        waiting += [made for _, made in inner]
        owners[scope.id] = scope
        if scope.kind == "function":
            _attributes(scope, owners)
        yield scope


def _made(node: Function | Class, outer: Scope, taken: dict[str, int]) -> tuple[Function | Class, Scope]:
    path = f"{outer.id}{'' if outer.kind == 'module' else '.'}{node.name}"
    taken[path] = taken.get(path, 0) + 1
    path += f"~{taken[path]}" if taken[path] > 1 else ""
    made = Scope(
        id=path,
        kind="class" if isinstance(node, Class) else "function",
        module=outer.module,
        file=outer.file,
        parent=outer.id,
        node=node,
        body=node.body,
    )
    if isinstance(node, Class):
        made.bases = tuple(one.value for one in node.bases if one.name in ("", "*"))
    else:
        made.parameters = {one.name: one for one in node.parameters}
        made.first = next((one.name for one in node.parameters if not one.kind), "")
        names = {one.id if isinstance(one, Name) else one.name if isinstance(one, Attribute) else "" for one in node.decorators}
        made.static, made.classmethod = "staticmethod" in names, "classmethod" in names
        made.is_property = bool(names & {"property", "cached_property"})
    return node, made


def _fill(scope: Scope) -> Iterator[Function | Class]:
    """Bind what the statements of a scope bind; gives the functions and classes in it. Iterative."""
    waiting: list[Statement] = list(reversed(scope.body))
    while waiting:
        one = waiting.pop()
        if isinstance(one, Function | Class):
            _decorating(one, scope)
            yield one
        elif isinstance(one, Import):
            _imports(one, scope)
        else:
            _expressions(one, scope)
            waiting += list(reversed(list(blocks(one))))


def _decorating(node: Function | Class, scope: Scope) -> None:
    for one in node.decorators:
        _calls(one, scope)


def blocks(one: Statement) -> Iterator[Statement]:
    """The statements that stand directly in a compound statement."""
    if isinstance(one, If | Loop):
        yield from (*one.body, *one.orelse)
    elif isinstance(one, Try):
        yield from one.body
        for handler in one.handlers:
            yield from handler.body
        yield from (*one.orelse, *one.final)
    elif isinstance(one, With):
        yield from one.body
    elif isinstance(one, Match):
        for case in one.cases:
            yield from case.body


def _imports(one: Import, scope: Scope) -> None:
    for bound, module, name in one.names:
        if name == "*":
            scope.stars.append((module, one.level))
        else:
            scope.bind(bound, Binding("import", module, name, one.level))


def _expressions(one: Statement, scope: Scope) -> None:
    found: list[Expression | None] = []
    if isinstance(one, Assignment):
        found = [one.value, *one.targets]
        for target in one.targets:
            _target(target, one.value if not one.operator else None, one.annotation, scope)
    elif isinstance(one, Evaluated):
        found = [one.value]
    elif isinstance(one, Return):
        found = [one.value]
        scope.returns.append(one.value)
    elif isinstance(one, Raise):
        found = [one.value]
        scope.raises.append(one.value)
    elif isinstance(one, Assertion | If):
        found = [one.test]
    elif isinstance(one, Loop):
        found = [one.source]
        if one.target is not None:
            _target(one.target, None, None, scope)
    elif isinstance(one, With):
        found = [value for value, _ in one.items]
        for value, bound in one.items:
            if bound is not None:
                _target(bound, value, None, scope)
    elif isinstance(one, Match):
        found = [one.subject]
    for each in found:
        if each is not None:
            _calls(each, scope)


def _target(target: Expression, value: Expression | None, annotation: Expression | None, scope: Scope) -> None:
    waiting = [target]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Name):
            whole = one is target
            scope.bind(one.id, Binding("value", value=value if whole else None, annotation=annotation if whole else None))
        elif isinstance(one, Sequence):
            waiting += one.items
        elif isinstance(one, Starred):
            waiting.append(one.value)
        elif isinstance(one, Attribute) and isinstance(one.value, Name) and value is not None:
            scope.attributes.setdefault(f"{one.value.id}.{one.name}", []).append((scope.id, value))


def _attributes(scope: Scope, owners: dict[str, Scope]) -> None:
    """What a method gives to members of its object, as the class's."""
    owner = owners.get(scope.parent)
    if owner is None or owner.kind != "class":
        return
    for path, values in scope.attributes.items():
        first, _, name = path.partition(".")
        if first == scope.first:
            owner.attributes.setdefault(name, []).extend(values)


def _calls(expression: Expression, scope: Scope) -> None:
    for one in inside(expression):
        if isinstance(one, Call):
            scope.calls.append(one)
        elif isinstance(one, Named):
            scope.bind(one.target.id, Binding("value", value=one.value))
        elif isinstance(one, Yielded):
            scope.returns.append(one)
