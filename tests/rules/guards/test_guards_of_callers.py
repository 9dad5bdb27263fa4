"""What all guards that tell callers apart have in common: their examples, and what they never tell."""

import pytest
from identifying import run_policy

from yett.model.decision import Denial
from yett.rules.registry import guards

IDS = ["anonymous", "api-key", "basic", "client-certificate", "jwt", "require"]


@pytest.mark.parametrize("rule", IDS)
def test_examples(rule):
    guard = guards()[rule]
    assert guard.rule.matches and guard.rule.passes
    for example in guard.rule.matches:
        outcome, evaluation = run_policy(example)
        assert type(outcome) is Denial, example.note
        assert outcome.status == (403 if rule == "require" else 401)
        assert evaluation.principal.id == ""
    for example in guard.rule.passes:
        outcome, _ = run_policy(example)
        assert outcome is None, (example.note, outcome)


@pytest.mark.parametrize("rule", ["api-key", "basic", "jwt"])
def test_the_caller_learns_nothing_from_a_refusal(rule):
    """All credentials that were presented in vain get the same status, title and fields."""
    answers = set()
    for example in guards()[rule].rule.matches:
        outcome, _ = run_policy(example)
        if outcome.rule == rule:
            answers.add((outcome.status, outcome.title, outcome.fields))
        else:
            assert outcome.rule == "authentication-required"
    assert len(answers) == 1
    assert b"WWW-Authenticate" in dict(next(iter(answers))[2])


@pytest.mark.parametrize("rule", IDS)
def test_the_manual_says_why_and_how(rule):
    guard = guards()[rule]
    assert len(guard.manual) > 300
    assert guard.rule.references
