"""Starts the real command (`yett serve`) and servers behind it for tests, asks them what they did, and ends them by their pid."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

from yett.model.event import Event
from yett.store.eventlog.reader import read

BACKEND = str(Path(__file__).with_name("backend.py"))
YETT = str(Path(sys.executable).with_name("yett"))
PATIENCE = 20.0
_LISTENING = re.compile(r"listening on {2}https?://127\.0\.0\.1:(\d+)")
_ADMIN = re.compile(r"admin +http://127\.0\.0\.1:(\d+)/")


def until(true: Callable[[], Any], seconds: float = PATIENCE, what: str = "it did not happen in time") -> Any:
    """Wait for something to become true, and give it."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, what
        time.sleep(0.02)
    return found


def resident(pid: int) -> float:
    """Memory of a process in MB (10^6 bytes), without what it shares with files."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("RssAnon:")[2].split()[0]) * 1_024 / 1e6


def environment(*, measured: bool = True) -> dict[str, str]:
    """The environment of a child. measured: whether coverage may be taken, which slows it down several times."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    if not measured:
        kept = {name: value for name, value in kept.items() if not name.startswith("COVERAGE")}
    return kept


class Child:
    """A process of a test. It is killed in the end if it has not ended by itself."""

    def __init__(self, command: list[str], directory: Path, name: str, *, measured: bool = True) -> None:
        self.output = directory / f"{name}.output"
        with self.output.open("wb") as sink:
            self.process = subprocess.Popen(
                command, cwd=directory, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, env=environment(measured=measured)
            )

    def said(self) -> str:
        return self.output.read_text("utf-8", "replace")

    def says(self, pattern: re.Pattern[str]) -> int:
        """The number that `pattern` finds in what the process writes, as soon as it does."""

        def found() -> re.Match[str] | None:
            match = pattern.search(self.said())
            assert match or self.process.poll() is None, self.said()
            return match

        return int(until(found, what=self.said())[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


class Backend(Child):
    """The server of `backend.py`."""

    def __init__(self, directory: Path, name: str = "backend", port: int = 0) -> None:
        super().__init__([sys.executable, BACKEND, str(port)], directory, name, measured=False)
        try:
            self.port = self.says(re.compile(r"port (\d+)"))
        except BaseException:
            self.__exit__()
            raise


class Serving(Child):
    """`yett serve` with a policy of these services; every `{name}` of `fill` is filled in.

    head: lines of the policy before its services. files: texts of files beside the policy, by name.
    """

    def __init__(
        self,
        directory: Path,
        services: str,
        *,
        head: str = "",
        workers: int = 1,
        files: dict[str, str] | None = None,
        measured: bool = True,
        drain: float = 5.0,
        **fill: Any,
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.fill = fill
        for name, text in (files or {}).items():
            (directory / name).write_text(text, "utf-8")
        self.write(services, head)
        command = [YETT, "serve", "--workers", str(workers), "--drain", str(drain)]
        super().__init__(command, directory, "serve", measured=measured)
        try:
            self.port = self.says(_LISTENING)
            self.admin_port = self.says(_ADMIN)
        except BaseException:
            self.__exit__()
            raise

    def write(self, services: str, head: str = "") -> None:
        """Write the policy, anew and at once."""
        for name, value in self.fill.items():
            services = services.replace("{" + name + "}", str(value))
        new = self.directory / "new.yaml"
        new.write_text(f'version: 1\nlisten: [{{address: "127.0.0.1:0"}}]\nadmin: "127.0.0.1:0"\n{head}\nservices:\n{services}')
        new.rename(self.directory / "yett.yaml")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def admin(self, path: str) -> tuple[int, str]:
        with socket.create_connection(("127.0.0.1", self.admin_port), timeout=PATIENCE) as client:
            client.sendall(b"GET %b HTTP/1.1\r\nHost: localhost\r\n\r\n" % path.encode())
            answer = b"".join(iter(lambda: client.recv(65_536), b""))
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split(b" ")[1]), body.decode()

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.admin("/status")[1])
        return found

    def ready(self) -> bool:
        return self.admin("/readyz")[0] == 200

    def pids(self) -> list[int]:
        """Of the workers that are there now."""
        return [worker["pid"] for worker in self.status()["workers"] if worker["pid"]]

    def records(self) -> list[Event]:
        """All that the event log holds now."""
        return [entry.event for entry in read(self.directory / "yett-data" / "log")]

    def record(self, request_id: str) -> Event:
        """The last record of one request, as soon as it is written."""

        def found() -> list[Event]:
            return [event for event in self.records() if event.request_id == request_id]

        event: Event = until(found, what=f"no record of {request_id}")[-1]
        return event

    def stop(self) -> int:
        """End it in order. Gives the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def __exit__(self, *failure: object) -> None:
        try:
            if not any(failure):
                assert self.stop() == 0, self.said()
        finally:
            super().__exit__()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def served(directory: Path, services: str, **settings: Any) -> Iterator[tuple[Serving, Backend]]:
    """Both: a backend, and the gateway before it, whose policy has `{backend}` where the port belongs."""
    with Backend(directory) as backend, Serving(directory / "gateway", services, backend=backend.port, **settings) as serving:
        yield serving, backend
