"""Runs `yett probe` as somebody who looks at it: on a terminal, so that it tells how far it is, with a note of when the first
finding was there. It must not know any subject."""

import contextlib
import os
import pty
import re
import subprocess
import threading
import time
from pathlib import Path
from typing import NamedTuple

_TOLD = re.compile(rb"([\d,]{1,12}) requests, (\d{1,6}) findings")


class Watched(NamedTuple):
    """first: seconds until progress spoke of a finding, and the requests by then; None where it never did. seconds: in all."""

    code: int
    seconds: float
    peak_kilobytes: int
    first: tuple[float, int] | None
    printed: str


def watched(words: list[str], place: Path, limit: float) -> Watched:
    """Runs the program in that directory. Raises subprocess.TimeoutExpired where it does not end within the limit (seconds)."""
    own, its = pty.openpty()
    noted: list[tuple[float, int]] = []
    began = time.monotonic()
    with (place / "printed.txt").open("w") as printed:
        started = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=printed, stderr=its, cwd=place)
        os.close(its)
        reader = threading.Thread(target=_read, args=(own, began, noted), daemon=True)
        reader.start()
        while True:
            done, status, used = os.wait4(started.pid, os.WNOHANG)
            if done:
                break
            if time.monotonic() - began > limit:
                started.kill()
                started.wait()
                raise subprocess.TimeoutExpired(words, limit)
            time.sleep(0.05)
        started.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - began
    reader.join(2)
    first = noted[0] if noted else None
    return Watched(started.returncode, seconds, used.ru_maxrss, first, (place / "printed.txt").read_text())


def _read(terminal: int, began: float, noted: list[tuple[float, int]]) -> None:
    rest = b""
    with contextlib.suppress(OSError):  # Linux's way of telling that nobody writes any more
        while chunk := os.read(terminal, 4096):
            for requests, findings in _TOLD.findall(rest + chunk):
                if int(findings) and not noted:
                    noted.append((time.monotonic() - began, int(requests.replace(b",", b""))))
            rest = (rest + chunk)[-100:]
    os.close(terminal)
