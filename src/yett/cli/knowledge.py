"""A catalog's store, with what is needed to learn into it and to compute the catalog from it: settings, classes, descriptions.

Every command that has to do with catalogs goes through here, so that all of them see the same.
"""

import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec

from yett.cli.learnt import Learnt, uncollected
from yett.engine.catalog import CatalogSettings, Reading, catalog
from yett.engine.catalog.identity import resolve
from yett.engine.classes import Classifier, built_in
from yett.engine.convert import convert
from yett.engine.learning import Learning
from yett.engine.own_classes import own_classes, with_own
from yett.formats.descriptions import Description
from yett.formats.yaml import read as read_yaml
from yett.model.catalog import Catalog, Correction
from yett.model.catalog_store import CatalogStore, CatalogUnusable, DescriptionRecord, Position
from yett.model.mistake import DocumentError, Mistake, PolicyErrors
from yett.store.catalog import open_catalog

DEFAULT = Path("yett-catalog.db")
_SETTINGS, _COMPUTED = "settings", "computed"
_FORM = 1
"""Of what is kept beside learning: counts changes of the catalog's values, so that none of another form is taken for one."""


class _Computed(msgspec.Struct, array_like=True):
    form: int
    stamp: str
    settings: bytes
    catalog: Catalog


class _Said(msgspec.Struct, array_like=True):
    service: str
    description: Description


def read_settings(path: Path) -> CatalogSettings:
    """Settings in YAML. Raises PolicyErrors with every mistake at its place."""
    name = str(path)
    try:
        document = read_yaml(path.read_bytes(), name)
    except DocumentError as error:
        raise PolicyErrors([error.mistake]) from None
    except OSError as error:
        raise PolicyErrors([Mistake((error.strerror or str(error)).lower(), name)]) from None
    mistakes: list[Mistake] = []

    def report(pointer: str, message: str, hint: str) -> None:
        mistakes.append(document.mistake(pointer, message, hint))

    settings: CatalogSettings | None = convert({} if document.tree is None else document.tree, CatalogSettings, "", report)
    if settings is not None and settings.own_classes:
        own_classes(document.tree["own_classes"], "/own_classes", report)
    if mistakes or settings is None:
        raise PolicyErrors(
            mistakes or [Mistake("not a mapping of learning, classes, views, schemas, drift and own_classes", name)]
        )
    return settings


class Knowledge:
    """One catalog, opened. settings: in place of those that the catalog was made with. Raises CatalogUnusable."""

    def __init__(
        self, store: CatalogStore, settings: CatalogSettings | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self.store = store
        self._clock = clock
        self._name = "the catalog"
        kept = self._kept_settings()
        if settings is not None and kept is not None and settings.learning != kept.learning and store.services():
            raise CatalogUnusable(
                "the numbers of `learning` decide what is kept, so they cannot change for a catalog in which something was learnt;"
                " learn into a new one with --catalog"
            )
        self.settings = settings or kept or CatalogSettings()
        self.classifier: Classifier = with_own(self.settings.own_classes) if self.settings.own_classes else built_in()
        self._learnt = Learnt(self.settings.learning, store.key, self.classifier)
        self._encoded = msgspec.json.encode(self.settings)
        if self.settings != kept:
            with store.writing() as change:
                change.write_note(_SETTINGS, self._encoded)

    def _kept_settings(self) -> CatalogSettings | None:
        note = self.store.note(_SETTINGS)
        if note is None:
            return None
        try:
            return msgspec.json.decode(note, type=CatalogSettings)
        except msgspec.DecodeError as error:
            raise CatalogUnusable(f"its settings are of another version of Yett: {error}") from None

    def fresh(self) -> Learning:
        """An empty part, to be merged by `keep`; what people have split off by now is learnt apart."""
        return self._learnt.fresh(self.store.corrections())

    def learnt(self) -> Learning:
        """Everything that was learnt until now."""
        return self._learnt.all(self.store)

    def keep(self, part: Learning | None, positions: Mapping[str, tuple[Position | None, Position]]) -> None:
        """Merge a part into what was learnt, and advance the sources that it is from: (position before, now) by key.

        All of it or nothing. Raises CatalogOvertaken, CatalogUnusable.
        """
        with self.store.writing() as change:
            for before, now in positions.values():
                change.advance(now, before)
            if part is not None:
                self._learnt.keep(change, part)

    def readings(self) -> list[Reading]:
        """All descriptions that were read, older readings, too."""
        return [_reading(record) for record in self.store.descriptions()]

    def describe(self, description: Description, digest: bytes, service: str) -> None:
        """Keep what a description says."""
        now = self._clock()
        body = zlib.compress(msgspec.msgpack.encode(_Said(service, description)), 6)
        with self.store.writing() as change:
            change.describe(
                DescriptionRecord(source=description.source, digest=digest, body=body, first_read=now, last_read=now)
            )

    def catalog(self) -> Catalog:
        """The catalog as of now; computed only where something has changed since it was last asked for."""
        stamp = self.store.stamp()
        kept = self._computed(stamp)
        return kept if kept is not None else self.compute()

    def compute(self) -> Catalog:
        """Compute it, and keep the stable ids that it made, and itself."""
        corrections, known = self.store.corrections(), self.store.identities()
        stamp = self.store.stamp()
        with uncollected():
            made, changed = catalog(
                self.learnt(), self.readings(), corrections, known, self.settings, self.classifier, self._clock()
            )
        with self.store.writing() as change:
            if self.store.stamp() == stamp:  # else somebody learnt something meanwhile: right, but of a moment ago
                if changed:
                    change.identify(changed)
                after = _next(stamp) if changed else stamp
                computed = _Computed(_FORM, after, self._encoded, made)
                change.write_note(_COMPUTED, zlib.compress(msgspec.msgpack.encode(computed), 1))
        return made

    def _computed(self, stamp: str) -> Catalog | None:
        note = self.store.note(_COMPUTED)
        if note is None:
            return None
        try:
            kept = msgspec.msgpack.decode(zlib.decompress(note), type=_Computed)
        except (msgspec.DecodeError, zlib.error):  # of another version: it is computed anew
            return None
        return kept.catalog if (kept.form, kept.stamp, kept.settings) == (_FORM, stamp, self._encoded) else None

    def correct(self, corrections: Iterable[Correction]) -> list[Correction]:
        """Keep what a person decided."""
        with self.store.writing() as change:
            return [change.correct(msgspec.structs.replace(one, made=self._clock())) for one in corrections]

    def resolve(self, name: str) -> str:
        """The id that stands for an id now."""
        return resolve(name, self.store.identities())


def _next(stamp: str) -> str:
    return str(int(stamp) + 1)


def _reading(record: DescriptionRecord) -> Reading:
    try:
        said = msgspec.msgpack.decode(zlib.decompress(record.body), type=_Said)
    except (msgspec.DecodeError, zlib.error) as error:
        raise CatalogUnusable(f"{record.source}: what it declares cannot be read: {error}; observe it again") from None
    return Reading(
        description=said.description,
        service=said.service,
        current=record.current,
        first_read=record.first_read,
        last_read=record.last_read,
    )


def knowledge(path: Path, create: bool = False, settings: Path | None = None, like: Path | None = None) -> Knowledge:
    """Open a catalog's file. like: the catalog whose key a new one takes. Raises CatalogUnusable and PolicyErrors."""
    wanted = None if settings is None else read_settings(settings)
    key = None
    if like is not None:
        other = open_catalog(like)
        key = other.key
        other.close()
    store = open_catalog(path, create, key)
    try:
        return Knowledge(store, wanted)
    except BaseException:
        store.close()
        raise
