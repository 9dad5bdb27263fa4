"""Transformations that normalise paths. Shapes and promises as in `yett.formats.transformations.text`."""

import re

_TOUCHES = re.compile(rb"//|(?:\A|[/\n])\.|\.\.|/\Z")


def normalize_path(value: bytes) -> bytes:
    """Empty and `.` segments go, `..` takes the segment before it along; what is above the root goes, what is above a
    relative start stays."""
    if not value:
        return value
    absolute = value.startswith(b"/")
    kept: list[bytes] = []
    segments = value.split(b"/")
    for segment in segments:
        if segment in (b"", b"."):
            continue
        if segment == b"..":
            if kept and kept[-1] != b"..":
                kept.pop()
            elif not absolute:
                kept.append(segment)
            continue
        kept.append(segment)
    text = b"/".join(kept)
    if absolute:
        text = b"/" + text
    if segments[-1] in (b"", b".", b"..") and kept and text != b"/":
        text += b"/"
    return text


def normalize_path_touches(text: bytes, _borders: int = 0) -> bool:
    return (
        (b"/" in text and (b"//" in text or b"/." in text or b"./" in text)) or b".." in text or _TOUCHES.search(text) is not None
    )


def normalize_path_win(value: bytes) -> bytes:
    return normalize_path(value.replace(b"\\", b"/"))


def normalize_path_win_touches(text: bytes, borders: int = 0) -> bool:
    return b"\\" in text or normalize_path_touches(text, borders)
