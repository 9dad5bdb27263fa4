"""The public subjects: how their application objects are called, who may log in, what their authors say is wrong with them.

Nothing of them is part of this repository. Wanted are a directory with the unpacked sources of each (it is copied, and stays as it
is) and the directory of packages in which its requirements are installed:

    SUBJECTS/vampi        github.com/erev0s/VAmPI                                   SUBJECTS/vampi-packages
    SUBJECTS/dvga         github.com/dolevf/Damn-Vulnerable-GraphQL-Application     SUBJECTS/dvga-packages

Both are MIT licensed, weak on purpose, and run commands of their callers or may do so: they are served on 127.0.0.1 only, by a user
without rights where the caller can become one.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
PATIENCE = 30.0
NOBODY = 65534


class Subject(NamedTuple):
    """application: as `wsgi.py` takes it. prepare: a program that is run before, in the copy. start: a path that is asked
    before anything is counted. path: where its API is, for tools. contract: its file within the sources, "" for none. twins: the
    environment of the weak and of the hardened one."""

    name: str
    application: str
    prepare: tuple[str, ...]
    start: str
    path: str
    contract: str
    identities: dict[str, Any]
    twins: dict[str, dict[str, str]]


def _person(name: str, role: str, password: str, owns: dict[str, str]) -> dict[str, Any]:
    return {
        "name": name, "role": role, "username": name, "password": password, "owns": owns,
        "login": {
            "path": "/users/v1/login", "json": {"username": "{username}", "password": "{password}"},
            "extract": {"token": "/auth_token"},
        },
    }  # fmt: skip


SUBJECTS = {
    "vampi": Subject(
        name="vampi",
        application="config:vuln_app.app",
        prepare=(),
        start="/createdb",
        path="",
        contract="openapi_specs/openapi3.yml",
        identities={
            "roles": ["user"],
            "identities": [_person(name, "user", f"pass{number}", {}) for number, name in ((1, "name1"), (2, "name2"))],
        },
        twins={
            "weak": {"vulnerable": "1", "tokentimetolive": "60"},
            "hardened": {"vulnerable": "0", "tokentimetolive": "60"},
        },
    ),
    "dvga": Subject(
        name="dvga",
        application="core.views:app",
        prepare=("setup.py",),
        start="/",
        path="/graphql",
        contract="",
        identities={},
        twins={"weak": {}},
    ),
}


class Served(NamedTuple):
    origin: str
    directory: Path
    log: Path

    def asked(self) -> int:
        """Requests that were answered so far."""
        return len(self.log.read_text().splitlines())


@contextlib.contextmanager
def serving(subject: Subject, twin: str, sources: Path, work: Path, python: str) -> Iterator[Served]:
    """A fresh copy of the subject on a free port, until the block ends."""
    directory, log = work / subject.name, work / "requests.log"
    shutil.copytree(sources / subject.name, directory, ignore=shutil.ignore_patterns(".git"))
    (directory / "database").mkdir(exist_ok=True)
    log.write_text("")
    packages = (sources / f"{subject.name}-packages").resolve()
    environment = {"PYTHONPATH": str(packages), "PATH": os.defpath, "HOME": str(directory), "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= subject.twins[twin]
    drop = _surrendered(work) if os.getuid() == 0 else []
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shutil.copy(HERE / "wsgi.py", work)
    started: dict[str, Any] = {"cwd": directory, "env": environment, "stdout": subprocess.DEVNULL}
    with (work / "server.log").open("wb") as errors:
        if subject.prepare:
            subprocess.run([*drop, python, *subject.prepare], check=True, stderr=errors, **started)
        command = [*drop, python, str(work / "wsgi.py"), subject.application, "--port", str(port), "--log", str(log)]
        server = subprocess.Popen(command, stderr=errors, start_new_session=True, **started)
        try:
            origin = f"http://127.0.0.1:{port}"
            _wait(f"{origin}{subject.start}", server)
            log.write_text("")
            yield Served(origin, directory, log)
        finally:
            os.killpg(server.pid, 15)  # its own session: what callers made it start goes with it
            try:
                server.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, 9)
                server.wait()


def _surrendered(work: Path) -> list[str]:
    """Makes the copy nobody's, and gives the words before a command that runs it as nobody."""
    for path in (work, *work.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs"]


def _wait(url: str, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).read()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"the subject does not answer: {url}, see server.log beside its copy")
