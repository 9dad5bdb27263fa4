"""One run of `yett observe`: reads sources, learns from them, and keeps what was learnt together with how far it was read.

What was learnt and the positions of its sources are kept in one change, so that a run that ends in any way is gone on with exactly
there. Parts are merged into what other processes have kept meanwhile.
"""

import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from hashlib import blake2b
from pathlib import Path
from types import FrameType

import msgspec

from yett.cli.knowledge import Knowledge
from yett.cli.progress import STANDARD_INPUT
from yett.cli.reading import LOOKED_AT, FileSource, LogSource, log_key
from yett.edge.collectors.files import Collector, Found
from yett.edge.collectors.sources import DIGEST, Known, Place, Tap, places, reason
from yett.engine.learning import Learning
from yett.formats.descriptions import describes, read_description
from yett.formats.recordings import Kind, sniff
from yett.model.catalog_store import Position
from yett.store.eventlog.directory import segment_name
from yett.store.eventlog.reader import POLL
from yett.store.eventlog.stream import Damage, Notice

PACE = 30.0
"""Seconds between two changes of the store, at least; and at least ten times as long as the last one took."""
SHARE = 10
SUFFIXES = ("", "-wal", "-shm", "-journal")
"""Of the files of a catalog (SQLite, "Temporary Files Used By SQLite")."""
PROBLEMS = 20
"""Problems that are told one by one; all are counted."""
LARGEST_DESCRIPTION = 128 << 20
EARLIEST = 631_152_000.0
"""1990, before HTTP: times before it, and those more than a day ahead of this clock, were never when something happened."""
AHEAD = 86_400.0
LINES = frozenset((Kind.JSON_LINES, Kind.LOG, Kind.JSON_LOG, Kind.TABLE))
"""Kinds that grow at their end, line by line."""


class Stopped(Exception):
    """Somebody has asked to end: the number of the signal."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Outcome(msgspec.Struct, kw_only=True):
    """What a run did. skipped: sources that held nothing new; problems: the first ones, "place: what". ambiguous: exchanges of
    which nothing was learnt because their request has no single reading, by reason. misdated: those whose time cannot be true."""

    files: int = 0
    descriptions: int = 0
    declared: int = 0
    exchanges: int = 0
    unreadable: int = 0
    skipped: int = 0
    problems: list[str] = []
    notices: list[str] = []
    stopped: int = 0
    ambiguous: dict[str, int] = {}
    misdated: int = 0


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for. service: of everything that is read; "" where sources say it. again: also what was counted before.
    catalog: its own file, which is no source where a directory has it."""

    service: str = ""
    catalog: Path | None = None
    again: bool = False
    descriptions: bool = True
    recordings: bool = True


