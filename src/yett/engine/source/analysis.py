"""A program's source to findings: the one way in. Files come as values, findings go as values.

It must not know where files are, nor formats of reports.
"""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from yett.engine.source.findings import Findings, Flow
from yett.engine.source.following import Following, dependencies
from yett.engine.source.program import Programs
from yett.engine.source.project import Project
from yett.engine.source.routing.collecting import entries_of
from yett.engine.source.showing import Shower
from yett.engine.source.sinks import Sinks
from yett.engine.source.summary import Pending
from yett.engine.source.values import Label
from yett.formats.python_source.tree import Module
from yett.formats.reports.values import Reported
from yett.model.mistake import Mistake
from yett.rules.registry import SourceCheck
from yett.rules.sourcing.program import Route
from yett.rules.sourcing.sinks import Hit, Verdict, lowered
from yett.rules.sourcing.words import parts

_ADMINISTRATORS = frozenset(("admin", "administrator", "superuser", "staff"))


class Analysis(msgspec.Struct, frozen=True):
    """findings: the gravest first. routes: all operations that were seen. problems: what could not be followed."""

    findings: tuple[Reported, ...]
    routes: tuple[Route, ...]
    problems: tuple[Mistake, ...]


def analysed(
    modules: Iterable[Module],
    rules: Iterable[SourceCheck],
    *,
    now: float = 0.0,
    described: Mapping[str, object] | None = None,
    root: str = "",
    package: str = "",
    look: Callable[[], None] = lambda: None,
) -> Analysis:
    """All findings of some rules. described: API descriptions that stand beside the code, by path. root: what stands before
    paths in findings, which are the same whatever it is. package: what the
    directory is called, for programs that name themselves. look: called now and then."""
    chosen = {one.rule.id: one for one in rules}
    project = Project(modules, package)
    entries = entries_of(project, described or {})
    following = Following(project, (*entries, *dependencies(project, entries)), _sinks(chosen))
    following.run(look)
    program = Programs(project, entries, following).program()
    shower = Shower(program.modules)
    findings = Findings(shower, now, root)
    routes = _Reach(program.routes, following)
    for name, hits in following.hits.items():
        for one in hits:
            if one.label.held and not routes.together(one.label, name):
                continue
            _judged(one, chosen, findings, routes.of(name), routes.beside(one.spot.file, one.spot.function))
    for check in chosen.values():
        for spotted in check.look(program) if check.look is not None else ():
            module = spotted.place
            findings.spotted(check.rule, spotted, routes.at(module.file, module.function))
    return Analysis(tuple(findings.reported()), program.routes, tuple(following.problems))


def _sinks(chosen: Mapping[str, SourceCheck]) -> Sinks:
    return Sinks(
        {name: one.sinks for name, one in chosen.items() if one.sinks},
        {name: one.cleaning for name, one in chosen.items()},
    )


def _judged(
    one: Pending, chosen: Mapping[str, SourceCheck], findings: Findings, route: Route | None, beside: tuple[str, ...]
) -> None:
    check, label = chosen[one.rule], one.label
    flaws = {flaw.value for flaw in check.rule.flaws}
    if "*" in label.cleared or flaws <= label.cleared:
        return
    hit = Hit(
        callee=one.callee,
        text=one.text,
        form=label.form,
        place=label.place,
        argument=one.argument,
        options=one.options,
        beside=beside,
    )
    verdict = check.judge(hit)
    if verdict is not None and route is not None and any(parts(name) & _ADMINISTRATORS for name in route.guards):
        verdict = _for_administrators(check, verdict)
    if verdict is not None and (verdict.flaw is None or verdict.flaw.value not in label.cleared):
        findings.flow(Flow(check.rule, verdict, label.place, one.spot, one.call, label.steps, route, one.cause))


def _for_administrators(check: SourceCheck, verdict: Verdict) -> Verdict:
    """What only administrators may do is less grave: much of it they are meant to."""
    reasons = (*verdict.reasons, "only administrators may call it, as the name of its guard says")
    severity = lowered(verdict.severity or check.rule.severity, 2)
    return msgspec.structs.replace(verdict, severity=severity, reasons=reasons)


class _Reach:
    """Which route leads to a function: its own, or that of the nearest one that calls it."""

    def __init__(self, routes: Iterable[Route], following: Following) -> None:
        self._following = following
        self._routes: dict[str, Route] = {}
        self._by_place: dict[tuple[str, str], str] = {}
        for one in routes:
            self._routes.setdefault(one.handler, one)
        for scope in following.calls:
            module, _, name = scope.partition(":")
            self._by_place[(module, name)] = scope
        self._files = {scope.file: scope.module for scope in following.scopes()}
        self._scopes = {scope.id: scope for scope in following.scopes()}
        self._known: dict[str, Route | None] = {}
        self._callers: dict[str, frozenset[str]] = {}

    def of(self, scope: str) -> Route | None:
        if scope not in self._known:
            found = (self._routes[one] for one in self._following.reaching(scope) if one in self._routes)
            self._known[scope] = next(found, None)
        return self._known[scope]

    def together(self, label: Label, name: str) -> bool:
        """Whether some call of a function can lead to where a value comes from and to another function, or both are one class's."""
        first = label.steps[0]
        source = f"{self._files.get(first.file, '')}:{first.function}"
        outer = source.rpartition(".")[0]
        if outer and outer == name.rpartition(".")[0] and self._following.is_class(outer):
            return True
        return not self._above(source).isdisjoint(self._above(name))

    def _above(self, name: str) -> frozenset[str]:
        if name not in self._callers:
            self._callers[name] = frozenset(self._following.reaching(name))
        return self._callers[name]

    def beside(self, file: str, function: str) -> tuple[str, ...]:
        """The calls of a function, as written."""
        key = f"{self._files.get(file, '')}:{function}"
        return tuple(one.text for one in self._scopes[key].calls) if key in self._scopes else ()

    def at(self, file: str, function: str) -> Route | None:
        """The route that leads to a place; a module's own level has none."""
        return self.of(f"{self._files.get(file, '')}:{function}") if function else None


__all__ = ["Analysis", "analysed"]
