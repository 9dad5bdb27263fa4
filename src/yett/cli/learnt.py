"""What was learnt, as a catalog's store keeps it: service by service, so that learning more of one does not rewrite the others.

It must not know where exchanges come from, nor what is made of what was learnt.
"""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from yett.engine.catalog.splitting import Splits
from yett.engine.learning import OTHERS, Learning, Settings
from yett.engine.learning.shape import Classify
from yett.model.catalog import Correction
from yett.model.catalog_store import CatalogReading, CatalogUnusable, CatalogWriting

HEAD = ""
"""Name of what there is beside the services. Theirs begin with `_MARK`."""

_MARK = "="


class Learnt:
    """settings, key, classify: see `Learning`."""

    def __init__(self, settings: Settings, key: bytes, classify: Classify) -> None:
        self._settings = settings
        self._key = key
        self._classify = classify

    def fresh(self, corrections: Iterable[Correction] = ()) -> Learning:
        """An empty part. corrections: what holds now, for what people split off."""
        return Learning(self._settings, self._key, self._classify, Splits(corrections))

    def all(self, store: CatalogReading) -> Learning:
        """Everything. Raises CatalogUnusable."""
        states = store.states()
        return self._read(states.pop(HEAD, None), list(states.values()))

    def keep(self, change: CatalogWriting, part: Learning) -> None:
        """Merge a part into what is kept, which uses it up. Only the services that it is of are read and written.

        Raises CatalogUnusable.
        """
        kept = {_service(row) for row in change.services() if row != HEAD}
        wanted = {service.name for service in part.services()}
        beyond = part.beyond(kept)
        if beyond:  # more services than are told apart: those that must leave are needed, too
            wanted |= {OTHERS, *beyond}
        states = [state for name in sorted(wanted & kept) if (state := change.learnt(_row(name))) is not None]
        with uncollected():
            whole = self._read(change.learnt(HEAD), states)
            whole.merge(part)
            whole.settle(kept)
            left = set()
            for name, state in whole.parts():
                change.learn(_row(name), state)
                left.add(name)
        for name in sorted(wanted & kept - left):
            change.forget(_row(name))
        change.learn(HEAD, whole.head())

    def _read(self, head: bytes | None, parts: list[bytes]) -> Learning:
        if head is None:
            return self.fresh()
        try:
            with uncollected():
                return Learning.from_parts(head, parts, self._key, self._classify)
        except ValueError as error:
            raise CatalogUnusable(f"what was learnt cannot be read: {error}") from None


@contextmanager
def uncollected() -> Iterator[None]:
    """Millions of objects are made that refer to each other in no circle: looking for circles costs four times as much as all
    the rest."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _row(service: str) -> str:
    """The name of a service's row: any text, lone surrogates among it, as one that every store can keep."""
    return _MARK + service.encode("utf-8", "surrogatepass").decode("latin-1")


def _service(row: str) -> str:
    return row.removeprefix(_MARK).encode("latin-1").decode("utf-8", "surrogatepass")
