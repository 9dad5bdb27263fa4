"""Raw requests: what a file holds, what nobody can read in one way, and what is no request at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.formats.chunked import END, chunk
from yett.formats.recordings import Kind, kind_of, read_raw
from yett.formats.recordings.values import framed
from yett.model.exchange import Request


def request_of(content: bytes, strict: bool = False) -> Request:
    recording = read_raw(content, 5.0, identity="a", strict=strict)
    assert recording.exchange is not None, recording
    assert (recording.id, recording.timed, recording.exchange.started) == ("a", False, 5.0)
    return recording.exchange.request


def refused(content: bytes, strict: bool = False) -> tuple[int, str, str]:
    recording = read_raw(content, 0, strict=strict)
    assert recording.refused is not None, recording
    return recording.refused


HEAD = b"POST /a HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_line_ends(end: bytes) -> None:
    request = request_of(
        end.join((b"PUT /a?b HTTP/1.0", b"Host: x", b"X-A:  y\t", b"Content-Length: 9", b"", b"1\r\n\r\n2\n\n3"))
    )
    assert (request.method, request.target, request.version) == ("PUT", b"/a?b", "1.0")
    assert request.fields == ((b"Host", b"x"), (b"X-A", b"y"), (b"Content-Length", b"9"))
    assert request.body == b"1\r\n\r\n2\n\n3"


def test_mixed_line_ends_and_one_empty_line_before() -> None:
    request = request_of(b"\r\nGET / HTTP/1.1\nHost: x\r\n\nbody")
    assert request.fields == ((b"Host", b"x"), (b"Content-Length", b"4"))
    assert request_of(b"\nGET / HTTP/1.1\nHost: x\n\n").fields == ((b"Host", b"x"),)


def test_a_head_alone_is_enough_unless_strict() -> None:
    assert request_of(b"GET / HTTP/1.1\r\nHost: x").fields == ((b"Host", b"x"),)
    assert request_of(b"GET / HTTP/1.1\nHost: x\n").body == b""
    assert refused(b"GET / HTTP/1.1\nHost: x\n", strict=True)[2] == "head"


@pytest.mark.parametrize(
    ("fields", "body", "kept"),
    [
        (b"Content-Length: 1\r\n", b"abc", b"3"),
        (b"Content-Length: 100\r\n", b"", b"0"),
        (b"CONTENT-LENGTH: 3\r\n", b"abc", b"3"),
        (b"", b"abc", b"3"),
        (b"Content-Length: -1\r\n", b"abc", b"-1"),
        (b"Content-Length: 1e3\r\n", b"abc", b"1e3"),
    ],
)
def test_the_length_is_right_unless_it_was_malformed_on_purpose(fields: bytes, body: bytes, kept: bytes) -> None:
    request = request_of(HEAD + fields + b"\r\n" + body)
    assert [value for name, value in request.fields if name.lower() == b"content-length"] == [kept]
    assert request.body == body


def test_two_framings_stay_for_the_decision() -> None:
    for fields in (
        b"Content-Length: 1\r\nContent-Length: 2\r\n",
        b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
    ):
        request = request_of(HEAD + fields + b"\r\nabc")
        assert len(request.fields) == 1 + fields.count(b"\r\n")
        assert request.body == b"abc"


def test_chunked_coding_is_undone_where_it_is_there() -> None:
    head = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    assert request_of(head + chunk(b"ab") + chunk(b"c") + END).body == b"abc"
    assert request_of(head + b"as a tool showed it").body == b"as a tool showed it"
    assert refused(head + b"as a tool\r\nshowed it", strict=True) == (400, "a malformed chunk size", "body")
    assert refused(head + chunk(b"ab"), strict=True)[1] == "the body ends before its last chunk"
    assert refused(head + chunk(b"ab") + END + b"GET", strict=True)[1] == "octets follow the last chunk"


@pytest.mark.parametrize(
    ("body", "plain"),
    [
        (b"2\nab\n1;x=y\nc\n0\n\n", b"abc"),
        (b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n\n", b"abc"),
        (b"2\r\nab\r\n1\r\nc\r\n", b"abc"),
        (b"2\r\nab\r\n5\r\nc", b"abc"),
        (b"2\nab\n0\nTrailer: x\n\n", b"ab"),
        (b"2\nab\n0", b"ab"),
        (b"5\nab", b"5\nab"),
        (b"2\nabc\n0\n\n", b"2\nabc\n0\n\n"),
        (b"2\nab\nnot a size\n", b"2\nab\nnot a size\n"),
        (b"2\nab\n0\n\nGET / HTTP/1.1\n", b"2\nab\n0\n\nGET / HTTP/1.1\n"),
        (b"f" * 17 + b"\nab", b"f" * 17 + b"\nab"),
        (b"", b""),
    ],
)
def test_chunks_as_editors_leave_them(body: bytes, plain: bytes) -> None:
    assert request_of(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + body).body == plain


@pytest.mark.parametrize("version", [b"HTTP/2", b"HTTP/2.0", b"HTTP/3"])
def test_versions_that_tools_write_down_are_read_unless_strict(version: bytes) -> None:
    content = b"GET /a " + version + b"\r\nHost: x\r\n\r\n"
    assert request_of(content).version == "1.1"
    assert request_of(content, strict=True).version == version[5:].decode()
    assert request_of(b"GET /a HTTP/4\r\nHost: x\r\n\r\n").version == "4"


def test_strict_framing() -> None:
    assert request_of(HEAD + b"Content-Length: 3\r\n\r\nabc", strict=True).body == b"abc"
    assert "Content-Length says otherwise" in refused(HEAD + b"Content-Length: 2\r\n\r\nabc", strict=True)[1]
    assert "without a body" in refused(HEAD + b"\r\nabc", strict=True)[1]


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"GET  / HTTP/1.1\n\n", "request line"),
        (b"GET /\n\n", "request line"),
        (b"GET / HTTP/1.1 x\n\n", "request line"),
        (b"GET / http/1.1\n\n", "request line"),
        (b"G\xc3\x89T / HTTP/1.1\n\n", "request line"),
        (b"GET / HTTP/1.1\nHost: x\n folded\n\n", "line 3"),
        (b"GET / HTTP/1.1\nHost: x\nnothing\n\n", "line 3"),
    ],
)
def test_what_has_no_single_reading(content: bytes, place: str) -> None:
    status, reason, where = refused(content)
    assert (status, where) == (400, place)
    assert reason


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"# Notes\n\nGET / HTTP/1.1\n", b"\x7fELF\x02\x01", b"HTTP/1.1 200 OK\r\n\r\n"]
)
def test_what_is_no_request(content: bytes) -> None:
    recording = read_raw(content, 0)
    assert recording.error
    assert (recording.exchange, recording.refused) == (None, None)


@given(st.binary(max_size=300), st.booleans())
def test_never_raises(content: bytes, strict: bool) -> None:
    for prefix in (b"", b"GET / HTTP/1.1\n", b"POST /a HTTP/1.1\r\nHost: x\r\n"):
        recording = read_raw(prefix + content, 0, strict=strict)
        assert (recording.exchange is not None) + (recording.refused is not None) + bool(recording.error) == 1


@given(
    st.lists(st.tuples(st.sampled_from([b"Content-Length", b"transfer-encoding", b"X"]), st.binary(max_size=8)), max_size=3),
    st.binary(max_size=40),
)
def test_framing_is_recomputed_once(fields: list[tuple[bytes, bytes]], body: bytes) -> None:
    once = framed(tuple(fields), body, strict=False)
    if not any(name == b"transfer-encoding" for name, _ in fields):
        assert framed(*once, strict=False) == once
        assert once[1] == body


@pytest.mark.parametrize(
    ("beginning", "name", "kind"),
    [
        (b'{"log": {"version": "1.2"', "a.txt", Kind.HAR),
        (b'\xef\xbb\xbf { "log":{', "", Kind.HAR),
        (b"", "TRAFFIC.HAR", Kind.HAR),
        (b'{"id": 1, "method": "GET"}\n', "", Kind.JSON_LINES),
        (b"{broken\n", "", Kind.JSON_LINES),
        (b"broken\n", "a.jsonl", Kind.JSON_LINES),
        (b"GET / HTTP/1.1\r\n", "a.jso", Kind.RAW),
        (b"get\t/", "", Kind.UNKNOWN),
        (b"get / HTTP/1.1", "", Kind.RAW),
        (b"DELETE /x", "", Kind.RAW),
        (b"Deleted: /x", "", Kind.UNKNOWN),
        (b"", "", Kind.UNKNOWN),
    ],
)
def test_kinds_of_files(beginning: bytes, name: str, kind: Kind) -> None:
    assert kind_of(beginning, name) is kind
