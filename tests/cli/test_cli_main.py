"""What every command of `yett` has in common."""

import errno
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from yett.cli import check
from yett.cli.main import main


def test_what_the_machine_refuses_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(check, "policy_schema", full)
    result = CliRunner().invoke(main, ["schema"])
    assert result.exit_code == 1
    assert result.stderr == "Error: no space left on device\n"


def test_an_interrupt_is_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs `yett decide --fail-on deny` or `yett check --strict` must not take it for one."""

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(check, "policy_schema", interrupted)
    result = CliRunner().invoke(main, ["schema"])
    assert (result.exit_code, result.stderr) == (130, "interrupted\n")


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    shown = f"{sys.executable} -c 'from yett.cli.main import main; main()' schema | head -c 1"
    done = subprocess.run(["/bin/sh", "-c", shown], capture_output=True, text=True, timeout=30, check=False)
    assert (done.stdout, done.stderr) == ("{", "")
