"""Other tools and `yett probe` on the same subjects, for the same time, with the same users; requests counted at the server.

    PYTHONPATH=bench python -m probe.installing
    PYTHONPATH=bench python -m probe.comparing --sources SUBJECTS --python /usr/bin/python3.11 \\
        [--subjects vampi:weak vampi:hardened dvga:weak] [--tools yett schemathesis offat wapiti graphql-cop] [--seconds 60 300]

Each run has a fresh copy of the subject. What a tool prints and reports goes to --keep, one directory a run, with `run.json`: how
many requests, seconds, peak memory, how it ended. `probe.judging` then says what was found. VAmPI's tokens live for an hour here,
not for a minute as they are used to: OFFAT and Wapiti cannot log in again.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import yaml

from probe.installing import WHERE, version
from probe.peers import PEERS, Task
from probe.subjects import SUBJECTS, serving

GRACE = 30.0
"""Seconds after an interrupt before a tool is terminated, and after its time before it is interrupted, where it has a limit."""
LIVES = {"tokentimetolive": "3600"}
APPLY = {"dvga": ("schemathesis", "wapiti", "graphql-cop", "yett"), "vampi": ("schemathesis", "offat", "wapiti", "yett")}
"""OFFAT reads OpenAPI only, graphql-cop speaks GraphQL only."""


UNLIMITED = ("offat", "wapiti")
"""Tools that know no limit of time, or not one of the whole run."""


class Ended(NamedTuple):
    how: str
    seconds: float
    peak_kilobytes: int
    processor_seconds: float


def run(words: list[str], limit: float, place: Path, environment: dict[str, str] | None = None) -> Ended:
    """Runs a program; its output goes to place/printed.txt. What goes on beyond the limit is interrupted, then terminated. It reads
    "r" as answer to any question: so Wapiti writes its report."""
    signals = [(limit, signal.SIGINT), (limit + GRACE, signal.SIGTERM), (limit + 2 * GRACE, signal.SIGKILL)]
    told = ""
    (place / "answers.txt").write_text("r\n" * 20)
    with (place / "printed.txt").open("w") as printed, (place / "answers.txt").open() as answers:
        began = time.monotonic()
        started = subprocess.Popen(words, stdin=answers, stdout=printed, stderr=subprocess.STDOUT, cwd=place, env=environment)
        while True:
            done, status, used = os.wait4(started.pid, os.WNOHANG)
            spent = time.monotonic() - began
            if done:
                break
            if signals and spent > signals[0][0]:
                which = signals.pop(0)[1]
                started.send_signal(which)
                told = f", ended by {which.name} after {spent:.0f} s"
            time.sleep(0.05)
        started.returncode = os.waitstatus_to_exitcode(status)
    processor = used.ru_utime + used.ru_stime
    return Ended(f"exit code {started.returncode}{told}", spent, used.ru_maxrss, processor)


def yett(task: Task, program: Path) -> list[str]:
    """`yett probe` as its manual says, with the same contract and users."""
    words = [str(program), "probe", task.served.origin + task.subject.path, "--json", str(task.work / "yett.json")]
    if task.subject.contract:
        words += ["--contract", str(task.served.directory / task.subject.contract)]
    if task.subject.identities:
        people = task.work / "identities.yaml"
        people.write_text(yaml.safe_dump(task.subject.identities, sort_keys=False))
        words += ["--identities", str(people)]
    return [*words, "--budget", f"{task.seconds}s"]


def one(name: str, twin: str, tool: str, seconds: int, options: argparse.Namespace) -> str:
    """One run, and a line that tells of it."""
    subject = SUBJECTS[name]
    title = f"{name}-{twin}-{tool}-{seconds}"
    keep = options.keep / title
    shutil.rmtree(keep, ignore_errors=True)
    with tempfile.TemporaryDirectory() as place, tempfile.TemporaryDirectory() as own:
        os.chmod(place, 0o755)
        with serving(subject, twin, options.sources, Path(place), options.python, LIVES) as served:
            task = Task(subject, served, options.venvs.resolve(), options.sources, Path(own), seconds)
            words = yett(task, options.yett) if tool == "yett" else PEERS[tool](task)
            before = served.asked()
            ended = run(words, seconds + (0 if tool in UNLIMITED else GRACE), Path(own))
            asked = served.asked() - before
            log = served.log.read_text()
        shutil.copytree(own, keep)
    (keep / "requests.log").write_text(log)
    about = version(tool, options.venvs) if tool not in ("yett", "graphql-cop") else ""
    facts = {"subject": name, "twin": twin, "tool": tool, "version": about, "limit": seconds, "requests": asked}
    (keep / "run.json").write_text(json.dumps(facts | ended._asdict(), indent=1))
    return f"{title}: {asked} requests, {ended.seconds:.1f} s, {ended.peak_kilobytes / 1024:.0f} MB, {ended.how}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=Path, required=True, help="see subjects.py")
    parser.add_argument("--python", default=sys.executable, help="that runs the subjects")
    parser.add_argument("--venvs", type=Path, default=WHERE, help="where `probe.installing` installed")
    parser.add_argument("--yett", type=Path, default=Path(sys.executable).with_name("yett"))
    parser.add_argument("--subjects", nargs="+", default=["vampi:weak", "vampi:hardened", "dvga:weak"], metavar="NAME:TWIN")
    parser.add_argument("--tools", nargs="+", default=[*PEERS, "yett"], choices=[*PEERS, "yett"])
    parser.add_argument("--seconds", nargs="+", type=int, default=[60, 300])
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time")
    parser.add_argument("--keep", type=Path, default=Path("bench/out/probe/compared"))
    options = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs of a shell would hand it down as ignored
    options.sources, options.keep = options.sources.resolve(), options.keep.resolve()
    pairs = [text.partition(":")[::2] for text in options.subjects]
    plan = [
        (name, twin, tool, seconds)
        for seconds in options.seconds
        for name, twin in pairs
        for tool in options.tools
        if tool in APPLY[name]
    ]
    with ThreadPoolExecutor(options.jobs) as pool:
        for line in pool.map(lambda planned: one(planned[0], planned[1], planned[2], planned[3], options), plan):
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
