"""compile: a bundle becomes a snapshot. Pure: whatever must be read was read into the bundle.

`compile_policy` does it at once; `Building` gives the same in slices, so that a worker can go on serving. Plans are built
when first needed, or all together by `Snapshot.build_all`, which is how a bad policy is found before it is used.

Where a path of a contract is reached: base path (of the contract's `servers`, or `base_path` of the policy) and template,
put below the service's prefix unless they lie below it already. `strip_prefix` only says what goes upstream.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from yett.engine.convert import escape, similar
from yett.engine.planning import Draft, Planned
from yett.engine.planning import plan as make_plan
from yett.engine.policy import METHODS, chosen
from yett.engine.router import TemplateError, canonical_template, parameters
from yett.engine.settings import Chosen, always
from yett.engine.snapshot import Entry, Hosts, Serving, Snapshot
from yett.formats.target import routing_form
from yett.model.bundle import Bundle
from yett.model.decision import Check, Evaluation, Outcome
from yett.model.exchange import View
from yett.model.mistake import Mistake, PolicyErrors
from yett.model.operation import Operation
from yett.model.policy import OperationPolicy, Service
from yett.model.ports import Ports
from yett.model.rule import Gap

SLICE = 64
"""Operations per slice of `Building`; one takes about 10 µs."""

NOTHING = OperationPolicy()


class Source(msgspec.Struct, frozen=True):
    """What an operation is made of: its part of the contract, its id, and the policy's overrides with their key."""

    id: str
    contract: Any = None
    override: OperationPolicy = NOTHING
    key: str = ""


class Building:
    """A snapshot under way: exhaust `slices`, then `snapshot` is there. Mistakes are gathered in `mistakes`.

    ports.shared is replaced by a new one: nothing learnt under another snapshot is seen by this one.
    """

    def __init__(self, bundle: Bundle, ports: Ports) -> None:
        self.bundle = bundle
        self.ports = msgspec.structs.replace(ports, shared={})
        self.mistakes: list[Mistake] = []
        self.gaps: list[Gap] = []
        self.snapshot: Snapshot | None = None

    def report(self, pointer: str, message: str, hint: str = "") -> None:
        """Note a mistake at a pointer into the policy ("…#" for the key); the nearest known place is named."""
        positions = self.bundle.positions
        at = pointer
        while at and at not in positions:
            at = at[:-1] if at.endswith("#") else at.rpartition("/")[0]
        line, column = positions.get(at, (0, 0))
        self.mistakes.append(Mistake(message, self.bundle.path, line, column, hint))

    def slices(self) -> Iterator[None]:
        """Build the routing tables, yielding every `SLICE` operations."""
        hosts = Hosts()
        servings: list[Serving] = []
        for service in self.bundle.policy.services:
            compiler = _ServiceCompiler(self, service)
            yield from compiler.slices()
            servings.append(compiler.serving)
            for pattern in service.match.hosts or (None,):
                if not hosts.add(pattern, compiler.serving):
                    where = f"{pattern or 'any host'} with prefix {service.match.prefix!r}"
                    self.report(f"/services/{escape(service.name)}#", f"another service already answers for {where}")
        self.snapshot = Snapshot(self.bundle.digest, self.bundle.policy, hosts, tuple(servings), tuple(self.gaps))


