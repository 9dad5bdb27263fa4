"""Measures `yett probe` on the public subjects.

    PYTHONPATH=bench python -m probe.measure vampi --sources SUBJECTS --python /usr/bin/python3.11 [--twin hardened] [--budget 300]

Prints for each documented hole whether it was found, every finding of medium or higher that is none of them and not known to be
true, the requests as the server counted them, and seconds. Exit code 0 where nothing was claimed that is not known to be true, 1
where something was, 2 where there was no report.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from probe.subjects import SUBJECTS, Subject, serving
from probe.watching import watched

COUNTED = ("medium", "high", "critical")
HERE = Path(__file__).parent
Finding = dict[str, Any]


def there(finding: Finding, where: str | list[str]) -> bool:
    """Whether a finding is about that operation, or one of those: "METHOD template", "*" for anything, or the beginning of a
    field's. One whose cause shows at several operations is about each of them."""
    for method, _, template in (one.partition(" ") for one in finding.get("also", ())):
        if there({"method": method, "template": template}, where):
            return True
    if isinstance(where, list):
        return any(there(finding, one) for one in where)
    if where == "*":
        return True
    method, _, template = where.partition(" ")
    told = str(finding.get("template", ""))
    if method not in ("*", finding.get("method")):
        return False
    return told == template or ("#" in template and told.startswith(template))


def compare(name: str, twin: str, findings: list[Finding]) -> tuple[list[tuple[str, Finding | None]], list[Finding]]:
    """Each documented hole with the finding that tells of it, and what is not known to be true."""
    truth = yaml.safe_load((HERE / "truth.yaml").read_text())[name]
    told: list[tuple[str, Finding | None]] = []
    for hole in truth["holes"]:
        mine = [one for one in findings if one.get("class") in hole["flaws"] and there(one, hole["where"])]
        mine = [one for one in mine if str(one.get("place", "")).startswith(hole.get("place", ""))]
        mine = [one for one in mine if hole.get("rule", one.get("rule")) == one.get("rule")]
        told.append((hole["name"], mine[0] if mine else None))
    known = [(flaw, where) for flaw, where, twins in truth["noted"] if twins in ("both", twin)]
    if twin == "weak":
        known += [(flaw, hole["where"]) for hole in truth["holes"] for flaw in hole["flaws"]]
    counted = [one for one in findings if one.get("severity") in COUNTED]
    return told, [one for one in counted if not any(one.get("class") == flaw and there(one, where) for flaw, where in known)]


def command(subject: Subject, origin: str, directory: Path, work: Path, options: argparse.Namespace) -> list[str]:
    """`yett probe` with everything that is known of the subject."""
    words = [str(options.yett), "probe", origin + subject.path, "--json", str(work / "report.json")]
    if subject.contract:
        words += ["--contract", str(directory / subject.contract)]
    if subject.identities:
        people = work / "identities.yaml"
        people.write_text(yaml.safe_dump(subject.identities, sort_keys=False))
        words += ["--identities", str(people)]
    return [*words, "--budget", f"{options.budget}s", "--rate", str(options.rate), *options.more]


def show(told: list[tuple[str, Finding | None]], wrong: list[Finding], findings: list[Finding]) -> None:
    for name, finding in told:
        how = (
            f"found: {finding['class']} {finding.get('method')} {finding.get('template')} {finding.get('place')}"
            if finding
            else "MISSED"
        )
        print(f"  {name:45} {how}")
    for one in wrong:
        words = (str(one.get(key, "")) for key in ("severity", "confidence", "class", "method", "template", "place", "rule"))
        print(f"  not known to be true: {' '.join(words)}")
    counted = sum(one.get("severity") in COUNTED for one in findings)
    found = sum(bool(one) for _, one in told)
    print(f"  {found} of {len(told)} found; {len(findings)} findings, {counted} of medium or higher, {len(wrong)} unknown")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("subject", choices=sorted(SUBJECTS))
    parser.add_argument("--sources", type=Path, required=True, help="see subjects.py")
    parser.add_argument("--python", default=sys.executable, help="that runs the subject")
    parser.add_argument("--yett", type=Path, default=Path(sys.executable).with_name("yett"), help="the program to measure")
    parser.add_argument("--twin", default="weak")
    parser.add_argument("--budget", type=int, default=300)
    parser.add_argument("--rate", type=int, default=100)
    parser.add_argument("--keep", type=Path, help="where the report and the log go")
    parser.add_argument("--more", action="append", default=[], help="a further argument of yett probe; may be given again")
    options = parser.parse_args()
    subject = SUBJECTS[options.subject]
    with tempfile.TemporaryDirectory() as place, tempfile.TemporaryDirectory() as own:
        os.chmod(place, 0o755)
        with serving(subject, options.twin, options.sources, Path(place), options.python) as served:
            words = command(subject, served.origin, served.directory, Path(own), options)
            ended = watched(words, Path(own), options.budget * 2 + 60)
            asked = served.asked()
        how = f"{ended.seconds:.1f} s, {ended.peak_kilobytes / 1024:.0f} MB, exit code {ended.code}"
        print(f"{subject.name} {options.twin}: {asked} requests at the server, {how}")
        if ended.first:
            print(f"  first finding after {ended.first[0]:.1f} s and {ended.first[1]} requests")
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            stem = f"{subject.name}-{options.twin}"
            (options.keep / f"{stem}.log").write_text(ended.printed)
            (options.keep / f"{stem}-requests.log").write_text(served.log.read_text())
        report = Path(own) / "report.json"
        if not report.exists():
            print(f"  no report: {ended.printed[-600:]}")
            return 2
        if options.keep:
            (options.keep / f"{stem}.json").write_text(report.read_text())
        document = json.loads(report.read_text())
        findings = document["findings"] if isinstance(document, dict) else document
    told, wrong = compare(subject.name, options.twin, findings)
    show(told, wrong, findings)
    if confirmed := sum(bool(one) for _, one in told):
        print(
            f"  {asked / confirmed:.0f} requests and {ended.seconds / confirmed:.1f} s for each documented hole that was found"
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
