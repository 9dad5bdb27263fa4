"""What does not count in reports of `yett probe`: baselines and suppressions, read before anything is sent; and all its files."""

import json
from pathlib import Path
from typing import Any, NoReturn

import pytest

from yett.cli.probing_reports import Reports
from yett.engine.probing.outcome import Outcome
from yett.formats.reports.proofs import Proof, Run
from yett.formats.reports.values import Reported
from yett.model.finding import Finding
from yett.model.rule import Confidence, Severity

NONE = dict.fromkeys(
    (
        "json_file",
        "sarif_file",
        "junit_file",
        "html_file",
        "wfc_file",
        "baseline",
        "write_baseline",
        "suppressions",
        "report",
        "rerun",
    )
)
RUN = Run(target="http://127.0.0.1:9", version="1")
NOW = 1_764_000_000.0


class Failed(Exception):
    pass


def fail(message: str) -> NoReturn:
    raise Failed(message)


def finding(mark: str) -> Reported:
    made = Finding(
        fingerprint=mark * 32,
        rule="ssrf-called",
        operation="POST /hooks",
        place="body /url",
        title="Calls",
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
    )
    return Reported(made, proof=Proof(flaw="ssrf", method="POST", template="/hooks"))


def reports(**options: Any) -> Reports:
    return Reports({**NONE, **options}, fail)


def test_baselines_are_written_and_read(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    reports(write_baseline=path).write([finding("a")], RUN, Outcome())
    marked = reports(baseline=path).accepted([finding("a"), finding("b")], NOW)
    assert [one.accepted for one in marked] == ["in the baseline", ""]


def test_suppressions_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "accepted.yaml"
    path.write_text(
        "suppressions:\n  - {class: ssrf, owner: hooks, reason: a proxy filters, expires: 2025-12-31}\n"
        "  - {class: cors, owner: web, reason: known, expires: 2025-12-31}\n"
    )
    marked = reports(suppressions=path).accepted([finding("a")], NOW)
    assert marked[0].accepted == "accepted by hooks until 2025-12-31: a proxy filters"
    assert f"{path}:3: it fits no finding of this run" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        ("baseline", "{}", "not a baseline"),
        ("suppressions", "suppressions: [{}]", "needs owner"),
        ("suppressions", "a: b: c", "accepted"),
    ],
)
def test_mistakes_are_told_before_anything_is_sent(tmp_path: Path, option: str, text: str, said: str) -> None:
    path = tmp_path / "accepted"
    path.write_text(text)
    with pytest.raises(Failed, match=said):
        reports(**{option: path})
    with pytest.raises(Failed):
        reports(**{option: tmp_path / "nothing"})


def test_all_files_are_written(tmp_path: Path) -> None:
    files = {name: tmp_path / name for name in ("json_file", "sarif_file", "junit_file", "html_file", "wfc_file")}
    reports(**files).write([finding("a")], RUN, Outcome())
    assert json.loads(files["json_file"].read_text())["findings"][0]["class"] == "ssrf"
    assert json.loads(files["wfc_file"].read_text())["faults"]["totalNumber"] == 1
    assert files["html_file"].read_text().startswith("<!doctype html>")
    assert "ssrf-called" in files["sarif_file"].read_text() and "ssrf-called" in files["junit_file"].read_text()
