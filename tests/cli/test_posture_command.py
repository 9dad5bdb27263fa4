"""`yett posture`: what people and CI get, from real catalogs and contracts."""

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from yett.cli.main import main

CONTRACT = """\
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /orders:
    delete:
      responses: {"200": {description: fine}}
"""
GOOD = CONTRACT.replace("delete:", "delete:\n      security: [{main: []}]") + (
    "components: {securitySchemes: {main: {type: http, scheme: bearer}}}\n"
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.yaml").write_text(CONTRACT)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["posture", *arguments])


def line(number: int, **changed: object) -> str:
    said = {
        "id": str(number),
        "method": "DELETE",
        "target": f"/orders/{number}",
        "time": 1_750_000_000 + number,
        "scheme": "https",
        "headers": [["Host", "api.shop.example"]],
        "response": {
            "status": 200,
            "headers": [["Content-Type", "application/json"], ["Server", "nginx/1.2"]],
            "body": '{"ok": true}',
        },
        **changed,
    }
    return json.dumps(said)


def observe(*lines: str, name: str = "traffic.jsonl") -> None:
    Path(name).write_text("\n".join(lines) + "\n")
    result = CliRunner().invoke(main, ["observe", name])
    assert result.exit_code == 0, result.output


def test_a_contract_alone(here: Path) -> None:
    result = run("shop.yaml")
    assert result.exit_code == 1
    assert "HIGH     Writes without security (contract-open-writes, 1)" in result.output
    assert "[shop.yaml:6]" in result.output or "[shop.yaml:5]" in result.output
    assert "slighter ones are not shown" in result.output
    assert run("shop.yaml", "--fail-on", "critical").exit_code == 0
    assert run("shop.yaml", "--fail-on", "never").exit_code == 0
    assert run("shop.yaml", "--fail-on", "low").exit_code == 1


def test_what_was_observed(here: Path) -> None:
    observe(*(line(number) for number in range(1, 30)))
    result = run("--json")
    assert result.exit_code == 1
    document = json.loads(result.output)
    rules = {one["rule"]: one for one in document["findings"]}
    assert {"missing-authentication", "missing-nosniff"} <= set(rules)
    assert rules["missing-authentication"]["operation"] == "DELETE /orders/{orderId}"
    assert rules["missing-nosniff"]["reasons"] == ["29 of 29 calls"]
    assert rules["missing-nosniff"]["first_seen"] == 1_750_000_001
    assert document["open"]["high"] == 1 and document["settings"]["missing-authentication"] == {"calls": 5}
    again = json.loads(run("--json").output)
    assert [one["first_seen"] for one in again["findings"]] == [one["first_seen"] for one in document["findings"]]


def test_findings_are_resolved_when_they_are_true_no_more(here: Path) -> None:
    observe(*(line(number) for number in range(1, 30)))
    assert "contract-open-writes" in run("shop.yaml").output
    assert "contract-open-writes" not in run().output  # it was not judged, so nothing is said of it
    (here / "shop.yaml").write_text(GOOD)
    result = run("shop.yaml", "--resolved")
    assert "RESOLVED (1)" in result.output and "Writes without security (contract-open-writes)" in result.output
    states = {one["rule"]: one["state"] for one in json.loads(run("shop.yaml", "--resolved", "--json").output)["findings"]}
    assert states["contract-open-writes"] == "resolved" and states["missing-authentication"] == "open"


def test_a_baseline_accepts_what_is_known(here: Path) -> None:
    assert run("shop.yaml", "--write-baseline", "accepted.json").exit_code == 0
    accepted = json.loads((here / "accepted.json").read_text())
    assert accepted["version"] == 1 and all("contract-" in text for text in accepted["fingerprints"].values())
    result = run("shop.yaml", "--baseline", "accepted.json")
    assert result.exit_code == 0 and "in the baseline" in result.output and "no findings" in result.output
    (here / "shop.yaml").write_text(CONTRACT.replace("/orders:", "/orders: {put: {responses: {}}}\n  /other:"))
    assert run("shop.yaml", "--baseline", "accepted.json").exit_code == 1


def test_reports_for_ci(here: Path) -> None:
    run("shop.yaml", "--sarif", "posture.sarif", "--junit", "posture.xml")
    results = json.loads((here / "posture.sarif").read_text())["runs"][0]["results"]
    assert "contract-open-writes" in {one["ruleId"] for one in results}
    root = ElementTree.fromstring((here / "posture.xml").read_text())
    assert root.get("failures") == str(len(results))
    assert json.loads(run("shop.yaml", "--sarif", "-").output)["version"] == "2.1.0"
    assert run("shop.yaml", "--junit", "-").output.startswith("<?xml")


def test_filters(here: Path) -> None:
    observe(*(line(number) for number in range(1, 30)))
    assert {one["rule"] for one in json.loads(run("--json", "--rule", "missing-nosniff").output)["findings"]} == {
        "missing-nosniff"
    }
    graver = json.loads(run("--json", "--severity", "high").output)["findings"]
    assert {one["severity"] for one in graver} == {"high"}
    assert run("--severity", "critical", "--service", "api.shop.example").output.startswith("no findings\n")


def test_many_findings_of_one_check_are_not_all_shown(here: Path) -> None:
    paths = "\n".join(f"  /a{number}: {{delete: {{responses: {{}}}}}}" for number in range(9))
    (here / "shop.yaml").write_text(f"openapi: 3.1.0\npaths:\n{paths}\n")
    assert "and 4 more (--all --rule contract-open-writes)" in run("shop.yaml").output
    assert "more (--all" not in run("shop.yaml", "--all").output


def test_settings_of_checks(here: Path) -> None:
    (here / "checks.yaml").write_text("checks: {contract-open-writes: false}\n")
    assert run("shop.yaml", "--checks", "checks.yaml").exit_code == 0
    (here / "checks.yaml").write_text("checks:\n  nothing: false\n")
    result = run("shop.yaml", "--checks", "checks.yaml")
    assert result.exit_code == 2 and "checks.yaml:2:3: there is no check nothing" in result.output
    (here / "checks.yaml").write_text("a: [\n")
    assert run("shop.yaml", "--checks", "checks.yaml").exit_code == 2
    assert "no such file" in run("shop.yaml", "--checks", "none.yaml").output


def test_every_check_is_listed_and_explained(here: Path) -> None:
    result = run("--list")
    assert result.exit_code == 0 and len(result.output.splitlines()) >= 90
    result = run("--explain", "unbounded-lists")
    assert result.exit_code == 0
    assert "To fix:" in result.output and "items: 100" in result.output and "CWE-770" in result.output
    assert run("--explain", "plain-http").exit_code == 0
    assert run("--explain", "nothing").exit_code == 2


def test_nothing_to_judge(here: Path) -> None:
    result = run()
    assert result.exit_code == 2 and "yett observe" in result.output
    result = run("--catalog", "none.db")
    assert result.exit_code == 2 and "there is no catalog" in result.output
    (here / "broken.db").write_text("no database")
    assert run("--catalog", "broken.db").exit_code == 2


def test_what_cannot_be_read_is_told_and_the_rest_goes_on(here: Path) -> None:
    (here / "bad.yaml").write_text("a: [\n")
    (here / "other.yaml").write_text("a: 1\n")
    result = run("shop.yaml", "bad.yaml", "other.yaml", "none.yaml")
    assert result.exit_code == 3
    assert "! bad.yaml:" in result.output and "! other.yaml: neither OpenAPI nor Swagger" in result.output
    assert "! none.yaml: no such file" in result.output and "contract-open-writes" in result.output
    assert run("bad.yaml").exit_code == 2
    (here / "base.json").write_text("[]")
    assert "not a baseline" in run("shop.yaml", "--baseline", "base.json").output
    assert run("shop.yaml", "--baseline", "none.json").exit_code == 2


def test_nothing_of_a_contract_steers_a_terminal(here: Path) -> None:
    (here / "shop.yaml").write_text('openapi: 3.1.0\npaths:\n  "/a\\e[2J": {delete: {responses: {}}}\n')
    output = run("shop.yaml").output
    assert "\x1b" not in output and "\\x1b[2J" in output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["shop.yaml", "--rule", "contract-open-write"], "there is no check contract-open-write"),
        (["shop.yaml", "--sarif", "no/such/file.sarif"], "no such file or directory"),
        (["--service", "shopp"], "there is no service 'shopp'; there are: api.shop.example"),
    ],
)
def test_mistakes_are_no_clean_bill(here: Path, arguments: list[str], said: str) -> None:
    (here / "t.jsonl").write_text("".join(line(number) + "\n" for number in range(9)))
    CliRunner().invoke(main, ["observe", "t.jsonl"])
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert said in result.stderr


