"""Starts programs with listeners for tests, talks to them over raw sockets, and ends them whatever happens."""

import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

STANDIN = str(Path(__file__).with_name("standin.py"))
PATIENCE = 15.0


def until(true: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Wait for something to become true, and give it."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
    return found


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def read_answer(client: socket.socket) -> tuple[int, str]:
    """Status and body of one answer with Content-Length; (0, "") where the connection is closed instead."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = client.recv(65_536)
        if not piece:
            return 0, ""
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += client.recv(65_536)
    return int(head.split(b" ")[1]), body.decode()


class Running:
    """A supervisor of stand-ins. Policy keys are given as arguments; `change` writes the file anew.

    expect: whether it is to come up; None does not wait for that. raw: the policy's text, as it is. terminal: descriptor of
    the terminal that it is called in.
    """

    def __init__(
        self,
        directory: Path,
        *,
        expect: bool | None = True,
        drain: float = 5.0,
        raw: str = "",
        terminal: int | None = None,
        environment: dict[str, str] | None = None,
        **policy: Any,
    ) -> None:
        self.path = directory / "policy.json"
        self.errors = directory / "stderr"
        self.policy = {"listen": ["127.0.0.1:0"], "admin": "127.0.0.1:0", "text": "first", "workers": 2} | policy
        self.write(raw or json.dumps(self.policy))
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, STANDIN, str(self.path), "--drain", str(drain)],
                stdout=subprocess.PIPE,
                stderr=errors,
                stdin=terminal,
                start_new_session=terminal is not None,
                preexec_fn=None if terminal is None else lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
                env=os.environ | (environment or {}),
            )
        assert self.process.stdout is not None
        self.announced: dict[str, Any] = {}
        if expect is not None:
            self.announced = json.loads(self.process.stdout.readline() or "{}")
            assert bool(self.announced) == expect, self.errors.read_text()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End it as a hurried owner would; kill it, and what it left, where that does not help."""
        workers = self.pids() if self.process.poll() is None and self.announced else []
        for _ in range(2):
            if self.process.poll() is None:
                self.process.terminate()
                time.sleep(0.02)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        for pid in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def write(self, text: str) -> None:
        new = self.path.with_suffix(".new")
        new.write_text(text)
        new.rename(self.path)

    def change(self, **policy: Any) -> None:
        self.policy |= policy
        self.write(json.dumps(self.policy))

    def place(self, address: str = "127.0.0.1:0") -> tuple[str, int]:
        host, _, port = self.announced["listen"][address].rpartition(":")
        return host, int(port)

    def connect(self) -> socket.socket:
        return socket.create_connection(self.place(), timeout=PATIENCE)

    def ask(self, path: str = "/") -> tuple[int, str]:
        with self.connect() as client:
            client.sendall(b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % path.encode())
            return read_answer(client)

    def admin(self, path: str) -> tuple[int, str]:
        host, _, port = self.announced["admin"].rpartition(":")
        with socket.create_connection((host, int(port)), timeout=PATIENCE) as client:
            client.sendall(b"GET %b HTTP/1.1\r\nHost: localhost\r\n\r\n" % path.encode())
            return read_answer(client)

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.admin("/status")[1])
        return found

    def pids(self) -> list[int]:
        return [worker["pid"] for worker in self.status()["workers"] if worker["pid"]]

    def metric(self, name: str) -> float:
        found = [line for line in self.admin("/metrics")[1].splitlines() if line.startswith(name)]
        return sum(float(line.rpartition(" ")[2]) for line in found)

    def ready(self) -> bool:
        return self.admin("/readyz")[0] == 200

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def end(self) -> tuple[int, str]:
        """Wait for the end. Gives the exit code and what was written to standard error."""
        return self.process.wait(PATIENCE), self.errors.read_text()


class Load:
    """Clients that open a new connection for each request, until told to stop."""

    def __init__(self, running: Running, clients: int = 4) -> None:
        self._running = running
        self._stopping = threading.Event()
        self.answers: list[tuple[int, str]] = []
        self.slowest = 0.0
        self._threads = [threading.Thread(target=self._ask) for _ in range(clients)]

    def _ask(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                self.answers.append(self._running.ask())
            except OSError as error:
                self.answers.append((0, str(error)))
            self.slowest = max(self.slowest, time.monotonic() - began)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()
