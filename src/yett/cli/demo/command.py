"""`yett demo`: the whole thing in one command."""

import signal
import sys
import time
from os import SEEK_END

import click

from yett.cli.demo import tables
from yett.cli.demo.scenarios import SCENARIOS
from yett.cli.demo.stage import Stage, StageError, staged
from yett.cli.demo.verdict import Played, differences, with_records
from yett.cli.demo.wire import call

LOOK = 0.3
"""Seconds between two looks at what the gateway says."""


@click.command()
@click.option("--once", is_flag=True, help="End by itself; exit code 0 only if everything happened as documented.")
@click.option("--port", type=click.IntRange(1, 65_535), help="Where the gateway listens (default: 8080, or one that is free).")
def demo(once: bool, port: int | None) -> None:
    """Start a weak shop with the gateway before it, let good and bad callers try it, and show what became of them.

    Works offline, listens on 127.0.0.1 only, and leaves nothing behind.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that processes and files go away then, too
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also where a shell has started this in the background
    try:
        with staged(port) as stage:
            differing = _play(stage)
            if once:
                raise SystemExit(1 if differing else 0)
            tables.invitation(stage)
            _wait(stage)
    except StageError as error:
        raise click.ClickException(str(error)) from None


def _play(stage: Stage) -> list[str]:
    """All scenarios, told. Returns what did not happen as documented."""
    click.echo(f"A shop with known weaknesses on port {stage.shop}, the gateway before it on port {stage.gateway}.")
    began = time.monotonic()
    played = []
    for scenario in SCENARIOS:
        content = scenario.bytes_for(stage.wallet)
        replies = tuple(call(stage.gateway, content, scenario.slow) for _ in range(scenario.times))
        played.append(Played(scenario, replies))
    took = time.monotonic() - began
    recorded = with_records(played, stage.log)
    tables.show(recorded)
    tables.explanation(recorded, stage)
    tables.summary(recorded, took)
    found = differences(recorded)
    if found:
        click.secho("\nNot as documented:", fg="red", bold=True)
        click.echo("\n".join(f"  {line}" for line in found))
    else:
        click.secho("Everything happened as documented.", fg="green")
    return found


def _wait(stage: Stage) -> None:
    """Until Ctrl-C. What the gateway says meanwhile is said on: that a changed policy is in force, or why it is not."""
    try:
        with stage.output.open(encoding="utf-8", errors="replace") as said:
            said.seek(0, SEEK_END)
            while True:
                click.echo(said.read(), nl=False)
                time.sleep(LOOK)
    except KeyboardInterrupt:
        click.echo("\nEnding.")
