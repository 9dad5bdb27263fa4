"""Recorded exchanges: seen as live ones are, decided by the same plans, honest about what cannot be decided."""

import gzip
from typing import Any

import msgspec
import pytest
from policies import KEY, NOW, exchange_of, service_of, snapshot_of, told

from yett.engine.recorded import RecordedView, replay
from yett.formats.http1 import Refused
from yett.model.decision import VerifyPassword
from yett.model.exchange import Exchange, Response, View
from yett.model.policy import Bounds

USERS = b'users: {alice: {hash: "$argon2id$v=19$m=19456,t=2,p=1$YWJjZGVmZ2g$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}'
BASIC = """
services:
  s:
    upstream: {targets: ["http://127.0.0.1:1"]}
    authenticate: [{basic: {users: u.yaml}}]
    require: {scopes: [never]}
"""


def view_of(start: str, *lines: str, **more: Any) -> RecordedView:
    return RecordedView(exchange_of(start, *lines, **more), Bounds())


def test_a_view_is_what_guards_expect() -> None:
    response = Response(status=201, fields=((b"Set-Cookie", b"a=1"), (b"set-cookie", b"b=2"), (b"Vary", b"A"), (b"vary", b"B")))
    view: View = view_of("GET /%7Ea/%2b?x=1", "HOST: API.Example:8080", "Accept: a", "accept: b", body=b"xy", response=response)
    assert (view.method, view.scheme, view.host) == ("GET", "http", "api.example")
    assert (view.target.path, view.target.query, view.target.raw) == ("/~a/%2B", "x=1", b"/%7Ea/%2b?x=1")
    assert view.fields[b"accept"] == b"a, b"
    assert view.lines[0] == (b"host", b"API.Example:8080")
    assert view.status == 201
    assert view.response_fields[b"vary"] == b"A, B"
    assert [value for name, value in view.response_lines if name == b"set-cookie"] == [b"a=1", b"b=2"]
    assert (view.address, view.tls, view.content) == ("", None, b"")


def test_no_response() -> None:
    exchange = msgspec.structs.replace(exchange_of("GET /"), response=None, failure="the client left")
    view = RecordedView(exchange, Bounds())
    assert (view.status, view.response_lines, view.response_content) == (0, [], b"")
    assert replay(service_of("security_fields: true"), exchange, NOW).verdict == "allow"


def test_absolute_and_asterisk_form() -> None:
    assert view_of("GET http://api.example/a?b").target.text == "/a?b"
    assert view_of("OPTIONS *").target.path == "*"
    with pytest.raises(Refused):
        view_of("GET http://other.example/a")


def test_codings_are_undone_when_asked_for() -> None:
    body, answer = (
        gzip.compress(b"request"),
        Response(status=200, fields=((b"Content-Encoding", b"gzip"),), body=gzip.compress(b"answer")),
    )
    view = view_of("POST /", "Content-Encoding: gzip", body=body, response=answer)
    assert (view.content, view.response_content) == (b"", b"")
    view.decode_body()
    view.decode_response()
    assert (view.content, view.response_content) == (b"request", b"answer")


@pytest.mark.parametrize(
    ("start", "lines", "rule", "status"),
    [
        ("GET /a/../b", (), "http-syntax", 400),
        ("GET /v1/a%2Fb", (), "http-syntax", 400),
        ("GET /", ("Content-Length: 1", "Transfer-Encoding: chunked"), "http-syntax", 400),
        ("TRACE /", (), "http-syntax", 405),
        ("GET /v2", (), "unknown-path", 404),
        ("GET /v1", ("Host: other.example",), "unknown-host", 421),
    ],
)
def test_what_holds_in_every_mode(start: str, lines: tuple[str, ...], rule: str, status: int) -> None:
    text = "mode: monitor\nmatch: {hosts: [api.example], prefix: /v1}"
    found = told(service_of(text), start, *lines)
    assert found.verdict == "deny" and found.denial is not None
    assert (found.denial.rule, found.denial.status) == (rule, status)
    assert (found.plan, found.would, found.not_evaluated) == (None, (), ())


def test_encoded_slashes_where_they_are_kept() -> None:
    snapshot = service_of('operations: {"GET /files/{name}": {encoded_slash: keep}}')
    found = told(snapshot, "GET /files/a%2fb")
    assert found.verdict == "allow" and found.evaluation is not None
    assert found.evaluation.parameters == {"name": "a%2Fb"}


CONTRACT = """
openapi: 3.0.3
info: {title: x, version: "1"}
paths:
  /orders:
    post:
      requestBody: {content: {application/json: {schema: {type: object, required: [a]}}}}
      responses: {"200": {description: ok, content: {application/json: {schema: {type: object, required: [b]}}}}}
"""
CHECKED = "contract: {file: openapi.yaml, responses: enforce, response_action: block}"
JSON = "Content-Type: application/json"


