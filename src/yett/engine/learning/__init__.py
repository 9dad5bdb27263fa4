"""Learning from exchanges: a fold whose parts merge, and whose result does not know any order.

`Learning` holds one tree of paths for each service, bounded in everything that comes from outside. It must not know where exchanges
come from, nor where its state is kept.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from yett.engine.learning.callers import Callers
from yett.engine.learning.masking import Masking
from yett.engine.learning.seen import Seen
from yett.engine.learning.service import Service, Splits
from yett.engine.learning.settings import Settings
from yett.engine.learning.shape import Classify
from yett.engine.learning.sketches import hash64
from yett.engine.learning.templates import Learnt, operations
from yett.formats.http1 import Refused
from yett.formats.recordings.values import Recording

__all__ = ["OTHERS", "Learning", "Learnt", "Service", "Settings", "operations"]

OTHERS = "(others)"
"""Name that services beyond `Settings.services` share: the Host field is up to the caller."""

VERSION = 4
"""Of the state. Another one is refused rather than misread, but for those of `_READ`."""

_READ = (3, VERSION)


class Learning:
    """The fold over recordings. key: of keyed hashes, 16 octets or more; parts can be merged if they have the same one.

    classify: data classes of a value, see `yett.engine.classes`. splits: what people split off, which is learnt by itself.
    unreadable: recordings without a single reading, by reason.
    """

    def __init__(self, settings: Settings, key: bytes, classify: Classify, splits: Splits | None = None) -> None:
        self.settings = settings
        self.key = key
        self._classify = classify
        self._splits = splits
        self._callers = Callers(key)
        self._masking = Masking(key, classify)
        self._services: dict[str, Service] = {}
        self._full = False
        self.unreadable: dict[str, int] = {}

    def add(self, recording: Recording) -> None:
        """Never raises for what a recording may hold."""
        try:
            seen = Seen(recording)
        except Refused as refused:
            reason = refused.reason if recording.exchange is not None or recording.refused is not None else "not readable"
            self.unreadable[reason] = self.unreadable.get(reason, 0) + recording.weight
            return
        caller = self._callers.read(seen)
        seen.segments = self._masking(seen.segments)
        self._service(seen.service).add(seen, caller, self._classify)

    def services(self) -> Iterator[Service]:
        """By name."""
        self._settle()
        return iter([service for _, service in sorted(self._services.items())])

    def merge(self, other: "Learning") -> None:
        """Take in another part, which is used up by it. Raises ValueError where its settings or its key are others."""
        if other.settings != self.settings or other.key != self.key:
            raise ValueError("parts of different settings or keys cannot be merged")
        for name, service in other._services.items():
            mine = self._services.get(name)
            if mine is None:
                self._services[name] = service
            else:
                mine.merge(service)
        self._full = self._full or other._full
        for reason, count in other.unreadable.items():
            self.unreadable[reason] = self.unreadable.get(reason, 0) + count
        self._settle()

    def state(self) -> bytes:
        """Everything, as msgpack; the same octets whatever the order or the split of what was added."""
        self._settle()
        services = [service.state() for _, service in sorted(self._services.items())]
        return msgspec.msgpack.encode([self._head(), services])

    @classmethod
    def from_state(cls, state: bytes, key: bytes, classify: Classify) -> "Learning":
        """Raises ValueError for what `state` never gave."""
        try:
            head, services = msgspec.msgpack.decode(state)
            return cls._made(head, services, key, classify)
        except (msgspec.DecodeError, TypeError, KeyError, IndexError, AttributeError) as error:
            raise ValueError(f"not a state of learning: {type(error).__name__}") from None

    def _head(self) -> list[Any]:
        return [VERSION, msgspec.to_builtins(self.settings), self._full, sorted(self.unreadable.items())]

    @classmethod
    def _made(cls, head: Any, services: Iterable[Any], key: bytes, classify: Classify) -> "Learning":
        version, settings, full, unreadable = head
        if version not in _READ:
            raise ValueError(f"learnt by another version of this program (state {version}, expected {VERSION})")
        made = cls(msgspec.convert(settings, Settings), key, classify)
        for one in services:
            service = Service.from_state(one, made.settings, key)
            made._services[service.name] = service
        made._full, made.unreadable = full, dict(unreadable)
        return made

    # --- service by service ---------------------------------------------------------------------------------------

    def head(self) -> bytes:
        """What there is beside the services, as msgpack."""
        return msgspec.msgpack.encode(self._head())

    def parts(self) -> Iterator[tuple[str, bytes]]:
        """Each service's name and state, as msgpack, by name; the same octets whatever the order or the split."""
        for service in self.services():
            yield service.name, msgspec.msgpack.encode(service.state())

    @classmethod
    def from_parts(cls, head: bytes, parts: Iterable[bytes], key: bytes, classify: Classify) -> "Learning":
        """Of some services, or of all. Raises ValueError for what `head` and `parts` never gave."""
        try:
            decode = msgspec.msgpack.decode
            return cls._made(decode(head), map(decode, parts), key, classify)
        except (msgspec.DecodeError, TypeError, KeyError, IndexError, AttributeError) as error:
            raise ValueError(f"not a state of learning: {type(error).__name__}") from None

    def beyond(self, names: Iterable[str]) -> list[str]:
        """Which of these services share `OTHERS`, because with those that are here there are more than `Settings.services`."""
        every = {*names, *self._services} - {OTHERS}
        return sorted(every, key=self._hash)[self.settings.services :] if len(every) > self.settings.services else []

    def settle(self, names: Iterable[str]) -> None:
        """Hold the bound on services where others (names) are kept elsewhere. Those `beyond` it must be here, and `OTHERS`; or they
        share that already, because so many were merged."""
        self._share([name for name in self.beyond(names) if name in self._services])

    def _service(self, name: str) -> Service:
        found = self._services.get(name)
        if found is None:
            split = None if self._splits is None else self._splits.of(name)
            found = self._services[name] = Service(name, self.settings, self.key, split)
            if len(self._services) > 2 * self.settings.services:
                self._settle()
                found = self._services.get(name) or self._services[OTHERS]
        return found

    def _settle(self) -> None:
        """Those with the smallest hashes stay, the others share one."""
        if len(self._services) > self.settings.services:
            self._share(self.beyond(()))

    def _share(self, names: list[str]) -> None:
        if not names:
            return
        self._full = True
        rest = self._services.setdefault(OTHERS, Service(OTHERS, self.settings, self.key))
        for name in names:
            rest.merge(self._services.pop(name))

    def _hash(self, name: str) -> int:
        return hash64(name.encode("utf-8", "surrogatepass"), self.key)
