"""Captured packets: files of them, what the packets carry, and the streams of octets that TCP makes of it.

Pure: pieces of a file come in, octets of connections go out. Nothing here knows what the octets mean, and nothing grows with the
length of a capture.
"""

from yett.formats.capture.frames import Frame, is_capture, read_frames
from yett.formats.capture.packets import FRAGMENT, Segment, segment_of
from yett.formats.capture.streams import Listener, Stream

__all__ = ["FRAGMENT", "Frame", "Listener", "Segment", "Stream", "is_capture", "read_frames", "segment_of"]
