"""What guards need from outside, as small interfaces that the composition root fulfils. One contract test suite each."""

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, Protocol

import msgspec

from yett.model.event import Event
from yett.model.operation import ApiKey


class Admission(msgspec.Struct, frozen=True):
    """Answer of a limit. remaining: whole requests left now; retry_after: seconds until one is admitted (0 if admitted);
    reset: seconds until the limit is fully refilled."""

    admitted: bool
    remaining: int = 0
    retry_after: float = 0.0
    reset: float = 0.0


class CountersUnavailable(Exception):
    """Nothing can be counted now: a shared store is out of reach, or the process that holds a lock stands still."""


class CountersFull(CountersUnavailable):
    """No room for another key: the table is bounded and nothing in it may be forgotten. The policy decides what follows."""


class TableStats(msgspec.Struct, frozen=True):
    """How full one table of counters is, for metrics. name: "rates", "quotas" or "slots".

    entries: places in use, also those that could be forgotten; evictions: keys forgotten to make room, each fully refilled;
    full: how often CountersFull was raised.
    """

    name: str
    entries: int
    capacity: int
    evictions: int
    full: int


class Counters(Protocol):
    """Counting shared by all workers. Keys are opaque bytes; rejected calls are never counted against the caller.

    The three kinds of counts (`admit`, `spend`, `acquire`) do not share keys. The arithmetic is in `yett.model.limits`.
    CountersFull and CountersUnavailable leave every count as it was.
    """

    def admit(self, key: bytes, interval: float, burst: int, monotonic: float) -> Admission:
        """GCRA: one request every `interval` seconds, up to `burst` at once. Raises CountersFull, CountersUnavailable."""
        ...

    def refund(self, key: bytes, interval: float) -> None:
        """Take back one admission of `admit`, for a request that another limit refused. Raises CountersUnavailable."""
        ...

    def spend(self, key: bytes, limit: int, window_start: float, window_end: float, now: float) -> Admission:
        """Count one request against `limit` in the window [start, end), seconds since the Unix epoch. Survives a restart.
        Raises CountersFull, CountersUnavailable."""
        ...

    def unspend(self, key: bytes, window_end: float) -> None:
        """Take back one request that `spend` counted in this window. Raises CountersUnavailable."""
        ...

    def acquire(self, key: bytes, limit: int) -> bool:
        """Take one of `limit` slots, or return False. A slot whose worker died is free again. Raises CountersFull,
        CountersUnavailable."""
        ...

    def release(self, key: bytes) -> None:
        """Give back a slot that this process took. Never raises; does nothing where there is none to give back."""
        ...

    def stats(self) -> tuple[TableStats, ...]: ...


class KeyRing(Protocol):
    """API keys by the SHA-256 digest of the key."""

    def find(self, digest: bytes) -> ApiKey | None: ...


class KeySet(Protocol):
    """A JSON Web Key Set that may be fetched again. `find` never does I/O."""

    def find(self, kid: str | None, alg: str) -> list[Any]:
        """Candidate public keys (of `cryptography`, or bytes for HMAC) for this key id and algorithm; empty if none."""
        ...

    @property
    def available(self) -> bool:
        """False until a first set was loaded."""
        ...

    @property
    def generation(self) -> int:
        """Counts the sets loaded so far. What was concluded from an earlier set is to be forgotten when it changes."""
        ...


class PatternCache(Protocol):
    """Where compiled patterns are kept between starts: compiling takes seconds, loading milliseconds.

    A digest is 64 lower-case hexadecimal digits that name patterns, flags, library and platform, so an entry never changes.
    Neither call raises: what cannot be read, or cannot be trusted, is not there.
    """

    def load(self, digest: str) -> bytes | None: ...

    def save(self, digest: str, data: bytes) -> None: ...


class NoPatternCache:
    """Keeps nothing."""

    def load(self, digest: str) -> bytes | None:  # noqa: ARG002
        return None

    def save(self, digest: str, data: bytes) -> None:
        pass


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """Handed to guards at compile time.

    secrets: resolved values of `{env: NAME}` and `{file: PATH}`, by "env:NAME" and "file:PATH".
    files: contents of the other files that the policy names (password files, key sets), by path as written.
    fingerprint_key: key of the keyed hashes in records, 32 bytes.
    key_sets: the key set of each URL that the policy names.
    shared: what the guards of one snapshot share between its operations (parsed files, caches of verified tokens), by rule
        id and options; dropped with the snapshot, so that nothing learnt under an older policy lives on.
    patterns: compiled patterns of earlier starts.
    compiled: what this process has compiled, whatever the snapshot, by the digest of everything that it was made of. It may forget.
    snapshot: the digest of the snapshot where another process has it, too, and may do its errands; else empty.
    """

    counters: Counters
    keys: KeyRing
    key_sets: Mapping[str, KeySet] = {}
    secrets: Mapping[str, str] = {}
    files: Mapping[str, bytes] = {}
    fingerprint_key: bytes = bytes(32)
    shared: dict[Any, Any] = {}
    patterns: PatternCache = NoPatternCache()
    compiled: MutableMapping[bytes, Any] = {}
    snapshot: str = ""


class Journal(Protocol):
    """Where a worker's events go. `append` never blocks and never raises: what there is no room for is counted as dropped."""

    @property
    def durable(self) -> bool:
        """True where answers must wait until their record is on disk (`durability: request`)."""
        ...

    def append(self, event: Event) -> int:
        """Queue one event; worker and sequence number are filled in here. Returns the sequence number."""
        ...

    def on_durable(self, sequence: int, callback: Callable[[bool], None]) -> None:
        """Call back, on the event loop's thread, once everything up to `sequence` is on disk (True) or cannot be (False)."""
        ...
