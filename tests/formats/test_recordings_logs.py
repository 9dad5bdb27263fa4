"""Access logs of text: what each server writes, with its escapes and its oddities; damaged lines; layouts that people write."""

import json
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yett.formats.recordings import (
    BadLayout,
    KeyedLayout,
    Kind,
    Layout,
    Origin,
    Recording,
    Sniffed,
    layout_of,
    moments,
    recordings,
    sniff,
)
from yett.formats.recordings.logs.layouts import KNOWN, NAMED, read_layout
from yett.formats.recordings.logs.texts import unescaped
from yett.model.exchange import Exchange

COMBINED = '203.0.113.9 - ann [22/Nov/2026:07:51:22 +0100] "GET /v1/orders/7?x=1 HTTP/1.1" 200 512 "https://shop.example/" "Mozilla/5.0 (X)"'


def read(*lines: str | bytes, layouts: tuple[Layout | KeyedLayout, ...] = (), host: bytes = b"localhost") -> list[Recording]:
    text = b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines)
    return list(recordings(sniff(text, "log", layouts), Origin(5.0, "log", host=host), [text]))


def one(line: str | bytes, layout: str = "") -> Recording:
    (found,) = read(line, layouts=(layout_of(layout),) if layout else ())
    return found


def exchange_of(found: Recording) -> Exchange:
    assert found.exchange is not None, found
    return found.exchange


def told(found: Recording) -> tuple[str, bytes, int, dict[str, str]]:
    """(method, target, status, request fields)."""
    exchange = exchange_of(found)
    fields = {name.decode(): value.decode("latin-1") for name, value in exchange.request.fields}
    status = exchange.response.status if exchange.response is not None else 0
    return exchange.request.method, exchange.request.target, status, fields


def test_combined() -> None:
    found = one(COMBINED)
    exchange = exchange_of(found)
    fields = {"Host": "localhost", "Referer": "https://shop.example/", "User-Agent": "Mozilla/5.0 (X)"}
    assert told(found) == ("GET", b"/v1/orders/7?x=1", 200, fields)
    assert (exchange.started, found.timed, exchange.address, found.principal) == (1795330282.0, True, "203.0.113.9", "ann")
    assert exchange.response is not None
    assert exchange.response.fields == ((b"Content-Length", b"512"),)
    assert (exchange.response.truncated, exchange.request.truncated) == (True, False)
    assert (found.sensor, exchange.source, found.id, found.masked) == ("access-log", "combined", "1", True)
    assert [what for what, _ in found.lacks] == ["request-fields", "response-fields", "host", "response-body"]


def test_what_had_no_body_lacks_none() -> None:
    found = read(
        COMBINED.replace("GET", "POST").replace("512", "0"), COMBINED.replace("GET", "HEAD"), COMBINED.replace("200", "304")
    )
    assert [{what for what, _ in entry.lacks} & {"request-body", "response-body"} for entry in found] == [
        {"request-body"},
        set(),
        set(),
    ]


def test_common_and_with_the_virtual_host() -> None:
    common = '2001:db8::1 - - [10/Oct/2000:13:55:36 -0700] "GET /a HTTP/1.0" 200 -'
    assert exchange_of(one(common)).source == "common"
    assert exchange_of(one(common)).request.version == "1.0"
    assert exchange_of(one(common)).address == "2001:db8::1"
    hosted = f"www.example:443 {COMBINED}"
    assert exchange_of(one(hosted)).source == "vhost_combined"
    assert told(one(hosted))[3]["Host"] == "www.example:443"


def test_what_is_appended_is_passed_over() -> None:
    assert exchange_of(one(f'{COMBINED} "10.0.0.1" 0.015 .')).source == "combined"
    assert exchange_of(one(f"{COMBINED}\r")).source == "combined"


