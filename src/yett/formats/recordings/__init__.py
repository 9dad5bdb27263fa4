"""Recordings of traffic, from bytes to exchanges: raw requests, HAR, JSON lines, Yett's own records.

Pure: bytes, or iterators of bytes, come in; `Recording` values go out, one for each entry and in its order. Nothing here opens
files, and nothing grows with the length of a recording. What cannot be read is a Recording that says so, never an exception:
one bad entry must not hide the others.
"""

from yett.formats.recordings.events import read_event
from yett.formats.recordings.har import read_har
from yett.formats.recordings.json_lines import read_json_lines
from yett.formats.recordings.raw import read_raw
from yett.formats.recordings.sniffing import BEGINNING, Kind, kind_of
from yett.formats.recordings.values import LARGEST, Recording

__all__ = [
    "BEGINNING",
    "LARGEST",
    "Kind",
    "Recording",
    "kind_of",
    "read_event",
    "read_har",
    "read_json_lines",
    "read_raw",
]
