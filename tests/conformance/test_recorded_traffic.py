"""Recordings of public test suites as ordinary traffic: every spelling of a cassette is read, nothing counts twice, halves stay apart."""

import base64
import json
import sys
from pathlib import Path

import msgspec
import pytest

from attacks import corpus, measure, recorded, subject
from attacks.cassettes import LARGEST_BODY, Unreadable, read_exchanges
from attacks.sources import Source
from yett.model.exchange import Exchange

_PYTHON = b"""
interactions:
- request:
    body: '{"name":"a b"}'
    headers: {Content-Type: [!!binary YXBwbGljYXRpb24vanNvbg==], Content-Length: ['99'], Authorization: ["Bearer <API_KEY>"]}
    method: post
    uri: https://api.shop.example/v1/users/<USER_ID>?q=caf\xc3\xa9 1
  response:
    body: {string: !!binary AAEC}
    headers: {Content-Encoding: [gzip]}
    status: {code: 201, message: Created}
- request: {method: GET, uri: "https://[::1"}
- request: {method: GET}
- none
version: 1
"""
_RUBY = json.dumps(
    {
        "http_interactions": [
            {
                "request": {
                    "method": "put",
                    "uri": "http://files.shop.example",
                    "body": {"encoding": "US-ASCII", "base64_string": base64.b64encode(b"a=1").decode()},
                    "headers": {"Accept": "*/*", "X\n": "1", "X-Two": ["1", 2]},
                },
                "response": {"status": {"code": 999999}, "body": {"string": ""}},
            }
        ]
    }
).encode()
_GO = b"""
version: 1
interactions:
- request: {url: "https://shop.example/a", method: GET, parsed_body: {text: "\xc3\xa4"}}
  response: {status: 200 OK, code: 200, body: "", headers: null}
"""
_ARCHIVE = b"""
log:
  entries:
  - request: {method: GET, url: "https://shop.example/x", headers: [{name: a, value: b}], httpVersion: HTTP/1.1}
    response: {status: 200, headers: [], content: {text: ok}}
"""


def _read(content: bytes, name: str) -> list[Exchange]:
    return list(read_exchanges(content, name))


def test_a_cassette_in_yaml_is_read_as_it_went_over_the_wire() -> None:
    (one,) = _read(_PYTHON, "a.yaml")
    request, response = one.request, one.response
    assert request.method == "POST"
    assert request.target == b"/v1/users/redacted?q=caf%C3%A9%201"
    assert request.fields == (
        (b"Host", b"api.shop.example"),
        (b"Content-Type", b"application/json"),
        (b"Authorization", b"Bearer redacted"),
        (b"Content-Length", b"14"),
    )
    assert response is not None and (response.status, response.body) == (201, b"\0\1\2")
    assert response.fields == ((b"Content-Length", b"3"),)


def test_other_spellings_of_bodies_and_status_are_read() -> None:
    (ruby,) = _read(_RUBY, "a.json")
    assert (ruby.request.target, ruby.request.body, ruby.response) == (b"/", b"a=1", None)
    assert [name for name, _ in ruby.request.fields] == [b"Host", b"Accept", b"X-Two", b"X-Two", b"Content-Length"]
    (go,) = _read(_GO, "a.yml")
    assert go.request.body == '{"text": "ä"}'.encode()
    assert go.response is not None and go.response.status == 200
    (archive,) = _read(_ARCHIVE, "recording.har.yaml")
    assert archive.request.target == b"/x" and archive.response is not None


def test_a_har_and_raw_messages_are_read_as_the_gateway_reads_them() -> None:
    (one,) = _read(b"GET /a HTTP/1.1\r\nHost: shop.example\r\n\r\n", "a.http")
    assert one.request.target == b"/a"


@pytest.mark.parametrize("body", ["<ACCESS_TOKEN>", "<<MY_KEY>>"])
def test_stand_ins_for_secrets_in_bodies_are_replaced_and_markup_is_not(body: str) -> None:
    made = _GO.replace(b'parsed_body: {text: "\xc3\xa4"}', f"body: '{body} <HTML>'".encode())
    assert _read(made, "a.yml")[0].request.body == b"redacted <HTML>"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"interactions: [", "a.yaml"),
        (b'["interactions"]', "a.json"),
        (b"a: 1", "a.yaml"),
        (b"interactions: !!python/object:os.system {}", "a.yaml"),
        (b"", "a.http"),
    ],
)
def test_what_is_no_recording_is_said_to_be_none(content: bytes, name: str) -> None:
    with pytest.raises(Unreadable):
        _read(content, name)


