"""The elements of one list in a JSON document of any size, one after another, with memory for one of them.

An incremental scanner that knows strings and brackets and nothing else: it finds the list (such as `entries` in the object `log`),
cuts out each element, and leaves reading it to a real parser. Linear in what it is fed; it must not know what elements mean.
"""

import re
from collections.abc import Iterator, Sequence

_STRING = rb'[^"\\]*+(?:\\.[^"\\]*+)*+'
_REST_OF_STRING = re.compile(_STRING, re.DOTALL)
_PLAIN = re.compile(rb'[^"{}\[\]:,]*+')
_FLAT = re.compile(rb'(?:[^"{}\[\]]++|"' + _STRING + rb'")*+', re.DOTALL)
_BETWEEN = re.compile(rb"[ \t\r\n,]*+")
_SCALAR = re.compile(rb'[^ \t\r\n,\]"{}\[]*+')
_QUOTE, _COLON, _LIST, _LIST_END = b'":[]'
_OPEN, _CLOSE = b"{[", b"}]"
_KEY = 64
"""Bytes of a key that are looked at; the keys of a path are shorter."""
_DEPTH = 1_000
"""Levels around the list that is looked for."""


class Unfinished(Exception):
    """The document ends too early, or the list is not in it: what is missing."""


class Elements:
    """Feed it a document in pieces: `feed` gives each element that is complete, None for one of more than `largest` bytes."""

    def __init__(self, path: Sequence[bytes], largest: int) -> None:
        self._path = list(path)
        self._largest = largest
        self._found = self.closed = False
        self._in_string = self._escaped = False
        self._around: list[bytes] = []  # before the list: under which key each open object stands, b"\0" for lists
        self._key = b""
        self._text = b""  # before the list: the beginning of the last string
        self._depth = 0  # in the list: of the element under way, 0 between elements
        self._scalar = False
        self._kept: list[bytes] = []
        self._size = 0

    def feed(self, piece: bytes) -> Iterator[bytes | None]:
        """Raises Unfinished for a document that is nested absurdly before its list."""
        at = 0
        while at < len(piece) and not self.closed:
            if not self._found:
                at = self._before(piece, at)
            elif not self._depth:
                at = self._between(piece, at)
            else:
                end = self._element_scalar(piece, at) if self._scalar else self._element_part(piece, at)
                self._keep(piece[at:end])
                at = end
                if not self._depth:
                    yield b"".join(self._kept) if self._size <= self._largest else None

    def end(self) -> None:
        """The document is over. Raises Unfinished where it should not be."""
        if not self._found:
            raise Unfinished(f"there is no list {'.'.join(key.decode() for key in self._path)} in it")
        if self._depth:
            raise Unfinished("it ends in the middle of an entry")
        if not self.closed:
            raise Unfinished("it ends before its list of entries does")

    def _string(self, piece: bytes, at: int) -> int:
        """Go on in a string. Where it ends, `_in_string` is false."""
        if self._escaped:
            at, self._escaped = at + 1, False
        at = _end(_REST_OF_STRING, piece, at)
        if at >= len(piece):
            return len(piece)
        self._escaped = piece[at] != _QUOTE  # otherwise it is a backslash at the very end
        self._in_string = self._escaped
        return at + 1

    # --- before the list --------------------------------------------------------------------------------------------

    def _before(self, piece: bytes, at: int) -> int:
        if self._in_string:
            end = self._string(piece, at)
            if len(self._text) <= _KEY:
                self._text += piece[at : min(end if self._in_string else end - 1, at + _KEY + 1)]
            return end
        at = _end(_PLAIN, piece, at)
        if at == len(piece):
            return at
        mark = piece[at]
        if mark == _QUOTE:
            self._in_string, self._text = True, b""
        elif mark == _COLON:
            self._key = self._text
        elif mark in _OPEN:
            self._opened(mark)
        else:
            self._key = b""
            if mark in _CLOSE and self._around:
                self._around.pop()
        return at + 1

    def _opened(self, mark: int) -> None:
        if mark == _LIST and [*self._around[1:], self._key] == self._path:
            self._found = True
            return
        if len(self._around) >= _DEPTH:
            raise Unfinished("it is nested too deeply")
        self._around.append(b"\0" if mark == _LIST else self._key)
        self._key = b""

    # --- in the list ------------------------------------------------------------------------------------------------

    def _between(self, piece: bytes, at: int) -> int:
        at = _end(_BETWEEN, piece, at)
        if at == len(piece):
            return at
        if piece[at] == _LIST_END:
            self.closed = True
            return at + 1
        self._depth, self._kept, self._size = 1, [], 0
        self._scalar = piece[at] not in _OPEN
        if not self._scalar:
            self._keep(piece[at : at + 1])
            return at + 1
        if piece[at] in b'"}:':  # no element at all, or a string: one octet of it is enough to go on
            self._in_string = piece[at] == _QUOTE
            self._keep(piece[at : at + 1])
            return at + 1
        return at

    def _element_part(self, piece: bytes, at: int) -> int:
        """Go on in an object or list, to its end or to that of the piece."""
        if self._in_string:
            at = self._string(piece, at)
        depth, size, flat = self._depth, len(piece), _FLAT.match
        while at < size:
            found = flat(piece, at)
            at = found.end() if found is not None else at
            if at == size:
                break
            mark = piece[at]
            at += 1
            if mark in _OPEN:
                depth += 1
            elif mark in _CLOSE:
                depth -= 1
                if not depth:
                    break
            else:  # a string that does not end here
                self._in_string = True
                at = self._string(piece, at)
        self._depth = depth
        return at

    def _element_scalar(self, piece: bytes, at: int) -> int:
        """Go on in what is neither object nor list, which no entry should be."""
        if self._in_string:
            at = self._string(piece, at)
            self._depth = int(self._in_string)
            return at
        at = _end(_SCALAR, piece, at)
        if at < len(piece):
            self._depth = 0
        return at

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        if self._size <= self._largest:
            self._kept.append(part)
        else:
            self._kept.clear()


def _end(pattern: "re.Pattern[bytes]", piece: bytes, at: int) -> int:
    """Where a pattern that also matches nothing ends."""
    found = pattern.match(piece, at)
    return found.end() if found is not None else at
