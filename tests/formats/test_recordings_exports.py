"""What tools export: Burp's items, Postman's collections, messages one after another, and gzip around any of it."""

import base64
import gzip
import json
import time
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.formats.recordings import Damaged, Kind, Origin, Recording, recordings, sniff, unpacked
from yett.formats.recordings import unpacking as unpacking_module
from yett.formats.recordings.burp import read_burp
from yett.formats.recordings.postman import read_postman
from yett.formats.recordings.transcripts import read_response, read_transcript
from yett.model.exchange import Exchange


def exchange_of(found: Recording) -> Exchange:
    assert found.exchange is not None, found
    return found.exchange


def cut(content: bytes, size: int) -> list[bytes]:
    return [content[at : at + size] for at in range(0, len(content), size)]


# --- Burp -------------------------------------------------------------------------------------------------------------

HEAD = b'<?xml version="1.0"?>\n<!DOCTYPE items [\n<!ELEMENT items (item*)>\n]>\n<items burpVersion="2023.1">\n'


def item(request: bytes, response: bytes = b"", when: str = "Wed Nov 15 10:00:00 CET 2023", encoded: bool = True) -> bytes:
    def text(content: bytes) -> bytes:
        return base64.b64encode(content) if encoded else content

    flag = b"true" if encoded else b"false"
    return (
        b"  <item>\n<time>%b</time>\n<url><![CDATA[https://b.example/a]]></url>\n<host ip='192.0.2.1'>b.example</host>"
        b"<port>443</port><protocol>https</protocol>\n<request base64='%b'><![CDATA[%b]]></request>"
        b"<response base64='%b'><![CDATA[%b]]></response></item>\n" % (when.encode(), flag, text(request), flag, text(response))
    )


ASKED = b"POST /a?x=1 HTTP/2\r\nContent-Type: application/json\r\n\r\n{}"
GAVE = b'HTTP/2 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"a":1}'


@pytest.mark.parametrize("size", [1, 7, 1_000_000])
def test_items(size: int) -> None:
    content = HEAD + item(ASKED, GAVE) + item(b"GET /x HTTP/1.1\r\nHost: y\r\n\r\n</item>", encoded=False) + b"</items>"
    assert sniff(content).kind is Kind.BURP
    first, second = read_burp(cut(content, size), 5.0)
    exchange = exchange_of(first)
    assert (first.id, first.sensor, first.timed, exchange.started) == ("1", "burp", True, 1700038800.0)
    assert (exchange.request.method, exchange.request.target, exchange.request.scheme) == ("POST", b"/a?x=1", "https")
    assert (exchange.request.version, exchange.request.body) == ("1.1", b"{}")
    assert exchange.request.fields[0] == (b"Host", b"b.example")
    assert exchange.response is not None
    assert (exchange.response.status, exchange.response.body) == (200, b'{"a":1}')
    assert exchange.response.fields[-1] == (b"Content-Length", b"7")
    assert exchange_of(second).request.body == b"</item>"
    assert second.lacks == (("response", "the item has none that is final"),)


def test_damaged_items_do_not_end_the_file() -> None:
    damaged = [
        b"<item><request base64='true'>###</request></item>",
        b"<item><request></wrong></item>",
        b"<item></item>",
        b"<item><!DOCTYPE x [<!ENTITY a 'b'>]><request>&a;</request></item>",
        b"<item><request>%b</request></item>" % (b"x" * 3_000),
        item(b"GET /a b HTTP/1.1\r\n\r\n"),
        item(b"nothing"),
    ]
    content = HEAD + b"\n".join(damaged) + b"\n" + item(ASKED) + b"<item><req"
    found = list(recordings(sniff(content), Origin(largest=2_000), cut(content, 100)))
    assert [one.error.partition(": ")[2] for one in found] == [
        "its request is not base64",
        "mismatched tag",
        "it has no request",
        "not well-formed (invalid token)",
        "larger than 2000 bytes",
        "",
        "not an HTTP request: the first line is no request line",
        "",
        "the document ends in the middle of it",
    ]
    assert found[0].error.startswith("item 1 (line 6)")
    assert found[5].refused is not None
    assert found[7].exchange is not None


