"""Content codings (RFC 9110, 8.4.1), decoded within bounds so that a body can be inspected.

Output comes in pieces of at most 64 KiB and decoding stops at the first one beyond a bound, so a bomb never holds more than
`max_size` and one piece (and an eighth for the growing buffer, and the decoder's own window: 16 MiB at most for br, 8 MiB for
zstd, 32 KiB otherwise). Whatever a laxer decoder would read differently is an error. It must not know whose body it is.
"""

import re
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import ClassVar

import brotli
import zstandard

PIECE = 65_536
RATIO_FLOOR = 65_536
"""Outputs up to this size are never refused for their ratio: short and repetitive is common, and harmless."""

_BROTLI_PIECE = 32_768  # the library hands out up to twice the limit it is given
_MEMBERS_MOST = 1_024  # of gzip; bgzip makes one every 64 KiB
_BLOCKS_MOST = 32_768  # of zstd; encoders make one every 128 KiB, or with every flush
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_ZSTD_WINDOW = 8 << 20  # RFC 9659, 3
_NONE = (b"", b"identity")
_TOKENS = re.compile(rb"[\t ]*,[\t ]*")


class Undecodable(Exception):
    """The body has no certain, bounded reading. The message is for the log. `status` suits the answer to a request."""

    status: ClassVar[int] = 400


class UnknownCoding(Undecodable):
    """Not one of gzip, x-gzip, deflate, br, zstd and identity."""

    status = 415


class StackedCodings(Undecodable):
    """More than one coding: legal, unused in practice, and a way around inspection."""

    status = 415


class Damaged(Undecodable):
    """Not what its coding says it is, or readable in two ways."""


class Truncated(Damaged):
    """The coding's own end is missing."""


class TrailingBytes(Damaged):
    """Something follows after the coding's own end."""


class TooLarge(Undecodable):
    """More than `max_size` bytes when decoded."""

    status = 413


class RatioTooHigh(TooLarge):
    """More than `max_ratio` times its coded size when decoded, and more than `RATIO_FLOOR`."""


def decode(coding: bytes, body: bytes, max_size: int, max_ratio: int) -> bytes:
    """The decoded body. `coding`: the value of Content-Encoding. An empty body is empty in every coding.

    Raises the subclasses of Undecodable. Concatenated members are read for gzip only (RFC 1952, 2.2), up to 1,024.
    """
    name = _name(coding)
    if name in _NONE:
        if len(body) > max_size:
            raise TooLarge(f"more than {max_size} bytes")
        return body
    decoder = _decoder(name)
    return _gathered(decoder(body), max_size, max(RATIO_FLOOR, len(body) * max_ratio)) if body else b""


def decode_beginning(coding: bytes, body: bytes, size: int) -> bytes:
    """Up to `size` decoded bytes of a body of which only the beginning is there. Raises the subclasses of Undecodable, but not
    for its missing end, its size or its ratio."""
    name = _name(coding)
    if name in _NONE or not body:
        return body[:size]
    pieces = _zstd_pieces(body) if name == b"zstd" else _decoder(name)(body)
    found: list[bytes] = []
    missing = size
    try:
        for piece in pieces:
            found.append(piece)
            missing -= len(piece)
            if missing <= 0:
                break
    except Truncated:
        pass  # which is why only its beginning was asked for
    return b"".join(found)[:size]


def _name(coding: bytes) -> bytes:
    name = coding.strip(b"\t ").lower()
    if b"," in name:
        names = [token for token in _TOKENS.split(name) if token]
        if len(names) != 1:
            raise StackedCodings("several content codings")
        name = names[0]
    return name


def _decoder(name: bytes) -> Callable[[bytes], Iterator[bytes]]:
    decoder = _DECODERS.get(name)
    if decoder is None:
        raise UnknownCoding("an unknown content coding")
    return decoder


def _gathered(pieces: Iterator[bytes], max_size: int, most: int) -> bytes:
    """All pieces in one, as soon as it is known that they fit. BytesIO hands out its buffer without a second copy."""
    size = 0
    first = b""
    buffer: BytesIO | None = None
    for piece in pieces:
        size += len(piece)
        if size > max_size:
            raise TooLarge(f"more than {max_size} bytes when decoded")
        if size > most:
            raise RatioTooHigh(f"more than {most} bytes when decoded, by its ratio")
        if buffer is not None:
            buffer.write(piece)
        elif not first:
            first = piece
        else:
            buffer = BytesIO()
            buffer.write(first)
            buffer.write(piece)
    return first if buffer is None else buffer.getvalue()


