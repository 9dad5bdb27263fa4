"""`yett probe --source DIR`: reads a program, finds its flaws, tells what could not be read. It must not know how flows go."""

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from yett import __version__
from yett.cli.failing import reason
from yett.cli.probe import CLEAN, FOUND, INCOMPLETE, UNUSABLE
from yett.cli.probing_reports import Reports
from yett.cli.showing import plain
from yett.cli.source_files import Found, found_in
from yett.formats.reports.proofs import Left, Run, SourceRead
from yett.formats.reports.values import Reported
from yett.formats.yaml import read
from yett.model.mistake import DocumentError, Mistake
from yett.model.rule import Severity
from yett.rules.registry import SourceCheck, source_rules

if TYPE_CHECKING:
    from yett.engine.source.analysis import Analysis
    from yett.formats.python_source.tree import Module

MISSING = "reading source needs a parser that is not installed: pip install 'yett[source]'"


class Unusable(Exception):
    """Nothing could be read. The message says why."""


class SourceRun:
    """Reads one directory. directory: as named. rules: what is looked for."""

    def __init__(self, directory: Path, rules: list[SourceCheck]) -> None:
        self.directory, self._rules = directory, rules
        self.problems: list[Mistake] = []
        self._next = 0.0

    def findings(self, now: float) -> tuple[list[Reported], SourceRead]:
        """Everything that was found, and what was read. now: seconds since the epoch. Raises Unusable."""
        try:
            import tree_sitter  # noqa: F401
            import tree_sitter_python  # noqa: F401
        except ImportError:
            raise Unusable(MISSING) from None
        if not self.directory.is_dir():
            raise Unusable(f"{self.directory}: this is no directory")
        found = found_in(self.directory)
        self._told(found)
        if not found.code:
            raise Unusable(f"{self.directory}: there is no Python file in it")
        modules = self._modules(found)
        analysis = self._analysis(modules, found, now)
        self.problems += analysis.problems
        lines = sum(len(one.lines) for one in modules)
        routes = tuple(dict.fromkeys(one.operation for one in analysis.routes))
        return list(analysis.findings), SourceRead(
            directory=str(self.directory), files=len(modules), lines=lines, routes=routes
        )

    def _told(self, found: Found) -> None:
        if found.skipped:
            some = ", ".join(f"{why} ({count})" for why, count in sorted(found.skipped.items()))
            click.echo(f"! not read: {plain(some)}", err=True)
        self.problems += [Mistake(why, path) for path, why in found.problems]

    def _modules(self, found: Found) -> "list[Module]":
        from yett.formats.python_source.reading import read_module

        made = []
        for name in found.code:
            try:
                module = read_module((self.directory / name).read_bytes(), name)
            except OSError as error:
                self.problems.append(Mistake(reason(error), name))
                continue
            self.problems += module.problems
            made.append(module)
            self._look(f"{len(made):,} of {len(found.code):,} files read")
        return made

    def _analysis(self, modules: "list[Module]", found: Found, now: float) -> "Analysis":
        from yett.engine.source.analysis import analysed

        described: dict[str, object] = {}
        for name in found.descriptions:
            try:
                described[name] = read((self.directory / name).read_bytes(), name).tree
            except OSError as error:
                self.problems.append(Mistake(reason(error), name))
            except DocumentError as error:
                self.problems.append(error.mistake)
        made = analysed(
            modules,
            self._rules,
            now=now,
            described=described,
            root=self._root(),
            package=self.directory.resolve().name,
            look=lambda: self._look("following flows"),
        )
        self._look("", last=True)
        return made

    def _root(self) -> str:
        """What stands before paths in findings, so that they lead there from here."""
        below = os.path.relpath(self.directory)
        if below == ".":
            return ""
        return (str(self.directory.absolute()) if below.startswith("..") else below).replace(os.sep, "/").rstrip("/") + "/"

    def _look(self, text: str, last: bool = False) -> None:
        """One line on a person's terminal."""
        if not sys.stderr.isatty() or (time.monotonic() < self._next and not last):
            return
        self._next = time.monotonic() + 0.2
        sys.stderr.write("\r" + text.ljust(60) + ("\r" if last else ""))
        sys.stderr.flush()