@pytest.mark.parametrize(
    ("when", "seconds"),
    [
        ("Wed Nov 15 10:00:00 UTC 2023", 1700042400.0),
        ("Wed Nov 15 10:00:00 GMT+01:30 2023", 1700037000.0),
        ("Wed Nov 15 10:00:00 IST 2023", None),
        ("Wed Nov 99 10:00:00 UTC 2023", None),
        ("Wed Foo 15 10:00:00 UTC 2023", None),
        ("", None),
    ],
)
def test_times_of_items(when: str, seconds: float | None) -> None:
    (found,) = read_burp([HEAD, item(ASKED, when=when)], 5.0)
    assert (found.timed, exchange_of(found).started) == ((True, seconds) if seconds else (False, 5.0))


def test_items_that_are_not_utf_8() -> None:
    (found,) = read_burp([HEAD, item(b"GET /\xe4 HTTP/1.1\r\nHost: x\r\n\r\n", encoded=False)], 5.0)
    assert exchange_of(found).request.target == "/ä".encode()


# --- Postman ----------------------------------------------------------------------------------------------------------

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"


def collection(*items: Any, **more: Any) -> list[Recording]:
    said = {"info": {"name": "Shop", "schema": SCHEMA}, "item": list(items), **more}
    content = json.dumps(said, indent=1).encode()
    assert sniff(content).kind is Kind.POSTMAN
    return list(recordings(sniff(content), Origin(5.0), [content]))


def call(url: Any, **more: Any) -> Recording:
    (found,) = collection({"request": {"url": url, **more}})
    return found


def test_saved_responses_are_exchanges_and_the_rest_are_calls() -> None:
    saved = {
        "code": 200,
        "status": "OK",
        "header": [{"key": "Content-Type", "value": "application/json"}, {"key": "Content-Encoding", "value": "gzip"}],
        "body": '{"id":12}',
        "responseTime": 250,
        "originalRequest": {"method": "PUT", "url": "https://api.example/v1/orders/13"},
    }
    first = {"name": "a", "request": {"method": "GET", "url": "https://api.example/x"}, "response": [saved, {"code": None}]}
    found = collection({"name": "folder", "item": [first, {"request": "api.example/y"}]})
    assert [one.id for one in found] == ["0.0/0", "0.0/1", "0.1"]
    exchange = exchange_of(found[0])
    assert (exchange.request.method, exchange.request.target, exchange.duration) == ("PUT", b"/v1/orders/13", 0.25)
    assert exchange.response is not None
    assert exchange.response.fields == ((b"Content-Type", b"application/json"), (b"Content-Length", b"9"))
    assert (found[0].sensor, found[0].timed, exchange.started, found[0].lacks) == ("postman", False, 5.0, ())
    assert found[1].lacks == (("response", "the saved response has no final status"),)
    assert found[2].lacks == (("response", "the collection holds the call only"),)
    assert dict(exchange_of(found[2]).request.fields)[b"Host"] == b"api.example"


def test_variables() -> None:
    more = {"variable": [{"key": "base", "value": "https://{{host}}/v1"}, {"key": "host", "value": "api.example:8443"}]}
    entry = {
        "request": {
            "url": {"raw": "{{base}}/orders/:id/{{part}}?a=1&b={{c}}&d=<string>", "variable": [{"key": "id", "value": "7"}]}
        }
    }
    (found,) = collection(entry, **more)
    exchange = exchange_of(found)
    assert exchange.request.target == b"/v1/orders/7/{part}?a=1"
    assert (found.route, found.service) == ("/v1/orders/{id}/{part}", "")
    assert dict(exchange.request.fields)[b"Host"] == b"api.example:8443"
    assert ("query", "some values hang on variables that nobody set") in found.lacks
    unknown = call("{{nobody}}/orders/:id")
    assert (unknown.route, unknown.service) == ("/orders/{id}", "Shop")
    assert ("host", "it hangs on a variable that nobody set") in unknown.lacks


def test_urls_in_parts() -> None:
    url = {
        "protocol": "http",
        "host": ["api", "example"],
        "port": "81",
        "path": ["a b", ":x"],
        "query": [{"key": "q", "value": "1"}, {"key": "off", "value": "2", "disabled": True}],
        "variable": [{"key": "x", "value": "<uuid>"}],
    }
    found = call(url)
    exchange = exchange_of(found)
    assert (exchange.request.target, exchange.request.scheme, found.route) == (b"/a%20b/{x}?q=1", "http", "/a b/{x}")
    assert dict(exchange.request.fields)[b"Host"] == b"api.example:81"
    assert exchange_of(call({"host": "api.example", "path": "/p"})).request.target == b"/p"
    assert exchange_of(call("https://u:p@api.example")).request.target == b"/"


