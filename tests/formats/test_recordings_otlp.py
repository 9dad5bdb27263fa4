"""Traces: both encodings of OTLP, requests and files, old conventions and new ones."""

import contextlib
import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.formats.protobuf import Malformed, fields
from yett.formats.recordings import Recording
from yett.formats.recordings.json_lines import NotReadable
from yett.formats.recordings.otlp import is_otlp, read_otlp, read_request

NEW = {
    "http.request.method": "GET",
    "url.path": "/orders/17",
    "url.query": "full=1",
    "url.scheme": "https",
    "http.route": "/orders/<int:order_id>",
    "http.response.status_code": 200,
    "server.address": "shop.example",
    "server.port": 8443,
    "client.address": "192.0.2.9",
    "user_agent.original": "curl/8",
    "network.protocol.version": "1.1",
    "user.id": "alice",
    "http.request.header.x-tenant": ["acme"],
    "http.response.header.content-type": ["application/json"],
}
OLD = {
    "http.method": "POST",
    "http.target": "/orders?x=1",
    "http.scheme": "http",
    "http.host": "shop.example",
    "http.status_code": 201,
    "http.client_ip": "192.0.2.9",
    "http.user_agent": "curl/7",
    "enduser.id": "bob",
    "http.request_content_length": 12,
    "http.response_content_length": 34,
    "http.request.header.x_tenant": ["a", "b"],
}
NANO = 1_700_000_000_500_000_000


def any_value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [any_value(one) for one in value]}}
    return {"kvlistValue": {}} if value is None else {"stringValue": value}


