"""The program as rules see it: routes with what guards them, calls with what they call. It must not know rules."""

from collections.abc import Iterator

from yett.engine.source.following import Following
from yett.engine.source.project import Project
from yett.engine.source.routing.entry import Entry
from yett.engine.source.scopes import Scope
from yett.formats.python_source.tree import Call
from yett.rules.sourcing.program import Place, Program, Route, Site


class Programs:
    """Puts one together."""

    def __init__(self, project: Project, entries: tuple[Entry, ...], following: Following) -> None:
        self._project, self._entries, self._following = project, entries, following

    def program(self) -> Program:
        return Program(
            routes=tuple(self._routes()),
            sites=tuple(self._sites()),
            modules={one.file: one for one in self._project.modules.values()},
        )

    def _routes(self) -> Iterator[Route]:
        for one in self._entries:
            yield Route(
                method=one.method,
                template=one.template,
                handler=one.scope,
                place=one.place,
                group=one.group,
                guards=tuple(dict.fromkeys(guard.name for guard in one.guards)),
                parameters=tuple(name for name, _ in one.parameters),
            )

    def _sites(self) -> Iterator[Site]:
        for scope in self._project.scopes.values():
            for call in scope.calls:
                yield self._site(scope, call)

    def _site(self, scope: Scope, call: Call) -> Site:
        names = tuple(self._project.origin(one.value, scope) for one in call.arguments)
        function = scope.name if scope.kind != "module" else ""
        return Site(
            self._project.origin(call.function, scope), call, Place(scope.file, call.line, call.column, function), names
        )
