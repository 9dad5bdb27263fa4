"""Findings of active testing as JSON, HTML and WFC; baselines; suppressions with owner, reason and a last day."""

import json
from datetime import date
from html.parser import HTMLParser
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.formats.reports.baseline import BaselineError, baseline, read_baseline
from yett.formats.reports.html import html
from yett.formats.reports.proofs import Left, Proof, ProofStep, Run, Tried
from yett.formats.reports.proven_json import JsonError, proven_json, read_proven_json
from yett.formats.reports.values import Reported, RuleText
from yett.formats.reports.wfc import CODES, code, wfc
from yett.formats.suppressions import like, read_suppressions, suppressed
from yett.formats.yaml import read
from yett.model.finding import Finding
from yett.model.mistake import PolicyErrors
from yett.model.probe import Flaw
from yett.model.rule import Confidence, Severity

TODAY = date(2026, 11, 22)
STEP = ProofStep(
    method="GET",
    target="/notes/1?q=<script>",
    identity="bob",
    fields=(("Authorization", "***"),),
    status=200,
    answer_fields=(("Content-Type", "application/json"),),
    answer='{"title":"</pre><script>alert(1)</script>"}',
    seconds=0.0123,
    note="bob reads it",
)
PROOF = Proof(
    flaw="bola-read",
    method="GET",
    template="/notes/{id}",
    owasp=("API1:2023",),
    cwe=(639,),
    identities=("alice", "bob"),
    steps=(STEP,),
    control=(ProofStep(method="GET", target="/notes/1", status=401),),
    curl="curl http://127.0.0.1/notes/1",
    reproducer="def test_it() -> None: ...\n",
)
RULES = {"bola-read": RuleText(id="bola-read", title="Others' objects", manual="Who asks?\n\nFix: ask.")}
RUN = Run(
    target="http://127.0.0.1:9",
    version="1.2.3",
    started=1_700_000_000.0,
    seconds=12.5,
    requests=321,
    seed=7,
    identities=("alice", "bob"),
    operations=(Tried(name="GET /notes/{id}", statuses=(200, 401), works=True), Tried(name="PUT /notes/{id}")),
    incomplete="the budget is used up",
    skipped=(Left("DELETE /notes/{id}", "says that it may do harm"),),
    remaining=(Left("note 3", "refused"),),
)


def reported(accepted: str = "", proof: Proof | None = PROOF, **changed: Any) -> Reported:
    said: dict[str, Any] = {
        "fingerprint": "0123456789abcdef" * 2,
        "rule": "bola-read",
        "operation": "GET /notes/{id}",
        "place": "path id",
        "title": "Others' objects",
        "severity": Severity.HIGH,
        "confidence": Confidence.HIGH,
        "text": "bob reads what alice made.",
        "reasons": ("private",),
    }
    return Reported(Finding(**{**said, **changed}), accepted, proof)


def test_json_names_everything() -> None:
    document = json.loads(proven_json([reported()], RUN))
    finding = document["findings"][0]
    wanted = "v fingerprint rule class owasp cwe severity confidence method template place identities reasons steps control curl reproducer"
    assert set(wanted.split()) <= set(finding)
    assert (finding["v"], finding["class"], finding["method"], finding["template"]) == (1, "bola-read", "GET", "/notes/{id}")
    assert finding["steps"][0]["status"] == 200 and finding["control"][0]["identity"] == ""
    assert document["complete"] is False and document["remaining"] == [{"place": "note 3", "why": "refused"}]


def test_json_is_read_again() -> None:
    text = proven_json([reported("in the baseline"), reported(proof=None, fingerprint="f" * 32)], RUN)
    first, second = read_proven_json(text.encode())
    assert first == reported("in the baseline")
    assert second.finding.fingerprint == "f" * 32 and second.proof is not None and second.proof.steps == ()


