"""Every check finds what its examples show and leaves alone what they do not; and what all checks must keep to."""

import inspect
import pkgutil
from types import ModuleType

import msgspec
import pytest
from judging import issues, subject

import yett.rules.checks
from yett.model.rule import Judged, Severity
from yett.rules.registry import Check, RuleError, as_check, checks

ALL = sorted(checks().values(), key=lambda check: check.rule.id)
MATCHES = [pytest.param(check, one, id=f"{check.rule.id}-{n}") for check in ALL for n, one in enumerate(check.rule.matches)]
PASSES = [pytest.param(check, one, id=f"{check.rule.id}-{n}") for check in ALL for n, one in enumerate(check.rule.passes)]


@pytest.mark.parametrize(("check", "example"), MATCHES)
def test_found(check: Check, example: Judged) -> None:
    found = issues(check, example)
    assert found
    assert len({(one.operation, one.place) for one in found}) == len(found)  # each has an identity of its own
    for one in found:
        assert one.text.endswith(".") and one.text[0].isprintable() and len(one.text) < 400
        assert all(isinstance(reason, str) and reason for reason in one.reasons)
        assert one.severity is None or isinstance(one.severity, Severity)


@pytest.mark.parametrize(("check", "example"), PASSES)
def test_left_alone(check: Check, example: Judged) -> None:
    assert issues(check, example) == []


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.rule.id)
def test_a_check_says_all_of_itself(check: Check) -> None:
    rule = check.rule
    assert rule.matches and rule.passes
    assert rule.owasp and rule.cwe and rule.references
    assert "To fix:" in check.manual and ":" in check.manual.split("\n\n")[0]
    assert rule.title[0].isupper() and not rule.title.endswith(".")
    assert all(reference.startswith("https://") for reference in rule.references)
    if check.settings is not None:
        assert check.settings.__doc__ and all(name in check.settings.__doc__ for name in check.settings.__struct_fields__)


def test_ids_are_names_of_modules() -> None:
    names = {info.name.replace("_", "-") for info in pkgutil.iter_modules(yett.rules.checks.__path__)}
    assert {check.rule.id for check in ALL} == names
    assert len(names) >= 90


def test_each_risk_of_the_top_ten_is_looked_for() -> None:
    named = {risk for check in ALL for risk in check.rule.owasp}
    assert named == {f"API{number}:2023" for number in range(1, 11)}


@pytest.mark.parametrize("check", [check for check in ALL if check.settings is not None], ids=lambda check: check.rule.id)
def test_numbers_come_from_settings(check: Check) -> None:
    """With numbers that nothing reaches, nothing is found: no threshold is hidden in the code."""
    assert check.settings is not None
    default = check.settings()
    huge = msgspec.structs.replace(default, **{name: 10**15 for name in default.__struct_fields__ if name != "largest"})
    for example in check.rule.matches:
        assert list(check.judge(subject(check, example), huge)) == []


def test_modules_of_another_shape_are_refused() -> None:
    empty = ModuleType("yett_check_of_nobody")
    with pytest.raises(RuleError, match="RULE, check"):
        as_check(empty)


def test_checks_are_functions_of_their_subject() -> None:
    for check in ALL:
        assert inspect.isfunction(check.judge)
