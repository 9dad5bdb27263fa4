"""What of a caller's value gets into which sink of a call. It must not know which rules there are."""

from collections.abc import Iterable

import msgspec

from yett.engine.source import knowledge
from yett.engine.source.containers import Containers
from yett.engine.source.sinks import CONSTRUCTOR
from yett.engine.source.summary import Pending
from yett.engine.source.values import LONGEST, PLAIN, Label, Value, either_form
from yett.formats.python_source.tree import Call
from yett.model.source import Spot
from yett.rules.sourcing.sinks import HOLE

_KEPT = (
    ".Model",
    ".Base",
    "declarative_base()",
    "DeclarativeBase",
    "Document",
    "SQLModel",
    "EmbeddedDocument",
    "DynamicDocument",
)


class Reaching(Containers):
    """Keeps what of a caller's gets into a sink."""

    def _sinks(self, node: Call, callee: str, receiver: Value | None, arguments: list[tuple[str, Value]]) -> None:
        waiting = self.sinks.of(callee)
        if callee.startswith("@") and self._is_stored(callee):
            waiting = [*waiting, *self.sinks.of(CONSTRUCTOR)]
        for rule, sink in waiting:
            positions = [(index, value) for index, value in enumerate(v for k, v in arguments if not k)]
            for wanted in sink.arguments:
                if wanted == "self":
                    self._reached(rule, node, callee, "self", receiver or PLAIN, arguments)
                    continue
                chosen = [(i, v) for i, v in positions if wanted in (i, "*")]
                named = [(k, v) for k, v in arguments if k and (wanted == k or (wanted == "*" and k != "**"))]
                self._all(rule, node, callee, [*chosen, *named], arguments)

    def _is_stored(self, callee: str) -> bool:
        """Whether a callee is a class of the program whose objects are kept: it has a base from elsewhere that is no model of a
        body."""
        scope = self.project.scopes.get(callee[1:])
        if scope is None or scope.kind != "class":
            return False
        bases = tuple(self.project.external_bases(scope))
        return not any(one in knowledge.MODELS for one in bases) and any(one.endswith(_KEPT) for one in bases)

    def _all(
        self,
        rule: str,
        node: Call,
        callee: str,
        chosen: Iterable[tuple[int | str, Value]],
        arguments: list[tuple[str, Value]],
    ) -> None:
        for place, value in chosen:
            self._reached(rule, node, callee, place, value, arguments)

    def _reached(
        self, rule: str, node: Call, callee: str, place: int | str, value: Value, arguments: list[tuple[str, Value]]
    ) -> None:
        for label in value.labels:
            options = {key or str(n): _option(v) for n, (key, v) in enumerate(arguments)}
            one = Pending(
                rule=rule,
                callee=callee,
                spot=self.spot(node),
                call=node.text,
                argument=place,
                text=value.shown if HOLE in value.shown else HOLE,
                options=options,
                label=label,
            )
            self._keep(one)

    def _arrived(self, inner: Pending, label: Label, text: str, step: Spot, node: Call) -> None:
        """What waits in a called function is fed by a value here."""
        form = either_form(label.form, inner.label.form)
        if not form:
            return
        made = msgspec.structs.replace(
            label,
            form=form,
            cleared=label.cleared | inner.label.cleared,
            steps=(*label.at(step).steps, *inner.label.steps)[-24:],
        )
        whole = inner.text.replace(HOLE, text if HOLE in text else HOLE)[:LONGEST]
        cause = f"{self.scope.file} {self.scope.name} {node.text}" if inner.text == HOLE else inner.cause
        self._keep(msgspec.structs.replace(inner, label=made, text=whole, cause=cause))

    def _keep(self, one: Pending) -> None:
        if self._careful and not one.label.cleared >= knowledge.GUARDED:
            label = msgspec.structs.replace(one.label, cleared=one.label.cleared | knowledge.GUARDED)
            one = msgspec.structs.replace(one, label=label)
        if one.key not in self.pending and len(self.pending) < 200:
            self.pending[one.key] = one


def _option(value: Value) -> str:
    if value.text is not None and not value.labels:
        return value.text
    return f"{value.origin} {value.made}".rstrip()
