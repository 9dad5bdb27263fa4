"""A PostgreSQL of a subject's own: fresh, on a free port of 127.0.0.1, gone afterwards. Its programs come from the system
(Debian: `apt install postgresql`)."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PATIENCE = 20.0
NAME = "subject"


def programs() -> Path:
    """Where initdb and postgres are. Raises SystemExit where they are nowhere."""
    places = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), *map(Path, os.get_exec_path())]
    for place in places:
        if all((place / name).exists() for name in ("initdb", "postgres", "createdb")):
            return place
    raise SystemExit("this subject needs PostgreSQL: initdb, postgres and createdb are not installed")


@contextlib.contextmanager
def serving(directory: Path, drop: list[str]) -> Iterator[dict[str, str]]:
    """The variables that tell an application where it is. drop: the words before a command that make it run without rights."""
    own = programs()
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
    directory.mkdir()
    if drop:
        shutil.chown(directory, "nobody", "nogroup")
    subprocess.run([*drop, str(own / "initdb"), "-D", str(directory), "-U", "postgres", "-A", "trust"], check=True, **quiet)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    words = [str(own / "postgres"), "-D", str(directory), "-h", "127.0.0.1", "-p", port, "-k", str(directory), "-F"]
    server = subprocess.Popen([*drop, *words], start_new_session=True, **quiet)
    try:
        _created(own, port)
        yield {"DB_NAME": NAME, "DB_USER": "postgres", "DB_PASSWORD": "postgres", "DB_HOST": "127.0.0.1", "DB_PORT": port}
    finally:
        os.kill(server.pid, 2)  # fast: connections are ended
        server.wait(PATIENCE)


def _created(own: Path, port: str) -> None:
    """Once it answers, with an empty database. Raises SystemExit where it does not."""
    command = [str(own / "createdb"), "-h", "127.0.0.1", "-p", port, "-U", "postgres", NAME]
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            return
        time.sleep(0.2)
    raise SystemExit("PostgreSQL does not answer")
