"""`yett catalog`: list, show and explain what was learnt, correct it, and export it."""

import json
import sys
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import Any

import click
import msgspec

from yett.cli.check import complaints
from yett.cli.choosing import NOT_FOUND, UNUSABLE, chosen, fail, filters, one_of
from yett.cli.exporting import FORMATS, exported
from yett.cli.knowledge import DEFAULT, Knowledge, knowledge
from yett.cli.listing import details, table, why
from yett.cli.showing import plain, when
from yett.engine.catalog.correcting import Refused, assigned, merged, renamed, split_off, verdict
from yett.engine.catalog.templates import holds
from yett.model.catalog import CatalogOperation, Correction
from yett.model.catalog_store import CatalogUnusable
from yett.model.mistake import PolicyErrors


def _with_catalog(command: Callable[..., None]) -> Callable[..., None]:
    """The option that names the catalog, which the command gets opened."""

    @wraps(command)
    def run(path: Path, settings: Path | None, **rest: Any) -> None:
        try:
            known = knowledge(path, settings=settings)
        except PolicyErrors as error:
            click.echo("\n".join(complaints(error.errors)), err=True)
            sys.exit(UNUSABLE)
        except CatalogUnusable as error:
            fail(str(error))
        try:
            command(known=known, **rest)
        except CatalogUnusable as error:
            fail(str(error))
        finally:
            known.store.close()

    file = click.Path(path_type=Path, dir_okay=False)
    run = click.option("--settings", type=file, metavar="FILE", help="Thresholds of views and classes, as YAML.")(run)
    return click.option("--catalog", "path", type=file, default=DEFAULT, show_default=True, help="The catalog's file.")(run)


@click.group("catalog", invoke_without_command=False)
def catalog() -> None:
    """List, explain, correct and export what `yett observe` learnt.

    An OPERATION is an id, or "METHOD /template", with --service where several services have it.

    \b
    yett catalog list --view shadow
    yett catalog why "GET /users/{userId}"
    yett catalog merge "GET /reports/daily" "GET /reports/weekly" --as /reports/{period}
    yett catalog export --format openapi --service shop -o shop.yaml
    """


@catalog.command("list")
@filters
@click.option("--json", "as_json", is_flag=True, help="A JSON array of operations.")
@_with_catalog
def list_(known: Knowledge, as_json: bool, **wanted: Any) -> None:
    """List operations by service: id, calls, share of authenticated answers, method and template, views, data classes.

    Exit code 1 if none is found.
    """
    made = known.catalog()
    found = chosen(made, **wanted)
    if as_json:
        click.echo(exported(made, found, "json").rstrip("\n"))
    else:
        _print(table(found))
    if not found:
        click.echo("no operation is in the catalog" if not made.operations else "no operation matches", err=True)
        sys.exit(NOT_FOUND)


@catalog.command("services")
@click.option("--json", "as_json", is_flag=True, help="A JSON array of services.")
@_with_catalog
def services(known: Knowledge, as_json: bool) -> None:
    """List services with their hosts, coverage, and what declares them."""
    found = known.catalog().services
    if as_json:
        _json(found)
        return
    for one in found:
        _print([plain(one.name) or "(no host)"])
        lines = [f"{one.operations:,} operations, {one.count:,} calls, {one.exposure}"]
        if one.hosts:
            lines.append(f"hosts: {', '.join(one.hosts)}")
        if one.sources:
            lines.append(f"declared in: {', '.join(one.sources)}")
        if one.versions:
            lines.append(f"versions: {', '.join(one.versions)}")
        lines += [f"set aside: {count:,} {name}" for name, count in one.set_aside.items()]
        if one.first_seen is not None and one.last_seen is not None:
            lines.append(f"watched: {when(one.first_seen)} to {when(one.last_seen)}, by {', '.join(one.coverage.sensors)}")
        lines += [f"coverage: {lack}" for lack in one.coverage.lacks]
        _print(f"  {plain(line)}" for line in lines)