@pytest.mark.parametrize(
    ("auth", "field", "unseen", "query"),
    [
        ({"type": "bearer", "bearer": [{"key": "token", "value": "t1"}]}, (b"Authorization", b"Bearer t1"), "", b""),
        ({"type": "bearer", "bearer": {"token": "{{t}}"}}, None, "authorization", b""),
        ({"type": "basic", "basic": {"username": "a", "password": "b"}}, (b"Authorization", b"Basic YTpi"), "", b""),
        ({"type": "basic", "basic": {"username": "a", "password": "{{p}}"}}, None, "authorization", b""),
        ({"type": "apikey", "apikey": {"key": "X-Key", "value": "k"}}, (b"X-Key", b"k"), "", b""),
        ({"type": "apikey", "apikey": {"key": "X-Key", "value": "{{k}}"}}, None, "x-key", b""),
        ({"type": "apikey", "apikey": {"key": "key", "value": "k", "in": "query"}}, None, "", b"?key=k"),
        ({"type": "apikey", "apikey": {}}, None, "", b""),
        ({"type": "oauth2"}, None, "authorization", b""),
        ({"type": "noauth"}, None, "", b""),
        (None, None, "", b""),
    ],
)
def test_credentials(auth: Any, field: Any, unseen: str, query: bytes) -> None:
    for found in (
        call("https://a.example/x", auth=auth),
        *collection({"item": [{"request": "https://a.example/x"}], "auth": auth}),
    ):
        request = exchange_of(found).request
        assert [one for one in request.fields if one[0] != b"Host"] == ([field] if field else [])
        assert (found.unseen, request.target) == (frozenset({unseen} - {""}), b"/x" + query)


@pytest.mark.parametrize(
    ("body", "octets", "kind"),
    [
        ({"mode": "raw", "raw": "{}", "options": {"raw": {"language": "json"}}}, b"{}", b"application/json"),
        ({"mode": "raw", "raw": "x {{known}}"}, b"x 1", None),
        ({"mode": "raw", "raw": "x {{y}}"}, None, None),
        (
            {"mode": "urlencoded", "urlencoded": [{"key": "a b", "value": "c&d"}]},
            b"a+b=c%26d",
            b"application/x-www-form-urlencoded",
        ),
        ({"mode": "urlencoded", "urlencoded": [{"key": "a", "value": "{{y}}"}]}, None, b"application/x-www-form-urlencoded"),
        (
            {"mode": "graphql", "graphql": {"query": "{a}", "variables": '{"b":1}'}},
            b'{"query":"{a}","variables":{"b":1}}',
            b"application/json",
        ),
        ({"mode": "graphql", "graphql": {"query": "{a}", "variables": "{"}}, None, b"application/json"),
        ({"mode": "formdata", "formdata": []}, None, None),
        ({"mode": "raw", "raw": "x", "disabled": True}, b"", None),
        ("x", b"", None),
    ],
)
def test_bodies(body: Any, octets: bytes | None, kind: bytes | None) -> None:
    entry = {"request": {"method": "POST", "url": "https://a.example/x", "body": body, "header": "X-A: b\nX-C: {{d}}"}}
    (found,) = collection(entry, variable=[{"key": "known", "value": 1}])
    request = exchange_of(found).request
    assert (request.body, request.truncated) == (octets or b"", octets is None)
    assert dict(request.fields).get(b"Content-Type") == kind
    assert dict(request.fields)[b"X-A"] == b"b"
    assert found.unseen == {"x-c"}


def test_fields_of_saved_responses_in_one_text() -> None:
    saved = {"code": 200, "header": "Content-Type: text/plain\nX-A:b\nnonsense", "body": None}
    (found,) = collection({"request": {"url": "https://a.example/x"}, "response": [saved, "junk"]})
    response = exchange_of(found).response
    assert response is not None
    assert response.fields == ((b"Content-Type", b"text/plain"), (b"X-A", b"b"), (b"Content-Length", b"0"))
    wide = [{"code": 200, "header": [{"key": "X", "value": None}, {"key": "Y", "disabled": True}, 3]}]
    (found,) = collection({"request": {"url": "https://a.example/x"}, "response": wide})
    response = exchange_of(found).response
    assert response is not None
    assert response.fields[0] == (b"X", b"")


