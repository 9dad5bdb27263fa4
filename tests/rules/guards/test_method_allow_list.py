"""The method allow-list."""

import msgspec
import pytest
from small_view import asked, evaluate, prepared, run_example, scope

from yett.model.decision import Denial
from yett.rules.guards import method_allow_list as guard


def test_examples() -> None:
    for example in guard.RULE.matches:
        assert isinstance(run_example(guard, example, scope("*"))[0], Denial)
    for example in guard.RULE.passes:
        assert run_example(guard, example, scope("*"))[0] is None


def judge(allow: list[str], method: str, operation: str = "*") -> Denial | None:
    outcome, _ = evaluate(prepared(guard, {"allow": allow}, scope(operation)), asked(f"{method} / HTTP/1.1\nHost: h\n\n"))
    assert outcome is None or isinstance(outcome, Denial)
    return outcome


def test_refusals_name_what_is_allowed() -> None:
    refusal = judge(["POST", "GET"], "PATCH")
    assert refusal is not None
    assert (refusal.status, refusal.place, refusal.fields) == (405, "method", ((b"Allow", b"GET, HEAD, POST"),))
    assert judge(["POST"], "HEAD") is not None
    assert judge(["POST"], "DELETE", "DELETE") is not None
    assert judge(["HEAD"], "GET", "GET") is not None
    assert judge(["HEAD"], "HEAD", "GET") is None
    assert judge(["PROPFIND"], "PROPFIND") is None


def test_an_allowed_operation_costs_nothing() -> None:
    for method in ("GET", "HEAD", "POST"):
        assert prepared(guard, {"allow": ["GET", "POST"]}, scope(method)).steps == ()


@pytest.mark.parametrize("options", [{}, {"allow": []}, {"allow": ["get"]}, {"allow": ["G T"]}, {"allow": "GET"}])
def test_options_that_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        prepared(guard, options)
