"""The grammar of heads: what is accepted is read once and exactly; everything else is refused."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.formats.http1 import _LINES, Refused, parse_request, parse_response

TOKEN = st.text("abcXYZ019-_!#$%&'*+.^`|~", min_size=1, max_size=12)
VALUE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=30).map(str.strip)
SPECIAL = {
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "content-type",
    "authorization",
    "expect",
    "origin",
    "range",
}


def request(head: bytes) -> object:
    return parse_request(head, 100, 8190)


@given(st.lists(st.tuples(TOKEN.filter(lambda name: name.lower() not in SPECIAL), VALUE), max_size=20))
def test_every_field_is_read_in_order_with_its_value(pairs: list[tuple[str, str]]) -> None:
    head = "GET /x HTTP/1.1\r\nHost: h" + "".join(f"\r\n{name}:  {value}\t" for name, value in pairs)
    read = parse_request(head.encode(), 100, 8190)
    assert read.lines[1:] == [(name.lower().encode(), value.strip(" \t").encode()) for name, value in pairs]
    assert (read.method, read.target, read.minor, read.keep_alive) == ("GET", b"/x", 1, True)


STRICT = re.compile(
    rb"[!#$%&'*+\-.^_`|~0-9A-Z]+ [\x21-\x7e\x80-\xff\t]+ HTTP/1\.[01](?:\r\n[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*)*"
)


@given(
    st.lists(
        st.sampled_from(
            [b"GET", b" ", b"/", b"HTTP/1.1", b"\r\n", b"\r", b"\n", b":", b"Host", b"h", b"\0", b"\t", b"a", b"\x7f"]
        ),
        max_size=18,
    )
)
def test_nothing_is_accepted_that_an_independent_grammar_does_not_know(parts: list[bytes]) -> None:
    head = b"".join(parts)
    try:
        request(head)
    except Refused:
        return
    assert STRICT.fullmatch(head)


@pytest.mark.parametrize(
    ("lines", "length", "chunked"),
    [
        (b"", None, False),
        (b"\r\nContent-Length: 0", 0, False),
        (b"\r\nContent-Length: 0012", 12, False),
        (b"\r\nTransfer-Encoding: Chunked", None, True),
    ],
)
def test_framing_has_one_meaning(lines: bytes, length: int | None, chunked: bool) -> None:
    read = parse_request(b"POST / HTTP/1.1\r\nHost: h" + lines, 100, 8190)
    assert (read.content_length, read.chunked) == (length, chunked)


@pytest.mark.parametrize("value", [b"-1", b"+1", b"1 2", b"0x1", b"", b"1,1", b"\xb2", b"9" * 16, b"1_0"])
def test_other_lengths_are_refused(value: bytes) -> None:
    with pytest.raises(Refused):
        request(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + value)


@pytest.mark.parametrize(
    ("version", "connection", "keep"),
    [
        (b"1.1", b"close", False),
        (b"1.1", b"x, Close", False),
        (b"1.0", b"keep-alive", True),
        (b"1.0", b"x", False),
        (b"1.1", b"x", True),
    ],
)
def test_persistence_by_version_and_connection_options(version: bytes, connection: bytes, keep: bool) -> None:
    read = parse_request(b"GET / HTTP/" + version + b"\r\nHost: h\r\nConnection: " + connection, 100, 8190)
    assert read.keep_alive is keep
    assert (b"x" in read.nominated) is (b"x" in connection)


def test_lists_are_joined_and_singletons_refused_where_they_stand_twice() -> None:
    read = parse_request(b"GET / HTTP/1.1\r\nHost: h\r\nAccept: a\r\naccept: b\r\nCookie: x=1\r\nCookie: y=2", 100, 8190)
    assert read.fields[b"accept"] == b"a, b" and read.fields[b"cookie"] == b"x=1; y=2"
    with pytest.raises(Refused, match="two authorization"):
        request(b"GET / HTTP/1.1\r\nHost: h\r\nAuthorization: a\r\nAuthorization: b")


def test_responses() -> None:
    read = parse_response(
        b"HTTP/1.1 404 Not Found\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nServer: x\r\nServer: y\r\nContent-Length: 3"
    )
    assert (read.status, read.reason, read.content_length) == (404, b"Not Found", 3)
    assert [value for name, value in read.lines if name == b"set-cookie"] == [b"a=1", b"b=2"]
    assert parse_response(b"HTTP/1.0 200").keep_alive is False
    for bad in (b"HTTP/1.1 99 x", b"HTTP/1.1 2000", b"HTTP/1.1  200 x", b"ICY 200 OK", b"HTTP/1.1 200 a\x01"):
        with pytest.raises(Refused):
            parse_response(bad)


def test_what_connection_names_is_gone_before_anybody_reads_it() -> None:
    read = parse_request(
        b"GET / HTTP/1.1\r\nHost: h\r\nConnection: x-api-key, Upgrade, X-None, TE\r\nX-API-Key: k\r\nUpgrade: websocket\r\nTE: trailers",
        9,
        99,
    )
    assert b"x-api-key" not in read.fields and b"x-api-key" not in dict(read.lines)
    assert read.fields[b"upgrade"] == b"websocket" and read.fields[b"te"] == b"trailers" and read.fields[b"host"] == b"h"


@pytest.mark.parametrize(
    "name",
    [b"Host", b"content-length", b"Content-Type", b"AUTHORIZATION", b"Cookie", b"X-Forwarded-For", b"If-Match", b"Accept"],
)
def test_connection_must_not_name_what_is_meant_for_all(name: bytes) -> None:
    for value in (name, b"close, " + name, b"keep-alive ,\t" + name + b","):
        with pytest.raises(Refused, match="meant for all recipients"):
            request(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: " + value)


def test_a_line_padded_with_space_is_not_remembered() -> None:
    """Otherwise a caller fills memory with long lines whose values are short."""
    parse_request(b"GET / HTTP/1.1\r\nHost: a\r\nAccept:" + b" " * 30_000 + b"text/padded", 100, 100)
    assert all(len(line) <= 256 for line in _LINES)
