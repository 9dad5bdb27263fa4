"""Findings for a person's terminal: the gravest first, those of one check together. It must not know how they were found."""

import textwrap
from collections.abc import Iterable, Iterator
from itertools import groupby
from shutil import get_terminal_size

from yett.cli.showing import plain
from yett.engine.posture import Failure
from yett.formats.reports.values import Reported
from yett.model.catalog_store import KnownFinding
from yett.model.finding import Finding
from yett.model.rule import Severity
from yett.rules.registry import Check

FEW = 5
"""Findings of one check that are shown."""
WIDTH = 110
"""Columns at most; fewer where the terminal has fewer, but for `NARROW`."""
NARROW = 40


def told(reported: list[Reported], shown: list[KnownFinding], whole: bool, slight: int = 0) -> Iterator[str]:
    """Open findings by severity and check, then what was resolved, then the sum. slight: findings that were not asked for."""
    open_ = [one.finding for one in reported if not one.accepted]
    for (severity, rule, title), members in groupby(open_, lambda one: (one.severity, one.rule, one.title)):
        found = list(members)
        yield f"{severity.value.upper():<9}{plain(title)} ({rule}, {len(found)})"
        for finding in found if whole else found[:FEW]:
            yield from _one(finding)
        if not whole and len(found) > FEW:
            yield f"    and {len(found) - FEW} more (--all --rule {rule})"
        yield ""
    gone = [one.finding for one in shown if one.resolved is not None]
    if gone:
        yield f"RESOLVED ({len(gone)})"
        yield from (f"    {_where(finding)}: {plain(finding.title)} ({finding.rule})" for finding in gone)
        yield ""
    yield _sum(open_, len(reported) - len(open_))
    if slight:
        yield f"{slight} slighter ones are not shown (--severity info)"


def broken(failed: Iterable[Failure]) -> Iterator[str]:
    """One line for each check that raised."""
    for rule, members in groupby(sorted(failed, key=lambda one: one.rule), lambda one: one.rule):
        found = list(members)
        first = " of ".join(filter(None, (found[0].operation, found[0].service)))
        calls = sum(one.count for one in found if one.calls)
        what = f"{calls} calls in {len(found)} operations" if calls else f"{len(found)} subjects"
        yield plain(
            f"! the check {rule} failed on {what}, the first is {first}: a mistake in the check;"
            " what it would have found there is missing"
        )


def _one(finding: Finding) -> Iterator[str]:
    yield f"    {_where(finding)}"
    place = f"{finding.file}:{finding.line}" if finding.file and finding.line else ""
    text = plain(" ".join(filter(None, (finding.text, f"[{place}]" if place else ""))))
    width = max(NARROW, min(WIDTH, get_terminal_size((WIDTH, 24)).columns))
    yield from textwrap.wrap(text, width, initial_indent="        ", subsequent_indent="        ")
    for reason in finding.reasons[:FEW]:
        yield from textwrap.wrap(plain(reason), width, initial_indent="        - ", subsequent_indent="          ")


def _where(finding: Finding) -> str:
    place = "" if finding.operation and finding.line else finding.place  # the pointer says the same once more
    return plain("  ".join(filter(None, (finding.service, finding.operation, place)))) or "-"


def _sum(open_: list[Finding], accepted: int) -> str:
    counts = {severity: sum(1 for one in open_ if one.severity is severity) for severity in reversed(Severity)}
    parts = ", ".join(f"{count} {severity.value}" for severity, count in counts.items() if count)
    text = f"{len(open_)} findings: {parts}" if open_ else "no findings"
    text += f"; {accepted} in the baseline" if accepted else ""
    return text + ("; `yett posture --explain CHECK` says more of one" if open_ else "")


def table(known: Iterable[Check]) -> Iterator[str]:
    """One line for each check."""
    for check in sorted(known, key=lambda one: (one.rule.on, one.rule.id)):
        rule = check.rule
        yield f"{rule.on:<10}{rule.severity.value:<9}{rule.id:<34}{rule.title}"


def manual(check: Check) -> Iterator[str]:
    """All that a check says of itself."""
    rule = check.rule
    yield f"{rule.id}: {rule.title}"
    cwe = ", ".join(f"CWE-{number}" for number in rule.cwe)
    yield f"on {rule.on}s; severity {rule.severity.value}; confidence {rule.confidence.value}; {', '.join(rule.owasp)}; {cwe}"
    yield ""
    yield check.manual
    if check.settings is not None:
        yield ""
        yield "Settings (with --checks FILE):"
        for name, value in sorted((name, getattr(check.settings(), name)) for name in check.settings.__struct_fields__):
            yield f"    {name}: {value}"
    yield ""
    yield from rule.references
