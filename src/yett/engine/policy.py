"""The tree that the owner wrote, as a `Policy`: every mistake with its place and, where there is one, what was meant.

It reads nothing: the tree and its positions come from `yett.formats.yaml`, contracts from the rim. Which settings guards
know is asked of the guards.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from yett.engine.convert import Report, check, escape, similar
from yett.engine.meaning import check_meaning
from yett.engine.settings import Chosen, Needs, by_setting, choose
from yett.model.policy import ContractUse, OperationPolicy, Policy, Service
from yett.rules.registry import guards

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"})
"""What an operation may be declared with. CONNECT and TRACE are always refused."""

CONTRACT_OWN = tuple(field.encode_name for field in msgspec.structs.fields(ContractUse))
"""Keys of `contract:` that are the engine's; the others are guards'."""

_ENGINE: dict[type, list[str]] = {
    Service: [field.encode_name for field in msgspec.structs.fields(Service) if field.name not in ("name", "settings")],
    OperationPolicy: [field.encode_name for field in msgspec.structs.fields(OperationPolicy) if field.name != "settings"],
}

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def setting_keys() -> list[str]:
    """The keys at service and operation level that are guards'."""
    return sorted(key for key in by_setting() if key)


def read_policy(tree: Any, report: Report) -> Policy | None:
    """The policy that `tree` says, or None after everything wrong in it was reported."""
    mistakes = 0

    def counted(pointer: str, message: str, hint: str) -> None:
        nonlocal mistakes
        mistakes += 1
        report(pointer, message, hint)

    if not isinstance(tree, dict):
        counted("", "a policy is a mapping", "begin with: version: 1")
        return None
    services = _services(tree.get("services"), counted) if "services" in tree else []
    plain = {**tree, "services": [{"name": "x", "upstream": {"targets": ["http://x"]}}]} if "services" in tree else tree
    check(plain, Policy, "", counted)
    if mistakes:
        return None
    policy = msgspec.convert({**tree, "services": services}, Policy)
    check_meaning(policy, counted)
    return policy if not mistakes else None


def _unheard(pointer: str, message: str, hint: str) -> None:
    """For a policy whose mistakes were reported before."""


def needs(policy: Policy) -> Needs:
    """What the guards' options of a good policy name that must be read from outside."""
    found = Needs()
    for service in policy.services:
        pointer = f"/services/{escape(service.name)}"
        for one in chosen(service.settings, pointer, _unheard, CONTRACT_OWN):
            found.collect(one.options, one.pointer)
        for key, operation in service.operations.items():
            for one in chosen(operation.settings, f"{pointer}/operations/{escape(key)}", _unheard):
                found.collect(one.options, one.pointer)
    return found


def _services(tree: Any, report: Report) -> list[dict[str, Any]]:
    if not isinstance(tree, dict) or not tree:
        report("/services", "expected a mapping of names to services", "services: {shop: {upstream: {targets: [...]}}}")
        return []
    for name in tree:
        if not _NAME.fullmatch(name):
            report(f"/services/{escape(name)}#", "not a name for a service", "letters, digits, '.', '_' and '-', at most 64")
    return [_service(name, value, f"/services/{escape(name)}", report) for name, value in tree.items()]


def _service(name: str, tree: Any, pointer: str, report: Report) -> dict[str, Any]:
    if not isinstance(tree, dict):
        report(pointer, "expected a mapping", "a service needs at least an upstream")
        return {}
    plain, settings = _split(tree, Service, pointer, report)
    operations = plain.pop("operations", None) or {}
    contract = tree.get("contract")
    if isinstance(contract, dict):
        plain["contract"] = {key: value for key, value in contract.items() if key in CONTRACT_OWN}
    check({"name": name, **plain}, Service, pointer, report)
    _check_rules(plain.get("rules"), pointer, report)
    for _ in chosen(settings, pointer, report, CONTRACT_OWN):
        pass
    return {
        "name": name,
        **plain,
        "settings": settings,
        "operations": _operations(operations, f"{pointer}/operations", report),
    }


def _operations(tree: Any, pointer: str, report: Report) -> dict[str, Any]:
    if not isinstance(tree, dict):
        report(pointer, "expected a mapping", 'keys are operation ids or "METHOD /template"')
        return {}
    return {key: _operation(value, f"{pointer}/{escape(key)}", report) for key, value in tree.items()}


def _operation(tree: Any, pointer: str, report: Report) -> dict[str, Any]:
    if tree is None:
        tree = {}
    if not isinstance(tree, dict):
        report(pointer, "expected a mapping", "")
        return {}
    plain, settings = _split(tree, OperationPolicy, pointer, report)
    check(plain, OperationPolicy, pointer, report)
    _check_rules(plain.get("rules"), pointer, report)
    for _ in chosen(settings, pointer, report):
        pass
    return {**plain, "settings": settings}


def _split(tree: dict[str, Any], struct: type, pointer: str, report: Report) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is the engine's and what is guards'. A key that nobody knows is reported."""
    plain: dict[str, Any] = {}
    settings: dict[str, Any] = {}
    keys = setting_keys()
    for key, value in tree.items():
        if key in keys:
            settings[key] = value
        if key in _ENGINE[struct]:
            plain[key] = value
        elif key not in keys:
            report(f"{pointer}/{escape(key)}#", f"unknown key {key!r}", similar(key, _ENGINE[struct] + keys))
    return plain, settings


def _check_rules(tree: Any, pointer: str, report: Report) -> None:
    if isinstance(tree, dict):
        for rule in tree:
            if rule not in guards():
                report(f"{pointer}/rules/{escape(rule)}#", f"there is no rule {rule!r}", similar(rule, sorted(guards())))


def chosen(settings: dict[str, Any], pointer: str, report: Report, own: tuple[str, ...] = ()) -> Iterator[Chosen]:
    """The guards that these settings turn on, in the order written. own: keys of `contract` that are not guards'."""
    for key, value in settings.items():
        yield from choose(key, value, f"{pointer}/{escape(key)}", report, own if key == "contract" else ())
