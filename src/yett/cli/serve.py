"""`yett serve`: the composition root of the supervisor. Who serves requests is composed in `yett.cli.worker`."""

import asyncio
import logging
import os
import resource
import sys
from contextlib import suppress
from pathlib import Path
from threading import Lock

import click
import msgspec

from yett import __version__
from yett.cli import source
from yett.cli.companion import Companion
from yett.cli.source import Source
from yett.cli.state import counters_directory, make_state
from yett.edge.gateway.fleet import StartError
from yett.edge.gateway.listeners import ListenError, parse_address
from yett.edge.gateway.preparation import Prepared, ServiceSummary
from yett.edge.gateway.supervisor import Equipment, Settings, Supervisor
from yett.model.catalog_store import CatalogUnusable
from yett.model.decision import Mode
from yett.model.event import Event
from yett.model.policy import Log
from yett.model.ports import CountersUnavailable
from yett.store.counters.files import CountersDamaged
from yett.store.counters.shared import SharedCounters, create_files
from yett.store.eventlog.journal import JournalError, SegmentJournal

DEFAULT_POLICY = "yett.yaml"
CHILD = (sys.executable, "-P", "-m")
"""-P: nothing is imported from the directory in which the command happens to be called."""

log = logging.getLogger("yett.supervisor")


def _addresses(context: click.Context, parameter: click.Parameter, value: tuple[str, ...] | str) -> tuple[str, ...] | str:
    for address in (value,) if isinstance(value, str) else value:
        if address not in ("", "none"):
            try:
                parse_address(address)
            except ListenError as error:
                raise click.BadParameter(str(error), context, parameter) from None
    return value


@click.command()
@click.option("-c", "--config", type=click.Path(dir_okay=False), help="The policy (default: yett.yaml here).")
@click.option("--upstream", metavar="URL", help="Instead of a policy: watch this API, and deny nothing by rule.")
@click.option("--contract", type=click.Path(dir_okay=False), help="With --upstream: its OpenAPI file.")
@click.option(
    "--listen", multiple=True, callback=_addresses, metavar="ADDRESS", help="Listen there instead: 127.0.0.1:8080, [::1]:8080."
)
@click.option(
    "--admin",
    default="",
    callback=_addresses,
    metavar="ADDRESS",
    help="Serve metrics and health there instead, or nowhere: none.",
)
@click.option("--workers", type=click.IntRange(1, 256), help="Worker processes (default: the policy's, or one for each core).")
@click.option("--log-dir", type=click.Path(file_okay=False), default="", help="Write the event log there instead.")
@click.option("--drain", type=click.FloatRange(0, 3_600), default=30.0, show_default=True, metavar="SECONDS",
              help="How long requests may take to finish at the end.")  # fmt: skip
@click.option("--access-log", is_flag=True, help="Also write each request as a JSON line to standard output.")
@click.option(
    "--catalog", type=click.Path(dir_okay=False, path_type=Path), help="Also learn which APIs there are, into this catalog."
)
def serve(
    config: str | None,
    upstream: str | None,
    contract: str | None,
    listen: tuple[str, ...],
    admin: str,
    workers: int | None,
    log_dir: str,
    drain: float,
    access_log: bool,
    catalog: Path | None,
) -> None:
    """Run the gateway, as a policy says or before one upstream. Ctrl-C or SIGTERM ends it after the requests under way; a
    changed policy is loaded by itself, or on SIGHUP.

    \b
    Exit codes: 0 ended in order; 1 could not start; 2 the policy cannot be used.
    """
    if upstream is not None and config is not None:
        raise click.UsageError("give a policy (-c) or an upstream (--upstream), not both")
    if contract is not None and upstream is None:
        raise click.UsageError("--contract needs --upstream; with a policy, the policy names the contract")
    if upstream is None and config is None and not Path(DEFAULT_POLICY).exists():
        raise click.UsageError(
            f"there is no {DEFAULT_POLICY} here: name a policy with -c, or an API to watch with --upstream URL"
        )
    wanted = Source(
        config="" if upstream is not None else config or DEFAULT_POLICY,
        upstream=upstream or "",
        contract=contract,
        listen=listen,
        admin=admin,
        log_directory=log_dir,
    )
    if catalog is not None:
        _try_catalog(catalog)
    set_up_logging()
    allow_many_files()
    sys.exit(asyncio.run(Supervisor(settings(wanted, workers or 0, drain, access_log, catalog)).run()))


def _try_catalog(path: Path) -> None:
    """Rather now than beside a gateway that serves."""
    from yett.store.catalog import open_catalog  # who wants no catalog pays nothing for it

    try:
        open_catalog(path, create=True).close()
    except CatalogUnusable as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)


