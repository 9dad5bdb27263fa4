"""Error sanitising."""

import json

import msgspec
import pytest
from small_view import asked, evaluate, prepared, run_example

from yett.engine.decide import decide
from yett.engine.monitored import monitored
from yett.model.decision import Evaluation, Mode, Stage
from yett.model.operation import Operation
from yett.rules.guards import error_sanitising as guard

REQUEST = "GET / HTTP/1.1\nHost: h\n\n"
TRACE = "goroutine 1 [running]:\nmain.main()"


def judge(status: int, body: str = TRACE, options: dict[str, object] | None = None, method: str = "GET") -> Evaluation:
    outcome, evaluation = evaluate(
        prepared(guard, options), asked(REQUEST.replace("GET", method), f"HTTP/1.1 {status} Status\nX: y\n\n{body}")
    )
    assert outcome is None and evaluation.denial is None
    return evaluation


def test_examples() -> None:
    for example in guard.RULE.matches:
        outcome, evaluation, _ = run_example(guard, example)
        assert outcome is None and evaluation.amended, example.note
    for example in guard.RULE.passes:
        outcome, evaluation, _ = run_example(guard, example)
        assert outcome is None and evaluation.amended is None and evaluation.replacement is None, example.note


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
def test_server_errors_are_replaced_unseen(status: int) -> None:
    evaluation = judge(status, "anything")
    assert evaluation.replacement is not None
    assert json.loads(evaluation.replacement)["status"] == status
    assert evaluation.replacement_type == b"application/problem+json"
    assert evaluation.amended is not None
    (why,) = evaluation.amended
    assert (why.rule, why.status, why.place) == ("error-sanitising", status, "response body")


def test_other_errors_are_replaced_where_they_show_the_inside() -> None:
    evaluation = judge(404)
    assert evaluation.replacement is not None and b"goroutine" not in evaluation.replacement
    assert evaluation.amended is not None and evaluation.amended[0].reason == "the body held a Go stack trace"
    assert judge(404, '{"error": "no such order"}').replacement is None
    assert judge(200).replacement is None


def test_options() -> None:
    assert judge(500, "custom", {"replace_5xx": False}).replacement is None
    assert judge(500, TRACE, {"replace_5xx": False}).replacement is not None
    assert judge(404, TRACE, {"search": False}).replacement is None
    assert judge(500, TRACE, {"search": False}).replacement is not None
    assert prepared(guard, {"replace_5xx": False, "search": False}).steps == ()
    assert prepared(guard, {"mode": "monitor"}).mode is Mode.MONITOR
    with pytest.raises(msgspec.ValidationError):
        prepared(guard, {"drop": ["a b"]})


def test_only_errors_need_buffering() -> None:
    stages = {step.stage: step.errors_only for step in prepared(guard).steps}
    assert stages == {Stage.RESPONSE: False, Stage.RESPONSE_BODY: True}
    searching = next(step for step in prepared(guard).steps if step.errors_only)
    evaluation = Evaluation(Operation("o", "s", "GET", "/"), 0.0, 0.0)
    view = asked(REQUEST, f"HTTP/1.1 200 OK\n\n{TRACE}")
    assert searching.run(view, evaluation) is None and evaluation.replacement is None  # buffered for another guard's sake


def test_head_has_no_body_to_replace() -> None:
    assert judge(500, "", method="HEAD").replacement is None


def test_banners() -> None:
    assert {b"server", b"via", b"x-powered-by", b"x-aspnet-version", b"x-runtime"} <= prepared(guard).drop_fields
    assert prepared(guard, {"banners": False, "drop": ["X-Node"]}).drop_fields == {b"x-node"}
    assert b"retry-after" not in prepared(guard).drop_fields


def test_monitor_mode_replaces_nothing_and_says_what_it_saw() -> None:
    view = asked(REQUEST, f"HTTP/1.1 500 Oops\n\n{TRACE}")
    evaluation = Evaluation(Operation("o", "s", "GET", "/"), 0.0, 0.0)
    for step in prepared(guard).steps:
        assert decide([monitored(step.run)], view, evaluation) is None  # type: ignore[arg-type]
    assert evaluation.replacement is None and not evaluation.amended
    assert evaluation.noted is not None
    assert [why.reason for why in evaluation.noted] == [
        "the body of a server error was replaced",
        "the body held a Go stack trace",
    ]
