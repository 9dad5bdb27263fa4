"""HAR: what browsers and proxies write, in pieces of any size, and what is broken in it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.formats.recordings import Recording, read_har
from yett.formats.recordings.elements import Elements, Unfinished

PATH = (b"log", b"entries")


def har(*entries: Any, **more: Any) -> bytes:
    return json.dumps(
        {"log": {"version": "1.2", "creator": {"name": 'x"}[{\\', "entries": 3}, "entries": entries, **more}}
    ).encode()


def pieces(text: bytes, size: int) -> Iterator[bytes]:
    return (text[at : at + size] for at in range(0, len(text), size))


def read(text: bytes, largest: int = 1 << 20) -> list[Recording]:
    return list(read_har([text], 7.0, largest=largest))


def entry(method: str = "GET", url: str = "https://api.example/a", headers: dict[str, str] | None = None, **more: Any) -> Any:
    request = {"method": method, "url": url, "headers": [{"name": n, "value": v} for n, v in (headers or {}).items()]}
    whole = {key: more.pop(key) for key in ("response", "startedDateTime", "time") if key in more}
    return {"request": request | more, **whole}


def one(said: Any) -> Recording:
    (found,) = read(har(said))
    return found


def test_a_whole_entry() -> None:
    response = {
        "status": 200,
        "headers": [
            {"name": "Set-Cookie", "value": "a=1\nb=2"},
            {"name": "Content-Encoding", "value": "br"},
            {"name": ":status", "value": "200"},
        ],
        "content": {"size": 2, "mimeType": "a/b", "text": "aGk=", "encoding": "base64"},
    }
    said = entry(
        "POST",
        "https://user@api.example:8443/a/b?x=1#top",
        {":authority": "api.example:8443", "content-type": "application/json", "Content-Length": "99"},
        postData={"mimeType": "application/json", "text": '{"a": 1}'},
        bodySize=8,
        response=response,
        startedDateTime="2026-01-02T03:04:05.500Z",
        time=12.5,
    )
    found = one(said)
    exchange = found.exchange
    assert exchange is not None
    assert (found.id, found.timed, exchange.started, exchange.duration) == ("0", True, 1767323045.5, 0.0125)
    request = exchange.request
    assert (request.method, request.scheme, request.target, request.body) == ("POST", "https", b"/a/b?x=1", b'{"a": 1}')
    assert request.fields == ((b"Host", b"api.example:8443"), (b"content-type", b"application/json"), (b"Content-Length", b"8"))
    assert exchange.response is not None
    assert exchange.response.fields == ((b"Set-Cookie", b"a=1"), (b"Set-Cookie", b"b=2"), (b"Content-Length", b"2"))
    assert (exchange.response.status, exchange.response.body, exchange.response.truncated) == (200, b"hi", False)


@pytest.mark.parametrize(
    ("url", "scheme", "host", "target"),
    [
        ("http://a", "http", b"a", b"/"),
        ("HTTPS://a?b", "https", b"a", b"/?b"),
        ("wss://a/chat", "https", b"a", b"/chat"),
        ("http://[::1]:80/%20/é?ü#x", "http", b"[::1]:80", b"/%20/%C3%A9?%C3%BC"),
        ("http://a/\tb c", "http", b"a", b"/\tb c"),
    ],
)
def test_urls(url: str, scheme: str, host: bytes, target: bytes) -> None:
    found = one(entry(url=url))
    assert found.exchange is not None
    request = found.exchange.request
    assert (request.scheme, request.fields, request.target) == (scheme, ((b"Host", host),), target)
    assert not found.timed
    assert ("response", "the recording has none") in found.lacks


def test_bodies_of_forms_and_codings() -> None:
    params = [{"name": "a b", "value": "é&="}, {"name": "c"}]
    found = one(entry("POST", postData={"mimeType": "application/x-www-form-urlencoded", "params": params}))
    assert found.exchange is not None
    assert found.exchange.request.body == b"a+b=%C3%A9%26%3D&c="
    coded = entry("POST", headers={"Content-Encoding": "gzip"}, postData={"mimeType": "a/b", "text": "shown"})
    found = one(coded)
    assert found.exchange is not None
    assert all(name != b"Content-Encoding" for name, _ in found.exchange.request.fields)
    coded["request"]["postData"] |= {"encoding": "base64", "text": "AAE="}
    found = one(coded)
    assert found.exchange is not None
    assert found.exchange.request.body == b"\0\1"
    assert (b"Content-Encoding", b"gzip") in found.exchange.request.fields


@pytest.mark.parametrize(
    "more",
    [
        {"bodySize": 12},
        {"postData": {"mimeType": "multipart/form-data; boundary=x", "params": [{"name": "a"}]}},
        {"postData": {"mimeType": "a/b"}, "bodySize": 12},
        {"headers": {"content-length": "12"}, "bodySize": 0},
        {"headers": {"Content-Length": "12"}, "postData": {"mimeType": "a/b", "text": ""}},
        {"headers": {"Transfer-Encoding": "chunked"}, "bodySize": -1},
    ],
)
def test_bodies_that_are_not_there(more: Any) -> None:
    found = one(entry("POST", **more))
    assert found.exchange is not None
    assert found.exchange.request.truncated
    assert not found.exchange.request.body


def test_responses_that_are_not_there() -> None:
    cut = one(entry(response={"status": 200, "content": {"size": 12}}))
    assert cut.exchange is not None and cut.exchange.response is not None
    assert cut.exchange.response.truncated
    for response, why in (
        ({"status": 0}, "the recording has none"),
        ({"status": 101}, "the connection became another protocol's"),
    ):
        found = one(entry(response=response))
        assert found.exchange is not None
        assert found.exchange.response is None
        assert found.lacks == (("response", why),)


def test_a_body_of_no_octets_is_all_of_it() -> None:
    for more in ({"headers": {"content-length": "0"}}, {"postData": {"text": ""}}, {"headers": {"content-length": "x"}}):
        found = one(entry("POST", **more))  # type: ignore[arg-type]
        assert found.exchange is not None and not found.exchange.request.truncated


@pytest.mark.parametrize(
    "url", ["data:text/html,<b>", "blob:https://a/1", "about:blank", "chrome-extension://a/x.js", "file:///etc"]
)
def test_what_never_left_the_browser_is_no_exchange(url: str) -> None:
    assert [found.id for found in read(har(entry(), entry(url=url), entry()))] == ["0", "2"]


@pytest.mark.parametrize(
    ("said", "says"),
    [
        (5, "object"),
        (None, "object"),
        ("str}]", "object"),
        ([1, [2]], "object"),
        ({}, "request"),
        ({"request": {"method": "GET"}}, "url"),
        (entry(url="ftp://a/b"), "URL"),
        (entry(url="nothing"), "URL"),
        (entry(response={"status": 42}), "response.status"),
        (entry(response={"status": 200, "content": {"text": "!", "encoding": "base64"}}), "base64"),
        (entry(headers={"a": 5}), "value"),  # type: ignore[dict-item]
    ],
)
def test_broken_entries_hide_no_others(said: Any, says: str) -> None:
    before, broken, after = read(har(entry(), said, entry()))
    assert before.exchange is not None and after.exchange is not None
    assert (broken.exchange, after.id) == (None, "2")
    assert broken.error.startswith("entry 1: ")
    assert says in broken.error


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "no list log.entries"),
        (b"nonsense", "no list log.entries"),
        (b'{"log": {"entries": {}}}', "no list log.entries"),
        (b'{"entries": []}', "no list log.entries"),
        (b'[{"log": {"entries": []}}]', "no list log.entries"),
        (b'{"x": [{"log": {"entries": []}}]}', "no list log.entries"),
        (b'{"log": {"x": "entries", "y": []}}', "no list log.entries"),
        (b'{"log": {"entries": [', "before its list"),
        (b'{"log": {"entries": [{"a": "', "in the middle"),
        (b'{"log": {"entries": ["', "in the middle"),
        (b'{"log": {"entries": [12', "in the middle"),
        (b"[" * 2_000, "nested too deeply"),
    ],
)
def test_documents_that_are_none_or_end_early(text: bytes, says: str) -> None:
    for size in (1, 5, 4_096):
        found = list(read_har(pieces(text, size), 0))
        assert says in found[-1].error


def test_entries_before_the_end_are_read() -> None:
    text = har(entry(), entry())
    first, second, end = read(text[: text.rindex(b"]")])
    assert first.exchange is not None and second.exchange is not None
    assert "before its list" in end.error


def test_an_empty_list_and_what_follows_it() -> None:
    assert read(har()) == []
    assert len(read(har(entry(), pages=[{"entries": [1]}]))) == 1


def test_entries_that_are_too_large() -> None:
    text = har(entry(), entry(url="https://a/" + "x" * 500), entry())
    first, large, last = list(read_har(pieces(text, 64), 0, largest=400))
    assert first.exchange is not None and last.exchange is not None
    assert large.error == "entry 1 is larger than 400 bytes"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(['"', "\\", '\\"', "]", "}{", "entries"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=10,
)


@given(st.lists(JSON, max_size=5), JSON, st.integers(1, 9), st.sampled_from([None, 1]), st.booleans())
def test_elements_are_those_of_a_json_parser(
    values: list[Any], other: Any, size: int, indent: int | None, ascii_: bool
) -> None:
    text = json.dumps({"a": other, "log": {"b": other, "entries": values, "c": other}}, indent=indent, ensure_ascii=ascii_)
    elements = Elements(PATH, 1 << 20)
    found = []
    for piece in pieces(text.encode("utf-8", "surrogatepass"), size):
        found += list(elements.feed(piece))
    elements.end()
    assert [json.loads(one or b"") for one in found] == values


@given(st.binary(max_size=80), st.integers(1, 9))
def test_never_raises_and_always_ends(text: bytes, size: int) -> None:
    for prefix in (b"", b'{"log":{"entries":[', b'{"log":{"entries":[{"request":{"method":"GET","url":"http://a"}},'):
        for found in read_har(pieces(prefix + text, size), 0):
            assert found.error or found.exchange is not None or found.refused is not None


def test_the_scanner_keeps_nothing_of_what_is_too_large() -> None:
    elements = Elements(PATH, 100)
    assert list(elements.feed(b'{"log":{"entries":["')) == []
    for _ in range(1_000):
        assert list(elements.feed(b"x" * 1_000)) == []
    assert list(elements.feed(b'", 1]')) == [None, b"1"]
    with pytest.raises(Unfinished):
        Elements(PATH, 1).end()
