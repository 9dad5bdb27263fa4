"""Members of objects of the program's classes that hold what callers sent: put there by one method, read by another.

By class and not by object: what one object of a class holds is taken to be in all of them, so that what becomes of it counts only
where one call can do both, put it there and read it. It must not know expressions.
"""

import msgspec

from yett.engine.source import knowledge
from yett.engine.source.believing import Belief
from yett.engine.source.project import Project
from yett.engine.source.scopes import Scope
from yett.engine.source.values import NOTHING, Cleared, Label, cleared, joined

Held = dict[tuple[str, str], tuple[Label, ...]]
"""By id of the class and name of the member."""


class Members:
    """Grows while functions are read. `again` has the functions that read something before it was there."""

    def __init__(self, project: Project, belief: Belief) -> None:
        self._project, self._belief = project, belief
        self._held: Held = {}
        self._readers: dict[tuple[str, str], set[str]] = {}
        self._checked: dict[str, Cleared] = {}
        self.again: set[str] = set()

    def put(self, key: tuple[str, str], labels: tuple[Label, ...]) -> None:
        """What a method leaves in a member; only what comes from a request, for parameters mean nothing elsewhere."""
        known = self._held.get(key, ())
        made = joined((*known, *(one for one in labels if one.place)))
        if {one.key for one in made} != {one.key for one in known}:
            self._held[key] = made
            self.again |= self._readers.get(key, set())

    def of(self, origin: str, name: str, reader: str) -> tuple[Label, ...]:
        """What an object of this origin may hold in a member. reader: the function that asks."""
        scope = class_of(self._project, origin)
        found: list[Label] = []
        for one in self._project.bases(scope) if scope is not None else ():
            key = (one.id, name)
            self._readers.setdefault(key, set()).add(reader)
            found += self._held.get(key, ())
        if scope is None or not found:
            return ()
        marked = (one if one.held else msgspec.structs.replace(one, held=True) for one in joined(found))
        return cleared(marked, self._checks(scope))

    def _checks(self, scope: Scope) -> Cleared:
        """The classes of flaws that methods of the object that check it leave nothing of, whenever they are called."""
        if scope.id not in self._checked:
            methods = (binding.text for one in self._project.bases(scope) for each in one.bindings.values() for binding in each)
            checking = (f"@{one}" for one in methods if knowledge.PREDICATES & knowledge.own_words(one))
            self._checked[scope.id] = knowledge.GUARDED if any(map(self._belief.checks, checking)) else NOTHING
        return self._checked[scope.id]


def class_of(project: Project, origin: str) -> Scope | None:
    """The class of the program that something is an object of."""
    if not origin.startswith("@") or not origin.endswith("()"):
        return None
    scope = project.scopes.get(origin[1:-2])
    return scope if scope is not None and scope.kind == "class" else None
