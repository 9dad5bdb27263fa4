"""What a person reads at the end of a run."""

from yett.cli.ranked_proofs import told
from yett.engine.probing.outcome import Outcome
from yett.formats.reports.values import Reported
from yett.model.finding import Finding
from yett.model.rule import Confidence, Severity


def _found(rule: str, operation: str, severity: Severity) -> Reported:
    return Reported(
        Finding(
            fingerprint="0" * 32,
            rule=rule,
            operation=operation,
            place="",
            title="Something is wrong",
            severity=severity,
            confidence=Confidence.HIGH,
            evidence=(),
            first_seen=0.0,
            last_seen=0.0,
            text="It is.",
            reasons=(),
        )
    )


def test_what_stayed_is_told_by_kind() -> None:
    outcome = Outcome()
    outcome.behind += [f"order {number}: there is no operation that removes it" for number in range(1009, 1000, -1)]
    outcome.behind += ["cart 7: the target refused to remove it", "something: no time was left to remove it"]
    lines = list(told([], outcome, "http://127.0.0.1"))
    assert lines[:4] == [
        "COULD NOT BE REMOVED (11)",
        "    order 1009, 1008, 1007 and 6 more: there is no operation that removes it",
        "    cart 7: the target refused to remove it",
        "    something: no time was left to remove it",
    ]
    outcome.behind = [f"kind{number} 1: no" for number in range(30)]
    assert list(told([], outcome, "http://127.0.0.1"))[21] == "    and 10 more kinds; --json lists all"


def test_a_table_sums_up_where_there_are_several() -> None:
    high, low = _found("bola-read", "GET /notes/{id}", Severity.HIGH), _found("cors", "", Severity.LOW)
    assert list(told([high, low], Outcome(), "http://127.0.0.1"))[-4:-1] == [
        "HIGH     bola-read  GET /notes/{id}",
        "LOW      cors       -",
        "",
    ]
    assert sum("bola-read" in line for line in told([high], Outcome(), "http://127.0.0.1")) == 1
