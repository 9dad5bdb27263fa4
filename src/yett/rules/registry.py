"""Finds the rules: built-in ones by walking the package, third parties' by entry points of the same shape.

A family is a package below `yett.rules`; its entry point group is "yett.<family>". Nothing is registered by hand.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any

import msgspec

from yett.model.classes import DataClass
from yett.model.rule import AttackRule, CheckRule, Prepared, Rule, Scope
from yett.rules.checking.issue import Issue
from yett.rules.inspection.signature import Signature, Structure


class Guard(msgspec.Struct, frozen=True):
    """One discovered guard. `options` is the Struct that its part of the policy is converted to."""

    rule: Rule
    options: type[msgspec.Struct]
    prepare: Callable[[Any, Scope], Prepared]
    manual: str


class Attack(msgspec.Struct, frozen=True):
    """One discovered attack rule."""

    rule: AttackRule
    signatures: tuple[Signature | Structure, ...]
    manual: str


class Check(msgspec.Struct, frozen=True):
    """One discovered check. judge: with what is judged and its settings. settings: the Struct of numbers that decide, or None."""

    rule: CheckRule
    judge: Callable[[Any, Any], Iterator[Issue]]
    settings: type[msgspec.Struct] | None
    manual: str


class RuleError(Exception):
    """A rule's module has not the shape of its family: which module, and what is missing."""


def _modules(family: str) -> list[ModuleType]:
    package = importlib.import_module(f"yett.rules.{family}")
    names = sorted(info.name for info in pkgutil.iter_modules(package.__path__) if not info.name.startswith("_"))
    own = [importlib.import_module(f"{package.__name__}.{name}") for name in names]
    others = [point.load() for point in sorted(entry_points(group=f"yett.{family}"), key=lambda point: point.name)]
    return own + others


def as_guard(module: ModuleType) -> Guard:
    """Read one guard out of its module. Raises RuleError."""
    missing = [name for name in ("RULE", "Options", "prepare", "__doc__") if not getattr(module, name, None)]
    if missing:
        raise RuleError(f"{module.__name__}: a guard's module needs {', '.join(missing)}")
    return Guard(module.RULE, module.Options, module.prepare, (module.__doc__ or "").strip())


@cache
def guards() -> dict[str, Guard]:
    """All guards by rule id. Raises RuleError for a module of the wrong shape or an id that stands twice."""
    found: dict[str, Guard] = {}
    for module in _modules("guards"):
        guard = as_guard(module)
        if guard.rule.id in found:
            raise RuleError(f"{module.__name__}: the rule id {guard.rule.id!r} is already taken")
        found[guard.rule.id] = guard
    return found


def as_attack(module: ModuleType) -> Attack:
    """Read one attack rule out of its module. Raises RuleError."""
    missing = [name for name in ("RULE", "SIGNATURES", "__doc__") if not getattr(module, name, None)]
    if missing:
        raise RuleError(f"{module.__name__}: an attack rule's module needs {', '.join(missing)}")
    return Attack(module.RULE, tuple(module.SIGNATURES), (module.__doc__ or "").strip())


@cache
def attacks() -> dict[str, Attack]:
    """All attack rules by id. Raises RuleError for a module of the wrong shape or an id that stands twice."""
    found: dict[str, Attack] = {}
    for module in _modules("attacks"):
        attack = as_attack(module)
        if attack.rule.id in found or attack.rule.id in guards():
            raise RuleError(f"{module.__name__}: the rule id {attack.rule.id!r} is already taken")
        found[attack.rule.id] = attack
    return found


class Described(msgspec.Struct, frozen=True):
    """One discovered class of sensitive data."""

    rule: DataClass
    manual: str


@cache
def data_classes() -> dict[str, Described]:
    """All classes of sensitive data by id. Raises RuleError for a module of the wrong shape or an id that stands twice."""
    found: dict[str, Described] = {}
    for module in _modules("classes"):
        missing = [name for name in ("CLASS", "__doc__") if not getattr(module, name, None)]
        if missing:
            raise RuleError(f"{module.__name__}: the module of a class of data needs {', '.join(missing)}")
        if module.CLASS.id in found:
            raise RuleError(f"{module.__name__}: the class id {module.CLASS.id!r} is already taken")
        found[module.CLASS.id] = Described(module.CLASS, (module.__doc__ or "").strip())
    return found


def as_check(module: ModuleType) -> Check:
    """Read one check out of its module. Raises RuleError."""
    missing = [name for name in ("RULE", "check", "__doc__") if not getattr(module, name, None)]
    if missing:
        raise RuleError(f"{module.__name__}: a check's module needs {', '.join(missing)}")
    settings, check = getattr(module, "Settings", None), module.check
    judge = check if settings is not None else lambda subject, _: check(subject)
    return Check(module.RULE, judge, settings, (module.__doc__ or "").strip())


@cache
def checks() -> dict[str, Check]:
    """All passive checks by id. Raises RuleError for a module of the wrong shape or an id that stands twice."""
    found: dict[str, Check] = {}
    for module in _modules("checks"):
        check = as_check(module)
        if check.rule.id in found or check.rule.id in guards() or check.rule.id in attacks():
            raise RuleError(f"{module.__name__}: the rule id {check.rule.id!r} is already taken")
        found[check.rule.id] = check
    return found
