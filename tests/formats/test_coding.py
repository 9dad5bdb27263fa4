"""Content codings within bounds: bombs, cuts, damage, and bodies with two readings."""

import gzip
import random
import tracemalloc
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from yett.formats import coding
from yett.formats.coding import (
    PIECE,
    RATIO_FLOOR,
    Damaged,
    RatioTooHigh,
    StackedCodings,
    TooLarge,
    TrailingBytes,
    Truncated,
    Undecodable,
    UnknownCoding,
    decode,
)

SIZE, RATIO = 10 << 20, 100


def raw_deflate(body: bytes) -> bytes:
    coder = zlib.compressobj(9, zlib.DEFLATED, -15)
    return coder.compress(body) + coder.flush()


def zstd_streamed(body: bytes) -> bytes:
    """Without content size, with checksum, in flushed blocks."""
    coder = zstandard.ZstdCompressor(write_checksum=True).compressobj()
    half = len(body) // 2
    return (
        coder.compress(body[:half])
        + coder.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
        + coder.compress(body[half:])
        + coder.flush()
    )


CODERS: dict[str, tuple[bytes, Callable[[bytes], bytes]]] = {
    "gzip": (b"gzip", gzip.compress),
    "x-gzip": (b"X-GZip", gzip.compress),
    "zlib": (b"deflate", zlib.compress),
    "raw": (b"deflate", raw_deflate),
    "br": (b"br", lambda body: brotli.compress(body, quality=5)),
    "zstd": (b"zstd", zstandard.ZstdCompressor().compress),
    "zstd-streamed": (b" zstd ", zstd_streamed),
}
EACH = pytest.mark.parametrize(("name", "encode"), list(CODERS.values()), ids=list(CODERS))
NOISE = random.Random(7).randbytes(300_000)


@EACH
@given(
    body=st.one_of(
        st.binary(max_size=200), st.builds(lambda piece, times: piece * times, st.binary(max_size=50), st.integers(0, 4_000))
    )
)
def test_what_was_coded_is_decoded(name: bytes, encode: Callable[[bytes], bytes], body: bytes) -> None:
    assert decode(name, encode(body), SIZE, 10_000) == body


