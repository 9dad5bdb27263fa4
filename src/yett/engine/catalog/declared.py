"""Which service a description speaks of, and which operations its declarations are.

By name and host where these agree; else by evidence: contracts are often written for another host than the one that was watched, so
a description belongs to the service most of whose accepted calls its templates hold. It must not know how files are read.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from yett.engine.catalog.pins import Pin, Rank, Templates
from yett.engine.catalog.settings import ViewSettings
from yett.engine.catalog.templates import segments, shape
from yett.engine.learning.service import Service
from yett.formats.descriptions import Declared, Description
from yett.model.catalog import Declaration, Reason

RANKS = {"contract": Rank.CONTRACT, "gateway": Rank.GATEWAY}


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One reading of a description. service: where somebody said whose it is. current: no newer reading of the same source."""

    description: Description
    service: str = ""
    current: bool = True
    first_read: float = 0.0
    last_read: float = 0.0


class Attached(msgspec.Struct, frozen=True):
    """A declaration with the service that it is of, and why that one."""

    declared: Declared
    reading: Reading
    service: str
    reason: Reason


def attached(readings: Iterable[Reading], services: Mapping[str, Service], settings: ViewSettings) -> list[Attached]:
    """Every declaration of every reading with its service, which may be one that nothing was seen of."""
    hosts = {name: _hosts(service) for name, service in services.items()}
    found: list[Attached] = []
    for reading in readings:
        groups: dict[tuple[str, tuple[str, ...]], list[Declared]] = {}
        for one in reading.description.declared:
            groups.setdefault((one.service, one.hosts), []).append(one)
        for (name, declared_hosts), declared in groups.items():
            for service, reason in _services(reading, name, declared_hosts, declared, services, hosts, settings):
                found += [Attached(one, reading, service, reason) for one in declared]
    return found


def _services(
    reading: Reading,
    name: str,
    declared_hosts: tuple[str, ...],
    declared: list[Declared],
    services: Mapping[str, Service],
    hosts: Mapping[str, frozenset[str]],
    settings: ViewSettings,
) -> Iterator[tuple[str, Reason]]:
    def reason(text: str, **numbers: float) -> Reason:
        return Reason(about="service", text=f"{reading.description.source}: {text}", numbers=dict(numbers))

    if reading.service:
        yield reading.service, reason("whoever read it named the service")
        return
    if name in services:
        yield name, reason("it names the service")
        return
    by_host = sorted(
        service
        for service, names in hosts.items()
        if any(host_matches(pattern, host) for pattern in declared_hosts for host in (service, *names))
    )
    if by_host:
        yield from ((service, reason("it names a host of the service")) for service in by_host)
        return
    best = max(((_evidence(declared, service), service.name) for service in services.values()), default=None)
    if best is not None:
        (share, operations), service_name = best
        wanted = min(settings.attach_operations, len(declared))
        if share >= settings.attach_ratio and operations >= wanted:
            text = "its templates hold most of what the service accepted"
            numbers = {"share": round(share, 4), "attach_ratio": settings.attach_ratio, "operations": operations}
            yield service_name, reason(text, **numbers, attach_operations=settings.attach_operations)
            return
    own = declared_hosts[0] if declared_hosts else name or reading.description.title or _file(reading.description.source)
    yield own, reason("nothing that was seen is this service's")


def _file(source: str) -> str:
    return source.replace("\\", "/").rpartition("/")[2]


def _hosts(service: Service) -> frozenset[str]:
    return frozenset(host for _, (host, _) in service.hosts if host)


def host_matches(pattern: str, host: str) -> bool:
    """pattern: a host, or "*.example.org" for all names below."""
    return host == pattern or (pattern.startswith("*.") and host.endswith(pattern[1:]) and len(host) > len(pattern) - 1)


def _evidence(declared: list[Declared], service: Service) -> tuple[float, int]:
    """(share of the service's accepted calls that the declarations hold, how many declarations were called)."""
    templates: Templates[Declared] = Templates()
    for one in declared:
        if one.pattern in ("template", "exact") and any(part and "{" not in part for part in segments(one.path)):
            templates.add(one.path, one)
    total = inside = 0
    called: set[str] = set()
    for labels, method, _, traffic in service.answered.leaves():
        accepted = traffic.successes
        total += accepted
        for one in templates.find("/" + "/".join(labels)):
            if one.method in ("", method):
                inside += accepted
                called.add(f"{one.method} {one.path}")
                break
    return (inside / total if total else 0.0), len(called)


def pins_of(declared: Iterable[Attached]) -> list[Pin]:
    """The templates that these declarations say, of current readings only. What a gateway does with a prefix is no template."""
    return [
        Pin(one.declared.path, RANKS[one.declared.origin], one.declared.method)
        for one in declared
        if one.reading.current and one.declared.pattern in ("template", "exact") and one.declared.path
    ]


def declaration(one: Attached) -> Declaration:
    declared = one.declared
    return Declaration(
        source=declared.source or one.reading.description.source,
        place=declared.place,
        kind=declared.kind,
        origin=declared.origin,
        method=declared.method,
        template=declared.path,
        pattern=declared.pattern,
        operation_id=declared.operation_id,
        deprecated=declared.deprecated,
        current=one.reading.current,
        version=declared.version or one.reading.description.version,
        security=declared.security,
    )


class Declarations:
    """The declarations of one service, by what they hold."""

    def __init__(self, declared: Sequence[Attached]) -> None:
        self._templates: Templates[Attached] = Templates()
        self._named: dict[str, list[Attached]] = {}
        self.all = declared
        for one in declared:
            if one.declared.named and not one.declared.path:
                self._named.setdefault(one.declared.named, []).append(one)
            elif one.declared.pattern in ("template", "exact"):
                self._templates.add(one.declared.path, one)

    def of(self, method: str, template: str, named: str, exact: bool = False) -> list[Attached]:
        """Those that declare this operation, each of the most specific templates that do; current ones first.

        exact: only those with this very template, whatever its parameters are called.
        """
        found = list(self._named.get(named, ())) if named else []
        best = ""
        for one in self._templates.find(template):
            declared = one.declared
            if declared.method not in ("", method) or (declared.named and declared.named != named):
                continue
            same = shape(declared.path)
            if exact and same != shape(template):
                continue
            if not best and one.reading.current:
                best = same
            if best in ("", same):
                found.append(one)
        return sorted(found, key=lambda one: (not one.reading.current, one.reading.description.source, one.declared.place))

    def routes(self, template: str) -> list[Attached]:
        """Prefixes of gateways that let it through."""
        return [
            one
            for one in self.all
            if one.declared.origin == "gateway" and one.declared.pattern == "prefix" and _begins(template, one.declared)
        ]


def _begins(template: str, declared: Declared) -> bool:
    prefix = declared.path
    if not template.startswith(prefix):
        return False
    return not declared.whole or prefix.endswith("/") or template[len(prefix) : len(prefix) + 1] in ("", "/")
