"""The measure of the attack rules: tests are sent as go-ftw sends them, payloads arrive whole, halves are fixed by their texts."""

import json
from pathlib import Path
from urllib.parse import parse_qs, unquote

import pytest

from attacks import carriers, documents, ftw, payloads, reception, sources, traffic
from attacks.conformance import judge
from attacks.engines import Seen

_TEST = """
rule_id: 942100
tests:
- test_id: 3
  desc: data without type or length
  stages:
  - input:
      method: POST
      uri: /post?a=1
      headers: {Host: localhost, X-Number: 7}
      data: "a=1' or '1&b"
    output: {log: {expect_ids: [942100], no_expect_ids: [1]}}
- test_id: 4
  stages:
  - input: {uri: /, autocomplete_headers: false, data: 'x={{ "1" | repeat 3 }}'}
    output: {status: 400}
- test_id: 5
  stages:
  - input:
      method: POST
      headers: {Content-Type: multipart/form-data; boundary=b}
      data: "--b\\n--b--\\n"
    output: {log: {match_regex: "id \\"9"}}
"""


@pytest.fixture
def trials(tmp_path: Path) -> list[ftw.Trial]:
    (tmp_path / "942100.yaml").write_text(_TEST)
    (tmp_path / "empty.yaml").write_text("# nothing yet\n")
    return list(ftw.read_trials(tmp_path))


def test_requests_are_completed_as_go_ftw_completes_them(trials: list[ftw.Trial]) -> None:
    assert [trial.name for trial in trials] == ["942100-3", "942100-4", "942100-5"]
    wire = trials[0].stages[0].request
    assert wire.startswith(b"POST /post?a=1 HTTP/1.1\r\nHost: localhost\r\nX-Number: 7\r\n")
    assert b"Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\nContent-Length: 16\r\n" in wire
    assert wire.endswith(b"\r\n\r\na=1%27+or+%271&b")
    assert trials[1].stages[0].request == b"GET / HTTP/1.1\r\n\r\nx=111"
    assert trials[2].stages[0].request.endswith(b"Content-Length: 12\r\n\r\n--b\r\n--b--\r\n")


def test_what_is_expected_is_judged_in_order(trials: list[ftw.Trial]) -> None:
    stage = trials[0].stages[0]
    assert judge(stage, Seen(200, frozenset({942100}))) == ""
    assert "missing [942100]" in judge(stage, Seen(200, frozenset()))
    assert "unwanted [1]" in judge(stage, Seen(200, frozenset({942100, 1})))
    assert judge(trials[1].stages[0], Seen(400)) == "" and judge(trials[1].stages[0], Seen(200)) == "status 200, expected 400"
    assert judge(trials[2].stages[0], Seen(200, frozenset({9}), ('[id "9"]',))) == ""
    assert judge(trials[0].stages[0], Seen(0)) == "no answer"


def test_what_is_not_of_the_schema_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(
        "rule_id: 1\ntests:\n- test_id: 1\n  stages:\n  - input: {}\n    output: {log: {expects: [1]}}\n"
    )
    with pytest.raises(ValueError, match="unknown expectations"):
        list(ftw.read_trials(tmp_path))


@pytest.mark.parametrize(
    ("wire", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET \\a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a%00\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", 400),
    ],
)
def test_the_tolerant_front(wire: bytes, status: int) -> None:
    if status:
        with pytest.raises(reception.Malformed) as raised:
            reception.receive(wire)
        assert raised.value.status == status
    else:
        assert reception.receive(wire).target == b"/"


