"""Compiled patterns on disk, so that a start takes milliseconds instead of the seconds that compiling takes.

What is loaded is run by native code, so it is trusted only if nobody else can have written it: directory and file must be our
own, not writable by others, and the file intact (SHA-256, against damage, not against attackers). Whatever is not is counted,
and as if it were not there. Entries appear whole, by renaming. It must not know what patterns are.
"""

import os
import stat
import tempfile
from hashlib import sha256
from pathlib import Path

import msgspec

_MAGIC = b"yettpat\x01"
_HEAD = len(_MAGIC) + 32
_SUFFIX = ".patterns"
_FOREIGN = stat.S_IWGRP | stat.S_IWOTH

MAX_ENTRY = 64 << 20
"""Octets of one entry; a larger one is neither saved nor read. All of CRS takes about 20 MB."""

MAX_TOTAL = 256 << 20
"""Octets of all entries: beyond that, what was saved or used longest ago is removed."""


class CacheStats(msgspec.Struct, frozen=True):
    """hits, misses: loads. refused: entries not trusted, or damaged. failed: that could not be saved."""

    hits: int
    misses: int
    refused: int
    failed: int


class DiskPatternCache:
    """Satisfies `yett.model.ports.PatternCache`: nothing here raises. Several processes may share a directory."""

    def __init__(self, directory: Path | str, max_total: int = MAX_TOTAL) -> None:
        self.directory = Path(directory)
        self.max_total = max_total
        self._hits = self._misses = self._refused = self._failed = 0

    def stats(self) -> CacheStats:
        return CacheStats(self._hits, self._misses, self._refused, self._failed)

    def load(self, digest: str) -> bytes | None:
        """The data saved under a digest (64 hexadecimal digits), or None."""
        data = None
        try:
            if self._own_directory(create=False):
                data = self._read(self._path(digest))
        except FileNotFoundError:
            pass
        except OSError:
            self._refused += 1
        self._hits += data is not None
        self._misses += data is None
        return data

    def save(self, digest: str, data: bytes) -> None:
        """Keep data under a digest. What cannot be kept is counted."""
        try:
            path = self._path(digest)
            if len(data) + _HEAD > min(MAX_ENTRY, self.max_total) or not self._own_directory(create=True):
                self._failed += 1
                return
            self._write(path, data)
            self._shrink(path)
        except OSError:
            self._failed += 1

    def _path(self, digest: str) -> Path:
        if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
            raise ValueError("a digest is 64 lower-case hexadecimal digits")
        return self.directory / (digest + _SUFFIX)

    def _own_directory(self, create: bool) -> bool:
        if create:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = os.lstat(self.directory)
        own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & _FOREIGN
        self._refused += not own
        return own

    def _read(self, path: Path) -> bytes | None:
        """Raises OSError."""
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            found = os.fstat(file.fileno())
            own = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & _FOREIGN
            content = file.read(MAX_ENTRY + 1) if own and found.st_size <= MAX_ENTRY else b""
            data = content[_HEAD:]
            if content[: len(_MAGIC)] != _MAGIC or sha256(path.name.encode() + data).digest() != content[len(_MAGIC) : _HEAD]:
                self._refused += 1
                return None
            os.utime(path)  # used: not the next to be removed
            return data

    def _write(self, path: Path, data: bytes) -> None:
        handle, temporary = tempfile.mkstemp(prefix=".", suffix=_SUFFIX + ".new", dir=self.directory)  # mode 0600
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_MAGIC + sha256(path.name.encode() + data).digest())
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise

    def _shrink(self, newest: Path) -> None:
        """Remove the oldest until all fit; what a killed process left behind counts, and goes, like any other."""
        entries = []
        for entry in os.scandir(self.directory):
            if _SUFFIX in entry.name and entry.is_file(follow_symlinks=False):
                found = entry.stat(follow_symlinks=False)
                entries.append((found.st_mtime_ns, found.st_size, entry.path))
        total = sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries):
            if total <= self.max_total:
                return
            if path != str(newest):
                Path(path).unlink(missing_ok=True)
                total -= size
