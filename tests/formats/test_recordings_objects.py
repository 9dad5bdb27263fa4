"""Log entries of JSON as servers, gateways and clouds write them, and tables with named columns."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.formats.recordings import Kind, Origin, Recording, layout_of, recordings, sniff
from yett.formats.recordings.logs.layouts import KeyedLayout
from yett.formats.recordings.logs.names import role_of
from yett.formats.recordings.logs.objects import ObjectReader, read_list, read_objects
from yett.formats.recordings.logs.tables import read_table
from yett.model.exchange import Exchange

AT = 1700000000.0
KONG = {
    "request": {
        "querystring": {"a": "1"},
        "uri": "/v1/x/12?a=1",
        "url": "http://kong.example:8000/v1/x/12?a=1",
        "size": "94",
        "method": "POST",
        "headers": {"host": "kong.example", "authorization": "REDACTED", "x-a": ["1", "2"], "content-type": "application/json"},
    },
    "upstream_uri": "/x",
    "route": {"id": "r", "paths": ["/v1"], "name": "a"},
    "service": {"id": "s", "name": "orders", "host": "orders.internal", "protocol": "http"},
    "consumer": {"username": "bob", "id": "c"},
    "response": {"status": 201, "size": "120", "headers": {"content-type": "application/json"}},
    "latencies": {"proxy": 3, "kong": 1, "request": 5},
    "client_ip": "192.0.2.4",
    "started_at": 1700000000123,
    "tries": [{"ip": "198.51.100.1"}],
}
CADDY = {
    "level": "info",
    "ts": 1700000000.5,
    "msg": "handled request",
    "request": {
        "remote_ip": "192.0.2.1",
        "client_ip": "192.0.2.1",
        "proto": "HTTP/1.0",
        "method": "GET",
        "host": "caddy.example",
        "uri": "/a?b=1",
        "headers": {"User-Agent": ["curl"], "Authorization": ["REDACTED"]},
    },
    "user_id": "",
    "duration": 0.25,
    "size": 12,
    "status": 200,
    "resp_headers": {"Server": ["Caddy"]},
}
CLOUDFLARE = {
    "ClientIP": "192.0.2.2",
    "ClientRequestHost": "cf.example",
    "ClientRequestMethod": "GET",
    "ClientRequestURI": "/a/b?c=d",
    "ClientRequestPath": "/a/b",
    "EdgeResponseBytes": 100,
    "EdgeResponseStatus": 200,
    "EdgeStartTimestamp": 1700000000000000000,
    "RayID": "8",
    "ClientRequestScheme": "https",
    "ClientRequestProtocol": "HTTP/2",
    "SampleInterval": 10,
    "RequestHeaders": {"x-b": "c"},
}
AWS = {
    "requestId": "x",
    "ip": "192.0.2.3",
    "requestTime": "14/Nov/2023:22:13:20 +0000",
    "httpMethod": "GET",
    "routeKey": "GET /pets/{id}",
    "path": "/prod/pets/12",
    "stage": "prod",
    "status": "200",
    "protocol": "HTTP/1.1",
    "responseLength": "77",
    "authorizer": {"principalId": "ann"},
}
TRAEFIK = {
    "ClientAddr": "192.0.2.5:51234",
    "ClientHost": "192.0.2.5",
    "ClientUsername": "-",
    "DownstreamContentSize": 3,
    "DownstreamStatus": 200,
    "Duration": 12000000,
    "RequestHost": "t.example",
    "RequestMethod": "GET",
    "RequestPath": "/t",
    "RequestProtocol": "HTTP/1.1",
    "ServiceName": "svc@docker",
    "StartUTC": "2023-11-14T22:13:20.000000789Z",
    "request_User-Agent": "curl",
    "downstream_Content-Type": "text/plain",
}
ENVOY = {
    "authority": "e.example",
    "bytes_sent": 5,
    "duration": 7,
    "method": "GET",
    "path": "/e",
    "protocol": "HTTP/1.1",
    "request_id": "r1",
    "response_code": 200,
    "response_flags": "-",
    "start_time": "2023-11-14T22:13:20.000Z",
    "user_agent": "c",
    "upstream_host": "198.51.100.1:80",
    "downstream_remote_address": "192.0.2.6:123",
}
GOOGLE = {
    "httpRequest": {
        "requestMethod": "GET",
        "requestUrl": "https://g.example/x?y=1",
        "requestSize": "12",
        "status": 404,
        "responseSize": "99",
        "userAgent": "c",
        "remoteIp": "192.0.2.7",
        "latency": "0.12s",
    },
    "timestamp": "2023-11-14T22:13:20Z",
    "severity": "INFO",
}
NGINX = {
    "time_local": "14/Nov/2023:22:13:20 +0000",
    "remote_addr": "192.0.2.8",
    "remote_user": "",
    "request": "GET /n/1?z HTTP/1.1",
    "status": "200",
    "body_bytes_sent": "5",
    "request_time": "0.012",
    "http_user_agent": "x",
    "http_x_api_key": "abc",
    "host": "n.example",
    "upstream_status": "502",
}
AZURE = {
    "operationName": "ApplicationGatewayAccess",
    "timeStamp": "2023-11-14T22:13:20Z",
    "properties": {
        "clientIP": "192.0.2.10",
        "httpMethod": "GET",
        "requestUri": "/az",
        "requestQuery": "x=1",
        "userAgent": "c",
        "httpStatus": 200,
        "httpVersion": "HTTP/1.1",
        "sentBytes": 553,
        "timeTaken": 205,
        "host": "az.example",
    },
}
ELASTIC = {
    "@timestamp": "2023-11-14T22:13:20Z",
    "http": {"request": {"method": "GET", "body": {"bytes": 1}}, "response": {"status_code": 200}},
    "url": {"original": "/e/1?a=b", "domain": "ecs.example"},
    "source": {"ip": "192.0.2.9"},
    "user_agent": {"original": "curl"},
    "user": {"name": "eve"},
    "event": {"duration": 1500000},
    "host": {"name": "machine-1"},
}


def one(said: Any) -> Recording:
    return ObjectReader().read(said if isinstance(said, bytes) else json.dumps(said).encode(), 1, 7.0)


def exchange_of(found: Recording) -> Exchange:
    assert found.exchange is not None, found
    return found.exchange


@pytest.mark.parametrize(
    ("said", "method", "target", "host", "address", "seconds"),
    [
        (KONG, "POST", b"/v1/x/12?a=1", b"kong.example", "192.0.2.4", 0.005),
        (CADDY, "GET", b"/a?b=1", b"caddy.example", "192.0.2.1", 0.25),
        (CLOUDFLARE, "GET", b"/a/b?c=d", b"cf.example", "192.0.2.2", None),
        (AWS, "GET", b"/prod/pets/12", b"localhost", "192.0.2.3", None),
        (TRAEFIK, "GET", b"/t", b"t.example", "192.0.2.5", 0.012),
        (ENVOY, "GET", b"/e", b"e.example", "192.0.2.6", 0.007),
        (GOOGLE, "GET", b"/x?y=1", b"g.example", "192.0.2.7", 0.12),
        (NGINX, "GET", b"/n/1?z", b"n.example", "192.0.2.8", 0.012),
        (AZURE, "GET", b"/az?x=1", b"az.example", "192.0.2.10", None),
        (ELASTIC, "GET", b"/e/1?a=b", b"ecs.example", "192.0.2.9", 0.0015),
    ],
)
def test_what_each_of_them_means(
    said: dict[str, Any], method: str, target: bytes, host: bytes, address: str, seconds: float | None
) -> None:
    found = one(said)
    exchange = exchange_of(found)
    assert (exchange.request.method, exchange.request.target) == (method, target)
    assert dict(exchange.request.fields)[b"Host"] == host
    assert sum(name.lower() == b"host" for name, _ in exchange.request.fields) == 1
    assert (exchange.address, exchange.duration, found.timed) == (address, seconds, True)
    assert exchange.started == pytest.approx(AT, abs=0.6)
    assert exchange.response is not None
    assert sniff(json.dumps(said).encode()).kind is Kind.JSON_LOG


def test_fields_and_what_was_taken_away() -> None:
    kong = one(KONG)
    names = [name for name, _ in exchange_of(kong).request.fields]
    assert names == [b"Host", b"x-a", b"x-a", b"content-type"]
    assert (kong.unseen, kong.service, kong.principal) == (frozenset({"authorization"}), "orders", "bob")
    assert {what for what, _ in kong.lacks} == {"request-body", "response-body"}
    assert exchange_of(kong).request.truncated
    caddy = one(CADDY)
    assert (caddy.unseen, caddy.principal, exchange_of(caddy).request.version) == (frozenset({"authorization"}), "", "1.0")
    cloudflare = one(CLOUDFLARE)
    assert (b"x-b", b"c") in exchange_of(cloudflare).request.fields
    assert "request-fields" in {what for what, _ in cloudflare.lacks}
    assert (cloudflare.weight, cloudflare.id, exchange_of(cloudflare).request.scheme) == (10, "8", "https")


def test_routes_services_users_and_types() -> None:
    assert (one(AWS).route, one(AWS).principal, one(AWS).id) == ("/prod/pets/{id}", "ann", "x")
    assert one({**AWS, "routeKey": "ANY /{proxy+}"}).route == ""
    assert one({**AWS, "stage": "$default", "path": "/pets/12"}).route == "/pets/{id}"
    only = {name: value for name, value in AWS.items() if name != "path"}
    assert exchange_of(one(only)).request.target == b"/pets/{id}"
    assert one(TRAEFIK).service == "svc@docker"
    answer = exchange_of(one(TRAEFIK)).response
    assert answer is not None
    assert answer.fields == ((b"Content-Type", b"text/plain"), (b"Content-Length", b"3"))
    assert (b"X-Api-Key", b"abc") in exchange_of(one(NGINX)).request.fields
    assert one(ELASTIC).principal == "eve"


def test_the_length_of_a_body_is_what_its_field_says() -> None:
    said = {**KONG, "response": {"status": 200, "size": "271", "headers": {"Content-Length": "58"}}}
    for one_more in (said, {**said, "response": {"status": 200, "headers": {"Content-Length": "58"}}}):
        response = exchange_of(one(one_more)).response
        assert response is not None
        assert [value for name, value in response.fields if name == b"Content-Length"] == [b"58"]


def test_routes_as_frameworks_write_them() -> None:
    routes = {"/api/:version/a": "/api/{version}/a", "/a/<int:id>/<b>": "/a/{id}/{b}", "a": "", "/a/*": ""}
    for said, route in routes.items():
        assert one({"method": "GET", "path": "/api/v4/a", "route": said, "status": 200}).route == route


def test_durations_without_unit_are_not_guessed() -> None:
    assert exchange_of(one({"method": "GET", "path": "/a", "duration": 709.08})).duration is None
    assert exchange_of(one({"method": "GET", "path": "/a", "duration_ms": 5})).duration == 0.005


def test_objects_over_several_lines() -> None:
    text = json.dumps(NGINX, indent=2).encode() + b"\n" + json.dumps(CADDY, indent=2).encode() + b"\n"
    sniffed = sniff(text)
    assert sniffed.kind is Kind.JSON_LIST
    for size in (1, 50, 10_000):
        found = list(recordings(sniffed, Origin(), [text[at : at + size] for at in range(0, len(text), size)]))
        assert [exchange_of(entry).request.target for entry in found] == [b"/n/1?z", b"/a?b=1"]
    assert sniff(b"{\n" + b'"a": ' + b"[" * 3_000).kind is Kind.JSON_LINES


def test_bodies_that_a_log_has() -> None:
    found = one(
        {"method": "POST", "uri": "/a", "status": 200, "request_body": '{"a":1}', "response_body": "ok", "scheme": "https"}
    )
    exchange = exchange_of(found)
    assert exchange.response is not None
    assert (exchange.request.body, exchange.response.body, exchange.request.truncated) == (b'{"a":1}', b"ok", False)
    assert not {what for what, _ in found.lacks} & {"request-body", "response-body"}
    assert exchange.request.scheme == "https"


def test_queries() -> None:
    assert exchange_of(one({"method": "GET", "uri": "/a", "args": "b=c", "status": 200})).request.target == b"/a?b=c"
    assert exchange_of(one({"method": "GET", "uri": "/a", "args": "", "status": 200})).request.target == b"/a"
    assert "query" in {what for what, _ in one({"method": "GET", "path": "/a", "status": 200}).lacks}
    assert "query" not in {what for what, _ in one({"method": "GET", "path": "/a?b", "status": 200}).lacks}
    assert "query" not in {what for what, _ in one(ENVOY).lacks}


@pytest.mark.parametrize(
    ("said", "says"),
    [
        (b"{", "line 1: not JSON: Input data was truncated"),
        (b'{"a": "\xff"}', "line 1: not JSON"),
        (b"[" * 100_000, "line 1: not JSON: nested too deeply"),
        ([1], "line 1: not an object of JSON"),
        ({}, "line 1: no access log entry: it does not have the method of the request; it is empty"),
        ({"level": "info", "msg": "x"}, "the method of the request; its keys: level, msg"),
        ({"method": "GET", **{f"k{number}": 1 for number in range(20)}}, "the path of the request; its keys: method, k0, k1"),
    ],
)
def test_what_is_no_entry(said: Any, says: str) -> None:
    assert says in one(said).error


def test_odd_values() -> None:
    for value in (None, 1.5, True, [], [1], {}, "", "-", "ä", "\ud800", 10**30, -1):
        found = ObjectReader().made({"method": value, "uri": "/a", "status": value, "time": value}, 1, 0.0)
        assert found.refused or found.exchange or found.error
    assert exchange_of(one({"method": "GET", "uri": "/a", "status": "200", "sample_rate": "many"})).request.target == b"/a"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(ELASTIC | KONG | NGINX)), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_whatever_an_entry_holds(said: Any) -> None:
    found = one({"method": "GET", "uri": "/a", "more": said, **(said if isinstance(said, dict) else {})})
    assert (found.exchange is not None) + (found.refused is not None) + bool(found.error) == 1


def test_lines_and_lists() -> None:
    entry = json.dumps(NGINX).encode()
    text = entry + b"\n\n[" + entry + b",3]\n" + b'{"x"\n' + b"y" * 9_000 + b"\n" + entry + b","
    found = list(read_objects([text[at : at + 100] for at in range(0, len(text), 100)], ObjectReader(), 0.0, largest=8_000))
    assert [one.error for one in found] == [
        "",
        "",
        "line 3, entry 2: not an object of JSON",
        "line 4: not JSON: Input data was truncated",
        "line 5 is larger than 8000 bytes",
        "",
    ]
    listed = list(read_list([b"[" + entry + b", " + entry, b",{}"], ObjectReader(), 0.0))
    assert [one.error[:30] for one in listed] == ["", "", "entry 3: no access log entry: ", "not a whole list: it ends befo"]
    assert sniff(b"[" + entry).kind is Kind.JSON_LIST
    assert sum(one.exchange is not None for one in recordings(sniff(b"[" + entry), Origin(), [b"[" + entry + b"]"])) == 1


def test_many_sets_of_keys_are_not_remembered_for_ever() -> None:
    reader = ObjectReader()
    for number in range(1_300):
        assert reader.made({"method": "GET", "uri": "/a", f"k{number}": 1}, 1, 0.0).exchange is not None
    assert len(reader._plans) <= 512
    wide = {"method": "GET", "uri": "/a", **{f"k{number}": {"a": 1} for number in range(2_000)}}
    assert reader.made(wide, 1, 0.0).exchange is not None


def test_keys_that_were_given_are_the_only_ones() -> None:
    layout = layout_of('{"m": "$request_method", "u": "$uri"}')
    assert isinstance(layout, KeyedLayout)
    assert exchange_of(ObjectReader(layout).read(b'{"m":"GET","u":"/a","method":"PUT"}', 1, 0.0)).request.method == "GET"
    assert exchange_of(ObjectReader(layout).read(b'{"m":"GET","u":"/a"}', 1, 0.0)).source == "as given"


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("http_x_request_id", "field:X-Request-Id"),
        ("http_host", "host"),
        ("sent_http_etag", "answer:Etag"),
        ("http_ä", ""),
        ("REQUEST-METHOD", "method"),
        ("x" * 500, ""),
        ("something", ""),
    ],
)
def test_names(name: str, role: str) -> None:
    assert role_of(name) == role


# --- tables -----------------------------------------------------------------------------------------------------------

CLOUDFRONT = (
    b"#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) "
    b"cs(User-Agent) cs-uri-query cs(Cookie) x-edge-request-id x-host-header cs-protocol cs-protocol-version time-taken\n"
)
ROW = (
    b"2023-11-14\t22:13:20\tLAX1\t392\t192.0.2.100\tGET\td111.cloudfront.net\t/a%2520b\t200\t-\tMozilla/5.0%20(Win)\ta=%2541\t-\tSOX4==\t"
    b"www.example\thttps\tHTTP/1.1\t0.5\n"
)


def test_cloudfront() -> None:
    assert sniff(CLOUDFRONT).kind is Kind.TABLE
    good, bad, again = recordings(sniff(CLOUDFRONT), Origin(), [CLOUDFRONT, ROW, b"2023-11-14\tx\n\n", ROW])
    exchange = exchange_of(good)
    assert exchange.request.target == b"/a%20b?a=%41"
    assert dict(exchange.request.fields) == {b"Host": b"www.example", b"User-Agent": b"Mozilla/5.0 (Win)"}
    assert (exchange.started, exchange.duration, exchange.request.scheme, good.id) == (AT, 0.5, "https", "SOX4==")
    assert bad.error == "line 4: not the 18 columns that #Fields names"
    assert again.exchange == exchange
    (later,) = recordings(sniff(CLOUDFRONT), Origin(before=CLOUDFRONT), [ROW])
    assert later.exchange == exchange


def test_iis_and_fields_that_change() -> None:
    text = (
        b"2023-11-14 22:13:20 GET /early 200\r\n"
        b"#Software: IIS\r\n#Fields: date time cs-method cs-uri-stem cs-uri-query cs-username c-ip cs(User-Agent) cs(Cookie) sc-status time-taken\r\n"
        b"2023-11-14 22:13:20 GET /a/b x=1 ann 192.0.2.4 Moz+(x) c=d 200 15\r\n"
        b"#Fields: date time cs-method\r\n2023-11-14 22:13:20 GET\r\n"
        b"#Fields: cs-method cs-uri sc-status sc(Server)\r\nPUT /a?b 201 IIS\r\n"
    )
    found = list(read_table([text], 0.0))
    assert found[0].error == "line 1: no #Fields line before it"
    exchange = exchange_of(found[1])
    assert (exchange.request.target, exchange.duration, found[1].principal) == (b"/a/b?x=1", 0.015, "ann")
    assert dict(exchange.request.fields)[b"User-Agent"] == b"Moz (x)"
    assert exchange.source == "w3c"
    assert found[2].error == "line 5: #Fields does not have the path of the request"
    assert (exchange_of(found[3]).request.target, found[3].timed) == (b"/a?b", False)
    assert len(found) == 4
    assert "larger" in next(iter(read_table([b"x" * 50], 0.0, largest=10))).error
