"""Scores `yett probe` on the lab: what it finds on the weak twins, what it claims wrongly on both, what it leaves behind.

    python -m labs.score                               every lab, over five seeds that were not used in development
    python -m labs.score --seeds 1-3 objects flows     some labs, over others
    python -m labs.score --json lab.json --keep DIR    with everything in a file, and the reports of each run

Exit code 0 where every planted hole was found and nothing was claimed wrongly, 1 where not, 2 where a run was void.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from labs import catalogue, repeating, serving
from labs.catalogue import Planted
from labs.house import House
from labs.style import HELD_OUT

COUNTED = ("medium", "high", "critical")
HELD_SEEDS = tuple(range(HELD_OUT, HELD_OUT + 5))
BUDGET = 60

Finding = dict[str, Any]


class Run(NamedTuple):
    """One twin, probed. void: why the run tells nothing; "" where it does. left: what was there afterwards and not before.
    repeated: reproducers that said on new instances what is true of them; unrepeated: what the others said."""

    lab: str
    seed: int
    fixed: bool
    void: str
    found: list[Planted]
    missed: list[Planted]
    wrong: list[Finding]
    twice: list[Finding]
    requests: int
    seconds: float
    left: list[str]
    findings: Sequence[Finding] = ()
    unrepeated: Sequence[str] = ()
    repeated: int = 0

    @property
    def title(self) -> str:
        return f"{self.lab} {self.seed} {'fixed' if self.fixed else 'weak'}"


def matches(planted: Planted, finding: Finding, declared: frozenset[tuple[str, str]]) -> bool:
    """Whether this finding tells of that hole; one without a place is about the operation as a whole."""
    if finding.get("class") not in planted.flaws:
        return False
    there = [(str(finding.get("method", "")), str(finding.get("template", "")))]
    there += [(method, template) for method, _, template in (one.partition(" ") for one in finding.get("also", ()))]
    if planted.method == "-":
        return there[0] not in declared
    if planted.method == "*":
        return True
    place = str(finding.get("place", ""))
    return (planted.method, planted.template) in there and (not place or place.startswith(planted.place))


def compare(
    house: House, name: str, findings: list[Finding]
) -> tuple[list[Planted], list[Planted], list[Finding], list[Finding]]:
    """Found, missed, claimed wrongly (medium and above), and told more than once."""
    planted, noted = catalogue.truth(name, house)
    declared = frozenset((route.method, route.path) for route in house.routes.values() if route.declared)
    found = [one for one in planted if any(matches(one, finding, declared) for finding in findings)]
    known = [*planted, *noted]
    counted = [one for one in findings if one.get("severity") in COUNTED]
    wrong = [one for one in counted if not any(matches(hole, one, declared) for hole in known)]
    keys = Counter((one.get("class"), one.get("method"), one.get("template"), one.get("place")) for one in counted)
    twice = [one for one in counted if keys[(one.get("class"), one.get("method"), one.get("template"), one.get("place"))] > 1]
    return found, [one for one in planted if one not in found], wrong, twice[1:]


def read(path: Path) -> list[Finding]:
    """The findings of a report. Raises ValueError where it is none."""
    document = json.loads(path.read_text())
    findings = document.get("findings") if isinstance(document, dict) else document
    if not isinstance(findings, list):
        raise ValueError("the report holds no list of findings")  # noqa: TRY004  wrong content, not a wrong argument
    return findings


def run(name: str, seed: int, fixed: bool, options: argparse.Namespace) -> Run:
    """Serves one twin, probes it, and holds the report against the truth."""
    house = catalogue.build(name, seed, fixed=fixed)
    with tempfile.TemporaryDirectory() as temporary, serving.serving(house) as served:
        directory = Path(temporary)
        contract, people = serving.write(house, served.origin, directory)
        before, began = _state(house), time.monotonic()
        report = (options.keep or directory) / f"{name}-{seed}-{'fixed' if fixed else 'weak'}.json"
        command = [str(options.yett), "probe", served.origin + (house.graphql or "")]
        command += ["--contract", str(contract), "--identities", str(people), "--json", str(report)]
        command += ["--budget", f"{options.budget}s", "--fail-on", "medium", *options.more]
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=options.budget * 2 + 30, check=False, cwd=directory
        )
        seconds = time.monotonic() - began
        (options.keep or directory).joinpath(f"{report.stem}.log").write_text(ended.stdout + ended.stderr)
        left = sorted(_state(house) - before) + house.harm
        try:
            findings = read(report)
        except (OSError, ValueError) as error:
            void = f"exit code {ended.returncode}, {error}: {(ended.stderr or ended.stdout)[-300:].strip()}"
            return Run(name, seed, fixed, void, [], [], [], [], len(served.asked), seconds, left)
        return Run(name, seed, fixed, "", *compare(house, name, findings), len(served.asked), seconds, left, findings)


def _state(house: House) -> set[str]:
    """What there is, told apart by what it is and holds, but for what changes by being used."""
    users = {f"user {name}: {user.record['role']}, {user.record['password'][:4]}…" for name, user in house.users.items()}
    records = house.objects.items()
    return users | {f"object {key}: {json.dumps(one, sort_keys=True)}" for key, one in records}


def repeated(one: Run, fixed: Sequence[Run]) -> Run:
    """A weak run, with what its reproducers say of new instances. fixed: runs of fixed twins, whose findings may stay there."""
    if one.fixed or one.void:
        return one
    twin = [finding for other in fixed if (other.lab, other.seed) == (one.lab, one.seed) for finding in other.findings]
    known = frozenset(str(finding.get("fingerprint")) for finding in twin)
    told = repeating.repeat(one.lab, one.seed, one.findings, known)
    bad = [f"{each.title}: weak {each.weak}, fixed {each.fixed or '-'}: {each.said}" for each in told if not each.good]
    return one._replace(unrepeated=bad, repeated=len(told) - len(bad))


def show(runs: Sequence[Run]) -> bool:
    """Prints the table; whether everything is as it should be."""
    good = True
    for lab in dict.fromkeys(one.lab for one in runs):
        mine = [one for one in runs if one.lab == lab]
        weak, fixed = [one for one in mine if not one.fixed], [one for one in mine if one.fixed]
        found, planted = sum(len(one.found) for one in weak), sum(len(one.found) + len(one.missed) for one in weak)
        wrong, wrong_weak = sum(len(one.wrong) for one in fixed), sum(len(one.wrong) for one in weak)
        requests, seconds = sum(one.requests for one in mine), sum(one.seconds for one in mine)
        left = sum(len(one.left) for one in mine)
        void = sum(bool(one.void) for one in mine)
        repeats, failed = sum(one.repeated for one in weak), sum(len(one.unrepeated) for one in weak)
        good &= not failed and found == planted and not (wrong or wrong_weak or left or void)
        print(
            f"{lab:15} found {found:3}/{planted:<3} wrong on fixed {wrong:3}, on weak {wrong_weak:3}, left {left:3}, "
            f"void {void:2}, repeated {repeats:3}/{repeats + failed:<3}, "
            f"{requests / len(mine):6.0f} requests and {seconds / len(mine):5.1f} s a run"
        )
    return good


def tell(one: Run) -> None:
    """What one run did not get right."""
    if one.void:
        print(f"  {one.title}: void: {one.void}")
    for hole in one.missed:
        print(f"  {one.title}: missed {hole.flaws[0]} of {hole.method} {hole.template} {hole.place} ({hole.key})")
    for finding in one.wrong:
        which = " ".join(str(finding.get(name, "")) for name in ("severity", "class", "method", "template", "place", "rule"))
        print(f"  {one.title}: wrong {which}")
    for text in one.unrepeated:
        print(f"  {one.title}: not repeated {text}")
    for text in one.left[:3]:
        print(f"  {one.title}: left {text[:120]}")
    if len(one.left) > 3:
        print(f"  {one.title}: left {len(one.left) - 3} more")
    for finding in one.twice:
        print(
            f"  {one.title}: twice {finding.get('class')} {finding.get('method')} {finding.get('template')} {finding.get('place')}"
        )


def _seeds(text: str) -> list[int]:
    seeds: list[int] = []
    for piece in text.split(","):
        first, _, last = piece.partition("-")
        seeds += range(int(first), int(last or first) + 1)
    return seeds


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labs", nargs="*", metavar="LAB", help=", ".join(catalogue.NAMES))
    parser.add_argument("--seeds", type=_seeds, default=list(HELD_SEEDS), help="such as 1-3 or 4,7")
    parser.add_argument("--twin", choices=("both", "weak", "fixed"), default="both")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--budget", type=int, default=BUDGET, help="seconds a run")
    parser.add_argument("--yett", type=Path, default=Path(sys.executable).with_name("yett"), help="the program to score")
    parser.add_argument("--no-repeat", action="store_true", help="leave out the reproducers")
    parser.add_argument("--json", type=Path, help="where everything goes")
    parser.add_argument("--keep", type=Path, help="a directory for the reports of each run")
    parser.add_argument("--more", action="append", default=[], help="a further argument of yett probe; may be given again")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.labs if name not in catalogue.NAMES]:
        parser.error(f"there is no lab {unknown[0]!r}; there are {', '.join(catalogue.NAMES)}")
    if options.keep:
        options.keep = options.keep.resolve()
        options.keep.mkdir(parents=True, exist_ok=True)
    twins = {"both": (False, True), "weak": (False,), "fixed": (True,)}[options.twin]
    plan = [(name, seed, fixed) for name in options.labs or catalogue.NAMES for seed in options.seeds for fixed in twins]
    plan = [one for one in plan if one[0] not in catalogue.SEEDLESS or one[1] == options.seeds[0]]
    with ThreadPoolExecutor(options.jobs) as pool:
        runs = list(pool.map(lambda planned: run(*planned, options), plan))
        if not options.no_repeat:
            fixed = [one for one in runs if one.fixed]
            runs = list(pool.map(lambda one: repeated(one, fixed), runs))
    for one in runs:
        tell(one)
    good = show(runs)
    if options.json:
        options.json.write_text(json.dumps([one._asdict() for one in runs], indent=1, default=str))
    return 2 if any(one.void for one in runs) else 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
