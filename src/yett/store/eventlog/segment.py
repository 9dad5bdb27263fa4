"""Reads one segment file: frames one after the other, past damage, and up to a torn or growing end.

Nothing is kept between calls but the open file, so what a writer takes back or adds is seen as it is. It must not know about
other segments, nor what an event means.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from yett.store.eventlog.frames import (
    FRAME_HEADER_SIZE,
    FRAME_MAGIC,
    SEGMENT_HEADER_SIZE,
    FrameHeader,
    SegmentHeader,
    payload_is_whole,
    unpack_frame_header,
    unpack_segment_header,
)

_CHUNK = 1 << 20


class Frame(msgspec.Struct, frozen=True):
    """One whole frame; `offset` and `end` are where it begins and where the next one does, in bytes."""

    offset: int
    end: int
    header: FrameHeader
    payload: bytes

    @property
    def last(self) -> int:
        """Sequence number of its last record."""
        return self.header.first + self.header.count - 1


class Segment:
    """An open segment. Opening raises OSError, and FormatError where the file is not a known segment."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            self.header: SegmentHeader = unpack_segment_header(os.pread(self._descriptor, SEGMENT_HEADER_SIZE, 0))
        except BaseException:
            os.close(self._descriptor)
            raise
        self._seed = self.header.seed

    def __enter__(self) -> "Segment":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        os.close(self._descriptor)

    @property
    def size(self) -> int:
        return os.fstat(self._descriptor).st_size

    def at(self, offset: int) -> Frame | None:
        """The frame that begins at `offset`, or None if no whole and undamaged one does."""
        header = unpack_frame_header(os.pread(self._descriptor, FRAME_HEADER_SIZE, offset), self._seed)
        if header is None:
            return None
        begin = offset + FRAME_HEADER_SIZE
        payload = os.pread(self._descriptor, header.size, begin)
        return Frame(offset, begin + header.size, header, payload) if payload_is_whole(header, payload) else None

    def after(self, offset: int) -> Frame | None:
        """The next frame at or behind `offset`; behind it only where what stands at `offset` is damaged. None at the end,
        also a torn one."""
        frame = self.at(offset)
        if frame is not None or self.size - offset <= FRAME_HEADER_SIZE:
            return frame
        later = self._search(offset + 1)
        # A writer may have taken back a half-written frame and put another one in its place while we read.
        return self.at(offset) or later if later is not None else None

    def frames(self, offset: int = SEGMENT_HEADER_SIZE, end: int | None = None) -> Iterator[Frame]:
        """All frames from `offset` on that begin before `end`."""
        while end is None or offset < end:
            frame = self.after(offset)
            if frame is None:
                return
            yield frame
            offset = frame.end

    def _search(self, offset: int) -> Frame | None:
        while chunk := os.pread(self._descriptor, _CHUNK, offset):
            found = chunk.find(FRAME_MAGIC)
            while found >= 0:
                frame = self.at(offset + found)
                if frame is not None:
                    return frame
                found = chunk.find(FRAME_MAGIC, found + 1)
            if len(chunk) < len(FRAME_MAGIC):
                return None
            offset += len(chunk) - len(FRAME_MAGIC) + 1
        return None
