"""Where texts, contracts and payload lists are read from: directories and git repositories, bare or not.

A source that is a git repository is read from its newest commit, without a work tree. It must not know what the files are for.
"""

import hashlib
import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

MAX_SIZE = 16 << 20


def bit(text: str | bytes) -> int:
    """Which half a text belongs to: the last bit of its SHA-256. 0 is for development, 1 is held out."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).digest()[-1] & 1


def rank(*words: object) -> int:
    """A number that looks random and is always the same for the same words."""
    return int.from_bytes(hashlib.sha256("\0".join(map(str, words)).encode()).digest()[:8])


class Source(msgspec.Struct, frozen=True):
    """A directory or a git repository. `name` is the last part of its path that says something."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.parent.name if self.path.name in ("repo", ".git") else self.path.name

    @property
    def is_git(self) -> bool:
        return (self.path / "HEAD").is_file() and (self.path / "objects").is_dir()

    def names(self) -> list[str]:
        """Paths of all files within, in order."""
        if self.is_git:
            listed = self._git("ls-tree", "-r", "-z", "--name-only", "HEAD")
            return sorted(one for one in listed.decode(errors="surrogateescape").split("\0") if one)
        found = []
        for place, directories, files in os.walk(self.path):
            directories[:] = sorted(one for one in directories if one not in (".git", "__pycache__", "node_modules"))
            found += [os.path.relpath(os.path.join(place, name), self.path) for name in files]
        return sorted(found)

    def read(self, names: Sequence[str], limit: int = MAX_SIZE) -> Iterator[tuple[str, bytes]]:
        """(name, first `limit` bytes) of those files that can be read."""
        if self.is_git:
            yield from self._read_git(names, limit)
            return
        for name in names:
            path = self.path / name
            try:
                if path.is_file():
                    with path.open("rb") as opened:
                        yield name, opened.read(limit)
            except OSError:
                continue

    def _git(self, *arguments: str, fed: bytes = b"") -> bytes:
        return subprocess.run(["git", "-C", str(self.path), *arguments], input=fed, capture_output=True, check=True).stdout

    def _read_git(self, names: Sequence[str], limit: int) -> Iterator[tuple[str, bytes]]:
        wanted = [name for name in names if "\n" not in name]
        fed = "".join(f"HEAD:{name}\n" for name in wanted).encode(errors="surrogateescape")
        output, place = self._git("cat-file", "--batch", fed=fed), 0
        for name in wanted:
            end = output.index(b"\n", place)
            answer = output[place:end].split()
            place = end + 1
            if len(answer) != 3 or answer[1] != b"blob":
                continue
            size = int(answer[2])
            yield name, output[place : place + min(size, limit)]
            place += size + 1
