"""The catalog as claims: who says what of each operation, how sure, since when, on how many exchanges. What `why` prints.

It must not know how anything was learnt.
"""

from collections.abc import Iterator

from yett.model.catalog import Catalog, CatalogOperation
from yett.model.claim import Claim, Source, Value

_SOURCES = {"person": Source.PERSON, "code": Source.CODE, "gateway": Source.GATEWAY, "contract": Source.CONTRACT}


def claims(made: Catalog) -> Iterator[Claim]:
    """All claims, in the order of operations."""
    for one in made.operations:
        yield from _of(one)
    for host in made.hosts:
        yield Claim(
            subject=f"host:{host.name}",
            predicate="service",
            value=host.service,
            source=Source.CONTRACT if host.declared else Source.TRAFFIC,
            count=host.count,
        )


def _of(one: CatalogOperation) -> Iterator[Claim]:
    sensors = ", ".join(one.coverage.sensors)

    def claim(predicate: str, value: Value, source: Source, **more: object) -> Claim:
        given: dict[str, object] = {"origin": sensors if source is Source.TRAFFIC else "", "count": one.count} | more
        return Claim(
            subject=one.id,
            predicate=predicate,
            value=value,
            source=source,
            first_seen=one.first_seen,
            last_seen=one.last_seen,
            **given,  # type: ignore[arg-type]
        )

    reason = next((why.text for why in one.reasons if why.about == "template"), "")
    yield claim("template", one.template, _SOURCES.get(one.template_from, Source.TRAFFIC), reason=reason)
    for said in one.declared:
        origin = f"{said.source} {said.place}".strip()
        source = Source.GATEWAY if said.origin == "gateway" else Source.CONTRACT
        yield claim("declared" if said.current else "removed", said.template, source, origin=origin, count=1)
        if said.deprecated and said.current:
            yield claim("deprecated", True, source, origin=origin, count=1)
    for status, count in one.statuses.items():
        yield claim(f"status.{status}", count, Source.TRAFFIC, count=count)
    if one.authentication.ratio is not None:
        ratio, successes = one.authentication.ratio, one.authentication.successes
        yield claim("authentication.ratio", ratio, Source.TRAFFIC, count=successes)
    for scheme, count in one.authentication.schemes.items():
        yield claim("authentication.scheme", scheme, Source.TRAFFIC, count=count)
    for found in one.classes:
        source = Source.PERSON if found.by == "person" else Source.TRAFFIC
        text = f"{found.ratio:.0%} of {found.distinct} different values"
        yield claim(f"class {found.place}", found.name, source, confidence=found.ratio, reason=text, count=found.distinct)
    for why in one.reasons:
        if why.about.startswith(("view:", "function:")):
            predicate, _, value = why.about.partition(":")
            yield claim(predicate, value, Source.TRAFFIC, reason=why.text)
        elif why.about == "exposure":
            yield claim("exposure", one.exposure, Source.TRAFFIC, reason=why.text)
