"""Findings of checks: identity, severity, life, and the settings that the owner may change."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from judging import operation

from yett.engine.check_settings import CheckSettings, Chosen, read_check_settings
from yett.engine.posture import Failure, at_least, judge_catalog, judge_contract, lived, rank
from yett.formats.yaml import read
from yett.model.catalog import Catalog, CatalogOperation, Host, Service
from yett.model.catalog_store import KnownFinding
from yett.model.finding import Finding
from yett.model.mistake import PolicyErrors
from yett.model.rule import Severity
from yett.rules.checking.issue import Issue
from yett.rules.registry import Check, checks

NOW = 2_000_000.0
OPEN = """
method: DELETE
template: /orders/{orderId}
count: 40
last_seen: 1900000
declared: [{source: shop.yaml, place: "12"}]
authentication: {ratio: 0, verdict: none, successes: 40, schemes: {none: 40}}
"""


def catalog(*operations: CatalogOperation, **named: Any) -> Catalog:
    return Catalog(operations=operations, services=(Service(name="shop"),), **named)


def settings(text: str = "") -> CheckSettings:
    return read_check_settings(read(text.encode(), "checks.yaml"))


def judged(*operations: CatalogOperation, said: str = "", **named: Any) -> list[Finding]:
    return list(judge_catalog(catalog(*operations, **named), settings(said), NOW))


def signal(**changed: Any) -> dict[str, Any]:
    said = {
        "rule": "missing-nosniff",
        "place": "p",
        "text": "t.",
        "severity": "low",
        "count": 3,
        "first_seen": 1e6,
        "last_seen": 1.9e6,
    }
    return {**said, **changed}


def test_a_finding_says_what_where_and_why() -> None:
    (one,) = judged(operation(OPEN))
    assert (one.rule, one.service, one.operation, one.subject) == (
        "missing-authentication",
        "shop",
        "DELETE /orders/{orderId}",
        "op-1",
    )
    assert (one.file, one.line, one.first_seen, one.last_seen) == ("shop.yaml", 12, NOW, NOW)
    assert one.severity is Severity.HIGH and "calls 5" in one.reasons[0]
    assert len(one.fingerprint) == 32


def test_identity_survives_another_template_and_other_numbers() -> None:
    (before,) = judged(operation(OPEN))
    (after,) = judged(operation(OPEN.replace("orderId", "id").replace("40", "400")))
    assert before.fingerprint == after.fingerprint and before.operation != after.operation
    (other,) = judged(msgspec.structs.replace(operation(OPEN), id="op-2"))
    assert other.fingerprint != before.fingerprint


def test_declarations_that_are_gone_or_name_no_line_give_no_place() -> None:
    (one,) = judged(operation(OPEN.replace('place: "12"', "place: /paths, current: true")))
    assert (one.file, one.line) == ("shop.yaml", 0)
    (two,) = judged(operation(OPEN.replace('place: "12"', "current: false")))
    assert (two.file, two.line) == ("", 0)


def test_objections_to_exchanges_come_from_learning() -> None:
    seen = msgspec.structs.replace(
        operation("count: 9\nlast_seen: 1900000"), facts={"signals": [signal(), signal(rule="gone", place="q")]}
    )
    (one,) = judged(seen)
    assert (one.rule, one.text, one.first_seen, one.last_seen) == ("missing-nosniff", "t.", 1e6, 1.9e6)
    assert one.reasons == ("3 of 9 calls",)


def test_an_objection_that_is_long_past_is_no_more() -> None:
    def seen(last: float | None) -> CatalogOperation:
        return msgspec.structs.replace(operation("last_seen: 1900000"), facts={"signals": [signal(last_seen=last)]})

    assert judged(seen(1_900_000.0 - 604_799)) and not judged(seen(1_900_000.0 - 604_801))
    assert judged(seen(None))[0].last_seen == 0.0
    assert not judged(seen(1_900_000.0 - 61), said="resolve_after: 60")


def test_services_are_judged_with_their_own_operations_and_hosts() -> None:
    hosts = (
        Host(name="a", service="shop", declared=True),
        Host(name="b", service="shop", count=3),
        Host(name="c", service="other", count=3),
    )
    (one,) = judged(hosts=hosts)
    assert (one.rule, one.subject, one.place, one.operation) == ("undeclared-hosts", "service:shop", "host/b", "")


CONTRACT = """
swagger: "2.0"
schemes: [http]
paths:
  /orders:
    post:
      responses:
        "200": {description: fine}
