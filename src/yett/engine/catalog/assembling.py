"""Drafts to operations of the catalog: everything that is known of each, with views, reasons and coverage.

It must not know where learning, descriptions and corrections are kept.
"""

import math
from collections.abc import Iterable

import msgspec

from yett.engine.catalog import contents
from yett.engine.catalog.coverage import coverage
from yett.engine.catalog.declared import Attached, Declarations, declaration
from yett.engine.catalog.drafts import Draft
from yett.engine.catalog.exposure import exposure
from yett.engine.catalog.functions import functions
from yett.engine.catalog.settings import ViewSettings
from yett.engine.catalog.templates import version_of
from yett.engine.catalog.views import Life, views
from yett.engine.classes import Classifier
from yett.engine.learning.schemas import SchemaSettings
from yett.engine.verdicts import ClassSettings
from yett.model.catalog import Authentication, CatalogOperation, Coverage, Declaration, Drift, Reason

MEMBERS = 100
"""Raw paths that an operation shows; all that are kept are in the store."""


class Judging(msgspec.Struct, frozen=True):
    """What is needed to judge one operation, beside itself. watched: what was seen of its whole service; hosts: of the service;
    declares: whether anything current is declared for it; people: verdicts on data classes."""

    settings: ViewSettings
    class_settings: ClassSettings
    classifier: Classifier
    watched: Coverage
    hosts: tuple[str, ...]
    declares: bool
    people: contents.Decided
    schemas: SchemaSettings = SchemaSettings()


class _Gathered(msgspec.Struct, frozen=True):
    """What several parts of an operation are computed from."""

    authentication: Authentication
    coverage: Coverage
    facts: dict[str, object]
    consumers: int
    accepted: int
    refused: int


def operation(
    draft: Draft, declared: Declarations, judging: Judging, drift: tuple[Drift, ...], id_: str, siblings: tuple[str, ...]
) -> CatalogOperation:
    """One operation, whole. id_, siblings: see `CatalogOperation`; drift: what `yett.engine.drift` found."""
    gathered = _gathered(draft, judging.settings)
    found = declared.of(draft.method, draft.template, draft.named, draft.apart)
    declarations = tuple(map(declaration, found))
    told = views(_life(gathered, declarations, judging, drift, siblings), judging.settings)
    asked, answered = contents.field_names(draft)
    purpose = functions(draft.method, draft.template, draft.named, asked, answered)
    origins = gathered.facts.get("origins")
    reach, why = exposure(
        judging.hosts,
        draft.template,
        origins if isinstance(origins, dict) else {},
        gathered.authentication,
        gathered.consumers,
        judging.settings,
    )
    classes = contents.classes(draft, judging.classifier, judging.class_settings, judging.people)
    reasons = [*draft.reasons, *_attachment(found), *told.values(), *purpose.values(), why, *_routes(declared, draft.template)]
    if "shadow" in told:
        reasons += _attachment(one for one in declared.all if one.unsure)
    paths, path_count = _members(draft)
    current = [one for one in declarations if one.current]
    received = tuple(sorted({one.name for one in classes if one.place.startswith(("response.2", "response.3"))}))
    traffic = draft.traffic
    consumers = () if traffic is None else traffic.access.consumers()
    return CatalogOperation(
        id=id_,
        service=draft.service,
        method=draft.method,
        template=draft.template,
        count=draft.count,
        first_seen=gathered.coverage.first_seen,
        last_seen=gathered.coverage.last_seen,
        statuses={} if traffic is None else {str(status): count for status, count in sorted(traffic.statuses.items())},
        authentication=gathered.authentication,
        views=tuple(told),
        classes=classes,
        reasons=tuple(reasons),
        coverage=gathered.coverage,
        kind=_kind(draft.named, current),
        named=draft.named,
        title=draft.title,
        hosts=judging.hosts,
        version=version_of(draft.template) or next((one.version for one in current if one.version), ""),
        template_from=draft.template_from,
        accepted=gathered.accepted,
        deprecated="deprecated" in told,
        exposure=reach,
        functions=tuple(purpose),
        declared=declarations,
        drift=drift,
        parameters=contents.parameters(draft, judging.schemas),
        requests=contents.requests(draft, judging.schemas),
        responses=contents.responses(draft, judging.schemas),
        consumers=tuple(msgspec.structs.replace(one, receives=received) for one in consumers),
        consumer_count=gathered.consumers,
        siblings=siblings,
        members=paths,
        member_count=path_count,
        facts={**gathered.facts, **_sizes(draft)},
    )


