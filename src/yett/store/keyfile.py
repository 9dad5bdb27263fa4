"""The key file on disk, and its keys in memory.

Changes are made under a lock and replace the file as a whole, so a reader sees the old keys or the new ones, never half of
them, and two commands at once lose nothing. It must not know what a file looks like inside (`yett.formats.credentials`), nor
who reads it.
"""

import fcntl
import os
import tempfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from yett.formats.credentials import read_keys, write_keys
from yett.model.operation import ApiKey


class KeyRing:
    """Keys by the digest of the key; satisfies `yett.model.ports.KeyRing`. Immutable. Raises ValueError for a bad digest.

    100,000 keys take about 60 MB and a quarter of a second.
    """

    def __init__(self, keys: Iterable[ApiKey] = ()) -> None:
        # Most keys have one of few sets of scopes: one set for all saves half the memory. Equal stays equal, so nobody can
        # tell that the frozen keys were touched.
        self._known: dict[frozenset[str], frozenset[str]] = {}
        self._keys: dict[bytes, ApiKey] = {}
        self._add(keys)

    def _add(self, keys: Iterable[ApiKey]) -> None:
        known = self._known
        for key in keys:
            msgspec.structs.force_setattr(key, "scopes", known.setdefault(key.scopes, key.scopes))
            msgspec.structs.force_setattr(key, "roles", known.setdefault(key.roles, key.roles))
            self._keys[bytes.fromhex(key.sha256)] = key

    def find(self, digest: bytes) -> ApiKey | None:
        return self._keys.get(digest)

    def __len__(self) -> int:
        return len(self._keys)


def ring_in_slices(pieces: Iterable[Iterable[ApiKey]]) -> Generator[None, None, KeyRing]:
    """The ring of all keys, one piece a step, for who has other things to do meanwhile. Raises ValueError for a bad digest."""
    ring = KeyRing()
    for piece in pieces:
        ring._add(piece)
        yield
    return ring


class UnknownKeyError(LookupError):
    """There is no key of that id."""


class KeyFile:
    """A key file at a path. It is written with mode 0600; who else may read it is changed after each write, or by group of
    the directory: a gateway needs to read it only."""

    def __init__(self, path: Path | str) -> None:
        # A link is followed here, because replacing it would leave the file that it names unchanged.
        self.path = Path(path).resolve()

    def load(self) -> tuple[ApiKey, ...]:
        """All keys. Raises OSError and `yett.model.mistake.DocumentError`."""
        return read_keys(self.path.read_bytes(), str(self.path))

    def add(self, key: ApiKey) -> None:
        """Raises ValueError where a key of this id exists, OSError, DocumentError."""
        with self._locked():
            keys = self._load_or_none()
            if any(known.id == key.id for known in keys):
                raise ValueError(f"a key with the id {key.id!r} exists")
            self._write((*keys, key))

    def revoke(self, id_: str, now: float) -> ApiKey:
        """Revoke a key from `now` on (seconds since the Unix epoch); one that is revoked already keeps its time.

        Raises UnknownKeyError, OSError, DocumentError.
        """
        with self._locked():
            keys = self._load_or_none()
            found = next((key for key in keys if key.id == id_), None)
            if found is None:
                raise UnknownKeyError(id_)
            if found.revoked is not None:
                return found
            revoked = msgspec.structs.replace(found, revoked=now)
            self._write(tuple(revoked if key is found else key for key in keys))
            return revoked

    def _load_or_none(self) -> tuple[ApiKey, ...]:
        try:
            return self.load()
        except FileNotFoundError:
            return ()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Only one process at a time: the directory is locked, because the file itself is replaced."""
        directory = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(directory, fcntl.LOCK_EX)
            yield
        finally:
            os.close(directory)

    def _write(self, keys: tuple[ApiKey, ...]) -> None:
        handle, temporary = tempfile.mkstemp(prefix=f".{self.path.name}.", dir=self.path.parent)  # mode 0600
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(write_keys(keys))
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self.path)
        except BaseException:
            os.unlink(temporary)
            raise
        directory = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)  # the new name is on disk too
        finally:
            os.close(directory)
