"""Security fields: what is set, what is only filled in, and what depends on the scheme."""

import msgspec
import pytest
from small_view import asked, evaluate, prepared, run_example

from yett.model.decision import Mode
from yett.model.rule import Prepared
from yett.rules.guards import security_fields

REQUEST = "GET / HTTP/1.1\nHost: h\n\n"


def lines(ready: Prepared, scheme: str) -> bytes:
    outcome, evaluation = evaluate(ready, asked(REQUEST, "HTTP/1.1 200 OK\n\n", scheme))
    assert outcome is None
    return b"".join(evaluation.fields or ())


def test_examples_change_answers_and_deny_none() -> None:
    for example in (*security_fields.RULE.matches, *security_fields.RULE.passes):
        outcome, _, ready = run_example(security_fields, example)
        assert outcome is None
        assert ready.set_fields == ((b"x-content-type-options", b"nosniff"),)
    assert b"cache-control" not in dict(ready.set_fields) and b"cache-control" in dict(ready.default_fields)


def test_transport_security_over_https_only() -> None:
    ready = prepared(security_fields)
    assert lines(ready, "http") == b""
    assert lines(ready, "https") == b"Strict-Transport-Security: max-age=31536000\r\n"
    assert ready.drop_fields == {b"strict-transport-security"}
    everything = prepared(security_fields, {"hsts_subdomains": True, "hsts_preload": True})
    assert lines(everything, "https") == b"Strict-Transport-Security: max-age=31536000; includeSubDomains; preload\r\n"


def test_defaults() -> None:
    assert dict(prepared(security_fields).default_fields) == {
        b"cache-control": b"no-store",
        b"content-security-policy": b"frame-ancestors 'none'",
        b"x-frame-options": b"DENY",
        b"referrer-policy": b"no-referrer",
    }


def test_what_is_empty_is_left_alone() -> None:
    ready = prepared(
        security_fields,
        {
            "hsts_max_age": 0,
            "cache_control": "",
            "content_security_policy": "",
            "frame_options": "",
            "referrer_policy": "same-origin",
            "mode": "monitor",
        },
    )
    assert ready.steps == () and ready.drop_fields == frozenset()
    assert ready.default_fields == ((b"referrer-policy", b"same-origin"),)
    assert ready.mode is Mode.MONITOR


@pytest.mark.parametrize(
    "options",
    [
        {"hsts_max_age": -1},
        {"hsts_preload": True},
        {"hsts_preload": True, "hsts_subdomains": True, "hsts_max_age": 300},
        {"cache_control": "no-store\r\nX: y"},
        {"cache_control": "no-store\n"},
        {"content_security_policy": "é"},
        {"frame_options": "ALLOW"},
        {"hsts": True},
    ],
)
def test_options_that_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        prepared(security_fields, options)
