"""Chooses the guards of each operation of a service and has its plan made: the service's settings, with those of the
operation in their place, what is always there, and what the contract requires.

It must not know how operations are found, nor hold anything that holds it (see `yett.engine.snapshot.Plans`).
"""

from collections.abc import Iterator

from yett.engine.convert import escape
from yett.engine.operations import Source
from yett.engine.places import Places
from yett.engine.planning import Draft, Planned, Shared
from yett.engine.planning import plan as make_plan
from yett.engine.policy import chosen
from yett.engine.settings import Chosen, always
from yett.engine.snapshot import Entry, Table
from yett.formats.contract.values import Contract
from yett.model.mistake import Mistake, PolicyErrors
from yett.model.operation import Operation
from yett.model.policy import Service
from yett.model.ports import Ports


class Planner:
    """Makes the plans of one service. The settings of the service are converted once, those of an operation when needed."""

    def __init__(self, service: Service, contract: Contract | None, places: Places, ports: Ports, body_size: int) -> None:
        self.service = service
        self.contract = contract
        self.places = places
        self.ports = ports
        self.body_size = body_size if service.body_size is None else service.body_size
        self.pointer = f"/services/{escape(service.name)}"
        self.always = always()
        self.settings: dict[str, list[Chosen]] | None = None
        self.shared: dict[tuple[str, str], Shared] = {}

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
        draft = Draft(
            operation=operation,
            service=self.service,
            mode=override.mode or self.service.mode,
            rules={**self.service.rules, **override.rules},
            body_size=self.body_size if override.body_size is None else override.body_size,
            encoded_slash=override.encoded_slash == "keep",
            ports=self.ports,
            contract=None,
            allowed=table.allowed if len(table.entries) > 2 else None,
            shared=self.shared,
        )
        planned = make_plan(draft, self._guards(source))
        if planned.failures:
            raise PolicyErrors(self.places.mistake(failure.pointer, failure.message) for failure in planned.failures)
        return planned

    def _guards(self, source: Source) -> Iterator[Chosen]:
        if self.settings is None:
            self.settings = self._converted(self.service.settings, self.pointer)
        settings = self.settings
        if source.override.settings:
            own = self._converted(source.override.settings, f"{self.pointer}/operations/{escape(source.key)}")
            settings = settings | own
        yield from self.always
        for group in settings.values():
            yield from group

    def _converted(self, settings: dict[str, object], pointer: str) -> dict[str, list[Chosen]]:
        mistakes: list[Mistake] = []

        def report(at: str, message: str, hint: str) -> None:
            mistakes.append(self.places.mistake(at, message, hint))

        found = {key: list(chosen({key: value}, pointer, report)) for key, value in settings.items()}
        if mistakes:
            raise PolicyErrors(mistakes)
        return found