def test_what_is_no_collection_and_no_request() -> None:
    assert [one.error for one in read_postman(b"{", 0.0)] == ["not a whole collection: Input data was truncated"]
    assert [one.error for one in read_postman(b"[" * 100_000, 0.0)] == ["not a collection: nested too deeply"]
    assert [one.error for one in read_postman(b'{"requests": []}', 0.0)] == ["a collection of version 1: export it as v2.1"]
    assert [one.error for one in read_postman(b'{"collection": {"a": 1}}', 0.0)] == ["a collection without `item`"]
    deep: Any = {"request": "a.example/x"}
    for _ in range(60):
        deep = {"item": [deep]}
    found = collection(3, {}, {"request": {"method": "A B", "url": "x"}}, {"request": {"url": 3}}, deep)
    assert [one.error.partition(": ")[2] for one in found] == [
        "not an object",
        "there is no `request`",
        "`request.method` is no method",
        "there is no `request.url`",
        "folders deeper than 50",
    ]
    content = json.dumps({"info": {"schema": SCHEMA}, "item": []}).encode()
    assert [one.error for one in recordings(sniff(content), Origin(largest=9), [content])] == ["larger than 9 bytes"]


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.text(max_size=9)
        | st.sampled_from(["{{a}}", ":id", "https://a/:b", "raw"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "item",
                        "request",
                        "url",
                        "raw",
                        "header",
                        "key",
                        "value",
                        "body",
                        "mode",
                        "auth",
                        "type",
                        "variable",
                        "response",
                        "code",
                    ]
                ),
                inner,
                max_size=5,
            )
        ),
        max_leaves=20,
    )
)
def test_whatever_a_collection_holds(said: Any) -> None:
    for found in read_postman(json.dumps({"item": [said, {"request": said}]}).encode(), 0.0):
        assert (found.exchange is not None) + (found.refused is not None) + bool(found.error) == 1


# --- messages one after another ---------------------------------------------------------------------------------------

GET = b"GET /a HTTP/1.1\nHost: x\n\n"


def messages(content: bytes, strict: bool = False) -> list[Recording]:
    assert sniff(content).kind is Kind.RAW
    return list(recordings(sniff(content), Origin(5.0, "f", strict), [content]))


def answers(found: list[Recording]) -> list[tuple[str, str, bytes, int, bytes]]:
    """(id, method, body, status, body of the response)."""
    rows = []
    for one in found:
        exchange = exchange_of(one)
        response = exchange.response
        gave = (response.status, response.body) if response is not None else (0, b"")
        rows.append((one.id, exchange.request.method, exchange.request.body, *gave))
    return rows


def test_requests_with_responses() -> None:
    content = (
        GET
        + b"HTTP/1.1 200 OK\nContent-Length: 3\n\nabc\n\n"
        + b"POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi\r\nHTTP/1.1 100 Continue\r\n\r\n"
        + b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nfoo\r\n0\r\n\r\n\r\n"
        + b"PUT /c HTTP/1.1\nTransfer-Encoding: chunked\n\n1\r\nz\r\n0\r\n\r\nHTTP/1.1 200 OK\n\nno length\n\nof it\n\n"
        + b"GET /d HTTP/1.1\nHost: x\n\nHTTP/1.1 204 No Content\n\n"
        + b"GET /e HTTP/1.1\nHost: x\n\n"
    )
    assert answers(messages(content)) == [
        ("f", "GET", b"", 200, b"abc"),
        ("f#2", "POST", b"hi", 201, b"foo"),
        ("f#3", "PUT", b"z", 200, b"no length\n\nof it"),
        ("f#4", "GET", b"", 204, b""),
        ("f#5", "GET", b"", 0, b""),
    ]


def test_rules_between_messages() -> None:
    rule = b"=" * 54 + b"\n"
    content = (
        rule
        + b"10:00:00  https://h:443  [192.0.2.1]\n"
        + rule
        + GET
        + b"\n\n"
        + rule
        + b"HTTP/1.1 200 OK\nContent-Length: 1\n\nz\n"
        + rule
        + b"\n\n\n"
        + rule
        + b"10:00:01  https://h:443  [192.0.2.1]\n"
        + rule
        + GET
    )
    assert answers(messages(content)) == [("f", "GET", b"", 200, b"z"), ("f#2", "GET", b"", 0, b"")]
    assert answers(messages(GET + b"\n### the next\n" + GET)) == [("f", "GET", b"", 0, b""), ("f#2", "GET", b"", 0, b"")]


