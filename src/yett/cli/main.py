"""The command `yett`. Each subcommand is imported only when it is asked for, so that `yett --help` answers at once.

Shell completion is click's own: `eval "$(_YETT_COMPLETE=bash_source yett)"` (or zsh_source, fish_source).
"""

import errno
import importlib
from typing import Any, NamedTuple

import click

from yett import __version__
from yett.cli.failing import reason

INTERRUPTED = 130
"""The exit code of a process that SIGINT ended."""


class _Command(NamedTuple):
    module: str
    name: str
    summary: str


COMMANDS = {
    "serve": _Command("yett.cli.serve", "serve", "Run the gateway."),
    "check": _Command("yett.cli.check", "check", "Say what a policy would enforce, and what not."),
    "decide": _Command("yett.cli.decide", "decide", "Try a policy, or rule packs, on recorded traffic."),
    "observe": _Command("yett.cli.observe", "observe", "Learn which APIs there are, from recorded traffic and descriptions."),
    "catalog": _Command("yett.cli.catalog", "catalog", "List, explain, correct and export what was learnt."),
    "probe": _Command("yett.cli.probe", "probe", "Attack an API of yours, and prove what is wrong."),
    "posture": _Command("yett.cli.posture", "posture", "Judge what is known: findings, ranked, for people and CI."),
    "log": _Command("yett.cli.log", "log", "Show, filter and follow the event log."),
    "explain": _Command("yett.cli.log", "explain", "Explain the decision on one request."),
    "key": _Command("yett.cli.key", "key", "Make, list and revoke API keys."),
    "password": _Command("yett.cli.key", "password", "Passwords of users for Basic authentication."),
    "schema": _Command("yett.cli.check", "schema", "Print the JSON Schema of the policy, for editors."),
    "demo": _Command("yett.cli.demo.command", "demo", "Start a weak shop, the gateway before it, and attack it."),
}


class _Lazily(click.Group):
    """A group that knows names and summaries of its commands without importing them."""

    def invoke(self, ctx: click.Context) -> Any:
        """A full disk, a directory that is not ours: what the machine refuses is told in one line. Ctrl-C ends a command as SIGINT
        ends a process, also while it begins: 1 is what checks end with that found something."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(INTERRUPTED)
        except OSError as error:
            if error.errno == errno.EPIPE:  # whoever read our output has seen enough; click ends quietly
                raise
            raise click.ClickException(reason(error)) from None

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        command = COMMANDS.get(cmd_name)
        if command is None:
            return None
        found: click.Command = getattr(importlib.import_module(command.module), command.name)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.summary) for name, command in COMMANDS.items()])


@click.command(cls=_Lazily, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="yett")
def main() -> None:
    """API security: finds your APIs, judges them, attacks them before others do, and protects them while they run.

    \b
    yett observe access.log openapi.yaml            which APIs there are
    yett posture                                    what is wrong with them
    yett probe http://127.0.0.1:9001                what can be done to them
    yett probe --source DIR                         and why, in the code
    yett serve --upstream http://127.0.0.1:9001     record everything, deny nothing
    yett check yett.yaml                            what a policy would do
    yett decide --policy yett.yaml traffic.har      what it would have done
    yett serve -c yett.yaml                         do it
    """
