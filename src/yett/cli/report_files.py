"""Where a command's reports go, each to the file that its option names, or to standard output for "-"; and its baseline.

It must not know what is in a report.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NoReturn

import click

from yett.cli.failing import reason
from yett.formats.reports.baseline import BaselineError, read_baseline


class Written:
    """What became of the reports. printed: one of them is on standard output, where nothing else may be then."""

    def __init__(self) -> None:
        self.printed = False
        self.failures: list[str] = []


def write_reports(reports: Iterable[tuple[Path | None, Callable[[], str]]]) -> Written:
    """Write those that are wanted. One that cannot be written is told in `failures`, and the others are written all the same.

    New files are for their owner only: a report tells how to get in.
    """
    written = Written()
    for path, text in reports:
        if path is None:
            continue
        if str(path) == "-":
            click.echo(text(), nl=False)
            written.printed = True
            continue
        try:
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                file.write(text())
        except OSError as error:
            written.failures.append(reason(error))
    return written


def accepted(baseline: Path | None, fail: Callable[[str], NoReturn]) -> dict[str, str]:
    """Fingerprints of a baseline, with what they stand for; none without one."""
    try:
        return read_baseline(baseline.read_bytes()) if baseline is not None else {}
    except OSError as error:
        fail(reason(error))
    except BaselineError as error:
        fail(f"{baseline}: {error}")
