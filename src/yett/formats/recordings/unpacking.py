"""Recordings that were compressed with gzip, as logs are after a day: the text of any number of members, piece by piece.

It must not know what the text is. Source: RFC 1952.
"""

import zlib
from collections.abc import Iterable, Iterator

MAGIC = b"\x1f\x8b\x08"
PIECE = 256 << 10
"""Bytes that are given at once."""
FREE, RATIO = 1 << 30, 200
"""Of what becomes larger than FREE bytes, so many times its compressed size is read: logs shrink to a twentieth, bombs to a
thousandth."""


class Damaged(Exception):
    """The compressed text is damaged, or ends too early. What came before was given. The message is for people."""


def unpacked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The text in pieces of at most PIECE bytes, of compressed pieces of any size. Raises Damaged.

    Zero octets behind the last member are padding; what else stands there is damage.
    """
    engine = None
    read = given = 0
    for piece in pieces:
        read += len(piece)
        left, pending = piece, False
        while left or pending:
            if engine is None:
                left = left.lstrip(b"\0")
                if not left:
                    break
                engine = zlib.decompressobj(wbits=31)
            try:
                text = engine.decompress(left, PIECE)
            except zlib.error:
                raise Damaged(f"damaged behind {given} bytes of text: not gzip, or not what was compressed") from None
            if engine.eof:
                left, pending, engine = engine.unused_data, False, None
            else:
                left, pending = engine.unconsumed_tail, len(text) == PIECE
            given += len(text)
            if given > FREE and given > RATIO * read:
                raise Damaged(f"more than {RATIO} times as large as it was compressed, behind {given} bytes of text")
            if text:
                yield text
    if engine is not None:
        raise Damaged(f"it ends too early, behind {given} bytes of text")
