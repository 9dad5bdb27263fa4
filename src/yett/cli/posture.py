"""`yett posture`: what is wrong with the APIs that are known, ranked, for people and for CI."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NoReturn

import click
import msgspec

from yett import __version__
from yett.cli.check import complaints
from yett.cli.failing import reason
from yett.cli.knowledge import DEFAULT, Knowledge, knowledge
from yett.cli.ranked import broken, manual, table, told
from yett.cli.report_files import accepted, write_reports
from yett.cli.showing import plain
from yett.engine.check_settings import CheckSettings, read_check_settings
from yett.engine.posture import CONTRACT, Failure, at_least, judge_catalog, judge_contract, lived
from yett.formats.reports.baseline import ACCEPTED, baseline
from yett.formats.reports.junit import junit
from yett.formats.reports.sarif import sarif
from yett.formats.reports.values import Reported, RuleText
from yett.formats.yaml import read
from yett.model.catalog_store import CatalogUnusable, KnownFinding
from yett.model.finding import Finding
from yett.model.mistake import DocumentError, Mistake, PolicyErrors
from yett.model.rule import Severity
from yett.rules.registry import Check, checks

FOUND, UNUSABLE, PARTLY = 1, 2, 3
_FILE = click.Path(path_type=Path, dir_okay=False)
_SEVERITIES = [severity.value for severity in Severity]


@click.command()
@click.argument("contracts", nargs=-1, type=click.Path(path_type=Path))
@click.option("--catalog", "path", type=_FILE, metavar="FILE", help=f"The catalog's file; {DEFAULT} where there is one.")
@click.option("--checks", "chosen", type=_FILE, metavar="FILE", help="Which checks run, and their numbers, as YAML.")
@click.option("--service", default="", metavar="NAME", help="Only findings of this service.")
@click.option("--rule", "rules", multiple=True, metavar="ID", help="Only findings of this check; may be given several times.")
@click.option(
    "--severity", type=click.Choice(_SEVERITIES), default="low", show_default=True, help="Only findings at least as grave."
)
@click.option("--resolved", is_flag=True, help="Show what was resolved, too.")
@click.option("--all", "whole", is_flag=True, help="Show every finding of a check, not only the first few.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for machines.")
@click.option("--sarif", "sarif_file", type=_FILE, metavar="FILE", help="Write SARIF 2.1.0; - for standard output.")
@click.option("--junit", "junit_file", type=_FILE, metavar="FILE", help="Write JUnit's XML; - for standard output.")
@click.option(
    "--fail-on", type=click.Choice([*_SEVERITIES, "never"]), default="high", show_default=True, help="Exit with 1 from here on."
)
@click.option("--baseline", type=_FILE, metavar="FILE", help="Findings in this file do not count.")
@click.option("--write-baseline", type=_FILE, metavar="FILE", help="Accept everything that is found now.")
@click.option("--list", "listing", is_flag=True, help="List all checks.")
@click.option("--explain", metavar="ID", help="Print the manual page of a check.")
def posture(contracts: tuple[Path, ...], **options: Any) -> None:
    """Judge the catalog, and API descriptions (Swagger 2.0, OpenAPI 3) given as CONTRACTS. Nothing is sent anywhere.

    \b
    yett posture                                     what is wrong with what was observed
    yett posture openapi.yaml --fail-on medium       a contract alone, in CI
    yett posture --sarif posture.sarif --baseline accepted.json

    \b
    Exit codes: 0 nothing as grave as --fail-on; 1 findings; 2 nothing could be judged; 3 a contract could not be read, or
    a check failed.
    """
    if options["listing"]:
        click.echo("\n".join(table(checks().values())))
        return
    if options["explain"] is not None:
        _explain(options["explain"])
        return
    for rule in options["rules"]:
        _known(rule)
    sys.exit(_Run(contracts, options).run())


def _explain(rule: str) -> None:
    click.echo("\n".join(manual(_known(rule))))


def _known(rule: str) -> Check:
    check = checks().get(rule)
    if check is None:
        _fail(f"there is no check {rule}; `yett posture --list` names all")
    return check


def _fail(message: str) -> NoReturn:
    click.echo(f"Error: {plain(message)}", err=True)
    sys.exit(UNUSABLE)


class _Run:
    """One call of the command. Its one result is the exit code."""

    def __init__(self, contracts: tuple[Path, ...], options: dict[str, Any]) -> None:
        self._contracts = contracts
        self._options = options
        self._now = time.time()
        self._unread = self._slight = 0
        self._judged: set[str] = set()
        self._failed: list[Failure] = []

    def run(self) -> int:
        settings = self._settings()
        before = accepted(self._options["baseline"], _fail)
        known = self._knowledge()
        try:
            findings = self._findings(known, settings)
        except CatalogUnusable as error:
            _fail(str(error))
        finally:
            if known is not None:
                known.store.close()
        self._failed = [one for one in self._failed if self._asked(one.service, one.rule)]
        for line in broken(self._failed):
            click.echo(line, err=True)
        mine = [one for one in findings if self._wanted(one)]
        shown = [one for one in mine if at_least(one.finding, Severity(self._options["severity"]))]
        self._slight = sum(1 for one in mine if one.resolved is None) - sum(1 for one in shown if one.resolved is None)
        reported = [
            Reported(one.finding, ACCEPTED if one.finding.fingerprint in before else "")
            for one in shown
            if one.resolved is None
        ]
        self._write(reported, shown, settings)
        return self._code(reported)

    def _settings(self) -> CheckSettings:
        path: Path | None = self._options["chosen"]
        if path is None:
            return CheckSettings()
        try:
            return read_check_settings(read(path.read_bytes(), str(path)))
        except PolicyErrors as error:
            mistakes: Iterable[Mistake] = error.errors
        except DocumentError as error:
            mistakes = [error.mistake]
        except OSError as error:
            _fail(reason(error))
        click.echo("\n".join(map(plain, complaints(mistakes))), err=True)
        sys.exit(UNUSABLE)

    def _knowledge(self) -> Knowledge | None:
        path: Path | None = self._options["path"]
        if path is None and not DEFAULT.exists():
            if self._contracts:
                return None
            _fail("there is nothing to judge; make a catalog with `yett observe SOURCE...`, or name an API description")
        try:
            return knowledge(path or DEFAULT)
        except (CatalogUnusable, PolicyErrors) as error:
            _fail(str(error))

    def _findings(self, known: Knowledge | None, settings: CheckSettings) -> list[KnownFinding]:
        """Everything that is known of findings after this run; kept in the catalog where there is one."""
        found: list[Finding] = []
        for path in self._contracts:
            found += self._of_contract(path, settings)
        if known is None:
            return lived(found, (), self._again, self._now)
        made = known.catalog()
        wanted = self._options["service"]
        if wanted and not self._contracts and all(one.name != wanted for one in made.services):
            names = ", ".join(one.name or "(no host)" for one in made.services[:20])
            _fail(f"there is no service {wanted!r}; there are: {names or 'none'}")
        found += judge_catalog(made, settings, self._now, self._failed)
        with known.store.writing() as change:
            findings = lived(found, change.findings(), self._again, self._now)
            change.report(findings)
        return findings

    def _of_contract(self, path: Path, settings: CheckSettings) -> list[Finding]:
        try:
            document = read(path.read_bytes(), os.path.relpath(path) if not path.is_absolute() else str(path))
        except DocumentError as error:
            return self._unreadable(str(error.mistake))
        except OSError as error:
            return self._unreadable(reason(error))
        tree = document.tree
        if not isinstance(tree, dict) or not {"openapi", "swagger"}.intersection(tree):
            return self._unreadable(f"{path}: neither OpenAPI nor Swagger: it begins with no `openapi` and no `swagger`")
        self._judged.add(CONTRACT + document.file)
        return list(judge_contract(document, settings, self._now, failed=self._failed))

    def _unreadable(self, why: str) -> list[Finding]:
        self._unread += 1
        click.echo(f"! {plain(why)}", err=True)
        return []

    def _again(self, finding: Finding) -> bool:
        """Whether what a known finding is about was judged in this run."""
        if any((one.rule, one.subject) == (finding.rule, finding.subject) for one in self._failed):
            return False
        return not finding.subject.startswith(CONTRACT) or finding.subject in self._judged

    def _wanted(self, one: KnownFinding) -> bool:
        finding = one.finding
        if finding.subject.startswith(CONTRACT) and finding.subject not in self._judged:
            return False
        return (one.resolved is None or self._options["resolved"]) and self._asked(finding.service, finding.rule)

    def _asked(self, service: str, rule: str) -> bool:
        options = self._options
        return options["service"] in ("", service) and (not options["rules"] or rule in options["rules"])

    def _write(self, reported: list[Reported], shown: list[KnownFinding], settings: CheckSettings) -> None:
        options = self._options
        rules = {rule: _text(rule) for rule in settings.chosen}
        fallback = str(options["path"] or DEFAULT)
        files: list[tuple[Path | None, Callable[[], str]]] = [
            (options["sarif_file"], lambda: sarif(reported, rules, __version__, fallback)),
            (options["junit_file"], lambda: junit(reported, rules)),
            (options["write_baseline"], lambda: baseline(reported)),
        ]
        written = write_reports(files)
        if options["as_json"]:
            click.echo(_as_json(shown, reported, settings, self._failed))
        elif not written.printed and self._code(reported) != UNUSABLE:
            click.echo("\n".join(told(reported, shown, options["whole"], self._slight)))
        if written.failures:
            _fail("\n".join(written.failures))

    def _code(self, reported: list[Reported]) -> int:
        limit = self._options["fail_on"]
        if self._unread and self._unread == len(self._contracts) and not self._options["path"] and not DEFAULT.exists():
            return UNUSABLE
        if self._unread or self._failed:
            return PARTLY
        if limit == "never" or self._options["write_baseline"] is not None:
            return 0
        return FOUND if any(not one.accepted and at_least(one.finding, Severity(limit)) for one in reported) else 0


def _text(rule: str) -> RuleText:
    check = checks()[rule]
    said = check.rule
    return RuleText(
        id=said.id,
        title=said.title,
        manual=check.manual,
        family=f"checks of {said.on}s",
        severity=said.severity,
        confidence=said.confidence,
        owasp=said.owasp,
        cwe=said.cwe,
        references=said.references,
    )


def _as_json(shown: list[KnownFinding], reported: list[Reported], settings: CheckSettings, failed: list[Failure]) -> str:
    taken = {one.finding.fingerprint for one in reported if one.accepted}
    findings = []
    for one in shown:
        state = "resolved" if one.resolved is not None else "accepted" if one.finding.fingerprint in taken else "open"
        findings.append({**msgspec.to_builtins(one.finding), "state": state, "resolved": one.resolved})
    counts = {
        severity: sum(1 for one in findings if one["state"] == "open" and one["severity"] == severity)
        for severity in reversed(_SEVERITIES)
    }
    document = {
        "findings": findings,
        "open": counts,
        "failed_checks": msgspec.to_builtins(failed),
        "settings": settings.numbers(),
    }
    return json.dumps(document, indent=1).replace("\x7f", "\\u007f")