@EACH
@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 300_000])
def test_borders_of_pieces(name: bytes, encode: Callable[[bytes], bytes], size: int) -> None:
    for body in (NOISE[:size], b"0123456789abcdef" * (size // 16)):
        assert decode(name, encode(body), max(1, len(body)), 1 << 30) == body


@EACH
def test_a_bomb_stops_within_its_bound(name: bytes, encode: Callable[[bytes], bytes]) -> None:
    bomb = encode(bytes(40 << 20))
    limit = 2 << 20
    decode(name, encode(b"warm"), 10, 10)
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            decode(name, bomb, limit, 1 << 30)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < limit * 1.13 + 2 * PIECE + 400_000  # the last: the decoders' own small state


@EACH
def test_a_large_body_is_never_held_twice(name: bytes, encode: Callable[[bytes], bytes]) -> None:
    size = 4 << 20
    coded = encode(bytes(size))
    tracemalloc.start()
    try:
        assert len(decode(name, coded, size, 1 << 30)) == size
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < size * 1.13 + 2 * PIECE + 400_000


@EACH
def test_the_ratio(name: bytes, encode: Callable[[bytes], bytes]) -> None:
    assert len(decode(name, encode(bytes(RATIO_FLOOR)), SIZE, 1)) == RATIO_FLOOR
    with pytest.raises(RatioTooHigh):
        decode(name, encode(bytes(1 << 20)), SIZE, 2)


@EACH
def test_exactly_at_the_limit(name: bytes, encode: Callable[[bytes], bytes]) -> None:
    coded = encode(NOISE[:1_000])
    assert len(decode(name, coded, 1_000, RATIO)) == 1_000
    with pytest.raises(TooLarge):
        decode(name, coded, 999, RATIO)


@EACH
def test_every_cut_is_noticed(name: bytes, encode: Callable[[bytes], bytes]) -> None:
    coded = encode(b'{"id": 12345, "name": "some words that compress a bit, words and words"}')
    for end in range(1, len(coded)):
        with pytest.raises(Damaged):
            decode(name, coded[:end], SIZE, RATIO)
    with pytest.raises(Truncated):
        decode(name, coded[:-1], SIZE, RATIO)


@EACH
def test_cuts_of_long_bodies(name: bytes, encode: Callable[[bytes], bytes]) -> None:
    with pytest.raises(Truncated):
        decode(name, encode(NOISE)[:-1], SIZE, RATIO)


@EACH
@pytest.mark.parametrize("tail", [b"\x00", b"x", b"\x1f", b"\x1f\x8b", b"\x28\xb5\x2f\xfd"])
@pytest.mark.parametrize("size", [10, 200_000])
def test_trailing_bytes(name: bytes, encode: Callable[[bytes], bytes], tail: bytes, size: int) -> None:
    with pytest.raises(Damaged):
        decode(name, encode(NOISE[:size]) + tail, SIZE, RATIO)


def test_trailing_bytes_at_the_border_of_a_piece() -> None:
    """The coded body ends exactly where a piece of input ends."""
    size = next(size for size in range(PIECE - 64, PIECE) if len(brotli.compress(NOISE[:size], quality=5)) == PIECE)
    with pytest.raises(TrailingBytes):
        decode(b"br", brotli.compress(NOISE[:size], quality=5) + b"x", SIZE, RATIO)
    coder = zlib.compressobj(0, zlib.DEFLATED, -15)
    coded = coder.compress(NOISE[: PIECE - 10]) + coder.flush()
    assert len(coded) <= PIECE
    with pytest.raises(TrailingBytes):
        decode(b"deflate", coded + b"\x1f" * PIECE, SIZE, RATIO)


def test_members_of_gzip() -> None:
    one = gzip.compress(b"one,")
    assert decode(b"gzip", one * 3, SIZE, RATIO) == b"one,one,one,"
    assert decode(b"gzip", one + gzip.compress(NOISE) + one, SIZE, RATIO) == b"one," + NOISE + b"one,"
    with pytest.raises(TooLarge):
        decode(b"gzip", one * 100, 396, RATIO)
    with pytest.raises(TrailingBytes):
        decode(b"gzip", one * 1_025, SIZE, RATIO)
    for other, encode in (
        (b"deflate", zlib.compress),
        (b"br", brotli.compress),
        (b"zstd", zstandard.ZstdCompressor().compress),
    ):
        with pytest.raises(Damaged):
            decode(other, encode(b"one,") * 2, SIZE, RATIO)


def test_deflate_with_two_readings() -> None:
    """A zlib header that is a raw stored block as well: inflate-raw-first decoders would see another body."""
    header = 0x78
    for second in range(256):
        if (header << 8 | second) % 31 == 0 and not second & 0x20:
            polyglot = bytes([header, second, 0x00, second ^ 0xFF, 0xFF]) + bytes(second)
            with pytest.raises(Damaged, match="both"):
                decode(b"deflate", polyglot, SIZE, RATIO)


def decoded_or_nothing(name: bytes, body: bytes, limit: int) -> bytes:
    try:
        return decode(name, body, limit, RATIO)
    except Undecodable:
        return b""


@pytest.mark.parametrize("name", [b"deflate", b"gzip", b"br", b"zstd"])
@given(body=st.binary(min_size=1, max_size=100))
def test_garbage_gives_typed_errors(name: bytes, body: bytes) -> None:
    assert len(decoded_or_nothing(name, body, 100_000)) <= 100_000


@EACH
@given(position=st.integers(0, 10_000), octet=st.integers(0, 255))
def test_damage_never_escapes(name: bytes, encode: Callable[[bytes], bytes], position: int, octet: int) -> None:
    coded = bytearray(encode(b"abc" * 200 + NOISE[:100]))
    coded[position % len(coded)] = octet
    assert len(decoded_or_nothing(name, bytes(coded), 10_000)) <= 10_000


def test_zstd_bounds() -> None:
    wide = zstandard.ZstdCompressor(compression_params=zstandard.ZstdCompressionParameters(window_log=24)).compressobj()
    with pytest.raises(Damaged):
        decode(b"zstd", wide.compress(NOISE) + wide.flush(), SIZE, RATIO)
    with pytest.raises(Damaged):
        decode(b"zstd", b"\x28\xb5\x2f\xfd\x00\x58" + b"\x00\x00\x00" * 40_000, SIZE, RATIO)
    skippable = b"\x50\x2a\x4d\x18\x01\x00\x00\x00x" + zstandard.compress(b"a")
    with pytest.raises(Damaged):
        decode(b"zstd", skippable, SIZE, RATIO)


def test_names() -> None:
    assert decode(b"identity", b"abc", 3, 1) == b"abc"
    assert decode(b"", b"abc", 3, 1) == b"abc"
    assert decode(b" , GZIP ,", gzip.compress(b"abc"), 3, 1) == b"abc"
    with pytest.raises(TooLarge):
        decode(b"identity", b"abc", 2, 1)
    for name in (b"gzip, br", b"gzip,gzip", b",", b"identity, gzip"):
        with pytest.raises(StackedCodings):
            decode(name, b"abc", 3, 1)
    for name in (b"compress", b"gzip;q=1", b"dcb", b"\xff"):
        with pytest.raises(UnknownCoding):
            decode(name, b"", 3, 1)
    for name in (b"gzip", b"deflate", b"br", b"zstd"):
        assert decode(name, b"", 0, 1) == b""


def test_statuses() -> None:
    assert {error.__name__: error.status for error in (UnknownCoding, StackedCodings, Truncated, TooLarge, RatioTooHigh)} == {
        "UnknownCoding": 415,
        "StackedCodings": 415,
        "Truncated": 400,
        "TooLarge": 413,
        "RatioTooHigh": 413,
    }
    assert coding.Undecodable.status == 400
