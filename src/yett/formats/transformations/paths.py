"""Transformations that normalise paths. Shapes and promises as in `yett.formats.transformations.text`."""

import re

from yett.formats.signs import BACKSLASH, SLASH

_STEPS = re.compile(rb"(?:\.\./)++")


def normalize_path(value: bytes) -> bytes:
    """One slash instead of several, "." goes, ".." takes the segment before it along. As ModSecurity: a slash at the end stays, a
    segment that only ends in two dots goes too, and what leads above a relative start stays from then on."""
    text = value
    if SLASH in value:
        while b"//" in text:  # at most as often as the length of the longest run can be halved
            text = text.replace(b"//", b"/")
        if b"./" not in text and text[-1:] != b".":
            return text
    elif value[-1:] != b".":
        return value
    absolute = text[:1] == b"/"
    kept: list[bytes] = []
    above = False  # a relative path has been at its start, or above it: the ".." that follow stay
    steps = _STEPS.match(text, 1 if absolute else 0)
    if steps is not None:  # at the speed of C
        above = True
        if not absolute:
            kept = [b".."] * (steps.end() // 3)
        text, end = text[steps.end() :], text[-1:]
    else:
        end = text[-1:]
    for segment in text.split(b"/"):
        if segment == b"..":
            if absolute or (kept and not above):
                if kept:
                    kept.pop()
                above = not kept
            else:
                above = True
                kept.append(segment)
        elif segment[-1:] != b".":
            if segment:
                above = above and not kept and len(segment) == 1
                kept.append(segment)
        elif segment == b".":
            continue
        elif segment[-2:] != b"..":
            kept.append(segment)
        elif not absolute and (above or (not kept and len(segment) <= 3)):
            above = True
            kept.append(segment)
        else:
            above = not kept
    path = b"/".join(kept)
    last = b"/" if end == b"/" else b""
    if not kept:
        return last if absolute else b""
    return b"/" + path + last if absolute else path + last


def normalize_path_in_lines(text: bytes) -> bytes:
    lines = text.split(b"\n")
    return b"\n".join([normalize_path(line) if SLASH in line or line[-1:] == b"." else line for line in lines])


def normalize_path_touches(text: bytes, _borders: int = 0) -> bool:
    if SLASH in text and (text.find(b"//") >= 0 or text.find(b"./") >= 0 or text.find(b"/.\n") >= 0 or text[-2:] == b"/."):
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
