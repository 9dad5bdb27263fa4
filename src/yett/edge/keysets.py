"""The key sets that the policy names by URL: fetched, kept fresh, and asked for again when a token names an unknown key.

A set that was loaded stays in use while its server fails, hangs, or answers what is no key set. Unknown key ids, which
anybody can invent, cause one fetch in `Pace.on_demand` seconds at most, and all who wait share it. It must not know tokens.
"""

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any

import msgspec

from yett.edge.fetching import Fetched, FetchError, fetch
from yett.formats.jwks import MAX_SET, JwkSet, KeySetError, may_fetch, read_key_set
from yett.model.decision import RefreshKeySet, Unanswered
from yett.model.ports import KeySet


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How often a set is fetched, in seconds.

    usual: where its server says nothing of freshness; shortest and longest bound what it says. first_retry: after a
    failure, doubled up to last_retry. on_demand: between two fetches for unknown keys; while nothing was ever loaded,
    first_retry holds instead. timeout: for one fetch.
    """

    usual: float = 300.0
    shortest: float = 60.0
    longest: float = 86_400.0
    first_retry: float = 2.0
    last_retry: float = 30.0
    on_demand: float = 30.0
    timeout: float = 5.0

    def until_next(self, max_age: float | None, failures: int) -> float:
        """Seconds until the next fetch, after one that was the `failures`th failure in a row, or a success."""
        if failures:
            return float(min(self.first_retry * 2.0 ** min(failures - 1, 16), self.last_retry))
        return self.usual if max_age is None else min(max(max_age, self.shortest), self.longest)


PACE = Pace()


class KeySetState(msgspec.Struct, frozen=True, kw_only=True):
    """For metrics and for people. last_success: seconds since the Unix epoch. error: of the last fetch, if it failed."""

    url: str
    keys: int
    generation: int
    last_success: float | None
    fetches: int
    failures: int
    error: str


class RemoteKeySet:
    """One set; satisfies `yett.model.ports.KeySet`. Empty and not `available` until it was loaded once."""

    def __init__(self, url: str, get: Callable[[str], Awaitable[Fetched]], pace: Pace, clocks: "Clocks") -> None:
        self.url = url
        self.generation = 0
        self._get = get
        self._pace = pace
        self._clocks = clocks
        self._set: JwkSet | None = None
        self._digest = b""
        self._max_age: float | None = None
        self._flight: asyncio.Task[None] | None = None
        self._demanded = float("-inf")
        self._success: float | None = None
        self._fetches = self._failures = self._failed_in_row = 0
        self._error = ""

    def find(self, kid: str | None, alg: str) -> list[Any]:
        return [] if self._set is None else self._set.find(kid, alg)

    @property
    def available(self) -> bool:
        return self._set is not None

    @property
    def state(self) -> KeySetState:
        return KeySetState(
            url=self.url,
            keys=0 if self._set is None else len(self._set.keys),
            generation=self.generation,
            last_success=self._success,
            fetches=self._fetches,
            failures=self._failures,
            error=self._error,
        )

    async def keep_fresh(self) -> None:
        """Fetch now and again, until cancelled."""
        while True:
            await self.fetch()
            await asyncio.sleep(self._pace.until_next(self._max_age, self._failed_in_row))

    async def demand(self) -> bool | Unanswered:
        """Fetch because a key is unknown, unless that was done just now. True if a newer set is in place."""
        before = self.generation
        if self._flight is None:
            now = self._clocks.monotonic()
            wait = self._pace.on_demand if self.available else self._pace.first_retry
            if now < self._demanded + wait:
                return False
            self._demanded = now
        await self.fetch()
        if self.generation != before:
            return True
        return Unanswered(self._error) if self._error else False

    async def fetch(self) -> None:
        """Fetch once; whoever comes while a fetch is under way waits for that one. Never raises but when cancelled."""
        if self._flight is None:
            self._flight = asyncio.get_running_loop().create_task(self._fly())
        # Shielded: whoever gives up waiting does not take the others' fetch along.
        await asyncio.shield(self._flight)

    async def _fly(self) -> None:
        self._fetches += 1
        try:
            fetched = await self._get(self.url)
            self._take(fetched)
        except (FetchError, KeySetError) as error:
            self._failures += 1
            self._failed_in_row += 1
            self._error = str(error)
        finally:
            self._flight = None

    def _take(self, fetched: Fetched) -> None:
        digest = sha256(fetched.body).digest()
        if digest != self._digest:  # the same octets again must not make guards forget verified tokens
            self._set = read_key_set(fetched.body)
            self._digest = digest
            self.generation += 1
        self._max_age = fetched.max_age
        self._success = self._clocks.wall()
        self._failed_in_row = 0
        self._error = ""

    def cancel(self) -> None:
        if self._flight is not None:
            self._flight.cancel()


class Clocks(msgspec.Struct, frozen=True):
    """monotonic: seconds of a steady clock; wall: seconds since the Unix epoch."""

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time


CLOCKS = Clocks()


class KeySets(Mapping[str, KeySet]):
    """All sets by URL, for `Ports.key_sets`. Asking for a URL makes its set; before `start` nothing is ever fetched, so a
    policy can be checked without a network. tls: in place of the system's roots."""

    def __init__(self, *, pace: Pace = PACE, tls: ssl.SSLContext | None = None, clocks: Clocks = CLOCKS) -> None:
        self._pace = pace
        self._tls = tls
        self._clocks = clocks
        self._sets: dict[str, RemoteKeySet] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def __getitem__(self, url: str) -> RemoteKeySet:
        """Raises KeyError for a URL that must not be fetched from."""
        found = self._sets.get(url)
        if found is None:
            if not may_fetch(url):
                raise KeyError(url)
            found = self._sets[url] = RemoteKeySet(url, self._get, self._pace, self._clocks)
            self._keep_fresh(found)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._sets)

    def __len__(self) -> int:
        return len(self._sets)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """From now on, fetch on `loop`, and call every method on its thread."""
        self._loop = loop
        for key_set in self._sets.values():
            self._keep_fresh(key_set)

    def retain(self, urls: Iterable[str]) -> None:
        """Have exactly these sets: fetch what is new, drop what no policy names any more."""
        wanted = set(urls)
        for url in wanted:
            self[url]
        for url in self._sets.keys() - wanted:
            self._drop(url)

    async def refresh(self, need: RefreshKeySet) -> bool | Unanswered:
        """Fulfil a guard's need. Takes `Pace.timeout` seconds at most; False at once for a URL that no policy names."""
        found = self._sets.get(need.url)
        return False if found is None or self._loop is None else await found.demand()

    def states(self) -> list[KeySetState]:
        return [key_set.state for key_set in self._sets.values()]

    async def close(self) -> None:
        """Stop fetching, and wait until it stopped."""
        self._loop = None
        tasks = list(self._tasks.values())
        for url in list(self._sets):
            self._drop(url)
        await asyncio.gather(*tasks, return_exceptions=True)

    def _drop(self, url: str) -> None:
        self._sets.pop(url).cancel()
        task = self._tasks.pop(url, None)
        if task is not None:
            task.cancel()

    def _keep_fresh(self, key_set: RemoteKeySet) -> None:
        if self._loop is not None and key_set.url not in self._tasks:
            self._tasks[key_set.url] = self._loop.create_task(key_set.keep_fresh())

    async def _get(self, url: str) -> Fetched:
        if self._tls is None and url.startswith("https:"):
            self._tls = await asyncio.to_thread(ssl.create_default_context)  # reads hundreds of certificates
        return await fetch(url, timeout=self._pace.timeout, limit=MAX_SET, tls=self._tls)
