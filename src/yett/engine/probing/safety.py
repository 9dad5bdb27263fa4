"""What may be sent: only what cannot harm more than the run itself made, unless the caller says that it may.

A safe-method operation whose name says reset, seed, create, delete, shutdown or logout is not called, nor is what changes or
removes an object that somebody else made. It must not know probes.
"""

from yett.model.probe import Call
from yett.rules.probing.graphql import GraphQLOperation, requested
from yett.rules.probing.operation import Operation
from yett.rules.probing.target import Target

_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
"""Characters of methods and field names (RFC 9110, 5.6.2)."""


class Safety:
    """Judges calls before they are sent."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._routes: dict[tuple[str, int], list[Operation]] = {}
        for one in target.operations:
            if not isinstance(one, GraphQLOperation):
                self._routes.setdefault((one.method, len(one.segments)), []).append(one)
        self._graphql = tuple(one for one in target.operations if isinstance(one, GraphQLOperation))

    def allowed(self, operation: Operation) -> bool:
        """Whether an operation may be called at all."""
        return self._target.destructive or not operation.perilous

    def operation_of(self, call: Call) -> Operation | None:
        """The operation that a call would reach, literal segments before parameters."""
        parts = call.path.partition("?")[0].strip("/").split("/")
        method = "GET" if call.method == "HEAD" else call.method
        fitting = [one for one in self._routes.get((method, len(parts)), ()) if _matches(one, parts)]
        return min(fitting, key=lambda one: tuple("{" in segment for segment in one.segments), default=None)

    def objection(self, call: Call) -> str:
        """Why a call is not sent; "" where it may be."""
        wrong = _malformed(call)
        if wrong:
            return wrong
        if self._target.destructive:
            return ""
        for field in requested(self._graphql, call):
            wrong = self._judged(field, call)
            if wrong:
                return wrong
        operation = self.operation_of(call)
        if operation is None:
            other = _perilous_elsewhere(call, self._routes)
            return f"{other.label} says by its name that it may do harm" if other is not None else ""
        return self._judged(operation, call)

    def _judged(self, operation: Operation, call: Call) -> str:
        if operation.perilous and not self._own_account(call):
            return f"{operation.label} says by its name that it may do harm"
        what = self._target.doing(operation)
        if operation.safe or what in ("list", "read", "create", "register", "login"):
            return ""
        return self._on_objects(operation, call, what)

    def _on_objects(self, operation: Operation, call: Call, what: str) -> str:
        if not operation.path_names:
            if what in ("action",) or self._own_account(call):
                return ""
            return f"{operation.label} changes what {call.identity or 'nobody'} did not make in this run"
        values = operation.named(call)
        ref = self._target.references(operation)[-1]
        text = values.get(ref.name, "")
        for one in self._target.store:
            if one.noun == ref.noun and str(one.value(ref.fields)) == text:
                return "" if one.made else f"{operation.label} would change {ref.noun} {text[:60]}, which this run did not make"
        return "" if self._target.ours(text) else f"{operation.label} would change a {ref.noun} that this run did not make"

    def _own_account(self, call: Call) -> bool:
        identity = self._target.identity(call.identity)
        return identity is not None and identity.throwaway


def _matches(operation: Operation, parts: list[str]) -> bool:
    return all("{" in segment or segment == part for segment, part in zip(operation.segments, parts, strict=True))


def _perilous_elsewhere(call: Call, routes: dict[tuple[str, int], list[Operation]]) -> Operation | None:
    """A perilous operation at this path under another method: header overrides and odd methods may reach it."""
    parts = call.path.partition("?")[0].strip("/").split("/")
    every = (one for (_, length), found in routes.items() if length == len(parts) for one in found)
    return next((one for one in every if one.perilous and one.safe and _matches(one, parts)), None)


def _malformed(call: Call) -> str:
    if not call.method or set(call.method) - _TOKEN:
        return f"{call.method!r} is no method"
    if not call.path.startswith("/") or any(one <= " " or one >= "\x7f" for one in call.path):
        return "the path is not one: octets as they are go with Raw"
    for name, value in (*call.fields, *(call.credential or ())):
        if not name or set(name) - _TOKEN or any(one in "\r\n\0" for one in value):
            return f"the field {name!r} cannot be sent: octets as they are go with Raw"
    return ""
