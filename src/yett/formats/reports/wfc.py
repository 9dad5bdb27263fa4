"""Findings of active testing as a report of Web Fuzzing Commons (github.com/WebFuzzing/Commons), schema of release 0.6.0.

The numbers of its fault categories changed between releases and its schema allows 100 to 104, 200 to 206 and 900 to 999 only;
classes that have none of the first two get a number from 900, which stays as it is, and name themselves in `context`. The schema
demands a member `endpointId` of a found fault and describes it as `operationId`: both are written. It must not know where findings
come from.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from yett.formats.reports.proofs import Run
from yett.formats.reports.values import Reported
from yett.model.probe import Flaw

SCHEMA_VERSION = "0.6.0"
CODES = {
    Flaw.SERVER_ERROR: 100,
    Flaw.CONTRACT_VIOLATION: 101,
    Flaw.SQL_INJECTION: 200,
    Flaw.CROSS_SITE_SCRIPTING: 201,
    Flaw.SSRF: 202,
    Flaw.MASS_ASSIGNMENT: 203,
    Flaw.BOLA_READ: 206,
    Flaw.BOLA_WRITE: 206,
    Flaw.BOLA_DELETE: 206,
    Flaw.BFLA: 206,
    Flaw.ANONYMOUS_ACCESS: 206,
}
"""Categories of the standard (fault_categories.json of that release)."""
_LATER = (
    Flaw.CODE_INJECTION,
    Flaw.OPEN_REDIRECT,
    Flaw.UNSAFE_DESERIALISATION,
    Flaw.HARD_CODED_SECRET,
    Flaw.WEAK_HASH,
)
"""Classes that came after the others had their numbers, in the order in which they came."""
_OWN = 900
_OTHER = 999
_SUITE = "findings.json"


def code(flaw: str) -> int:
    """The number of a class; 999 for one that is not of the closed list."""
    try:
        known = Flaw(flaw)
    except ValueError:
        return _OTHER
    if known in CODES:
        return CODES[known]
    own = [*sorted(one.value for one in Flaw if one not in CODES and one not in _LATER), *(one.value for one in _LATER)]
    return _OWN + own.index(known.value)


def wfc(reported: Iterable[Reported], run: Run) -> str:
    """A whole document. Accepted findings are left out: the format has no place for them."""
    listed = [one for one in reported if not one.accepted]
    calls = sum(len(one.proof.steps) + len(one.proof.control) for one in listed if one.proof)
    document: dict[str, Any] = {
        "schemaVersion": SCHEMA_VERSION,
        "toolName": "Yett",
        "toolVersion": run.version,
        "creationTime": _moment(run.started + run.seconds),
        "faults": {
            "totalNumber": len({(_code(one), _context(one)) for one in listed}),
            "foundFaults": [_fault(one) for one in listed],
        },
        "problemDetails": {"rest": _rest(listed, run, calls)},
        "totalTests": len(listed),
        "testFilePaths": [_SUITE] if listed else [],
        "testCases": [_case(one) for one in listed],
        "executionTimeInSeconds": round(run.seconds),
        "warnings": _warnings(run),
    }
    return json.dumps(document, indent=1).replace("\x7f", "\\u007f") + "\n"


def _moment(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return "1970-01-01T00:00:00Z"


def _code(one: Reported) -> int:
    return code(one.proof.flaw) if one.proof else _OTHER


def _context(one: Reported) -> str:
    finding = one.finding
    return " ".join(filter(None, (one.proof.flaw if one.proof else finding.rule, finding.operation, finding.place)))


def _endpoint(method: str, template: str) -> str:
    return f"{method}:{template}" if method or template else "*"


def _of(one: Reported) -> str:
    return _endpoint(one.proof.method, one.proof.template) if one.proof else one.finding.operation or "*"


def _fault(one: Reported) -> dict[str, Any]:
    return {
        "operationId": _of(one),
        "endpointId": _of(one),
        "testCaseId": one.finding.fingerprint,
        "faultCategories": [{"code": _code(one), "context": _context(one)}],
    }


def _case(one: Reported) -> dict[str, Any]:
    return {"id": one.finding.fingerprint, "filePath": _SUITE, "name": one.finding.title}


def _rest(listed: list[Reported], run: Run, calls: int) -> dict[str, Any]:
    names = {one.name: _endpoint(*one.name.split(" ", 1)) if " " in one.name else one.name for one in run.operations}
    seen: dict[tuple[str, str], set[int]] = {}
    for one in listed:
        steps = (*one.proof.steps, *one.proof.control) if one.proof else ()
        seen.setdefault((_of(one), one.finding.fingerprint), set()).update(step.status for step in steps if step.status)
    return {
        "outputHttpCalls": calls,
        "evaluatedHttpCalls": run.requests,
        "endpointIds": sorted({*names.values(), *(_of(one) for one in listed)}),
        "coveredHttpStatus": [
            {"endpointId": endpoint, "testCaseId": case, "httpStatus": sorted(statuses)}
            for (endpoint, case), statuses in sorted(seen.items())
        ],
    }


def _warnings(run: Run) -> list[dict[str, Any]]:
    every = [("incomplete", run.incomplete)] if run.incomplete else []
    every += [("skipped", f"{one.place}: {one.why}") for one in run.skipped[:500]]
    every += [("remaining", f"{one.place}: {one.why}") for one in run.remaining[:500]]
    return [{"message": message, "category": category, "displayPriority": 1} for category, message in every]
