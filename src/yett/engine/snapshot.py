"""The snapshot: what every request is routed and decided by. Immutable in meaning; plans are made when first needed.

The routing tables are built up front, in slices, so that a worker can go on serving meanwhile; the plan of an operation is
built at its first request. It must not know how a policy is written or read: `yett.engine.compile` makes it.
"""

from collections.abc import Iterable
from typing import Any, Protocol

import msgspec

from yett.engine.plan import Plan
from yett.engine.planning import Planned
from yett.engine.router import Router, parameters
from yett.formats.target import routing_form
from yett.model.decision import Check, Denial, Evaluation, Mode, Outcome
from yett.model.exchange import View
from yett.model.mistake import Mistake, PolicyErrors
from yett.model.operation import Operation
from yett.model.policy import Policy, Service
from yett.model.rule import Gap

UNKNOWN_HOST = Denial(rule="unknown-host", status=421, reason="no service has this host", place="header Host")
UNKNOWN_PATH = Denial(rule="unknown-path", status=404, reason="no service of this host has this path", place="path")
"""What cannot be delivered is refused in every mode: there is nowhere to send it."""


class Planning(Protocol):
    """Makes plans; see `yett.engine.preparation`."""

    def plan(self, entry: "Entry", table: "Table") -> Planned: ...

    def beyond(self, table: "Table") -> Iterable[Gap]:
        """What will not be enforced and belongs to no operation of the table."""
        ...


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

    __slots__ = ("asking", "entries", "prefix", "rest", "router")

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix.rstrip("/")
        self.router: Router[Entry] = Router()
        self.entries: list[Entry] = []
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


class Plans:
    """The plans of a complete table, each made at its first request.

    Plans of OPTIONS are kept by `Serving`, because their preflight checks refer to this: nothing here refers to what holds
    it, so that a snapshot is freed with its last request, without waiting for the garbage collector.
    """

    __slots__ = ("_planning", "_preflights", "made", "table")

    def __init__(self, table: Table, planning: Planning) -> None:
        self.table = table
        self.made: list[Plan | None] = [None] * len(table.entries)
        self._planning = planning
        self._preflights: dict[int, tuple[Check, ...]] = {}

    def of(self, entry: Entry) -> Plan:
        """Raises PolicyErrors where a guard cannot be prepared."""
        plan = self.made[entry.number]
        if plan is None:
            planned = self._planning.plan(entry, self.table)
            if planned.preflight:
                self._preflights[entry.number] = planned.preflight
            plan = self.made[entry.number] = planned.plan
        return plan

    def planned(self, entry: Entry) -> Planned:
        """The plan with what `yett check` tells of it; not kept."""
        return self._planning.plan(entry, self.table)

    def beyond(self) -> Iterable[Gap]:
        return self._planning.beyond(self.table)

    def preflight(self, entry: Entry) -> tuple[Check, ...]:
        """The checks of preflights that ask about an operation."""
        self.of(entry)
        return self._preflights.get(entry.number, ())


class Serving:
    """One service, ready to serve."""

    __slots__ = ("_asked", "_find", "_made", "plans", "service", "table")

    def __init__(self, service: Service, plans: Plans) -> None:
        self.service = service
        self.plans = plans
        self.table = plans.table
        self._asked: dict[int, Plan] = {}
        self._find = plans.table.router.find
        self._made = plans.made

    def route(self, method: str, path: str, raw: str) -> tuple[Plan, dict[str, str] | None]:
        """The plan for a request; `path` is in its `routing_form`, `raw` the canonical path if that is different."""
        found = self._find(path, raw)
        if method == "OPTIONS":
            return self._options(self.table.find(method, path, raw))
        if found is not None:
            leaf, values = found
            entry = leaf.entries.get(method)
            if entry is not None:
                return self._made[entry.number] or self.plans.of(entry), _named(entry, values)
            # HEAD, and methods that only another template for the path has
            seldom = self.table.find(method, path, raw)
            if seldom is not None:
                return self.plans.of(seldom[0]), _named(*seldom)
        return self.plans.of(self.table.rest), None

    def _options(self, found: tuple[Entry, list[str] | None] | None) -> tuple[Plan, dict[str, str] | None]:
        entry, values = found or (self.table.asking, None)
        plan = self._asked.get(entry.number)
        if plan is None:
            planned = self.plans.planned(entry)
            checks = asked(self.plans, planned)
            plan = self._asked[entry.number] = msgspec.structs.replace(planned.plan, checks=checks)
        return plan, _named(entry, values)


def _named(entry: Entry, values: list[str] | None) -> dict[str, str] | None:
    if not values:
        return None
    return {entry.names[0]: values[0]} if len(values) == 1 else dict(zip(entry.names, values))


def asked(plans: Plans, planned: Planned) -> tuple[tuple[Check, ...], ...]:
    """The checks of an OPTIONS operation: preflights are judged by the operation that they ask about, which the field
    Access-Control-Request-Method names (Fetch, 4.8), everything else by its own."""
    own = planned.preflight

    def preflight(view: View, evaluation: Evaluation) -> Outcome:
        checks = own
        method = view.fields.get(b"access-control-request-method")
        if method is not None:
            path = view.target.path
            found = plans.table.find(method.decode("latin-1"), routing_form(path), path)
            if found is not None and found[0].method != "OPTIONS":
                checks = plans.preflight(found[0])
        for check in checks:
            outcome = check(view, evaluation)
            if outcome is not None:
                return outcome
        return None

    return planned.with_preflight(preflight)