def chosen(options: dict[str, Any]) -> list[SourceCheck]:
    """The rules that --only and --skip leave."""
    only, skip = names_of(options, "only"), names_of(options, "skip")

    def named(one: SourceCheck, names: frozenset[str]) -> bool:
        return one.rule.id in names or any(flaw.value in names for flaw in one.rule.flaws)

    return [one for one in source_rules().values() if (not only or named(one, only)) and not named(one, skip)]


def names_of(options: dict[str, Any], key: str) -> frozenset[str]:
    return frozenset(name for value in options[key] for name in value.split(","))


def tell(problems: list[Mistake]) -> str:
    """Say what could not be read; the reason why a run is not complete, "" where all was."""
    for one in problems[:100]:
        click.echo(f"! {plain(str(one))}", err=True)
    if len(problems) > 100:
        click.echo(f"! and {len(problems) - 100} more; --json lists all", err=True)
    files = len({one.file for one in problems})
    return f"{files} {'files' if files != 1 else 'file'} could not be read whole" if problems else ""


class Code(msgspec.Struct):
    """What source says, beside a run against a target. incomplete: why not all of it was read, "" where it was."""

    findings: list[Reported]
    read: SourceRead
    incomplete: str
    skipped: tuple[Left, ...]


def names_on_source() -> frozenset[str]:
    """What --only and --skip may name of rules on source."""
    return frozenset(source_rules()) | {flaw.value for one in source_rules().values() for flaw in one.rule.flaws}


def read_code(options: dict[str, Any], now: float) -> Code:
    """Read what --source names. Raises Unusable."""
    run = SourceRun(options["source"], chosen(options))
    found, source = run.findings(now)
    return Code(found, source, tell(run.problems), left(run.problems))


def with_code(findings: list[Reported], run: Run, code: Code | None) -> tuple[list[Reported], Run]:
    """Findings of a target together with those of source, each cause once, and the run that tells how they belong together."""
    if code is None:
        return findings, run
    from yett.engine.source.comparing import compared

    merged, said = compared(code.findings, findings)
    source = msgspec.structs.replace(code.read, compared=said)
    return merged, msgspec.structs.replace(run, source=source, skipped=(*run.skipped, *code.skipped))


def probe_source(directory: Path, options: dict[str, Any]) -> int:
    """The command without a target: reports and the exit code."""
    started = time.time()
    reports = Reports(options, _fail)
    unknown = sorted((names_of(options, "only") | names_of(options, "skip")) - names_on_source())
    if unknown:
        _fail(f"there is no rule on source and no class {', '.join(unknown)}; `yett probe --list` names all")
    try:
        code = read_code(options, started)
    except Unusable as error:
        _fail(str(error))
    except KeyboardInterrupt:
        _fail("interrupted before there was anything to keep")
    findings = reports.accepted(code.findings, started)
    run = Run(
        target=str(directory),
        version=__version__,
        started=started,
        seconds=time.time() - started,
        incomplete=code.incomplete,
        skipped=code.skipped,
        source=code.read,
    )
    reports.write(findings, run, None)
    return exit_code(findings, options["fail_on"], bool(run.incomplete))


def left(problems: list[Mistake]) -> tuple[Left, ...]:
    """What could not be read, for reports."""
    return tuple(Left(one.place, msgspec.structs.replace(one, file="", line=0, column=0).message) for one in problems)


def exit_code(findings: list[Reported], limit: str, incomplete: bool) -> int:
    grave = list(Severity)
    counted = [one.finding.severity for one in findings if not one.accepted]
    if limit != "never" and any(grave.index(one) >= grave.index(Severity(limit)) for one in counted):
        return FOUND
    return INCOMPLETE if incomplete else CLEAN


def _fail(message: str) -> Any:
    click.echo(f"Error: {plain(message)}", err=True)
    sys.exit(UNUSABLE)
