"""Expressions of one function: what each is worth. Names and what holds others are `containers`', calls are `calling`'s, statements
are `walking`'s. It must not know which rules there are.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable

import msgspec

from yett.engine.source.believing import Belief
from yett.engine.source.fields import Fields
from yett.engine.source.members import Held, Members
from yett.engine.source.project import Project
from yett.engine.source.scopes import Scope
from yett.engine.source.sinks import Sinks
from yett.engine.source.summary import Pending, Summary
from yett.engine.source.values import PLAIN, Value, either, formatted, joined, texts
from yett.formats.python_source.tree import (
    Attribute,
    Comparison,
    Conditional,
    Constant,
    Expression,
    Joined,
    Lambda,
    Name,
    Named,
    Node,
    Operation,
    Other,
    Sequence,
    Starred,
    Subscript,
    Yielded,
)
from yett.formats.python_source.tree import Mapping as Pairs
from yett.model.source import Spot
from yett.rules.sourcing.sinks import BETWEEN, HOLE
from yett.rules.sourcing.words import parts

Env = dict[str, Value]
_MOST_EVALUATIONS = 20_000
_MOST_REPEATED = 40
"""Evaluations of one function: so many, and so many more for each expression in it."""


class TooMuch(Exception):
    """What is nested in a function would be gone through too many times."""


class Evaluator(ABC):
    """Reads one function. summaries: of all others. belief: which checks are believed. members: what objects hold."""

    def __init__(
        self,
        project: Project,
        scope: Scope,
        sinks: Sinks,
        summaries: Callable[[str], Summary | None],
        belief: Belief,
        members: Members,
    ) -> None:
        self.project, self.scope, self.sinks = project, scope, sinks
        self._summaries, self._belief, self._store = summaries, belief, members
        self.held: Held = {}
        self._visited: set[int] = set()
        self._evaluations = 0
        self.fields = Fields(project)
        self.env: Env = {}
        # A function that calls itself safe is believed to be, where it tests anything.
        safe = parts(scope.name.rpartition(".")[2]) & {"safe", "safely", "sanitize", "sanitise"}
        self._careful = bool(safe) and belief.careful(scope)
        self.pending: dict[tuple[object, ...], Pending] = {}
        self.called: set[str] = set()
        self._makers = self.makers()

    def makers(self) -> dict[type, Callable[..., Value]]:
        """What reads which expression; those above add theirs."""
        return {
            Constant: self._constant,
            Joined: self._joined,
            Operation: self._operation,
            Comparison: self._comparison,
            Conditional: self._conditional,
            Lambda: self._lambda,
            Named: self._named,
            Starred: self._inner,
            Yielded: self._yielded,
            Other: self._other,
        }

    def spot(self, node: Node, note: str = "") -> Spot:
        return Spot(self.scope.file, node.line, node.column, self.scope.name, note=note)

    def value(self, node: Expression) -> Value:
        """What an expression is worth now. Raises TooMuch where expressions are gone through again and again."""
        self._evaluations += 1
        self._visited.add(id(node))
        if self._evaluations > _MOST_EVALUATIONS + _MOST_REPEATED * len(self._visited):
            raise TooMuch
        return self._makers[type(node)](node)

    def _constant(self, node: Constant) -> Value:
        return Value("literal", str(node.value) if node.value is not None else None)

    def _joined(self, node: Joined) -> Value:
        return texts(self.value(one) for one in node.parts)

    def _operation(self, node: Operation) -> Value:
        found = [self.value(one) for one in node.operands]
        if node.operator in ("and", "or"):
            made = found[0] if node.operator == "or" else PLAIN
            for one in found[1:] if node.operator == "or" else found[-1:]:
                made = either(made, one)
            return made
        if len(found) == 1 or (not any(one.labels for one in found) and node.operator not in ("+", "%", "/")):
            return PLAIN
        if node.operator == "+":
            return self._sum(found)
        if node.operator == "%" and len(found) == 2:
            return self._formatted(node, found)
        if node.operator == "/":  # pathlib
            return msgspec.structs.replace(texts(found, "/"), origin=found[0].origin)
        return Value("?", None, joined(label for one in found for label in one.labels))

    def _sum(self, found: list[Value]) -> Value:
        if any(one.text is not None and BETWEEN in one.text for one in found):
            return texts(found, BETWEEN)
        made = texts(found)
        return made if any(one.text is not None for one in found) or made.labels else PLAIN

    def _formatted(self, node: Operation, found: list[Value]) -> Value:
        left, right = found
        operand = node.operands[1]
        if left.text is None:
            return Value("?", None, joined((*left.labels, *right.labels)))
        if isinstance(operand, Sequence):
            values = [self.value(one) for one in operand.items]
        elif isinstance(operand, Pairs):
            values = self._by_name(left.text, operand)
        else:
            values = [right]
        text = formatted(left.text, values)
        return Value("str()", text, joined((*left.labels, *right.labels)) if HOLE in text else ())

    def _by_name(self, text: str, operand: Pairs) -> list[Value]:
        """The values of `%(name)s` in order."""
        known = {
            key.value: self.value(value)
            for key, value in operand.pairs
            if isinstance(key, Constant) and isinstance(key.value, str)
        }
        names = [part.partition(")")[0] for part in text.split("%(")[1:]]
        return [known.get(name, PLAIN) for name in names]

    def _comparison(self, node: Comparison) -> Value:
        for one in node.operands:
            self.value(one)
        return Value("bool()")

    def _conditional(self, node: Conditional) -> Value:
        self.value(node.test)
        before = self.env
        self.env = dict(before)
        self.refine(node.test, True)
        body = self.value(node.body)
        self.env = dict(before)
        self.refine(node.test, False)
        orelse = self.value(node.orelse)
        self.env = before
        return either(body, orelse)

    def _lambda(self, node: Lambda) -> Value:
        before = self.env
        self.env = {**before, **{one.name: PLAIN for one in node.parameters}}
        self.value(node.body)
        self.env = before
        return PLAIN

    def _named(self, node: Named) -> Value:
        found = self.value(node.value)
        self.bind(node.target, found, node)
        return found

    def _inner(self, node: Starred) -> Value:
        return self.value(node.value)

    def _yielded(self, node: Yielded) -> Value:
        if node.value is not None:
            self.gives(self.value(node.value))
        return PLAIN

    def _other(self, node: Other) -> Value:
        for one in node.parts:
            self.value(one)
        return PLAIN

    # What `walking` does

    @abstractmethod
    def bind(self, target: Expression, value: Value, node: Node) -> None:
        """Assign."""

    @abstractmethod
    def refine(self, test: Expression, positive: bool) -> None:
        """Take in what a test that was passed, or was not, says."""

    @abstractmethod
    def gives(self, value: Value) -> None:
        """Return, or yield."""


def path_of(node: Expression) -> str:
    """ "a.b.c" for names and members of names, "a['b']" for entries by a literal; "" for anything else or longer."""
    parts: list[str] = []
    while len(parts) < 4:
        if isinstance(node, Name):
            return "".join([node.id, *reversed(parts)])
        if isinstance(node, Attribute):
            parts.append(f".{node.name}")
            node = node.value
        elif isinstance(node, Subscript) and isinstance(node.index, Constant) and isinstance(node.index.value, str | int):
            parts.append(f"[{str(node.index.value)[:40]!r}]")
            node = node.value
        else:
            return ""
    return ""
