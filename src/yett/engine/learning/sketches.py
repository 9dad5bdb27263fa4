"""What learning counts with: distinct values, samples, quantiles. All are mergeable, bounded, and do not know any order.

The state of each one is a function of the set (or multiset) of what went in: neither the order of additions nor the way they were
split over parts that were merged later can be seen in it. It must not know what is counted.

Sources: HyperLogLog (Flajolet et al., 2007) with exact counts below `EXACT`; bottom-k sampling (Cohen and Kaplan, 2007).
"""

import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from hashlib import blake2b
from heapq import heapify, heapreplace
from typing import Any, Generic, TypeVar

Payload = TypeVar("Payload")

EXACT = 64
"""Distinct hashes that `Distinct` keeps as they are."""

PRECISION = 10
"""log2 of the registers of `Distinct`: 1,024 of one octet each, a standard error of 1.04 / sqrt(1024) = 3.3 %."""

_REGISTERS = 1 << PRECISION
_BELOW = 64 - PRECISION
_MASK = (1 << _BELOW) - 1
_ALPHA = 0.7213 / (1 + 1.079 / _REGISTERS)

PARTS = 8
"""Bins of each power of two: a bin is at most an eighth wide, so its middle is within 6.3 % of everything in it."""

_EXPONENT_LEAST, _EXPONENT_MOST = -20, 64


def hash64(octets: bytes, key: bytes = b"") -> int:
    """64 bits of BLAKE2b (RFC 7693). key: up to 64 octets; with a secret one, nobody can choose what stays in a sample."""
    made = _begun(key).copy()
    made.update(octets)
    return int.from_bytes(made.digest(), "big")


@lru_cache(16)
def _begun(key: bytes) -> blake2b:
    """The key is a block of its own before the octets: hashing it once for all halves the cost of short texts."""
    return blake2b(digest_size=8, key=key)


class Distinct:
    """How many different hashes were added: exactly up to `EXACT`, then within about 3 %. At most about 5 kB, then 1 kB."""

    __slots__ = ("_hashes", "_registers")

    def __init__(self) -> None:
        self._hashes: set[int] | None = set()
        self._registers = bytearray()

    def add(self, value: int) -> None:
        """value: of 64 bits, evenly spread, such as `hash64` gives."""
        hashes = self._hashes
        if hashes is None:
            self._register(value)
            return
        hashes.add(value)
        if len(hashes) > EXACT:
            self._densify(hashes)

    def merge(self, other: "Distinct") -> None:
        if other._hashes is not None:
            for value in other._hashes:
                self.add(value)
            return
        if self._hashes is not None:
            self._densify(self._hashes)
        self._registers = bytearray(map(max, self._registers, other._registers))

    def estimate(self) -> int:
        if self._hashes is not None:
            return len(self._hashes)
        counts = [0] * (_BELOW + 2)
        for register in self._registers:
            counts[register] += 1
        raw = _ALPHA * _REGISTERS * _REGISTERS / math.fsum(count * 2.0**-rank for rank, count in enumerate(counts))
        if raw <= 2.5 * _REGISTERS and counts[0]:
            raw = _REGISTERS * math.log(_REGISTERS / counts[0])
        return max(round(raw), EXACT + 1)

    def copy(self) -> "Distinct":
        return Distinct.from_state(self.state())

    def state(self) -> list[int] | bytes:
        """Sorted hashes, or the registers."""
        return sorted(self._hashes) if self._hashes is not None else bytes(self._registers)

    @classmethod
    def from_state(cls, state: list[int] | bytes) -> "Distinct":
        """Raises ValueError for what `state` never gives."""
        made = cls()
        if isinstance(state, bytes):
            if len(state) != _REGISTERS or max(state) > _BELOW + 1:
                raise ValueError("not the registers of a count of distinct values")
            made._hashes, made._registers = None, bytearray(state)
        else:
            if len(state) > EXACT:
                raise ValueError("too many hashes in a count of distinct values")
            made._hashes = set(state)
        return made

    def _register(self, value: int) -> None:
        index = value >> _BELOW
        rank = _BELOW - (value & _MASK).bit_length() + 1
        if rank > self._registers[index]:
            self._registers[index] = rank

    def _densify(self, hashes: set[int]) -> None:
        self._registers = bytearray(_REGISTERS)
        for value in hashes:
            self._register(value)
        self._hashes = None


