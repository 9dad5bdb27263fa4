"""How well a description fits a service, and below which prefix: many contracts are written without the path that the API is below.

A prefix is only believed where clearly more of the declared operations meet what was called below it than anywhere else; where
several come close, nothing is moved, and that is told. It must not know hosts or names.
"""

from collections.abc import Iterable, Sequence

import msgspec

from yett.engine.catalog.pins import Templates
from yett.engine.catalog.settings import ViewSettings
from yett.engine.catalog.templates import segments
from yett.engine.learning.service import Service
from yett.formats.descriptions import Declared

DEEPEST = 8
"""Segments of a prefix. Gateways and frameworks put one to three before an API."""

Operation = tuple[str, str]
"""Method and template as declared, without its base."""


class Calls(msgspec.Struct, frozen=True):
    """Accepted calls at one place of the tree of paths. labels: its segments, ids as their kinds in braces."""

    labels: tuple[str, ...]
    method: str
    accepted: int


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """base: the prefix in place of the declared ones; None where they stay. share: of the service's accepted calls that are held;
    operations: declared ones that were called. text, numbers: what is to be said of the prefix; unsure: that it cannot be told."""

    share: float
    operations: int
    base: str | None = None
    text: str = ""
    numbers: dict[str, int | float | str] = {}
    unsure: bool = False


class _Met:
    """What meets below one prefix. inside: accepted calls that the declarations hold; below: all of them there."""

    __slots__ = ("below", "inside", "operations")

    def __init__(self) -> None:
        self.below = self.inside = 0
        self.operations: set[Operation] = set()


def calls_of(service: Service) -> list[Calls]:
    """What was called of a service and proves an operation, for any number of `fit`."""
    return [Calls(labels, method, traffic.successes) for labels, method, _, traffic in service.proven()]


def fit(declared: Iterable[Declared], calls: Sequence[Calls], settings: ViewSettings) -> Fit:
    """How declarations of one description fit what was called of one service."""
    said = [one for one in declared if one.pattern in ("template", "exact")]
    total = sum(one.accepted for one in calls)
    written = _as_written(said, calls)
    whole = Fit(share=written.inside / total if total else 0.0, operations=len(written.operations))
    movable = [one for one in said if one.kind == "rest" and one.origin == "contract"]
    if not movable:
        return whole
    bases = {one.base for one in movable}
    found = sorted(
        ((base, met) for base, met in _below(movable, calls).items() if base not in bases and met.operations),
        key=lambda one: (-len(one[1].operations), -one[1].inside, one[0]),
    )
    if not found:
        return whole
    base, best = found[0]
    here, most = len(written.operations), len(best.operations)
    if most < max(settings.attach_operations, here * settings.mount_lead) or best.inside < best.below * settings.attach_ratio:
        return whole
    numbers: dict[str, int | float | str] = {"met": most, "met_as_written": here, "mount_lead": settings.mount_lead}
    rival = found[1] if len(found) > 1 else None
    if rival is not None and len(rival[1].operations) * settings.mount_lead > most:
        text = (
            f"which prefix it is below cannot be told: {most} of its operations meet what was called below {base},"
            f" {len(rival[1].operations)} below {rival[0] or '/'}, {here} as it is written; name one in its servers"
        )
        numbers["met_below_another"] = len(rival[1].operations)
        return msgspec.structs.replace(whole, text=text, numbers=numbers, unsure=True)
    text = (
        f"taken to be below {base or '/'}, which it does not say: {most} of its operations meet what was called there,"
        f" {here} as it is written"
    )
    share = best.inside / total if total else 0.0
    return Fit(share=share, operations=most, base=base, text=text, numbers=numbers)


def _templates(declared: Iterable[Declared], whole: bool) -> Templates[Declared]:
    """By template, with its base or without. What is made of parameters only would hold anything."""
    made: Templates[Declared] = Templates()
    for one in declared:
        path = one.path if whole else one.template
        if any(part and "{" not in part for part in segments(path)):
            made.add(path, one)
    return made


def _meets(templates: Templates[Declared], path: str, method: str) -> Declared | None:
    return next((one for one in templates.find(path) if one.method in ("", method)), None)


def _as_written(declared: Iterable[Declared], calls: Iterable[Calls]) -> _Met:
    templates = _templates(declared, whole=True)
    met = _Met()
    for one in calls:
        found = _meets(templates, "/" + "/".join(one.labels), one.method)
        if found is not None:
            met.inside += one.accepted
            met.operations.add((found.method, found.template))
    return met


def _below(declared: Iterable[Declared], calls: Iterable[Calls]) -> dict[str, _Met]:
    """By prefix, which has no parameter: what meets below it."""
    templates = _templates(declared, whole=False)
    found: dict[str, _Met] = {}
    for one in calls:
        for depth in range(min(len(one.labels), DEEPEST + 1)):
            if depth and ("{" in one.labels[depth - 1] or not one.labels[depth - 1]):
                break
            base = "/" + "/".join(one.labels[:depth]) if depth else ""
            met = found.setdefault(base, _Met())
            met.below += one.accepted
            held = _meets(templates, "/" + "/".join(one.labels[depth:]), one.method)
            if held is not None:
                met.inside += one.accepted
                met.operations.add((held.method, held.template))
    return found
