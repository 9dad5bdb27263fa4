"""Which operations a command is about: options that filter the catalog, and an operation by its id or name.

It must not know what becomes of them.
"""

import sys
from collections.abc import Callable
from typing import Any

import click

from yett.cli.knowledge import Knowledge
from yett.cli.showing import plain
from yett.engine.catalog.templates import shape
from yett.model.catalog import VIEWS, Catalog, CatalogOperation

UNUSABLE = 2
NOT_FOUND = 1


def fail(message: str, code: int = UNUSABLE) -> Any:
    click.echo(f"Error: {plain(message)}", err=True)
    sys.exit(code)


def filters(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--limit", "-n", type=click.IntRange(min=1), metavar="N", help="Only the N with the most calls."),
        click.option("--search", default="", metavar="TEXT", help="Only those whose name has this text."),
        click.option("--class", "label", default="", metavar="CLASS", help="Only those with this data class."),
        click.option("--function", default="", metavar="NAME", help="Only those for this business function, such as login."),
        click.option("--method", default="", metavar="METHOD", help="Only those of this method."),
        click.option("--view", type=click.Choice(sorted(VIEWS)), help="Only those in this view."),
        click.option("--service", default="", metavar="NAME", help="Only those of this service."),
    ):
        command = option(command)
    return command


def chosen(
    made: Catalog,
    service: str,
    view: str | None,
    method: str,
    function: str,
    label: str,
    search: str,
    limit: int | None,
) -> list[CatalogOperation]:
    if service and all(one.name != service for one in made.services):
        names = ", ".join(one.name or "(no host)" for one in made.services[:20])
        fail(f"there is no service {service!r}; there are: {names or 'none'}", NOT_FOUND)
    found = [
        one
        for one in made.operations
        if (not service or one.service == service)
        and (view is None or view in one.views)
        and (not method or one.method == method.upper())
        and (not function or function in one.functions)
        and (not label or any(field.name == label for field in one.classes))
        and (not search or search.lower() in f"{one.name} {one.title}".lower())
    ]
    if limit is not None:
        keep = {id(one) for one in sorted(found, key=lambda one: -one.count)[:limit]}
        found = [one for one in found if id(one) in keep]
    return found


def one_of(known: Knowledge, made: Catalog, name: str, service: str) -> CatalogOperation:
    """The operation of an id, or of "METHOD template"."""
    wanted = known.resolve(name)
    found = [one for one in made.operations if one.id == wanted or one.name == name or f"{one.method} {one.template}" == name]
    method, _, template = name.partition(" ")
    if not found and template.startswith("/"):  # whatever its parameters are called
        found = [one for one in made.operations if one.method == method.upper() and shape(one.template) == shape(template)]
    exact = [one for one in found if one.id == wanted or one.name == name]
    found = [one for one in exact or found if not service or one.service == service]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(f"{one.id} ({one.service or 'no host'}{' ' + one.named if one.named else ''})" for one in found[:10])
        fail(f"{name!r} are {len(found)} operations: {ids}; name one by its id, or with --service")
    near = [one for one in made.operations if name.split(" ")[-1].strip("/").lower() in one.name.lower()][:5]
    hint = (
        "; there is: " + ", ".join(f'"{one.name}" ({one.id})' for one in near) if near else "; `yett catalog list` lists them"
    )
    fail(f"there is no operation {name!r}{hint}", NOT_FOUND)
    raise AssertionError
