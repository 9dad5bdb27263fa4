"""SARIF and JUnit: findings of any kind, in the shape that the tools of others demand."""

import json
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.formats.reports.junit import escaped, junit
from yett.formats.reports.sarif import LEVELS, SCORES, sarif, uri, when
from yett.formats.reports.values import Reported, RuleText, message, where
from yett.model.finding import Evidence, Finding
from yett.model.rule import Confidence, Severity

RULE = RuleText(
    id="missing-authentication",
    title="Anyone may call it",
    manual="Missing authentication: anyone.\n\nTo fix: ask.",
    family="checks",
    severity=Severity.HIGH,
    owasp=("API2:2023",),
    cwe=(306,),
    references=("https://owasp.org/",),
)
QUIET = RuleText(id="quiet", title="Never found", family="checks")


def finding(**changed: Any) -> Finding:
    said: dict[str, Any] = {
        "fingerprint": "a" * 32,
        "rule": "missing-authentication",
        "operation": "GET /orders",
        "place": "query/x",
        "title": "Anyone may call it",
        "severity": Severity.HIGH,
        "confidence": Confidence.MEDIUM,
        "service": "shop",
        "text": "Nobody is asked.",
        "reasons": ("40 calls",),
        "first_seen": 1_700_000_000.0,
        "last_seen": 1_700_000_100.0,
    }
    return Finding(**{**said, **changed})


def run(*reported: Reported, **named: Any) -> dict[str, Any]:
    log = json.loads(sarif(reported, {RULE.id: RULE, QUIET.id: QUIET}, "1.2.3", **named))
    assert log["version"] == "2.1.0" and log["$schema"].startswith("https://")
    found: dict[str, Any] = log["runs"][0]
    return found


def test_sarif_holds_what_code_scanning_wants() -> None:
    result = (found := run(Reported(finding(file="api/shop.yaml", line=12))))["results"][0]
    driver = found["tool"]["driver"]
    assert (driver["name"], driver["semanticVersion"]) == ("Yett", "1.2.3")
    rule = driver["rules"][result["ruleIndex"]]
    assert rule["id"] == result["ruleId"] == "missing-authentication"
    assert rule["properties"]["security-severity"] == "8.0"
    assert rule["properties"]["tags"] == ["security", "API2:2023", "external/cwe/cwe-306"]
    assert rule["fullDescription"]["text"] == "Missing authentication: anyone."
    assert rule["helpUri"] == "https://owasp.org/" and "* <https://owasp.org/>" in rule["help"]["markdown"]
    assert result["level"] == "error"
    assert result["message"]["text"] == "shop GET /orders query/x: Nobody is asked. (40 calls)"
    physical = result["locations"][0]["physicalLocation"]
    assert physical == {"artifactLocation": {"uri": "api/shop.yaml", "uriBaseId": "%SRCROOT%"}, "region": {"startLine": 12}}
    assert result["partialFingerprints"] == {"yett/v1": "a" * 32}
    assert result["properties"]["firstSeen"] == "2023-11-14T22:13:20Z"


def test_every_result_has_a_physical_location() -> None:
    result = run(Reported(finding()), fallback="/data/catalog.db")["results"][0]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "file:///data/catalog.db"}
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 1


def test_accepted_findings_are_suppressed() -> None:
    result = run(Reported(finding(), "in the baseline"))["results"][0]
    assert result["suppressions"] == [{"kind": "external", "status": "accepted", "justification": "in the baseline"}]
    assert "suppressions" not in run(Reported(finding()))["results"][0]


def test_evidence_is_related() -> None:
    result = run(Reported(finding(evidence=(Evidence("request 7", "masked"), Evidence("/a/b", "")))))["results"][0]
    assert [one["message"]["text"] for one in result["relatedLocations"]] == ["masked", "/a/b"]