@pytest.mark.parametrize("octets", [b"", b"[]", b'{"v":2,"findings":[]}', b'{"v":1,"findings":[{}]}', b"\xff", b"[" * 5000])
def test_other_json_is_refused(octets: bytes) -> None:
    with pytest.raises(JsonError):
        read_proven_json(octets)


class Parsed(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(page: str) -> Parsed:
    parser = Parsed()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    assert not {"script", "img", "link", "iframe", "object", "form", "a href"} & set(parser.tags)
    assert not {one for one in parser.attributes if one.startswith("on") or one == "src"}
    return parser


def test_html_stands_alone() -> None:
    page = html([reported(), reported("in the baseline")], RULES, RUN)
    parsed(page)
    assert "&lt;script&gt;alert(1)" in page and "<script" not in page
    for said in (
        "default-src",
        "bob reads it",
        "Fix: ask.",
        "curl http",
        "def test_it",
        "Incomplete",
        "note 3",
        "1 of 2 worked",
    ):
        assert said in page
    assert "No findings" in html([], RULES, RUN)


@given(st.text(max_size=60))
def test_no_text_becomes_markup(text: str) -> None:
    step = ProofStep(method=text, target=text, identity=text, fields=((text, text),), body=text, answer=text, note=text)
    proof = Proof(flaw=text, steps=(step,), control=(step,), curl=text, reproducer=text, identities=(text,), owasp=(text,))
    one = reported(text, proof, title=text, text=text, place=text, operation=text, reasons=(text,), file=text)
    page = html([one], {"bola-read": RuleText(id="bola-read", title=text, manual=text)}, RUN)
    plain = html([reported("x", Proof(flaw="x", steps=(STEP,), control=(STEP,), curl="x", reproducer="x"))], RULES, RUN)
    assert set(parsed(page).tags) <= set(parsed(plain).tags)
    assert not any(0x202A <= ord(letter) <= 0x202E or letter == "\x1b" for letter in page)
    page.encode()


SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": [
        "schemaVersion",
        "toolName",
        "toolVersion",
        "creationTime",
        "faults",
        "problemDetails",
        "totalTests",
        "testFilePaths",
        "testCases",
    ],
    "properties": {
        "creationTime": {"type": "string", "format": "date-time"},
        "executionTimeInSeconds": {"type": "integer", "minimum": 0},
        "faults": {
            "type": "object",
            "required": ["totalNumber", "foundFaults"],
            "properties": {
                "foundFaults": {
                    "items": {
                        "required": ["endpointId", "testCaseId", "faultCategories"],
                        "properties": {
                            "faultCategories": {
                                "minItems": 1,
                                "uniqueItems": True,
                                "items": {
                                    "required": ["code"],
                                    "properties": {
                                        "code": {
                                            "anyOf": [
                                                {"type": "integer", "minimum": 100, "maximum": 104},
                                                {"type": "integer", "minimum": 200, "maximum": 206},
                                                {"type": "integer", "minimum": 900, "maximum": 999},
                                            ]
                                        }
                                    },
                                },
                            }
                        },
                    }
                }
            },
        },
        "problemDetails": {
            "properties": {
                "rest": {
                    "required": ["outputHttpCalls", "evaluatedHttpCalls", "endpointIds", "coveredHttpStatus"],
                    "properties": {"endpointIds": {"uniqueItems": True}},
                }
            }
        },
    },
}
"""The parts of WFC's schema of a report (0.6.0) that constrain."""


def test_wfc_is_as_its_schema_says() -> None:
    findings = [reported(), reported("accepted", fingerprint="e" * 32), reported(proof=None, fingerprint="f" * 32)]
    document = json.loads(wfc(findings, RUN))
    jsonschema_rs.Draft202012Validator(SCHEMA, validate_formats=True).validate(document)
    assert document["faults"]["totalNumber"] == len(document["faults"]["foundFaults"]) == 2
    assert document["faults"]["foundFaults"][0]["operationId"] == "GET:/notes/{id}"
    assert document["faults"]["foundFaults"][0]["faultCategories"] == [
        {"code": 206, "context": "bola-read GET /notes/{id} path id"}
    ]
    assert document["problemDetails"]["rest"]["outputHttpCalls"] == 2
    assert {one["category"] for one in document["warnings"]} == {"incomplete", "skipped", "remaining"}


