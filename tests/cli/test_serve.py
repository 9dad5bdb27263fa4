"""`yett serve` as a user runs it: real processes, a real upstream, files that change."""

import contextlib
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import pytest
from authority import Authority
from click.testing import CliRunner
from running import PATIENCE, read_answer, until

from yett.cli.key import key
from yett.cli.serve import serve
from yett.store.eventlog.reader import read

YETT = (sys.executable, "-c", "from yett.cli.main import main; main()")


class Upstream(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = b'{"path": "%b"}' % self.path.encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Yett:
    """`yett serve` in a directory of its own, on ports of its own."""

    def __init__(self, directory: Path, *options: str) -> None:
        self.directory = directory
        self.port, self.admin_port = free_port(), free_port()
        self.output, self.errors = directory / "stdout", directory / "stderr"
        with self.output.open("w") as output, self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                [*YETT, "serve", "--listen", f"127.0.0.1:{self.port}", "--admin", f"127.0.0.1:{self.admin_port}", "--workers", "1",
                 *options],
                cwd=directory,
                stdout=output,
                stderr=errors,
            )  # fmt: skip

    def __enter__(self) -> Self:
        until(lambda: self.process.poll() is not None or "is ready" in self.said())
        assert self.process.poll() is None, self.said()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.stop()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def said(self) -> str:
        return self.errors.read_text()

    def ask(self, path: str = "/orders", *fields: str) -> tuple[int, str]:
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as client:
            lines = "".join(f"{field}\r\n" for field in fields)
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: api.example\r\n{lines}\r\n".encode())
            return read_answer(client)

    def admin(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}{path}", timeout=PATIENCE) as answer:
            text: str = answer.read().decode()
            return text

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.admin("/status"))
        return found

    def refused(self) -> str:
        """What it says where it must not start, and the exit code before that."""
        code = self.process.wait(PATIENCE)
        return f"{code}: {self.said()}"


POLICY = """
keys: keys.yaml
services:
  shop:
    upstream: {{targets: ["{upstream}"]}}
    authenticate: [{{api_key: {{header: X-API-Key}}}}]
    operations:
      "GET /public": {{authenticate: [anonymous]}}
      "GET /orders": {{}}
"""


def new_key(directory: Path, principal: str) -> str:
    result = CliRunner().invoke(key, ["new", "--principal", principal, "--keys", str(directory / "keys.yaml")])
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def test_one_url_is_a_whole_policy(tmp_path: Path, upstream: str) -> None:
    with Yett(tmp_path, "--upstream", upstream, "--access-log") as yett:
        assert yett.ask("/orders?x=1") == (200, '{"path": "/orders?x=1"}')
        said = yett.said()
        assert f"listening on  http://127.0.0.1:{yett.port}\n" in said
        assert (
            f"service       api: any host -> {upstream} (no contract: every path; watched, nothing is denied by rule)" in said
        )
        assert f"admin         http://127.0.0.1:{yett.admin_port}/status" in said
        assert "event log     yett log --dir yett-data/log" in said
        status = yett.status()
        assert status["ready"] is True
        assert status["log_dropped"] == 0
        line = json.loads(until(lambda: yett.output.read_text()))
        assert (line["method"], line["target"], line["status"], line["verdict"]) == ("GET", "/orders?x=1", 200, "allow")
        metrics = yett.admin("/metrics")
        assert 'yett_requests_total{service="api",operation="* /*",status="2xx",verdict="allow"} 1\n' in metrics
        assert f'yett_upstream_up{{service="api",target="{upstream}",worker="1"}} 1\n' in metrics
        assert 'yett_limits_capacity{table="rates",worker="1"}' in metrics
        assert "yett_worker_resident_bytes" in metrics
        assert yett.ask("/last")[0] == 200
        assert yett.stop() == 0
    assert [json.loads(text)["target"] for text in yett.output.read_text().splitlines()] == ["/orders?x=1", "/last"]
    events = [entry.event for entry in read(tmp_path / "yett-data" / "log")]
    assert {event.tag for event in events} == {"gateway:policy:loaded", "gateway:request:allowed"}
    assert (tmp_path / "yett-data" / "fingerprint.key").stat().st_mode & 0o777 == 0o600