@catalog.command("show")
@click.argument("operation")
@click.option("--service", default="", metavar="NAME", help="The service, where several have it.")
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON.")
@_with_catalog
def show(known: Knowledge, operation: str, service: str, as_json: bool) -> None:
    """Show one operation: calls, callers, authentication, parameters, data, declarations, coverage."""
    made = known.catalog()
    one = one_of(known, made, operation, service)
    if as_json:
        click.echo(exported(made, [one], "json", single=True).rstrip("\n"))
    else:
        _print(details(one))


@catalog.command("why")
@click.argument("operation")
@click.option("--service", default="", metavar="NAME", help="The service, where several have it.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, with at most 100 raw paths.")
@_with_catalog
def why_(known: Knowledge, operation: str, service: str, as_json: bool) -> None:
    """Say why an operation is as it is: who says its template, which numbers decided, which raw paths it holds."""
    made = known.catalog()
    one = one_of(known, made, operation, service)
    if as_json:
        said = {name: getattr(one, name) for name in ("id", "service", "method", "template", "named", "reasons")}
        _json({**said, "claims": made.of(one.id), "members": one.members, "member_count": one.member_count})
        return
    _print(why(one, made.of(one.id)))


@catalog.command("merge")
@click.argument("operations", nargs=-1, required=True, metavar="OPERATION...")
@click.option("--as", "template", default="", metavar="TEMPLATE", help="The template of the whole, such as /reports/{period}.")
@click.option("--service", default="", metavar="NAME", help="The service, where several have it.")
@_with_catalog
def merge(known: Knowledge, operations: tuple[str, ...], template: str, service: str) -> None:
    """Say that operations are one. It holds for what is learnt later, too, and `yett catalog undo` takes it back."""
    made = known.catalog()
    found = [one_of(known, made, name, service) for name in operations]
    _correct(known, lambda: merged(found, template))


@catalog.command("split")
@click.argument("operation")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--service", default="", metavar="NAME", help="The service, where several have it.")
@_with_catalog
def split(known: Knowledge, operation: str, paths: tuple[str, ...], service: str) -> None:
    """Say that paths of an operation are operations of their own: /users/me out of GET /users/{userId}.

    A PATH may have parameters, too. What was learnt together before that cannot all be taken apart again; `why` says what.
    """
    one = one_of(known, known.catalog(), operation, service)
    _correct(known, lambda: split_off(one, paths))


@catalog.command("rename")
@click.argument("operation")
@click.argument("name", metavar="TEMPLATE|TITLE")
@click.option("--service", default="", metavar="NAME", help="The service, where several have it.")
@_with_catalog
def rename(known: Knowledge, operation: str, name: str, service: str) -> None:
    """Give the parameters of an operation other names (/users/{login}), or the operation a title ("Who am I")."""
    one = one_of(known, known.catalog(), operation, service)
    _correct(known, lambda: [renamed(one, name)])


@catalog.command("assign")
@click.argument("host")
@click.argument("service")
@_with_catalog
def assign(known: Knowledge, host: str, service: str) -> None:
    """Say that what is called on HOST is part of SERVICE: `assign api2.example.com shop` where one API has several hosts.

    HOST is a service of the catalog, as hosts are that no source names otherwise. Operations keep their ids.
    """
    _correct(known, lambda: [assigned((one.name for one in known.catalog().services), host, service)])


@catalog.command("mark")
@click.argument("operation")
@click.argument("place")
@click.argument("label", metavar="CLASS")
@click.argument("answer", type=click.Choice(["yes", "no"]))
@click.option("--service", default="", metavar="NAME", help="The service, where several have it.")
@_with_catalog
def mark(known: Knowledge, operation: str, place: str, label: str, answer: str, service: str) -> None:
    """Say that a field is, or is not, of a data class: `mark "GET /users/{userId}" response.200.body/name person-name no`."""
    one = one_of(known, known.catalog(), operation, service)
    if label not in known.classifier.classes:
        fail(f"there is no data class {label!r}; `docs/reference/data-classes.md` lists them")
    _correct(known, lambda: [verdict(one, place, label, answer == "yes")])


