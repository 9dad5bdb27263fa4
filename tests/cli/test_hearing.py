"""`yett observe --listen` as a process: copies of requests and reports go in, a catalog comes out."""

import http.client
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from yett.cli.observe import observe

LINE = {"method": "GET", "target": "/orders/17", "headers": [["Host", "shop.example"]], "route": "/orders/{id}"}


def post(at: str, path: str, body: bytes, **fields: str) -> int:
    host, port = at.rsplit(":", 1)
    connection = http.client.HTTPConnection(host, int(port), timeout=20)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/x-ndjson", **fields})
        return connection.getresponse().status
    finally:
        connection.close()


def test_what_comes_is_learnt(tmp_path: Path) -> None:
    listen = ["--listen", "mirror://127.0.0.1:0", "--listen", "reports://127.0.0.1:0"]
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from yett.cli.main import main; main()",
            "observe",
            "--catalog",
            str(tmp_path / "c.db"),
            "--json",
            *listen,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "YETT_LISTEN_TOKEN": "t0ken"},
    )
    assert process.stdout is not None and process.stderr is not None
    try:
        lines = [process.stderr.readline().decode() for _ in range(2)]
        mirror, reports = (line.removeprefix("listening on ").partition("; ")[0].partition("://")[2] for line in lines)
        assert "Other machines" not in lines[0]
        assert post(mirror, "/orders", b'{"n": 1}', Host="shop.example") == 204
        lines_of = b"\n".join(json.dumps({**LINE, "response": {"status": 200}}).encode() for _ in range(5)) + b"\n{broken"
        assert post(reports, "/v1/recordings", lines_of) == 401
        assert post(reports, "/v1/recordings", lines_of, Authorization="Bearer t0ken") == 200
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    told = json.loads(out)
    assert process.returncode == 128 + signal.SIGINT, err
    assert (told["exchanges"], told["unreadable"], told["operations"]) == (6, 1, 2)
    assert b"line 6" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name a SOURCE"),
        (["--listen", "http://127.0.0.1:1"], "mirror://ADDRESS"),
        (["--listen", "127.0.0.1:0", "--follow", "."], "two commands"),
        (["--listen", "nowhere:1"], "not an IP address"),
    ],
)
def test_what_cannot_be_listened_to(arguments: list[str], message: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(observe, ["--catalog", str(tmp_path / "c.db"), *arguments])
    assert done.exit_code == 2 and message in done.output
