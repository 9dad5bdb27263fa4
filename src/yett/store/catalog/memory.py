"""A catalog in memory, for one process: what is thrown away at its end, and the measure that other stores are held against."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import copy

import msgspec

from yett.model.catalog import Correction
from yett.model.catalog_store import CatalogOvertaken, DescriptionRecord, Identity, KnownFinding, Position


class MemoryCatalog:
    """`yett.model.catalog_store.CatalogStore` without a file. Not for several threads at once."""

    def __init__(self) -> None:
        self.key = os.urandom(32)
        self._generation = self._corrected = 0
        self._learnt: dict[str, bytes] = {}
        self._positions: dict[str, Position] = {}
        self._descriptions: list[DescriptionRecord] = []
        self._corrections: dict[int, Correction] = {}
        self._identities: dict[str, Identity] = {}
        self._findings: dict[str, KnownFinding] = {}
        self._notes: dict[str, bytes] = {}

    def stamp(self) -> str:
        return str(self._generation)

    @contextmanager
    def writing(self) -> Iterator["MemoryCatalog"]:
        before = {name: copy(value) for name, value in vars(self).items()}
        try:
            yield self
        except BaseException:
            vars(self).update(before)
            raise

    def close(self) -> None:
        pass

    def services(self) -> tuple[str, ...]:
        return tuple(sorted(self._learnt))

    def learnt(self, service: str) -> bytes | None:
        return self._learnt.get(service)

    def states(self) -> dict[str, bytes]:
        return dict(sorted(self._learnt.items()))

    def positions(self) -> tuple[Position, ...]:
        return tuple(self._positions[key] for key in sorted(self._positions))

    def position(self, key: str) -> Position | None:
        return self._positions.get(key)

    def descriptions(self) -> tuple[DescriptionRecord, ...]:
        return tuple(sorted(self._descriptions, key=lambda record: (record.source, record.last_read)))

    def corrections(self) -> tuple[Correction, ...]:
        return tuple(self._corrections.values())

    def identities(self) -> tuple[Identity, ...]:
        return tuple(self._identities[name] for name in sorted(self._identities))

    def findings(self) -> tuple[KnownFinding, ...]:
        return tuple(self._findings[name] for name in sorted(self._findings))

    def note(self, name: str) -> bytes | None:
        return self._notes.get(name)

    def learn(self, service: str, state: bytes) -> None:
        self._generation += 1
        self._learnt[service] = state

    def forget(self, service: str) -> None:
        self._generation += 1
        self._learnt.pop(service, None)

    def advance(self, position: Position, before: Position | None) -> None:
        if self._positions.get(position.key) != before:
            raise CatalogOvertaken(f"{position.name}: it was counted meanwhile")
        self._positions[position.key] = position

    def describe(self, record: DescriptionRecord) -> None:
        self._generation += 1
        kept, first = [], record.first_read
        for known in self._descriptions:
            if known.source == record.source and known.digest == record.digest:
                first = known.first_read
                continue
            superseded = record.current and known.source == record.source
            kept.append(msgspec.structs.replace(known, current=False) if superseded else known)
        self._descriptions = [*kept, msgspec.structs.replace(record, first_read=first)]

    def correct(self, correction: Correction) -> Correction:
        self._generation += 1
        self._corrected += 1
        made = msgspec.structs.replace(correction, id=self._corrected)
        self._corrections[made.id] = made
        return made

    def take_back(self, correction: int) -> bool:
        self._generation += 1
        return self._corrections.pop(correction, None) is not None

    def identify(self, identities: Iterable[Identity]) -> None:
        self._generation += 1
        self._identities.update((identity.id, identity) for identity in identities)

    def report(self, findings: Iterable[KnownFinding]) -> None:
        self._findings.update((known.finding.fingerprint, known) for known in findings)

    def write_note(self, name: str, value: bytes) -> None:
        self._notes[name] = value
