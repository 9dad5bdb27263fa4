"""The demo as a user runs it: real processes, real ports, real log. It must end well, and leave nothing behind."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from yett.cli.demo.stage import StageError, _process

YETT = (sys.executable, "-c", "from yett.cli.main import main; main()")


@pytest.fixture
def room(tmp_path: Path) -> dict[str, str]:
    """An environment in which temporary directories are made in `tmp_path`, so that what is left behind is seen."""
    return os.environ | {"TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_everything_happens_as_documented(room: dict[str, str]) -> None:
    command = [*YETT, "demo", "--once", "--port", str(free_port())]
    done = subprocess.run(command, env=room, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Everything happened as documented." in done.stdout
    assert "Enforced:\n  contract-request" in done.stdout  # from `yett explain`
    assert "reads Alice's order by counting ids" in done.stdout
    assert list(Path(room["TMPDIR"]).glob("yett-demo-*")) == []


@pytest.fixture
def staying(room: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    command = [*YETT, "demo"]
    with subprocess.Popen(command, env=room, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as child:
        watchdog = threading.Timer(90, child.terminate)  # reading its output would wait for ever
        watchdog.start()
        yield child
        watchdog.cancel()
        child.kill()


def test_it_stays_up_until_interrupted(staying: subprocess.Popen[str], room: dict[str, str]) -> None:
    assert staying.stdout is not None
    said = ""
    for line in staying.stdout:
        said += line
        if "what is enforced" in line:
            break
    key = re.search(r"X-API-Key: (yett_\w+)", said)
    port = re.search(r"the gateway before it on port ([0-9]+)", said)
    assert key is not None, said
    assert port is not None
    assert status(int(port[1]), key[1]) == 200
    assert status(int(port[1]), "yett_wrong") == 401
    policy = next(Path(room["TMPDIR"]).glob("yett-demo-*/yett.yaml"))
    policy.write_text(policy.read_text() + "nonsense: 1\n")
    assert any("unknown key 'nonsense'" in line for line in staying.stdout)
    staying.send_signal(signal.SIGINT)
    assert staying.wait(60) == 0
    assert list(Path(room["TMPDIR"]).glob("yett-demo-*")) == []
    with pytest.raises(ConnectionRefusedError):
        status(int(port[1]), key[1])


def status(port: int, key: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/v1/products/1", headers={"X-API-Key": key})
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_port_that_is_asked_for_and_in_use_is_an_error(room: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [*YETT, "demo", "--once", "--port", str(taken.getsockname()[1])]
        done = subprocess.run(command, env=room, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "is in use" in done.stderr
    assert list(Path(room["TMPDIR"]).glob("yett-demo-*")) == []


def test_a_stage_that_does_not_start_says_why(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no such luck')"]
    with pytest.raises(StageError, match=r"(?s)the shop does not listen.*no such luck"), _process("shop", command, tmp_path, 1):
        raise AssertionError("started")