def test_what_could_not_be_judged_has_no_findings_to_tell_of(here: Path) -> None:
    result = run("none.yaml")
    assert result.exit_code == 2
    assert "none.yaml" in result.stderr
    assert "no findings" not in result.stdout


FAILING = '''"""A check that fails.

To fix: mend it.
"""

from yett.model.rule import CheckRule, Judged, Severity

RULE = CheckRule(
    id="fails-always",
    title="Fails",
    on="exchange",
    severity=Severity.LOW,
    owasp=("API4:2023",),
    cwe=(770,),
    references=("https://handbook.shop.example",),
    matches=(Judged(text=""),),
    passes=(Judged(text=""),),
)


def check(subject):
    raise RuntimeError
'''


def test_checks_of_others_that_fail_are_told_in_every_form(here: Path) -> None:
    (here / "failing.py").write_text(FAILING)
    installed = here / "failing-1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: failing\nVersion: 1\n")
    (installed / "entry_points.txt").write_text("[yett.checks]\nfails-always = failing\n")
    (here / "traffic.jsonl").write_text("\n".join(line(number) for number in range(1, 30)) + "\n")
    yett = [sys.executable, "-c", "from yett.cli.main import main; main()"]
    spoken = {**os.environ, "PYTHONPATH": str(here)}

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run([*yett, *arguments], env=spoken, capture_output=True, text=True, timeout=60, check=False)

    assert run("observe", "traffic.jsonl").returncode == 0
    found = run("posture")
    assert found.returncode == 3 and "missing-authentication" in found.stdout
    assert "! the check fails-always failed on 29 calls in 1 operations" in found.stderr
    assert "DELETE /orders/{orderId} of api.shop.example" in found.stderr
    (one,) = json.loads(run("posture", "--json").stdout)["failed_checks"]
    assert (one["rule"], one["count"], one["calls"]) == ("fails-always", 29, 29)
    assert run("posture", "--rule", "missing-nosniff").returncode == 0
    (here / "checks.yaml").write_text("checks: {fails-always: false}\n")
    assert run("posture", "--checks", "checks.yaml").returncode == 1


def test_narrow_terminals(here: Path) -> None:
    observe(*(line(number) for number in range(1, 30)))
    wide, narrow = (CliRunner().invoke(main, ["posture"], env={"COLUMNS": columns}) for columns in ("300", "50"))
    assert max(map(len, wide.output.splitlines())) > 70
    assert max(len(text) for text in narrow.output.splitlines() if text.startswith("        ")) <= 50