def allow_many_files() -> None:
    """Let this process and its workers open as many files as they may: each request under way takes two sockets, and shells
    give 1,024 for the sake of programs that use select(2)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with suppress(ValueError, OSError):  # macOS says "unlimited" and allows less
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def set_up_logging() -> None:
    """Plain lines on standard error; mistakes in the policy without a time before them, so that editors find their places."""
    timed, bare = logging.StreamHandler(), logging.StreamHandler()
    timed.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    bare.setFormatter(logging.Formatter("%(message)s"))
    for name, handler in (("yett.supervisor", timed), ("yett.policy", bare)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.INFO)


def settings(wanted: Source, workers: int, drain: float, access_log: bool, catalog: Path | None = None) -> Settings:
    return Settings(
        worker=(*CHILD, "yett.cli.worker", "--patience", str(drain)),
        prepare=(*CHILD, "yett.cli.prepare", "--source", source.encode(wanted)),
        equip=lambda prepared, count: equip(wanted, prepared, count, access_log, catalog),
        announce=lambda prepared, bound, admin: click.echo(announcement(wanted, prepared, bound, admin, catalog), err=True),
        workers=workers,
        drain=drain,
        version=__version__,
    )


def equip(wanted: Source, prepared: Prepared, workers: int, access_log: bool, catalog: Path | None = None) -> Equipment:
    """The supervisor's own journal, the files of the counters, the writer of the access log, and who learns from the log.
    Raises StartError."""
    kept = wanted.base / msgspec.json.decode(prepared.fixed["state"], type=str)
    policy_log = msgspec.json.decode(prepared.fixed["log"], type=Log)
    directory = wanted.base / policy_log.directory
    try:
        make_state(kept)
        for remark in create_files(counters_directory(kept), workers):
            log.warning("%s", remark)
        counters = SharedCounters(counters_directory(kept))
        if catalog is not None and not policy_log.enabled:
            raise StartError("--catalog learns from the event log, and the policy has `log.enabled: false`")
        journal = SegmentJournal(policy_log, directory, 0, asyncio.get_running_loop()) if policy_log.enabled else None
        companions = _companions(directory, access_log and journal is not None, catalog)
    except (OSError, JournalError, CountersDamaged, CountersUnavailable) as error:
        raise StartError(_words(error)) from error
    if journal is not None:
        journal.start()

    turn = Lock()  # the last upkeep may still be under way when everything closes

    def upkeep() -> None:
        with turn:
            counters.sync()
            counters.reclaim()
        for one in companions:
            one.look()

    def close() -> None:
        with turn:
            counters.sync()
            counters.close()
        if journal is not None:
            journal.close()
        for one in companions:
            one.close()

    return Equipment(record=journal.append if journal is not None else _forget, upkeep=upkeep, close=close)


def _words(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror.lower()}"
    return str(error)


def _forget(_: Event) -> None:
    """The policy wants no log."""


def _companions(directory: Path, access_log: bool, catalog: Path | None) -> list[Companion]:
    """Processes that read the event log."""
    known = ("--directory", str(directory), "--parent", str(os.getpid()))
    found = [Companion((*CHILD, "yett.cli.access_log", *known), "the access log")] if access_log else []
    if catalog is not None:
        found.append(Companion((*CHILD, "yett.cli.observer", *known, "--catalog", str(catalog)), "learning", again=True))
    return found


def announcement(wanted: Source, prepared: Prepared, bound: dict[str, str], admin: str, catalog: Path | None = None) -> str:
    """What a person wants to know when it has started."""
    lines = [f"yett {__version__} is ready, snapshot {prepared.digest}"]
    for address, where in bound.items():
        lines.append(f"  listening on  {'https' if address in prepared.secure else 'http'}://{where}")
    lines += [f"  {_service(service)}" for service in prepared.services]
    if prepared.gaps:
        how = f"yett check {wanted.config}" if wanted.config else "yett check, with a policy"
        lines.append(f"  not enforced  {_count(prepared.gaps, 'thing')} that the policy or contract asks for: {how}")
    lines.append(f"  admin         http://{admin}/status, /metrics, /healthz, /readyz" if admin else "  admin         off")
    policy_log = msgspec.json.decode(prepared.fixed["log"], type=Log)
    shown = f"yett log --dir {wanted.base / policy_log.directory}"
    lines.append(f"  event log     {shown}" if policy_log.enabled else "  event log     off: nothing is recorded")
    if catalog is not None:
        lines.append(f"  catalog       yett catalog list --catalog {catalog}")
    return "\n".join(lines)


def _service(service: ServiceSummary) -> str:
    where = " ".join(
        (", ".join(service.hosts) or "any host", "" if service.prefix == "/" else f"below {service.prefix}")
    ).strip()
    what = "watched, nothing is denied by rule" if service.mode == Mode.MONITOR else "enforced"
    known = _count(service.operations, "operation") if service.operations else "no contract: every path"
    return f"service       {service.name}: {where} -> {', '.join(service.targets)} ({known}; {what})"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