def test_several_layouts_in_one_log() -> None:
    common = '192.0.2.1 - - [26/Dec/2016:16:16:29 +0200] "GET /favicon.ico HTTP/1.1" 404 209'
    found = read(
        common, COMBINED, f"vhost.example {COMBINED}", f"vhost.example {common}", common.replace("- -", "ident ann"), "junk"
    )
    assert [exchange_of(entry).source if not entry.error else "" for entry in found] == [
        *("common", "combined", "vhost_combined", "vhost_common", "ncsa", "")
    ]
    assert (found[2].principal, told(found[2])[3]["Host"]) == ("ann", "vhost.example")
    behind = one(f"vhost.example 192.0.2.7, 10.0.0.1, 10.0.0.2{COMBINED.removeprefix('203.0.113.9')}")
    assert (exchange_of(behind).address, behind.principal) == ("192.0.2.7", "ann")


def test_users_may_have_spaces() -> None:
    assert one(COMBINED.replace("ann", "ann b. clark")).principal == "ann b. clark"


def test_request_lines_of_all_kinds() -> None:
    lines = {
        r"\x16\x03\x01\x02": "what was logged is no request line of HTTP",
        "-": "what was logged is no request line of HTTP",
        "": "what was logged is no request line of HTTP",
        "GET /old": "what was logged is no request line of HTTP",
    }
    for line, reason in lines.items():
        assert one(COMBINED.replace("GET /v1/orders/7?x=1 HTTP/1.1", line)).refused == (400, reason, "request line")
    spaced = one(COMBINED.replace("/v1/orders/7?x=1", "/a b"))
    assert told(spaced)[1] == b"/a b"
    quoted = one(COMBINED.replace("/v1/orders/7?x=1", r"/a?q=\x22\"\\ä"))
    assert told(quoted)[1] == 'a?q=""\\ä'.encode().join((b"/", b""))
    proxied = one(COMBINED.replace("/v1/orders/7?x=1", "https://u:p@api.example:443/a"))
    assert (told(proxied)[1], told(proxied)[3]["Host"], exchange_of(proxied).request.scheme) == (b"/a", "api.example", "https")
    assert told(one(COMBINED.replace("GET", "PURGE")))[0] == "PURGE"


def test_a_status_that_is_none() -> None:
    found = one(COMBINED.replace(" 200 ", " 000 "))
    assert exchange_of(found).response is None
    assert ("response", "the log has no final status of it") in found.lacks


def test_damaged_lines_are_told_where_they_are() -> None:
    found = read("junk", COMBINED, COMBINED[:70], "", "# a comment", COMBINED, b"\xff\0" * 9)
    assert [entry.error for entry in found if entry.error] == [
        "line 1: not in the log format combined",
        "line 3: not in the log format combined",
        "line 7: not in the log format combined",
    ]
    assert [entry.id for entry in found if entry.exchange] == ["2", "6"]


def test_a_line_that_is_too_long() -> None:
    layout = NAMED["common"]
    text = COMBINED.encode() + b"\n" + b"x" * 3_000 + b"\n" + COMBINED.encode()
    found = list(read_layout([text[at : at + 7] for at in range(0, len(text), 7)], layout, 0.0, largest=2_000))
    assert [entry.error for entry in found] == ["", "line 2 is larger than 2000 bytes", ""]


def test_times_that_are_none() -> None:
    found = read(COMBINED.replace("22/Nov/2026", "99/Foo/2026"), COMBINED.replace("+0100", "+2x00"))
    assert [(entry.timed, exchange_of(entry).started) for entry in found] == [(False, 5.0), (False, 5.0)]


ENVOY = (
    '[2016-04-15T20:17:00.310Z] "POST /api/v1/locations?a=b HTTP/2" 204 - 154 7 226 100 "10.0.35.28" "nsq"2"http" '
    '"cc21d9b0-cf5c" "locations:80" "tcp://10.0.2.1:80"'
)
ISTIO = (
    '[2020-11-25T21:26:18.409Z] "GET /status/418 HTTP/1.1" 418 - via_upstream - "-" 0 135 4 4 "-" "curl/7.73.0" "84961386" '
    '"httpbin:8000" "127.0.0.1:80" inbound|8000|| 127.0.0.1:41854 10.44.1.27:80 10.44.1.23:37652 outbound_.8000_._.httpbin default'
)
ALB = (
    "https 2018-07-02T22:23:00.186641Z app/lb/50dc6c495c0c9188 192.0.2.39:2817 10.0.0.1:80 0.086 0.048 0.037 200 200 0 57 "
    '"GET https://www.example.com:443/a/b?x=1 HTTP/1.1" "curl/7.46.0" ECDHE TLSv1.2 arn:aws:x "Root=1-58337281" "www.example.com" '
    '"arn:aws:acm:x" 1 2018-07-02T22:22:48.364000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-"'
)
ELB = (
    "2015-05-13T23:39:43.945958Z my-lb 192.0.2.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 "
    '"GET http://www.example.com:80/ HTTP/1.1" "curl/7.38.0" - -'
)


