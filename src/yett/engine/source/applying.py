"""Calls of functions and classes of the program: what their summaries say of the values that are handed in. It must not know which
rules there are.
"""

from collections.abc import Mapping

import msgspec

from yett.engine.source import knowledge
from yett.engine.source.evaluating import path_of
from yett.engine.source.members import class_of
from yett.engine.source.reaching import Reaching
from yett.engine.source.scopes import Scope
from yett.engine.source.summary import Summary
from yett.engine.source.values import LONGEST, PLAIN, Label, Value, cleared, either_form, joined
from yett.formats.python_source.tree import Attribute, Call
from yett.model.source import Spot
from yett.rules.sourcing.sinks import HOLE, UNKNOWN

_MOST_HELD = 50
"""Members of objects that one function fills."""


class Applying(Reaching):
    """Reads calls of what the program defines, by the summary of it."""

    def _own(self, node: Call, callee: str, receiver: Value | None, arguments: list[tuple[str, Value]]) -> Value:
        """A call of what the program defines."""
        scope = self.project.scopes.get(callee[1:])
        if scope is not None and scope.kind == "class":
            made = f"{callee}()"
            inner = self.project.owner(scope, "__init__")
            if inner is not None and f"@{inner.id}.__init__"[1:] in self.project.scopes:
                self._applied(node, self.project.scopes[f"{inner.id}.__init__"], None, arguments, True)
            return Value(made)
        if scope is None:
            return PLAIN
        bound = self._is_bound(scope, receiver)
        found = self._applied(node, scope, receiver if bound else None, arguments, bound)
        if knowledge.own_words(callee) & knowledge.ESCAPING and self._belief.escapes(callee):
            found = msgspec.structs.replace(found, labels=cleared(found.labels, knowledge.GUARDED | {"cross-site-scripting"}))
        return found if found.origin != "?" else msgspec.structs.replace(found, origin=self.project.called(callee))

    def computed(self, node: Attribute, base: Value) -> Value | None:
        owner = class_of(self.project, base.origin)
        holder = self.project.owner(owner, node.name) if owner is not None else None
        inner = self.project.scopes.get(f"{holder.id}.{node.name}") if holder is not None else None
        if inner is None or not inner.is_property:
            return None
        found = self._applied(Call(node.line, node.column, node, (), path_of(node)), inner, base, [], True)
        return found if found.labels else None

    def _is_bound(self, scope: Scope, receiver: Value | None) -> bool:
        owner = self.project.scopes.get(scope.parent) if scope.parent else None
        if owner is None or owner.kind != "class" or scope.static:
            return False
        by_class = receiver is not None and receiver.origin.startswith("@") and not receiver.origin.endswith("()")
        return scope.classmethod or not by_class

    def _applied(
        self, node: Call, scope: Scope, receiver: Value | None, arguments: list[tuple[str, Value]], bound: bool
    ) -> Value:
        """What the summary of a function says of this call."""
        self.called.add(scope.id)
        summary = self._summaries(scope.id)
        if summary is None:
            return PLAIN
        given = self._given(scope, receiver, arguments, bound)
        step = self.spot(node, f"handed to {scope.name}")
        for one in summary.pending:
            value = given.get(one.label.parameter)
            for label in value.labels if value is not None else ():
                self._arrived(one, label, value.shown if value is not None else HOLE, step, node)
        for key, labels in summary.held.items():
            self.hold(key, self._carried(Value(labels=labels), given, step))
        text = self._returned_text(summary, given)
        members = tuple(Value(one.origin, one.text, self._carried(one, given, step)) for one in summary.gives.members)
        return Value(summary.gives.origin, text, self._carried(summary.gives, given, step), members=members)

    @staticmethod
    def _carried(gives: Value, given: Mapping[str, Value], step: Spot) -> tuple[Label, ...]:
        """The labels of what a function gives, for what it was given."""
        labels: list[Label] = []
        for result in gives.labels:
            if not result.parameter:
                labels.append(result.at(step))
                continue
            value = given.get(result.parameter)
            for label in value.labels if value is not None else ():
                form = label.form if result.form == "text" and gives.text is None else result.form
                form = either_form(label.form, form)
                passed = msgspec.structs.replace(label, cleared=label.cleared | result.cleared, form=form)
                labels += [passed.at(step)] if form else []
        return joined(labels)

    @staticmethod
    def _returned_text(summary: Summary, given: Mapping[str, Value]) -> str | None:
        text = summary.gives.text
        if text is None or HOLE not in text:
            return text
        names = {one.parameter for one in summary.gives.labels}
        if len(names) != 1:
            return text if any(given[name].labels for name in names if name in given) else text.replace(HOLE, UNKNOWN)
        value = given.get(next(iter(names)))
        return text.replace(HOLE, value.shown if value is not None else UNKNOWN)[:LONGEST]

    def _given(self, scope: Scope, receiver: Value | None, arguments: list[tuple[str, Value]], bound: bool) -> dict[str, Value]:
        """Which parameter gets which value."""
        names = [name for name, one in scope.parameters.items() if not one.kind]
        gathering = {one.kind: name for name, one in scope.parameters.items() if one.kind}
        given: dict[str, Value] = {}
        if bound and names:
            given[names.pop(0)] = receiver or PLAIN
        rest: list[Value] = []
        for name, value in arguments:
            if name == "*" or name == "**":
                for other in (*names, *gathering.values()) if value.labels else ():
                    given.setdefault(other, value)
            elif name:
                given[name if name in scope.parameters else gathering.get("**", name)] = value
            elif names:
                given[names.pop(0)] = value
            else:
                rest.append(value)
        if rest and "*" in gathering:
            given[gathering["*"]] = Value("list", None, joined(label for one in rest for label in one.labels))
        return given

    def hold(self, key: tuple[str, str], labels: tuple[Label, ...]) -> None:
        """A member of an object gets a value: of a request at once, of a parameter once it is known who calls."""
        self._store.put(key, labels)
        waiting = joined((*self.held.get(key, ()), *(one for one in labels if one.parameter)))
        if waiting and (key in self.held or len(self.held) < _MOST_HELD):
            self.held[key] = waiting