def _gathered(draft: Draft, settings: ViewSettings) -> _Gathered:
    traffic = draft.traffic
    if traffic is None:
        seen = coverage(draft.cut, 0, math.inf, -math.inf, {}, {})
        return _Gathered(Authentication(), seen, {}, 0, 0, 0)
    access = traffic.access
    seen = coverage(draft.count, traffic.records, traffic.first, traffic.last, traffic.sensors, traffic.coverage)
    refused = sum(counts[3] for name, counts in access.schemes.items() if name not in ("none", "unknown"))
    return _Gathered(
        access.authentication(settings.consistent),
        seen,
        access.facts(),
        access.consumer_count(),
        traffic.successes + (traffic.statuses.get(0, 0) if not traffic.coverage.get("status") else 0),
        refused,
    )


def _life(
    gathered: _Gathered,
    declared: tuple[Declaration, ...],
    judging: Judging,
    drift: tuple[Drift, ...],
    siblings: tuple[str, ...],
) -> Life:
    sunset = gathered.facts.get("sunset")
    return Life(
        accepted=gathered.accepted,
        refused=gathered.refused,
        last_seen=gathered.coverage.last_seen,
        declared=tuple(one for one in declared if one.pattern in ("template", "exact")),
        service_declares=judging.declares,
        service=judging.watched,
        drift=drift,
        sunset=sunset if isinstance(sunset, float) else None,
        noted=bool(gathered.facts.get("deprecation")),
        siblings=len(siblings),
    )


def _attachment(found: Iterable[Attached]) -> list[Reason]:
    """Why its descriptions are taken to be its own, once for each source."""
    reasons: dict[str, Reason] = {}
    for one in found:
        if one.reading.current:
            reasons.setdefault(one.reading.description.source, one.reason)
    return list(reasons.values())


def _routes(declared: Declarations, template: str) -> list[Reason]:
    found: dict[str, Reason] = {}
    for one in declared.routes(template):
        if one.reading.current:
            text = (
                f"{one.reading.description.source} {one.declared.place}: paths that begin with {one.declared.path} go through"
            )
            found.setdefault(text, Reason(about="route", text=text))
    return list(found.values())


def _members(draft: Draft) -> tuple[dict[str, int], int]:
    """Some raw paths with their calls, those with the most, and how many there are."""
    paths: dict[str, int] = {}
    count = 0
    if draft.traffic is not None:
        paths = dict(draft.traffic.members)
        count = draft.traffic.members.distinct
    for path, calls in draft.members.items():
        if calls:
            paths[path] = paths.get(path, 0) + calls
            count += 1
        elif paths.pop(path, None) is not None:
            count -= 1
    shown = sorted(paths.items(), key=lambda one: (-one[1], one[0]))[:MEMBERS]
    return dict(shown), count


def _kind(named: str, declared: Iterable[Declaration]) -> str:
    return named.partition(" ")[0] if named else next((one.kind for one in declared if one.origin == "contract"), "rest")


def _sizes(draft: Draft) -> dict[str, object]:
    """Quantiles of durations in seconds and of sizes of answers in bytes, to three digits."""
    if draft.traffic is None:
        return {}
    found: dict[str, object] = {}
    for name, bins in (("duration", draft.traffic.durations), ("response_size", draft.traffic.sizes)):
        if bins.count:
            found[name] = {f"p{share:g}": float(f"{bins.quantile(share / 100):.3g}") for share in (50, 95, 99)}
    return found


def declared_only(service: str, declared: Declarations, known: Iterable[Draft]) -> list[Draft]:
    """Drafts of what is declared now, by a contract, and was never seen."""
    seen = {id(one) for draft in known for one in declared.of(draft.method, draft.template, draft.named, draft.apart)}
    found: dict[tuple[str, str, str], Draft] = {}
    for one in declared.all:
        said = one.declared
        if id(one) in seen or not one.reading.current or said.origin != "contract" or said.pattern not in ("template", "exact"):
            continue
        method = said.method or "*"
        made = found.setdefault((method, said.path, said.named), Draft(service, method, said.path, said.named))
        made.template_from = "contract"
    return list(found.values())
