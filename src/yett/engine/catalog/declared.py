"""Which service a description speaks of, and which operations its declarations are.

By name and host where these agree; else by evidence: contracts are often written for another host than the one that was watched, so
a description belongs to the service most of whose accepted calls its templates hold. It must not know how files are read.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from yett.engine.catalog.mounting import Calls, Fit, calls_of, fit
from yett.engine.catalog.pins import Pin, Rank, Templates
from yett.engine.catalog.settings import ViewSettings
from yett.engine.catalog.templates import shape
from yett.engine.learning.service import Service
from yett.formats.descriptions import Declared, Description
from yett.model.catalog import Declaration, Reason

OTHERS = 3
"""Services that are named, of those that a description would fit as well."""

RANKS = {"contract": Rank.CONTRACT, "gateway": Rank.GATEWAY}


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One reading of a description. service: where somebody said whose it is. current: no newer reading of the same source."""

    description: Description
    service: str = ""
    current: bool = True
    first_read: float = 0.0
    last_read: float = 0.0


class Attached(msgspec.Struct, frozen=True):
    """A declaration with the service that it is of, and why that one. written: its path as the description has it, where another
    prefix was found; unsure: several were, and none was taken."""

    declared: Declared
    reading: Reading
    service: str
    reason: Reason
    written: str = ""
    unsure: bool = False


def attached(readings: Iterable[Reading], services: Mapping[str, Service], settings: ViewSettings) -> list[Attached]:
    """Every declaration of every reading with its service, which may be one that nothing was seen of."""
    estate = _Estate(services, settings)
    found: list[Attached] = []
    for reading in readings:
        groups: dict[tuple[str, tuple[str, ...]], list[Declared]] = {}
        for one in reading.description.declared:
            groups.setdefault((one.service, one.hosts), []).append(one)
        for (name, hosts), declared in groups.items():
            for service, text, fitting in estate.homes(reading, name, hosts, declared):
                found += _placed(declared, reading, service, text, fitting)
    return found


def _placed(declared: list[Declared], reading: Reading, service: str, text: str, fitting: Fit) -> Iterator[Attached]:
    """Each declaration at its service, below the prefix that was found for it."""
    said = "; ".join(filter(None, (f"{reading.description.source}: {text}", fitting.text)))
    reason = Reason(about="service", text=said, numbers=fitting.numbers)
    placed: set[tuple[str, str, str, str]] = set()
    for one in declared:
        if fitting.base is None or one.kind != "rest" or one.origin != "contract":
            yield Attached(one, reading, service, reason, unsure=fitting.unsure)
            continue
        key = (one.method, one.template, one.named, one.pattern)
        if key not in placed:  # it stands once for each base that was declared
            placed.add(key)
            yield Attached(msgspec.structs.replace(one, base=fitting.base), reading, service, reason, one.path)


class _Estate:
    """Everything that was seen, as far as descriptions are held against it."""

    def __init__(self, services: Mapping[str, Service], settings: ViewSettings) -> None:
        self._services = services
        self._settings = settings
        self._hosts = {name: _hosts(service) for name, service in services.items()}
        self._calls: dict[str, list[Calls]] = {}

    def homes(
        self, reading: Reading, name: str, hosts: tuple[str, ...], declared: list[Declared]
    ) -> Iterator[tuple[str, str, Fit]]:
        """(service, why, how they fit) of declarations with that service's name and those hosts."""
        if reading.service:
            yield reading.service, "whoever read it named the service", self._fit(declared, reading.service)
            return
        if name in self._services:
            yield name, "it names the service", self._fit(declared, name)
            return
        by_host = sorted(
            service
            for service, names in self._hosts.items()
            if any(host_matches(pattern, host) for pattern in hosts for host in (service, *names))
        )
        if by_host:
            yield from ((service, "it names a host of the service", self._fit(declared, service)) for service in by_host)
            return
        found = self._by_evidence(declared)
        if found is None:
            own = hosts[0] if hosts else name or reading.description.title or _file(reading.description.source)
            yield own, "nothing that was seen is this service's", Fit(share=0.0, operations=0)
        else:
            yield found

    def _by_evidence(self, declared: list[Declared]) -> tuple[str, str, Fit] | None:
        """The service most of whose accepted calls they hold; others that they would fit as well are told."""
        settings = self._settings
        wanted = min(settings.attach_operations, len(declared))
        fits = [(name, self._fit(declared, name)) for name in self._services]
        fits = [(name, one) for name, one in fits if one.share >= settings.attach_ratio and one.operations >= wanted]
        if not fits:
            return None
        fits.sort(key=lambda one: (one[1].share, one[1].operations, one[0]), reverse=True)
        (name, best), *others = fits
        numbers: dict[str, int | float | str] = {
            "share": round(best.share, 4),
            "attach_ratio": settings.attach_ratio,
            "operations": best.operations,
            "attach_operations": settings.attach_operations,
        }
        text = "its templates hold most of what the service accepted"
        if others:
            more = f" and {len(others) - OTHERS} more" if len(others) > OTHERS else ""
            text += f", and of {', '.join(other for other, _ in others[:OTHERS])}{more}, too; --service says whose it is"
        return name, text, msgspec.structs.replace(best, numbers={**numbers, **best.numbers})

    def _fit(self, declared: list[Declared], name: str) -> Fit:
        service = self._services.get(name)
        if service is None:
            return Fit(share=0.0, operations=0)
        if name not in self._calls:
            self._calls[name] = calls_of(service)
        return fit(declared, self._calls[name], self._settings)


def _file(source: str) -> str:
    return source.replace("\\", "/").rpartition("/")[2]


def _hosts(service: Service) -> frozenset[str]:
    return frozenset(host for _, (host, _) in service.hosts if host)


def host_matches(pattern: str, host: str) -> bool:
    """pattern: a host, or "*.example.org" for all names below."""
    return host == pattern or (pattern.startswith("*.") and host.endswith(pattern[1:]) and len(host) > len(pattern) - 1)


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
