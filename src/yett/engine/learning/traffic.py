"""What was seen of one operation, or of a path that may become one: counts, answers, shapes, callers, raw paths.

A fold: `add` and `merge` give the same state whatever the order. It must not know templates, nor how a body is described.
"""

import math
from typing import Any

import msgspec

from yett.engine.learning.access import Access
from yett.engine.learning.callers import Caller
from yett.engine.learning.echoes import echoed
from yett.engine.learning.members import Members
from yett.engine.learning.seen import UNSEEN, Seen
from yett.engine.learning.settings import Settings
from yett.engine.learning.shape import Classify, Shape
from yett.engine.learning.sketches import Bins, Sample, hash64
from yett.formats.media_types import Kind, kind_of

REST = "*/*"
"""Stands for content types beyond the bound."""

_TEXTS = frozenset((Kind.FORM, Kind.MULTIPART))
"""Bodies whose scalars are all texts."""

PARTS = ("request-fields", "request-body", "query", "status", "response-fields", "response-body")


_PAGES = frozenset(("text/html", "application/xhtml+xml"))

_PAGE_LEAST = 128
"""Octets of an answer of unknown type from which on it may be a page; shorter ones are acknowledgements, alike everywhere."""


class Answer(msgspec.Struct, frozen=True):
    """One accepted answer: how often it was given, and whether it may be a page for people."""

    count: int
    page: bool

    def add(self, other: "Answer") -> "Answer":
        return Answer(self.count + other.count, self.page or other.page)


