"""Servers that nobody made weak, probed with their own contract and a credential: what is claimed of them must hold up.

    PYTHONPATH=bench python -m probe.installing --python /usr/bin/python3.11 prefect jupyter
    PYTHONPATH=bench python -m probe.real prefect|jupyter [--budget 300] [--keep DIR] [--serve]

Prints every finding of medium or higher, to be checked by a person, and how many there are of each severity; requests as the server
counted them. --serve only serves, until interrupted, for that person. Servers run as nobody where the caller can become nobody.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from probe.comparing import run
from probe.installing import WHERE, version
from probe.measure import COUNTED
from probe.subjects import HERE, free_port, running, surrendered, wait

TOKEN = "0f1e2d3c4b5a69788796a5b4c3d2e1f0a1b2c3d4e5f60718"
BASIC = {"username": "operator", "password": "Tr7-quiet-harbour"}


class Real(NamedTuple):
    """script: which file counts. start: a path that answers once it is up. path: where its API is. identity: as `yett probe` takes
    it."""

    script: str
    start: str
    path: str
    contract: str
    identity: dict[str, Any]


REAL = {
    "prefect": Real("counting_asgi.py", "/api/health", "/api", "/openapi.json", {"name": "operator", "basic": BASIC}),
    "jupyter": Real(
        "counting_tornado.py",
        "/api",
        "",
        "/api/spec.yaml",
        {"name": "operator", "headers": {"Authorization": f"token {TOKEN}"}},
    ),
}


@contextlib.contextmanager
def serving(name: str, venvs: Path, work: Path) -> Iterator[tuple[str, Path]]:
    """Its origin and the log of its requests."""
    real, home, log, port = REAL[name], work / "home", work / "requests.log", free_port()
    home.mkdir()
    log.write_text("")
    script = Path(shutil.copy(HERE / real.script, work))
    drop, programs = surrendered(work), (venvs / name / "bin").resolve()
    environment = {
        "PATH": f"{programs}:{os.defpath}",
        "HOME": str(home),
        "JUPYTER_REQUESTS": str(log),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    environment |= {"PREFECT_SERVER_API_AUTH_STRING": ":".join(BASIC.values()), "PREFECT_HOME": str(home)}
    environment |= {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "PREFECT_SERVER_UI_ENABLED": "false"}
    command = [str(programs / "python"), str(script), "--port", str(port), "--log", str(log)]
    if name == "jupyter":
        command = [str(programs / "jupyter-server"), "--no-browser", f"--config={script}", f"--ServerApp.root_dir={home}"]
        command += ["--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", f"--IdentityProvider.token={TOKEN}"]
    with contextlib.ExitStack() as stack:
        errors = stack.enter_context((work / "server.log").open("wb"))
        started: dict[str, Any] = {"cwd": home, "env": environment, "stdout": errors, "stderr": errors}
        server = stack.enter_context(running([*drop, *command], **started))
        wait(f"http://127.0.0.1:{port}{real.start}", server, 90)
        log.write_text("")
        yield f"http://127.0.0.1:{port}", log


def probed(name: str, origin: str, own: Path, options: argparse.Namespace) -> list[str]:
    """`yett probe` with the contract that the server itself gives, and its one user."""
    people = own / "identities.yaml"
    people.write_text(yaml.safe_dump({"identities": [REAL[name].identity]}))
    fetched = own / "contract"
    curl = ["curl", "-sf", "-H", f"Authorization: token {TOKEN}", "-o", str(fetched), origin + REAL[name].contract]
    if name == "prefect":
        curl[2:4] = ["-u", ":".join(BASIC.values())]
    subprocess.run(curl, check=True)
    words = [str(options.yett), "probe", origin + REAL[name].path, "--contract", str(fetched), "--identities", str(people)]
    return [*words, "--json", str(own / "yett.json"), "--budget", f"{options.budget}s"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=sorted(REAL))
    parser.add_argument("--venvs", type=Path, default=WHERE)
    parser.add_argument("--yett", type=Path, default=Path(sys.executable).with_name("yett"))
    parser.add_argument("--budget", type=int, default=300)
    parser.add_argument("--keep", type=Path, default=Path("bench/out/probe/real"))
    parser.add_argument("--serve", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that the server ends, too
    with tempfile.TemporaryDirectory() as place, tempfile.TemporaryDirectory() as own:
        os.chmod(place, 0o755)
        with serving(options.name, options.venvs, Path(place)) as (origin, log):
            if options.serve:
                print(origin, flush=True)
                with contextlib.suppress(KeyboardInterrupt):
                    threading.Event().wait()
                return 0
            words = probed(options.name, origin, Path(own), options)
            log.write_text("")
            ended = run(words, options.budget * 2, Path(own))
            asked = len(log.read_text().splitlines())
            shutil.copy(log, Path(own) / "requests.log")
            shutil.copy(Path(place) / "server.log", own)
        shutil.copytree(own, options.keep / options.name, dirs_exist_ok=True)
    told = f"{options.name} {version(options.name, options.venvs)}: {asked} requests, {ended.seconds:.1f} s"
    print(f"{told}, {ended.peak_kilobytes / 1024:.0f} MB, {ended.how}")
    report = options.keep / options.name / "yett.json"
    if not report.exists():
        print((options.keep / options.name / "printed.txt").read_text()[-600:])
        return 2
    findings = json.loads(report.read_text())["findings"]
    print(dict(Counter(one["severity"] for one in findings)))
    for one in findings:
        if one["severity"] in COUNTED:
            words = [
                str(one.get(key, ""))
                for key in ("fingerprint", "severity", "confidence", "class", "method", "template", "place")
            ]
            print(" ", " ".join(words), "|", one.get("reasons", ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
