"""`yett log` and `yett explain`: read the event log. They take no lock and work beside a running gateway, and without one."""

import re
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click

from yett.cli import showing
from yett.cli.failing import reason
from yett.formats.yaml import read as read_yaml
from yett.model.event import Event
from yett.model.mistake import DocumentError
from yett.model.policy import Log
from yett.rules.registry import RuleError, attacks, guards
from yett.store.eventlog.filter import Filter, parse_status
from yett.store.eventlog.newest import find_request, newest
from yett.store.eventlog.reader import LogReader, follow, read
from yett.store.eventlog.stream import Notice

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_SPAN = re.compile(r"([0-9]{1,6})([smhdw])")
DEFAULT_POLICY = Path("yett.yaml")
DEFAULT_LIMIT = 100
FOLLOW_LIMIT = 10


def _moment(context: click.Context, parameter: click.Parameter, value: str | None) -> float | None:
    """ "10m" before now, or a date or time of ISO 8601 (UTC where it has no zone): seconds since the Unix epoch."""
    if value is None:
        return None
    ago = _SPAN.fullmatch(value)
    if ago is not None:
        return time.time() - int(ago[1]) * _UNITS[ago[2]]
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        hint = f"{value!r} is neither a span such as 10m nor a time such as 2030-12-31T10:00"
        raise click.BadParameter(hint, context, parameter) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _status(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[int, int] | None:
    try:
        return None if value is None else parse_status(value)
    except ValueError as error:
        raise click.BadParameter(str(error), context, parameter) from None


def _directory(config: Path | None, directory: Path | None) -> Path:
    """What --dir names, else what the policy names (beside the policy), else what a policy names by default."""
    if directory is None:
        if config is None and DEFAULT_POLICY.exists():
            config = DEFAULT_POLICY
        directory = Path(Log().directory) if config is None else config.parent / _named_directory(config)
    if not directory.is_dir():
        raise click.ClickException(f"{directory}: there is no event log")
    return directory


def _named_directory(config: Path) -> str:
    try:
        tree = read_yaml(config.read_bytes(), str(config)).tree
    except (OSError, DocumentError) as error:
        raise click.ClickException(reason(error)) from None
    log = tree.get("log") if isinstance(tree, dict) else None
    named = log.get("directory", Log().directory) if isinstance(log, dict) else Log().directory
    if not isinstance(named, str):
        raise click.ClickException(f"{config}: log.directory is not a text")
    return named


def _with_directory(command: Callable[..., None]) -> Callable[..., None]:
    """The options that name the log, which the command gets as `directory`; what the disk says goes to the caller."""

    @wraps(command)
    def run(config: Path | None, dir_: Path | None, **rest: Any) -> None:
        try:
            command(directory=_directory(config, dir_), **rest)
        except PermissionError as error:
            raise click.ClickException(reason(error)) from None

    path = click.Path(path_type=Path)
    named = click.option("-c", "--config", type=path, help="The policy that names the log (default: yett.yaml here).")(run)
    return click.option("--dir", "dir_", type=path, help="The directory of the log.")(named)


class _Printer:
    """Writes lines; what the terminal's encoding cannot say is escaped rather than an error."""

    def __init__(self, as_json: bool) -> None:
        self._stream = sys.stdout
        self._encoding = self._stream.encoding or "utf-8"
        self._show: Callable[[Event], str] = showing.as_json if as_json else showing.line
        self.count = 0

    def event(self, event: Event) -> None:
        self.text(self._show(event))
        self.count += 1

    def text(self, text: str) -> None:
        self._stream.write(text.encode(self._encoding, "backslashreplace").decode(self._encoding) + "\n")

    def wait(self, seconds: float) -> None:
        self._stream.flush()
        time.sleep(seconds)


def _notice(notice: Notice) -> None:
    click.echo(showing.plain(f"! {notice}"), err=True)


@click.command("log")
@click.option("-f", "--follow", "following", is_flag=True, help="Go on with new records until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object in each line.")
@click.option("-n", "--limit", type=click.IntRange(min=0), help="Only the newest N records; 0 for all (default: 100).")
@click.option("--since", callback=_moment, metavar="WHEN", help="From then on: 10m, 2h, 7d ago, or 2030-12-31T10:00.")
@click.option("--until", callback=_moment, metavar="WHEN", help="Before then.")
@click.option("--verdict", type=click.Choice(["allow", "deny", "answer"]), help="What was done.")
@click.option("--would", type=click.Choice(["allow", "deny", "answer"]), help="What enforcement would have done.")
@click.option("--status", callback=_status, metavar="STATUS", help="What the caller got: 404, 4xx or 400-499.")
@click.option("--operation", default="", help="The operation's id.")
@click.option("--principal", default="", help="Who called.")
@click.option("--service", default="", help="The service's name.")
@click.option("--rule", default="", help="A rule that objected, enforced or not.")
@click.option("--request", "request_id", default="", help="One request, by its id.")
@click.option("--tag", default="", help='The kind of record, such as "gateway:request:denied" or "gateway:stream:*".')
@click.option("--summary", "summed", is_flag=True, help="No lines, but what was denied or would have been, counted.")
@_with_directory
def log(directory: Path, following: bool, as_json: bool, limit: int | None, summed: bool, **wanted: Any) -> None:
    """Show records of the event log, oldest first; with several conditions, those that meet all.

    Each line: when the request began, the status sent, the verdict ("would": let through in monitor mode, but enforcement would
    have denied), method, target, principal, duration, request id, and the reasons. Whoever reads all records (--limit 0, --since,
    --follow) is told on standard error where some are missing. Exit code 1 if no record matches.

    With --summary, all records that match are counted: what enforcement denies by rule, operation and place, with exceptions to
    paste where that is wrong. It is what to read before monitor mode becomes enforcement.
    """
    printer, chosen = _Printer(as_json), Filter(**wanted)
    if summed:
        if following or as_json:
            raise click.UsageError("--summary is a table of what is there: it goes with neither --follow nor --json")
        _sum(directory, chosen, limit or 0, printer)
        return
    if following:
        _follow(directory, chosen, FOLLOW_LIMIT if limit is None and chosen.since is None else limit or 0, printer)
        return
    if limit is None:
        limit = DEFAULT_LIMIT if chosen.since is None else 0
    entries: Iterable[Any] = newest(directory, limit, chosen)[0] if limit else read(directory, None, chosen, _notice)
    for entry in entries:
        printer.event(entry.event)
    if not printer.count:
        click.echo("no record matches", err=True)
        raise click.exceptions.Exit(1)


def _sum(directory: Path, chosen: Filter, limit: int, printer: _Printer) -> None:
    """Count requests; a stream under way counts when it ends."""
    from yett.cli.tally import Reason, Tally  # loads all rules, which lines do not need
    from yett.engine.trial import SCORED, severity

    tally = Tally()
    entries: Iterable[Any] = newest(directory, limit, chosen)[0] if limit else read(directory, None, chosen, _notice)
    for entry in entries:
        event: Event = entry.event
        if not event.tag.startswith("gateway:request:") or event.tag == "gateway:request:opened":
            continue
        reasons = [
            Reason(one.rule, one.place, one.sample, "" if one.rule.startswith(SCORED) else severity(one.rule))
            for one in showing.unscored(event)
        ]
        denied = event.verdict == "deny" or event.would == "deny"
        tally.add(event.operation, denied, event.verdict == "deny", reasons, event.not_evaluated)
    if not tally.exchanges:
        click.echo("no record matches", err=True)
        raise click.exceptions.Exit(1)
    for line in tally.lines():
        printer.text(line)


def _follow(directory: Path, chosen: Filter, limit: int, printer: _Printer) -> None:
    """The newest `limit` records, or with 0 all that were asked for, and then those that come."""
    bookmark = None
    if limit:
        entries, bookmark = newest(directory, limit, chosen)
        for entry in entries:
            printer.event(entry.event)
    reader = LogReader(directory, bookmark, chosen, _notice)
    try:
        for entry in follow(reader, printer.wait):
            printer.event(entry.event)
    except KeyboardInterrupt:
        return
    finally:
        reader.close()


@click.command("explain")
@click.argument("request_id")
@click.option("--json", "as_json", is_flag=True, help="All records of the request as one JSON object.")
@_with_directory
def explain(directory: Path, request_id: str, as_json: bool) -> None:
    """Say what was decided about one request, by which rules, and why. The id is in every answer's X-Request-Id field and in
    the body of every denial. Exit code 1 if the log does not have it."""
    events = find_request(directory, request_id)
    if not events:
        raise click.ClickException(f"no record of request {showing.plain(request_id)} in {directory}")
    printer = _Printer(as_json)
    if as_json:
        printer.text(showing.all_as_json(request_id, events))
        return
    for text in showing.explanation(events[-1], _titles(), _attacks()):
        printer.text(text)
    if len(events) > 1:
        printer.text("\nEarlier records of the same request:")
        for event in events[:-1]:
            printer.text("  " + showing.line(event))


def _attacks() -> frozenset[str]:
    """Ids of the attack rules, where they can be loaded."""
    try:
        return frozenset(attacks())
    except (RuleError, ImportError):
        return frozenset()


def _titles() -> dict[str, str]:
    """What the rules are called, where they can be loaded: a broken rule of a third party must not hide a record."""
    try:
        found = {name: guard.rule.title for name, guard in guards().items()}
        return found | {name: attack.rule.title for name, attack in attacks().items()}
    except (RuleError, ImportError):
        return {}
