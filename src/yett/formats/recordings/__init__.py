"""Recordings of traffic, from bytes to exchanges: access logs, HAR, Burp, Postman, captures, raw messages, Yett's own records.

Pure: bytes, or iterators of bytes, come in; `Recording` values go out, one for each entry and in its order. Nothing here opens
files, and nothing grows with the length of a recording. What cannot be read is a Recording that says so, never an exception:
one bad entry must not hide the others. `sniff` says what octets are, `recordings` reads them.
"""

from yett.formats.recordings.events import read_event
from yett.formats.recordings.har import read_har
from yett.formats.recordings.json_lines import read_json_lines
from yett.formats.recordings.logs.layouts import KeyedLayout, Layout, layout_of
from yett.formats.recordings.logs.making import NO_HOST
from yett.formats.recordings.logs.patterns import BadLayout
from yett.formats.recordings.raw import read_raw
from yett.formats.recordings.readers import Origin, recordings
from yett.formats.recordings.sniffing import BEGINNING, Kind, Sniffed, kind_of, sniff
from yett.formats.recordings.unpacking import MAGIC as PACKED
from yett.formats.recordings.unpacking import Damaged, unpacked
from yett.formats.recordings.values import LARGEST, Recording

__all__ = [
    "BEGINNING",
    "LARGEST",
    "NO_HOST",
    "PACKED",
    "BadLayout",
    "Damaged",
    "KeyedLayout",
    "Kind",
    "Layout",
    "Origin",
    "Recording",
    "Sniffed",
    "kind_of",
    "layout_of",
    "read_event",
    "read_har",
    "read_json_lines",
    "read_raw",
    "recordings",
    "sniff",
    "unpacked",
]