class _ServiceCompiler:
    """One service: its routing table, and the plans of its operations when they are asked for."""

    def __init__(self, building: Building, service: Service) -> None:
        self.building = building
        self.service = service
        self.pointer = f"/services/{escape(service.name)}"
        self.serving = Serving(service, self.build)
        self.settings: dict[str, list[Chosen]] = {
            key: list(chosen({key: value}, self.pointer, building.report)) for key, value in service.settings.items()
        }
        self.always = always()

    def slices(self) -> Iterator[None]:
        for count, key in enumerate(self.service.operations):
            self._declare(key)
            if count % SLICE == 0:
                yield None

    def _declare(self, key: str) -> None:
        """An operation that the policy alone declares: "POST /orders"."""
        pointer = f"{self.pointer}/operations/{escape(key)}#"
        method, space, template = key.partition(" ")
        if not space or not template.startswith("/"):
            self.building.report(
                pointer, f"no operation has the id {key!r}", 'without a contract, write it as "METHOD /template"'
            )
        elif method not in METHODS:
            self.building.report(pointer, f"{method!r} is not a method", similar(method, sorted(METHODS)))
        else:
            try:
                self._add(method, template, Source("", None, self.service.operations[key], key))
            except TemplateError as error:
                self.building.report(pointer, str(error))

    def _add(self, method: str, template: str, source: Source) -> bool:
        """Put an operation into the table, below the prefix. False where one of the same shape is there. Raises
        TemplateError."""
        full = self._below_prefix(canonical_template(template))
        entry = Entry(method, full, parameters(full), source)
        leaf = self.serving.router.add(full)
        if leaf.entries.setdefault(method, entry) is not entry:
            return False
        self.serving.entries.append(entry)
        return True

    def _below_prefix(self, path: str) -> str:
        prefix = self.serving.prefix
        if routing_form(path + "/").startswith(routing_form(prefix + "/")):
            return path
        return prefix + path

    def build(self, entry: Entry, serving: Serving) -> Planned:
        """The plan of one entry. Raises PolicyErrors where a guard cannot be prepared."""
        service, source = self.service, entry.source or Source("")
        override: OperationPolicy = source.override
        size = override.body_size if override.body_size is not None else service.body_size
        declared = entry.source is not None
        draft = Draft(
            operation=Operation(
                source.id or f"{entry.method} {entry.template}",
                service.name,
                entry.method,
                entry.template,
                declared,
                bool(getattr(source.contract, "deprecated", False)),
            ),
            service=service,
            mode=override.mode or service.mode,
            rules={**service.rules, **override.rules},
            body_size=self.building.bundle.policy.bounds.body_size if size is None else size,
            encoded_slash=override.encoded_slash == "keep",
            ports=self.building.ports,
            contract=source.contract,
            allowed=serving.allowed if serving.entries else None,
        )
        dispatch = self._dispatch if entry.method == "OPTIONS" else None
        planned = make_plan(draft, self._guards(source), dispatch)
        if planned.failures:
            failed = Building(self.building.bundle, self.building.ports)
            for failure in planned.failures:
                failed.report(failure.pointer, failure.message)
            raise PolicyErrors(failed.mistakes)
        return planned

    def _guards(self, source: Source) -> Iterable[Chosen]:
        settings = self.settings
        if source.override.settings:
            pointer = f"{self.pointer}/operations/{escape(source.key)}"
            own = {
                key: list(chosen({key: value}, pointer, self.building.report))
                for key, value in source.override.settings.items()
            }
            settings = settings | own
        yield from self.always
        for group in settings.values():
            yield from group

    def _dispatch(self, own: tuple[Check, ...]) -> Check:
        """Preflights are judged by the operation that they ask about (Fetch, 4.8: Access-Control-Request-Method)."""
        serving = self.serving

        def preflight(view: View, evaluation: Evaluation) -> Outcome:
            checks = own
            method = view.fields.get(b"access-control-request-method")
            if method is not None:
                path = view.target.path
                found = serving.find(method.decode("latin-1"), routing_form(path), path)
                if found is not None and found[0].method != "OPTIONS":
                    serving.plan(found[0])
                    checks = found[0].preflight
            for check in checks:
                outcome = check(view, evaluation)
                if outcome is not None:
                    return outcome
            return None

        return preflight


def compile_policy(bundle: Bundle, ports: Ports) -> Snapshot:
    """The snapshot of a bundle. Raises PolicyErrors with every mistake but those that only show when a plan is built."""
    building = Building(bundle, ports)
    for _ in building.slices():
        pass
    if building.mistakes or building.snapshot is None:
        raise PolicyErrors(building.mistakes)
    return building.snapshot
