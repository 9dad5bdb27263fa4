"""Targets that are slow, or lie about what they send: the run ends in time, says why, and keeps what it has."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from served import served

from yett.cli.main import main
from yett.engine.probing.trial import replies
from yett.model.exchange import Request, Response

CONTRACT = """
openapi: 3.0.3
info: {title: Things, version: "1"}
paths:
  /things: {get: {operationId: list, responses: {"200": {description: ok}}}}
  /things/{thingId}:
    get:
      operationId: read
      parameters: [{name: thingId, in: path, required: true, schema: {type: integer}}]
      responses: {"200": {description: ok}}
"""
HONEST = b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "contract.yaml").write_text(CONTRACT)
    return tmp_path


def test_the_budget_holds_where_answers_are_slow(here: Path) -> None:
    never = threading.Event()

    def serve(request: Request) -> Response:
        never.wait(0.1)
        return replies(200, [{"id": 1}] if request.target == b"/things" else {"id": 1})

    with served(serve) as origin:
        ended = CliRunner().invoke(
            main, ["probe", origin, "--contract", "contract.yaml", "--budget", "1s", "--json", "out.json"]
        )
    assert ended.exit_code == 3, ended.output
    assert "the budget of 1 s is used up" in json.loads(Path("out.json").read_text())["incomplete"]
    assert json.loads(Path("out.json").read_text())["seconds"] < 1 + 5 * 0.1 + 2  # a piece of a burst, and one more


@contextmanager
def _raw(answers: list[bytes]) -> Iterator[str]:
    """A server that answers with these octets, the last of them for ever, each on a connection of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.2)
    ended = threading.Event()
    asked = 0

    def run() -> None:
        nonlocal asked
        while not ended.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(0.5)
                try:
                    connection.recv(65_536)
                    connection.sendall(answers[min(asked, len(answers) - 1)])
                except OSError:
                    continue
                asked += 1

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        ended.set()
        thread.join(5)
        listener.close()


@pytest.mark.parametrize(
    "lie",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffff\r\n{}",
        b"\x00\xff not HTTP at all\r\n\r\n",
        b"",
    ],
)
def test_lies_about_lengths_end_the_run_in_order(here: Path, lie: bytes) -> None:
    with _raw([HONEST, HONEST, lie]) as origin:
        ended = CliRunner().invoke(
            main, ["probe", origin, "--contract", "contract.yaml", "--budget", "5s", "--rate", "2000", "--json", "out.json"]
        )
    assert ended.exit_code in (0, 3), ended.output
    report = json.loads(Path("out.json").read_text())
    assert [one for one in report["findings"] if one["severity"] in ("high", "critical")] == []
    assert ended.exit_code == 0 or report["incomplete"]
    assert "Traceback" not in ended.output
