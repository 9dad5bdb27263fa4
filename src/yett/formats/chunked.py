"""The chunked transfer coding (RFC 9112, 7.1), strict and incremental. Trailers are read, bounded and dropped."""

import re

from yett.formats.http1 import Refused

_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?")
_TRAILER = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*")
_LINE, _DATA, _DATA_END, _TRAILERS, _DONE = range(5)
MAX_LINE = 1_024
MAX_TRAILERS = 16_384
MAX_OVERHEAD = 64  # bytes of extension a chunk may bring on average, after a grace: extensions must not outweigh the data

END = b"0\r\n\r\n"


def chunk(piece: bytes) -> bytes:
    """One chunk. `piece` must not be empty: an empty chunk ends the body."""
    return b"%x\r\n%b\r\n" % (len(piece), piece)


class ChunkedReader:
    """Feed it bytes; it gives back the pieces of the body. After `done`, `rest` holds what follows the body."""

    __slots__ = ("_kept", "_left", "_overhead", "_state", "_trailers", "done", "rest")

    def __init__(self) -> None:
        self._state = _LINE
        self._kept = b""
        self._left = 0
        self._trailers = 0
        self._overhead = 0
        self.done = False
        self.rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Raises Refused for everything that is not exactly the coding. Must not be called after `done`."""
        if self._kept:
            data = self._kept + data
            self._kept = b""
        pieces: list[bytes] = []
        at = 0
        while not self.done:
            if self._state == _DATA:
                piece = data[at : at + self._left]
                if not piece:
                    return pieces
                pieces.append(piece)
                at += len(piece)
                self._left -= len(piece)
                if self._left:
                    return pieces
                self._state = _DATA_END
            elif self._state == _DATA_END:
                end = data[at : at + 2]
                if end != b"\r\n":
                    if end in (b"", b"\r"):
                        self._kept = end
                        return pieces
                    raise Refused(400, "a chunk is longer than its size")
                at += 2
                self._state = _LINE
            else:
                stop = data.find(b"\r\n", at)
                if stop < 0:
                    self._keep(data[at:])
                    return pieces
                self._line(data[at:stop])
                at = stop + 2
        self.rest = data[at:]
        return pieces

    def _keep(self, part: bytes) -> None:
        if len(part) > MAX_LINE:
            raise Refused(400, "a chunk's line is too long")
        if b"\n" in part:
            raise Refused(400, "a bare LF in the chunked coding")
        self._kept = part

    def _line(self, line: bytes) -> None:
        if len(line) > MAX_LINE:
            raise Refused(400, "a chunk's line is too long")
        if self._state == _TRAILERS:
            self._trailer(line)
            return
        match = _SIZE_LINE.fullmatch(line)
        if match is None:
            raise Refused(400, "a malformed chunk size")
        self._left = int(match[1], 16)
        self._overhead += len(line) - len(match[1]) - min(self._left, MAX_OVERHEAD)
        if self._overhead > MAX_TRAILERS:
            raise Refused(400, "more chunk extensions than content")
        self._state = _DATA if self._left else _TRAILERS

    def _trailer(self, line: bytes) -> None:
        if not line:
            self._state = _DONE
            self.done = True
            return
        self._trailers += len(line) + 2
        if self._trailers > MAX_TRAILERS:
            raise Refused(431, "the trailers are too large")
        if not _TRAILER.fullmatch(line):
            raise Refused(400, "a malformed trailer")