def test_requests_that_are_too_large_are_left_out() -> None:
    large = {"method": "POST", "uri": "https://a.example", "body": "x" * (LARGEST_BODY + 1)}
    assert _read(json.dumps({"interactions": [{"request": large}]}).encode(), "a.json") == []


def test_providers_are_told_by_what_was_registered() -> None:
    assert recorded.provider("api.eu.shop.co.uk:443") == "shop.co.uk"
    assert recorded.provider("api.shop.com") == "shop.com"


def _cassette(number: int, path: str, host: str = "api.shop.com") -> dict[str, object]:
    return {"request": {"method": "GET", "uri": f"https://{host}/{path}/{number}"}, "response": {"status": 200, "body": "x"}}


def test_a_directory_becomes_a_corpus_with_contracts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = [_cassette(number, path) for number in range(3) for path in "ghijkl"]
    entries += [_cassette(1, "z", host) for host in ("localhost:80", "10.0.0.1", "shop.test")]
    (tmp_path / "from").mkdir()
    (tmp_path / "from/a.json").write_text(json.dumps({"interactions": entries}))
    (tmp_path / "from/b.json").write_text("{}")
    (tmp_path / "from/c.md").write_text("# read me")
    contract = {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {"/g/{n}": {"get": {"responses": {}}}}}
    (tmp_path / "contract.yaml").write_text(json.dumps(contract))
    command = ["recorded", "--from", str(tmp_path / "from"), "--out", str(tmp_path / "out"), "--most", "4"]
    monkeypatch.setattr(sys, "argv", [*command, "--contract", f"api.shop.com/g={tmp_path / 'contract.yaml'}"])
    assert recorded.main() == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["requests"], told["alike"], told["to this machine, or to an address"]) == (4, 12, 3)
    assert (told["files that are no recording"], told["more than wanted of its provider"]) == (1, 2)
    cases = list(corpus.read(tmp_path / "out/benign.jsonl"))
    assert {one.group for one in cases} <= {"shop.com", "api-shop-com-g"}
    assert json.loads((tmp_path / "out/contracts/api-shop-com-g.json").read_text()) == contract
    counted = measure.run("own", tmp_path / "out", None)
    assert sum(counted.benign.seen["all", half] for half in corpus.HALVES) == 4
    assert sum(counted.answers.seen["all", half] for half in corpus.HALVES) == 4
    assert not counted.attacks.seen and not counted.benign.by_rule
    assert "false positives in responses" in measure.table(counted)


def test_what_differs_in_numbers_only_is_in_one_half(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"interactions": [_cassette(number, "a") for number in range(3)]}))
    collection = recorded.Collection(10)
    recorded.gather(Source(tmp_path), collection)
    assert len(list(recorded.cases(collection, ()))) == 1


def test_a_contract_without_a_host_is_refused() -> None:
    with pytest.raises(ValueError, match="HOST=FILE"):
        recorded.contract("file.yaml")


def test_what_objects_is_counted_for_both_halves() -> None:
    case = corpus.Case("a", corpus.HALVES[1], "g", "GET", "/", [])
    count = measure.Count()
    measure._keep(count, case, subject.Verdict(True, 403, "r", ("r",)))
    assert count.by_rule == {("r", corpus.HALVES[1]): 1} and not count.rules
    assert msgspec.json.decode(msgspec.json.encode(case), type=corpus.Case) == case


def test_contracts_lose_what_is_often_wrong_in_them() -> None:
    told = {
        "security": [{"a": []}],
        "content": {"application/json;simple": {}, "text/plain; charset=utf-8": {}},
        "/a;b": {"minimum": "1", "maximum": 2, "exclusiveMinimum": True},
        "properties": {"security": "kept", "minimum": {"type": "string"}},
    }
    assert recorded.mended(told) == {
        "content": {"text/plain; charset=utf-8": {}},
        "/a;b": {"maximum": 2},
        "properties": {"security": "kept", "minimum": {"type": "string"}},
    }
