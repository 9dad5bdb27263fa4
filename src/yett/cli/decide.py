"""`yett decide`: the gateway's engine on recordings. How a policy is tried before it goes live, and how others measure it."""

import json
import os
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import click
import msgspec

from yett.cli.check import complaints
from yett.cli.log_formats import host_name, log_formats
from yett.cli.main import INTERRUPTED
from yett.cli.progress import STANDARD_INPUT, Progress, size_of
from yett.cli.showing import plain
from yett.cli.tally import Reason, Tally
from yett.cli.trying import CRS, OWN, Wanted, trial_of
from yett.edge.collectors.files import Collector, Found
from yett.engine.trial import Row, Trial
from yett.formats.recordings import KeyedLayout, Layout
from yett.model.event import Event
from yett.model.mistake import PolicyErrors
from yett.store.eventlog.directory import segment_name
from yett.store.eventlog.reader import read
from yett.store.eventlog.stream import Damage, Notice

DENIED, UNUSABLE, UNREADABLE, UNHEARD = 1, 2, 3, 141
"""Exit codes; INTERRUPTED is one, too. The last is that of a process that SIGPIPE ended."""


def _packs(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    names = tuple(dict.fromkeys(name.strip() for name in value.split(",") if name.strip()))
    unknown = [name for name in names if name not in (OWN, CRS)]
    if unknown or not names:
        raise click.BadParameter(f"{value!r} is not a list of rule packs: own, crs, or own,crs", context, parameter)
    return names


def _known_packs(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001
    """For shells that complete options."""
    return [names for names in (OWN, CRS, f"{OWN},{CRS}") if names.startswith(incomplete)]


_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_DIRECTORY = click.Path(path_type=Path, exists=True, file_okay=False)


@click.command()
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, allow_dash=True), metavar="PATH..."
)
@click.option("--policy", type=_FILE, help="The policy to try. Without it, rule packs are tried.")
@click.option(
    "--rules",
    callback=_packs,
    shell_complete=_known_packs,
    metavar="PACKS",
    help="Rule packs to try: own, crs, or own,crs (default: own).",
)
@click.option("--crs", type=_DIRECTORY, help="The directory of the OWASP Core Rule Set, for --rules crs.")
@click.option("--paranoia", type=click.IntRange(1, 4), metavar="N", help="Paranoia level of the Core Rule Set (default: 1).")
@click.option("--threshold", type=click.IntRange(min=1), metavar="N", help="Anomaly score that denies a request (default: 5).")
@click.option("--contract", type=_FILE, help="An OpenAPI or Swagger file that requests are held against.")
@click.option(
    "--guards",
    type=click.Choice(["stateless", "all"]),
    default="stateless",
    show_default=True,
    help="stateless: without limits, quotas, concurrency, authentication and what depends on the caller.",
)
@click.option(
    "--log-format",
    "layouts",
    multiple=True,
    callback=log_formats,
    metavar="FORMAT",
    help="How lines of access logs are written, as the server's configuration says it: log_format of nginx, LogFormat of Apache, "
    "a format string of Envoy, or the name of a known one. May be given several times.",
)
@click.option("--host", callback=host_name, metavar="NAME", help="Host of log entries that name none (default: localhost).")
@click.option("--fail-on", type=click.Choice(["deny"]), help="Exit with 1 if anything would be denied.")
@click.option("--strict", is_flag=True, help="Take framing as recorded: no length is corrected, no Host added.")
@click.option("--json", "form", flag_value="json", help="One JSON object a line (default where output is no terminal).")
@click.option("--summary", "form", flag_value="summary", help="A table for people (default on a terminal).")
@click.option(
    "--exceptions",
    "form",
    flag_value="exceptions",
    help="Learn from honest traffic: YAML with an exception for each rule, field and operation that would be denied.",
)
def decide(
    paths: tuple[Path, ...],
    policy: Path | None,
    rules: tuple[str, ...] | None,
    crs: Path | None,
    paranoia: int | None,
    threshold: int | None,
    contract: Path | None,
    guards: str,
    layouts: tuple[Layout | KeyedLayout, ...],
    host: bytes,
    fail_on: str | None,
    strict: bool,
    form: str | None,
) -> None:
    """Say what enforcement would do to recorded traffic. Nothing is sent, and nothing is changed.

    Each PATH is a HAR, JSON lines, an access log, a capture (pcap), items of Burp, a Postman collection, raw requests with or
    without responses, a directory tree of these, or the directory of an event log; - is standard input. What a file is, its
    content says, also where it is compressed with gzip. For each exchange, in order: the verdict, the rules that object, where and
    why, and what could not be evaluated. Time is the recording's.

    \b
    Exit codes: 0 done; 1 something would be denied (with --fail-on deny);
    2 the options or the policy cannot be used; 3 something could not be read.
    """
    _check_options(policy, rules, crs, paranoia, threshold)
    wanted = Wanted(
        policy=policy,
        rules=rules or (OWN,),
        crs=crs,
        paranoia=paranoia,
        threshold=threshold,
        contract=contract,
        stateless=guards == "stateless",
    )
    try:
        trial, warnings = trial_of(wanted)
    except PolicyErrors as error:
        click.echo("\n".join(complaints(error.errors)), err=True)
        sys.exit(UNUSABLE)
    for line in complaints(warnings):
        click.echo(f"left out of the contract: {line}" if not line.startswith(" ") else line, err=True)
    terminal = sys.stdout.isatty()
    lines = form == "json" or (form is None and not terminal)
    collecting = _Collecting(strict, layouts, host)
    shown = sys.stderr.isatty() and not (lines and terminal)
    run = _Run(trial, collecting, _Lines() if lines else None, shown, learns=form == "exceptions")
    sys.exit(run.all(paths, fail_on is not None))


