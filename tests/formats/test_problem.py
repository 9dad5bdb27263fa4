"""Answers of the gateway's own."""

import json
from email.parser import BytesParser

import h11
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.formats.http1 import parse_response
from yett.formats.problem import answer, document, problem, reason


def parsed(message: bytes, method: bytes = b"GET") -> tuple[h11.Response, bytes]:
    """Read by an implementation that is not ours. The message must end where the bytes end."""
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method=method, target="/", headers=[("Host", "h")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(message)
    response = connection.next_event()
    assert isinstance(response, h11.Response)
    body = b""
    while isinstance(event := connection.next_event(), h11.Data):
        body += bytes(event.data)
    assert isinstance(event, h11.EndOfMessage)
    assert connection.trailing_data[0] == b""
    return response, body


def test_a_problem() -> None:
    message = problem(403, "", "01J-abc", b"Retry-After: 3\r\nWWW-Authenticate: Bearer\r\n")
    response, body = parsed(message)
    fields = dict(response.headers)
    assert (response.status_code, response.reason) == (403, b"Forbidden")
    assert fields[b"content-type"] == b"application/problem+json"
    assert fields[b"cache-control"] == b"no-store"
    assert fields[b"x-content-type-options"] == b"nosniff"
    assert fields[b"retry-after"] == b"3" and fields[b"www-authenticate"] == b"Bearer"
    assert int(fields[b"content-length"]) == len(body)
    assert b"connection" not in fields
    assert json.loads(body) == {"type": "about:blank", "title": "Forbidden", "status": 403, "request_id": "01J-abc"}
    assert parse_response(message.partition(b"\r\n\r\n")[0]).content_length == len(body)


def test_close_and_head() -> None:
    response, body = parsed(problem(404, "", "x", close=True, head=True), b"HEAD")
    assert dict(response.headers)[b"connection"] == b"close"
    assert body == b""
    assert int(dict(response.headers)[b"content-length"]) == len(document(404, "", "x"))


@given(st.text(max_size=30), st.text(max_size=30), st.integers(400, 599), st.booleans())
def test_nothing_breaks_out_of_the_document(title: str, request_id: str, status: int, close: bool) -> None:
    try:
        message = problem(status, title, request_id, close=close)
    except UnicodeEncodeError:
        assert any(0xD800 <= ord(character) < 0xE000 for character in title + request_id)
        return
    response, body = parsed(message)
    assert response.status_code == status
    assert json.loads(body)["request_id"] == request_id
    assert json.loads(body)["title"] == (title or reason(status))


def test_documents() -> None:
    assert msgspec.json.decode(document(500)) == {"type": "about:blank", "title": "Internal Server Error", "status": 500}
    assert msgspec.json.decode(document(500, "Broken", "i")) == {
        "type": "about:blank",
        "title": "Broken",
        "status": 500,
        "request_id": "i",
    }


@pytest.mark.parametrize(
    ("status", "phrase"), [(200, "OK"), (299, "OK"), (421, "Misdirected Request"), (499, "Bad Request"), (999, "Unknown")]
)
def test_reasons(status: int, phrase: str) -> None:
    assert reason(status) == phrase


def test_answers() -> None:
    response, body = parsed(answer(200, ((b"Content-Type", b"text/plain"),), b"abc", b"Date: x\r\n"))
    assert (response.status_code, body) == (200, b"abc")
    assert (b"date", b"x") in response.headers
    for status in (204, 304):
        message = answer(status, ((b"Vary", b"Origin"),), b"never", close=True)
        response, body = parsed(message)
        assert body == b"" and b"content-length" not in dict(response.headers)
        assert BytesParser().parsebytes(message.partition(b"\r\n")[2]).items() == [("Vary", "Origin"), ("Connection", "close")]
    response, body = parsed(answer(200, (), b"abc", head=True), b"HEAD")
    assert body == b"" and dict(response.headers)[b"content-length"] == b"3"
