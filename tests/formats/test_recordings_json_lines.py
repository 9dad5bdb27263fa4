"""JSON lines: each line for itself, whatever its neighbours are."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.formats.recordings import Recording, read_json_lines
from yett.formats.recordings.json_lines import split_lines
from yett.formats.recordings.moments import moment

GOOD = {"id": "a", "method": "POST", "target": "/a?b", "headers": [["Host", "x"], ["X", " y\t"]], "body": "é"}


def read(*lines: Any, strict: bool = False, largest: int = 1 << 20) -> list[Recording]:
    text = b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    return list(read_json_lines([text], 7.0, strict=strict, largest=largest))


def one(line: Any, strict: bool = False) -> Recording:
    (found,) = read(line, strict=strict)
    return found


def test_a_whole_line() -> None:
    response = {"status": 201, "headers": [["Content-Type", "a/b"], ["Content-Length", "9"]], "body": "ok"}
    more = {"response": response, "time": 12.5, "scheme": "https", "version": "1.0", "address": "192.0.2.1", "label": {"x": 1}}
    found = one(GOOD | more)
    exchange = found.exchange
    assert exchange is not None
    assert (found.id, found.timed, exchange.started, exchange.address) == ("a", True, 12.5, "192.0.2.1")
    request = exchange.request
    assert (request.method, request.target, request.scheme, request.version) == ("POST", b"/a?b", "https", "1.0")
    assert request.fields == ((b"Host", b"x"), (b"X", b"y"), (b"Content-Length", b"2"))
    assert request.body == "é".encode()
    assert exchange.response is not None
    assert (exchange.response.status, exchange.response.body) == (201, b"ok")
    assert exchange.response.fields == ((b"Content-Type", b"a/b"), (b"Content-Length", b"2"))


def test_what_may_be_left_out() -> None:
    found = one({"method": "GET", "target": "/"})
    assert found.exchange is not None
    assert (found.id, found.timed, found.exchange.started, found.exchange.response) == ("1", False, 7.0, None)
    assert found.exchange.request.fields == ((b"Host", b"localhost"),)
    strict = one({"method": "GET", "target": "/"}, strict=True)
    assert strict.exchange is not None
    assert strict.exchange.request.fields == ()


def test_what_a_sensor_knows_and_what_it_could_not_see() -> None:
    known = {"sensor": "middleware", "route": "/a/{b}", "service": "shop", "principal": "ann", "weight": 10, "duration": 0.5}
    unknown = {"lacks": [["response-body", "too large"]], "unseen": ["cookie"], "truncated": True}
    response = {"status": 200, "headers": [["Content-Length", "9"]], "body": "beg", "truncated": True}
    found = one({**GOOD, **known, **unknown, "response": response})
    assert found.exchange is not None
    assert (found.sensor, found.route, found.service, found.principal, found.weight) == tuple(known.values())[:5]
    assert (found.lacks, found.unseen) == ((("response-body", "too large"),), frozenset({"cookie"}))
    assert (found.exchange.duration, found.exchange.request.truncated) == (0.5, True)
    assert found.exchange.request.fields == ((b"Host", b"x"), (b"X", b"y"))
    assert found.exchange.response is not None
    assert found.exchange.response.truncated
    assert found.exchange.response.fields == ((b"Content-Length", b"9"),)
    plain = one(GOOD)
    assert (plain.sensor, plain.route, plain.service, plain.principal, plain.weight) == ("json-lines", "", "", "", 1)
    assert one({**GOOD, "weight": 0}).error.startswith("line 1: ")


def test_numbers_are_ids_too_and_ids_may_repeat() -> None:
    assert [found.id for found in read(GOOD | {"id": 7}, GOOD | {"id": 7}, GOOD | {"id": None})] == ["7", "7", "3"]


def test_lines_that_cannot_be_used_keep_their_id() -> None:
    wrong = [{"id": "a"}, {**GOOD, "body_base64": "#"}, {**GOOD, "id": 7, "headers": {}}, {**GOOD, "id": []}, b'{"id": "a"']
    assert [found.id for found in read(*wrong)] == ["a", "a", "7", "4", "5"]
    assert all(found.error for found in read(*wrong))


def test_bodies_of_octets() -> None:
    line = {**GOOD, "body_base64": base64.b64encode(b"\xff\0").decode()}
    del line["body"]
    found = one(line)
    assert found.exchange is not None
    assert found.exchange.request.body == b"\xff\0"


def test_lone_surrogates_are_kept() -> None:
    found = one(b'{"method":"GET","target":"/","body":"\\ud800"}')
    assert found.exchange is not None
    assert found.exchange.request.body == b"\xed\xa0\x80"


def test_strict_framing() -> None:
    found = one(GOOD, strict=True)
    assert found.refused == (400, "octets follow a request without a body", "body")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"{", "not JSON"),
        (b"nonsense", "not JSON"),
        (b"\xff{}", "not JSON"),
        (b'{"method":"\xff","target":"/"}', "not UTF-8"),
        (b'{"method":"GET","target":"/","x":' + b"[" * 100_000, "nested too deeply"),
        (b"[]", "object"),
        (b"{}", "method"),
        ({"method": "GET"}, "target"),
        ({"method": 1, "target": "/"}, "$.method"),
        (GOOD | {"headers": {"a": "b"}}, "$.headers"),
        (GOOD | {"headers": [["a"]]}, "$.headers"),
        (GOOD | {"headers": [["a", 1]]}, "$.headers"),
        (GOOD | {"body": {"a": 1}}, "$.body"),
        (GOOD | {"body_base64": "AA=="}, "both"),
        (GOOD | {"body": None, "body_base64": "!"}, "`body_base64` is not base64"),
        (GOOD | {"body": None, "body_base64": "AB=="}, "`body_base64` is not base64"),
        (GOOD | {"body": None, "body_base64": "é"}, "`body_base64` is not base64"),
        (GOOD | {"response": {"status": 99}}, "response.status"),
        (GOOD | {"response": {"status": 200, "body_base64": "A"}}, "`response.body_base64` is not base64"),
        (GOOD | {"version": "é"}, "`version`"),
    ],
)
def test_broken_lines_say_what_is_wrong_and_hide_nothing(line: Any, says: str) -> None:
    before, broken, after = read(GOOD, line, GOOD)
    assert before.exchange is not None and after.exchange is not None
    assert broken.exchange is None
    assert broken.error.startswith("line 2: ")
    assert says in broken.error


def test_empty_lines_count_and_are_nothing() -> None:
    assert [found.id for found in read(b"", GOOD | {"id": None}, b" \t\r", GOOD | {"id": None}, b"")] == ["2", "4"]


def test_lines_that_are_too_large() -> None:
    large = GOOD | {"body": "x" * 500}
    found = read(GOOD, large, GOOD, large, largest=300)
    assert [bool(one.error) for one in found] == [False, True, False, True]
    assert found[1].error == "line 2 is larger than 300 bytes"


@given(st.lists(st.binary(max_size=12), max_size=8), st.integers(1, 7), st.integers(3, 20))
def test_splitting_does_not_depend_on_pieces(lines: list[bytes], size: int, largest: int) -> None:
    lines = [line.replace(b"\n", b"") for line in lines]
    text = b"\n".join(lines)
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    expected = [line if len(line) <= largest else None for line in (text.split(b"\n") if text else [])]
    if expected and not text.split(b"\n")[-1]:
        expected.pop()
    assert list(split_lines(pieces, largest)) == expected


@given(st.binary(max_size=60))
def test_never_raises(line: bytes) -> None:
    for found in read(b'{"method":"GET","target":' + line, line):
        assert found.error or found.exchange is not None or found.refused


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (12.5, 12.5),
        ("1970-01-01T00:01:00Z", 60.0),
        ("1970-01-01T00:01:00", 60.0),
        ("1970-01-01T01:00:00.250+01:00", 0.25),
        ("yesterday", None),
        ("0001-01-01T00:00:00+14:00", None),
        (float("nan"), None),
        (-1.0, None),
        (1e300, None),
    ],
)
def test_moments(said: float | str, seconds: float | None) -> None:
    assert moment(said) == seconds
