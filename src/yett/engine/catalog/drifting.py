"""Holds what was seen of operations against the contracts that declare them, each contract indexed once.

It must not know how differences are found, nor how declarations are attached to services.
"""

from collections.abc import Iterable

from yett.engine.catalog.declared import Attached
from yett.engine.catalog.drafts import Draft
from yett.engine.catalog.templates import shape
from yett.engine.drift import DriftSettings, drift
from yett.formats.contract.values import Contract, Entry
from yett.model.catalog import Drift

Entries = dict[tuple[str, str], Entry]


class Contracts:
    """The contracts of one service."""

    def __init__(self, settings: DriftSettings) -> None:
        self._settings = settings
        self._entries: dict[int, tuple[Contract, Entries]] = {}

    def drift(self, draft: Draft, declared: Iterable[Attached]) -> tuple[Drift, ...]:
        """Differences from every current contract that declares the operation, by place. None for operations named inside the
        message, whose parts a contract of paths does not describe."""
        if draft.traffic is None or draft.named:
            return ()
        found: dict[tuple[str, str], Drift] = {}
        for one in declared:
            contract = one.reading.description.contract
            if contract is None or not one.reading.current:
                continue
            entry = self.entry(contract, draft.method, one.written or one.declared.path)
            if entry is not None:
                for difference in drift(contract, entry, draft.traffic, self._settings):
                    found.setdefault((difference.place, difference.kind), difference)
        return tuple(found[key] for key in sorted(found))

    def entry(self, contract: Contract, method: str, template: str) -> Entry | None:
        """The operation of a contract with this method and a template of this shape; names of parameters do not matter."""
        return self._of(contract).get((method, shape(template)))

    def _of(self, contract: Contract) -> Entries:
        known = self._entries.get(id(contract))
        if known is None:
            entries = {
                (entry.method, shape(template)): entry
                for entry in reversed(contract.operations)
                for template in contract.templates(entry)
            }
            known = self._entries[id(contract)] = (contract, entries)
        return known[1]
