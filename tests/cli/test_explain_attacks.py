"""`yett explain` says which exception lets an honest request pass, and that exception works."""

from pathlib import Path

from click.testing import CliRunner
from policies import exchange_of, service_of

from yett.cli.log import log
from yett.cli.showing import explanation
from yett.engine.recorded import replay
from yett.model.event import Event, Reason
from yett.model.policy import Log
from yett.rules.registry import attacks
from yett.store.eventlog.journal import SegmentJournal

NOW = 1_750_000_000.0


def event_of(lines: str, start: str) -> Event:
    """The record of a request, as far as it is explained."""
    found = replay(service_of(lines), exchange_of(start), NOW)
    assert found.plan is not None
    denials = [*([found.denial] if found.denial else []), *found.would]
    reasons = [Reason(one.rule, one.status, one.reason, one.place, one.sample) for one in denials]
    enforced = int(found.denial is not None)
    return Event(
        tag="gateway:request:denied", service="s", operation=found.plan.operation.id, reasons=reasons, enforced=enforced
    )


def test_the_exception_can_be_pasted() -> None:
    start = "GET /reports?sql=1%20UNION%20SELECT%20null,password%20FROM%20users"
    lines = "attacks:\n  mode: enforce\noperations: {GET /reports: }"
    text = "\n".join(explanation(event_of(lines, start), {}, attacks().keys()))
    assert "If this is an honest request, let it pass in the policy, under the service s:" in text
    pasted = text.partition("under the service s:\n")[2].replace("\n  ", "\n").removeprefix("  ")
    assert pasted.splitlines()[0] == "attacks:"
    assert '{rule: sql-injection, operation: "GET /reports", place: "query sql"}' in pasted
    merged = pasted.replace("attacks:", "attacks:\n  mode: enforce", 1) + "\noperations: {GET /reports: }"
    assert event_of(merged, start).reasons == []
    assert event_of(merged, start.replace("sql=", "other=")).reasons != []


def test_rules_that_are_no_attack_rules_have_none() -> None:
    event = Event(tag="x", reasons=[Reason("quota", 429, "x", "somewhere"), Reason("crs-942100", 403, "y", "query a")])
    text = "\n".join(explanation(event, {}, attacks().keys()))
    assert "quota, place" not in text and "  crs:" in text and "  attacks:" not in text


def test_every_rule_of_a_score_gets_its_exception() -> None:
    event = Event(
        tag="x",
        service="s",
        operation="GET /",
        enforced=1,
        reasons=[Reason("crs-941100", 403, "anomaly score 10: XSS; also crs-941110", "query q", "<script>")],
        matched=[Reason("crs-941100", 0, "XSS", "query q", "<script>"), Reason("crs-941110", 0, "Tag", "query r", "<script>")],
    )
    text = "\n".join(explanation(event, {}, attacks().keys()))
    assert "\n  crs-941110, at query r\n    Tag\n    seen: <script>" in text
    assert text.count('{rule: crs-941100, operation: "GET /", place: "query q"}') == 1
    assert text.count('{rule: crs-941110, operation: "GET /", place: "query r"}') == 1


def test_the_summary_of_a_log_claims_no_severity_of_scored_rules(tmp_path: Path) -> None:
    event = Event(
        tag="gateway:request:denied",
        verdict="deny",
        operation="GET /",
        enforced=1,
        reasons=[Reason("crs-941100", 403, "anomaly score 10", "query q")],
        matched=[Reason("crs-941100", 0, "XSS", "query q"), Reason("crs-941110", 0, "Tag", "query r")],
    )
    journal = SegmentJournal(Log(), tmp_path / "log", 0, shared=tmp_path)
    journal.append(event)
    journal.close()
    shown = CliRunner().invoke(log, ["--summary", "--dir", str(tmp_path / "log")]).stdout
    assert "crs-941110" in shown and "medium" not in shown and "{rule: crs-941110" in shown
