"""Reports of a run of `yett probe`: which are wanted, what is accepted, and where they go. It must not know how a run goes."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NoReturn

import click
from msgspec import structs

from yett import __version__
from yett.cli.failing import reason
from yett.cli.ranked_proofs import told, told_compared, told_of_source
from yett.cli.report_files import accepted, write_reports
from yett.cli.showing import plain
from yett.engine.probing.outcome import Outcome
from yett.engine.probing.report import rule_text
from yett.engine.source.findings import rule_texts
from yett.formats.reports.baseline import ACCEPTED, baseline
from yett.formats.reports.html import html
from yett.formats.reports.junit import junit
from yett.formats.reports.proofs import Run
from yett.formats.reports.proven_json import JsonError, proven_json, read_proven_json
from yett.formats.reports.sarif import sarif
from yett.formats.reports.values import Reported
from yett.formats.reports.wfc import wfc
from yett.formats.suppressions import Suppression, read_suppressions, suppressed
from yett.formats.yaml import read
from yett.model.mistake import DocumentError, PolicyErrors
from yett.rules.registry import probes, source_rules


class Reports:
    """options: of the command. fail: ends it with a message."""

    def __init__(self, options: dict[str, Any], fail: Callable[[str], NoReturn]) -> None:
        self._options, self._fail = options, fail
        self._known, self._suppressions = accepted(options["baseline"], fail), self._suppressed()

    def wanted(self, fingerprint: str | None) -> Reported | None:
        """The finding that is to be repeated; None where that is not asked for."""
        if fingerprint is None:
            return None
        found = [one for one in self._read(self._options["report"]) if one.finding.fingerprint.startswith(fingerprint)]
        if len(found) != 1 or len(fingerprint) < 6:
            self._fail(f"{self._options['report']}: {len(found)} findings have the fingerprint {fingerprint}")
        if found[0].finding.rule in source_rules():
            self._fail(f"{fingerprint} is about source code, of which nothing can be sent; run `yett probe --source` again")
        return found[0]

    def _read(self, path: Path) -> tuple[Reported, ...]:
        try:
            return read_proven_json(path.read_bytes())
        except OSError as error:
            self._fail(reason(error))
        except JsonError as error:
            self._fail(f"{path}: {error}")

    def accepted(self, findings: list[Reported], now: float) -> list[Reported]:
        """The findings, those marked that do not count: in the baseline, or suppressed. now: seconds since the epoch."""
        known = self._known
        marked = [structs.replace(one, accepted=ACCEPTED) if one.finding.fingerprint in known else one for one in findings]
        marked, said = suppressed(marked, self._suppressions, _day(now))
        for line in said:
            click.echo(f"! {plain(line)}", err=True)
        return marked

    def _suppressed(self) -> tuple[Suppression, ...]:
        path: Path | None = self._options["suppressions"]
        try:
            return read_suppressions(read(path.read_bytes(), str(path)), _day(time.time())) if path is not None else ()
        except OSError as error:
            self._fail(reason(error))
        except DocumentError as error:
            self._fail(str(error.mistake))
        except PolicyErrors as error:
            self._fail("\n".join(str(mistake) for mistake in error.errors))

    def write(self, findings: list[Reported], run: Run, outcome: Outcome | None) -> None:
        """All reports that are asked for, then the table for people. outcome: of a run against a target, None for source alone."""
        options = self._options
        rules = {one.rule.id: rule_text(one) for one in probes().values()} if outcome is not None else {}
        if run.source is not None:
            rules |= rule_texts(source_rules().values())
        texts: list[tuple[Path | None, Callable[[], str]]] = [
            (options["json_file"], lambda: proven_json(findings, run)),
            (options["sarif_file"], lambda: sarif(findings, rules, __version__, "openapi.yaml")),
            (options["junit_file"], lambda: junit(findings, rules)),
            (options["html_file"], lambda: html(findings, rules, run)),
            (options["wfc_file"], lambda: wfc(findings, run)),
            (options["write_baseline"], lambda: baseline(findings)),
        ]
        written = write_reports(texts)
        if not written.printed:
            lines = told(findings, outcome, run.target) if outcome is not None else told_of_source(findings, run)
            click.echo("\n".join((*lines, *told_compared(run))))
        if written.failures:
            self._fail("\n".join(written.failures))


def _day(moment: float) -> date:
    return datetime.fromtimestamp(moment, UTC).date()