class Sample(Generic[Payload]):
    """The `k` entries with the smallest hashes, each with a payload, whatever came when.

    An entry that is among the k smallest at the end was so from its first addition, so its payload holds all of its evidence. What
    is evicted comes back to the caller, who may merge it into one rest; an entry above the bound never enters. `full`: whether
    there were more than k different hashes.
    """

    __slots__ = ("_heap", "entries", "full", "k")

    def __init__(self, k: int) -> None:
        self.k = k
        self.entries: dict[int, Payload] = {}
        self.full = False
        self._heap: list[int] | None = None  # negated hashes; made when the first one must leave

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[tuple[int, Payload]]:
        """Entries by hash."""
        return iter(sorted(self.entries.items(), key=_first))

    def get(self, value: int) -> Payload | None:
        return self.entries.get(value)

    def admits(self, value: int) -> bool:
        """Whether an addition of this hash is kept. If not, the sample is full from now on, and the caller adds to its rest."""
        entries = self.entries
        if value in entries or len(entries) < self.k:
            return True
        heap = self._heap
        if value < -(heap if heap is not None else self._heaped())[0]:
            return True
        self.full = True
        return False

    def put(self, value: int, payload: Payload) -> Payload | None:
        """Set the payload of a hash that `admits` let in. Gives the payload that had to leave, if any."""
        entries = self.entries
        if value in entries:
            entries[value] = payload
            return None
        if len(entries) < self.k:
            entries[value] = payload
            self._heap = None
            return None
        left = entries.pop(-heapreplace(self._heaped(), -value))
        entries[value] = payload
        self.full = True
        return left

    def shrink(self, k: int) -> list[Payload]:
        """Keep only the k smallest from now on. Gives what had to leave, the smallest hashes first."""
        self.k = k
        if len(self.entries) <= k:
            return []
        ordered = sorted(self.entries)
        self.full, self._heap = True, None
        return [self.entries.pop(value) for value in ordered[k:]]

    def merge(self, other: "Sample[Payload]", combine: Callable[[Payload, Payload], Payload]) -> list[Payload]:
        """Take in another sample. combine: two payloads of one hash. Gives the payloads that had to leave."""
        mine, theirs = self.entries, other.entries
        self.entries = {**mine, **theirs}
        for value in mine.keys() & theirs.keys():
            self.entries[value] = combine(mine[value], theirs[value])
        self.full, self._heap = self.full or other.full, None
        return self.shrink(min(self.k, other.k))

    def state(self) -> tuple[int, bool, list[tuple[int, Payload]]]:
        """(k, whether there were more, entries by hash)."""
        return self.k, self.full, sorted(self.entries.items(), key=_first)

    @classmethod
    def from_state(cls, state: tuple[int, bool, list[tuple[int, Payload]]]) -> "Sample[Payload]":
        """Raises ValueError for what `state` never gives."""
        made = cls(state[0])
        made.full = state[1]
        made.entries = dict(state[2])
        if len(made.entries) > made.k:
            raise ValueError("a sample with more entries than it may have")
        return made

    def _heaped(self) -> list[int]:
        """With at least one entry."""
        if self._heap is None:
            self._heap = [-value for value in self.entries]
            heapify(self._heap)
        return self._heap


def _first(item: tuple[int, Any]) -> int:
    return item[0]


class Bins:
    """A distribution in fixed bins, eight for each power of two, with its exact least and greatest. At most 675 bins.

    Numbers below 2**-20, negative ones among them, share the lowest bin; 2**64 and more share the highest.
    """

    __slots__ = ("bins", "count", "greatest", "least")

    def __init__(self) -> None:
        self.bins: dict[int, int] = {}
        self.count = 0
        self.least = math.inf
        self.greatest = -math.inf

    def add(self, number: float, weight: int = 1) -> None:
        """NaN is passed over."""
        if number != number:
            return
        place = _bin(number)
        self.bins[place] = self.bins.get(place, 0) + weight
        self.count += weight
        if number < self.least:
            self.least = number
        if number > self.greatest:
            self.greatest = number

    def merge(self, other: "Bins") -> None:
        for place, count in other.bins.items():
            self.bins[place] = self.bins.get(place, 0) + count
        self.count += other.count
        self.least = min(self.least, other.least)
        self.greatest = max(self.greatest, other.greatest)

    def quantile(self, share: float) -> float:
        """The number below which `share` (0 to 1) of all are, within 6.3 %. Raises ValueError if there is none."""
        if not self.count:
            raise ValueError("no quantile of nothing")
        if share >= 1:
            return self.greatest
        wanted = share * self.count
        for place in sorted(self.bins):
            wanted -= self.bins[place]
            if wanted <= 0:
                break
        return min(max(_middle(place), self.least), self.greatest)

    def state(self) -> tuple[list[tuple[int, int]], float, float]:
        """(bins with counts, least, greatest); infinities where there is nothing."""
        return sorted(self.bins.items()), self.least, self.greatest

    @classmethod
    def from_state(cls, state: tuple[list[tuple[int, int]], float, float]) -> "Bins":
        made = cls()
        made.bins = dict(state[0])
        made.count = sum(made.bins.values())
        made.least, made.greatest = state[1], state[2]
        return made


def _bin(number: float) -> int:
    """Exact on every machine: taken from the parts of the number, not from a logarithm."""
    if number <= 0:
        return _EXPONENT_LEAST * PARTS
    if number == math.inf:
        return _EXPONENT_MOST * PARTS
    fraction, exponent = math.frexp(number)  # 0.5 <= fraction < 1
    if exponent <= _EXPONENT_LEAST:
        return _EXPONENT_LEAST * PARTS
    if exponent >= _EXPONENT_MOST:
        return _EXPONENT_MOST * PARTS
    return exponent * PARTS + int((fraction - 0.5) * 2 * PARTS)


def _middle(place: int) -> float:
    exponent, part = divmod(place, PARTS)
    return math.ldexp(0.5 + (part + 0.5) / (2 * PARTS), exponent)
