"""Yett's own records as exchanges: as much as they hold, and a word on what they do not."""

from typing import Any

import pytest

from yett.formats.recordings import Recording, read_event
from yett.model.event import Event, Reason


def read(**values: Any) -> Recording | None:
    base = {
        "tag": "gateway:request:allowed",
        "time": 5.0,
        "duration": 0.5,
        "request_id": "abc",
        "method": "POST",
        "scheme": "https",
        "host": "api.example",
        "target": "/a?b=1",
        "user_agent": "curl/8",
        "address": "192.0.2.1",
        "field_names": ["host", "user-agent"],
    }
    return read_event(Event(**(base | values)))


def exchange_of(**values: Any) -> Any:
    found = read(**values)
    assert found is not None and found.exchange is not None and found.masked
    return found.exchange


@pytest.mark.parametrize("tag", ["gateway:policy:loaded", "gateway:request:opened", "gateway:stream:ended", "other"])
def test_what_is_no_request_or_comes_again(tag: str) -> None:
    assert read(tag=tag) is None


def test_a_request_without_body() -> None:
    found = read()
    assert found is not None
    assert (found.id, found.lacks, found.unseen, found.timed) == ("abc", (), frozenset(), True)
    exchange = exchange_of()
    assert (exchange.started, exchange.duration, exchange.address, exchange.response) == (5.0, 0.5, "192.0.2.1", None)
    assert (exchange.request.method, exchange.request.target, exchange.request.scheme) == ("POST", b"/a?b=1", "https")
    assert exchange.request.fields == ((b"Host", b"api.example"), (b"User-Agent", b"curl/8"))
    assert not exchange.request.truncated
    assert exchange_of(host="::1").request.fields[0] == (b"Host", b"[::1]")
    assert exchange_of(raw_target="/%61?b=1").request.target == b"/%61?b=1"


def test_what_is_lacking_is_said() -> None:
    found = read(
        field_names=["host", "x-api-key", "cookie"], target="/a?token=hash:00", request_size=9, request_sample=b'{"a":'
    )
    assert found is not None
    assert found.unseen == {"x-api-key", "cookie"}
    assert [what for what, _ in found.lacks] == ["fields", "request-body", "query-values"]


@pytest.mark.parametrize(
    ("sample", "size", "kind", "whole"),
    [
        (b'{"a":1}', 9, "application/json", True),
        (b'{"a":', 9, "application/json", False),
        (b"", 9, "application/json", False),
        (b"a=1&b=2", 7, "application/x-www-form-urlencoded; charset=utf-8", True),
        (b"a=1&b=2", 70, "application/x-www-form-urlencoded", False),
    ],
)
def test_samples_of_bodies(sample: bytes, size: int, kind: str, whole: bool) -> None:
    exchange = exchange_of(request_sample=sample, request_size=size, content_type=kind)
    assert exchange.request.truncated is not whole
    length = b"%d" % (len(sample) if whole else size)
    assert exchange.request.fields[2:] == ((b"Content-Type", kind.encode()), (b"Content-Length", length))
    exchange = exchange_of(upstream_status=200, response_sample=sample, response_size=size, response_content_type=kind)
    assert (exchange.response.status, exchange.response.truncated) == (200, not whole)


def test_a_request_that_could_not_be_read() -> None:
    found = read(tag="gateway:request:refused", method="", status=400, reasons=[Reason("http-syntax", 400, "a bare CR or LF")])
    assert found is not None
    assert found.refused == (400, "a bare CR or LF", "request")
    bare = read(tag="gateway:request:refused", method="", status=0)
    assert bare is not None and bare.refused is not None
