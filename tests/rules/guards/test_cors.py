"""CORS as browsers and caches see it."""

import msgspec
import pytest
from small_view import asked, evaluate, prepared, run_example

from yett.model.decision import Answer, Denial, Stage
from yett.rules.guards import cors

APP = "https://app.example"
OPTIONS = {"allow_origins": [APP, "http://[::1]:3000"], "expose": ["X-Total", "Link"], "credentials": True}


def preflight(origin: str = APP, method: str = "GET", headers: str | None = None) -> str:
    text = f"OPTIONS /a HTTP/1.1\nHost: h\nOrigin: {origin}\nAccess-Control-Request-Method: {method}\n"
    return text + (f"Access-Control-Request-Headers: {headers}\n" if headers is not None else "") + "\n"


def judge(options: object, request: str) -> tuple[Answer | Denial | None, bytes]:
    outcome, evaluation = evaluate(prepared(cors, options), asked(request))
    assert outcome is None or isinstance(outcome, Answer | Denial)
    return outcome, b"".join(evaluation.fields or ())


def test_examples() -> None:
    for example in cors.RULE.matches:
        assert run_example(cors, example)[0] is not None, example.note
    for example in cors.RULE.passes:
        assert run_example(cors, example)[0] is None, example.note


def test_actual_answers() -> None:
    outcome, lines = judge(OPTIONS, f"GET / HTTP/1.1\nHost: h\nOrigin: {APP}\n\n")
    assert outcome is None
    assert lines == (
        b"Access-Control-Allow-Origin: https://app.example\r\nAccess-Control-Allow-Credentials: true\r\n"
        b"Access-Control-Expose-Headers: X-Total, Link\r\nVary: Origin\r\n"
    )


@pytest.mark.parametrize(
    "origin", ["null", "https://evil.example", f"{APP}.evil.example", "HTTPS://APP.EXAMPLE", f"{APP}:443", "*", ""]
)
def test_answers_to_others_say_only_that_they_vary(origin: str) -> None:
    assert judge(OPTIONS, f"GET / HTTP/1.1\nHost: h\nOrigin: {origin}\n\n") == (None, b"Vary: Origin\r\n")
    assert judge(OPTIONS, "GET / HTTP/1.1\nHost: h\n\n") == (None, b"Vary: Origin\r\n")


def test_any_origin_is_the_same_for_all() -> None:
    for line in ("Origin: null\n", f"Origin: {APP}\n", ""):
        assert judge({"allow_origins": ["*"]}, f"GET / HTTP/1.1\nHost: h\n{line}\n") == (
            None,
            b"Access-Control-Allow-Origin: *\r\n",
        )
    outcome, _ = judge({"allow_origins": ["*"], "methods": ["*"], "headers": ["*"]}, preflight("null", "PURGE", "X-A, x-b"))
    assert isinstance(outcome, Answer)
    assert dict(outcome.fields) == {
        b"Access-Control-Allow-Origin": b"*",
        b"Access-Control-Allow-Methods": b"PURGE",
        b"Access-Control-Allow-Headers": b"x-a, x-b",
        b"Access-Control-Max-Age": b"600",
        b"Vary": b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    }


def test_null_only_where_listed() -> None:
    assert isinstance(judge(OPTIONS, preflight("null"))[0], Denial)
    outcome, _ = judge({"allow_origins": ["null"]}, preflight("null"))
    assert isinstance(outcome, Answer)
    assert dict(outcome.fields)[b"Access-Control-Allow-Origin"] == b"null"


def test_preflight() -> None:
    outcome, lines = judge(OPTIONS, preflight(method="DELETE", headers="content-type,AUTHORIZATION"))
    assert isinstance(outcome, Answer)
    assert (outcome.status, outcome.body, lines) == (204, b"", b"")
    fields = dict(outcome.fields)
    assert fields[b"Access-Control-Allow-Origin"] == APP.encode()
    assert fields[b"Access-Control-Allow-Credentials"] == b"true"
    assert fields[b"Access-Control-Allow-Methods"] == b"DELETE, GET, HEAD, PATCH, POST, PUT"
    assert fields[b"Access-Control-Allow-Headers"] == b"authorization, content-type"


@pytest.mark.parametrize(
    ("request_", "place", "sample"),
    [
        (preflight("https://evil.example"), "header Origin", "https://evil.example"),
        (preflight(f"{APP}, https://evil.example"), "header Origin", f"{APP}, https://evil.example"),
        (preflight(method="PURGE"), "header Access-Control-Request-Method", "PURGE"),
        (preflight(method="get"), "header Access-Control-Request-Method", "get"),
        (preflight(headers="content-type, X-Other"), "header Access-Control-Request-Headers", "x-other"),
        (preflight(headers="content-type,"), "header Access-Control-Request-Headers", ""),
        (
            preflight(headers=",".join(["content-type"] * 100)),
            "header Access-Control-Request-Headers",
            ",".join(["content-type"] * 36)[:128],
        ),
    ],
)
def test_refused_preflights(request_: str, place: str, sample: str) -> None:
    outcome, lines = judge(OPTIONS, request_)
    assert isinstance(outcome, Denial)
    assert (outcome.status, outcome.place, outcome.sample, lines) == (403, place, sample, b"")
    assert not [name for name, _ in outcome.fields if name.startswith(b"Access-Control")]


def test_wildcards_take_tokens_only() -> None:
    options = {"allow_origins": ["*"], "methods": ["*"], "headers": ["*"]}
    assert isinstance(judge(options, preflight(method="A B"))[0], Denial)
    assert isinstance(judge(options, preflight(headers="a b"))[0], Denial)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"allow_origins": []},
        {"allow_origins": ["*"], "credentials": True},
        {"allow_origins": [APP], "credentials": True, "expose": ["*"]},
        {"allow_origins": ["https://app.example/"]},
        {"allow_origins": ["https://*.example"]},
        {"allow_origins": ["app.example"]},
        {"allow_origins": ["https://App.example"]},
        {"allow_origins": ["https://a.example\r\nX: y"]},
        {"allow_origins": [APP + "\n"]},
        {"allow_origins": [APP], "methods": ["get"]},
        {"allow_origins": [APP], "expose": ["a b"]},
        {"allow_origins": [APP], "max_age": -1},
        {"allow_origins": [APP], "unknown": 1},
    ],
)
def test_options_that_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        prepared(cors, options)


def test_place_in_the_plan() -> None:
    ready = prepared(cors, OPTIONS)
    assert [step.stage for step in ready.steps] == [Stage.PREFLIGHT]
    assert Stage.PREFLIGHT < Stage.AUTHENTICATE
    assert {b"access-control-allow-origin", b"access-control-allow-credentials"} <= ready.drop_fields