def _check_options(
    policy: Path | None, rules: tuple[str, ...] | None, crs: Path | None, paranoia: int | None, threshold: int | None
) -> None:
    named = {"--rules": rules, "--crs": crs, "--paranoia": paranoia, "--threshold": threshold}
    given = [name for name, value in named.items() if value is not None]
    if policy is not None and given:
        raise click.UsageError(f"{given[0]} makes a policy of its own: it does not go with --policy")
    if rules is not None and CRS in rules:
        if crs is None:
            raise click.UsageError("--rules crs needs the directory of the Core Rule Set: --crs DIR")
    elif given and given != ["--rules"]:
        raise click.UsageError(f"{next(name for name in given if name != '--rules')} goes with --rules crs, or own,crs")


class _Lines:
    """Rows as JSON lines on standard output, ASCII only: what callers sent must not steer a terminal."""

    def __init__(self) -> None:
        self._write = sys.stdout.buffer.write
        self._encode = msgspec.json.Encoder().encode

    def row(self, row: Row) -> None:
        try:
            line = self._encode(row)
            shown = line.isascii() and b"\x7f" not in line
        except UnicodeEncodeError:  # names of files, and texts of JSON, may hold what UTF-8 does not
            shown = False
        if not shown:
            line = json.dumps(msgspec.to_builtins(row), separators=(",", ":")).replace("\x7f", "\\u007f").encode()
        self._write(line + b"\n")


class _Collecting(msgspec.Struct, frozen=True):
    """How recordings are read: see `Collector`."""

    strict: bool
    layouts: tuple[Layout | KeyedLayout, ...]
    host: bytes


class _Run:
    """One run over all inputs."""

    def __init__(self, trial: Trial, collecting: _Collecting, lines: _Lines | None, shown: bool, learns: bool) -> None:
        self._trial = trial
        self._collecting = collecting
        self._lines = lines
        self._shown = shown
        self._learns = learns
        self._tally = Tally()
        self._denied = self._unreadable = self._rows = 0
        self._first = ""

    def all(self, paths: Iterable[Path], fail_on_deny: bool) -> int:
        """Decide everything; gives the exit code."""
        bar = Progress(size_of(paths)) if self._shown else None
        code = 0
        try:
            self._decide(paths, bar)
        except KeyboardInterrupt:
            code = INTERRUPTED
        except BrokenPipeError:
            return _unheard()
        finally:
            if bar is not None:
                bar.end()
        try:
            if self._lines is None:
                told = self._tally.learnt() if self._learns else self._tally.lines()
                sys.stdout.writelines(f"{line}\n" for line in told)
            sys.stdout.flush()
        except BrokenPipeError:
            return _unheard()
        self._warn(code)
        if code:
            return code
        if self._unreadable or not self._rows:
            return UNREADABLE
        return DENIED if fail_on_deny and self._denied else 0

    def _decide(self, paths: Iterable[Path], bar: Progress | None) -> None:
        how = self._collecting
        collector = Collector(how.strict, _events, bar.read if bar is not None else None, how.layouts, how.host)
        row_of, emit = self._trial.row, self._lines.row if self._lines is not None else self._count
        for path in paths:
            found: Iterator[Found] = (
                collector.stream(sys.stdin.buffer, "-") if path == STANDARD_INPUT else collector.collect(path)
            )
            for one in found:
                row = row_of(one.recording, one.source, one.index)
                self._rows += 1
                if row.error is not None:
                    self._unreadable += 1
                    self._first = self._first or f"{row.source}: {row.error}"
                self._denied += row.verdict == "deny"
                emit(row)
                if bar is not None:
                    bar.entry()

    def _count(self, row: Row) -> None:
        if row.error is not None:
            self._tally.error(row.source, row.error)
            return
        reasons = [Reason(one.id, one.place, one.sample, one.severity) for one in row.rules]
        skipped = [(one.rule, one.reason) for one in row.not_evaluated]
        self._tally.add(row.operation or "", row.verdict == "deny", row.action == "deny", reasons, skipped)

    def _warn(self, code: int) -> None:
        if code == INTERRUPTED:
            click.echo(f"interrupted after {self._rows:,} entries", err=True)
        if self._unreadable and self._lines is not None:
            first = plain(self._first)
            click.echo(f"{self._unreadable:,} of {self._rows:,} entries could not be read; the first: {first}", err=True)
        elif not self._rows and not code:
            click.echo("there is no exchange in what was given", err=True)


def _unheard() -> int:
    """Whoever read the output has seen enough: nothing must be written any more, also not by the interpreter's end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return UNHEARD


def _events(path: Path) -> Iterator[Event | str] | None:
    """The records of an event log; None where the directory holds none. Raises OSError."""
    with os.scandir(path) as entries:
        if not any(segment_name(entry.name) for entry in entries):
            return None
    return _records(path)


def _records(path: Path) -> Iterator[Event | str]:
    damages: list[str] = []

    def note(notice: Notice) -> None:
        if isinstance(notice, Damage):
            damages.append(str(notice))
        else:
            click.echo(plain(f"! {path}: {notice}"), err=True)

    for entry in chain(read(path, notice=note), (None,)):
        yield from damages
        damages.clear()
        if entry is not None:
            yield entry.event
