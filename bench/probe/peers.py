"""Other tools on the same subject, for the same time, with the same two users; requests counted at the server.

    PYTHONPATH=bench python -m probe.peers vampi schemathesis=/path/of/st wapiti=/path/of/wapiti --sources SUBJECTS --seconds 60

Writes what each tool reports to --keep. Which documented holes that tells of is read by a person: tools name what they find in
words of their own. They are run as a user would after reading their manual, with every check on; none of them is changed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import yaml

from probe.subjects import SUBJECTS, Served, Subject, serving

Words = Callable[[str, Subject, Served, Path, int], list[str]]


def token(subject: Subject, origin: str) -> str:
    """A bearer token of the first user."""
    person = subject.identities["identities"][0]
    body = json.dumps({"username": person["username"], "password": person["password"]}).encode()
    request = urllib.request.Request(origin + person["login"]["path"], body, {"Content-Type": "application/json"})
    answer = json.loads(urllib.request.urlopen(request, timeout=10).read())
    return str(answer[person["login"]["extract"]["token"].strip("/")])


def wfc(subject: Subject) -> str:
    """The users as an authentication file of Web Fuzzing Commons."""
    auth = [
        {
            "name": one["name"],
            "loginEndpointAuth": {
                "endpoint": one["login"]["path"],
                "verb": "POST",
                "contentType": "application/json",
                "payloadRaw": json.dumps({"username": one["username"], "password": one["password"]}),
                "token": {
                    "extractFrom": "body",
                    "extractSelector": one["login"]["extract"]["token"],
                    "sendIn": "header",
                    "sendName": "Authorization",
                    "sendTemplate": "Bearer {token}",
                },
            },
        }
        for one in subject.identities["identities"]
    ]
    return yaml.safe_dump({"auth": auth}, sort_keys=False)


def schemathesis(program: str, subject: Subject, served: Served, work: Path, seconds: int) -> list[str]:
    people = work / "wfc.yaml"
    people.write_text(wfc(subject))
    words = [program, "run", str(served.directory / subject.contract), "--url", served.origin + subject.path, "--checks", "all"]
    return [*words, "--auth-wfc", str(people), "--max-time", str(seconds)]


def wapiti(program: str, subject: Subject, served: Served, work: Path, seconds: int) -> list[str]:
    words = [
        program,
        "-u",
        served.origin + "/",
        "--swagger",
        str(served.directory / subject.contract),
        "-m",
        "all",
        "--flush-session",
    ]
    words += ["-H", f"Authorization: Bearer {token(subject, served.origin)}", "--max-scan-time", str(seconds)]
    return [*words, "-f", "json", "-o", str(work / "wapiti.json"), "--no-bugreport"]


PEERS: dict[str, Words] = {"schemathesis": schemathesis, "wapiti": wapiti}


def run(words: list[str], most: float, place: Path) -> tuple[str, str]:
    """How it ended and what it printed. What goes on for twice its time is ended."""
    with (place / "printed").open("w+") as printed:
        started = subprocess.Popen(words, stdout=printed, stderr=subprocess.STDOUT, cwd=place)
        try:
            how = f"exit code {started.wait(most)}"
        except subprocess.TimeoutExpired:
            started.terminate()
            started.wait()
            how = "did not end by itself"
        printed.seek(0)
        return how, printed.read()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("subject", choices=[name for name, one in SUBJECTS.items() if one.identities])
    parser.add_argument("peers", nargs="+", metavar="NAME=PROGRAM", help=f"of {', '.join(PEERS)}")
    parser.add_argument("--sources", type=Path, required=True, help="see subjects.py")
    parser.add_argument("--python", default=sys.executable, help="that runs the subject")
    parser.add_argument("--twin", default="weak")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--keep", type=Path, required=True, help="where reports go")
    options = parser.parse_args()
    options.keep.mkdir(parents=True, exist_ok=True)
    subject = SUBJECTS[options.subject]
    for one in options.peers:
        name, _, program = one.partition("=")
        with tempfile.TemporaryDirectory() as place, tempfile.TemporaryDirectory() as own:
            os.chmod(place, 0o755)
            with serving(subject, options.twin, options.sources, Path(place), options.python) as served:
                words = PEERS[name](program, subject, served, Path(own), options.seconds)
                before, began = served.asked(), time.monotonic()
                code, text = run(words, options.seconds * 2, Path(own))
                seconds, asked = time.monotonic() - began, served.asked() - before
            stem = options.keep / f"{subject.name}-{options.twin}-{name}-{options.seconds}"
            stem.with_suffix(".txt").write_text(text)
            for report in Path(own).glob("*.json"):
                stem.with_suffix(".json").write_text(report.read_text())
        print(f"{name} on {subject.name} {options.twin}: {asked} requests at the server, {seconds:.1f} s, {code}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
