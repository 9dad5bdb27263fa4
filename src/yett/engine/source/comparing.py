"""What source says held against what a target did: which findings are the same, by class and operation. Pure.

It must not know how either was found.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from yett.formats.reports.proofs import Compared, Proof
from yett.formats.reports.values import Reported
from yett.model.rule import Confidence, Severity

_EVERYWHERE = frozenset(("jwt-weak-secret", "jwt-unverified", "jwt-claims-unchecked", "cors"))
"""Classes of which one place in the code is about every operation."""
_ORDER, _SURE = list(Severity), list(Confidence)


def compared(source: Iterable[Reported], live: Iterable[Reported]) -> tuple[list[Reported], tuple[Compared, ...]]:
    """All findings, each cause once, and how they belong together.

    A finding of the target that source has too is told once, with its proof and the place in the code; one that only one of the two
    has stays as it is. The order is by severity and confidence.
    """
    code, ran = list(source), list(live)
    said: list[Compared] = []
    merged: list[Reported] = []
    confirmed: set[str] = set()
    for one in ran:
        same = [other for other in code if agrees(other, one)]
        confirmed.update(other.finding.fingerprint for other in same)
        merged.append(_with_place(one, same[0]) if same else one)
        mark = one.finding.fingerprint
        said += [Compared(_flaw(one), _operation(one), other.finding.fingerprint, mark) for other in same]
        if not same:
            said.append(Compared(_flaw(one), _operation(one), live=mark))
    alone = [one for one in code if one.finding.fingerprint not in confirmed]
    said += [Compared(_flaw(one), _operation(one), source=one.finding.fingerprint) for one in alone]
    merged += alone
    merged.sort(key=lambda one: (-_ORDER.index(one.finding.severity), -_SURE.index(one.finding.confidence)))
    return merged, tuple(sorted(said, key=lambda one: (not (one.source and one.live), not one.source, one.flaw, one.operation)))


def agrees(source: Reported, live: Reported) -> bool:
    """Whether two findings are of one class and one operation. A key that signs, and the like, is
    about every operation."""
    here, there = source.proof or Proof(flaw=""), live.proof or Proof(flaw="")
    if not here.flaw or here.flaw != there.flaw:
        return False
    if there.also:
        own = (there.method, there.template)
        places = [own, *((method, template) for method, _, template in (one.partition(" ") for one in there.also))]
        return any(agrees(source, _at(live, there, *place)) for place in places)
    if not here.template or not there.template:
        return not here.template and (not there.template or here.flaw in _EVERYWHERE)
    if here.method and there.method and here.method != there.method:
        return False
    return same_path(here.template, there.template)


def _at(live: Reported, proof: Proof, method: str, template: str) -> Reported:
    """The finding as it would be at one of its operations alone."""
    return replace(live, proof=replace(proof, method=method, template=template, also=()))


def same_path(source: str, live: str) -> bool:
    """Whether two templates are of one operation: parameters by any name, below any prefix that the code does not show. Of
    GraphQL, the fields."""
    if "#" in source or "#" in live:
        return "#" in source and "#" in live and source.partition("#")[2] == live.partition("#")[2]
    mine, other = _segments(source), _segments(live)
    if not mine or not other:
        return mine == other
    tail = other[len(other) - len(mine) :]
    literal = any(one != "{}" for one in mine)
    return len(mine) <= len(other) and tail == mine and (literal or len(mine) == len(other))


def _segments(template: str) -> list[str]:
    return ["{}" if one.startswith("{") else one for one in template.strip("/").split("/") if one]


def _flaw(one: Reported) -> str:
    return one.proof.flaw if one.proof is not None else one.finding.rule


def _operation(one: Reported) -> str:
    return one.finding.operation or one.finding.file


def _with_place(live: Reported, source: Reported) -> Reported:
    """A finding of the target with the place in the code."""
    finding = replace(live.finding, file=source.finding.file, line=source.finding.line)
    code = source.proof
    if live.proof is None or code is None:
        return replace(live, finding=finding)
    return replace(live, finding=finding, proof=replace(live.proof, flow=code.flow, column=code.column, function=code.function))
