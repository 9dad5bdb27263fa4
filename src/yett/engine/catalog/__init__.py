"""From what was learnt, declared and corrected to the catalog: one pure function, asked again whenever something changed.

The result is a function of its arguments: the same knowledge gives the same octets. Nothing is stored here; a correction that is
taken back leaves no trace. It must not know where anything is kept, and no clock.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from yett.engine.catalog.assembling import Judging, declared_only, operation
from yett.engine.catalog.belonging import gathered, homes
from yett.engine.catalog.claiming import claims
from yett.engine.catalog.contents import decided
from yett.engine.catalog.coverage import coverage, joined
from yett.engine.catalog.declared import Attached, Declarations, Reading, attached, pins_of
from yett.engine.catalog.drafts import Draft, drafts
from yett.engine.catalog.drifting import Contracts
from yett.engine.catalog.exposure import host_exposure
from yett.engine.catalog.identity import Nameless, identified
from yett.engine.catalog.settings import CatalogSettings, ViewSettings
from yett.engine.catalog.templates import holds, version_of, without_version
from yett.engine.classes import Classifier
from yett.engine.learning import Learning, Service
from yett.model import catalog as values
from yett.model.catalog import Catalog, CatalogOperation, Correction, Coverage, Host
from yett.model.catalog_store import Identity

__all__ = ["Catalog", "CatalogSettings", "Reading", "ViewSettings", "catalog"]


def catalog(
    learning: Learning,
    readings: Iterable[Reading],
    corrections: Iterable[Correction],
    identities: Iterable[Identity],
    settings: CatalogSettings,
    classifier: Classifier,
    now: float = 0.0,
) -> tuple[Catalog, list[Identity]]:
    """The catalog, and the identities that are new or have changed, for whoever keeps them.

    learning is left as it is. now: when new identities are made, in seconds since the Unix epoch.
    """
    corrections = list(corrections)
    home = homes(corrections)
    services = gathered({service.name: service for service in learning.services()}, home)
    declared: dict[str, list[Attached]] = {}
    for one in attached(readings, services, settings.views):
        declared.setdefault(one.service, []).append(one)
    corrected: dict[str, list[Correction]] = {}
    for correction in corrections:
        corrected.setdefault(home.get(correction.service, correction.service), []).append(correction)
    parts = [
        _Part(name, services.get(name), declared.get(name, []), corrected.get(name, []), settings)
        for name in sorted({*services, *declared})
    ]
    whole = [draft for part in parts for draft in part.drafts]
    ids, changed = identified([_nameless(draft) for draft in whole], _moved(identities, home), now)
    named = dict(zip(map(id, whole), ids, strict=True))
    found = [one for part in parts for one in part.operations(named, settings, classifier)]
    found.sort(key=lambda one: (one.service, one.template, one.method, one.named))
    summaries = tuple(part.summary(found) for part in parts)
    made = Catalog(
        operations=tuple(found),
        services=summaries,
        hosts=tuple(host for part in parts for host in part.hosts()),
        coverage=joined(part.watched for part in parts),
        settings=_flat(settings),
    )
    return msgspec.structs.replace(made, claims=tuple(claims(made))), changed


def _moved(identities: Iterable[Identity], home: Mapping[str, str]) -> Iterable[Identity]:
    """Operations keep their ids where their service has become part of another one."""
    return [msgspec.structs.replace(one, service=home[one.service]) if one.service in home else one for one in identities]


def _nameless(draft: Draft) -> Nameless:
    return Nameless(draft.service, draft.method, draft.template, draft.named, draft.count)


def _flat(settings: CatalogSettings) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(settings)
    return found


class _Part:
    """One service on its way into the catalog."""

    def __init__(
        self,
        name: str,
        service: Service | None,
        declared: Sequence[Attached],
        corrections: Sequence[Correction],
        settings: CatalogSettings,
    ) -> None:
        self.name = name
        self.service = service
        self.declarations = Declarations(declared)
        self.corrections = corrections
        self.drafts: list[Draft] = []
        if service is not None:
            self.drafts = drafts(service, settings, pins_of(declared), corrections)
        self.drafts += declared_only(name, self.declarations, self.drafts)
        self.watched = _watched(service)
        self.names = () if service is None else tuple(sorted(host for _, (host, _) in service.hosts if host))

    def operations(self, ids: Mapping[int, str], settings: CatalogSettings, classifier: Classifier) -> list[CatalogOperation]:
        siblings = self._siblings(ids)
        contracts = Contracts(settings.drift)
        declares = any(one.reading.current and one.declared.origin == "contract" for one in self.declarations.all)
        made = []
        for draft in self.drafts:
            people = decided(one for one in self.corrections if one.kind == "verdict" and _concerns(one, draft))
            judging = Judging(
                settings.views, settings.classes, classifier, self.watched, self.names, declares, people, settings.schemas
            )
            drift = contracts.drift(draft, self.declarations.of(draft.method, draft.template, draft.named, draft.apart))
            id_ = ids[id(draft)]
            made.append(operation(draft, self.declarations, judging, drift, id_, siblings.get(id_, ())))
        return made

    def _siblings(self, ids: Mapping[int, str]) -> dict[str, tuple[str, ...]]:
        """Ids of other versions of each operation that are alive."""
        groups: dict[tuple[str, str, str], dict[str, list[str]]] = {}
        for draft in self.drafts:
            version = version_of(draft.template)
            if draft.traffic is not None and draft.traffic.successes and version:
                key = (draft.method, without_version(draft.template), draft.named)
                groups.setdefault(key, {}).setdefault(version, []).append(ids[id(draft)])
        found: dict[str, tuple[str, ...]] = {}
        for versions in groups.values():
            for version, mine in versions.items():
                others = sorted(one for other, theirs in versions.items() if other != version for one in theirs)
                if others:
                    found.update((one, tuple(others)) for one in mine)
        return found

    def hosts(self) -> list[Host]:
        declared = {host for one in self.declarations.all if one.reading.current for host in one.declared.hosts}
        counts = {} if self.service is None else {host: calls for _, (host, calls) in self.service.hosts if host}
        return [
            Host(
                name=name,
                service=self.name,
                count=counts.get(name, 0),
                declared=name in declared,
                exposure=host_exposure(name)[0],
            )
            for name in sorted({*counts, *(host for host in declared if "*" not in host)})
        ]

    def summary(self, found: Iterable[CatalogOperation]) -> values.Service:
        mine = [one for one in found if one.service == self.name]
        exposures = {one.exposure for one in mine}
        return values.Service(
            name=self.name,
            hosts=self.names,
            operations=len(mine),
            count=sum(one.count for one in mine),
            first_seen=self.watched.first_seen,
            last_seen=self.watched.last_seen,
            exposure=next((one for one in _WIDEST if one in exposures), "unknown"),
            versions=tuple(sorted({one.version for one in mine if one.version})),
            sources=tuple(sorted({one.reading.description.source for one in self.declarations.all if one.reading.current})),
            set_aside=_set_aside(self.service),
            coverage=self.watched,
        )


_WIDEST: tuple[values.Exposure, ...] = ("public", "partner", "internal")


def _concerns(correction: Correction, draft: Draft) -> bool:
    return (
        holds(correction.template, draft.template)
        and correction.method in ("", draft.method)
        and correction.named in ("", draft.named)
    )


def _watched(service: Service | None) -> Coverage:
    """What was seen of the whole service, answered or not."""
    if service is None:
        return coverage(0, 0, float("inf"), float("-inf"), {}, {})
    seen = []
    for _, _, _, traffic in (*service.proven(), *service.refused.leaves()):
        seen.append(coverage(traffic.count, traffic.records, traffic.first, traffic.last, traffic.sensors, traffic.coverage))
    return joined(seen)


def _set_aside(service: Service | None) -> dict[str, int]:
    if service is None:
        return {}
    refused = sum(traffic.count for _, _, _, traffic in service.refused.leaves())
    found = {
        "not there, or refused before it was known": refused,
        "answered as everything is answered": service.soft(),
        "CORS preflights": service.preflights,
    }
    return {name: count for name, count in found.items() if count}
