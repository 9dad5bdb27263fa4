"""`yett observe`: learn from recordings and descriptions, into a catalog that remembers how far everything was read."""

import os
import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from yett.cli.check import complaints
from yett.cli.hearing import Hearing
from yett.cli.knowledge import DEFAULT, Knowledge, knowledge
from yett.cli.listing import summary
from yett.cli.observing import Outcome, Run, Wanted, is_log
from yett.cli.progress import STANDARD_INPUT, Progress, size_of
from yett.cli.showing import plain
from yett.edge.collectors.files import Collector
from yett.edge.collectors.listening import Address, parse_listen
from yett.edge.gateway.listeners import ListenError
from yett.formats.forwarded import host_of
from yett.formats.http1 import Refused
from yett.formats.recordings import NO_HOST, BadLayout, KeyedLayout, Kind, Layout, layout_of
from yett.formats.recordings.logs.layouts import NAMED
from yett.model.catalog import Catalog
from yett.model.catalog_store import CatalogOvertaken, CatalogUnusable
from yett.model.mistake import PolicyErrors

UNUSABLE, PARTLY = 2, 3
SIGNALLED = 128
"""A process that signal N ends has the exit code 128 + N."""

DESCRIPTION = "description"
KINDS = {kind.value: kind for kind in Kind if kind not in (Kind.UNKNOWN, Kind.LOG, Kind.TABLE)}


class Format(msgspec.Struct, frozen=True):
    """What every source is: told by content where all is empty."""

    kind: Kind | None = None
    layout: Layout | KeyedLayout | None = None
    description: bool = False


def _format(context: click.Context, parameter: click.Parameter, value: str) -> Format:
    if value == "auto":
        return Format()
    if value == DESCRIPTION:
        return Format(description=True)
    if value in KINDS:
        return Format(kind=KINDS[value])
    if value in NAMED:
        return Format(layout=NAMED[value])
    if "$" not in value and "%" not in value and "{" not in value:
        known = ", ".join(["auto", DESCRIPTION, *sorted(KINDS), *sorted(NAMED)])
        hint = f"{value!r} is no format that is known ({known}), nor a log format such as '$remote_addr [$time_local] ...'"
        raise click.BadParameter(hint, context, parameter)
    try:
        return Format(layout=layout_of(value))
    except BadLayout as error:
        raise click.BadParameter(str(error), context, parameter) from None


def _host(context: click.Context, parameter: click.Parameter, value: str) -> bytes:
    if not value:
        return NO_HOST
    try:
        octets = value.encode("idna")
        host_of(octets)
    except (UnicodeError, Refused):
        raise click.BadParameter(f"{value!r} is no name of a host, such as api.shop.example", context, parameter) from None
    return octets


