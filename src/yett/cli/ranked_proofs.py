"""Findings of a probe for a person's terminal: the gravest first, each with its proof. It must not know how they were found."""

import textwrap
from collections.abc import Iterable, Iterator

from yett.cli.showing import plain
from yett.engine.probing.outcome import Outcome
from yett.formats.reports.proofs import ProofStep, Run
from yett.formats.reports.values import Reported
from yett.model.rule import Severity
from yett.model.source import Spot

WIDTH = 110
_FEW = 8


def told(found: list[Reported], outcome: Outcome, origin: str) -> Iterator[str]:
    """Findings, what stayed behind, what was left out, the sum."""
    shown = [one for one in found if not one.accepted]
    yield from _ranked(shown)
    if outcome.behind:
        yield f"COULD NOT BE REMOVED ({len(outcome.behind)})"
        yield from (f"    {line}" for line in _behind(outcome))
        yield ""
    if outcome.left:
        yield f"NOT TRIED ({len(outcome.left)})"
        yield from (f"    {line}" for line in _left(outcome))
        yield ""
    yield from _table(shown)
    yield _sum(shown, len(found) - len(shown), outcome, origin)


def told_of_source(found: list[Reported], run: Run) -> Iterator[str]:
    """Findings in source, what was left out, the sum."""
    shown = [one for one in found if not one.accepted]
    yield from _ranked(shown)
    source = run.source
    read = f"files: {source.files:,}, lines: {source.lines:,}, routes: {len(source.routes)}" if source is not None else ""
    yield from _table(shown)
    yield f"{counted(shown, len(found) - len(shown))}; {read}; {plain(run.target)} read in {run.seconds:.1f} s"
    if run.incomplete:
        yield f"INCOMPLETE: {plain(run.incomplete)}"


def told_compared(run: Run) -> Iterator[str]:
    """What source and target say of the same, where both were looked at."""
    compared = run.source.compared if run.source is not None else None
    if compared is None:
        return
    both = [one for one in compared if one.source and one.live]
    source = [one for one in compared if not one.live]
    live = [one for one in compared if not one.source]
    yield ""
    for title, some in (("CONFIRMED BY THE TARGET", both), ("IN SOURCE ONLY", source), ("AT THE TARGET ONLY", live)):
        yield f"{title} ({len(some)})"
        yield from (f"    {plain(f'{one.flaw}  {one.operation}')}" for one in some)


def _ranked(shown: list[Reported]) -> Iterator[str]:
    for one in shown:
        finding, proof = one.finding, one.proof
        where = plain("  ".join(filter(None, _where(one)))) or "-"
        yield f"{finding.severity.value.upper():<9}{where}"
        yield f"         {plain(finding.title)} ({finding.rule}, {finding.confidence.value} confidence)"
        yield from textwrap.wrap(plain(finding.text), WIDTH, initial_indent=" " * 9, subsequent_indent=" " * 9)
        for reason in finding.reasons[:_FEW]:
            yield from textwrap.wrap(plain(reason), WIDTH, initial_indent=" " * 9 + "- ", subsequent_indent=" " * 11)
        if proof is not None:
            yield from (
                f"         {mark} {_step(step)}"
                for mark, steps in ((">", proof.steps), ("=", proof.control))
                for step in steps[:_FEW]
            )
            yield from (f"         > {_spot(spot)}" for spot in proof.flow[: 2 * _FEW])
        yield f"         fingerprint {finding.fingerprint}"
        yield ""


def _table(shown: list[Reported]) -> Iterator[str]:
    """A line for each finding, the gravest first, where there are several."""
    if len(shown) < 2:
        return
    rows = [
        (one.finding.severity.value.upper(), one.finding.rule, plain("  ".join(filter(None, _where(one))))) for one in shown
    ]
    wide = max(len(rule) for _, rule, _ in rows)
    for severity, rule, where in rows:
        yield f"{severity:<9}{rule:<{wide}}  {where or '-'}"[:WIDTH].rstrip()
    yield ""


def _where(one: Reported) -> tuple[str, str]:
    return one.finding.operation, one.finding.place


def _step(step: ProofStep) -> str:
    who = step.identity or "anonymous"
    result = str(step.status) if step.status else step.answer[:60]
    note = f"  ({step.note})" if step.note else ""
    return plain(f"{who}: {step.method} {step.target[:100]} -> {result}{note}")


def _spot(spot: Spot) -> str:
    note = f"  ({spot.note})" if spot.note else ""
    return plain(f"{spot.file}:{spot.line}:{spot.column} {spot.function}: {spot.code[:100]}{note}")


def _behind(outcome: Outcome) -> Iterator[str]:
    """What stayed behind, things of one kind together, each kind as "order 1003, 1002, 1001 and 4 more: why"."""
    kinds: dict[tuple[str, str], list[str]] = {}
    for one in outcome.behind:
        what, _, why = one.partition(": ")
        kind, _, name = what.rpartition(" ")
        kinds.setdefault((kind, why), []).append(name)
    for number, ((kind, why), names) in enumerate(kinds.items()):
        if number == 20:
            yield f"and {len(kinds) - 20} more kinds; --json lists all"
            return
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        yield plain(f"{kind} {', '.join(names[:3])}{more}: {why}".strip())


def _left(outcome: Outcome) -> Iterator[str]:
    """What was left out, the same reason together."""
    whys: dict[str, list[str]] = {}
    for one in outcome.left:
        whys.setdefault(one.why, []).append(" ".join(filter(None, (one.rule, one.where))))
    for number, (why, places) in enumerate(whys.items()):
        if number == 20:
            yield f"and {len(whys) - 20} more kinds; --json lists all"
            return
        some = ", ".join(sorted({place for place in places if place})[:3])
        yield plain(f"{why}: {some}" + (f" and {len(places) - 3} more" if len(places) > 3 else "") if some else why)


def _sum(shown: Iterable[Reported], accepted: int, outcome: Outcome, origin: str) -> str:
    text = f"{counted(shown, accepted)}; {outcome.requests:,} requests in {outcome.seconds:.1f} s to {origin}"
    return text + (f"\nINCOMPLETE: {plain(outcome.stopped)}" if outcome.stopped else "")


def counted(shown: Iterable[Reported], accepted: int) -> str:
    """ "3 findings: 1 high, 2 medium; 1 accepted"."""
    counts: dict[Severity, int] = {}
    for one in shown:
        counts[one.finding.severity] = counts.get(one.finding.severity, 0) + 1
    parts = ", ".join(f"{counts[severity]} {severity.value}" for severity in reversed(Severity) if severity in counts)
    text = f"{sum(counts.values())} findings: {parts}" if counts else "no findings"
    return text + (f"; {accepted} accepted" if accepted else "")