def test_a_rule_that_nobody_described_is_described_by_its_findings() -> None:
    found = run(Reported(finding(rule="probe-bola", title="Objects of others")))
    rules = {rule["id"]: rule for rule in found["tool"]["driver"]["rules"]}
    assert rules["probe-bola"]["shortDescription"]["text"] == "Objects of others"
    assert rules["probe-bola"]["help"]["markdown"] == "Objects of others"
    assert found["results"][0]["ruleIndex"] == [rule["id"] for rule in found["tool"]["driver"]["rules"]].index("probe-bola")


def test_no_findings_are_a_report_too() -> None:
    assert run()["results"] == []
    assert json.loads(sarif([], {}, "1"))["runs"][0]["tool"]["driver"]["rules"] == []


def test_every_severity_has_a_level_and_a_score() -> None:
    assert set(LEVELS) == set(SCORES) == set(Severity)


@pytest.mark.parametrize(
    ("path", "expected"),
    [("a b.yaml", "a%20b.yaml"), ("/x/ü", "file:///x/%C3%BC"), ("a#b?c%", "a%23b%3Fc%25"), ("c:d", "c%3Ad"), ("\udcff", "%FF")],
)
def test_paths_become_addresses(path: str, expected: str) -> None:
    assert uri(path) == expected


def test_moments_that_no_calendar_has_are_left_out() -> None:
    assert when(0) == when(1e18) == when(float("inf")) == ""


def parsed(*reported: Reported) -> ElementTree.Element:
    return ElementTree.fromstring(junit(reported, {RULE.id: RULE, QUIET.id: QUIET}))


def test_junit_has_a_case_for_each_finding_and_each_quiet_rule() -> None:
    root = parsed(Reported(finding(file="shop.yaml", line=3)), Reported(finding(fingerprint="b" * 32), "in the baseline"))
    assert root.attrib == {"name": "yett", "tests": "3", "failures": "1", "errors": "0"}
    (suite,) = root
    assert (suite.get("name"), suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("checks", "3", "1", "1")
    failed, skipped, passed = suite
    assert failed.get("classname") == "missing-authentication"
    assert (failed.get("file"), failed.get("line")) == ("shop.yaml", "3")
    failure = failed.find("failure")
    assert failure is not None and failure.text is not None
    assert (failure.get("message"), failure.get("type")) == ("Nobody is asked.", "high")
    assert "shop.yaml:3" in failure.text and "seen from 2023-11-14T22:13:20Z" in failure.text
    assert skipped[0].tag == "skipped" and passed.get("name") == "Never found" and len(passed) == 0


def test_names_of_cases_differ() -> None:
    root = parsed(Reported(finding()), Reported(finding(fingerprint="b" * 32)))
    names = [case.get("name") for case in root.iter("testcase")]
    assert len(set(names)) == len(names)


def test_findings_without_words_still_say_something() -> None:
    bare = Finding(
        fingerprint="c", rule="r", operation="", place="", title="Title", severity=Severity.LOW, confidence=Confidence.LOW
    )
    assert message(bare) == "Title." and where(bare) == ""
    assert json.loads(sarif([Reported(bare)], {}, "1"))["runs"][0]["results"][0]["message"]["text"] == "Title."
    assert "Title" in junit([Reported(bare)], {})


@given(st.text(max_size=60), st.text(max_size=60))
def test_nothing_breaks_the_documents(text: str, place: str) -> None:
    one = Reported(finding(text=text, place=place, operation=place, file=place, evidence=(Evidence(place, text),)), place)
    found = sarif([one], {RULE.id: RULE}, "1", fallback=text)
    assert found.isascii() and "\x7f" not in found
    json.loads(found)
    root = ElementTree.fromstring(junit([one], {RULE.id: RULE}).encode("utf-8", "surrogatepass"))
    assert root.get("tests") == "1"


def test_what_no_document_may_hold_is_replaced() -> None:
    assert escaped('a\x00\x1b\ud800\uffff<&>"') == "a\ufffd\ufffd\ufffd\ufffd&lt;&amp;&gt;&quot;"