def _gzip(body: bytes) -> Iterator[bytes]:
    return _inflated(body, 16 + zlib.MAX_WBITS, _MEMBERS_MOST)


def _deflate(body: bytes) -> Iterator[bytes]:
    """zlib (RFC 1950), which is what the RFC means by deflate, or raw (RFC 1951), which some send.

    Every zlib header can also be the start of a raw stored block; where the block's length (LEN, NLEN) fits too, there are two
    readings.
    """
    if len(body) < 2 or body[0] & 0x0F != 8 or (body[0] << 8 | body[1]) % 31:
        return _inflated(body, -zlib.MAX_WBITS, 1)
    if len(body) >= 5 and body[1] ^ body[3] == 0xFF and body[2] ^ body[4] == 0xFF:
        raise Damaged("both a zlib stream and a raw deflate stream")
    return _inflated(body, zlib.MAX_WBITS, 1)


def _inflated(body: bytes, window: int, members: int) -> Iterator[bytes]:
    """The pieces of up to `members` concatenated streams. Input goes in by pieces, too: what a decoder hands back is copied."""
    decoder = zlib.decompressobj(window)
    view = memoryview(body)
    for start in range(0, len(body), PIECE):
        pending: bytes | memoryview = view[start : start + PIECE]
        while pending:
            if decoder.eof:
                members -= 1
                if not members or pending[0] != 0x1F:
                    raise TrailingBytes("bytes after the end of the coded body")
                decoder = zlib.decompressobj(window)
            yield from _drained(decoder, pending)
            pending = decoder.unused_data
    if not decoder.eof:
        raise Truncated("the coded body is cut off")


def _drained(decoder: "zlib._Decompress", pending: bytes | memoryview) -> Iterator[bytes]:
    while True:
        try:
            piece = decoder.decompress(pending, PIECE)
        except zlib.error:
            raise Damaged("the coded body is damaged") from None
        if piece:
            yield piece
        pending = decoder.unconsumed_tail
        if decoder.eof or (not pending and len(piece) < PIECE):
            return


def _brotli(body: bytes) -> Iterator[bytes]:
    decoder = brotli.Decompressor()
    view = memoryview(body)
    for start in range(0, len(body), PIECE):
        if decoder.is_finished():
            raise TrailingBytes("bytes after the end of the coded body")
        pending: bytes | memoryview = view[start : start + PIECE]
        while True:
            try:
                piece: bytes = decoder.process(pending, output_buffer_limit=_BROTLI_PIECE)
            except brotli.error:
                raise Damaged("the coded body is damaged, or bytes follow after its end") from None
            if piece:
                yield piece
            if decoder.is_finished() or (len(piece) < _BROTLI_PIECE and decoder.can_accept_more_data()):
                break
            pending = b""
    if not decoder.is_finished():
        raise Truncated("the coded body is cut off")


def _zstd(body: bytes) -> Iterator[bytes]:
    """One frame (RFC 8878, 3.1.1). The library's reader does not tell a cut from an end, so the blocks are walked first."""
    end = _zstd_end(body)
    if end > len(body):
        raise Truncated("the coded body is cut off")
    if end < len(body):
        raise TrailingBytes("bytes after the end of the coded body")
    yield from _zstd_pieces(body)


def _zstd_pieces(body: bytes) -> Iterator[bytes]:
    reader = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).stream_reader(body)
    try:
        while piece := reader.read(PIECE):
            yield piece
    except zstandard.ZstdError:
        raise Damaged("the coded body is damaged, or needs a window of more than 8 MiB") from None


def _zstd_end(body: bytes) -> int:
    """Where the first frame ends, which may be beyond the body."""
    if len(body) < 5:
        return 5
    if not body.startswith(_ZSTD_MAGIC):
        raise Damaged("not a zstd frame")
    descriptor = body[4]
    single = descriptor >> 5 & 1
    position = 5 + (1 - single) + (0, 1, 2, 4)[descriptor & 3] + (single, 2, 4, 8)[descriptor >> 6]
    for _ in range(_BLOCKS_MOST):
        header = int.from_bytes(body[position : position + 3], "little")
        position += 3
        if position > len(body):
            return position
        position += 1 if header >> 1 & 3 == 1 else header >> 3  # a run of one octet, or as many as it says
        if header & 1:
            return position + (4 if descriptor & 4 else 0)
    raise Damaged(f"more than {_BLOCKS_MOST} blocks")


_DECODERS: dict[bytes, Callable[[bytes], Iterator[bytes]]] = {
    b"gzip": _gzip,
    b"x-gzip": _gzip,
    b"deflate": _deflate,
    b"br": _brotli,
    b"zstd": _zstd,
}
