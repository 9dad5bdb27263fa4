"""What each tool claims, read from its own report into one form. It must not know what is true of a subject.

A claim is what a reader would have to look into: one kind of thing, of one operation (and parameter where the tool tells it),
however often and with whatever values the tool reports it.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from probe.measure import COUNTED


class Claim(NamedTuple):
    """kind: in the tool's words. method, template: "" where the tool names none."""

    kind: str
    method: str
    template: str
    place: str


def templates(run: Path) -> list[str]:
    """The path templates of the contract of this run; none where there was none."""
    path = run / "contract.json"
    return list(yaml.safe_load(path.read_text())["paths"]) if path.exists() else []


def templated(path: str, known: list[str]) -> str:
    """A path that was called, as the template with most literal segments that it fits; itself where none does."""
    path = path.split("?")[0]
    parts = path.split("/")
    fits = []
    for template in known:
        wanted = template.split("/")
        same = len(wanted) == len(parts) or (len(wanted) < len(parts) and wanted[-1].startswith("{"))
        if same and all(one.startswith("{") or one == part for one, part in zip(wanted, parts, strict=False)):
            fits.append((sum(not one.startswith("{") for one in wanted), template))
    return max(fits)[1] if fits else path


def schemathesis(run: Path) -> Iterator[Claim]:
    """Its failures, by kind and operation. A failure of a sequence of calls is about the last one, which it prints."""
    for file in (run / "reports").glob("json-*.json"):
        for failure in json.loads(file.read_text())["failures"]:
            for operation in failure["operations"]:
                method, _, template = operation.partition(" ")
                if template.startswith("/"):
                    yield Claim(failure["title"], method, template, "")
                elif operation == "Stateful tests":
                    yield from _last_calls(run, failure["code"], failure["title"])
                else:
                    yield Claim(failure["title"], "", "", operation)


def _last_calls(run: Path, code: str, title: str) -> Iterator[Claim]:
    """Of each printed sequence with that failure: the last call."""
    known = templates(run)
    section = (run / "printed.txt").read_text().partition("_ Stateful tests _")[2].partition("\n===")[0]
    for block in section.split("Test Case ID:")[1:]:
        calls = [line.split() for line in block.splitlines() if line.strip().startswith("curl -X ")]
        if f"- {code} " in block and calls:
            path = "/" + calls[-1][-1].partition("://")[2].partition("/")[2]
            yield Claim(title, calls[-1][2], templated(path, known), "")


def offat(run: Path) -> Iterator[Claim]:
    """What it calls vulnerable, and what it calls a leak of data."""
    path, known = run / "offat.json", templates(run)
    for result in json.loads(path.read_text())["results"] if path.exists() else []:
        where = templated(result["endpoint"], known)
        if result["vulnerable"]:
            yield Claim(result["test_name"], result["method"], where, "")
        for name in result["data_leak"] or {}:
            yield Claim(f"Data leak: {name}", result["method"], where, "")


def wapiti(run: Path) -> Iterator[Claim]:
    """Vulnerabilities and anomalies; what it only tells (technologies) is none."""
    path, known = run / "wapiti.json", templates(run)
    report: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    for part in ("vulnerabilities", "anomalies"):
        for kind, ones in report.get(part, {}).items():
            for one in ones:
                yield Claim(kind, one["method"], templated(one["path"], known), str(one.get("parameter") or ""))


def graphql_cop(run: Path) -> Iterator[Claim]:
    """The tests whose result is true."""
    for line in (run / "printed.txt").read_text().splitlines():
        if line.startswith("[{"):
            for one in json.loads(line):
                if one["result"]:
                    yield Claim(one["title"], "", "", "")


def yett(run: Path) -> Iterator[Claim]:
    """Findings of medium or higher."""
    path = run / "yett.json"
    for one in json.loads(path.read_text())["findings"] if path.exists() else []:
        if one["severity"] in COUNTED:
            yield Claim(one["class"], one.get("method", ""), one.get("template", ""), str(one.get("place", "")))


READ = {"schemathesis": schemathesis, "offat": offat, "wapiti": wapiti, "graphql-cop": graphql_cop, "yett": yett}


def claims(tool: str, run: Path) -> list[Claim]:
    """All claims of a run, each once."""
    return sorted(set(READ[tool](run)))
