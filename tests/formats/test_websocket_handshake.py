"""The opening handshake of WebSocket."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.formats.websocket import accept_key, asks_for_websocket, check_request, check_response, origin_allowed

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
ASKED = {
    b"host": b"server.example",
    b"upgrade": b"websocket",
    b"connection": b"Upgrade",
    b"sec-websocket-key": KEY,
    b"sec-websocket-version": b"13",
}
ANSWERED = {b"upgrade": b"websocket", b"connection": b"Upgrade", b"sec-websocket-accept": b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}


def test_the_example_of_the_rfc() -> None:
    assert accept_key(KEY) == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert check_request("GET", "1.1", ASKED) is None
    assert check_response(101, ANSWERED, KEY) is None


@pytest.mark.parametrize(
    "change",
    [
        {b"upgrade": b"WebSocket", b"connection": b"keep-alive, UPGRADE"},
        {b"content-length": b"0"},
        {b"sec-websocket-protocol": b"chat , superchat"},
    ],
)
def test_good_requests(change: dict[bytes, bytes]) -> None:
    assert check_request("GET", "1.1", ASKED | change) is None


@pytest.mark.parametrize(
    "change",
    [
        {b"upgrade": b"h2c"},
        {b"upgrade": b"h2c, websocket"},
        {b"upgrade": b"websocket/13"},
        {b"connection": b"keep-alive"},
        {b"connection": b"upgraded"},
        {b"sec-websocket-version": b"8"},
        {b"sec-websocket-version": b"13, 8"},
        {b"sec-websocket-key": b""},
        {b"sec-websocket-key": KEY[:-1]},
        {b"sec-websocket-key": KEY[:-3] + b"R=="},
        {b"sec-websocket-key": KEY + b", " + KEY},
        {b"content-length": b"1"},
        {b"transfer-encoding": b"chunked"},
        {b"sec-websocket-protocol": b"a b"},
        {b"sec-websocket-protocol": b""},
    ],
)
def test_bad_requests(change: dict[bytes, bytes]) -> None:
    assert check_request("GET", "1.1", ASKED | change)


@pytest.mark.parametrize("missing", [b"upgrade", b"connection", b"sec-websocket-key", b"sec-websocket-version"])
def test_what_must_be_there(missing: bytes) -> None:
    assert check_request("GET", "1.1", {name: value for name, value in ASKED.items() if name != missing})


def test_method_and_version() -> None:
    assert check_request("POST", "1.1", ASKED)
    assert check_request("GET", "1.0", ASKED)
    assert asks_for_websocket(ASKED) and not asks_for_websocket({})


def test_responses() -> None:
    assert check_response(200, ANSWERED, KEY) == "the status is not 101"
    assert check_response(101, ANSWERED | {b"upgrade": b"h2c"}, KEY)
    assert check_response(101, ANSWERED | {b"connection": b"close"}, KEY)
    assert check_response(101, ANSWERED, KEY.lower())
    assert check_response(101, ANSWERED | {b"transfer-encoding": b"chunked"}, KEY)
    assert check_response(101, ANSWERED | {b"content-length": b"5"}, KEY)
    chosen = ANSWERED | {b"sec-websocket-protocol": b"chat"}
    assert check_response(101, chosen, KEY, b"superchat, chat") is None
    assert check_response(101, chosen, KEY, b"superchat, Chat")
    assert check_response(101, chosen, KEY)
    assert check_response(101, ANSWERED | {b"sec-websocket-protocol": b""}, KEY, b"chat")


@given(st.dictionaries(st.sampled_from(sorted(ANSWERED)), st.binary(max_size=30)))
def test_only_the_right_answer_opens_a_tunnel(fields: dict[bytes, bytes]) -> None:
    assert check_response(101, fields, KEY) or fields[b"sec-websocket-accept"] == accept_key(KEY)


@pytest.mark.parametrize(
    ("origin", "allowed", "host", "answer"),
    [
        (None, None, "a.example", True),
        (None, (), "a.example", True),
        (b"https://a.example", None, "a.example", True),
        (b"http://a.example:8080", None, "a.example", True),
        (b"http://[::1]:8080", None, "::1", True),
        (b"https://b.example", None, "a.example", False),
        (b"https://a.example.evil.example", None, "a.example", False),
        (b"https://evil.example/a.example", None, "a.example", False),
        (b"https://x@a.example", None, "a.example", False),
        (b"https://a.example/", None, "a.example", False),
        (b"null", None, "null", False),
        (b"", None, "", False),
        (b"https://a.example\xff", None, "a.example", False),
        (b"https://b.example", ("https://b.example",), "a.example", True),
        (b"https://a.example", ("https://b.example",), "a.example", False),
        (b"https://b.example:1", ("https://b.example",), "a.example", False),
        (b"null", ("https://b.example",), "a.example", False),
        (b"null", ("null",), "a.example", True),
        (b"https://any.example", ("*",), "a.example", True),
        (b"https://a.example", (), "a.example", False),
    ],
)
def test_origins(origin: bytes | None, allowed: tuple[str, ...] | None, host: str, answer: bool) -> None:
    assert origin_allowed(origin, allowed, host) is answer
