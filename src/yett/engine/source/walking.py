"""Statements of one function in their order: what each changes, which branches end, and what tests leave of a caller's value.

It must not know which rules there are.
"""

import msgspec

from yett.engine.source import knowledge
from yett.engine.source.calling import Calling
from yett.engine.source.evaluating import Env, path_of
from yett.engine.source.members import class_of
from yett.engine.source.refining import refined
from yett.engine.source.summary import ANY, Summary
from yett.engine.source.values import PLAIN, Label, Value, cleared, either, joined
from yett.formats.python_source.tree import (
    Assertion,
    Assignment,
    Attribute,
    Call,
    Class,
    Constant,
    Evaluated,
    Expression,
    Function,
    If,
    Leave,
    Loop,
    Match,
    Name,
    Node,
    Operation,
    Raise,
    Return,
    Sequence,
    Starred,
    Statement,
    Subscript,
    Try,
    With,
)
from yett.model.source import Spot

_TWICE = 3
"""Loops in each other that are gone through twice, so that what one round leaves is there in the next; those within once."""
_MOST_NAMES = 400
"""Names of one function that are followed."""


class Walker(Calling):
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

    # Blocks

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

    def _called(self, node: Call) -> str:
        return self.project.origin(node.function, self.scope)

    def _checked(self, node: Call, callee: str) -> None:
        """A call for its effect alone that holds a value against something: int(x), validate_url(x)."""
        classes = frozenset("*") if "*" in knowledge.CLEANING.get(callee, ()) else frozenset[str]()
        arguments = node.arguments
        if callee in knowledge.HANDING_ON and arguments:  # asyncio.to_thread(validate, x)
            callee, arguments = self.project.origin(arguments[0].value, self.scope), arguments[1:]
        if knowledge.PREDICATES & knowledge.own_words(callee) and self._belief.checks(callee):
            classes = knowledge.GUARDED
        for argument in arguments if classes else ():
            self.clear(argument.value, classes)

    def _asked(self, node: Call, value: Value) -> Value:
        """`good = is_allowed(x)`, `good, x = check(x)`: what was asked is taken to be heeded."""
        callee = self._called(node)
        if not knowledge.PREDICATES & knowledge.own_words(callee) or not self._belief.checks(callee):
            return value
        self._checked(node, callee)
        members = tuple(msgspec.structs.replace(one, labels=cleared(one.labels, knowledge.GUARDED)) for one in value.members)
        return msgspec.structs.replace(value, labels=cleared(value.labels, knowledge.GUARDED), members=members)

    def gives(self, value: Value) -> None:
        self._gives = value if self._gives is PLAIN else either(self._gives, value)

    # Names

    def bind(self, target: Expression, value: Value, node: Node) -> None:
        """Give a target its value."""
        if isinstance(target, Name):
            self._set(target.id, value, node)
        elif isinstance(target, Attribute | Subscript):
            path = path_of(target)
            if path:
                self._set(path, value, node)
            if isinstance(target, Subscript) and value.labels:
                self._into(target, value)
        elif isinstance(target, Sequence):
            apart = value.members if len(value.members) == len(target.items) else ()
            for position, one in enumerate(target.items):
                self.bind(one, apart[position] if apart else self.one_of(value), node)
        elif isinstance(target, Starred):
            self.bind(target.value, value, node)

    def _set(self, path: str, value: Value, node: Node) -> None:
        if len(self.env) >= _MOST_NAMES and path not in self.env:
            return
        for known in [one for one in self.env if one.startswith((f"{path}.", f"{path}["))]:
            del self.env[known]
        if value.labels:
            spot = Spot(self.scope.file, node.line, node.column, self.scope.name, note=f"goes into {path}")
            value = msgspec.structs.replace(value, labels=tuple(one.at(spot) for one in value.labels))
        self.env[path] = value

    def _into(self, target: Subscript, value: Value) -> None:
        """An entry of a container: the container holds it, too."""
        path = path_of(target.value)
        known = self.env.get(path) if path else None
        if known is not None:
            labels = (one if one.form != "object" else msgspec.structs.replace(one, form="json") for one in value.labels)
            self.env[path] = msgspec.structs.replace(known, labels=joined((*known.labels, *labels)))

    def _assigned(self, one: Assignment) -> None:
        if one.value is None:
            return
        value = self.value(one.value)
        if isinstance(one.value, Call) and not one.operator:
            value = self._asked(one.value, value)
        if one.operator:
            before = self.value(one.targets[0])
            value = self._sum([before, value]) if one.operator in "+" else either(before, value)
        elif isinstance(one.value, Sequence) and len(one.targets) == 1 and isinstance(one.targets[0], Sequence):
            targets = one.targets[0].items
            if len(targets) == len(one.value.items):
                for target, item in zip(targets, [self.value(item) for item in one.value.items]):
                    self.bind(target, item, one)
                return
        for target in one.targets:
            self.bind(target, value, one)
        if isinstance(one.value, Call) and len(one.targets) == 1 and isinstance(one.targets[0], Name):
            self._members(one.targets[0].id, one.value, value, one)

    def _members(self, name: str, call: Call, value: Value, node: Node) -> None:
        """`item = Item(name=x)`: item.name is x."""
        if value.origin.startswith("@") and value.origin.endswith("()"):
            for argument in call.arguments:
                if argument.name and argument.name not in "**":
                    found = self.value(argument.value)
                    if found.labels:
                        self._set(f"{name}.{argument.name}", found, node)

    # Branches

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

    # Tests

    def refine(self, test: Expression, positive: bool) -> None:
        for node, classes in refined(test, positive, self.value, self._callee_of, self._belief.checks):
            self.clear(node, classes)

    def _callee_of(self, node: Call) -> str:
        if isinstance(node.function, Attribute):
            return self._callee(node.function, self.value(node.function.value))
        return self.value(node.function).origin

    def clear(self, node: Expression, classes: frozenset[str]) -> None:
        """What an expression is made of does no longer for some classes: the name that it is, or, for paths and addresses, every
        name that holds the same caller's value."""
        path = path_of(node)
        value = self.value(node)
        if not value.labels:
            return
        if path:
            self.env[path] = msgspec.structs.replace(value, labels=cleared(value.labels, classes))
        wide = frozenset("*") if classes == frozenset("*") and not path else classes - {"*"}
        sources = {(one.place, one.parameter) for one in value.labels}
        for name, known in self.env.items() if wide else ():
            if known.labels and any((one.place, one.parameter) in sources for one in known.labels):
                self.env[name] = msgspec.structs.replace(known, labels=cleared(known.labels, wide))
        if wide:
            self._clear_entries(sources, wide)
        if isinstance(node, Call | Operation | Subscript | Attribute) and not path and wide:
            inner = node.function if isinstance(node, Call) else node
            base = getattr(inner, "value", None)
            if isinstance(base, Name | Attribute | Call):
                self.clear(base, classes)
            for argument in node.arguments if isinstance(node, Call) else ():
                if not isinstance(argument.value, Constant):
                    self.clear(argument.value, classes)

    def _clear_entries(self, sources: set[tuple[str, str]], classes: frozenset[str]) -> None:
        """The same value, where it is read again from the body or query that it came from."""
        for place, parameter in sources:
            whole, _, entry = place.partition(" ")
            for name, known in list(self.env.items()) if entry else ():
                if len(self.env) < _MOST_NAMES and any(
                    (one.place, one.parameter) == (whole, parameter) for one in known.labels
                ):
                    found = self._entry(known, entry.removeprefix("/"))
                    left = msgspec.structs.replace(found, labels=cleared(found.labels, classes))
                    self.env[f"{name}[{entry.removeprefix('/')!r}]"] = left


def merged(one: Env, other: Env) -> Env:
    """What holds after either of two ways."""
    if one is other:
        return one
    made = dict(one)
    for name, value in other.items():
        known = made.get(name)
        made[name] = value if known is None else either(known, value)
    return made
