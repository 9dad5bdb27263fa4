"""Monitor mode: whatever a check does, only its record remains."""

from typing import cast

from yett.engine.decide import decide
from yett.engine.monitored import monitored
from yett.model.decision import Answer, Denial, Evaluation, Outcome, VerifyPassword, Wait
from yett.model.exchange import View
from yett.model.operation import Operation

VIEW = cast("View", object())
DENIAL = Denial(rule="r", status=403, reason="because")


def evaluation() -> Evaluation:
    return Evaluation(Operation("o", "s", "GET", "/"), 0.0, 0.0)


def test_a_denial_is_recorded_and_lets_pass() -> None:
    state = evaluation()
    assert decide([monitored(lambda view, state: DENIAL)], VIEW, state) is None
    assert state.would == [DENIAL]
    assert state.denial is None


def test_an_answer_is_not_given() -> None:
    state = evaluation()
    assert decide([monitored(lambda view, state: Answer("r", 204))], VIEW, state) is None
    assert state.answered is None


def test_a_wait_still_waits() -> None:
    state = evaluation()
    wait = Wait(VerifyPassword("hash", b"password"))
    assert decide([monitored(lambda view, state: wait)], VIEW, state) is wait


def test_lines_and_bodies_of_others_stay() -> None:
    def change(view: View, state: Evaluation) -> Outcome:
        state.add_field(b"RateLimit: 1\r\n")
        state.amend(b"other", b"text/plain", DENIAL)
        return None

    state = evaluation()
    assert decide([change, monitored(change)], VIEW, state) is None
    assert state.fields == [b"RateLimit: 1\r\n"]
    assert state.amended == [DENIAL]
    assert state.noted == [DENIAL]
    assert (state.replacement, state.replacement_type) == (b"other", b"text/plain")


def test_nothing_of_its_own_stays() -> None:
    def change(view: View, state: Evaluation) -> Outcome:
        state.add_field(b"RateLimit: 1\r\n")
        state.amend(b"other", b"text/plain", DENIAL)
        return None

    state = evaluation()
    assert decide([monitored(change)], VIEW, state) is None
    assert state.fields == []
    assert state.amended == []
    assert state.noted == [DENIAL]
    assert state.replacement is None and state.replacement_type == b""