def test_envoy() -> None:
    found = one(ENVOY)
    exchange = exchange_of(found)
    fields = {"Host": "locations:80", "X-Forwarded-For": "10.0.35.28", "User-Agent": 'nsq"2"http'}
    assert told(found) == ("POST", b"/api/v1/locations?a=b", 204, fields)
    assert (found.id, exchange.started, exchange.duration) == ("cc21d9b0-cf5c", 1460751420.31, 0.226)
    assert exchange.source == "envoy"
    assert exchange_of(one(ISTIO)).source == "istio"
    assert told(one(ISTIO))[3]["Host"] == "httpbin:8000"
    assert one(ENVOY.replace('"POST /api/v1/locations?a=b HTTP/2" 204', '"- - -" 0')).refused is not None


def test_load_balancers_of_aws() -> None:
    found = one(ALB)
    exchange = exchange_of(found)
    assert told(found) == ("GET", b"/a/b?x=1", 200, {"Host": "www.example.com", "User-Agent": "curl/7.46.0"})
    assert (exchange.source, exchange.address, exchange.request.scheme) == ("alb", "192.0.2.39", "https")
    assert exchange.started == 1530570180.186641
    assert exchange_of(one(ELB)).source == "elb"
    assert told(one(ELB))[1] == b"/"
    assert exchange_of(one(ALB.replace("192.0.2.39:2817", "[2001:db8::9]:2817"))).address == "2001:db8::9"


def test_an_api_gateway_writes_templates() -> None:
    template = '1.2.3.4 caller user [10/Oct/2000:13:55:36 -0700] "GET /pets/{id} HTTP/1.1" 200 26 abc-123'
    found = read(template.replace("/{id}", ""), template)
    assert [(entry.route, entry.id, entry.principal) for entry in found] == [
        ("/pets", "abc-123", "user"),
        ("/pets/{id}", "abc-123", "user"),
    ]


def test_every_known_layout_prefers_its_own_lines() -> None:
    lines = {
        "envoy": ENVOY,
        "istio": ISTIO,
        "alb": ALB,
        "elb": ELB,
        "combined": COMBINED,
        "vhost_combined": f"a.b:80 {COMBINED}",
    }
    for name, line in lines.items():
        assert exchange_of(one(line)).source == name
        assert exchange_of(read("damaged", line, line)[1]).source == name


# --- layouts that people write ----------------------------------------------------------------------------------------


def test_a_directive_of_nginx() -> None:
    layout = r"""
    log_format  main  '$http_x_forwarded_for|$server_name|$remote_user [$time_iso8601] "$request" '
                      '$status $body_bytes_sent $upstream_addr $upstream_response_time rt=$request_time '
                      'id=${request_id} ct="$content_type" k="$http_x_api_key" s="$sent_http_x_served_by" ${scheme}';"""
    line = (
        '10.0.0.1, 10.0.0.2|api.example|- [2026-11-22T07:51:22+00:00] "POST /a HTTP/1.1" 201 5 10.0.0.3:80, 10.0.0.4:80 '
        '0.001, 0.002 rt=0.004 id=abc ct="application/json" k="k-1" s="web" https'
    )
    found = one(line, layout)
    exchange = exchange_of(found)
    fields = {
        "Host": "api.example",
        "X-Forwarded-For": "10.0.0.1, 10.0.0.2",
        "Content-Type": "application/json",
        "X-Api-Key": "k-1",
    }
    assert told(found) == ("POST", b"/a", 201, fields)
    assert (found.id, exchange.duration, exchange.started, exchange.request.scheme) == ("abc", 0.004, 1795333882.0, "https")
    assert exchange.response is not None
    assert (b"X-Served-By", b"web") in exchange.response.fields


