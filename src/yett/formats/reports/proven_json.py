"""Findings of active testing as JSON: one document, with the run, what was not tried, and what could not be removed.

Version 1 of the finding: v, fingerprint, rule, class, owasp, cwe, severity, confidence, method, template, place, identities,
reasons, steps, control, curl, reproducer; `also` where one cause showed the same at other operations; and title, text and
accepted for people. The steps of a finding in source are places in files: file, line, column, function, code and note. Only ASCII
is written, so nothing steers a terminal. It must not know where findings come from.
"""

import json
from collections.abc import Iterable
from typing import Any

import msgspec

from yett.formats.reports.proofs import Left, Proof, ProofStep, Run, SourceRead
from yett.formats.reports.sarif import when
from yett.formats.reports.values import Reported
from yett.model.finding import Finding
from yett.model.source import Spot

VERSION = 1
MOST = 64 * 1024 * 1024
"""Octets of a document that is read again."""


class JsonError(Exception):
    """A document that is none of ours: what is wrong, and where."""


def proven_json(reported: Iterable[Reported], run: Run) -> str:
    """A whole document, ending in a line end."""
    document = {
        "v": VERSION,
        "tool": "yett",
        "tool_version": run.version,
        "target": run.target,
        "started": when(run.started),
        "seconds": round(run.seconds, 3),
        "requests": run.requests,
        "seed": run.seed,
        "identities": list(run.identities),
        "complete": not run.incomplete,
        "incomplete": run.incomplete,
        "findings": [finding_json(one) for one in reported],
        "operations": [{"name": one.name, "statuses": list(one.statuses), "works": one.works} for one in run.operations],
        "skipped": [_left(one) for one in run.skipped],
        "remaining": [_left(one) for one in run.remaining],
        **({"source": _source(run.source)} if run.source is not None else {}),
    }
    return json.dumps(document, indent=1).replace("\x7f", "\\u007f") + "\n"


def _source(one: SourceRead) -> dict[str, Any]:
    told: dict[str, Any] = {
        "directory": one.directory,
        "files": one.files,
        "lines": one.lines,
        "routes": list(one.routes),
    }
    if one.compared is not None:
        told["compared"] = [
            {
                "class": each.flaw,
                "operation": each.operation,
                "source": each.source,
                "live": each.live,
                "state": "confirmed" if each.source and each.live else "source only" if each.source else "live only",
            }
            for each in one.compared
        ]
    return told


def _left(one: Left) -> dict[str, str]:
    return {"place": one.place, "why": one.why}


def finding_json(one: Reported) -> dict[str, Any]:
    """One finding as builtin values. A finding without a proof has empty steps and no class."""
    finding, proof = one.finding, one.proof or Proof(flaw="")
    return {
        "v": VERSION,
        "fingerprint": finding.fingerprint,
        "rule": finding.rule,
        "class": proof.flaw,
        "owasp": list(proof.owasp),
        "cwe": list(proof.cwe),
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "method": proof.method,
        "template": proof.template,
        "place": finding.place,
        "identities": list(proof.identities),
        "title": finding.title,
        "text": finding.text,
        "reasons": list(finding.reasons),
        "steps": [_step(step) for step in proof.steps] or [_spot(spot) for spot in proof.flow],
        "control": [_step(step) for step in proof.control],
        "curl": proof.curl,
        "reproducer": proof.reproducer,
        **({"also": list(proof.also)} if proof.also else {}),
        "file": finding.file,
        "line": finding.line,
        **({"column": proof.column, "function": proof.function} if proof.flow else {}),
        "accepted": one.accepted,
    }


def _spot(spot: Spot) -> dict[str, Any]:
    return {name: getattr(spot, name) for name in Spot.__struct_fields__}


def _step(step: ProofStep) -> dict[str, Any]:
    return {
        "identity": step.identity,
        "method": step.method,
        "target": step.target,
        "fields": [list(pair) for pair in step.fields],
        "body": step.body,
        "status": step.status,
        "answer_fields": [list(pair) for pair in step.answer_fields],
        "answer": step.answer,
        "seconds": round(step.seconds, 4),
        "note": step.note,
    }


class _Read(msgspec.Struct, rename={"flaw": "class"}):
    """A finding as it stands in a document."""

    v: int
    fingerprint: str
    rule: str
    flaw: str
    severity: str
    confidence: str
    method: str = ""
    template: str = ""
    place: str = ""
    title: str = ""
    text: str = ""
    file: str = ""
    line: int = 0
    accepted: str = ""
    curl: str = ""
    reproducer: str = ""
    owasp: tuple[str, ...] = ()
    cwe: tuple[int, ...] = ()
    identities: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    column: int = 0
    function: str = ""
    also: tuple[str, ...] = ()
    steps: tuple[dict[str, Any], ...] = ()
    control: tuple[ProofStep, ...] = ()


class _Document(msgspec.Struct):
    v: int
    findings: tuple[_Read, ...]


def read_proven_json(text: bytes) -> tuple[Reported, ...]:
    """The findings of a document that `proven_json` wrote, to repeat or compare them. Raises JsonError."""
    if len(text) > MOST:
        raise JsonError(f"the report is larger than {MOST // 1_048_576} MiB")
    try:
        document = msgspec.json.decode(text, type=_Document)
        if document.v != VERSION or any(one.v != VERSION for one in document.findings):
            raise JsonError(f"the report is of another version than {VERSION}; make it again")
        return tuple(_reported(one) for one in document.findings)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise JsonError(f"not a report that --json wrote: {error}") from None


def _reported(one: _Read) -> Reported:
    named = {name: getattr(one, name) for name in ("fingerprint", "rule", "place", "title", "text", "file", "line", "reasons")}
    operation = f"{one.method} {one.template}".strip()
    graded = msgspec.convert({**named, "operation": operation, "severity": one.severity, "confidence": one.confidence}, Finding)
    shared = {name: getattr(one, name) for name in Proof.__struct_fields__ if name not in ("steps", "flow")}
    shared["steps"] = tuple(msgspec.convert(step, ProofStep) for step in one.steps if "method" in step)
    shared["flow"] = tuple(msgspec.convert(step, Spot) for step in one.steps if "method" not in step)
    return Reported(graded, one.accepted, Proof(**shared))
