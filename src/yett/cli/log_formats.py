"""Options of all commands that read access logs: in which format they are, and of which host.

It must not know what the commands do with what they read.
"""

import re

import click

from yett.formats.recordings import NO_HOST, BadLayout, KeyedLayout, Layout, layout_of

_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](?::[0-9]{1,5})?")


def log_formats(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[Layout | KeyedLayout, ...]:
    """The layouts that `--log-format` gives, for click."""
    found = []
    for number, value in enumerate(values, 1):
        try:
            found.append(layout_of(value, "as given" if len(values) == 1 else f"number {number} as given"))
        except BadLayout as error:
            place = f", at character {error.at + 1}" if error.at else ""
            raise click.BadParameter(f"{value!r}{place}: {error}", context, parameter) from None
    return tuple(found)


def host_name(context: click.Context, parameter: click.Parameter, value: str | None) -> bytes:
    """The host that `--host` gives, for click."""
    if value is None:
        return NO_HOST
    if _HOST.fullmatch(value) is None:
        raise click.BadParameter(f"{value!r} is no host name", context, parameter)
    return value.encode()