def test_every_class_has_a_number_that_the_schema_allows() -> None:
    own = [code(one.value) for one in Flaw if one not in CODES]
    assert len(set(own)) == len(own) and all(900 <= number < 999 for number in own)
    assert code("nothing known") == 999


def test_baseline_is_read_again() -> None:
    text = baseline([reported(), reported(fingerprint="a" * 32, rule="a")])
    assert read_baseline(text.encode()) == {
        "a" * 32: "a GET /notes/{id} path id",
        "0123456789abcdef" * 2: "bola-read GET /notes/{id} path id",
    }


@pytest.mark.parametrize("octets", [b"", b"[]", b'{"fingerprints": 1}', b'{"version": 2, "fingerprints": {}}', b"\xff"])
def test_what_is_no_baseline_is_refused(octets: bytes) -> None:
    with pytest.raises(BaselineError):
        read_baseline(octets)


def suppressions(text: str) -> Any:
    return read_suppressions(read(text.encode(), "accepted.yaml"), TODAY)


ENTRY = "{owner: payments, reason: known, expires: 2027-03-31"


def test_suppressions() -> None:
    found = suppressions(f"""
suppressions:
  - {ENTRY}, fingerprint: "01234567"}}
  - {ENTRY}, class: ssrf, operation: "GET /notes/*"}}
  - {{owner: me, reason: gone, expires: 2026-11-21, rule: bola-read}}
""")
    other = reported(proof=Proof(flaw="ssrf"), fingerprint="f" * 32)
    marked, told = suppressed(
        [reported(), other, reported("in the baseline"), reported(operation="GET /x", fingerprint="e" * 32)], found, TODAY
    )
    assert [one.accepted for one in marked] == [
        "accepted by payments until 2027-03-31: known",
        "accepted by payments until 2027-03-31: known",
        "in the baseline",
        "",
    ]
    assert told == ["accepted.yaml:5: it ended on 2026-11-21; its findings count again"]


def test_suppressions_that_fit_nothing_are_told() -> None:
    _, told = suppressed([reported()], suppressions(f"suppressions: [{ENTRY}, class: cors}}]"), TODAY)
    assert told == ["accepted.yaml:1: it fits no finding of this run"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "one key"),
        ("suppressions: 1", "one key"),
        ("suppressions: [1]", "is a mapping"),
        ("suppressions: [{class: cors}]", "needs owner"),
        ("suppressions: [{class: cors, owner: a, reason: ' ', expires: 2027-01-01}]", "needs reason"),
        (f"suppressions: [{ENTRY}}}]", "names no finding"),
        (f"suppressions: [{ENTRY}, fingerprint: abc}}]", "fewer than 8"),
        (f"suppressions: [{ENTRY}, fingerprint: 01234567}}]", "as a number"),
        (f"suppressions: [{ENTRY}, class: cors, severity: low}}]", "unknown key 'severity'"),
        ("suppressions: [{class: cors, owner: a, reason: b, expires: soon}]", "is no day"),
        ("suppressions: [{class: cors, owner: a, reason: b, expires: 2030-01-01}]", "more than a year away"),
    ],
)
def test_mistakes_have_a_place(text: str, said: str) -> None:
    with pytest.raises(PolicyErrors) as caught:
        suppressions(text)
    assert any(said in str(one) and one.line == 1 for one in caught.value.errors), caught.value


def test_stars() -> None:
    assert like("GET /notes/1", "GET /notes/*") and like("abc", "*") and like("abcabc", "a*c") and like("abc", "a*b*c")
    assert not like("aba", "ab*ba") and not like("abc", "b*") and not like("abc", "*b") and not like("abc", "a*x*c")
