"""What kind of recording a file is, from how it begins and what it is called."""

import re
from enum import StrEnum

from yett.formats.recordings.raw import is_request

BEGINNING = 4_096
"""Bytes that are enough to tell."""

_OBJECT = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*+\{")
_ARCHIVE = re.compile(rb'(?:\xef\xbb\xbf)?[ \t\r\n]*+\{[ \t\r\n]*+"log"[ \t\r\n]*+:')


class Kind(StrEnum):
    HAR = "har"
    JSON_LINES = "json-lines"
    RAW = "raw"
    UNKNOWN = "unknown"


def kind_of(beginning: bytes, name: str = "") -> Kind:
    """beginning: the first BEGINNING bytes of the file, or all of it; name: its name, which settles what they leave open."""
    if _ARCHIVE.match(beginning) or name.lower().endswith(".har"):
        return Kind.HAR
    if _OBJECT.match(beginning) or name.lower().endswith((".jsonl", ".ndjson")):
        return Kind.JSON_LINES
    return Kind.RAW if is_request(beginning) else Kind.UNKNOWN
