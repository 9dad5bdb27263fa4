"""Reads from the end: the newest records, and the records of one request. Both touch only as much as they need.

It must not know about gaps: who needs to know what is missing reads forward, with `reader`.
"""

import contextlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec

from yett.model.event import Event
from yett.store.eventlog.bookmark import Bookmark
from yett.store.eventlog.directory import Directory, SegmentFile
from yett.store.eventlog.encoding import decode
from yett.store.eventlog.filter import EVERYTHING, Filter
from yett.store.eventlog.frames import SEGMENT_HEADER_SIZE, FormatError, Kind
from yett.store.eventlog.reader import SLACK
from yett.store.eventlog.segment import Frame, Segment
from yett.store.eventlog.stream import Entry, Mark


def newest(path: Path, limit: int, wanted: Filter = EVERYTHING) -> tuple[list[Entry], Bookmark]:
    """The newest `limit` wanted records, oldest first, and a bookmark at the end of what was there. Raises OSError."""
    by_worker: dict[int, list[SegmentFile]] = {}
    for file in Directory(path).segments():
        by_worker.setdefault(file.name.worker, []).append(file)
    found: list[Entry] = []
    bookmark = Bookmark()
    for files in by_worker.values():
        end = _end(path, files)
        if end is not None:
            bookmark.advance(end)
            found.extend(islice(_backwards(path, files, end, wanted), limit))
    found.sort(key=lambda entry: (entry.event.time + entry.event.duration, entry.mark.worker, entry.mark.sequence))
    return found[-limit:] if limit else [], bookmark


def find_request(path: Path, request_id: str) -> list[Event]:
    """All records of one request in the order they were written; empty if there is none. Newest segments are searched first,
    as bytes, so that only a segment that holds the id is decoded. Raises OSError."""
    needle = request_id.encode("utf-8", "surrogatepass")
    found: list[Event] = []
    if not needle:
        return found
    for file in sorted(Directory(path).segments(), key=lambda file: file.modified, reverse=True):
        if found and file.modified < min(event.time for event in found) - SLACK:
            break  # the request had not begun when this segment was written
        with contextlib.suppress(FileNotFoundError, FormatError), Segment(path / file.name.file) as segment:
            for frame in segment.frames():
                if needle in frame.payload:
                    found.extend(event for event in _events(segment, frame) if event.request_id == request_id)
    return sorted(found, key=lambda event: (event.time + event.duration, event.sequence))


def _end(path: Path, files: list[SegmentFile]) -> Mark | None:
    """A mark after the last whole frame of a worker."""
    for file in reversed(files):
        with contextlib.suppress(FileNotFoundError, FormatError), Segment(path / file.name.file) as segment:
            offset, sequence = SEGMENT_HEADER_SIZE, segment.header.start - 1
            for frame in segment.frames():
                offset, sequence = frame.offset, max(sequence, frame.last)
            return Mark(file.name.worker, file.name.id, offset, sequence)
    return None


def _backwards(path: Path, files: list[SegmentFile], end: Mark, wanted: Filter) -> Iterator[Entry]:
    """Wanted records of one worker up to `end`, newest first."""
    needles = wanted.needles
    for file in reversed(files):
        if wanted.since is not None and file.modified < wanted.since - SLACK:
            return
        with contextlib.suppress(FileNotFoundError, FormatError), Segment(path / file.name.file) as segment:
            offsets = [frame.offset for frame in segment.frames() if all(needle in frame.payload for needle in needles)]
            for offset in reversed(offsets):
                frame = segment.at(offset)
                for event in reversed(_events(segment, frame) if frame else []):
                    if wanted.matches(event) and event.sequence <= end.sequence:
                        yield Entry(Mark(file.name.worker, file.name.id, offset, event.sequence), event)


def _events(segment: Segment, frame: Frame) -> list[Event]:
    """What a frame holds; nothing where that cannot be read, which a forward reader reports."""
    try:
        return decode(frame.payload, segment.header.worker, frame.header.first) if frame.header.kind == Kind.EVENTS else []
    except msgspec.DecodeError:
        return []
