"""Transformations that normalise paths. Shapes and promises as in `yett.formats.transformations.text`."""

import re
from typing import TYPE_CHECKING, Final

from yett.formats.signs import BACKSLASH, DOT, SLASH
from yett.formats.transformations.text import squeezed

if TYPE_CHECKING:
    from mypy_extensions import i64  # integers of the machine, where this is compiled

_STEPS: Final = re.compile(rb"(?:\.\./)++")
_SLASHES: Final = re.compile(rb"//+")


def normalize_path(value: bytes) -> bytes:
    """One slash instead of several, "." goes, ".." takes the segment before it along. As ModSecurity: a slash at the end stays, a
    segment that only ends in two dots goes too, and what leads above a relative start stays from then on."""
    text = value
    if SLASH in value:
        text = squeezed(value, b"/", _SLASHES)
        if b"./" not in text and text[-1:] != b".":
            return text
    elif value[-1:] != b".":
        return value
    absolute = text[:1] == b"/"
    last = b"/" if text[-1:] == b"/" else b""
    path = _walked(text, absolute)
    if not path:
        return last if absolute else b""
    return b"/" + path + last if absolute else path + last


def _walked(text: bytes, absolute: bool) -> bytes:
    """The segments that are left, without slashes at the ends. Only those that end in a dot matter: what stands between two of
    them is kept, or taken along, as it is."""
    kept = _Kept(text)
    size: i64 = len(text)
    at: i64 = 1 if absolute else 0
    dot: i64
    start: i64
    above = False  # a relative path has been at its start, or above it: the ".." that follow stay
    steps = _STEPS.match(text, at)
    if steps is not None:  # at the speed of C
        above = True
        if not absolute:
            kept.add(0, steps.end() - 1)
        at = steps.end()
    while at < size:
        dot = _segment_end(text, at, size)
        if dot < 0:
            dot = size
            start = size if text[size - 1] == SLASH else size + 1
        else:
            start = _after_slash(text, at, dot)
        if start > at + 1:  # segments before the one that ends in a dot
            above = above and start - at == 2 and kept.begin == kept.end
            kept.add(at, start - 1)
        if start < dot:  # it is no single dot
            if text[dot - 1] != DOT:
                kept.add(start, dot + 1)
            elif start == dot - 1 and (absolute or (kept.begin < kept.end and not above)):
                kept.drop()
                above = kept.begin == kept.end
            elif start == dot - 1 or (not absolute and (above or (kept.begin == kept.end and dot - start <= 2))):
                above = True
                kept.add(start, dot + 1)
            else:
                above = kept.begin == kept.end
        at = dot + 2
    return kept.joined()


class _Kept:
    """The segments of a text that are left so far, as the borders of blocks: nothing is copied before the end. begin, end: of the
    last block; where there is none they are the same."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.begin: i64 = 0
        self.end: i64 = 0
        self._begins: list[int] = []
        self._ends: list[int] = []

    def add(self, begin: "i64", end: "i64") -> None:
        """Octets behind all that were there."""
        if self.begin == self.end:
            self.begin = begin
        elif self.end + 1 < begin:
            self._begins.append(self.begin)
            self._ends.append(self.end)
            self.begin = begin
        self.end = end

    def drop(self) -> None:
        """The last segment goes, where there is one."""
        if self.begin == self.end:
            return
        start: i64 = _after_slash(self.text, self.begin, self.end)
        if start > self.begin:
            self.end = start - 1
        elif self._ends:
            self.begin, self.end = self._begins.pop(), self._ends.pop()
        else:
            self.end = self.begin

    def joined(self) -> bytes:
        text = self.text
        blocks = [text[begin:end] for begin, end in zip(self._begins, self._ends)]
        blocks.append(text[self.begin : self.end])
        return b"/".join(blocks)


def _segment_end(text: bytes, at: "i64", size: "i64") -> "i64":
    """The next dot at the end of a segment; -1 where there is none."""
    near: i64 = at + _NEAR
    if near >= size:
        near = size - 1
    while at < near:
        if text[at] == DOT and text[at + 1] == SLASH:
            return at
        at += 1
    found: i64 = text.find(b"./", at)
    return size - 1 if found < 0 and text[size - 1] == DOT else found


def _after_slash(text: bytes, begin: "i64", end: "i64") -> "i64":
    """Where the last segment begins."""
    near: i64 = end - _NEAR
    if near < begin:
        near = begin
    while end > near:
        if text[end - 1] == SLASH:
            return end
        end -= 1
    if end == begin:
        return begin
    found: i64 = text.rfind(b"/", begin, end)
    return found + 1 if found >= 0 else begin


_NEAR: Final = 0 if __file__.endswith(".py") else 48
"""Octets in which it is quicker to look than to ask: many where this is compiled."""


def normalize_path_in_lines(text: bytes) -> bytes:
    lines = text.split(b"\n")
    return b"\n".join([normalize_path(line) if SLASH in line or line[-1:] == b"." else line for line in lines])


def normalize_path_touches(text: bytes, _borders: int = 0) -> bool:
    slashes = SLASH in text
    if slashes and text.find(b"//") >= 0:
        return True
    if DOT not in text:
        return False
    if slashes and (text.find(b"./") >= 0 or text.find(b"/.\n") >= 0 or text[-2:] == b"/."):
        return True
    if text.find(b"..\n") >= 0 or text.find(b"\n.\n") >= 0 or text[:2] in (b".", b".\n"):
        return True
    return text[-1:] == b"." and text[-2:] in (b"..", b"\n.")


def normalize_path_win(value: bytes) -> bytes:
    """Likewise, after backslashes have become slashes. (ModSecurity leaves one backslash of three separators in a row.)"""
    return normalize_path(value.replace(b"\\", b"/"))


def normalize_path_win_in_lines(text: bytes) -> bytes:
    return normalize_path_in_lines(text.replace(b"\\", b"/"))


def normalize_path_win_touches(text: bytes, borders: int = 0) -> bool:
    return BACKSLASH in text or normalize_path_touches(text, borders)
