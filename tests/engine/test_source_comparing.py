"""Findings of source and target held against each other: the same class in the same operation is one cause."""

import msgspec
import pytest

from yett.engine.source.comparing import compared, same_path
from yett.formats.reports.proofs import Proof
from yett.formats.reports.values import Reported
from yett.model.finding import Finding
from yett.model.rule import Confidence, Severity
from yett.model.source import Spot


def found(mark: str, flaw: str, operation: str, *, file: str = "", severity: Severity = Severity.HIGH) -> Reported:
    method, _, template = operation.partition(" ")
    finding = Finding(
        fingerprint=mark,
        rule=f"rule-{flaw}",
        operation=operation,
        place="",
        title=flaw,
        severity=severity,
        confidence=Confidence.HIGH,
        file=file,
        line=3 if file else 0,
    )
    flow = (Spot(file, 3, 1, "f"),) if file else ()
    return Reported(finding, proof=Proof(flaw=flaw, method=method, template=template, flow=flow))


def test_what_both_say_is_told_once_with_proof_and_place() -> None:
    source = [
        found("s1", "sql-injection", "GET /users/{name}", file="app.py"),
        found("s2", "ssrf", "POST /hooks", file="app.py"),
    ]
    live = [found("l1", "sql-injection", "GET /api/users/{userName}"), found("l2", "bola-read", "GET /orders/{id}")]
    merged, said = compared(source, live)
    assert [one.finding.fingerprint for one in merged] == ["l1", "l2", "s2"]
    assert (merged[0].finding.file, merged[0].finding.line) == ("app.py", 3)
    assert merged[0].proof is not None and merged[0].proof.flow
    assert [(one.flaw, one.source, one.live) for one in said] == [
        ("sql-injection", "s1", "l1"),
        ("ssrf", "s2", ""),
        ("bola-read", "", "l2"),
    ]


def test_a_finding_without_a_route_is_about_every_operation() -> None:
    _, said = compared([found("s", "jwt-weak-secret", "", file="config.py")], [found("l", "jwt-weak-secret", "GET /me")])
    assert [(one.source, one.live) for one in said] == [("s", "l")]


def test_another_method_is_another_operation() -> None:
    _, said = compared([found("s", "ssrf", "POST /a", file="a.py")], [found("l", "ssrf", "PUT /a")])
    assert {(one.source, one.live) for one in said} == {("s", ""), ("", "l")}


@pytest.mark.parametrize(
    ("source", "live", "same"),
    [
        ("/users/{id}", "/users/{userId}", True),
        ("/users/{id}", "/v1/users/{id}", True),
        ("/v1/users/{id}", "/users/{id}", False),
        ("/{id}", "/users/{id}", False),
        ("/", "/users", False),
        ("/users/", "/users", True),
        ("#query.user", "/graphql#query.user", True),
        ("#query.user", "/graphql#query.users", False),
        ("/user", "/graphql#query.user", False),
    ],
)
def test_templates_are_the_same_by_their_segments(source: str, live: str, same: bool) -> None:
    assert same_path(source, live) is same


def test_a_live_finding_of_one_cause_confirms_source_at_each_of_its_operations() -> None:
    source = [found("s1", "verbose-error", "GET /a", file="a.py"), found("s2", "verbose-error", "GET /c", file="c.py")]
    live = found("l", "verbose-error", "GET /a")
    assert live.proof is not None
    live = msgspec.structs.replace(live, proof=msgspec.structs.replace(live.proof, also=("GET /b", "GET /c")))
    merged, said = compared(source, [live])
    assert [one.finding.fingerprint for one in merged] == ["l"]
    assert {(one.source, one.live) for one in said} == {("s1", "l"), ("s2", "l")}
