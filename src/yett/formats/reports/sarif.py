"""SARIF 2.1.0 (OASIS), as code scanning services read it: GitHub, GitLab, Azure DevOps, editors.

What such services demand beyond the standard is followed: every result has a physical location, `security-severity` stands with the
rule as a text, and relative paths stay below the root of the source. Only ASCII is written, so nothing steers a terminal.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from yett.formats.reports.proofs import Proof
from yett.formats.reports.values import Reported, RuleText, message, rules_of, where
from yett.model.finding import Finding
from yett.model.rule import Severity
from yett.model.source import Spot

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
"""SARIF knows three levels (3.27.10)."""
SCORES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
    Severity.INFO: "0.0",
}
"""`security-severity` in the middle of the bands of CVSS: low up to 3.9, medium to 6.9, high to 8.9, critical above."""

_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/!$&'()*+,;=@")


def sarif(reported: Iterable[Reported], rules: Mapping[str, RuleText], version: str, fallback: str = "yett") -> str:
    """A whole log with one run. version: of this program. fallback: path of what stands for findings that no file is the cause of,
    such as the catalog's."""
    listed = list(reported)
    known = rules_of(listed, rules)
    places = {rule: index for index, rule in enumerate(known)}
    run = {
        "tool": {"driver": _driver(known, version)},
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, places[one.finding.rule], fallback) for one in listed],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=1).replace("\x7f", "\\u007f") + "\n"


def _driver(known: Mapping[str, RuleText], version: str) -> dict[str, Any]:
    return {"name": "Yett", "semanticVersion": version, "rules": [_rule(rule) for rule in known.values()]}


def _rule(rule: RuleText) -> dict[str, Any]:
    tags = ["security", *rule.owasp, *(f"external/cwe/cwe-{number}" for number in rule.cwe)]
    links = "".join(f"\n* <{reference}>" for reference in rule.references)
    text = rule.manual or rule.title
    described: dict[str, Any] = {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.replace("_", "-").split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": text.partition("\n\n")[0]},
        "help": {"text": text, "markdown": f"{text}\n{links}" if links else text},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {
            "tags": tags,
            "precision": {"high": "high", "medium": "medium", "low": "low"}[rule.confidence.value],
            "security-severity": SCORES[rule.severity],
        },
    }
    if rule.references:
        described["helpUri"] = rule.references[0]
    return described


def _result(one: Reported, index: int, fallback: str) -> dict[str, Any]:
    finding = one.finding
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": LEVELS[finding.severity],
        "message": {"text": f"{where(finding)}: {message(finding)}" if where(finding) else message(finding)},
        "locations": [_location(finding, fallback, one.proof)],
        "partialFingerprints": {"yett/v1": finding.fingerprint},
        "properties": _properties(finding),
    }
    flow = one.proof.flow if one.proof is not None else ()
    if flow:
        steps = [{"location": _spot(spot, number)} for number, spot in enumerate(flow, 1)]
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    elif finding.evidence:
        result["relatedLocations"] = [
            {
                "id": number,
                "logicalLocations": [{"fullyQualifiedName": evidence.place}],
                "message": {"text": evidence.text or evidence.place},
            }
            for number, evidence in enumerate(finding.evidence, 1)
        ]
    if one.accepted:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": one.accepted}]
    return result


def _artifact(path: str) -> dict[str, Any]:
    found: dict[str, Any] = {"uri": uri(path)}
    if not found["uri"].startswith(("/", "file:")):
        found["uriBaseId"] = "%SRCROOT%"
    return found


def _spot(spot: Spot, number: int) -> dict[str, Any]:
    """A step of a flow through source (3.38)."""
    region = {"startLine": max(1, spot.line), "startColumn": max(1, spot.column)}
    return {
        "id": number,
        "physicalLocation": {"artifactLocation": _artifact(spot.file), "region": region},
        "message": {"text": spot.note or spot.code or spot.file},
    }


def _location(finding: Finding, fallback: str, proof: Proof | None) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": max(1, finding.line)}
    if proof is not None and proof.column:
        region["startColumn"] = proof.column
    physical: dict[str, Any] = {"artifactLocation": _artifact(finding.file or fallback), "region": region}
    logical = {
        "name": finding.operation or finding.service or finding.rule,
        "fullyQualifiedName": where(finding),
        "kind": "resource",
    }
    return {"physicalLocation": physical, "logicalLocations": [logical]}


def _properties(finding: Finding) -> dict[str, Any]:
    found: dict[str, Any] = {
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "security-severity": SCORES[finding.severity],
    }
    for name, moment in (("firstSeen", finding.first_seen), ("lastSeen", finding.last_seen)):
        text = when(moment)
        if text:
            found[name] = text
    return found


def uri(path: str) -> str:
    """A path as a URI reference (RFC 3986): absolute ones with "file:"; what is not allowed there is percent-encoded."""
    encoded = "".join(chr(octet) if octet in _SAFE else f"%{octet:02X}" for octet in path.encode("utf-8", "surrogateescape"))
    return f"file://{encoded}" if encoded.startswith("/") else encoded


def when(moment: float) -> str:
    """RFC 3339 in UTC; "" for 0 and for what no calendar has."""
    if not moment:
        return ""
    try:
        return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return ""