class _Site:
    """The services of one host pattern, told apart by prefix; the longest one wins. whole: the one service, if it has all."""

    __slots__ = ("by_prefix", "depths", "whole")

    def __init__(self) -> None:
        self.by_prefix: dict[str, Serving] = {}
        self.depths: list[int] = []
        self.whole: Serving | None = None

    def add(self, serving: Serving) -> bool:
        """False where another service has the same prefix."""
        prefix = routing_form(serving.table.prefix)
        if prefix in self.by_prefix:
            return False
        self.by_prefix[prefix] = serving
        self.depths = sorted({prefix.count("/") for prefix in self.by_prefix}, reverse=True)
        self.whole = serving if self.depths == [0] else None
        return True

    def find(self, path: str) -> Serving | None:
        segments = path.split("/")
        for depth in self.depths:
            if depth < len(segments):
                found = self.by_prefix.get("/".join(segments[: depth + 1]))
                if found is not None:
                    return found
        return None


class Hosts:
    """Hosts to services: exact ones first, then "*.example" by the longest, then services for any host.

    A wildcard stands for one label or more. Where the services of a closer pattern have no fitting prefix, the next pattern
    is asked.
    """

    __slots__ = ("_any", "_exact", "_suffix")

    def __init__(self) -> None:
        self._exact: dict[str, _Site] = {}
        self._suffix: dict[str, _Site] = {}
        self._any: _Site | None = None

    def add(self, pattern: str | None, serving: Serving) -> bool:
        """Let `serving` answer for a host, a "*.suffix" or any host (None). False where that place is taken."""
        if pattern is None:
            self._any = self._any or _Site()
            return self._any.add(serving)
        if pattern.startswith("*."):
            return self._suffix.setdefault(pattern[1:].lower(), _Site()).add(serving)
        return self._exact.setdefault(pattern.strip("[]").lower(), _Site()).add(serving)

    def find(self, host: str, path: str) -> Serving | Denial:
        """The service for a host (lower case, no port) and a path in its `routing_form`."""
        site = self._exact.get(host)
        known = site is not None
        if site is not None and (serving := site.whole or site.find(path)) is not None:
            return serving
        if self._suffix:
            dot = host.find(".", 1)
            while dot > 0:
                site = self._suffix.get(host[dot:])
                if site is not None:
                    known = True
                    if (serving := site.whole or site.find(path)) is not None:
                        return serving
                dot = host.find(".", dot + 1)
        if self._any is not None:
            return self._any.whole or self._any.find(path) or UNKNOWN_PATH
        return UNKNOWN_PATH if known else UNKNOWN_HOST


class Enforced(msgspec.Struct, frozen=True):
    """What will be done for one operation. rules: each with its mode there."""

    service: str
    operation: Operation
    mode: Mode
    rules: tuple[tuple[str, Mode], ...]


class Report(msgspec.Struct, frozen=True):
    """What building every plan showed: what will be enforced, what will not, and what is wrong."""

    operations: tuple[Enforced, ...]
    gaps: tuple[Gap, ...]
    errors: tuple[Mistake, ...]


class Snapshot:
    """One compiled policy. Every request keeps the snapshot it began with.

    digest: short hex of the SHA-256 over the meaning of the policy and all that it names. secret_parameters: for
    `yett.engine.record.masked_target`, the names of query parameters that carry credentials by this policy.
    """

    __slots__ = ("_gaps", "_hosts", "digest", "policy", "secret_parameters", "servings")

    def __init__(
        self,
        digest: str,
        policy: Policy,
        hosts: Hosts,
        servings: tuple[Serving, ...],
        gaps: tuple[Gap, ...],
        secret_parameters: frozenset[str] = frozenset(),
    ) -> None:
        self.digest = digest
        self.policy = policy
        self.secret_parameters = secret_parameters
        self.servings = servings
        self._hosts = hosts
        self._gaps = gaps

    def route(self, method: str, host: str, path: str) -> tuple[Plan, dict[str, str] | None] | Denial:
        """The plan for a request, with the raw values of the template's parameters; a Denial where it cannot be delivered.

        `host` is lower case without port, `path` canonical. What is not declared gets the plan of the rest of its service.
        """
        raw = ""
        if "%" in path and (same := routing_form(path)) != path:
            raw, path = path, same
        serving = self._hosts.find(host, path)
        if isinstance(serving, Denial):
            return serving
        return serving.route(method, path, raw)

    def build_all(self) -> Report:
        """Build every plan, to see that it can be built and what it will do. The plans are not kept."""
        operations: list[Enforced] = []
        gaps = list(self._gaps)
        errors: list[Mistake] = []
        for serving in self.servings:
            gaps.extend(serving.plans.beyond())
            for entry in (*serving.table.declared, serving.table.rest, serving.table.asking):
                try:
                    planned = serving.plans.planned(entry)
                except PolicyErrors as error:
                    errors.extend(error.errors)
                    continue
                gaps.extend(planned.gaps)
                if entry is not serving.table.asking:
                    made = planned.plan
                    operations.append(Enforced(serving.service.name, made.operation, made.mode, planned.rules))
        return Report(tuple(operations), tuple(dict.fromkeys(gaps)), tuple(dict.fromkeys(errors)))
