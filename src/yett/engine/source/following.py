"""All functions of a program, each read until what is known of the others no longer changes: a fixed point of summaries, bounded.

It must not know which rules there are.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator

from yett.engine.source.believing import Belief
from yett.engine.source.evaluating import TooMuch
from yett.engine.source.members import Members
from yett.engine.source.project import Project
from yett.engine.source.routing.entry import Entry
from yett.engine.source.routing.filling import Filler, depends
from yett.engine.source.scopes import Scope
from yett.engine.source.sinks import Sinks
from yett.engine.source.summary import Pending, Summary
from yett.engine.source.values import Value, joined
from yett.engine.source.walking import Walker
from yett.formats.python_source.tree import Class
from yett.model.mistake import Mistake

READINGS = 6
"""Times that one function is read; a later change of what it calls is not followed."""


class Following:
    """entries: functions that callers reach. After `run`, `hits` has what of a caller's reaches a sink, by function, and
    `callers` who calls whom."""

    def __init__(self, project: Project, entries: Iterable[Entry], sinks: Sinks) -> None:
        self._project, self._sinks = project, sinks
        self._filler = Filler(project)
        self._belief = Belief(project)
        self._members = Members(project, self._belief)
        self.entries: dict[str, Entry] = {}
        for one in entries:
            self.entries.setdefault(one.scope, one)
        self._summaries: dict[str, Summary] = {}
        self.hits: dict[str, tuple[Pending, ...]] = {}
        self.callers: dict[str, set[str]] = {}
        self.calls: dict[str, set[str]] = {}
        self.problems: list[Mistake] = []

    def run(self, look: Callable[[], None] = lambda: None) -> None:
        """look: called now and then, so that somebody sees that it goes on."""
        waiting = deque(one.id for one in self._project.functions())
        queued = set(waiting)
        readings: dict[str, int] = {}
        while waiting:
            name = waiting.popleft()
            queued.discard(name)
            readings[name] = readings.get(name, 0) + 1
            look()
            again = self.callers.get(name, set()) if self._read(self._project.scopes[name]) else set()
            again, self._members.again = again | self._members.again, set()
            for one in sorted(again):
                if readings.get(one, 0) < READINGS and one not in queued:
                    waiting.append(one)
                    queued.add(one)

    def _read(self, scope: Scope) -> bool:
        """Read one function; whether what others see of it changed."""
        walker = Walker(self._project, scope, self._sinks, self._summaries.get, self._belief, self._members)
        entry = self.entries.get(scope.id)
        try:
            summary = walker.run(
                self._seeds(entry, scope, walker.called) if entry is not None else {}, parameters=entry is None
            )
        except (RecursionError, TooMuch) as error:
            line = scope.node.line if scope.node is not None else 1
            why = "too deep" if isinstance(error, RecursionError) else "too entangled"
            told = Mistake(f"{scope.name or 'the module'} is {why} to be followed to its end", scope.file, line)
            self.problems += [told] if told not in self.problems else []
            summary = Summary()
        self.hits[scope.id] = tuple(one for one in walker.pending.values() if one.label.place)
        for called in walker.called:
            self.callers.setdefault(called, set()).add(scope.id)
        self.calls[scope.id] = set(walker.called)
        known = self._summaries.get(scope.id)
        self._summaries[scope.id] = summary
        return (known is None and summary.key != Summary().key) or (known is not None and known.key != summary.key)

    def _seeds(self, entry: Entry, scope: Scope, called: set[str]) -> dict[str, Value]:
        made = self._filler.values(entry, scope)
        if entry.filling != "fastapi":
            return made
        for one in scope.parameters.values():
            origin = depends(self._project, scope, one)
            if origin is None:
                continue
            inner = _function(self._project, origin)
            if inner is None:
                made[one.name] = Value(self._project.called(origin))
                continue
            called.add(inner.id)
            gives = self._summaries.get(inner.id, Summary()).gives
            origin = gives.origin if not gives.origin.startswith("?") else self._project.called(origin)
            made[one.name] = Value(origin, gives.text, joined(label for label in gives.labels if label.place))
        return made

    def scopes(self) -> Iterator[Scope]:
        """Every function that was read."""
        return self._project.functions()

    def is_class(self, name: str) -> bool:
        """Whether a scope is a class."""
        return name in self._project.scopes and self._project.scopes[name].kind == "class"

    def reaching(self, name: str) -> Iterator[str]:
        """A function and all that call it, nearest first."""
        seen = {name}
        waiting = deque([name])
        while waiting:
            one = waiting.popleft()
            yield one
            for caller in sorted(self.callers.get(one, ())):
                if caller not in seen:
                    seen.add(caller)
                    waiting.append(caller)


def _function(project: Project, origin: str) -> Scope | None:
    """The function that runs for a dependency: itself, a class's constructor, or what makes an object callable."""
    scope = project.scopes.get(origin.removesuffix("()")[1:]) if origin.startswith("@") else None
    if scope is None or not isinstance(scope.node, Class):
        return scope
    name = "__call__" if project.owner(scope, "__call__") is not None else "__init__"
    owner = project.owner(scope, name)
    return project.scopes.get(f"{owner.id}.{name}") if owner is not None else None


def dependencies(project: Project, entries: Iterable[Entry]) -> Iterator[Entry]:
    """Functions that run before handlers and are filled like these: FastAPI's dependencies, and theirs."""
    seen: set[str] = set()
    waiting = [one for one in entries if one.filling == "fastapi"]
    while waiting:
        one = waiting.pop()
        scope = project.scopes[one.scope]
        named = [depends(project, scope, parameter) for parameter in scope.parameters.values()]
        for origin in (*named, *(guard.origin for guard in one.guards)):
            inner = _function(project, origin) if origin else None
            if inner is None or inner.kind != "function" or inner.id in seen:
                continue
            seen.add(inner.id)
            made = Entry(scope=inner.id, filling="fastapi", place=one.place, parameters=one.parameters, dependency=True)
            yield made
            waiting.append(made)
