"""One Hyperscan database, as a function from a text to the ids of what matches in it. It must not know what the ids stand for."""

from typing import Any

try:
    import hyperscan as _hyperscan
except ImportError:  # there are no wheels for Windows
    _hyperscan = None  # type: ignore[assignment]
hyperscan: Any = _hyperscan


class Scanner:
    """Thread-safe: each scan under way has scratch space of its own."""

    __slots__ = ("_free", "_look", "_new")

    def __init__(self, database: Any) -> None:
        self._look: Any = database.scan
        self._new: tuple[Any, Any] = (hyperscan.Scratch, database)
        self._free: list[Any] = [hyperscan.Scratch(database)]

    def __call__(self, text: bytes, quick: bool = False) -> list[int]:  # noqa: ARG002
        hits: list[int] = []
        free = self._free
        try:
            scratch = free.pop()
        except IndexError:  # another thread is scanning
            make, database = self._new
            scratch = make(database)
        self._look(text, keep, 0, hits, scratch)
        free.append(scratch)
        return hits


def keep(id_: int, _start: int, _end: int, _flags: int, hits: list[int]) -> None:
    """Hyperscan calls it for each match."""
    hits.append(id_)