def test_a_target_in_parts() -> None:
    layout = "$time_local $request_method $scheme://$host$uri$is_args$args $status"
    found = one("22/Nov/2026:07:51:22 +0000 GET https://api.example:8443/a/b?c=d 200", layout)
    assert told(found) == ("GET", b"/a/b?c=d", 200, {"Host": "api.example:8443"})
    assert exchange_of(found).started == 1795333882.0
    assert told(one("22/Nov/2026:07:51:22 +0000 GET https://api.example/a/b 200", layout))[1] == b"/a/b"
    assert not any(what == "query" for what, _ in found.lacks)


def test_paths_without_queries_lack_them() -> None:
    found = one("GET|/a|200", "$request_method|$uri|$status")
    assert "query" in {what for what, _ in found.lacks}
    assert "status" in {what for what, _ in one("GET|/a", "$request_method|$request_uri").lacks}


def test_a_directive_of_apache() -> None:
    layout = r"""LogFormat "%a %{X-Tenant}i %u %{%Y-%m-%dT%H:%M:%S}t.%{msec_frac}t \"%m %U%q %H\" %>s %B %D %{UNIQUE_ID}e %% \"%{Content-Type}o\" %V" mine"""
    line = '192.0.2.1 t-1 bob 2026-11-22T07:51:22.123 "GET /a?b=c HTTP/1.1" 200 12 2500 Xyz % "text/plain" www.example'
    found = one(line, layout)
    exchange = exchange_of(found)
    assert told(found) == ("GET", b"/a?b=c", 200, {"Host": "www.example", "X-Tenant": "t-1"})
    assert (exchange.duration, exchange.started, found.id, found.principal) == (0.0025, 1795333882.0, "Xyz", "bob")
    assert exchange.response is not None
    assert (b"Content-Type", b"text/plain") in exchange.response.fields


@pytest.mark.parametrize(
    ("layout", "line"),
    [
        ("%h %t %r %s", "192.0.2.1 [22/Nov/2026:07:51:22 +0000] GET /a HTTP/1.1 200"),
        ("%h %{sec}t %m %U %s", "192.0.2.1 1795333882 GET /a 200"),
        ("%h %{msec}t %m %U %s", "192.0.2.1 1795333882000 GET /a 200"),
        ("%h %{usec}t %m %U %s", "192.0.2.1 1795333882000000 GET /a 200"),
        ("%h %{%d/%b/%Y:%H:%M:%S %z}t %m %U %s", "192.0.2.1 22/Nov/2026:07:51:22 +0000 GET /a 200"),
        ("%h %{begin:%Y-%m-%d %H:%M:%S}t %m %U %s", "192.0.2.1 2026-11-22 07:51:22 GET /a 200"),
        ("%START_TIME(%s)% %REQ(:METHOD)% %REQ(:PATH)% %RESPONSE_CODE%", "1795333882 GET /a 200"),
        ("%START_TIME(%s%3f)% %REQ(:METHOD)% %REQ(:PATH):256% %RESPONSE_CODE%", "1795333882000 GET /a 200"),
        ("$msec $request_method $request_uri $status", "1795333882.000 GET /a 200"),
        ("$context.requestTimeEpoch $context.httpMethod $context.path $context.status", "1795333882000 GET /a 200"),
    ],
)
def test_times_and_dialects(layout: str, line: str) -> None:
    found = one(line, layout)
    assert told(found)[:3] == ("GET", b"/a", 200)
    assert exchange_of(found).started == 1795333882.0
    assert found.timed


def test_layouts_of_json() -> None:
    nginx = """log_format j escape=json '{"t":"$time_iso8601","who":{"u":"$remote_user"},"m":"$request_method","where":"$request_uri","s":$status}';"""
    found = one('{"t":"2026-11-22T07:51:22Z","who":{"u":"ann"},"m":"GET","where":"/a","s":200,"more":1}', nginx)
    assert told(found)[:3] == ("GET", b"/a", 200)
    assert (found.principal, exchange_of(found).started) == ("ann", 1795333882.0)
    envoy = '{"a": "%REQ(:METHOD)%", "b": "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%", "c": "%RESPONSE_CODE%", "d": "x %PROTOCOL%"}'
    assert told(one('{"a":"GET","b":"/a?x","c":404}', envoy))[:3] == ("GET", b"/a?x", 404)


