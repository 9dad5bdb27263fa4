"""The Core Rule Set's own regression suite: `make conformance CRS=path`, or `python -m attacks.conformance --crs PATH`.

PATH is an unpacked release (https://github.com/coreruleset/coreruleset/releases; the archive without "-minimal") with `rules`,
`crs-setup.conf.example` and `tests/regression/tests`. Every test of the suite is run and counted: none is skipped, none is
expected to fail, and the lists of deviations that the suite has for other engines are not read.

  --engine yett|gateway|libmodsecurity
                                 whom to judge: Yett's engine for rules behind a tolerant server, as the suite was written for;
                                 the same behind Yett's own front, which refuses some of the suite's requests; or libmodsecurity,
                                 which tells how far the runner itself is right
  --failed                       one line for each failed test: its id, what was expected, what was found
  --only TEXT                    only tests whose id starts with TEXT, such as 942100 or 942100-3
  --at-least PERCENT             exit code 1 below that (default 99.5)
"""

import argparse
import re
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

from attacks import engines
from attacks.ftw import Stage, Trial, read_trials

ENGINES = ("yett", "gateway", "libmodsecurity")


class Failure(msgspec.Struct, frozen=True):
    """A test that did not come out as expected, with the reasons, one for each stage at most."""

    trial: Trial
    reason: str
    refused: str

    def line(self) -> str:
        words = " ".join(self.trial.description.split())[:100]
        front = f" (refused before any rule: {self.refused})" if self.refused else ""
        return f"{self.trial.name:12} {self.reason}{front}\n             {words}"


def run(trials: Iterable[Trial], engine: engines.Engine) -> list[Failure]:
    """Run each test once; those that failed."""
    failures = []
    for trial in trials:
        for stage in trial.stages:
            seen = engine.see(stage.request)
            reason = judge(stage, seen)
            if reason:
                failures.append(Failure(trial, reason, seen.refused))
                break
    return failures


def judge(stage: Stage, seen: engines.Seen) -> str:
    """Why the stage failed, empty if it passed. An expected error decides alone, as in go-ftw; then the status, then the log."""
    if stage.error:
        return "" if not seen.status else f"an answer ({seen.status}) where none is expected"
    if not seen.status:
        return "no answer"
    if stage.status and stage.status != seen.status:
        return f"status {seen.status}, expected {stage.status}"
    missing = [one for one in stage.expect if one not in seen.rules]
    if missing:
        return f"missing {missing}, found {sorted(seen.rules)}"
    unwanted = [one for one in stage.no_expect if one in seen.rules]
    if unwanted:
        return f"unwanted {unwanted}"
    if stage.matches and not _found(stage.matches, seen.lines):
        return f"nothing in the log matches {stage.matches!r}"
    if stage.no_match and _found(stage.no_match, seen.lines):
        return f"the log matches {stage.no_match!r}"
    return ""


def _found(pattern: str, lines: Iterable[str]) -> bool:
    return any(re.search(pattern, line) for line in lines)


def engine(name: str, directory: Path) -> engines.Engine:
    if name == "libmodsecurity":
        return engines.OracleEngine(directory)
    from attacks import conforming  # not needed to try the runner itself

    return conforming.YettEngine(directory) if name == "yett" else conforming.GatewayEngine(directory)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="attacks.conformance", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--crs", type=Path, required=True)
    parser.add_argument("--engine", default="yett", choices=ENGINES)
    parser.add_argument("--failed", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--at-least", type=float, default=99.5)
    options = parser.parse_args()
    trials = [one for one in read_trials(options.crs / "tests/regression/tests") if f"{one.name}-".startswith(options.only)]
    if not trials:
        raise SystemExit(f"no tests in {options.crs / 'tests/regression/tests'}")
    started = time.perf_counter()
    failures = run(trials, engine(options.engine, options.crs))
    seconds = time.perf_counter() - started
    if options.failed:
        for failure in failures:
            print(failure.line())
    passed = len(trials) - len(failures)
    percent = 100 * passed / len(trials)
    print(
        f"{options.engine}: {passed} of {len(trials)} tests passed ({percent:.2f} %), {len(failures)} failed, in {seconds:.1f} s"
    )
    return 0 if percent >= options.at_least else 1


if __name__ == "__main__":
    sys.exit(main())
