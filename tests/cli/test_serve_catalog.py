"""`yett serve --catalog`: a process beside the gateway that learns from what it records."""

import logging
import os
import signal
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from running import until
from test_serve import POLICY, Yett, upstream

from yett.cli.companion import AGAIN, Companion
from yett.cli.knowledge import knowledge
from yett.cli.observer import observing
from yett.cli.observing import Stopped
from yett.cli.serve import serve
from yett.model.catalog import Catalog

__all__ = ["upstream"]


def learnt(directory: Path) -> Catalog:
    known = knowledge(directory / "c.db")
    try:
        return known.catalog()
    finally:
        known.store.close()


def counts(directory: Path) -> dict[str, int]:
    return {one.name: one.count for one in learnt(directory).operations}


def companion_of(gateway: int) -> int:
    """The process id of who learns beside a gateway; 0 where there is none."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"yett.cli.observer" in command and str(gateway).encode() in command:
                return int(entry.name)
    return 0


def gone(process: int) -> bool:
    try:
        return (Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_what_was_called_is_in_the_catalog_when_the_gateway_has_ended(tmp_path: Path, upstream: str) -> None:
    with Yett(tmp_path, "--upstream", upstream, "--catalog", "c.db") as yett:
        assert "catalog       yett catalog list --catalog c.db" in yett.said()
        for number in range(100, 110):
            assert yett.ask(f"/orders/{number}")[0] == 200
        process = companion_of(yett.process.pid)
        assert process
        assert os.getpriority(os.PRIO_PROCESS, process) >= 10
        assert yett.stop() == 0
    assert gone(process)
    assert counts(tmp_path) == {"GET /orders/{orderId}": 10}
    (one,) = learnt(tmp_path).operations
    assert (one.service, one.coverage.sensors) == ("api", {"gateway": 10})
    with Yett(tmp_path, "--upstream", upstream, "--catalog", "c.db") as yett:
        assert yett.ask("/orders/110")[0] == 200
        assert yett.stop() == 0
    assert counts(tmp_path) == {"GET /orders/{orderId}": 11}


def test_a_gateway_that_is_killed_leaves_nobody(tmp_path: Path, upstream: str) -> None:
    with Yett(tmp_path, "--upstream", upstream, "--catalog", "c.db") as yett:
        assert yett.ask("/orders/100")[0] == 200
        process = until(lambda: companion_of(yett.process.pid))
        yett.process.send_signal(signal.SIGKILL)
        yett.process.wait()
        until(lambda: gone(process))


def test_what_cannot_be_a_catalog_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "c.db").write_text("not a database, and long enough to be looked at as one")
    result = CliRunner().invoke(serve, ["--upstream", "http://127.0.0.1:9", "--catalog", str(tmp_path / "c.db")])
    assert result.exit_code == 1
    assert "not a catalog" in result.stderr


def test_without_a_log_there_is_nothing_to_learn_from(tmp_path: Path) -> None:
    policy = POLICY.format(upstream="http://127.0.0.1:9").replace("keys: keys.yaml", "log: {enabled: false}")
    (tmp_path / "yett.yaml").write_text(policy)
    yett = Yett(tmp_path, "--catalog", "c.db")
    assert "--catalog learns from the event log" in yett.refused()


def test_nothing_is_learnt_where_no_log_ever_comes(tmp_path: Path) -> None:
    def waiting(seconds: float) -> None:
        raise Stopped(signal.SIGTERM)

    outcome = observing(tmp_path / "log", tmp_path / "c.db", waiting)
    assert (outcome.files, outcome.exchanges) == (0, 0)


def test_who_ends_by_itself_is_started_again(caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    caplog.set_level(logging.WARNING, "yett.supervisor")
    logging.getLogger("yett.supervisor").propagate = True
    one = Companion((sys.executable, "-c", "raise SystemExit(3)"), "learning", again=True, clock=lambda: now[0])
    first = one.pid
    until(lambda: gone(first))
    until(lambda: caplog.text or one.look())  # type: ignore[func-returns-value]
    assert "learning has ended (3)" in caplog.text
    one.look()
    assert one.pid == first
    now[0] = AGAIN
    one.look()
    assert one.pid != first
    one.close()
    one.look()


def test_who_does_not_end_is_ended() -> None:
    script = "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); sys.stdout.close(); time.sleep(60)"
    one = Companion((sys.executable, "-c", script), "deaf")
    one.close(patience=0.5)
    assert gone(one.pid)
