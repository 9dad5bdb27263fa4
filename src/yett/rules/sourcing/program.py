"""A program as rules see it that look at the whole: its routes, its calls, its literals. It must not know how it was read."""

from collections.abc import Iterator, Mapping

import msgspec

from yett.formats.python_source.tree import Call, Expression, Module
from yett.model.probe import Flaw
from yett.model.rule import Confidence, Severity


class Place(msgspec.Struct, frozen=True):
    """Where something stands. function: dotted name within the module, "" for its own level."""

    file: str
    line: int
    column: int
    function: str = ""


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One operation that callers reach. method: "" where any does. template: "/users/{id}"; for GraphQL "#query.user".
    handler: the function, as `Site.callee` names it. group: the router, blueprint, class or module it belongs to.
    guards: what stands before it, by name. knows: it looks at who calls in its body. reads, writes: objects of a store.
    parameters: names of its template. public: its shape says that anybody may (login, health, documentation …)."""

    method: str
    template: str
    handler: str
    place: Place
    group: str = ""
    guards: tuple[str, ...] = ()
    knows: bool = False
    reads: bool = False
    writes: bool = False
    parameters: tuple[str, ...] = ()

    @property
    def operation(self) -> str:
        return f"{self.method} {self.template}".strip()


class Site(msgspec.Struct, frozen=True):
    """One call in the program. callee: as in `yett.rules.sourcing.sinks`. names: of the arguments, in order."""

    callee: str
    call: Call
    place: Place
    names: tuple[str, ...]

    def argument(self, position: int, keyword: str) -> Expression | None:
        """An argument by keyword or position (-1: by keyword only)."""
        for index, one in enumerate(self.call.arguments):
            if one.name == keyword or (not one.name and index == position):
                return one.value
        return None


class Lookup(msgspec.Struct, frozen=True):
    """An object of a store that a route looks up by a value of its path. caller: whether the handler, or what stands before it,
    holds who calls against it."""

    route: Route
    place: Place
    parameter: str
    text: str
    writes: bool
    deletes: bool


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """routes: with whether each is guarded. sites: every call. modules: by file."""

    routes: tuple[Route, ...]
    sites: tuple[Site, ...]
    modules: Mapping[str, Module]
    lookups: tuple[Lookup, ...] = ()

    def calls(self, *callees: str) -> Iterator[Site]:
        """Calls of these functions."""
        wanted = frozenset(callees)
        yield from (one for one in self.sites if one.callee in wanted)


class Spotted(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule found in a program as a whole. subject: what identifies it within the function, whatever its line: the text of
    a call, a name. route: the operation that it is about, where that is not the function's own."""

    place: Place
    subject: str
    text: str
    route: Route | None = None
    at: str = ""
    flaw: Flaw | None = None
    severity: Severity | None = None
    confidence: Confidence | None = None
    reasons: tuple[str, ...] = ()
    note: str = ""
