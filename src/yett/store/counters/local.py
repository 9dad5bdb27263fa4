"""Counters of one process, in dicts: for a single worker, for deciding recordings, for systems without fcntl.

Nothing survives the process, also not the quotas. It must not know of files, locks or other processes.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

from yett.model.limits import ended, gcra, quota, ungcra, unquota
from yett.model.ports import Admission, CountersFull, TableStats

_Value = TypeVar("_Value", float, int)

CAPACITY = 100_000
"""Keys per table by default: at most about 15 MB each."""

LOOKED_AT = 16
"""How many of the oldest keys one insertion into a full table looks at: bounds the cost of each insertion."""


class _Table(OrderedDict[bytes, _Value]):
    """A dict of bounded size. Ordered, because taking the oldest key out of a plain dict again and again scans its gaps."""

    def __init__(self, name: str, capacity: int) -> None:
        super().__init__()
        self.name = name
        self.capacity = capacity
        self.evictions = 0
        self.full = 0

    def make_room(self, forgettable: Callable[[_Value], bool]) -> None:
        """Forget a key whose value is `forgettable` if the table is full. Raises CountersFull.

        Keys that must stay move to the end, so that the next insertion looks at others.
        """
        if len(self) < self.capacity:
            return
        for _ in range(min(LOOKED_AT, len(self))):
            key, value = self.popitem(last=False)
            if forgettable(value):
                self.evictions += 1
                return
            self[key] = value
        self.full += 1
        raise CountersFull(f"{self.name}: all {self.capacity} places are taken")

    def stats(self) -> TableStats:
        return TableStats(self.name, len(self), self.capacity, self.evictions, self.full)


class LocalCounters:
    """The `Counters` port for one process. capacity: keys per table. Not safe for several threads."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._rates: _Table[float] = _Table("rates", capacity)
        self._quotas: _Table[int] = _Table("quotas", capacity)
        self._slots: _Table[int] = _Table("slots", capacity)

    def admit(self, key: bytes, interval: float, burst: int, monotonic: float) -> Admission:
        due = self._rates.get(key)
        if due is None:
            self._rates.make_room(lambda due: due <= monotonic)
            due = 0.0
        self._rates[key], admission = gcra(due, interval, burst, monotonic)
        return admission

    def refund(self, key: bytes, interval: float) -> None:
        due = self._rates.get(key)
        if due is not None:
            self._rates[key] = ungcra(due, interval)

    def spend(self, key: bytes, limit: int, window_start: float, window_end: float, now: float) -> Admission:  # noqa: ARG002
        word = self._quotas.get(key)
        if word is None:
            self._quotas.make_room(lambda word: ended(word, now))
            word = 0
        self._quotas[key], admission = quota(word, limit, window_end, now)
        return admission

    def unspend(self, key: bytes, window_end: float) -> None:
        word = self._quotas.get(key)
        if word is not None:
            self._quotas[key] = unquota(word, window_end)

    def acquire(self, key: bytes, limit: int) -> bool:
        taken = self._slots.get(key, 0)
        if taken >= limit:
            return False
        if not taken:
            self._slots.make_room(lambda taken: taken == 0)
        self._slots[key] = taken + 1
        return True

    def release(self, key: bytes) -> None:
        taken = self._slots.get(key, 0)
        if taken > 1:
            self._slots[key] = taken - 1
        elif taken:
            del self._slots[key]

    def stats(self) -> tuple[TableStats, ...]:
        return self._rates.stats(), self._quotas.stats(), self._slots.stats()
