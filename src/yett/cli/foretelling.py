"""What `yett check` tells of declared names: which of them the Core Rule Set meets in every request, and the exceptions to paste.

Rules look at names in any case; a name that the contract itself declares is no caller's doing.
"""

from collections.abc import Iterable, Iterator

import msgspec

from yett.cli.patterns import pattern_cache
from yett.cli.proving import Proofs
from yett.edge.keysets import KeySets
from yett.engine.compile import compile_policy
from yett.engine.foreseeing import Foreseen, foreseen
from yett.engine.reducing import STATEFUL, watching, without
from yett.engine.snapshot import Report
from yett.model.bundle import Bundle
from yett.model.policy import Service
from yett.model.ports import Ports
from yett.store.counters.local import LocalCounters
from yett.store.keyfile import KeyRing

SETTING = "crs"
MOST_JUDGED = 2_000
"""Operations whose names are judged, in a millisecond or two each."""
MOST_TOLD = 20
"""Exceptions that are told to people; machines are told all."""


def foretold(bundle: Bundle, report: Report, proofs: Proofs) -> dict[str, list[Foreseen]]:
    """Rules that meet declared names, by service. Empty where no service has the Core Rule Set: then nothing is compiled."""
    services = {service.name: service for service in bundle.policy.services if _has_rules(service)}
    judged = [one for one in report.operations if one.service in services and one.declared is not None][:MOST_JUDGED]
    if not judged:
        return {}
    acting_nowhere = msgspec.structs.replace(bundle, policy=watching(without(bundle.policy, STATEFUL)))
    ports = Ports(
        counters=LocalCounters(),
        keys=KeyRing(bundle.keys),
        key_sets=KeySets(),
        secrets=bundle.secrets,
        files=bundle.files,
        patterns=pattern_cache(),
    )
    snapshot = compile_policy(acting_nowhere, ports)
    found: dict[str, list[Foreseen]] = {}
    for one in judged:
        said = foreseen(snapshot, _host(services[one.service]), one.operation, proofs.declared(one))
        of_rules = [each for each in said if each.rule.startswith(f"{SETTING}-")]
        if of_rules:
            found.setdefault(one.service, []).extend(of_rules)
    return found


def _has_rules(service: Service) -> bool:
    return bool(service.settings.get(SETTING)) or any(one.settings.get(SETTING) for one in service.operations.values())


def _host(service: Service) -> str:
    return service.match.hosts[0].replace("*", "any", 1) if service.match.hosts else "localhost"


def told(found: Iterable[Foreseen]) -> Iterator[str]:
    """For people, as the policy wants it."""
    entries = list(found)
    if not entries:
        return
    shown, rest = entries[:MOST_TOLD], len(entries) - MOST_TOLD
    yield "  Names that the contract declares, and rules that meet them in every request. Where they are honest, paste:"
    yield f"    {SETTING}:"
    yield "      except:"
    yield from (f"        - {one.exception}" for one in shown)
    if rest > 0:
        yield f"    and {rest} more (--json tells all)"
