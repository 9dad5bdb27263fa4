"""The content-type allow-list."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_view import asked, evaluate, prepared, run_example

from yett.model.decision import Denial
from yett.rules.guards import content_type_allow_list as guard

OPTIONS = {"allow": ["application/json", "image/*", "application/*+json"]}
READY = prepared(guard, OPTIONS)


def judge(content_type: str | None, method: str = "POST", framing: str = "Content-Length: 2\n") -> Denial | None:
    line = "" if content_type is None else f"Content-Type: {content_type}\n"
    outcome, _ = evaluate(READY, asked(f"{method} / HTTP/1.1\nHost: h\n{line}{framing}\n"))
    assert outcome is None or isinstance(outcome, Denial)
    return outcome


def test_examples() -> None:
    for example in guard.RULE.matches:
        assert isinstance(run_example(guard, example)[0], Denial), example.note
    for example in guard.RULE.passes:
        assert run_example(guard, example)[0] is None, example.note


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON ; charset=utf-8", "image/png", "application/vnd.a.b+json", "image/x;a=b"],
)
def test_allowed(content_type: str) -> None:
    assert judge(content_type) is None


@pytest.mark.parametrize(
    "content_type",
    [
        *("", ";", "text/plain", "application/jsonx", "application/json, text/plain", "application/json text/plain", "image/"),
        *("application/+json", "application/xml+json2", "image", "xapplication/json", "text/x+json", "*/*"),
    ],
)
def test_refused(content_type: str) -> None:
    refusal = judge(content_type)
    assert refusal is not None
    assert (refusal.status, refusal.place, refusal.sample) == (415, "header Content-Type", content_type)


def test_what_is_accepted_is_said_in_the_field_of_the_method() -> None:
    accepted = b"application/json, image/*, application/*+json"
    for method, name in (("POST", b"Accept-Post"), ("PATCH", b"Accept-Patch"), ("PUT", b"Accept"), ("GET", b"Accept")):
        refusal = judge(None, method)
        assert refusal is not None and refusal.fields == ((name, accepted),)


def test_only_bodies_count() -> None:
    assert judge("text/plain", framing="") is None
    assert judge(None, framing="Content-Length: 000\n") is None
    assert judge("text/plain", framing="Transfer-Encoding: chunked\n") is not None


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=30))
def test_nothing_else_slips_through(content_type: str) -> None:
    if judge(content_type) is None:
        kind = content_type.partition(";")[0].lower()
        assert kind == "application/json" or kind.startswith("image/") or kind.endswith("+json")


@pytest.mark.parametrize(
    "options", [{}, {"allow": []}, {"allow": ["json"]}, {"allow": ["*/*"]}, {"allow": ["a/b\n"]}, {"allow": ["a/b;c"]}]
)
def test_options_that_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        prepared(guard, options)