def test_a_policy_with_keys_that_come_and_go(tmp_path: Path, upstream: str) -> None:
    (tmp_path / "yett.yaml").write_text(POLICY.format(upstream=upstream))
    alice = new_key(tmp_path, "alice")
    with Yett(tmp_path) as yett:  # yett.yaml is found by itself
        assert yett.ask()[0] == 401
        assert yett.ask("/public")[0] == 200
        assert yett.ask("/orders", f"X-API-Key: {alice}")[0] == 200
        bob = new_key(tmp_path, "bob")
        until(lambda: yett.ask("/orders", f"X-API-Key: {bob}")[0] == 200)
        (tmp_path / "yett.yaml").write_text("services: 7\nlisten: oops\n")
        until(lambda: yett.status()["reloads"]["refused"] == 1)
        assert "yett.yaml:1:11: " in yett.said()
        assert "yett.yaml:2:9: " in yett.said()
        assert "the new policy is refused" in yett.said()
        assert yett.ask()[0] == 401
        assert yett.ask("/orders", f"X-API-Key: {bob}")[0] == 200
        assert yett.stop() == 0
    principals = {entry.event.principal for entry in read(tmp_path / "yett-data" / "log")}
    assert principals == {"", "alice", "bob"}
    tags = [entry.event.tag for entry in read(tmp_path / "yett-data" / "log") if "policy" in entry.event.tag]
    assert tags == ["gateway:policy:loaded", "gateway:policy:loaded", "gateway:policy:refused"]


def test_fingerprints_stay_the_same_over_starts_and_workers(tmp_path: Path, upstream: str) -> None:
    (tmp_path / "yett.yaml").write_text(POLICY.format(upstream=upstream))
    alice = new_key(tmp_path, "alice")
    for _ in range(2):
        with Yett(tmp_path, "--workers", "2") as yett:
            assert {yett.ask("/orders", f"X-API-Key: {alice}")[0] for _ in range(8)} == {200}
    events = [entry.event for entry in read(tmp_path / "yett-data" / "log") if entry.event.principal]
    assert len(events) == 16
    assert len({event.worker for event in events}) == 2
    assert len({event.credential_fingerprint for event in events}) == 1


def test_a_killed_worker_writes_on_where_it_was(tmp_path: Path, upstream: str) -> None:
    with Yett(tmp_path, "--upstream", upstream) as yett:
        assert yett.ask("/one")[0] == 200
        until(lambda: "yett_log_records_total 1\n" in yett.admin("/metrics"))
        os.kill(yett.status()["workers"][0]["pid"], signal.SIGKILL)
        assert yett.ask("/two")[0] == 200
        until(lambda: yett.status()["ready"])
        assert yett.status()["requests"] >= 1
    events = [entry.event for entry in read(tmp_path / "yett-data" / "log")]
    assert [event.target for event in events if event.worker == 1] == ["/one", "/two"]
    assert [event.failure for event in events if event.tag == "gateway:worker:ended"] == ["ended with signal 9"]


