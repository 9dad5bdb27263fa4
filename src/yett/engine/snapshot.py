"""The snapshot: what every request is routed and decided by. Immutable in meaning; plans are made when first needed.

The routing tables are built up front, in slices, so that a worker can go on serving meanwhile; the plan of an operation is
built at its first request. It must not know how a policy is written or read: `yett.engine.compile` makes it.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import msgspec

from yett.engine.hosts import Hosts
from yett.engine.plan import Plan
from yett.engine.planning import Planned
from yett.engine.table import Entry, Table
from yett.formats.contract.values import Entry as Declared
from yett.formats.target import routing_form
from yett.model.decision import Check, Denial, Evaluation, Mode, Outcome
from yett.model.exchange import View
from yett.model.mistake import Mistake, PolicyErrors
from yett.model.operation import Operation
from yett.model.policy import Policy, Service
from yett.model.rule import Gap


class Planning(Protocol):
    """Makes plans; see `yett.engine.preparation`."""

    def plan(self, entry: Entry, table: Table) -> Planned: ...

    def beyond(self, table: Table) -> Iterable[Gap]:
        """What will not be enforced and belongs to no operation of the table."""
        ...

    def loads(self, table: Table) -> Iterator[Callable[[], object]]:
        """What guards load for long before they are prepared."""
        ...

    def take_over(self, previous: Any, /) -> Iterator[None]:
        """Use what the planning of an earlier snapshot has built. In slices."""
        ...


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

    def loads(self) -> Iterator[Callable[[], object]]:
        """Work of more than a few milliseconds that plans need, for a thread of its own. Each is done before the next is asked
        for. Raises PolicyErrors as `of` does."""
        return self._planning.loads(self.table)

    def take_over(self, previous: "Plans") -> Iterator[None]:
        """Make the plans of all operations that were called under an earlier snapshot, so that the first requests after a reload
        do not pay for it. In slices. Raises PolicyErrors as `of` does."""
        yield from self._planning.take_over(previous._planning)
        entries = {(entry.method, entry.template): entry for entry in self.table.entries}
        yield
        for old in previous.table.entries:
            same = entries.get((old.method, old.template))
            if same is not None and previous.made[old.number] is not None:
                self.of(same)
                yield

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
        if not self.table.declares and method != "OPTIONS":
            return self.plans.of(self.table.rest), None  # nothing is declared, so there is nothing to look for
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


class Enforced(msgspec.Struct, frozen=True):
    """What will be done for one operation. rules: each with its mode there. declared: its part of the contract, if it has one."""

    service: str
    operation: Operation
    mode: Mode
    rules: tuple[tuple[str, Mode], ...]
    declared: Declared | None = None


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
        hosts: Hosts[Serving],
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

    def take_over(self, previous: "Snapshot") -> Iterator[None]:
        """Be as warm as the snapshot that this one will replace: what was built and used there is there at once. In slices.
        Raises PolicyErrors where a guard cannot be prepared."""
        earlier = {serving.service.name: serving.plans for serving in previous.servings}
        for serving in self.servings:
            if serving.service.name in earlier:
                yield from serving.plans.take_over(earlier[serving.service.name])

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
                    declared = entry.source.declared if entry.source is not None else None
                    operations.append(Enforced(serving.service.name, made.operation, made.mode, planned.rules, declared))
        return Report(tuple(operations), tuple(dict.fromkeys(gaps)), tuple(dict.fromkeys(errors)))