@catalog.command("corrections")
@click.option("--json", "as_json", is_flag=True, help="A JSON array of corrections.")
@_with_catalog
def corrections(known: Knowledge, as_json: bool) -> None:
    """List what people decided, with the numbers by which `undo` takes it back."""
    found = known.store.corrections()
    if as_json:
        _json(found)
        return
    for one in found:
        subject = " ".join(part for part in (one.method, one.template, one.named) if part)
        more = " ".join(part for part in (one.place, one.label, one.value) if part)
        made = "" if one.made is None else when(one.made)
        _print([plain(f"{one.id:>4}  {made}  {one.kind:<7} {one.service}  {subject}" + (f"  {more}" if more else ""))])
    if not found:
        click.echo("nobody has corrected anything", err=True)


@catalog.command("undo")
@click.argument("number", type=click.IntRange(1, (1 << 63) - 1), metavar="NUMBER")
@_with_catalog
def undo(known: Knowledge, number: int) -> None:
    """Take back what a person decided; `yett catalog corrections` lists the numbers."""
    with known.store.writing() as change:
        if not change.take_back(number):
            fail(f"there is no correction {number}; `yett catalog corrections` lists them", NOT_FOUND)
    known.catalog()


@catalog.command("sources")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: recordings and descriptions.")
@_with_catalog
def sources(known: Knowledge, as_json: bool) -> None:
    """List what was read, and how far."""
    if as_json:
        _json(_sources(known))
        return
    for one in known.store.positions():
        state = "whole" if one.whole else "partly"
        errors = f", {one.errors:,} unreadable" if one.errors else ""
        _print([plain(f"{when(one.at)}  {one.entries:>10,} entries, {state}{errors}  {one.name}")])
    for reading in known.readings():
        declared = f"{len(reading.description.declared):,} declarations"
        state = "" if reading.current else ", an earlier reading"
        _print(
            [plain(f"{when(reading.last_read)}  {declared} ({reading.description.kind}{state})  {reading.description.source}")]
        )


def _sources(known: Knowledge) -> dict[str, Any]:
    parts = ("name", "entries", "size", "whole", "errors", "at")
    read = [{part: getattr(one, part) for part in parts} for one in known.store.positions()]
    described = [
        {
            "source": one.description.source,
            "kind": one.description.kind,
            "declarations": len(one.description.declared),
            "current": one.current,
            "service": one.service,
            "first_read": one.first_read,
            "last_read": one.last_read,
        }
        for one in known.readings()
    ]
    return {"recordings": read, "descriptions": described}


@catalog.command("export")
@click.option("--format", "form", type=click.Choice(FORMATS), default="json", show_default=True, help="What to write.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="A file, in place of standard output.")
@filters
@_with_catalog
def export(known: Knowledge, form: str, output: Path | None, **wanted: Any) -> None:
    """Write the catalog: openapi (3.1, one service), json, csv or markdown. The same knowledge gives the same octets."""
    made = known.catalog()
    found = chosen(made, **wanted)
    try:
        text = exported(made, found, form, output, wanted["service"])
    except ValueError as error:
        fail(str(error))
    if output is None:
        click.echo(text, nl=False)
    else:
        try:
            output.write_text(text, encoding="utf-8")
        except OSError as error:
            fail(f"{output}: {(error.strerror or str(error)).lower()}")


def _correct(known: Knowledge, make: Callable[[], Iterable[Correction]]) -> None:
    """Keep corrections, and show what became of the operations that they speak of."""
    try:
        wanted = list(make())
    except Refused as error:
        fail(str(error))
    kept = known.correct(wanted)
    made = known.catalog()
    numbers = ", ".join(str(one.id) for one in kept)
    click.echo(f"kept as {numbers}; `yett catalog undo {kept[0].id}` takes it back", err=True)
    services = {one.service for one in kept}
    templates = {one.template for one in kept}
    homes = {one.value for one in kept if one.kind == "service"}
    spoken = [one for one in made.operations if one.service in services and _spoken_of(one, templates)]
    _print(table(spoken or [one for one in made.operations if one.service in homes]))


def _spoken_of(one: CatalogOperation, templates: set[str]) -> bool:
    return any(holds(template, one.template) or holds(one.template, template) for template in templates)


def _json(value: Any) -> None:
    click.echo(json.dumps(msgspec.to_builtins(value), indent=2))


def _print(lines: Iterable[str]) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    for line in lines:
        click.echo(line.encode(encoding, "backslashreplace").decode(encoding))