def answering(body: bytes, **more: Any) -> Response:
    return Response(status=200, fields=((b"Content-Type", b"application/json"),), body=body, **more)


def test_bodies_are_decided_on() -> None:
    snapshot = service_of(CHECKED, CONTRACT)
    good = told(snapshot, "POST /orders", JSON, body=b'{"a": 1}', response=answering(b'{"b": 1}'))
    assert good.verdict == "allow"
    denial = told(snapshot, "POST /orders", JSON, body=b'{"x": 1}').denial
    assert denial is not None and denial.rule == "contract-request"
    denial = told(snapshot, "POST /orders", JSON, body=b'{"a": 1}', response=answering(b'{"x": 1}')).denial
    assert denial is not None and denial.rule == "contract-response"


def test_what_the_record_does_not_hold() -> None:
    snapshot = service_of(CHECKED, CONTRACT)
    exchange = exchange_of("POST /orders", JSON, body=b'{"x"', response=answering(b'{"x"', truncated=True))
    exchange = msgspec.structs.replace(exchange, request=msgspec.structs.replace(exchange.request, truncated=True))
    found = replay(snapshot, exchange, NOW)
    assert found.verdict == "allow"
    assert found.not_evaluated == [
        ("request-body", "the record holds only a part of it"),
        ("response-body", "the record holds only a part of it"),
    ]


def test_what_cannot_be_decoded() -> None:
    snapshot = service_of(CHECKED, CONTRACT)
    denial = told(snapshot, "POST /orders", JSON, "Content-Encoding: gzip", body=b"no gzip").denial
    assert denial is not None and (denial.rule, denial.status) == ("content-coding", 400)
    response = Response(status=200, fields=((b"Content-Type", b"application/json"), (b"Content-Encoding", b"odd")), body=b"?")
    found = told(snapshot, "POST /orders", JSON, body=b'{"a": 1}', response=response)
    assert found.verdict == "allow"
    assert [rule for rule, _ in found.not_evaluated] == ["response-body"]


def test_a_response_that_cannot_be_read() -> None:
    response = Response(status=200, fields=((b"Content-Length", b"1"), (b"Content-Length", b"2")))
    found = told(service_of("security_fields: true"), "GET /", response=response)
    assert found.verdict == "allow"
    assert [rule for rule, _ in found.not_evaluated] == ["response"]


def test_what_needs_io_is_not_evaluated() -> None:
    snapshot = snapshot_of(BASIC, files={"u.yaml": USERS})
    exchange = exchange_of("GET /", "Authorization: Basic YWxpY2U6ZXhhbXBsZQ==")
    found = replay(snapshot, exchange, NOW)
    assert found.verdict == "allow"
    assert [rule for rule, _ in found.not_evaluated] == ["basic"]


@pytest.mark.parametrize(("answer", "rule"), [(True, "require"), (False, "basic")])
def test_what_needs_io_can_be_fulfilled(answer: bool, rule: str) -> None:
    snapshot = snapshot_of(BASIC, files={"u.yaml": USERS})
    asked = []

    def fulfil(need: object) -> bool:
        asked.append(need)
        return answer

    found = replay(snapshot, exchange_of("GET /", "Authorization: Basic YWxpY2U6ZXhhbXBsZQ=="), NOW, fulfil=fulfil)
    assert found.denial is not None and found.denial.rule == rule
    assert [type(need) for need in asked] == [VerifyPassword]


def test_slots_are_given_back_when_asked_to() -> None:
    snapshot = service_of("limits: [{concurrency: 1, by: address}]")
    first = replay(snapshot, exchange_of("GET /"), NOW, finish=False)
    second = replay(snapshot, exchange_of("GET /"), NOW)
    assert first.verdict == "allow" and second.verdict == "deny"
    assert first.evaluation is not None
    first.evaluation.finish()
    assert replay(snapshot, exchange_of("GET /"), NOW).verdict == "allow"


def test_limits_count_in_recorded_time() -> None:
    snapshot = service_of("limits: [{rate: 1/s, burst: 1, by: address}]")
    exchange: Exchange = exchange_of("GET /", f"X-API-Key: {KEY}")
    verdicts = [replay(snapshot, exchange, NOW, monotonic).verdict for monotonic in (100.0, 100.5, 101.1)]
    assert verdicts == ["allow", "deny", "allow"]


def test_a_body_that_the_record_leaves_out_is_not_held_for_empty() -> None:
    exchange = exchange_of("POST /orders", JSON)
    exchange = msgspec.structs.replace(exchange, request=msgspec.structs.replace(exchange.request, truncated=True))
    found = replay(service_of("attacks: {mode: enforce}"), exchange, NOW)
    assert found.verdict == "allow"
    assert ("request-body", "the record holds only a part of it") in found.not_evaluated