@pytest.mark.parametrize(
    "body",
    [b"x\n\nHTTP/1.1 200 OK\n\n", GET, b"GET /b HTTP/1.1", b"\n\n" + GET, b"HTTP/1.1 200 OK"],
)
def test_what_only_looks_like_a_message_is_body(body: bytes) -> None:
    content = b"POST /a HTTP/1.1\nHost: x\nContent-Length: %d\n\n%b" % (len(body), body)
    assert answers(messages(content)) == [("f", "POST", body, 0, b"")]
    unsized = b"POST /a HTTP/1.1\nHost: x\n\nq%b" % body
    assert answers(messages(unsized)) == [("f", "POST", b"q" + body, 0, b"")]


def test_strictly_a_file_is_one_request() -> None:
    (found,) = messages(GET + b"HTTP/1.1 200 OK\n\n", strict=True)
    assert found.refused is not None


def test_responses_alone_and_those_that_are_none() -> None:
    alone = messages(b"HTTP/1.1 200 OK\nContent-Length: 0\n\n" + GET)
    assert alone[0].error == "a response without the request that it answers"
    assert len(alone) == 2
    (upgraded,) = messages(GET + b"HTTP/1.1 101 Switching Protocols\nUpgrade: x\n\n")
    assert upgraded.lacks == (("response", "the connection became another protocol's"),)
    (refused,) = messages(b"GET  /a HTTP/1.1\nHost: x\n\nHTTP/1.1 400 No\n\n")
    assert refused.refused is not None
    assert read_response(b"x") is None
    cut_off = read_response(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nbad\r\n\r\nzz")
    assert cut_off is not None
    assert (cut_off.body, cut_off.fields) == (b"zz", ((b"Content-Length", b"2"),))
    assert read_response(b"HTTP/1.1 200 OK") is not None


@given(
    st.lists(
        st.sampled_from(
            [
                GET,
                b"HTTP/1.1 200 OK\n\n",
                b"\n",
                b"\r\n\r\n",
                b"###\n",
                b"======\n",
                b"Content-Length: 3\n",
                b"abc",
                b"HTTP/1.1 100 C\n\n",
                b"POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n",
                b"1\r\nz\r\n0\r\n\r\n",
            ]
        ),
        max_size=12,
    ).map(b"".join)
)
def test_whatever_follows(content: bytes) -> None:
    for found in read_transcript(GET + content, 0.0):
        assert (found.exchange is not None) + (found.refused is not None) + bool(found.error) == 1


@pytest.mark.parametrize(
    "part",
    [b"\n", b"\r\n\r\n", b"HTTP/1.1 100 C\n\n", b"###\n", b"HTTP/1.1 200 OK\n\n", b"x\n\n", GET + b"HTTP/1.1 200 OK\n\n"],
)
def test_transcripts_take_linear_time(part: bytes) -> None:
    def seconds(count: int) -> float:
        content = GET + b"HTTP/1.1 200 OK\n\n" + part * count
        began = time.perf_counter()
        for _ in read_transcript(content, 0.0):
            pass
        return time.perf_counter() - began

    assert seconds(20_000) < 0.05 + 40 * max(seconds(1_000), 0.001)


# --- gzip -------------------------------------------------------------------------------------------------------------


@given(st.lists(st.binary(max_size=2_000), max_size=4), st.integers(1, 50), st.integers(0, 20))
def test_any_number_of_members_in_any_pieces(texts: list[bytes], size: int, padding: int) -> None:
    packed = b"".join(map(gzip.compress, texts)) + b"\0" * padding
    assert b"".join(unpacked(cut(packed, size))) == b"".join(texts)


def test_large_texts_come_in_pieces() -> None:
    text = b"a" * 3_000_000 + bytes(range(256)) * 4_000
    pieces = list(unpacked([gzip.compress(text)]))
    assert max(map(len, pieces)) <= 256 << 10
    assert b"".join(pieces) == text


@pytest.mark.parametrize(("damage", "says"), [(slice(0, -5), "ends too early"), (slice(0, 40), "ends too early")])
def test_what_is_damaged_is_told_behind_what_is_whole(damage: slice, says: str) -> None:
    packed = gzip.compress(bytes(range(256)) * 100)
    given_pieces = []
    with pytest.raises(Damaged, match=says):
        given_pieces.extend(unpacked([packed[damage]]))
    with pytest.raises(Damaged, match="damaged behind"):
        list(unpacked([gzip.compress(b"x") + b"junk"]))


def test_bombs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking_module, "FREE", 1 << 20)
    engine = zlib.compressobj(9, wbits=31)
    bomb = engine.compress(bytes(8 << 20)) + engine.flush()
    with pytest.raises(Damaged, match="more than 200 times"):
        list(unpacked([bomb]))