"""


def test_contracts_are_judged_with_lines() -> None:
    found = {one.rule: one for one in judge_contract(read(CONTRACT.encode(), "shop.yaml"), CheckSettings(), NOW)}
    assert (found["contract-plain-schemes"].line, found["contract-plain-schemes"].file) == (3, "shop.yaml")
    writes = found["contract-open-writes"]
    assert (writes.line, writes.operation, writes.subject) == (7, "POST /orders", "contract:shop.yaml")
    assert writes.service == "shop.yaml"
    named = list(judge_contract(read(CONTRACT.encode(), "other.yaml"), CheckSettings(), NOW, "shop.yaml"))
    assert {one.fingerprint for one in named} == {one.fingerprint for one in found.values()}  # the file's name does not count


@pytest.mark.parametrize("text", ["{}", "[]", "openapi: 3.1.0", "openapi: 3.1.0\npaths: []", "swagger: 2.0\npaths: {/a: 1}"])
def test_contracts_of_no_form_break_nothing(text: str) -> None:
    list(judge_contract(read(text.encode(), "x.yaml"), CheckSettings(), NOW))


def test_findings_have_a_life() -> None:
    (found,) = judged(operation(OPEN))
    (first,) = lived([found], [], lambda _: True, NOW)
    assert first.resolved is None
    (again,) = lived([msgspec.structs.replace(found, first_seen=NOW + 9, last_seen=NOW + 9)], [first], lambda _: True, NOW + 9)
    assert (again.finding.first_seen, again.finding.last_seen) == (NOW, NOW + 9)
    (untouched,) = lived([], [again], lambda _: False, NOW + 10)
    assert untouched == again  # nobody looked
    (gone,) = lived([], [again], lambda _: True, NOW + 10)
    assert gone.resolved == NOW + 10 and gone.finding == again.finding
    (still,) = lived([], [gone], lambda _: True, NOW + 20)
    assert still.resolved == NOW + 10
    (back,) = lived([msgspec.structs.replace(found, first_seen=0.0)], [still], lambda _: True, NOW + 30)
    assert back.resolved is None and back.finding.first_seen == NOW


def test_the_gravest_come_first() -> None:
    found = judged(
        operation(OPEN), msgspec.structs.replace(operation("last_seen: 1900000"), id="b", facts={"signals": [signal()]})
    )
    known = [KnownFinding(finding=msgspec.structs.replace(found[0], fingerprint="x", severity=Severity.CRITICAL))]
    order = [one.finding.severity for one in lived(found, known, lambda _: True, NOW)]
    assert order == [Severity.CRITICAL, Severity.HIGH, Severity.LOW]
    assert sorted(found, key=rank)[0].severity is Severity.HIGH
    assert at_least(found[0], Severity.HIGH) and not at_least(found[0], Severity.CRITICAL)


def test_the_owner_chooses_checks_severities_and_numbers() -> None:
    assert not judged(operation(OPEN), said="checks: {missing-authentication: false}")
    assert judged(operation(OPEN), said="checks: {missing-authentication: true}")
    assert not judged(operation(OPEN), said="checks: {missing-authentication: {calls: 41}}")
    (one,) = judged(operation(OPEN), said="checks: {missing-authentication: {severity: info, calls: 40}}")
    assert one.severity is Severity.INFO and "calls 40" in one.reasons[0]
    assert settings("checks: {missing-nosniff: {severity: high}}").chosen["missing-nosniff"].severity is Severity.HIGH


def test_every_number_is_told() -> None:
    numbers = CheckSettings().numbers()
    assert numbers["resolve_after"] == 604_800.0 and numbers["unbounded-lists"] == {"items": 100}
    assert set(numbers) == {"resolve_after", *(rule for rule, check in checks().items() if check.settings is not None)}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("checks:\n  nothing: false", 2, "no check nothing"),
        ("checks:\n  plain-http: 3", 2, "neither true, false"),
        ("checks:\n  plain-http: {calls: 3}", 2, "has no calls"),
        ("checks:\n  unbounded-lists:\n    items: many", 3, "whole number"),
        ("checks:\n  unbounded-lists:\n    pages: 3", 3, "pages"),
        ("checks:\n  plain-http:\n    severity: dreadful", 3, "dreadful"),
        ("resolve_after: soon", 1, "number"),
        ("check: {}", 1, "check"),
    ],
)
def test_mistakes_have_a_place(text: str, line: int, words: str) -> None:
    with pytest.raises(PolicyErrors) as raised:
        settings(text)
    (mistake,) = raised.value.errors
    assert (mistake.file, mistake.line) == ("checks.yaml", line)
    assert words in f"{mistake.message} {mistake.hint}"


class _Broken(Exception):
    pass


def _raises(subject: object, numbers: object) -> Iterator[Issue]:
    raise _Broken


def test_a_check_that_raises_is_told_and_hides_nothing() -> None:
    said = settings()
    for rule in ("missing-authentication", "no-limits-seen", "contract-open-writes"):
        chosen = said.chosen[rule]
        said.chosen[rule] = Chosen(Check(chosen.check.rule, _raises, None, ""), None, None)
    facts = {"failed_checks": {"missing-nosniff": 4, "unknown": 2}, "signals": [signal()]}
    one = msgspec.structs.replace(operation(OPEN), facts=facts)
    with pytest.raises(_Broken):
        list(judge_catalog(catalog(one), said, NOW))
    failed: list[Failure] = []
    found = {finding.rule for finding in judge_catalog(catalog(one), said, NOW, failed)}
    found |= {finding.rule for finding in judge_contract(read(CONTRACT.encode(), "shop.yaml"), said, NOW, failed=failed)}
    assert "missing-nosniff" in found and "missing-authentication" not in found
    assert {(of.rule, of.subject, of.count, of.calls) for of in failed} == {
        ("missing-authentication", one.id, 1, 0),
        ("missing-nosniff", one.id, 4, 40),
        ("no-limits-seen", "service:shop", 1, 0),
        ("contract-open-writes", "contract:shop.yaml", 1, 0),
    }