class Run:
    """Over all sources. told: called with the number of bytes read; entry: after each exchange."""

    def __init__(
        self,
        knowledge: Knowledge,
        collector: Collector,
        wanted: Wanted,
        told: Callable[[int], None] | None = None,
        entry: Callable[[], None] | None = None,
        pace: float = PACE,
    ) -> None:
        self._knowledge = knowledge
        self._collector = collector
        self._wanted = wanted
        self._told = told
        self._entry = entry
        self._pace = pace
        self.outcome = Outcome()
        self._known = Known({one.key: one for one in knowledge.store.positions()})
        self._part: Learning | None = None
        self._pending: dict[str, tuple[Position | None, Position]] = {}
        self._kept: dict[str, Position] = {}
        self._source_now: FileSource | LogSource | None = None
        self._turn = 0
        self._next = time.monotonic() + pace
        self._latest = time.time() + AHEAD
        self._folding = False
        self._stop = 0
        mine = wanted.catalog
        self._mine = frozenset() if mine is None else frozenset(mine.resolve().with_name(mine.name + end) for end in SUFFIXES)

    def all(self, sources: Iterable[Path]) -> Outcome:
        """Everything, until the end or a signal. Raises CatalogUnusable and CatalogOvertaken."""
        with self._signals():
            try:
                for source in sources:
                    self._source(source)
            except Stopped as stopped:
                self.outcome.stopped = stopped.number
            self.keep()
        return self.outcome

    def follow(self, directory: Path, ready: Callable[[], None], wait: Callable[[float], None] = time.sleep) -> Outcome:
        """An event log, and then its new records, until a signal. ready: called when a signal would end it well.

        Raises CatalogUnusable, CatalogOvertaken, OSError.
        """
        source = LogSource(directory, self._before(log_key(directory)), self._notice, bounded=False)
        self.outcome.files += 1
        with closing(source), self._signals():
            try:
                ready()
                while True:
                    self._fold(source.found(), source)
                    self.paced()
                    wait(POLL)
            except Stopped as stopped:
                self.outcome.stopped = stopped.number
            self.keep()
        return self.outcome

    @contextmanager
    def _signals(self) -> Iterator[None]:
        previous = {number: signal.signal(number, self._asked) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _asked(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """An exchange that is being counted is counted to its end; whoever asks twice does not wait for that."""
        if self._folding and not self._stop:
            self._stop = number
            return
        raise Stopped(number)

    def _source(self, source: Path) -> None:
        if source == STANDARD_INPUT:
            self._fold(self._collector.stream(sys.stdin.buffer, "-"))
            self.outcome.files += 1
            return
        inside = source.is_dir()
        for place in places(source, is_log):
            if inside and self._mine and place.path.resolve() in self._mine:
                continue
            if place.kind == "problem":
                self._problem(str(place.path), place.reason)
            elif place.kind == "log":
                self._log(place.path)
            else:
                self._file(place, inside)

    def _file(self, place: Place, inside: bool) -> None:
        """inside: of a directory, where an empty file is one that was just rotated."""
        try:
            if self._wanted.descriptions and self._describes(place.path):
                self._description(place.path)
            elif self._wanted.recordings:
                self._recording(place.path, inside)
            else:
                self._problem(str(place.path), "not a description of an API")
        except OSError as error:
            self._problem(str(place.path), reason(error))

    def _describes(self, path: Path) -> bool:
        if not path.is_file():  # a pipe can be read only once
            return False
        with open(path, "rb", buffering=0) as file:
            return describes(path.name, file.read(LOOKED_AT))

    def _description(self, path: Path) -> None:
        with open(path, "rb") as file:
            octets = file.read(LARGEST_DESCRIPTION + 1)
        if self._told is not None:
            self._told(len(octets))
        if len(octets) > LARGEST_DESCRIPTION:
            self._problem(str(path), f"a description of more than {LARGEST_DESCRIPTION >> 20} MB")
            return
        directory = path.resolve().parent

        def others(name: str) -> bytes | None:
            """Files below the description's own directory only."""
            wanted = (directory / name).resolve()
            if not wanted.is_relative_to(directory) or not wanted.is_file():
                return None
            with open(wanted, "rb") as file:
                return file.read(LARGEST_DESCRIPTION)

        found = read_description(str(path), octets, others)
        for mistake in found.problems:
            self._problem(mistake.place or str(path), mistake.message + (f" ({mistake.hint})" if mistake.hint else ""))
        if found.kind:
            self._knowledge.describe(found, blake2b(octets, digest_size=DIGEST).digest(), self._wanted.service)
            self.outcome.descriptions += 1
            self.outcome.declared += len(found.declared)

    def _recording(self, path: Path, inside: bool) -> None:
        if not path.is_file():
            with open(path, "rb", buffering=0) as file:
                self._fold(self._collector.stream(file, str(path)))
            self.outcome.files += 1
            return
        kind: list[Kind] = []

        def grows(beginning: bytes) -> bool:
            kind.append(sniff(beginning, path.name).kind)
            return kind[-1] in LINES or kind[-1] is Kind.PCAP

        size = path.stat().st_size
        if inside and not size:
            self.outcome.skipped += 1
            return
        key, before = self._known.find(path, grows)
        if before is not None and before.whole and before.size == size and not self._wanted.again:
            self.outcome.skipped += 1
            if self._told is not None:
                self._told(size)
            return
        with Tap(path, self._told) as tap:
            source = FileSource(key, str(path), before, tap, self._wanted.again)
            if size:
                self._fold(source.found(self._collector, bool(LINES.intersection(kind))), source)
            else:
                self._problem(str(path), "empty")
        self.outcome.files += 1

    def _log(self, directory: Path) -> None:
        before = self._before(log_key(directory))
        with closing(LogSource(directory, before, self._notice, again=self._wanted.again)) as source:
            self._fold(source.found(), source)
        self.outcome.files += 1

    def _before(self, key: str) -> Position | None:
        return self._kept.get(key) or self._knowledge.store.position(key)

    def _fold(self, found: Iterable[Found], source: "FileSource | LogSource | None" = None) -> None:
        self._source_now = source
        for one in found:
            self._one(one, source)
            if self._stop:
                raise Stopped(self._stop)
            if self._entry is not None:
                self._entry()
            self._turn += 1
            if not self._turn & 255:
                self.paced()
        self._source_now = None
        if source is not None:
            self._reached(source, whole=True)

    def _one(self, one: Found, source: "FileSource | LogSource | None") -> None:
        """Counts one exchange, which a signal does not interrupt: exchange and position belong together."""
        recording = one.recording
        self._folding = True
        if recording.error:
            self.outcome.unreadable += 1
            self._problem(one.source, recording.error, count=False)
        else:
            if self._part is None:
                self._part = self._knowledge.fresh()
            if self._wanted.service:
                recording = msgspec.structs.replace(recording, service=self._wanted.service)
            exchange = recording.exchange
            if exchange is not None and recording.timed and not EARLIEST <= exchange.started <= self._latest:
                recording = msgspec.structs.replace(recording, timed=False)
                self.outcome.misdated += 1
            self._part.add(recording)
            self.outcome.exchanges += 1
        if source is not None:
            source.counted(recording)
        self._folding = False

    def _reached(self, source: "FileSource | LogSource", whole: bool) -> None:
        """Note how far a source is counted, to be kept with what was learnt."""
        before = self._pending[source.key][0] if source.key in self._pending else self._kept.get(source.key, source.before)
        position = source.position(whole)
        if before is None or msgspec.structs.replace(before, at=0.0) != position:
            self._pending[source.key] = (before, position)

    def paced(self) -> None:
        """Keep what was learnt, now and then."""
        if time.monotonic() >= self._next:
            self.keep()

    def keep(self) -> None:
        """Keep what was learnt since the last time, and the positions that belong to it.

        Raises CatalogUnusable, CatalogOvertaken.
        """
        self._folding, folding = True, self._folding  # a signal waits until it is done
        if self._source_now is not None:
            self._reached(self._source_now, whole=False)
        at = time.time()
        pending = {key: (before, msgspec.structs.replace(now, at=at)) for key, (before, now) in self._pending.items()}
        if self._part is None and not pending:
            self._folding = folding
            return
        began = time.monotonic()
        self._latest = at + AHEAD
        for why, count in self._part.unreadable.items() if self._part is not None else ():
            self.outcome.ambiguous[why] = self.outcome.ambiguous.get(why, 0) + count
        self._knowledge.keep(self._part, pending)
        self._part, self._pending = None, {}
        for key, (_, now) in pending.items():
            self._kept[key] = now
            if key.startswith("file:"):
                self._known.add(now)
        took = time.monotonic() - began
        self._next = time.monotonic() + max(self._pace, SHARE * took)
        self._folding = folding

    def _problem(self, place: str, what: str, count: bool = True) -> None:
        if count:
            self.outcome.unreadable += 1
        if len(self.outcome.problems) < PROBLEMS:
            self.outcome.problems.append(f"{place}: {what}")

    def _notice(self, notice: Notice) -> None:
        if isinstance(notice, Damage):
            self._problem("event log", str(notice))
        elif len(self.outcome.notices) < PROBLEMS:
            self.outcome.notices.append(str(notice))


def is_log(path: Path) -> bool:
    """Whether a directory is an event log. Raises OSError."""
    return any(segment_name(entry.name) for entry in path.iterdir())