def test_all_mistakes_refuse_the_start(tmp_path: Path) -> None:
    (tmp_path / "yett.yaml").write_text(
        "listen: [{address: 'example:80'}]\nadmin: nowhere\nservices:\n  a: {upstream: {targets: ['http://x']}}\n"
    )
    process = subprocess.run([*YETT, "serve"], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert process.returncode == 2
    assert process.stdout == ""
    mistakes = [line for line in process.stderr.splitlines() if not line.startswith(" ")]
    assert mistakes[0].startswith("yett.yaml:1:20: 'example:80' is not an address")
    assert mistakes[1].startswith("yett.yaml:2:8: 'nowhere' is not an address")
    missing = subprocess.run([*YETT, "serve", "-c", "x.yaml"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (missing.returncode, missing.stderr) == (2, "x.yaml: there is no such file\n")
    (tmp_path / "empty").mkdir()
    bare = subprocess.run([*YETT, "serve"], cwd=tmp_path / "empty", capture_output=True, text=True, check=False)
    assert bare.returncode == 2
    assert "there is no yett.yaml here: name a policy with -c, or an API to watch with --upstream URL" in bare.stderr


def test_a_state_that_cannot_be_made_refuses_the_start_in_words(tmp_path: Path, upstream: str) -> None:
    (tmp_path / "yett-data").write_text("a file")
    said = Yett(tmp_path, "--upstream", upstream)
    assert said.refused().startswith("1: ")
    assert "yett-data: file exists" in said.said()


def test_certificates_that_do_not_fit_are_mistakes_of_the_policy(tmp_path: Path) -> None:
    authority = Authority()
    authority.issue("one", "localhost").write(tmp_path, "one")
    authority.issue("two", "localhost").write(tmp_path, "two")
    (tmp_path / "yett.yaml").write_text(
        """
listen:
- address: "127.0.0.1:0"
  tls: {certificate: one.pem, key: two.key}
services:
  a:
    upstream:
      targets: ["https://x"]
      tls: {ca: two.key}
"""
    )
    process = subprocess.run([*YETT, "serve"], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert process.returncode == 2
    first, second = process.stderr.splitlines()[-2:]  # before them, that patterns are compiled
    assert first.startswith("yett.yaml:4:8: one.pem, two.key: cannot be used as certificate and key (")
    assert second.startswith("yett.yaml:9:12: two.key: no usable certificates of authorities (")


def test_a_log_that_another_gateway_writes_refuses_the_start(tmp_path: Path, upstream: str) -> None:
    with Yett(tmp_path, "--upstream", upstream) as yett:
        said = Yett(tmp_path, "--upstream", upstream)
        assert said.refused().startswith("1: ")
        assert "another gateway writes into this directory" in said.said()
        assert yett.ask()[0] == 200


def test_without_a_log_nothing_is_written(tmp_path: Path, upstream: str) -> None:
    (tmp_path / "yett.yaml").write_text(POLICY.format(upstream=upstream).replace("keys: keys.yaml", "log: {enabled: false}"))
    with Yett(tmp_path, "--access-log") as yett:
        assert yett.ask("/public")[0] == 200
        assert yett.ask()[0] == 401
        assert "event log     off" in yett.said()
    assert not (tmp_path / "yett-data" / "log").exists()


def test_an_access_log_that_nobody_reads_stops_nothing(tmp_path: Path, upstream: str) -> None:
    port = free_port()
    command = [*YETT, "serve", "--upstream", upstream, "--listen", f"127.0.0.1:{port}", "--admin", "none", "--access-log"]
    with (tmp_path / "errors").open("w") as errors:
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=errors)
    assert process.stdout is not None
    until(lambda: "is ready" in (tmp_path / "errors").read_text())
    assert "admin         off" in (tmp_path / "errors").read_text()
    process.stdout.close()
    for _ in range(3):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/x", timeout=PATIENCE) as answer:
            assert answer.status == 200
    process.terminate()
    assert process.wait(PATIENCE) == 0
    assert "Traceback" not in (tmp_path / "errors").read_text()


def test_tls_end_to_end_with_a_contract_and_renewal(tmp_path: Path, upstream: str) -> None:
    authority = Authority()
    authority.issue("gateway", "localhost").write(tmp_path, "server")
    (tmp_path / "ca.pem").write_bytes(authority.certificate)
    (tmp_path / "openapi.yaml").write_text(
        "openapi: 3.1.0\ninfo: {title: Shop, version: '1'}\npaths:\n  /orders:\n    get: {operationId: listOrders, responses: {'200': {description: ok}}}\n"
    )
    port, admin = free_port(), free_port()
    (tmp_path / "yett.yaml").write_text(
        f"""
listen:
- address: "127.0.0.1:{port}"
  tls: {{certificate: server.pem, key: server.key, client_ca: ca.pem, client_auth: required}}
admin: "127.0.0.1:{admin}"
workers: 1
services:
  shop:
    upstream: {{targets: ["{upstream}"]}}
    contract: {{file: openapi.yaml}}
    authenticate: [{{client_certificate: {{allow: [{{name: billing.example, principal: billing}}]}}}}]
"""
    )
    client = ssl.create_default_context(cadata=authority.certificate.decode())
    client.load_cert_chain(*authority.issue("billing", "billing.example").write(tmp_path, "client"))
    with (tmp_path / "errors").open("w") as errors:
        process = subprocess.Popen([*YETT, "serve"], cwd=tmp_path, stderr=errors)
    with contextlib.ExitStack() as stack:
        stack.callback(process.wait, PATIENCE)
        stack.callback(process.terminate)
        until(lambda: "is ready" in (tmp_path / "errors").read_text())
        assert f"listening on  https://127.0.0.1:{port}" in (tmp_path / "errors").read_text()
        assert "(1 operation; enforced)" in (tmp_path / "errors").read_text()

        def serial() -> str:
            with (
                socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as plain,
                client.wrap_socket(plain, server_hostname="localhost") as secure,
            ):
                secure.sendall(b"GET /orders HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert read_answer(secure)[0] == 200
                return str((secure.getpeercert() or {})["serialNumber"])

        first = serial()
        authority.issue("gateway", "localhost").write(tmp_path, "server")
        until(lambda: serial() != first)
    events = [entry.event for entry in read(tmp_path / "yett-data" / "log") if entry.event.principal]
    assert {event.principal for event in events} == {"billing"}
    assert events[0].operation == "listOrders"
    assert events[0].tls[0] == "TLSv1.3"


@pytest.mark.parametrize(
    "options, why",
    [
        (["-c", "x.yaml", "--upstream", "http://x"], "not both"),
        (["--contract", "openapi.yaml"], "--contract needs --upstream"),
        (["--workers", "0"], "--workers"),
        (["--listen", "example:80"], "not an IP address"),
        (["--admin", "8081"], "with a port"),
        (["--drain", "-1"], "--drain"),
    ],
)
def test_options_that_make_no_sense(options: list[str], why: str) -> None:
    result = CliRunner().invoke(serve, options)
    assert result.exit_code == 2
    assert why in result.output
