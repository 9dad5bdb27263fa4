"""The public subjects: how their application objects are called, who may log in, what their authors say is wrong with them.

Nothing of them is part of this repository. Wanted are a directory with the unpacked sources of each (it is copied, and stays as it
is) and the directory of packages in which its requirements are installed:

    SUBJECTS/vampi        github.com/erev0s/VAmPI                                   SUBJECTS/vampi-packages
    SUBJECTS/dvga         github.com/dolevf/Damn-Vulnerable-GraphQL-Application     SUBJECTS/dvga-packages
    SUBJECTS/vapi         github.com/jorritfolmer/vulnerable-api                    SUBJECTS/vapi-packages
    SUBJECTS/bank         github.com/Commando-X/vuln-bank                           SUBJECTS/bank-packages

They are weak on purpose, and run commands of their callers or may do so: they are served on 127.0.0.1 only, by a user without
rights where the caller can become one. The last one needs PostgreSQL's programs (see `database.py`).
"""

import contextlib
import json
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

from probe import database

HERE = Path(__file__).parent
PATIENCE = 30.0
NOBODY = 65534


class Subject(NamedTuple):
    """application: as `wsgi.py` takes it. prepare: a program that is run before, in the copy. start: a path that is asked
    before anything is counted. path: where its API is, for tools. contract: its file within the sources, "" for none. twins: the
    environment of the weak and of the hardened one. database: whether it needs PostgreSQL. first: what is posted before anything is
    counted, (path, body). closing: whether each request has a connection of its own: servers that leave a body unread take the rest
    of it for the next request. guarded: operations that begin everything anew, which tools that can be told so leave alone."""

    name: str
    application: str
    prepare: tuple[str, ...]
    start: str
    path: str
    contract: str
    identities: dict[str, Any]
    twins: dict[str, dict[str, str]]
    database: bool = False
    first: tuple[tuple[str, dict[str, Any]], ...] = ()
    guarded: tuple[str, ...] = ()
    closing: bool = False


def _person(name: str, password: str, path: str, body: Any, token: str, **more: Any) -> dict[str, Any]:
    """A user who logs in by JSON. token: JSON pointer to it in the answer."""
    login = {"path": path, "json": body, "extract": {"token": token}, **more}
    return {"name": name, "role": "user", "username": name, "password": password, "owns": {}, "login": login}


def _people(names: dict[str, str], path: str, body: Any, token: str, **more: Any) -> dict[str, Any]:
    return {"roles": ["user"], "identities": [_person(name, word, path, body, token, **more) for name, word in names.items()]}


_FLAT = {"username": "{username}", "password": "{password}"}
_BANKERS = {"ada.bank": "Ada-4711-bank", "ben.bank": "Ben-4711-bank"}

SUBJECTS = {
    "vampi": Subject(
        name="vampi",
        application="config:vuln_app.app",
        prepare=(),
        start="/createdb",
        path="",
        contract="openapi_specs/openapi3.yml",
        identities=_people({"name1": "pass1", "name2": "pass2"}, "/users/v1/login", _FLAT, "/auth_token"),
        twins={
            "weak": {"vulnerable": "1", "tokentimetolive": "60"},
            "hardened": {"vulnerable": "0", "tokentimetolive": "60"},
        },
        guarded=("/createdb",),
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
    "vapi": Subject(
        name="vapi",
        application="starting:vapi",
        prepare=(),
        start="/",
        path="",
        contract="openapi/vAPI.yaml",
        identities=_people(
            {"user1": "pass1", "user2": "pass2"},
            "/tokens",
            _FLAT,
            "/access/token/id",
            send={"X-Auth-Token": "{token}"},
        ),
        twins={"weak": {}},
        closing=True,
    ),
    "bank": Subject(
        name="bank",
        application="starting:bank",
        prepare=(),
        start="/",
        path="",
        contract="static/openapi.json",
        identities=_people(_BANKERS, "/login", _FLAT, "/token"),
        twins={"weak": {}},
        database=True,
        closing=True,
        first=tuple(("/register", {"username": name, "password": word}) for name, word in _BANKERS.items()),
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
def serving(
    subject: Subject, twin: str, sources: Path, work: Path, python: str, more: dict[str, str] | None = None
) -> Iterator[Served]:
    """A fresh copy of the subject on a free port, until the block ends. more: further variables of its environment."""
    directory, log = work / subject.name, work / "requests.log"
    shutil.copytree(sources / subject.name, directory, ignore=shutil.ignore_patterns(".git"))
    (directory / "database").mkdir(exist_ok=True)
    log.write_text("")
    packages = (sources / f"{subject.name}-packages").resolve()
    environment = {"PYTHONPATH": str(packages), "PATH": os.defpath, "HOME": str(directory), "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= subject.twins[twin] | (more or {})
    for file in ("wsgi.py", "starting.py"):
        shutil.copy(HERE / file, work)
    drop = surrendered(work)
    port = free_port()
    with contextlib.ExitStack() as stack:
        if subject.database:
            environment |= stack.enter_context(database.serving(work / "postgresql", drop))
        errors = stack.enter_context((work / "server.log").open("wb"))
        started: dict[str, Any] = {"cwd": directory, "env": environment, "stdout": subprocess.DEVNULL}
        if subject.prepare:
            subprocess.run([*drop, python, *subject.prepare], check=True, stderr=errors, **started)
        command = [*drop, python, str(work / "wsgi.py"), subject.application, "--port", str(port), "--log", str(log)]
        command += ["--closing"] if subject.closing else []
        origin = f"http://127.0.0.1:{port}"
        with running(command, stderr=errors, **started) as server:
            wait(f"{origin}{subject.start}", server)
            for path, body in subject.first:
                post(origin + path, body)
            log.write_text("")
            yield Served(origin, directory, log)


@contextlib.contextmanager
def running(command: list[str], **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A process with a session of its own, which ends with the block, and with it whatever callers made it start."""
    server = subprocess.Popen(command, start_new_session=True, **options)
    try:
        yield server
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, 15)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, 9)
            server.wait()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def post(url: str, body: Any) -> Any:
    """The JSON that is answered to JSON. Raises OSError where the answer is an error."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    return json.loads(urllib.request.urlopen(request, timeout=10).read())


def surrendered(work: Path) -> list[str]:
    """Makes the directory nobody's, and gives the words before a command that runs it as nobody; none where that cannot be."""
    if os.getuid() != 0:
        return []
    for path in (work, *work.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs"]


def wait(url: str, server: subprocess.Popen[bytes], patience: float = PATIENCE) -> None:
    """Until it answers anything. Raises SystemExit where it does not."""
    end = time.monotonic() + patience
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=30).read()  # twice at a time could make a subject begin anew twice
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"the subject does not answer: {url}, see server.log beside its copy")
