"""The table of a comparison: what each tool claimed, how many documented holes that tells of, what of it does not hold.

    PYTHONPATH=bench python -m probe.judging [--kept bench/out/probe/compared] [--claims]

--claims prints every claim with its verdict. The rules are in `judged.yaml` for other tools, in `truth.yaml` for `yett probe`,
whose findings count from medium on; a claim for which there is no rule is unjudged. Exit code 1 where there is one.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import yaml

from probe.claims import Claim, claims
from probe.measure import HERE, compare, there

Facts = dict[str, Any]


def findings(claim: Claim, flaws: list[str]) -> list[Facts]:
    """A claim as findings of all classes that it could mean. One without an operation is about any."""
    return [{"class": flaw, "method": claim.method, "template": claim.template, "severity": "medium"} for flaw in flaws]


def holes(claim: Claim, flaws: list[str], documented: list[Facts]) -> list[str]:
    """The names of documented holes that a claim could mean."""
    found = []
    for hole in documented:
        same = set(flaws) & set(hole["flaws"])
        if same and (not claim.method or any(there(one, hole["where"]) for one in findings(claim, list(same)))):
            found.append(str(hole["name"]))
    return found


def judge(tool: str, facts: Facts, made: list[Claim]) -> list[tuple[Claim, str, list[str]]]:
    """Each claim with "hole", "true", "untrue" or "unjudged", and the documented holes that it tells of."""
    rules = yaml.safe_load((HERE / "judged.yaml").read_text())[tool]
    documented = yaml.safe_load((HERE / "truth.yaml").read_text())[facts["subject"]]["holes"] if facts["twin"] == "weak" else []
    told = []
    for claim in made:
        names = holes(claim, rules["means"].get(claim.kind, []), documented)
        verdict = "hole" if names else "unjudged"
        for kind, where, twins, holds, _ in rules["judged"] if not names else ():
            place = {"method": claim.method, "template": claim.template}
            if kind == claim.kind and twins in ("both", facts["twin"]) and there(place, where):
                verdict = "true" if holds else "untrue"
                break
        told.append((claim, verdict, names))
    return told


def own(facts: Facts, run: Path) -> list[tuple[Claim, str, list[str]]]:
    """The same for `yett probe`, whose report is already in the words of `truth.yaml`."""
    reported = json.loads((run / "yett.json").read_text())["findings"]
    told, wrong = compare(facts["subject"], facts["twin"], reported)
    names: dict[Claim, list[str]] = {}
    for name, finding in told if facts["twin"] == "weak" else ():
        if finding:
            names.setdefault(_claim(finding), []).append(name)
    bad = {_claim(one) for one in wrong}
    every = sorted({*claims("yett", run), *names})
    return [(one, "hole" if one in names else "unjudged" if one in bad else "true", names.get(one, [])) for one in every]


def _claim(finding: Facts) -> Claim:
    return Claim(finding["class"], finding.get("method", ""), finding.get("template", ""), str(finding.get("place", "")))


def rows(kept: Path) -> list[tuple[Facts, list[tuple[Claim, str, list[str]]]]]:
    """All runs there, in the order of subject, time and tool."""
    found = []
    for file in kept.glob("*/run.json"):
        facts = json.loads(file.read_text())
        tool = facts["tool"]
        if tool == "yett" and not (file.parent / "yett.json").exists():
            continue
        judged = own(facts, file.parent) if tool == "yett" else judge(tool, facts, claims(tool, file.parent))
        found.append((facts, judged))
    order = ["schemathesis", "offat", "wapiti", "graphql-cop", "yett"]
    key = {"weak": 0, "hardened": 1}
    return sorted(
        found, key=lambda one: (one[0]["subject"] != "vampi", key[one[0]["twin"]], one[0]["limit"], order.index(one[0]["tool"]))
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kept", type=Path, default=Path("bench/out/probe/compared"))
    parser.add_argument("--claims", action="store_true")
    options = parser.parse_args()
    documented = yaml.safe_load((HERE / "truth.yaml").read_text())
    print("| subject | time | tool | requests | seconds | claims | holes found | untrue | peak MB |")
    print("|---|--:|---|--:|--:|--:|--:|--:|--:|")
    unjudged = 0
    for facts, judged in rows(options.kept):
        verdicts = [verdict for _, verdict, _ in judged]
        names = sorted({name for _, _, each in judged for name in each})
        of = f"{len(names)} of {len(documented[facts['subject']]['holes'])}" if facts["twin"] == "weak" else "-"
        words = [f"{facts['subject']} {facts['twin']}", f"{facts['limit']} s", f"{facts['tool']} {facts['version']}".strip()]
        words += [f"{facts['requests']:,}", f"{facts['seconds']:.0f}", str(len(judged)), of, str(verdicts.count("untrue"))]
        print(f"| {' | '.join(words)} | {facts['peak_kilobytes'] / 1024:.0f} |")
        unjudged += verdicts.count("unjudged")
        for claim, verdict, each in judged:
            if options.claims or verdict == "unjudged":
                print(f"    {verdict}: {' '.join(filter(None, claim))} {each or ''}")
    return 1 if unjudged else 0


if __name__ == "__main__":
    sys.exit(main())
