"""Whether a function of the program that calls itself a check or an escape does anything of the kind, as far as its text says.

A name is believed where nothing is known of what stands behind it: functions of libraries, methods that others replace. Where the
text is there, something in it has to look at what it is given. How well it looks is not judged. It must not know flows or rules.
"""

from collections.abc import Iterator

from yett.engine.source import knowledge
from yett.engine.source.project import Project
from yett.engine.source.scopes import Scope, blocks
from yett.formats.python_source.tree import (
    Assertion,
    Assignment,
    Attribute,
    Call,
    Comparison,
    Comprehension,
    Constant,
    Evaluated,
    Expression,
    If,
    Loop,
    Match,
    Name,
    Raise,
    Return,
    Sequence,
    Statement,
    Subscript,
    With,
)
from yett.rules.sourcing.walking import children, inside
from yett.rules.sourcing.words import words

_DEEPEST = 4
"""Calls below a function in which a look counts as its own."""
_MOST_ALIKE = 20
"""Methods of one name that are looked into."""
_IDLE = words(
    "strip rstrip lstrip lower upper title capitalize casefold swapcase encode decode format debug info warning error exception "
    "log print str repr len bool bytes type id isinstance append extend copy keys values items get join split splitlines"
)
"""Functions and methods that hold nothing against anything."""
_CHANGING = words("replace translate sub subn escape quote")
"""Functions and methods that take something out of a text."""