@pytest.mark.parametrize(
    ("layout", "reason", "at"),
    [
        ("", "neither variables", 0),
        ("nothing", "neither variables", 0),
        ("$status $request_method$request_id", "nothing stands between", 8),
        ("%h %s", "the method of the request", 0),
        ("$request_method $status", "the path of the request", 0),
        ("{", "it begins like JSON", 0),
        ('{"a": "$status"}', "the method of the request", 0),
        ("$" * 20_000, "longer than", 0),
        ("100%", "there is no variable", 0),
    ],
)
def test_layouts_that_cannot_be_used(layout: str, reason: str, at: int) -> None:
    with pytest.raises(BadLayout, match=reason) as caught:
        layout_of(layout)
    assert caught.value.at == at


def test_names_of_known_layouts() -> None:
    assert {layout_of(name) for name in NAMED} == set(NAMED.values())
    assert len(KNOWN) + 1 == len(NAMED)


def test_a_given_layout_comes_first_and_the_one_with_more_lines() -> None:
    mine, other = (
        layout_of("$request_method $request_uri $status", "mine"),
        layout_of("$status $request_method $request_uri", "other"),
    )
    found = read("200 GET /a", "GET /a 200", "200 GET /b", layouts=(mine, other))
    assert [exchange_of(entry).source if not entry.error else entry.error for entry in found] == [
        "other",
        "line 2: not in the log format other",
        "other",
    ]
    assert exchange_of(read(COMBINED, layouts=(mine, other))[0]).source == "combined"


def test_the_host_that_is_given() -> None:
    (found,) = read(COMBINED, host=b"api.example")
    assert told(found)[3]["Host"] == "api.example"
    assert "host" not in {what for what, _ in found.lacks}


def test_escapes() -> None:
    assert unescaped(rb"a\x41\"\\\n\qz") == b'aA"\\\nqz'
    assert exchange_of(one(COMBINED.replace("Mozilla/5.0", r"a\nb\x00c"))).request.fields[-1][1] == b"a b c (X)"


# --- hostile lines ----------------------------------------------------------------------------------------------------

_PIECES = st.sampled_from(
    [b'"', b"\\", b" ", b"[", b"]", b" [", b'" ', b"-", b":", b"x", b"GET / HTTP/1.1", b"200", b"\xff", b"/", b","]
)


@settings(max_examples=300)
@given(st.lists(_PIECES | st.binary(max_size=6), max_size=40).map(b"".join), st.sampled_from([*KNOWN, NAMED["api-gateway"]]))
def test_whatever_a_line_holds(line: bytes, layout: Layout) -> None:
    for found in read_layout([line], layout, 0.0):
        assert (found.exchange is not None) + (found.refused is not None) + bool(found.error) == 1


@pytest.mark.parametrize("octet", [b" ", b'"', b"\\", b" [", b'" ', b"a ", b"] ", b", ", b" : ", b'\\"'])
def test_time_is_linear(octet: bytes) -> None:
    layouts = [*KNOWN, layout_of("$a $upstream_addr $request $host$uri$is_args$args [$time_local] $status")]

    def seconds(size: int) -> float:
        line = b"GET / " + octet * size
        began = time.perf_counter()
        for layout in layouts:
            assert isinstance(layout, Layout)
            layout.matches(line)
        return time.perf_counter() - began

    assert seconds(200_000) < 0.02 + 60 * max(seconds(10_000), 0.001)


# --- other servers, and what carries their lines ----------------------------------------------------------------------

HAPROXY = (
    '192.0.2.1:33317 [22/Nov/2026:07:51:22.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {a "b|c} {} '
    '"GET /index.html HTTP/1.1"'
)
UVICORN = 'INFO:     192.0.2.1:52318 - "GET /a?b HTTP/1.1" 200 OK'
DJANGO = '[22/Nov/2026 07:51:22] "GET /a/ HTTP/1.1" 404 2094'


