"""Finds the rules: built-in ones by walking the package, third parties' by entry points of the same shape.

A family is a package below `yett.rules`; its entry point group is "yett.<family>". Nothing is registered by hand. What the
modules of a family must have, its function here says; their ids are unique within it, and rules' ids over all families of rules.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any, Protocol, TypeVar

import msgspec

from yett.model.classes import DataClass
from yett.model.ports import Ports
from yett.model.probe import ProbeRule, Probing
from yett.model.rule import AttackRule, CheckRule, Prepared, Rule, Scope
from yett.model.source import SourceRule
from yett.rules.checking.issue import Issue
from yett.rules.inspection.signature import Signature, Structure
from yett.rules.sourcing.program import Program, Spotted
from yett.rules.sourcing.sinks import CLAIMED, Hit, Sink, Verdict


class Guard(msgspec.Struct, frozen=True):
    """One discovered guard. `options` is the Struct that its part of the policy is converted to.

    load: where preparing would first take more than a few milliseconds, the part of it that does, for all operations; it leaves
    what it makes in `Ports.shared`. It is called in a thread of its own while requests are decided. Raises ValueError.
    """

    rule: Rule
    options: type[msgspec.Struct]
    prepare: Callable[[Any, Scope], Prepared]
    manual: str
    load: Callable[[Any, Ports], object] | None = None


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


class Described(msgspec.Struct, frozen=True):
    """One discovered class of sensitive data."""

    rule: DataClass
    manual: str


class Probe(msgspec.Struct, frozen=True):
    """One discovered probe. begin: with the target, and with the operation where the rule's scope is that."""

    rule: ProbeRule
    begin: Callable[..., Probing]
    manual: str


class SourceCheck(msgspec.Struct, frozen=True):
    """One discovered rule on source code. sinks: where a caller's value does harm; judge: what one that got there is worth, None
    where it does no harm. cleaning: functions that leave nothing of a value, with the classes of flaws. look: what is wrong with
    a program as a whole, or None."""

    rule: SourceRule
    sinks: tuple[Sink, ...]
    judge: Callable[[Hit], Verdict | None]
    cleaning: dict[str, frozenset[str]]
    look: Callable[[Program], Iterator[Spotted]] | None
    manual: str


class RuleError(Exception):
    """A rule's module has not the shape of its family: which module, and what is missing."""


class _Ruled(Protocol):
    @property
    def rule(self) -> Any: ...


One = TypeVar("One", bound=_Ruled)


def _modules(family: str) -> list[ModuleType]:
    package = importlib.import_module(f"yett.rules.{family}")
    names = sorted(info.name for info in pkgutil.iter_modules(package.__path__) if not info.name.startswith("_"))
    own = [importlib.import_module(f"{package.__name__}.{name}") for name in names]
    others = [point.load() for point in sorted(entry_points(group=f"yett.{family}"), key=lambda point: point.name)]
    return own + others


def _manual(module: ModuleType, *needed: str) -> str:
    """The manual page of a module that has all that is needed. Raises RuleError."""
    missing = [name for name in (*needed, "__doc__") if not getattr(module, name, None)]
    if missing:
        raise RuleError(f"{module.__name__}: a module of this family needs {', '.join(missing)}")
    return (module.__doc__ or "").strip()


def _family(name: str, read: Callable[[ModuleType], One], taken: Callable[[str], bool] = lambda _: False) -> dict[str, One]:
    """All of a family by id. Raises RuleError for a module of the wrong shape or an id that stands twice."""
    found: dict[str, One] = {}
    for module in _modules(name):
        one = read(module)
        if one.rule.id in found or taken(one.rule.id):
            raise RuleError(f"{module.__name__}: the id {one.rule.id!r} is already taken")
        found[one.rule.id] = one
    return found


def as_guard(module: ModuleType) -> Guard:
    """Read one guard out of its module. Raises RuleError."""
    manual = _manual(module, "RULE", "Options", "prepare")
    return Guard(module.RULE, module.Options, module.prepare, manual, getattr(module, "load", None))


@cache
def guards() -> dict[str, Guard]:
    """All guards by rule id. Raises RuleError."""
    return _family("guards", as_guard)


def as_attack(module: ModuleType) -> Attack:
    """Read one attack rule out of its module. Raises RuleError."""
    manual = _manual(module, "RULE", "SIGNATURES")
    return Attack(module.RULE, tuple(module.SIGNATURES), manual)


@cache
def attacks() -> dict[str, Attack]:
    """All attack rules by id. Raises RuleError."""
    return _family("attacks", as_attack, lambda one: one in guards())


def as_check(module: ModuleType) -> Check:
    """Read one check out of its module. Raises RuleError."""
    manual = _manual(module, "RULE", "check")
    settings, check = getattr(module, "Settings", None), module.check
    judge = check if settings is not None else lambda subject, _: check(subject)
    return Check(module.RULE, judge, settings, manual)


@cache
def checks() -> dict[str, Check]:
    """All passive checks by id. Raises RuleError."""
    return _family("checks", as_check, lambda one: one in guards() or one in attacks())


def as_probe(module: ModuleType) -> Probe:
    """Read one probe out of its module. Raises RuleError."""
    manual = _manual(module, "RULE", "probe")
    return Probe(module.RULE, module.probe, manual)


@cache
def probes() -> dict[str, Probe]:
    """All probes by id. Raises RuleError."""
    return _family("probes", as_probe, lambda one: one in guards() or one in attacks() or one in checks())


def _claimed(_: Hit) -> Verdict:
    return CLAIMED


def as_source(module: ModuleType) -> SourceCheck:
    """Read one rule on source out of its module. Raises RuleError."""
    manual = _manual(module, "RULE")
    sinks, look = tuple(getattr(module, "SINKS", ())), getattr(module, "look", None)
    if not sinks and look is None:
        raise RuleError(f"{module.__name__}: a module of this family needs SINKS or look")
    cleaning = dict(getattr(module, "CLEANING", {}))
    return SourceCheck(module.RULE, sinks, getattr(module, "judge", _claimed), cleaning, look, manual)


@cache
def source_rules() -> dict[str, SourceCheck]:
    """All rules on source code by id. Raises RuleError."""
    return _family("source", as_source, lambda one: one in guards() or one in attacks() or one in checks() or one in probes())


@cache
def data_classes() -> dict[str, Described]:
    """All classes of sensitive data by id. Raises RuleError."""
    return _family("classes", lambda module: Described(manual=_manual(module, "CLASS"), rule=module.CLASS))
