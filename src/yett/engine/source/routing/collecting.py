"""All routes of a program, of all frameworks. It must not know how one framework declares them."""

from collections.abc import Mapping

from yett.engine.source.project import Project
from yett.engine.source.routing.decorated import Decorated
from yett.engine.source.routing.described import Described
from yett.engine.source.routing.entry import Entry
from yett.engine.source.routing.routers import Routers
from yett.engine.source.routing.tables import Tables


def entries_of(project: Project, described: Mapping[str, object]) -> tuple[Entry, ...]:
    """Every route, each once. described: API descriptions beside the code, by path."""
    routers = Routers(project)
    found = [
        *Decorated(project, routers).entries(),
        *Tables(project, routers).entries(),
        *Described(project, described).entries(),
    ]
    seen: dict[tuple[str, str, str], Entry] = {}
    for one in found:
        seen.setdefault((one.scope, one.method, one.template), one)
    return tuple(seen.values())