def _addresses(context: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> tuple[Address, ...]:
    try:
        return tuple(map(parse_listen, value))
    except ListenError as error:
        raise click.BadParameter(str(error), context, parameter) from None


@click.command()
@click.argument(
    "sources", nargs=-1, type=click.Path(path_type=Path, exists=True, readable=False, allow_dash=True), metavar="[SOURCE]..."
)
@click.option(
    "--catalog",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT,
    show_default=True,
    help="The catalog's file; made where there is none.",
)
@click.option(
    "--format",
    "form",
    callback=_format,
    default="auto",
    metavar="FORMAT",
    help="What the sources are: auto (told by content), a kind's name, or a log format as in the server's configuration.",
)
@click.option("--service", default="", metavar="NAME", help="The service that everything here is of, in place of host names.")
@click.option("--host", callback=_host, default="", metavar="HOST", help="The host of log lines that do not name one.")
@click.option("--settings", type=click.Path(path_type=Path), metavar="FILE", help="Thresholds and bounds, as YAML.")
@click.option(
    "--key-of",
    "like",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="A new catalog takes its key from this one, so that equal values have equal hashes in both.",
)
@click.option("--again", is_flag=True, help="Count what was counted before once more.")
@click.option("-f", "--follow", is_flag=True, help="Go on with new records of an event log until Ctrl-C.")
@click.option(
    "--listen",
    multiple=True,
    callback=_addresses,
    metavar="ADDRESS",
    help="Learn from what comes until Ctrl-C: mirror://127.0.0.1:9000 takes copies of requests, reports://127.0.0.1:4318 traces "
    "(OTLP/HTTP) and recordings of middleware. $YETT_LISTEN_TOKEN: what senders of reports must show.",
)
@click.option("--json", "as_json", is_flag=True, help="The outcome as one JSON object.")
def observe(
    sources: tuple[Path, ...],
    path: Path,
    form: Format,
    service: str,
    host: bytes,
    settings: Path | None,
    like: Path | None,
    again: bool,
    follow: bool,
    listen: tuple[Address, ...],
    as_json: bool,
) -> None:
    """Learn which APIs there are, from recorded traffic and from what describes it.

    Each SOURCE is a file, a directory tree of files, the directory of an event log, or - for standard input. What it is, its
    content says: HAR, access logs (nginx, Apache, Envoy, Kong, AWS, Cloudflare; text or JSON), Burp, Postman, captures (pcap,
    pcapng), OpenTelemetry traces, JSON lines, raw HTTP, compressed with gzip or not; OpenAPI, Swagger, GraphQL, WSDL, protobuf,
    AsyncAPI; configurations of nginx, Envoy, Kong and Kubernetes.

    What was counted is never counted twice: a file is known by its content, whatever it is called, and one that has grown is
    gone on with. A run that was interrupted, or killed, goes on where it was when it is started again.

    \b
    Exit codes: 0 done; 2 the options or the catalog cannot be used;
    3 something could not be read, and everything else was.
    """
    if not sources and not listen:
        raise click.UsageError("name a SOURCE, or an address to --listen on")
    if follow and listen:
        raise click.UsageError("--follow and --listen are two commands: both can learn into one catalog at the same time")
    if follow and (len(sources) != 1 or sources[0] == STANDARD_INPUT or not sources[0].is_dir()):
        raise click.UsageError("--follow goes with one event log: the directory that `log.directory` of the policy names")
    try:
        known = knowledge(path, create=True, settings=settings, like=like)
    except PolicyErrors as error:
        click.echo("\n".join(complaints(error.errors)), err=True)
        sys.exit(UNUSABLE)
    except CatalogUnusable as error:
        _fail(str(error))
    try:
        sys.exit(_observe(known, sources, path, form, service, host, again, follow, listen, as_json))
    except ListenError as error:
        _fail(str(error))
    except (CatalogUnusable, CatalogOvertaken) as error:
        _fail(str(error) if isinstance(error, CatalogUnusable) else f"{error}; run it again, and it goes on after that")
    finally:
        known.store.close()


def _fail(message: str) -> Any:
    click.echo(f"Error: {plain(message)}", err=True)
    sys.exit(UNUSABLE)


def _observe(
    known: Knowledge,
    sources: tuple[Path, ...],
    path: Path,
    form: Format,
    service: str,
    host: bytes,
    again: bool,
    follow: bool,
    listen: tuple[Address, ...],
    as_json: bool,
) -> int:
    shown = sys.stderr.isatty() and not follow and not listen
    bar = Progress(size_of(sources)) if shown else None
    collector = Collector(
        read=None,
        layouts=() if form.layout is None else (form.layout,),
        host=host,
        kind=form.kind,
    )
    wanted = Wanted(
        service=service,
        again=again,
        catalog=path,
        descriptions=form.description or form == Format(),
        recordings=not form.description,
    )
    run = Hearing(known, collector, wanted, bar.read if bar is not None else None, bar.entry if bar is not None else None)
    before = _operations(known)
    try:
        outcome = _followed(run, sources[0]) if follow else run.all(sources)
        if listen and not outcome.stopped:
            outcome = run.hear(listen, os.environ.get("YETT_LISTEN_TOKEN", ""), lambda line: click.echo(line, err=True))
    finally:
        if bar is not None:
            bar.end()
    made = known.catalog()
    _tell(outcome, made, before, path, as_json, follow)
    if outcome.stopped and not follow:
        return SIGNALLED + outcome.stopped
    nothing = not listen and not (outcome.exchanges or outcome.descriptions or outcome.skipped or outcome.files)
    return PARTLY if outcome.unreadable or nothing else 0


def _followed(run: Run, directory: Path) -> Outcome:
    if not is_log(directory):
        raise click.UsageError(f"{directory} holds no event log")
    return run.follow(directory, lambda: click.echo(f"following {directory}; Ctrl-C ends", err=True))


def _operations(known: Knowledge) -> frozenset[str]:
    return frozenset(identity.id for identity in known.store.identities())


def _tell(outcome: Outcome, made: Catalog, before: frozenset[str], path: Path, as_json: bool, follow: bool) -> None:
    fresh = sum(one.id not in before for one in made.operations)
    if as_json:
        told = {"catalog": str(path), **msgspec.to_builtins(outcome), "operations": len(made.operations), "new": fresh}
        views: dict[str, int] = {}
        for one in made.operations:
            for view in one.views:
                views[view] = views.get(view, 0) + 1
        told |= {"services": len(made.services), "views": dict(sorted(views.items()))}
        click.echo(msgspec.json.encode(told).decode())
    else:
        for line in summary(outcome, made, fresh, path):
            click.echo(line)
    for problem in outcome.problems:
        click.echo(plain(f"! {problem}"), err=True)
    more = outcome.unreadable - len(outcome.problems)
    if more > 0:
        click.echo(f"! and {more:,} more that could not be read", err=True)
    for notice in outcome.notices:
        click.echo(plain(f"! {notice}"), err=True)
    if outcome.stopped and not follow:
        click.echo("interrupted: what was counted is kept; the same command goes on from here", err=True)
