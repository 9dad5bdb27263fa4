"""Transformations that normalise paths. Shapes and promises as in `yett.formats.transformations.text`."""

import re
from typing import Final

from yett.formats.signs import BACKSLASH, DOT, SLASH
from yett.formats.transformations.text import squeezed

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
    start = 1 if absolute else 0
    kept = _Kept()
    above = False  # a relative path has been at its start, or above it: the ".." that follow stay
    steps = _STEPS.match(text, start)
    if steps is not None:  # at the speed of C
        above = True
        if not absolute:
            kept.add(text[: steps.end() - 1])
        start = steps.end()
    ending = text[-1:] == b"."
    # Only segments that end in a dot matter: what stands between two of them is kept, or taken along, as it is.
    pieces = (text[start:-1] if ending else text[start:]).split(b"./")
    left = len(pieces)
    for piece in pieces:
        left -= 1
        if left or ending:
            run, _, stem = piece.rpartition(b"/")
        else:
            run, stem = piece.strip(b"/"), None
        if run:
            above = above and len(run) == 1 and not kept.blocks
            kept.add(run)
        if not stem:
            continue
        if stem == b".":
            if absolute or (kept.blocks and not above):
                if kept.blocks:
                    kept.drop()
                above = not kept.blocks
            else:
                above = True
                kept.add(b"..")
        elif stem[-1:] != b".":
            kept.add(stem + b".")
        elif not absolute and (above or (not kept.blocks and len(stem) <= 2)):
            above = True
            kept.add(stem + b".")
        else:
            above = not kept.blocks
    path = kept.joined()
    if not kept.blocks:
        return last if absolute else b""
    return b"/" + path + last if absolute else path + last


class _Kept:
    """The segments that are left so far: blocks of them, and where each block ends now."""

    def __init__(self) -> None:
        self.blocks: list[bytes] = []
        self.ends: list[int] = []

    def add(self, block: bytes) -> None:
        self.blocks.append(block)
        self.ends.append(len(block))

    def drop(self) -> None:
        """The last segment goes."""
        end = self.blocks[-1].rfind(b"/", 0, self.ends[-1])
        if end < 0:
            self.blocks.pop()
            self.ends.pop()
        else:
            self.ends[-1] = end

    def joined(self) -> bytes:
        return b"/".join([block if end == len(block) else block[:end] for block, end in zip(self.blocks, self.ends)])


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