def pairs(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": any_value(value)} for key, value in attributes.items()]


def span(attributes: dict[str, Any], **more: Any) -> dict[str, Any]:
    made = {"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": "GET /orders/{id}", "kind": 2}
    made |= {"startTimeUnixNano": str(NANO), "endTimeUnixNano": str(NANO + 250_000_000), "attributes": pairs(attributes)}
    return made | more


def request(*spans: dict[str, Any], service: str = "shop") -> dict[str, Any]:
    resource = {"attributes": pairs({"service.name": service})}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": {"name": "lib"}, "spans": list(spans)}]}]}


def number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def part(place: int, content: bytes | str) -> bytes:
    content = content.encode() if isinstance(content, str) else content
    return number(place << 3 | 2) + number(len(content)) + content


def protobuf_value(value: Any) -> bytes:
    if "stringValue" in value:
        return part(1, value["stringValue"])
    if "boolValue" in value:
        return number(2 << 3) + number(value["boolValue"])
    if "intValue" in value:
        return number(3 << 3) + number(int(value["intValue"]) & (1 << 64) - 1)
    if "doubleValue" in value:
        return number(4 << 3 | 1) + struct.pack("<d", value["doubleValue"])
    if "arrayValue" in value:
        return part(5, b"".join(part(1, protobuf_value(one)) for one in value["arrayValue"]["values"]))
    return part(6, b"")


def protobuf_pairs(place: int, attributes: list[dict[str, Any]]) -> bytes:
    return b"".join(part(place, part(1, one["key"]) + part(2, protobuf_value(one["value"]))) for one in attributes)


def protobuf_span(said: dict[str, Any]) -> bytes:
    out = part(1, bytes.fromhex(said["traceId"])) + part(2, bytes.fromhex(said["spanId"]))
    out += part(3, said.get("traceState", "")) + part(5, said["name"]) + number(6 << 3) + number(said["kind"])
    out += number(7 << 3 | 1) + struct.pack("<Q", int(said["startTimeUnixNano"]))
    out += number(8 << 3 | 1) + struct.pack("<Q", int(said["endTimeUnixNano"]))
    return out + protobuf_pairs(9, said["attributes"]) + part(15, part(2, "status"))


def protobuf(said: dict[str, Any]) -> bytes:
    out = b""
    for one in said["resourceSpans"]:
        scopes = b"".join(
            part(2, part(1, part(1, "lib")) + b"".join(part(2, protobuf_span(span)) for span in scope["spans"]))
            for scope in one["scopeSpans"]
        )
        out += part(1, part(1, protobuf_pairs(1, one["resource"]["attributes"])) + scopes + part(3, "schema"))
    return out


def read(*pieces: bytes, largest: int = 1 << 20) -> list[Recording]:
    return list(read_otlp(pieces, 7.0, largest))


def one(attributes: dict[str, Any], **more: Any) -> Recording:
    """The recording of a span; both encodings must say the same."""
    said = request(span(attributes, **more))
    (found,) = read(json.dumps(said).encode())
    assert read(protobuf(said)) == [found]
    return found


def test_the_conventions_of_today() -> None:
    found = one(NEW)
    exchange = found.exchange
    assert exchange is not None and exchange.response is not None
    assert (exchange.request.method, exchange.request.target, exchange.request.scheme) == ("GET", b"/orders/17?full=1", "https")
    assert exchange.request.fields == ((b"host", b"shop.example:8443"), (b"user-agent", b"curl/8"), (b"x-tenant", b"acme"))
    assert (exchange.response.status, exchange.response.fields) == (200, ((b"content-type", b"application/json"),))
    assert (exchange.started, exchange.duration, exchange.address) == (NANO / 1e9, pytest.approx(0.25, abs=1e-5), "192.0.2.9")
    assert (found.route, found.service, found.principal, found.sensor) == ("/orders/{order_id}", "shop", "alice", "otlp")
    assert found.id == "5b8efff798038103d269b633813fc60c.eee19b7ec3c1b174"
    assert found.masked and found.timed and found.weight == 1
    assert {what for what, _ in found.lacks} == {"request-body", "request-fields", "response-body", "response-fields"}


def test_the_conventions_of_before() -> None:
    found = one(OLD)
    exchange = found.exchange
    assert exchange is not None and exchange.response is not None
    assert (exchange.request.method, exchange.request.target, exchange.response.status) == ("POST", b"/orders?x=1", 201)
    assert exchange.request.fields == (
        (b"host", b"shop.example"),
        (b"user-agent", b"curl/7"),
        (b"x-tenant", b"a"),
        (b"x-tenant", b"b"),
    )
    assert exchange.request.truncated and exchange.response.truncated
    assert (found.route, found.principal) == ("", "bob")


@pytest.mark.parametrize(
    ("attributes", "target", "host"),
    [
        ({"url.full": "https://u:p@a.example:9/x/y?z#f"}, b"/x/y?z", b"a.example:9"),
        ({"http.url": "http://a.example"}, b"/", b"a.example"),
        ({"url.path": "/a b/é?"}, b"/a%20b/%C3%A9%3F", b"localhost"),
        ({"url.path": "x", "url.query": "?q"}, b"/x?q", b"localhost"),
        ({"http.route": "/u/:id"}, b"/u/%7Bid%7D", b"localhost"),
        ({"url.path": "/", "server.address": "::1", "server.port": 8080}, b"/", b"[::1]:8080"),
        ({"url.path": "/", "server.address": "a", "server.port": 443}, b"/", b"a"),
        ({"url.path": "/", "http.host": "a\r\nX: y"}, b"/", b"a X: y"),
    ],
)
def test_targets_and_hosts(attributes: dict[str, Any], target: bytes, host: bytes) -> None:
    found = one({"http.request.method": "GET", **attributes})
    assert found.exchange is not None and found.exchange.response is None
    assert (found.exchange.request.target, found.exchange.request.fields[0][1]) == (target, host)
    assert "response" in dict(found.lacks)
    assert ("path" in dict(found.lacks)) == (target.startswith(b"/u/") or attributes.get("http.url") == "http://a.example")


def test_no_query_is_not_an_empty_query() -> None:
    assert "query" in dict(one({"http.request.method": "GET", "url.path": "/a"}).lacks)
    assert "query" not in dict(one({"http.request.method": "GET", "url.path": "/a", "url.query": ""}).lacks)


@pytest.mark.parametrize(
    ("state", "weight"),
    [("", 1), ("ot=th:8", 2), ("a=b,ot=rv:1;th:c", 4), ("ot=th:fffffffffffff", 1 << 20), ("ot=th:0", 1), ("ot=th:zz", 1)],
)
def test_sampling_is_weight(state: str, weight: int) -> None:
    assert one(NEW, traceState=state).weight == weight


def test_other_spans_are_no_exchanges() -> None:
    for attributes, kind in (({"db.system": "x"}, 2), (NEW, 3), (NEW, 1), ({"http.request.method": "GET"}, 0)):
        said = request(span(attributes, kind=kind))
        assert read(json.dumps(said).encode()) == read(protobuf(said)) == []
    assert read(json.dumps(request(span(NEW, kind="SPAN_KIND_SERVER"), span(NEW, kind="SPAN_KIND_CLIENT"))).encode())


def test_odd_spans() -> None:
    assert one({"http.request.method": "a b"}).error == "the method of a span is not a token"
    other = one({"http.request.method": "_OTHER", "http.request.method_original": "BREW"}).exchange
    assert other is not None and other.request.method == "BREW"
    odd = one(NEW | {"http.response.status_code": 2.0e300, "x": None, "y": True, "z": 1.5, "w": -7})
    assert odd.exchange is not None and odd.exchange.response is None
    untimed = one(NEW, startTimeUnixNano="0")
    assert not untimed.timed and untimed.exchange is not None and untimed.exchange.started == 7.0
    assert one(NEW | {"http.response.status_code": "200"}).exchange is not None
    unknown = read(json.dumps(request(span(NEW), service="unknown_service:node")).encode())
    assert unknown[0].service == ""


def test_files_of_lines() -> None:
    text = json.dumps(request(span(NEW))).encode()
    found = read(text + b"\n\n{broken\n" + text + b"\n", b'{"resourceSpans": 7}')
    assert [bool(one.exchange) for one in found] == [True, False, True, False]
    assert found[1].error.startswith("line 3: not JSON") and "line 5" in found[3].error
    assert read(text + b"\n" + text, largest=100)[0].error == "line 1 is larger than 100 bytes"


def test_files_that_are_indented() -> None:
    whole = json.dumps({"resourceSpans": [*request(span(NEW))["resourceSpans"] * 3, {"resource": 7}]}, indent=2).encode()
    found = read(*(whole[at : at + 100] for at in range(0, len(whole), 100)))
    assert [bool(one.exchange) for one in found] == [True, True, True, False]
    assert found[3].error.startswith("resource spans 3: ")
    assert read(whole[:-20])[-1].error.startswith("not whole traces: ")
    assert "larger than" in read(whole, largest=500)[0].error


def test_files_of_messages() -> None:
    message = protobuf(request(span(NEW)))
    framed = struct.pack(">I", len(message)) + message
    bad = struct.pack(">I", 3) + b"\x0a\xff\x01"
    found = read(*((framed + bad + framed + b"\0")[at : at + 7] for at in range(0, 2 * len(framed) + 8, 7)))
    assert [bool(one.exchange) for one in found] == [True, False, True, False]
    assert found[1].error.startswith(f"message 1 (offset {len(framed)}): not Protocol Buffers")
    assert found[3].error.endswith("the file ends within it")
    assert "has" in read(framed + b"\xff" * 9)[1].error


def test_what_is_not_traces() -> None:
    assert "not traces" in read(b"hello")[0].error
    assert read(b"hello")[0].sensor == "otlp"
    assert "ends within" in read(protobuf(request(span(NEW)))[:-5])[0].error
    assert "larger" in read(protobuf(request(span(NEW))), largest=10)[0].error
    with pytest.raises(NotReadable):
        read_request(b"[]", json=True, started=1.0)
    with pytest.raises(NotReadable):
        read_request(b"\x07", json=False, started=1.0)


def test_how_traces_begin() -> None:
    said = request(span(NEW))
    message = protobuf(said)
    for beginning in (
        json.dumps(said).encode(),
        json.dumps(said, indent=1).encode(),
        message,
        struct.pack(">I", 9_999) + message,
    ):
        assert is_otlp(beginning[:60])
    for other in (b"", b"\n", b"\n\n", b"{}", b"GET / HTTP/1.1", b"\x0a\x0d\x0d\x0a\x1c\0\0\0", b"\nhello\n"):
        assert not is_otlp(other)


@given(st.binary(max_size=200))
def test_any_octets(octets: bytes) -> None:
    message = protobuf(request(span(NEW)))
    for text in (octets, message + octets, b'{"resourceSpans":' + octets, b"\0\0\0\x20\n" + octets):
        assert all(one.exchange or one.error for one in read(text))
    with contextlib.suppress(Malformed):
        list(fields(octets))


def test_groups_are_passed_over() -> None:
    group = number(3 << 3 | 3) + number(1 << 3) + number(5) + number(3 << 3 | 4)
    assert list(fields(group + number(1 << 3) + number(7) + number(2 << 3 | 5) + b"abcd")) == [(1, 7), (2, b"abcd")]
    for wrong in (number(3 << 3 | 3), number(3 << 3 | 4), number(3 << 3 | 3) * 40, b"\x07", b"\x00", b"\xff" * 11, b"\x0f"):
        with pytest.raises(Malformed):
            list(fields(wrong))
