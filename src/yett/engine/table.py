"""The routing table of one service: which operation a method and a path mean. It must not know plans, guards or hosts."""

from typing import Any

from yett.engine.router import Router, parameters
from yett.formats.target import routing_form


class Entry:
    """One operation in a routing table. `number` is its place there, `source` what the compiler makes its plan of."""

    __slots__ = ("method", "names", "number", "source", "template")

    def __init__(self, number: int, method: str, template: str, names: tuple[str, ...], source: Any) -> None:
        self.number = number
        self.method = method
        self.template = template
        self.names = names
        self.source = source


class Table:
    """The operations of one service by path and method, with two more: `rest` for everything that is not declared, `asking`
    for OPTIONS requests without an operation of their own."""

    __slots__ = ("asking", "declares", "entries", "prefix", "rest", "router")

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix.rstrip("/")
        self.router: Router[Entry] = Router()
        self.entries: list[Entry] = []
        self.declares = False  # whether there is anything to look for
        self.rest = self._append("*", f"{self.prefix}/*", (), None)
        self.asking = self._append("OPTIONS", f"{self.prefix}/*", (), None)

    @property
    def declared(self) -> list[Entry]:
        return self.entries[2:]

    def _append(self, method: str, template: str, names: tuple[str, ...], source: Any) -> Entry:
        entry = Entry(len(self.entries), method, template, names, source)
        self.entries.append(entry)
        return entry

    def add(self, method: str, template: str, source: Any) -> Entry | None:
        """Declare an operation; `template` is canonical. None where one that matches the same is there already. Raises
        TemplateError."""
        names = parameters(template)
        leaf = self.router.add(template)
        if method in leaf.entries:
            return None
        self.declares = True
        leaf.entries[method] = entry = self._append(method, template, names, source)
        return entry

    def find(self, method: str, path: str, raw: str = "") -> tuple[Entry, list[str] | None] | None:
        """The operation for a method and a path in its `routing_form` (`raw`: before that, if different). HEAD follows GET."""
        found = self.router.find(path, raw)
        if found is None:
            return None
        entry = found[0].entries.get(method)
        if entry is not None:
            return entry, found[1]
        follows = "GET" if method == "HEAD" else method
        for leaf, values in self.router.matches(path, raw):
            entry = leaf.entries.get(method) or leaf.entries.get(follows)
            if entry is not None:
                return entry, values
        return None

    def allowed(self, path: str) -> tuple[str, ...]:
        """The methods declared for a canonical path, sorted; empty where the path is not declared."""
        methods = {method for leaf, _ in self.router.matches(routing_form(path)) for method in leaf.entries}
        if "GET" in methods:
            methods.add("HEAD")
        return tuple(sorted(methods))
