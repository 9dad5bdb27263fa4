"""Names of one function: what assignments give them, and what tests leave of a caller's value in them.

It must not know which rules there are.
"""

import msgspec

from yett.engine.source import knowledge
from yett.engine.source.calling import Calling
from yett.engine.source.evaluating import path_of
from yett.engine.source.refining import refined
from yett.engine.source.values import Value, cleared, either, joined
from yett.formats.python_source.tree import (
    Assignment,
    Attribute,
    Call,
    Constant,
    Expression,
    Name,
    Node,
    Operation,
    Sequence,
    Starred,
    Subscript,
)
from yett.model.source import Spot

_MOST_NAMES = 400
"""Names of one function that are followed."""


class Naming(Calling):
    """Gives names their values."""

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
