"""The snapshot: what every request is routed and decided by. Immutable in meaning; plans are made when first needed.

The routing tables are built up front, in slices, so that a worker can go on serving meanwhile; the plan of an operation is
built at its first request. It must not know how a policy is written or read: `yett.engine.compile` makes it.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from yett.engine.plan import Plan
from yett.engine.planning import Planned
from yett.engine.router import Router
from yett.formats.target import routing_form
from yett.model.decision import Check, Denial, Mode
from yett.model.mistake import Mistake, PolicyErrors
from yett.model.operation import Operation
from yett.model.policy import Policy, Service
from yett.model.rule import Gap

UNKNOWN_HOST = Denial(rule="unknown-host", status=421, reason="no service has this host", place="header Host")
UNKNOWN_PATH = Denial(rule="unknown-path", status=404, reason="no service of this host has this path", place="path")
"""What cannot be delivered is refused in every mode: there is nowhere to send it."""

Build = Callable[["Entry", "Serving"], Planned]


class Entry:
    """One operation in the routing table. `source` is what the compiler needs to build its plan; `preflight` is there once
    the plan is."""

    __slots__ = ("method", "names", "plan", "preflight", "source", "template")

    def __init__(self, method: str, template: str, names: tuple[str, ...], source: Any) -> None:
        self.method = method
        self.template = template
        self.names = names
        self.source = source
        self.plan: Plan | None = None
        self.preflight: tuple[Check, ...] = ()


class Serving:
    """One service with its routing table. `rest` stands for what is not declared, `preflight` for OPTIONS without an operation
    of its own."""

    __slots__ = ("build", "entries", "prefix", "preflight", "rest", "router", "service")

    def __init__(self, service: Service, build: Build) -> None:
        self.service = service
        self.build = build
        self.prefix = service.match.prefix.rstrip("/")
        self.router: Router[Entry] = Router()
        self.entries: list[Entry] = []
        beyond = f"{self.prefix}/*"
        self.rest = Entry("*", beyond, (), None)
        self.preflight = Entry("OPTIONS", beyond, (), None)

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

    def plan(self, entry: Entry) -> Plan:
        """The plan of an entry, built if it is the first time. Raises PolicyErrors where a guard cannot be prepared."""
        if entry.plan is None:
            planned = self.build(entry, self)
            entry.preflight = planned.preflight
            entry.plan = planned.plan
        return entry.plan


class _Site:
    """The services of one host pattern, told apart by prefix; the longest one wins."""

    __slots__ = ("by_prefix", "depths", "whole")

    def __init__(self) -> None:
        self.by_prefix: dict[str, Serving] = {}
        self.depths: list[int] = []
        self.whole: Serving | None = None

    def add(self, serving: Serving) -> bool:
        """False where another service has the same prefix."""
        prefix = routing_form(serving.prefix)
        if prefix in self.by_prefix:
            return False
        self.by_prefix[prefix] = serving
        self.depths = sorted({prefix.count("/") for prefix in self.by_prefix}, reverse=True)
        self.whole = serving if self.depths == [0] else None
        return True

    def find(self, path: str) -> Serving | None:
        if self.whole is not None:
            return self.whole
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
        return self._exact.setdefault(pattern.lower(), _Site()).add(serving)

    def find(self, host: str, path: str) -> Serving | Denial:
        """The service for a host (lower case, no port) and a path in its `routing_form`."""
        site = self._exact.get(host)
        known = site is not None
        if site is not None and (serving := site.find(path)) is not None:
            return serving
        if self._suffix:
            dot = host.find(".", 1)
            while dot > 0:
                site = self._suffix.get(host[dot:])
                if site is not None:
                    known = True
                    if (serving := site.find(path)) is not None:
                        return serving
                dot = host.find(".", dot + 1)
        if self._any is not None:
            return self._any.find(path) or UNKNOWN_PATH
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

    digest: short hex of the SHA-256 over the meaning of the policy and all that it names.
    """

    __slots__ = ("_gaps", "_hosts", "digest", "policy", "servings")

    def __init__(self, digest: str, policy: Policy, hosts: Hosts, servings: tuple[Serving, ...], gaps: tuple[Gap, ...]) -> None:
        self.digest = digest
        self.policy = policy
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
        found = serving.find(method, path, raw)
        if found is None:
            entry = serving.preflight if method == "OPTIONS" else serving.rest
            return entry.plan or serving.plan(entry), None
        entry, values = found
        plan = entry.plan or serving.plan(entry)
        return plan, dict(zip(entry.names, values)) if values else None

    def build_all(self) -> Report:
        """Build every plan, to see that it can be built and what it will do. The plans are not kept."""
        operations: list[Enforced] = []
        gaps = list(self._gaps)
        errors: list[Mistake] = []
        for serving in self.servings:
            for entry in (*serving.entries, serving.rest, serving.preflight):
                try:
                    planned = serving.build(entry, serving)
                except PolicyErrors as error:
                    errors.extend(error.errors)
                    continue
                gaps.extend(planned.gaps)
                if entry is not serving.preflight:
                    made = planned.plan
                    operations.append(Enforced(serving.service.name, made.operation, made.mode, planned.rules))
        return Report(tuple(operations), tuple(dict.fromkeys(gaps)), tuple(dict.fromkeys(errors)))
