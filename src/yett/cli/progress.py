"""How far a long command is, on standard error, for as long as a person looks at it."""

import os
import stat
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

WIDTH = 24
STANDARD_INPUT = Path("-")

PACE = 0.1
"""Seconds between two looks."""


class Progress:
    """A bar over bytes. total: bytes to read, 0 where nobody knows. Writes at most every PACE seconds."""

    def __init__(self, total: int, stream: TextIO | None = None) -> None:
        self._total = total
        self._stream = sys.stderr if stream is None else stream
        self._began = time.monotonic()
        self._next = 0.0
        self._bytes = self._entries = 0
        self._length = 0

    def read(self, number: int) -> None:
        self._bytes += number

    def entry(self) -> None:
        """One more entry is done."""
        self._entries += 1
        if not self._entries & 15:
            now = time.monotonic()
            if now >= self._next:
                self._next = now + PACE
                self._write(self.text(now - self._began))

    def text(self, seconds: float) -> str:
        """What the bar says after so many seconds."""
        rate = self._entries / seconds if seconds > 0 else 0.0
        counts = f"{self._entries:,} exchanges, {rate:,.0f}/s"
        if not self._total:
            return counts
        part = min(1.0, self._bytes / self._total)
        done = int(part * WIDTH)
        left = f", {_clock(seconds / part - seconds)} left" if part > 0 else ""
        return f"[{'#' * done}{'.' * (WIDTH - done)}] {part:4.0%}  {counts}{left}"

    def end(self) -> None:
        """Leave nothing behind."""
        self._write("")

    def _write(self, text: str) -> None:
        self._stream.write("\r" + text.ljust(self._length) + ("\r" if not text else ""))
        self._stream.flush()
        self._length = len(text)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"


def size_of(paths: Iterable[Path]) -> int:
    """Bytes of all files, for the bar; 0 where some of it has no size."""
    total = 0
    for path in paths:
        if path == STANDARD_INPUT:
            return 0
        for directory, _, names in os.walk(path) if path.is_dir() else [("", (), (str(path),))]:
            for name in names:
                try:
                    known = os.stat(os.path.join(directory, name))
                except OSError:
                    continue
                if stat.S_ISREG(known.st_mode):
                    total += known.st_size
                elif not directory:
                    return 0
    return total
