"""Statements of one function in their order: what each changes, and which branches end.

It must not know which rules there are.
"""

import msgspec

from yett.engine.source import knowledge
from yett.engine.source.evaluating import Env
from yett.engine.source.members import class_of
from yett.engine.source.naming import Naming
from yett.engine.source.summary import ANY, Summary
from yett.engine.source.values import PLAIN, Label, Value, either
from yett.formats.python_source.tree import (
    Assertion,
    Assignment,
    Call,
    Class,
    Evaluated,
    Function,
    If,
    Leave,
    Loop,
    Match,
    Name,
    Raise,
    Return,
    Statement,
    Try,
    With,
)

_TWICE = 3
"""Loops in each other that are gone through twice, so that what one round leaves is there in the next; those within once."""


class Walker(Naming):
    """Reads one function from its first statement to its last."""

    def run(self, seeds: Env, parameters: bool) -> Summary:
        """seeds: values of parameters that frameworks fill. parameters: whether the others wait for who calls."""
        self.env = dict(seeds)
        self._gives = PLAIN
        self._left: list[list[Env]] = []
        self._nested = 0
        if parameters:
            for name, one in self.scope.parameters.items():
                if name not in self.env:
                    self.env[name] = self._parameter(name, one.line, one.column)
        if self.block(self.scope.body):
            self._leave()
        return Summary(self._gives, tuple(one for one in self.pending.values() if one.label.parameter), self.held)

    def _leave(self) -> None:
        """Where the function ends: what members of its object hold then."""
        owner = class_of(self.project, self.project.name(self.scope.first, self.scope)) if self.scope.first else None
        if owner is None or self._nested:
            return
        for path, value in self.env.items():
            first, _, name = path.partition(".")
            if first == self.scope.first and value.labels and name and "." not in name and "[" not in name:
                self.hold((owner.id, name), value.labels)

    def _parameter(self, name: str, line: int, column: int) -> Value:
        origin = self.project.parameter(name, self.scope)
        known = self._static(Name(line, column, name), origin)
        if not known.origin.startswith("?"):
            if known.origin.startswith("@caller") or known.origin == "@request":
                return known
            if name == self.scope.first and known.origin.startswith("@") and "." in self.scope.name:
                return known
        return msgspec.structs.replace(known, labels=(Label(parameter=name, form=ANY),))

    def block(self, statements: tuple[Statement, ...]) -> bool:
        """Whether the end of the block is reached."""
        return all(self._statement(one) for one in statements)

    def _statement(self, one: Statement) -> bool:
        if isinstance(one, Evaluated):
            return self._evaluated(one)
        if isinstance(one, Assignment):
            self._assigned(one)
        elif isinstance(one, Return):
            if one.value is not None:
                self.gives(self.value(one.value))
            self._leave()
            return False
        elif isinstance(one, Raise):
            if one.value is not None:
                self.value(one.value)
            return False
        elif isinstance(one, Leave):
            if self._left:
                self._left[-1].append(self.env)
            return False
        elif isinstance(one, If):
            return self._if(one)
        elif isinstance(one, Loop):
            self._loop(one)
        elif isinstance(one, Try):
            return self._try(one)
        elif isinstance(one, With):
            return self._with(one)
        elif isinstance(one, Match):
            return self._match(one)
        elif isinstance(one, Assertion):
            self.value(one.test)
            self.refine(one.test, True)
        elif isinstance(one, Function):
            self._inline(one)
        elif not isinstance(one, Class):
            pass
        return True

    def _inline(self, one: Function) -> None:
        """A function within: what it does with what a caller has in hand here."""
        if self._nested >= 2 or not any(value.labels for value in self.env.values()):
            return
        before, gives, left = self.env, self._gives, self._left
        names = dict.fromkeys((parameter.name for parameter in one.parameters), PLAIN)
        self.env, self._left = {**before, **names}, []
        self._nested += 1
        self.block(one.body)
        self._nested -= 1
        self.env, self._gives, self._left = before, gives, left

    def _evaluated(self, one: Evaluated) -> bool:
        self.value(one.value)
        if isinstance(one.value, Call):
            callee = self._called(one.value)
            if callee in knowledge.ENDING or callee.endswith((".abort", ".send_error")):
                return False
            self._checked(one.value, callee)
        return True

    def gives(self, value: Value) -> None:
        self._gives = value if self._gives is PLAIN else either(self._gives, value)

    def _if(self, one: If) -> bool:
        self.value(one.test)
        before = self.env
        self.env = dict(before)
        self.refine(one.test, True)
        reached = self.block(one.body)
        after = self.env
        self.env = dict(before)
        self.refine(one.test, False)
        other = self.block(one.orelse)
        if reached and other:
            self.env = merged(after, self.env)
        elif reached:
            self.env = after
        return reached or other

    def _loop(self, one: Loop) -> None:
        source = self.value(one.source)
        self._left.append([])
        for _ in range(2 if len(self._left) <= _TWICE else 1):
            before = self.env
            self.env = dict(before)
            if one.target is not None:
                self.bind(one.target, self.one_of(source), one)
            else:
                self.refine(one.source, True)
            reached = self.block(one.body)
            left = self._left[-1][-6:]
            self._left[-1] = []
            made = self.env if reached else before
            for env in left:
                made = merged(made, env)
            self.env = merged(before, made)
        self._left.pop()
        self.block(one.orelse)

    def _try(self, one: Try) -> bool:
        before = dict(self.env)
        reached = self.block(one.body)
        if reached:
            reached = self.block(one.orelse)
        after = self.env
        begun = merged(before, after)
        ends = [after] if reached else []
        for handler in one.handlers:
            self.env = dict(begun)
            if handler.name:
                self.env[handler.name] = Value("exception")
            if self.block(handler.body):
                ends.append(self.env)
        self.env = ends[0] if ends else begun
        for env in ends[1:]:
            self.env = merged(self.env, env)
        return self.block(one.final) and bool(ends)

    def _with(self, one: With) -> bool:
        for expression, target in one.items:
            value = self.value(expression)
            if target is not None:
                self.bind(target, value, one)
        return self.block(one.body)

    def _match(self, one: Match) -> bool:
        subject = self.value(one.subject)
        before = self.env
        ends: list[Env] = [before]
        for case in one.cases:
            self.env = dict(before)
            if case.literal:
                self.clear(one.subject, frozenset("*"))
            for name in case.names:
                self.env[name] = self.one_of(subject) if name != "_" else subject
            if case.guard is not None:
                self.value(case.guard)
                self.refine(case.guard, True)
            if self.block(case.body):
                ends.append(self.env)
            elif "_" in case.names:
                ends = ends[1:]
        self.env = ends[0] if ends else before
        for env in ends[1:]:
            self.env = merged(self.env, env)
        return bool(ends)


def merged(one: Env, other: Env) -> Env:
    """What holds after either of two ways."""
    if one is other:
        return one
    made = dict(one)
    for name, value in other.items():
        known = made.get(name)
        made[name] = value if known is None else either(known, value)
    return made
