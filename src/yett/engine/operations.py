"""Which operations a service has, and where: those of its contract and those that its policy declares, with the policy's
overrides matched to them.

Where a path is reached: base path (of the contract's `servers`, or `base_path` of the policy) and template, put below the
service's prefix unless it lies below it already. `strip_prefix` only says what goes upstream. A key of `operations` is an
operationId, or method and template: as the contract has it, with a base path, or as callers see it. It must not know plans.
"""

from collections.abc import Iterator

import msgspec

from yett.engine.convert import escape, similar
from yett.engine.policy import METHODS
from yett.engine.router import TemplateError, canonical_template, shape
from yett.engine.table import Table
from yett.formats.contract.values import Contract
from yett.formats.contract.values import Entry as Declared
from yett.formats.target import routing_form
from yett.model.policy import OperationPolicy, Service
from yett.model.rule import Gap

SLICE = 32
"""Operations per slice; one takes about 10 µs."""

NOTHING = OperationPolicy()


class Source(msgspec.Struct, frozen=True):
    """What an operation is made of: its id, its part of the contract, and the policy's overrides with their key."""

    id: str = ""
    declared: Declared | None = None
    override: OperationPolicy = NOTHING
    key: str = ""


class Routes:
    """Fills the table of one service. Mistakes are (pointer, message, hint)."""

    def __init__(self, table: Table, service: Service, contract: Contract | None) -> None:
        self.table = table
        self.service = service
        self.contract = contract
        self.mistakes: list[tuple[str, str, str]] = []
        self.gaps: list[Gap] = []
        self._by_id: dict[str, str] = {}
        self._by_shape: dict[str, str] = {}
        self._used: dict[str, str] = {}

    def slices(self) -> Iterator[None]:
        for count, key in enumerate(self.service.operations):
            if count % SLICE == SLICE - 1:
                yield None
            self._note(key)
        for count, declared in enumerate(self.contract.operations if self.contract is not None else ()):
            if count % SLICE == SLICE - 1:
                yield None
            self._add_declared(declared)
        for count, key in enumerate(self.service.operations):
            if count % SLICE == SLICE - 1:
                yield None
            if key not in self._used:
                self._add_own(key)

    def _mistake(self, key: str, message: str, hint: str = "") -> None:
        self.mistakes.append((f"/services/{escape(self.service.name)}/operations/{escape(key)}#", message, hint))

    def _note(self, key: str) -> None:
        """Sort the policy's keys into operation ids and methods with templates."""
        method, _, template = key.partition(" ")
        if not template.startswith("/"):
            self._by_id[key] = key
            return
        if method not in METHODS:
            self._mistake(key, f"{method!r} is not a method", similar(method.upper(), sorted(METHODS)))
            self._used[key] = ""
            return
        try:
            same = self._by_shape.setdefault(_shaped(method, canonical_template(template)), key)
        except TemplateError as error:
            self._mistake(key, str(error))
            self._used[key] = ""
            return
        if same != key:
            self._mistake(key, f"{same!r} is the same operation")
            self._used[key] = ""

    def _add_declared(self, declared: Declared) -> None:
        """An operation of the contract, below each of its base paths."""
        if declared.method not in METHODS:
            self.gaps.append(Gap("routing", _name(declared), "the operation", f"{declared.method} is refused by every service"))
            return
        try:
            places = self._places(declared)
        except TemplateError as error:
            self.gaps.append(Gap("routing", _name(declared), "the operation", str(error)))
            return
        source = self._source(declared, places)
        for full in dict.fromkeys(map(self._below_prefix, places)):
            self._add(declared.method, full, source)

    def _places(self, declared: Declared) -> list[str]:
        """The canonical templates of an operation with its base paths."""
        use = self.service.contract
        if use is not None and use.base_path is not None:
            templates: tuple[str, ...] = (use.base_path.rstrip("/") + declared.template,)
        else:
            templates = self.contract.templates(declared) if self.contract is not None else ()
        return [canonical_template(template) for template in templates]

    def _source(self, declared: Declared, places: list[str]) -> Source:
        identity = declared.operation_id or f"{declared.method} {self._below_prefix(places[0])}"
        keys = self._keys(declared, places) if self.service.operations else {}
        if not keys:
            return Source(identity, declared)
        first, *others = keys
        for key in keys:
            self._used[key] = identity
        for key in others:
            self._mistake(key, f"{first!r} is the same operation")
        return Source(identity, declared, self.service.operations[first], first)

    def _keys(self, declared: Declared, places: list[str]) -> dict[str, None]:
        """The keys of the policy that mean this operation; there should be at most one."""
        found = [self._by_id.get(declared.operation_id or "")]
        if self._by_shape:
            spelt = [canonical_template(declared.template), *places, *map(self._below_prefix, places)]
            found += [self._by_shape.get(_shaped(declared.method, template)) for template in spelt]
        return dict.fromkeys(key for key in found if key is not None)

    def _add_own(self, key: str) -> None:
        """A key that the contract does not have: an operation that the policy declares, or a mistake."""
        override = self.service.operations[key]
        method, _, template = key.partition(" ")
        if key in self._by_id:
            hint = self._similar(key) if self.contract is not None else 'without a contract, write "METHOD /template"'
            self._mistake(key, f"there is no operation {key!r}", hint)
        elif self.contract is not None and not override.declare:
            close = self._similar(key)
            pause = "" if close.endswith("?") else ","
            hint = f"{close}{pause} or say `declare: true` to add it" if close else "say `declare: true` to add it"
            self._mistake(key, f"the contract has no operation {key!r}", hint)
        else:
            full = self._below_prefix(canonical_template(template))
            try:
                self._add(method, full, Source(f"{method} {full}", None, override, key))
            except TemplateError as error:
                self._mistake(key, str(error))

    def _similar(self, key: str) -> str:
        operations = self.contract.operations if self.contract is not None else ()
        by_id = key in self._by_id
        known = [
            (declared.operation_id or "") if by_id else f"{declared.method} {declared.template}" for declared in operations
        ]
        return similar(key, [name for name in known if name])

    def _add(self, method: str, full: str, source: Source) -> None:
        if source.declared is None:
            self._add_or_say(method, full, source)
            return
        try:
            self._add_or_say(method, full, source)
        except TemplateError as error:
            self.gaps.append(Gap("routing", source.id, f"the operation at {full}", str(error)))

    def _add_or_say(self, method: str, full: str, source: Source) -> None:
        if self.table.add(method, full, source) is None:
            self.gaps.append(Gap("routing", source.id, f"the operation at {full}", "another one matches the same requests"))

    def _below_prefix(self, path: str) -> str:
        prefix = self.table.prefix
        if not prefix or routing_form(path + "/").startswith(routing_form(prefix) + "/"):
            return path
        return prefix + path


def _shaped(method: str, template: str) -> str:
    return f"{method} {shape(routing_form(template))}"


def _name(declared: Declared) -> str:
    return declared.operation_id or f"{declared.method} {declared.template}"
