"""The examples that the limits' manual pages show."""

from types import ModuleType

import pytest
import yaml
from limited import Limited

from yett.model.rule import Example
from yett.rules.guards import concurrency, quota, rate_limit

GUARDS = [rate_limit, quota, concurrency]


def last_denial(guard: ModuleType, example: Example) -> str:
    """The rule that denies the last of the example's requests, or ""."""
    limit = Limited(*((guard, options) for options in yaml.safe_load(example.policy)["limits"]))
    evaluation = limit.ask()
    for _ in range(example.repeat - 1):
        if not example.overlapping:
            evaluation.finish()
        evaluation = limit.ask()
    return evaluation.denial.rule if evaluation.denial is not None else ""


@pytest.mark.parametrize(("guard", "example"), [(guard, example) for guard in GUARDS for example in guard.RULE.matches])
def test_matches(guard: ModuleType, example: Example) -> None:
    assert last_denial(guard, example) == guard.RULE.id


@pytest.mark.parametrize(("guard", "example"), [(guard, example) for guard in GUARDS for example in guard.RULE.passes])
def test_passes(guard: ModuleType, example: Example) -> None:
    assert last_denial(guard, example) == ""
