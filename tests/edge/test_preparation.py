"""Compiling in another process: its verdict, its bundle, and everything that it can do wrong."""

import asyncio
import os
import subprocess
import sys
import textwrap

import msgspec
import pytest

from yett.edge.gateway import preparation
from yett.edge.gateway.gentleness import be_gentle
from yett.edge.gateway.preparation import Prepared, Refused, Verdict, ending, prepare

GOOD = Prepared(digest="abc", listen=("127.0.0.1:8080",))


def run(program: str, seconds: float = 10.0, *, gently: bool = False) -> tuple[Verdict, bytes]:
    command = (sys.executable, "-c", textwrap.dedent(program))
    verdict, bundle = asyncio.run(prepare(command, seconds, gently=gently))
    try:
        return verdict, os.pread(bundle, 1_000, 0)
    finally:
        os.close(bundle)


def test_a_verdict_and_a_bundle() -> None:
    encoded = msgspec.msgpack.encode(GOOD)
    program = f"""
        import os, sys
        os.write(int(sys.argv[2]), repr(sys.argv[1:]).encode())
        sys.stdout.buffer.write({encoded!r})
    """
    verdict, bundle = run(program)
    assert verdict == GOOD
    assert bundle.startswith(b"['--bundle', '")


@pytest.mark.skipif(sys.platform != "linux", reason="sessions that are scheduled as groups are Linux's")
def test_a_gentle_compiler_is_gentle_in_its_session_too() -> None:
    program = """
        import os, sys, time
        from pathlib import Path
        group = Path("/proc/self/autogroup")
        until = time.monotonic() + 5
        def both():
            return os.nice(0), group.read_text().split()[-1] if group.exists() else "10"
        while both() != (10, "10") and time.monotonic() < until:
            time.sleep(0.01)
        os.write(int(sys.argv[2]), repr(both()).encode())
    """
    assert run(program, gently=True)[1] == b"(10, '10')"
    assert run("import os, sys; os.write(int(sys.argv[2]), str(os.nice(0)).encode())")[1] == str(os.nice(0)).encode()


def test_gentleness_towards_nobody_is_nothing() -> None:
    ended = subprocess.Popen((sys.executable, "-c", ""))
    ended.wait()
    be_gentle(ended.pid, 10)


def test_a_refusal() -> None:
    refused = Refused(errors=("yett.yaml:1:2: oops",), files=("yett.yaml",))
    assert run(f"import sys; sys.stdout.buffer.write({msgspec.msgpack.encode(refused)!r})")[0] == refused


def test_what_goes_wrong_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparation, "LIMIT", 1_000_000)
    for program, why in [
        ("import sys; sys.exit(3)", "the compiler ended with exit code 3"),
        ("import os; os.kill(os.getpid(), 9)", "the compiler ended with signal 9"),
        ("print('hello')", "the compiler ended with exit code 0"),
        ("while True: print('x' * 100_000)", "the compiler ended with signal 9"),
    ]:
        verdict, _ = run(program)
        assert verdict == Refused(errors=(f"the policy could not be compiled: {why}",))
    verdict, _ = run("import time; time.sleep(60)", 0.3)
    assert verdict == Refused(errors=("the policy could not be compiled within 0.3 s",))


def test_a_compiler_that_cannot_be_started_leaves_nothing_open() -> None:
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    with pytest.raises(FileNotFoundError):
        asyncio.run(prepare(("/nonexistent/compiler",), 1.0, gently=False))
    assert not before or len(os.listdir("/proc/self/fd")) == before


def test_endings_in_words() -> None:
    assert (ending(-9), ending(2)) == ("signal 9", "exit code 2")
