"""Undeclared operations."""

import pytest
from small_view import asked, evaluate, prepared, scope

from yett.model.decision import Denial, Stage
from yett.model.rule import Scope
from yett.rules.guards import undeclared

DECLARED = {"/orders": ("GET", "HEAD", "POST")}


def rest(method: str = "*") -> Scope:
    return scope(method, "/*", declared=False, allowed=lambda path: DECLARED.get(path, ()))


@pytest.mark.parametrize("operation", ["*", "OPTIONS"])
@pytest.mark.parametrize(
    ("request_", "status", "fields"),
    [("GET /debug", 404, ()), ("DELETE /orders", 405, ((b"Allow", b"GET, HEAD, POST"),)), ("GET /orders/", 404, ())],
)
def test_refusals(operation: str, request_: str, status: int, fields: tuple[tuple[bytes, bytes], ...]) -> None:
    outcome, _ = evaluate(prepared(undeclared, None, rest(operation)), asked(f"{request_} HTTP/1.1\nHost: h\n\n"))
    assert isinstance(outcome, Denial)
    assert (outcome.rule, outcome.status, outcome.fields) == ("undeclared", status, fields)


def test_where_it_has_nothing_to_say() -> None:
    assert prepared(undeclared, None, scope("GET", "/orders", allowed=lambda path: ("GET",))).steps == ()
    assert prepared(undeclared, None, scope("*", "/*", declared=False)).steps == ()


def test_it_comes_after_preflights_and_authentication() -> None:
    (step,) = prepared(undeclared, None, rest()).steps
    assert step.stage > Stage.AUTHENTICATE > Stage.PREFLIGHT


def test_it_is_always_prepared() -> None:
    assert undeclared.RULE.setting == ""
    assert undeclared.RULE.matches and undeclared.RULE.passes
