"""The gateways of the attack rules' bench: their rules, upstream and client."""

import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import machine
import subjects
import systems
from attacks import sending
from attacks.echo import ANSWER
from client import Client
from yett.edge.lending import processor_time

RULES = Path("/usr/share/modsecurity-crs/rules")
SETUP = Path("/etc/modsecurity/crs/crs-setup.conf")
PATIENCE = 180.0
"""Seconds."""


def crs_settings() -> dict[str, Any]:
    return {"crs": {"directory": str(RULES), "setup_file": str(SETUP), "paranoia": 1, "threshold": 5}, "attacks": False}


def pack_settings() -> dict[str, Any]:
    return {"attacks": {"mode": "enforce"}}


def both_settings() -> dict[str, Any]:
    """As a policy has it that adds `crs` and says nothing of the own pack: each judges every request."""
    return crs_settings() | {"attacks": {"mode": "monitor"}}


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


def inspectors(root: int) -> list[int]:
    """The processes of a tree that judge large bodies."""
    return [pid for pid in machine.tree(root) if b"yett.cli.inspector" in (machine.PROC / str(pid) / "cmdline").read_bytes()]


def once(port: int, wire: bytes) -> tuple[str, float]:
    """(status, seconds) of one request; no status where the connection ended without an answer."""
    began = time.perf_counter()
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=sending.PATIENCE) as one:
            one.sendall(wire)
            status = sending.answer(one).decode()
    except OSError:
        status = ""
    return status, time.perf_counter() - began


def await_inspector(port: int, root: int, wire: bytes) -> None:
    """Until such a process is there, has nothing more to load, and judges what is sent."""
    while True:
        status, _ = once(port, wire)
        time.sleep(0.3)
        for pid in inspectors(root):
            before = processor_time(pid)
            time.sleep(0.3)
            if processor_time(pid) == before and status and once(port, wire)[0] and processor_time(pid) != before:
                return