def test_servers_of_frameworks_and_haproxy() -> None:
    found = one(HAPROXY.replace('{a "b|c} {} ', ""))
    assert (told(found)[:3], exchange_of(found).source) == (("GET", b"/index.html", 200), "haproxy")
    assert (exchange_of(found).started, exchange_of(found).address) == (1795333882.655, "192.0.2.1")
    assert told(one(HAPROXY.replace('"b', "b")))[1] == b"/index.html"
    assert (told(one(UVICORN))[:3], exchange_of(one(UVICORN)).source) == (("GET", b"/a?b", 200), "uvicorn")
    assert (exchange_of(one(DJANGO)).started, exchange_of(one(DJANGO)).source) == (1795333882.0, "django")


def docker(text: str, stream: str = "stdout") -> str:
    return json.dumps({"log": text, "stream": stream, "time": "2026-11-22T07:51:22Z"}, separators=(",", ":"))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda line: f"2026-11-22T07:51:22.123456789Z stdout F {line}",
        lambda line: f"<190>Nov 22 07:51:22 web-1 nginx: {line}",
        lambda line: f"Nov  2 07:51:22 web-1 nginx[12]: {line}",
        lambda line: f'<165>1 2026-11-22T07:51:22.003Z web-1 nginx 12 ID47 [a@1 b="c]\\"d"][e@2] {line}',
        lambda line: f"<165>1 2026-11-22T07:51:22.003Z web-1 nginx - - - \ufeff{line}",
        lambda line: docker(f"{line}\n"),
        lambda line: json.dumps({"message": line, "stream": "stdout", "kubernetes": {"pod": {"name": "a"}}}),
    ],
)
def test_lines_that_something_else_carries(wrap: Callable[[str], str]) -> None:
    found = read(wrap(COMBINED), wrap("junk"), "bare junk", wrap(COMBINED))
    assert [entry.error for entry in found] == [
        "",
        "line 2: not in the log format combined",
        "line 3: not in the log format combined",
        "",
    ]
    assert told(found[3]) == told(one(COMBINED))
    entry = '{"method":"GET","uri":"/a","status":200}'
    assert told(one(wrap(entry)))[:3] == ("GET", b"/a", 200)
    assert told(one(wrap("GET /a 200"), "$request_method $uri $status"))[:3] == ("GET", b"/a", 200)


def test_parts_and_streams() -> None:
    half = len(COMBINED) // 2
    stamp = "2026-11-22T07:51:22.1Z"
    found = read(
        f"{stamp} stderr F starting",
        f"{stamp} stdout P {COMBINED[:half]}",
        f"{stamp} stderr F warning",
        f"{stamp} stdout F {COMBINED[half:]}",
    )
    assert [(entry.id, entry.error) for entry in found] == [("4", "")]
    assert told(found[0]) == told(one(COMBINED))
    found = read(docker("note\n", "stderr"), docker(COMBINED[:half]), docker(f"{COMBINED[half:]}\n"), '{"log":"broken')
    assert [(entry.id, entry.error) for entry in found] == [("3", ""), ("4", "line 4: not in the log format combined")]


def test_what_carries_no_log() -> None:
    text = b"Nov 22 07:51:22 web-1 sshd[1]: session opened\n"
    assert sniff(text).kind is Kind.UNKNOWN


# --- telling kinds apart ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("beginning", "name", "kind"),
    [
        (b'{"log": {"entries": []}}', "", Kind.HAR),
        (b"{}", "a.har", Kind.HAR),
        (b'\xef\xbb\xbf{"method": "GET", "target": "/"}', "", Kind.JSON_LINES),
        (b"broken\n" * 2, "a.jsonl", Kind.JSON_LINES),
        (b'{"a": 1}\n', "", Kind.JSON_LINES),
        (b'{"method": "GET", "target"', "", Kind.JSON_LINES),
        (b'broken\n{"method": "GET", "uri": "/"}\n', "", Kind.JSON_LOG),
        (b'broken\n{"method": "GET", "target": "/"}\n', "", Kind.JSON_LINES),
        (b'[{"method": "GET"', "", Kind.JSON_LIST),
        (b'{"item": []}', "shop.postman_collection.json", Kind.POSTMAN),
        (b'{"info": {"name": "x"}, "item": []}', "", Kind.POSTMAN),
        (b'{"resourceSpans": []}', "", Kind.TRACES),
        (b"\xd4\xc3\xb2\xa1\2\0\4\0", "", Kind.PCAP),
        (b"\x0a\x0d\x0d\x0a", "", Kind.PCAP),
        (b"<items>", "", Kind.BURP),
        (b"<html>", "", Kind.UNKNOWN),
        (b"#Version: 1.0\n#Fields: date\n", "", Kind.TABLE),
        (b"GET / HTTP/1.1\n", "", Kind.RAW),
        (b'FOO /"x HTTP/1.1\n', "", Kind.RAW),
        (b"\n\n" + COMBINED.encode(), "", Kind.LOG),
        (b"", "", Kind.UNKNOWN),
        (b"\0" * 9_000, "", Kind.UNKNOWN),
    ],
)
def test_kinds(beginning: bytes, name: str, kind: Kind) -> None:
    assert sniff(beginning, name).kind is kind


