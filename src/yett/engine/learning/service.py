"""What was seen of one service: calls that prove an operation, calls that prove nothing, and calls whose route a framework told.

They are kept apart, so that what scanners try and nobody answers never displaces what is there. It must not know templates.
"""

from typing import Any

import msgspec

from yett.engine.learning.callers import Caller
from yett.engine.learning.seen import Seen
from yett.engine.learning.settings import Settings
from yett.engine.learning.shape import Classify
from yett.engine.learning.sketches import Sample, hash64
from yett.engine.learning.softness import Softness
from yett.engine.learning.templates import Learnt, operations
from yett.engine.learning.trie import Trie

ROUTES = 2_000
"""Templates that frameworks reported for one service, by method; real services have up to some hundreds."""

HOSTS = 32
"""Hosts of one service that are kept by name."""

_PROVING = frozenset((409, 412, 413, 415, 422, 428, 429))
"""Statuses that only somebody who knows the operation gives (RFC 9110, 15.5; RFC 6585). 404, 405 and 410 say that it is not there,
401 and 403 are given in front of everything by gateways, 400 by firewalls: without a credential they prove nothing."""

_AUTHENTICATED = frozenset((400, 402, 403, 406, 411, 423, 424))
"""Statuses that prove it where the call was authenticated."""


class Service:
    """answered: calls that prove an operation. refused: all others. hosts: by keyed hash, with calls. preflights: CORS preflight
    requests, which are no operations (Fetch standard, 4.8)."""

    def __init__(self, name: str, settings: Settings, key: bytes = b"") -> None:
        self.name = name
        self.settings = settings
        self.key = key
        self.answered = Trie(settings, key)
        self.refused = Trie(_refused(settings), key)
        self.hosts: Sample[tuple[str, int]] = Sample(HOSTS)
        self.preflights = 0
        self._routes: Sample[tuple[str, str, int]] = Sample(ROUTES)
        self._last_host: tuple[str, int] = ("", hash64(b"", key))

    def add(self, seen: Seen, caller: Caller, classify: Classify) -> None:
        last, hashed = self._last_host  # most services have one
        if seen.host != last:
            hashed = hash64(seen.host.encode(), self.key)
            self._last_host = (seen.host, hashed)
        known = self.hosts.entries.get(hashed)
        if known is not None:
            self.hosts.entries[hashed] = (known[0], known[1] + seen.weight)
        elif self.hosts.admits(hashed):
            self.hosts.put(hashed, (seen.host, seen.weight))
        if seen.recording.route:
            self._add_route(seen)
        if seen.method == "OPTIONS" and "access-control-request-method" in seen.fields:
            self.preflights += seen.weight
        elif proves(seen, caller):
            self.answered.add(seen, caller, classify)
        else:
            self.refused.add(seen, caller, classify)

    def _add_route(self, seen: Seen) -> None:
        method, route = seen.method, seen.route
        hashed = hash64(f"{method} {route}".encode("utf-8", "surrogatepass"), self.key)
        if self._routes.admits(hashed):
            known = self._routes.get(hashed)
            self._routes.put(hashed, (method, route, seen.weight + (known[2] if known is not None else 0)))

    def routes(self) -> list[tuple[str, str, int]]:
        """What frameworks reported: (method, template, calls), sorted."""
        return sorted(payload for _, payload in self._routes)

    def operations(self, settings: Settings | None = None) -> list[Learnt]:
        """The operations in the order of template, method, name. settings: other thresholds than those it was learnt with."""
        return operations(self.answered, settings or self.settings, self.refused)

    def soft(self) -> int:
        """Calls whose answer says nothing, because everything is answered so; see `softness`."""
        softness = Softness(self.answered, self.settings)
        return sum(traffic.count for _, _, _, traffic in self.answered.leaves() if softness.covers(traffic))

    def merge(self, other: "Service") -> None:
        """Take in another part, which is used up by it."""
        self.answered.merge(other.answered)
        self.refused.merge(other.refused)
        self.hosts.merge(other.hosts, lambda mine, theirs: (mine[0], mine[1] + theirs[1]))
        self._routes.merge(other._routes, lambda mine, theirs: (mine[0], mine[1], mine[2] + theirs[2]))
        self.preflights += other.preflights

    def state(self) -> Any:
        tries = [self.answered.state(), self.refused.state()]
        return [self.name, self.preflights, self.hosts.state(), self._routes.state(), *tries]

    @classmethod
    def from_state(cls, state: Any, settings: Settings, key: bytes = b"") -> "Service":
        made = cls(state[0], settings, key)
        made.preflights, made.hosts = state[1], Sample.from_state(state[2])
        made._routes = Sample.from_state(state[3])
        made.answered = Trie.from_state(state[4], settings, key)
        made.refused = Trie.from_state(state[5], _refused(settings), key)
        return made


def proves(seen: Seen, caller: Caller) -> bool:
    """Whether the answer says that this operation is there. Where no sensor saw the answer, a call counts as accepted."""
    status = seen.status
    if not status or status < 400 or status in _PROVING:
        return True
    return status in _AUTHENTICATED and bool(caller.schemes)


def _refused(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, words=settings.refused_words, members=settings.refused_members)