def test_chunks_and_what_is_missing() -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"
    request = reception.receive(head + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")
    assert request.body == b"abcde" and b"Content-Length" not in dict(request.fields)
    for cut in (head + b"5\r\nab", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab", b"GET / \r\n\r\n"):
        with pytest.raises(reception.NoAnswer):
            reception.receive(cut)


def test_the_backend_answers_as_it_is_told() -> None:
    body = json.dumps({"status": 500, "headers": {"X-A": "b"}, "body": "<html>x"}).encode()
    request = reception.receive(b"POST /reflect HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    response = reception.answer(request)
    assert response.status == 500 and response.body == b"<html>x"
    assert dict(response.fields)[b"Content-Type"] == b"text/html; charset=utf-8" and dict(response.fields)[b"X-A"] == b"b"


@pytest.mark.parametrize("text", ["1' or '1'='1", "<script>alert(1)</script>", "a\r\nb: c", "日本 & 50%", '{"$ne": null}'])
@pytest.mark.parametrize("kind", ["sqli", "nosql", "jndi"])
def test_payloads_arrive_whole(text: str, kind: str) -> None:
    found = list(carriers.carried(payloads.Payload(kind, "test", text)))
    assert len(found) == carriers.EACH
    for attack in found:
        request = attack.request
        query = request.target.decode().partition("?")[2]
        told = (
            request.body.decode()
            + unquote(request.target.decode())
            + str(parse_qs(query))
            + " ".join(value.decode() for _, value in request.fields)
        )
        if request.body.startswith(b"{"):
            told += " ".join(_strings(json.loads(request.body)))
        if attack.carrier not in ("form", "xml", "cookie", "json_structure"):
            assert text in told or " ".join(text.split()) in told or repr(text)[1:-1] in told


def _strings(tree: object) -> list[str]:
    if isinstance(tree, dict):
        return [one for key, value in tree.items() for one in [key, *_strings(value)]]
    if isinstance(tree, list):
        return [one for value in tree for one in _strings(value)]
    return [tree] if isinstance(tree, str) else []


def test_lists_are_read_by_class_and_split_by_text(tmp_path: Path) -> None:
    directory = tmp_path / "some-lists" / "NoSQL Injection" / "Intruder"
    directory.mkdir(parents=True)
    (directory / "MongoDB.txt").write_text('{"$gt": ""}\ntrue, $where: \'1 == 1\'\njust a word\n\n')
    found, dropped = payloads.gather([sources.Source(tmp_path / "some-lists")], None)
    assert {one.text for one in found} == {'{"$gt": ""}', "true, $where: '1 == 1'"}
    assert {one.kind for one in found} == {"nosql"} and dropped["nosql"] >= 1
    assert all(one.half == sources.bit(one.text) for one in found)


def test_payloads_of_documents_are_read_by_their_shape() -> None:
    wire = "POST /a?url=x HTTP/1.1\\r\\nHost: b\\r\\n\\r\\nc=1"
    listed = f'[{{"payload": "*)(&"}}, {{"payload": "b", "expected_block": false}}, {{"payload": "{wire}"}}, 3]'
    assert list(documents.of_document("a.json", listed)) == ["*)(&", "c=1", "x"]
    zones = (
        '{"payload": [{"ARGS": "a%RND%=*)(&b=2&c[$ne]=1", "HEADER": "x=1", "METHOD": "PUT"}, {"ARGS": "d", "BLOCKED": false}]}'
    )
    assert list(documents.of_document("b.json", zones)) == ["*)(", "2", "c[$ne]=1", "x=1"]
    templates = "http:\n  - payloads:\n      url:\n        - file:///etc/passwd\n    part: query\npayload: [x]\n"
    assert sorted(documents.of_document("c.yaml", templates)) == ["file:///etc/passwd", "x"]
    assert list(documents.of_document("d.ini", "[a]\npayload = *))[NULL]\nstatus = True\n")) == ["*))%00"]
    assert not list(documents.of_document("e.json", "{")) and not list(documents.of_document("f.yml", "a: [!x"))


def test_the_speed_bench_has_the_promised_mix() -> None:
    made = traffic.requests(200)
    bodies = [len(request.body) for request in made if request.body]
    assert len(bodies) == 120 and min(bodies) >= 200 and max(bodies) < 2_300
    assert len({traffic.wire(request) for request in made}) == 200
    assert abs(len(traffic.bodies(100_000, 1)[0].body) - 100_000) < 12_000