class Belief:
    """project: the program. Answers are kept, so that each function is looked into once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: dict[tuple[str, str], bool] = {}
        self._alike: dict[str, list[Scope]] | None = None

    def checks(self, callee: str) -> bool:
        """Whether something of this origin may be believed to hold what it gets against something."""
        return self._believed(callee, "checks")

    def escapes(self, callee: str) -> bool:
        """Whether it may be believed to take something out of what it gets, or to refuse it."""
        return self._believed(callee, "escapes")

    def careful(self, scope: Scope) -> bool:
        """Whether a function that does what its name says to be safe tests anything before it does so."""
        return self._looks(scope, "careful", 0)

    def _believed(self, callee: str, kind: str) -> bool:
        scope = self._project.scopes.get(callee[1:].removesuffix("()")) if callee.startswith("@") else None
        if scope is None or scope.kind != "function":
            return True
        return any(self._looks(one, kind, 0) for one in self._same(scope))

    def _same(self, scope: Scope) -> Iterator[Scope]:
        """The function; of a method also those of its name, for they may take its place."""
        yield scope
        outer = self._project.scopes.get(scope.parent)
        if outer is None or outer.kind != "class":
            return
        if self._alike is None:
            self._alike = {}
            for one in self._project.scopes.values():
                if one.kind == "function":
                    self._alike.setdefault(one.name.rpartition(".")[2], []).append(one)
        yield from self._alike.get(scope.name.rpartition(".")[2], ())[:_MOST_ALIKE]

    def _looks(self, scope: Scope, kind: str, depth: int) -> bool:
        key = (scope.id, kind)
        if key not in self._known:
            self._known[key] = True  # a circle of functions decides nothing against itself
            self._known[key] = depth > _DEEPEST or self._read(scope, kind, depth)
        return self._known[key]

    def _read(self, scope: Scope, kind: str, depth: int) -> bool:
        statements = list(_statements(scope.body))
        if _is_open(scope, statements):
            return True
        given = _given(scope, statements)
        return any(self._decides(one, given, scope, kind, depth) for each in statements for one in _expressions(each))

    def _decides(self, one: Expression, given: frozenset[str], scope: Scope, kind: str, depth: int) -> bool:
        """Whether one expression holds what was given against something, or takes something out of it."""
        if isinstance(one, Comparison):
            return any(_holds(each, given) for each in one.operands) and not any(
                isinstance(each, Constant) and each.value is None for each in one.operands
            )
        if isinstance(one, Subscript):
            return not _holds(one.value, given) and _holds(one.index, given)
        if isinstance(one, Comprehension):
            return any(clause.conditions and _holds(clause.iterable, given) for clause in one.clauses)
        if isinstance(one, Attribute):
            return one.name.startswith("is_") and _holds(one.value, given)
        return isinstance(one, Call) and self._asks(one, given, scope, kind, depth)

    def _asks(self, call: Call, given: frozenset[str], scope: Scope, kind: str, depth: int) -> bool:
        """Whether a call decides about what was given."""
        function = call.function
        last = function.name if isinstance(function, Attribute) else function.id if isinstance(function, Name) else ""
        on = isinstance(function, Attribute) and _holds(function.value, given)
        if last in _IDLE or not (on or any(_holds(one.value, given) for one in call.arguments)):
            return False
        callee = self._project.origin(function, scope)
        inner = self._project.scopes.get(callee[1:]) if callee.startswith("@") else None
        if inner is not None and inner.kind == "function":
            return self._looks(inner, kind, depth + 1)
        if last in _CHANGING:
            return kind != "checks"
        if kind == "careful":
            asking = knowledge.PREDICATES | knowledge.ESCAPING
            return last in knowledge.METHODS_CLEAN or callee in knowledge.CLEANING or bool(knowledge.own_words(callee) & asking)
        return callee not in knowledge.PASSING or callee in knowledge.CLEANING


def _statements(body: tuple[Statement, ...]) -> Iterator[Statement]:
    """Everything in a function, what is defined within left out."""
    waiting = list(body)
    while waiting:
        one = waiting.pop()
        yield one
        waiting += blocks(one)


def _is_open(scope: Scope, statements: list[Statement]) -> bool:
    """A method without a body of its own: others say what it does. So do functions that only define one, as decorators do."""
    method = "." in scope.name
    idle = all((isinstance(one, Evaluated) and isinstance(one.value, Constant)) or isinstance(one, Raise) for one in statements)
    defines = any(binding.kind == "scope" for bindings in scope.bindings.values() for binding in bindings)
    return (method and idle) or defines or any(isinstance(one, Match) for one in statements)


def _given(scope: Scope, statements: list[Statement]) -> frozenset[str]:
    """Names in a function that hold what it was given, in whatever order they are bound."""
    names = set(scope.parameters)
    bound = [(target, value) for one in statements for target, value in _bindings(one)]
    for _ in range(3):
        before = len(names)
        for targets, value in bound:
            if _holds(value, frozenset(names)):
                names |= targets
        if len(names) == before:
            break
    return frozenset(names)


def _bindings(one: Statement) -> Iterator[tuple[set[str], Expression]]:
    if isinstance(one, Assignment) and one.value is not None:
        yield set().union(*(_names(target) for target in one.targets)), one.value
    elif isinstance(one, Loop) and one.target is not None:
        yield _names(one.target), one.source
    elif isinstance(one, With):
        yield from ((_names(target), value) for value, target in one.items if target is not None)


def _names(target: Expression) -> set[str]:
    """Names that a target binds."""
    found = target.items if isinstance(target, Sequence) else (target,)
    return {one.id for one in found if isinstance(one, Name)}


def _expressions(one: Statement) -> Iterator[Expression]:
    if isinstance(one, Assignment | Evaluated | Return | Raise):
        found = one.value
    elif isinstance(one, If | Assertion):
        found = one.test
    else:
        found = one.source if isinstance(one, Loop) else None
    if found is not None:
        yield from inside(found)
    for value, _ in one.items if isinstance(one, With) else ():
        yield from inside(value)


def _holds(one: Expression, given: frozenset[str]) -> bool:
    """Whether something that was given stands in an expression, other than in a count of it."""
    waiting = [one]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Name) and each.id in given:
            return True
        if not (isinstance(each, Call) and isinstance(each.function, Name) and each.function.id == "len"):
            waiting += children(each)
    return False
