"""The raw paths of an operation: every one up to a bound, then the sample with the smallest hashes, each with its calls.

They are what makes templates reversible. Kept packed, because there may be millions. It must not know templates.
"""

import zlib
from collections.abc import Iterator

import msgspec

from yett.engine.learning.sketches import Distinct, hash64

_FRESH = 256
"""Paths kept as a dictionary at least; more when there are many packed, so that packing costs a constant per path."""

_encode = msgspec.msgpack.Encoder(order="deterministic").encode
_decode = msgspec.msgpack.Decoder(dict[str, int]).decode


class Members:
    """Paths and how often each was called, exact up to `most` paths. key: of the hashes, see `hash64`."""

    __slots__ = ("_bound", "_distinct", "_fresh", "_packed", "_size", "key", "most")

    def __init__(self, most: int, key: bytes = b"") -> None:
        self.most = most
        self.key = key
        self._fresh: dict[str, int] = {}
        self._packed = b""
        self._size = 0  # paths in `_packed`
        self._distinct: Distinct | None = None  # once some were left out
        self._bound = -1  # the largest hash that is kept, once some were left out

    def add(self, path: str, weight: int = 1) -> None:
        fresh = self._fresh
        if path in fresh:
            fresh[path] += weight
            return
        if self._distinct is not None:
            value = hash64(path.encode(), self.key)
            self._distinct.add(value)
            if value > self._bound:
                return
        fresh[path] = weight
        if len(fresh) > _FRESH and len(fresh) * 2 > self._size:
            self._pack()

    def merge(self, other: "Members") -> None:
        theirs = other._all()  # which may only now leave some out
        if other._distinct is not None:
            self._distinct = self._counted()
            self._distinct.merge(other._distinct)
            self._bound = other._bound if self._bound < 0 else min(self._bound, other._bound)
        for path, count in theirs.items():
            if self._distinct is not None and other._distinct is None:
                self._distinct.add(hash64(path.encode(), self.key))
            self._fresh[path] = self._fresh.get(path, 0) + count
        self._pack()

    def __iter__(self) -> Iterator[tuple[str, int]]:
        """Paths in order, with their calls."""
        return iter(sorted(self._all().items()))

    def __len__(self) -> int:
        """Paths that are kept."""
        return len(self._all()) if self._size or self._distinct is not None else len(self._fresh)

    @property
    def exact(self) -> bool:
        """Whether every path is here."""
        return self._distinct is None and len(self) <= self.most

    @property
    def distinct(self) -> int:
        """Different paths: exact, or estimated within about 3 %."""
        found = self._all()
        return len(found) if self._distinct is None else max(self._distinct.estimate(), len(found))

    def state(self) -> tuple[bytes, list[int] | bytes | None]:
        """(paths with calls, packed; the count of distinct ones where there are more)."""
        found = self._all()
        packed = _encode(dict(sorted(found.items())))
        return packed, None if self._distinct is None else self._distinct.state()

    @classmethod
    def from_state(cls, state: tuple[bytes, list[int] | bytes | None], most: int, key: bytes = b"") -> "Members":
        """Raises msgspec.DecodeError or ValueError for what `state` never gives."""
        made = cls(most, key)
        packed, distinct = state
        made._fresh = _decode(packed)
        if distinct is not None:
            made._distinct = Distinct.from_state(distinct)
            made._bound = max((hash64(path.encode(), key) for path in made._fresh), default=0)
        if len(made._fresh) > _FRESH:
            made._pack()
        return made

    def _all(self) -> dict[str, int]:
        """Everything, within bounds."""
        if self._size:
            found = _decode(zlib.decompress(self._packed))
            for path, count in self._fresh.items():
                found[path] = found.get(path, 0) + count
        else:
            found = self._fresh
        if len(found) > self.most or self._bound >= 0:
            found = self._trimmed(found)
            self._store(found)
        return found

    def _trimmed(self, found: dict[str, int]) -> dict[str, int]:
        hashes = {path: hash64(path.encode(), self.key) for path in found}
        if self._distinct is None:
            self._distinct = Distinct()
            for value in hashes.values():
                self._distinct.add(value)
        if self._bound >= 0:
            found = {path: count for path, count in found.items() if hashes[path] <= self._bound}
        kept = sorted(found, key=hashes.__getitem__)[: self.most]
        self._bound = hashes[kept[-1]] if kept else 0
        return {path: found[path] for path in kept}

    def _counted(self) -> Distinct:
        """The count of distinct paths, made where there is none yet."""
        if self._distinct is not None:
            return self._distinct
        made = Distinct()
        for path in self._all():
            made.add(hash64(path.encode(), self.key))
        return made

    def _pack(self) -> None:
        found = self._all()
        if len(found) > _FRESH:
            self._store(found)

    def _store(self, found: dict[str, int]) -> None:
        if len(found) > _FRESH:
            self._packed, self._size, self._fresh = zlib.compress(_encode(dict(sorted(found.items()))), 1), len(found), {}
        else:
            self._packed, self._size, self._fresh = b"", 0, found
