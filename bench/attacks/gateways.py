"""The gateways of the attack rules' bench: their rules, upstream and client."""

import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import subjects
import systems
from attacks.echo import ANSWER
from client import Client

RULES = Path("/usr/share/modsecurity-crs/rules")
SETUP = Path("/etc/modsecurity/crs/crs-setup.conf")
PATIENCE = 180.0
"""Seconds."""


def crs_settings() -> dict[str, Any]:
    return {"crs": {"directory": str(RULES), "setup_file": str(SETUP), "paranoia": 1, "threshold": 5}, "attacks": False}


def subject(name: str, settings: dict[str, Any], program: Path | None = None) -> systems.System:
    """Yett without a log and with these settings of its service."""

    def write(directory: Path, port: int, upstream: int) -> Path:
        written = subjects.policy(port, upstream, settings)
        written["log"] = {"enabled": False}
        return subjects.write_policy(directory, written)

    return systems.yett(name, write, program)


@contextmanager
def upstream(place: AbstractContextManager[object]) -> Iterator[int]:
    """What answers, where and how `place` says; gives its port."""
    port = systems.free_port()
    directory = systems.OUT / "run" / f"echo-{port}"
    directory.mkdir(parents=True)
    command = [sys.executable, "-m", "attacks.echo", "--listen", str(port)]
    with systems.process(command, systems.HERE, place) as child:
        systems.await_port(port, child, directory)
        yield port


def load(port: int, requests: Sequence[bytes]) -> Client:
    return Client(port, requests, [b"200"] * len(requests), [ANSWER] * len(requests))


def answered_once(port: int, wire: bytes) -> float:
    """Seconds until the first answer, which may have to wait for rules to be compiled. Raises OSError after `PATIENCE`."""
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as one:
        one.sendall(wire)
        one.recv(65_536)
    return time.perf_counter() - began