def test_every_kind_that_is_known_has_a_reader() -> None:
    for kind in Kind:
        if kind is not Kind.LOG:
            assert isinstance(list(recordings(Sniffed(kind), Origin(), [b"x"])), list)


@settings(max_examples=300)
@given(
    st.lists(_PIECES | st.sampled_from([b"{", b"}", b"\n", b'{"log":"', b"<item>", b"HTTP/1.1 200 OK\n\n"]), max_size=30).map(
        b"".join
    )
)
def test_whatever_a_file_holds(content: bytes) -> None:
    for found in recordings(sniff(content), Origin(), [content]):
        assert (found.exchange is not None) + (found.refused is not None) + bool(found.error) == 1


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (b"0.001, 0.002", 0.003),
        (b"0.5 : 0.25", 0.75),
        (b"-, 0.002", 0.002),
        (b"x, 0.002", None),
        (b"0.1, " + b"9" * 30, None),
        (b"-", None),
        (b"1e999", None),
        (b"5x", None),
        (b"9" * 30, None),
    ],
)
def test_numbers_with_one_for_each_upstream(said: bytes, seconds: float | None) -> None:
    found = moments.number(said)
    assert found is None if seconds is None else found == pytest.approx(seconds)


def test_moments_in_any_unit() -> None:
    clock = moments.remembered(moments.since_epoch)
    for said in (
        b"1700000000",
        b"1700000000.0",
        b"1700000000000",
        b"1700000000000000000",
        b"2023-11-14T22:13:20Z",
        b"2023-11-14T22:13:20,0Z",
    ):
        assert clock(said) == clock(said) == 1700000000.0
    assert clock(b"12") == 12.0
    assert clock(b"x" * 100) is clock(b"\xff") is clock(b"99/99/2000:00:00:00 +0000") is None
    for number in range(5_000):
        assert clock(b"%d" % (1_700_000_000 + number)) == 1_700_000_000 + number


def test_parts_of_dialects() -> None:
    layout = "%m %U %<s %{c}a %{usec_frac}t %{ms}T %{foo}e %^FB"
    found = one("GET /a 200 192.0.2.1 123 7 x y", layout)
    assert (told(found)[2], exchange_of(found).address, exchange_of(found).duration) == (200, "192.0.2.1", 0.007)
    envoy = "%REQ(:METHOD)% %REQ_WITHOUT_QUERY(:PATH)% %RESPONSE_CODE% %REQ(X-A?X-B)% %REQ()% %REQ(X-REQUEST-ID)% %START_TIME(%Y-%m-%d %H:%M:%S)%"
    found = one("GET /a 200 b c id-1 2026-11-22 07:51:22", envoy)
    assert (found.id, told(found)[3]["X-A"], exchange_of(found).started) == ("id-1", "b", 1795333882.0)
    assert "query" in {what for what, _ in found.lacks}
    api = "$context.requestTime|$context.httpMethod|$context.path|$context.status|$context.authorizer.principalId|$upstream_status|$request_length"
    found = one("22/Nov/2026:07:51:22 +0000|GET|/a|200|ann|502|7", api)
    assert (found.principal, told(found)[2], exchange_of(found).started) == ("ann", 200, 1795333882.0)
