"""Notices that files have changed in content: by time, size and inode first, by digest where those differ.

Polling works on every file system, for mounted configuration that is swapped by symbolic links, and for editors that replace
files; a touch without a change of content is no change. A change counts when the files have stood still between two looks,
so that one that is half written is left alone. It must not know what the files mean.
"""

import os
from collections.abc import Iterable
from hashlib import sha256

Stamp = tuple[int, int, int] | None
"""Time of the last change in nanoseconds, size and inode; None where there is no such file."""

_PIECE = 1 << 20


def stamp(path: str) -> Stamp:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def digest(path: str) -> bytes:
    """SHA-256 of a file's content, or of the names in a directory; empty where it cannot be read."""
    hashed = sha256()
    try:
        if os.path.isdir(path):
            return sha256("\0".join(sorted(os.listdir(path))).encode("utf-8", "surrogateescape")).digest()
        with open(path, "rb") as file:
            while piece := file.read(_PIECE):
                hashed.update(piece)
    except OSError:
        return b""
    return hashed.digest()


class Watch:
    """Watches a set of files. Call `look` about once a second; it may block for as long as reading a changed file takes."""

    def __init__(self) -> None:
        self._digests: dict[str, bytes] = {}
        self._settled: dict[str, Stamp] = {}
        self._seen: dict[str, Stamp] = {}

    def follow(self, paths: Iterable[str], since: float = 0.0) -> None:
        """From now on watch exactly these files. Those that were changed after `since` (seconds since the Unix epoch, when
        somebody began to read them) count as changed, because nobody knows what was read."""
        wanted = sorted(set(paths))
        self._seen = {path: stamp(path) for path in wanted}
        self._settled = dict(self._seen)
        self._digests = {path: digest(path) for path in wanted}
        for path, seen in self._seen.items():
            if seen is not None and seen[0] > since * 1e9 > 0:
                self._digests[path] = b"unknown"
                self._settled[path] = (0, 0, 0)

    def look(self) -> tuple[str, ...]:
        """The files whose content has changed since the last time, once all stand still."""
        seen = {path: stamp(path) for path in self._settled}
        if seen != self._seen:
            self._seen = seen
            return ()
        suspects = [path for path, now in seen.items() if now != self._settled[path]]
        self._settled = seen
        changed = []
        for path in suspects:
            content = digest(path)
            if content != self._digests[path]:
                self._digests[path] = content
                changed.append(path)
        return tuple(changed)
