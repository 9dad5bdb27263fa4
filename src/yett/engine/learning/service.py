"""What was seen of one service: calls that prove an operation, calls that prove nothing, and calls whose route a framework told.

They are kept apart, so that what scanners try and nobody answers never displaces what is there. It must not know templates.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import msgspec

from yett.engine.learning.callers import Caller
from yett.engine.learning.seen import Seen
from yett.engine.learning.settings import Settings
from yett.engine.learning.shape import Classify
from yett.engine.learning.sketches import Sample, hash64
from yett.engine.learning.softness import Softness
from yett.engine.learning.templates import Learnt, operations
from yett.engine.learning.traffic import Traffic
from yett.engine.learning.trie import Trie

ROUTES = 2_000
"""Templates that frameworks reported for one service, by method; real services have up to some hundreds."""

HOSTS = 32
"""Hosts of one service that are kept by name."""

APART = 10_000
"""Operations that are learnt apart. Each takes a command of a person; methods and names below the path are the callers'."""

_PROVING = frozenset((409, 412, 413, 415, 422, 428, 429))
"""Statuses that only somebody who knows the operation gives (RFC 9110, 15.5; RFC 6585). 404, 405 and 410 say that it is not there,
401 and 403 are given in front of everything by gateways, 400 by firewalls: without a credential they prove nothing."""

_AUTHENTICATED = frozenset((400, 402, 403, 406, 411, 423, 424))
"""Statuses that prove it where the call was authenticated."""


class Split(Protocol):
    """What a person split off, for a method and a name below the path, or for all of them ("")."""

    @property
    def template(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def named(self) -> str: ...


class Finding(Protocol):
    """The splits of one service: the one that a path is of, if there is one."""

    def find(self, path: str, method: str, named: str = "") -> Split | None: ...


class Splits(Protocol):
    """The splits of every service."""

    def of(self, service: str) -> Finding | None: ...


class Service:
    """answered: calls that prove an operation. apart: those of them that people had split off when they were learnt, by template of
    the split, method and name. refused: all others. hosts: by keyed hash, with calls. preflights: CORS preflight requests, which
    are no operations (Fetch standard, 4.8)."""

    def __init__(self, name: str, settings: Settings, key: bytes = b"", splits: Finding | None = None) -> None:
        self.name = name
        self.settings = settings
        self.key = key
        self.answered = Trie(settings, key)
        self.apart: dict[tuple[str, str, str], Traffic] = {}
        self._splits = splits
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
        elif not proves(seen, caller):
            self.refused.add(seen, caller, classify)
        elif self._splits is None or not self._add_apart(self._splits, seen, caller, classify):
            self.answered.add(seen, caller, classify)

    def _add_apart(self, splits: Finding, seen: Seen, caller: Caller, classify: Classify) -> bool:
        split = splits.find("/" + "/".join(seen.segments), seen.method, seen.named)
        if split is None:
            return False
        place = (split.template, seen.method, seen.named)
        if place not in self.apart and len(self.apart) >= APART:
            return False
        self.apart.setdefault(place, Traffic(self.settings, self.key)).add(seen, caller, classify)
        return True

    def proven(self) -> Iterator[tuple[tuple[str, ...], str, str, Traffic]]:
        """All calls that prove an operation: (segments, method, name, traffic), in no particular order."""
        yield from self.answered.leaves()
        for (template, method, named), traffic in self.apart.items():
            yield tuple(template[1:].split("/")), method, named, traffic

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
        return operations(rejoined(self.answered, self.apart.items()), settings or self.settings, self.refused)

    def soft(self) -> int:
        """Calls whose answer says nothing, because everything is answered so; see `softness`."""
        softness = Softness(self.answered, self.settings)
        return sum(traffic.count for _, _, _, traffic in self.answered.leaves() if softness.covers(traffic))

    def merge(self, other: "Service") -> None:
        """Take in another part, which is used up by it."""
        self.answered.merge(other.answered)
        for place, traffic in other.apart.items():
            mine = self.apart.get(place)
            if mine is None:
                self.apart[place] = traffic
            else:
                mine.merge(traffic)
        self.refused.merge(other.refused)
        self.hosts.merge(other.hosts, lambda mine, theirs: (mine[0], mine[1] + theirs[1]))
        self._routes.merge(other._routes, lambda mine, theirs: (mine[0], mine[1], mine[2] + theirs[2]))
        self.preflights += other.preflights

    def state(self) -> Any:
        tries = [self.answered.state(), self.refused.state()]
        found = [self.name, self.preflights, self.hosts.state(), self._routes.state(), *tries]
        if self.apart:  # as it was before there were any, where there are none
            found.append([(*place, traffic.state()) for place, traffic in sorted(self.apart.items())])
        return found

    @classmethod
    def from_state(cls, state: Any, settings: Settings, key: bytes = b"") -> "Service":
        made = cls(state[0], settings, key)
        made.preflights, made.hosts = state[1], Sample.from_state(state[2])
        made._routes = Sample.from_state(state[3])
        made.answered = Trie.from_state(state[4], settings, key)
        made.refused = Trie.from_state(state[5], _refused(settings), key)
        for template, method, named, traffic in state[6] if len(state) > 6 else ():
            made.apart[template, method, named] = Traffic.from_state(traffic, settings, key)
        return made


def rejoined(trie: Trie, parts: Iterable[tuple[tuple[str, str, str], Traffic]]) -> Trie:
    """The tree as it would be if these (template, method, name) had not been learnt apart; what is given stays as it is.

    Calls of a template with parameters go where its first known path stands.
    """
    parts = sorted(parts, key=lambda part: part[0])
    if not parts:
        return trie
    made = Trie.from_state(trie.state(), trie.settings, trie.key)
    for (template, method, named), traffic in parts:
        path = next((path for path, _ in traffic.members), template) if "{" in template else template
        made.graft(tuple(path[1:].split("/")), method, named, traffic)
    made.settle()
    return made


def proves(seen: Seen, caller: Caller) -> bool:
    """Whether the answer says that this operation is there. Where no sensor saw the answer, a call counts as accepted."""
    status = seen.status
    if not status or status < 400 or status in _PROVING:
        return True
    return status in _AUTHENTICATED and bool(caller.schemes)


def _refused(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, words=settings.refused_words, members=settings.refused_members)
