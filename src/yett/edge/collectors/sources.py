"""Which files there are to read, and which of them, or which parts, were read before.

A file is what is in it, whatever it is called: after a rotation, `access.log.1` goes on where `access.log` was left. It must not
know what is in the files, nor where positions are kept.
"""

import io
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from yett.model.catalog_store import Position

BEGINNING = 4_096
"""Octets by which positions are found; whether one is right is told by all octets that it stands for."""

DIGEST = 16
PIECE = 1 << 20


class Place(msgspec.Struct, frozen=True):
    """One thing to read. kind: "file" | "log" (the directory of an event log) | "problem", with the reason why it is none."""

    path: Path
    kind: str = "file"
    reason: str = ""


def places(top: Path, is_log: Callable[[Path], bool]) -> Iterator[Place]:
    """What is at a path: a file; a directory's files, depth first and by name, without hidden directories. Never raises OSError.

    In a directory, pipes, devices and links to directories are problems: reading them might never end.
    """
    if not top.is_dir():
        yield Place(top)
        return
    pending = [top]
    while pending:
        path = pending.pop()
        try:
            if not path.is_dir() or (path is not top and path.is_symlink()):
                yield _place(path)
            elif is_log(path):
                yield Place(path, "log")
            else:
                pending.extend(reversed(_children(path)))
        except OSError as error:
            yield Place(path, "problem", reason(error))


def _place(path: Path) -> Place:
    mode = path.stat().st_mode
    if stat.S_ISREG(mode):
        return Place(path)
    return Place(path, "problem", "a link to a directory, which is not followed" if stat.S_ISDIR(mode) else "not a file")


def _children(path: Path) -> list[Path]:
    with os.scandir(path) as entries:
        names = [entry.name for entry in entries if not (entry.name.startswith(".") and entry.is_dir(follow_symlinks=False))]
    return [path / name for name in sorted(names)]


def reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


class Tap(io.RawIOBase):
    """A file that knows how much of it was read, and the digest of that. read: called with the number of octets of each piece."""

    def __init__(self, path: Path, read: Callable[[int], None] | None = None) -> None:
        self._file = open(path, "rb", buffering=0)  # noqa: SIM115
        self._read = read
        self._hash = blake2b(digest_size=DIGEST)
        self.size = 0
        self.last = b""
        known = os.fstat(self._file.fileno())
        self.written = known.st_mtime
        self.regular = stat.S_ISREG(known.st_mode)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self._file.readinto(buffer) or 0
        if count:
            piece = memoryview(buffer)[:count]
            self._hash.update(piece)
            self.last = bytes(piece[-1:])
            self.size += count
            if self._read is not None:
                self._read(count)
        return count

    def digest(self) -> bytes:
        return self._hash.digest()

    def fileno(self) -> int:
        return self._file.fileno()

    def close(self) -> None:
        self._file.close()
        super().close()


class Known:
    """Positions of files by how these begin."""

    def __init__(self, positions: Mapping[str, Position]) -> None:
        self._by_key = {key: position for key, position in positions.items() if key.startswith("file:")}
        self._lengths = sorted({_length(key) for key in self._by_key})

    def find(self, path: Path, grows: Callable[[bytes], bool]) -> tuple[str, Position | None]:
        """The key of a file, and how far it was counted; None for one that was not. Raises OSError.

        grows: by its beginning, whether a file of this kind may have become longer; another is a new one if it is longer.
        """
        with open(path, "rb", buffering=0) as file:
            beginning = _full(file, BEGINNING)
            key = _key(beginning)
            size = os.fstat(file.fileno()).st_size
            for candidate in self._candidates(beginning):
                position = self._by_key[candidate]
                longer = position.whole and size > position.size
                if position.size <= size and (grows(beginning) or not longer) and _stands_for(position, file):
                    return candidate, position
        number = 1
        free = key
        while free in self._by_key:
            number += 1
            free = f"{key}:{number}"
        return free, None

    def add(self, position: Position) -> None:
        self._by_key[position.key] = position
        length = _length(position.key)
        if length not in self._lengths:
            self._lengths.append(length)
            self._lengths.sort()

    def _candidates(self, beginning: bytes) -> Iterator[str]:
        """Longest first: the more agrees, the likelier."""
        for length in reversed(self._lengths):
            if length > len(beginning):
                continue
            key, number = _key(beginning[:length]), 1
            name = key
            while name in self._by_key:
                yield name
                number += 1
                name = f"{key}:{number}"


def _key(beginning: bytes) -> str:
    return f"file:{len(beginning)}:{blake2b(beginning, digest_size=DIGEST).hexdigest()}"


def _length(key: str) -> int:
    return int(key.split(":", 2)[1])


def _full(file: io.FileIO, size: int) -> bytes:
    pieces, left = [], size
    while left and (piece := file.read(left)):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _stands_for(position: Position, file: io.FileIO) -> bool:
    """Whether the file begins with all that the position stands for."""
    file.seek(0)
    left, seen = position.size, blake2b(digest_size=DIGEST)
    while left and (piece := file.read(min(left, PIECE))):
        seen.update(piece)
        left -= len(piece)
    return not left and seen.digest() == position.digest
