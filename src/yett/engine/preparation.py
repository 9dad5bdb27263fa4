"""Chooses the guards of each operation of a service and has its plan made: the service's settings, with those of the
operation in their place, what is always there, and what the contract requires.

It must not know how operations are found, nor hold anything that holds it (see `yett.engine.snapshot.Plans`).
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec

from yett.engine.convert import escape, similar
from yett.engine.honour import SETTING, Say, honoured, is_asked
from yett.engine.operations import Source
from yett.engine.places import Places
from yett.engine.planning import Common, Draft, Planned
from yett.engine.planning import plan as make_plan
from yett.engine.policy import CONTRACT_OWN, chosen
from yett.engine.settings import Chosen, always, by_default
from yett.engine.table import Entry, Table
from yett.formats.contract.live import ContractOperation, open_contract
from yett.formats.contract.values import Contract
from yett.model.mistake import Mistake, PolicyErrors
from yett.model.operation import Operation
from yett.model.policy import Service
from yett.model.ports import Ports
from yett.model.rule import Gap


class Planner:
    """Makes the plans of one service. The settings of the service are converted once, those of an operation when needed."""

    def __init__(self, service: Service, contract: Contract | None, places: Places, ports: Ports, body_size: int) -> None:
        self.service = service
        self.live = open_contract(contract) if contract is not None else None
        self.places = places
        self.ports = ports
        self.body_size = body_size if service.body_size is None else service.body_size
        self.pointer = f"/services/{escape(service.name)}"
        self.always = always()
        self.settings: dict[str, list[Chosen]] | None = None
        self.common = Common()

    def plan(self, entry: Entry, table: Table) -> Planned:
        """The plan of one operation. Raises PolicyErrors where a guard's options are wrong or it cannot be prepared."""
        source: Source = entry.source or Source()
        override, declared = source.override, source.declared
        operation = Operation(
            source.id or f"{entry.method} {entry.template}",
            self.service.name,
            entry.method,
            entry.template,
            entry.source is not None,
            declared is not None and declared.deprecated,
        )
        part = self.live.operation(declared) if self.live is not None and declared is not None else None
        gaps: list[Gap] = []
        draft = Draft(
            operation=operation,
            service=self.service,
            mode=override.mode or self.service.mode,
            rules={**self.service.rules, **override.rules},
            body_size=self.body_size if override.body_size is None else override.body_size,
            encoded_slash=override.encoded_slash == "keep",
            ports=self.ports,
            contract=part,
            allowed=table.allowed if len(table.entries) > 2 else None,
            common=self.common,
        )
        say = lambda what, why: gaps.append(Gap("authentication-required", operation.id, what, why))  # noqa: E731
        planned = make_plan(draft, self._guards(source, part, say))
        if planned.failures:
            raise PolicyErrors(self.places.mistake(failure.pointer, failure.message) for failure in planned.failures)
        return msgspec.structs.replace(planned, gaps=(*gaps, *planned.gaps)) if gaps else planned

    def beyond(self, table: Table) -> Iterator[Gap]:
        """What the contract asks for in vain outside of its operations, and exceptions for operations that there are not."""
        yield from self._excepted(table)
        if self.live is None:
            return
        declared = (entry.source.declared for entry in table.declared)
        told = {index for one in declared if one is not None for index in self.live.operation(one).detail.unenforced}
        for index, gap in enumerate(self.live.contract.unenforced):
            if index not in told:
                yield Gap("contract", self.service.name, f"{gap.what} at {gap.document}#{gap.pointer}", gap.why)

    def _excepted(self, table: Table) -> Iterator[Gap]:
        """Entries of `except` lists that name no operation of the service. No mistake that stops a start: the contract may have
        lost the operation since."""
        written = [
            (f"{self.pointer}/{escape(setting)}/except/{index}", entry["operation"])
            for setting, value in self.service.settings.items()
            if isinstance(value, dict) and isinstance(value.get("except"), list)
            for index, entry in enumerate(value["except"])
            if isinstance(entry, dict) and isinstance(entry.get("operation"), str)
        ]
        if not written:
            return
        entries = (*table.declared, table.rest, table.asking)
        known = {f"{one.method} {one.template}" for one in entries} | {
            one.source.id for one in entries if one.source and one.source.id
        }
        for pointer, name in written:
            if name not in known:
                place = self.places.mistake(pointer, "").place
                hint = similar(name, sorted(known)) or "yett check lists those that there are, with their names"
                yield Gap(
                    "except", self.service.name, f"{place}: operation {name!r}", f"the service has none of this name; {hint}"
                )

    def _is_off(self, rule: str, source: Source | None) -> bool:
        """Whether a guard is off for an operation or, without one, for all."""
        told = [self.service.rules.get(rule)]
        if source is not None:
            told = [source.override.rules.get(rule, told[0])]
        else:
            told += [one.rules[rule] for one in self.service.operations.values() if rule in one.rules]
        return all(one is not None and one.mode == "off" for one in told)

    def loads(self, table: Table) -> Iterator[Callable[[], object]]:
        """What guards load for long, with the settings of the service and those of single operations. Raises PolicyErrors."""
        groups: list[tuple[Source | None, list[Chosen]]] = [(None, group) for group in self._usual().values()]
        for entry in table.declared:
            source: Source = entry.source or Source()
            if source.override.settings:
                groups += [(source, group) for group in self._own(source).values()]
        for told, group in groups:
            for one in group:
                if one.guard.load is not None and not self._is_off(one.guard.rule.id, told):
                    yield partial(_loaded, one.guard.load, one.options, self.ports)

    def take_over(self, previous: "Planner") -> Iterator[None]:
        """Use what the planner of an earlier snapshot has built of the service's contract. In slices."""
        if self.live is not None and previous.live is not None:
            yield from self.live.validators.take_over(previous.live.validators)

    def _guards(self, source: Source, part: ContractOperation | None, say: Say) -> Iterator[Chosen]:
        settings = self._usual()
        if source.override.settings:
            settings = settings | self._own(source)
        yield from self.always
        honour = part is not None and is_asked(settings.get("contract", ()))
        for key, group in settings.items():
            yield from honoured(group, part, say) if honour and part is not None and key == SETTING else group

    def _usual(self) -> dict[str, list[Chosen]]:
        if self.settings is None:
            said = self.service.settings
            self.settings = self._converted({**said, **by_default(said)}, self.pointer, CONTRACT_OWN)
        return self.settings

    def _own(self, source: Source) -> dict[str, list[Chosen]]:
        return self._converted(source.override.settings, f"{self.pointer}/operations/{escape(source.key)}")

    def _converted(self, settings: dict[str, object], pointer: str, own: tuple[str, ...] = ()) -> dict[str, list[Chosen]]:
        mistakes: list[Mistake] = []

        def report(at: str, message: str, hint: str) -> None:
            mistakes.append(self.places.mistake(at, message, hint))

        found = {key: list(chosen({key: value}, pointer, report, own)) for key, value in settings.items()}
        if mistakes:
            raise PolicyErrors(mistakes)
        return found


def _loaded(load: Callable[[Any, Ports], object], options: Any, ports: Ports) -> None:
    """What is wrong is told with its place when the guard is prepared."""
    with suppress(ValueError):
        load(options, ports)
