"""The chunked coding: any cut of the same bytes is the same body; anything else is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.formats.chunked import END, MAX_TRAILERS, ChunkedReader, chunk
from yett.formats.http1 import Refused

PIECES = st.lists(st.binary(min_size=1, max_size=40), max_size=8)


def read(stream: bytes, cuts: list[int]) -> tuple[bytes, bool, bytes]:
    reader = ChunkedReader()
    body, at = b"", 0
    for cut in [*sorted(cuts), len(stream)]:
        if reader.done:
            break
        body += b"".join(reader.feed(stream[at:cut]))
        at = max(at, cut)
    return body, reader.done, reader.rest + stream[at:]


@given(
    PIECES,
    st.binary(max_size=20),
    st.lists(st.integers(0, 400), max_size=20),
    st.sampled_from([b"", b"X: y\r\n", b"A:\r\nB: c\r\n"]),
)
def test_any_cut_gives_the_same_body(pieces: list[bytes], rest: bytes, cuts: list[int], trailers: bytes) -> None:
    stream = b"".join(map(chunk, pieces)) + b"0\r\n" + trailers + b"\r\n"
    body, done, left = read(stream + rest, [cut for cut in cuts if cut <= len(stream + rest)])
    assert (body, done, left) == (b"".join(pieces), True, rest)


@pytest.mark.parametrize(
    "stream",
    [b"\r\n", b"g\r\n", b"-1\r\n", b"0x1\r\na", b"1 \r\na", b" 1\r\n", b"1\r\nab\r\n", b"1\n", b"1;\x01\r\n", b"1" * 16 + b"\r\n",
     b"0\r\n bad\r\n", b"0\r\nno colon\r\n", b"f" * 2000, b"1;" + b"x" * 2000, b"1\r\na\n\r\n"],
)  # fmt: skip
def test_everything_else_is_refused(stream: bytes) -> None:
    with pytest.raises(Refused):
        ChunkedReader().feed(stream)


def test_overheads_are_bounded() -> None:
    with pytest.raises(Refused, match="trailers"):
        ChunkedReader().feed(b"0\r\n" + b"X: y\r\n" * (MAX_TRAILERS // 6 + 2))
    with pytest.raises(Refused, match="extensions"):
        ChunkedReader().feed(b"".join(b"1;" + b"x" * 1000 + b"\r\na\r\n" for _ in range(30)))


def test_an_end_without_chunks_is_an_empty_body() -> None:
    reader = ChunkedReader()
    assert reader.feed(END) == [] and reader.done and reader.rest == b""
