"""A policy with something left out, so that it can be tried on recordings: without what needs state or keys, or only recording.

Pure: a policy in, a policy out, and a list of what is not judged any more. It must not know recordings.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from yett.engine.settings import choose
from yett.model.decision import Mode
from yett.model.operation import Operation
from yett.model.policy import ContractUse, OperationPolicy, Policy, Service, Setting

LIMITS = frozenset(("limits",))
"""Settings whose guards count over time."""

STATEFUL = LIMITS | {"authenticate", "require"}
"""Settings whose guards need counters, or key material and what follows from it: who calls."""

_ANYBODY = "anonymous"
_SECURITY = "contract-request"


def without(policy: Policy, settings: frozenset[str]) -> Policy:
    """The policy without these settings of guards. Without authentication, no scopes of a contract are required either."""
    changed = msgspec.structs.replace(policy, services=tuple(_service(one, settings) for one in policy.services))
    return msgspec.structs.replace(changed, keys=None) if "authenticate" in settings else changed


def _service(service: Service, settings: frozenset[str]) -> Service:
    operations = {
        key: msgspec.structs.replace(one, settings=_kept(one.settings, settings)) for key, one in service.operations.items()
    }
    return msgspec.structs.replace(service, settings=_kept(service.settings, settings), operations=operations)


def _kept(said: Setting, settings: frozenset[str]) -> Setting:
    kept = {key: value for key, value in said.items() if key not in settings}
    if "authenticate" in settings and _honours(kept.get("contract")):
        kept["contract"] = {**kept["contract"], "security": "ignore"}
    return kept


def _honours(contract: Any) -> bool:
    return isinstance(contract, dict) and contract.get("security") == "honour"


def watching(policy: Policy) -> Policy:
    """The same policy, acting nowhere: every rule is evaluated and recorded, none ends an exchange."""

    def watched(service: Service) -> Service:
        operations = {key: msgspec.structs.replace(one, mode=None) for key, one in service.operations.items()}
        return msgspec.structs.replace(service, mode=Mode.MONITOR, operations=operations)

    return msgspec.structs.replace(policy, services=tuple(map(watched, policy.services)))


def with_contract(policy: Policy, file: str) -> Policy:
    """The policy of one service with another contract. Raises ValueError where there are several services."""
    if len(policy.services) != 1:
        names = ", ".join(service.name for service in policy.services)
        raise ValueError(f"the policy has several services ({names}), and it is not said which of them the contract is for")
    service = policy.services[0]
    said = service.settings.get("contract")
    settings = {**service.settings, "contract": {**(said if isinstance(said, dict) else {}), "file": file}}
    changed = msgspec.structs.replace(service, contract=ContractUse(file=file), settings=settings)
    return msgspec.structs.replace(policy, services=(changed,))


class LeftOut:
    """Which rules `without` leaves out of which operations."""

    def __init__(self, policy: Policy, settings: frozenset[str]) -> None:
        self._services = {service.name: service for service in policy.services}
        self._settings = settings
        self._known: dict[Operation, tuple[str, ...]] = {}

    def of(self, operation: Operation) -> tuple[str, ...]:
        """Rule ids, each once."""
        found = self._known.get(operation)
        if found is None:
            service = self._services[operation.service]
            override = _override(service.operations, operation)
            settings = service.settings if override is None else {**service.settings, **override.settings}
            found = self._known[operation] = tuple(dict.fromkeys(_rules(settings, self._settings)))
        return found


def _override(operations: Mapping[str, OperationPolicy], operation: Operation) -> OperationPolicy | None:
    """The policy's word on an operation: by its id, or by method and template, with or without prefix and base path."""
    if operation.id in operations:
        return operations[operation.id]
    for key, one in operations.items():
        method, _, template = key.partition(" ")
        if template and method == operation.method and operation.template.endswith(template):
            return one
    return None


def _rules(said: Setting, settings: Iterable[str]) -> Iterable[str]:
    for key in sorted(settings):
        for chosen in choose(key, said.get(key), "", _unheard):
            if chosen.guard.rule.entry != _ANYBODY:
                yield chosen.guard.rule.id
    if "authenticate" in settings and _honours(said.get("contract")):
        yield _SECURITY


def _unheard(pointer: str, message: str, hint: str) -> None:
    """For a policy whose mistakes were reported before."""