class Traffic:
    """count: exchanges, weighed; records: how many were recorded. first, last: seconds since the epoch of those whose time is
    known; infinities where none is. statuses: by number, 0 where none was seen. coverage: records that showed each of `PARTS`.
    answers: accepted ones by their hash, see `Settings.soft_paths`. echoes: by place of a segment from the end (the last is 1),
    accepted answers in which that segment stands (`echoes`); 0 has all answers that were looked at.
    unqueried: calls whose query was there to see, and empty: `query` has the others.
    requests and the query are learnt from accepted calls only (or of unknown outcome): refused ones may hold anything.
    """

    __slots__ = (
        "access",
        "answers",
        "count",
        "coverage",
        "durations",
        "echoes",
        "first",
        "key",
        "last",
        "members",
        "query",
        "records",
        "request",
        "responses",
        "sensors",
        "settings",
        "sizes",
        "statuses",
        "unqueried",
    )

    def __init__(self, settings: Settings, key: bytes = b"") -> None:
        self.settings = settings
        self.key = key
        self.count = self.records = 0
        self.first, self.last = math.inf, -math.inf
        self.statuses: dict[int, int] = {}
        self.sensors: dict[str, int] = {}
        self.coverage: dict[str, int] = {}
        self.access = Access()
        self.query: Shape | None = None
        self.unqueried = 0
        self.request: dict[str, Shape] = {}
        self.responses: dict[tuple[int, str], Shape] = {}
        self.echoes: dict[int, int] = {}
        self.sizes = Bins()
        self.durations = Bins()
        self.answers: Sample[Answer] = Sample(settings.answers)
        self.members = Members(settings.members, key)

    def add(self, seen: Seen, caller: Caller, classify: Classify) -> None:
        weight = seen.weight
        self.count += weight
        self.records += 1
        if seen.timed:
            started = seen.started
            if started < self.first:
                self.first = started
            if started > self.last:
                self.last = started
        status, sensor = seen.status, seen.sensor
        self.statuses[status] = self.statuses.get(status, 0) + weight
        self.sensors[sensor] = self.sensors.get(sensor, 0) + weight
        if "path" not in seen.lacking:
            self.members.add("/" + "/".join(seen.segments), weight)
        self.access.add(seen, caller)
        if seen.exchange.duration is not None:
            self.durations.add(seen.exchange.duration, weight)
        seen_parts = self.coverage
        for part in seen.parts:
            seen_parts[part] = seen_parts.get(part, 0) + 1
        if seen.success is not False:
            self._add_request(seen, classify)
        if seen.response is not None:
            self._add_response(seen, classify)

    def _add_request(self, seen: Seen, classify: Classify) -> None:
        if seen.query_text is None and "query" not in seen.lacking:
            self.unqueried += seen.weight
        else:
            self._add_query(seen, classify)
        if not seen.request.body:
            return
        value = seen.request_value
        if value is not None and value is not UNSEEN:
            self._request(seen.content_type).add(value, classify, seen.weight)
        elif value is UNSEEN:
            self._request(seen.content_type)  # its kind is known, if nothing else

    def _add_query(self, seen: Seen, classify: Classify) -> None:
        pairs = seen.told_query
        if pairs == ():
            self.unqueried += seen.weight
        elif isinstance(pairs, tuple):
            if self.query is None:
                self.query = Shape("query", True, self.key)
            self.query.add_pairs(pairs, classify, seen.weight)

    def _add_response(self, seen: Seen, classify: Classify) -> None:
        answer = seen.answer
        if answer is not None:
            size, fingerprint = answer
            self.sizes.add(size, seen.weight)
            if seen.success and self.answers.admits(fingerprint):
                known = self.answers.get(fingerprint)
                kind = seen.response_content_type
                page = kind in _PAGES or (not kind and size >= _PAGE_LEAST)
                self.answers.put(fingerprint, Answer(seen.weight + (known.count if known is not None else 0), page))
        if seen.response is None or not seen.response.body:
            return
        value = seen.response_value
        if value is not None:
            place = (seen.status, seen.response_content_type)
            shape = self.responses.get(place)
            if shape is None:
                shape = self.responses[place] = self._new_response(*place)
            if value is not UNSEEN:
                shape.add(value, classify, seen.weight)
                if seen.success and len(seen.segments) <= self.settings.segments:
                    for segment in (0, *echoed(seen.segments, value)):
                        self.echoes[segment] = self.echoes.get(segment, 0) + seen.weight

    def _request(self, content_type: str) -> Shape:
        found = self.request.get(content_type)
        if found is None:
            found = self.request[content_type] = self._new_request(content_type)
            if len(self.request) > self.settings.content_types:
                self._bound()
                found = self.request.get(content_type) or self.request[REST]
        return found

    def _new_request(self, content_type: str) -> Shape:
        return Shape("request.body", kind_of(content_type) in _TEXTS, self.key)

    def _new_response(self, status: int, content_type: str) -> Shape:
        return Shape(f"response.{status}.body", kind_of(content_type) in _TEXTS, self.key)

    def _bound(self) -> None:
        """Callers make up content types; those with the smallest hashes stay, the others share one shape."""
        names = sorted((one for one in self.request if one != REST), key=lambda one: hash64(one.encode(), self.key))
        for one in names[self.settings.content_types :]:
            rest = self.request.setdefault(REST, self._new_request(REST))
            rest.merge(self.request.pop(one))

    def merge(self, other: "Traffic", paths: bool = True) -> None:
        """Take in what another fold has seen; it stays as it is. paths: its raw paths, too."""
        self.count += other.count
        self.records += other.records
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)
        _sum(self.statuses, other.statuses)
        _sum(self.sensors, other.sensors)
        _sum(self.coverage, other.coverage)
        _sum(self.echoes, other.echoes)
        self.access.merge(other.access)
        self.unqueried += other.unqueried
        if other.query is not None:
            if self.query is None:
                self.query = Shape("query", True, self.key)
            self.query.merge(other.query)
        for content_type, shape in other.request.items():
            if content_type not in self.request:
                self.request[content_type] = self._new_request(content_type)
            self.request[content_type].merge(shape)
        self._bound()
        for place, shape in other.responses.items():
            if place not in self.responses:
                self.responses[place] = self._new_response(*place)
            self.responses[place].merge(shape)
        self.sizes.merge(other.sizes)
        self.durations.merge(other.durations)
        self.answers.merge(other.answers, Answer.add)
        if paths:
            self.members.merge(other.members)

    @property
    def successes(self) -> int:
        """Answers of 200 to 399."""
        return sum(count for status, count in self.statuses.items() if 200 <= status < 400)

    def state(self) -> Any:
        """Plain values for msgspec, in one order whatever came when."""
        return [
            self.count,
            self.records,
            self.first,
            self.last,
            sorted(self.statuses.items()),
            sorted(self.sensors.items()),
            sorted(self.coverage.items()),
            self.access.state(),
            self.unqueried,
            None if self.query is None else self.query.state(),
            [(name, shape.state()) for name, shape in sorted(self.request.items())],
            [(*place, shape.state()) for place, shape in sorted(self.responses.items())],
            self.sizes.state(),
            self.durations.state(),
            [(value, answer.count, answer.page) for value, answer in self.answers],
            self.answers.full,
            self.members.state(),
            sorted(self.echoes.items()),
        ]

    @classmethod
    def from_state(cls, state: Any, settings: Settings, key: bytes = b"") -> "Traffic":
        """Raises ValueError, TypeError or msgspec.ValidationError for what `state` never gives."""
        made = cls(settings, key)
        made.count, made.records, made.first, made.last, statuses, sensors, coverage, access, *rest = state
        made.unqueried, query, request, responses, sizes, durations, answers, more, members, *echoes = rest
        made.statuses, made.sensors, made.coverage = dict(statuses), dict(sensors), dict(coverage)
        made.access = Access.from_state(access)
        made.query = None if query is None else Shape.from_state(query, key)
        made.request = {name: Shape.from_state(shape, key) for name, shape in request}
        made.responses = {(status, name): Shape.from_state(shape, key) for status, name, shape in responses}
        made.sizes, made.durations = Bins.from_state(sizes), Bins.from_state(durations)
        made.echoes = dict(*echoes)  # states of version 3 have none
        kept = [(value, Answer(count, page)) for value, count, page in answers]
        made.answers = Sample.from_state((settings.answers, more, kept))
        made.members = Members.from_state(members, settings.members, key)
        return made


def _sum(mine: dict[Any, int], others: dict[Any, int]) -> None:
    for name, count in others.items():
        mine[name] = mine.get(name, 0) + count
