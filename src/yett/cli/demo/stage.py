"""The demo's processes and files: everything in one temporary directory, everything ended and removed in the end."""

import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import resources
from pathlib import Path

import msgspec

from yett.cli.demo.callers import Issuer, Wallet
from yett.formats.credentials import SECRET_SIZE, digest_of, format_key
from yett.model.operation import ApiKey
from yett.store.keyfile import KeyFile

GATEWAY, ADMIN, SHOP = 8080, 8081, 9001
"""The ports that the policy names; others are taken where these are in use."""
PATIENCE = 30.0
"""Seconds until a process must listen, and until it must have ended."""


class StageError(Exception):
    """Something did not start: what, and the end of what it said."""


class Stage(msgspec.Struct, frozen=True):
    """The demo, up and running. Ports are on 127.0.0.1."""

    directory: Path
    gateway: int
    shop: int
    wallet: Wallet

    @property
    def policy(self) -> Path:
        return self.directory / "yett.yaml"

    @property
    def log(self) -> Path:
        return self.directory / "log"

    @property
    def output(self) -> Path:
        """What the gateway's process says."""
        return self.directory / "gateway.output"

    def yett(self, *arguments: str) -> str:
        """What a `yett` command says about this stage."""
        done = subprocess.run([*YETT, *arguments], cwd=self.directory, capture_output=True, text=True, timeout=60, check=False)
        return done.stdout + done.stderr


YETT = (sys.executable, "-c", "from yett.cli.main import main; main()")


@contextmanager
def staged(port: int | None) -> Iterator[Stage]:
    """Start shop and gateway. port: where the gateway must listen; by default 8080, or any that is free. Raises StageError."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="yett-demo-")))
        gateway, admin, shop = _ports(port)
        wallet = _write(directory, {GATEWAY: gateway, ADMIN: admin, SHOP: shop})
        stack.enter_context(
            _process("shop", [sys.executable, str(directory / "shop.py"), "--port", str(shop)], directory, shop)
        )
        stack.enter_context(_process("gateway", [*YETT, "serve", "-c", "yett.yaml"], directory, gateway))
        yield Stage(directory, gateway, shop, wallet)


def _ports(wanted: int | None) -> tuple[int, int, int]:
    if wanted is not None and not _is_free(wanted):
        raise StageError(f"port {wanted} is in use")
    chosen: list[int] = [] if wanted is None else [wanted]
    for usual in (GATEWAY, ADMIN, SHOP)[len(chosen) :]:
        candidate = usual
        while candidate in chosen or not _is_free(candidate):
            candidate = _any_free()
        chosen.append(candidate)
    return chosen[0], chosen[1], chosen[2]


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def _any_free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _write(directory: Path, ports: dict[int, int]) -> Wallet:
    """Lay out policy, contract, shop, keys and key set; the policy is the shipped one but for ports."""
    shipped = resources.files("yett.cli.demo")
    for name in ("openapi.yaml", "shop.py"):
        (directory / name).write_text(shipped.joinpath(name).read_text("utf-8"), "utf-8")
    text = shipped.joinpath("yett.yaml").read_text("utf-8")
    for usual, port in ports.items():
        text = text.replace(f"127.0.0.1:{usual}", f"127.0.0.1:@{port}")
    (directory / "yett.yaml").write_text(text.replace(":@", ":"), "utf-8")
    now, issuer = time.time(), Issuer()
    (directory / "jwks.json").write_text(issuer.key_set(), "utf-8")
    keys = KeyFile(directory / "keys.yaml")
    return Wallet(
        alice=_key(keys, "alice"),
        carol=_key(keys, "carol", scopes=frozenset({"products:write", "reports:read"})),
        revoked=_key(keys, "dave", revoked=now - 3600),
        bob=issuer.token("bob", now + 3600),
        expired=issuer.token("bob", now - 3600),
        forged=issuer.forged("carol", now + 3600),
    )


def _key(keys: KeyFile, principal: str, scopes: frozenset[str] = frozenset(), revoked: float | None = None) -> str:
    secret = format_key(secrets.token_bytes(SECRET_SIZE))
    keys.add(ApiKey(f"{principal}-1", principal, digest_of(secret), scopes, created=time.time(), revoked=revoked))
    return secret


@contextmanager
def _process(name: str, command: list[str], directory: Path, port: int) -> Iterator[None]:
    """Run `command` until the end of the block. Raises StageError where it does not listen on `port`."""
    output = directory / f"{name}.output"
    with output.open("wb") as sink:
        # In a session of its own, so that Ctrl-C reaches the demo alone, which then ends everything in order.
        child = subprocess.Popen(
            command, cwd=directory, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, start_new_session=True
        )
        try:
            _await(name, child, port, output)
            yield
        finally:
            child.terminate()
            try:
                child.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _await(name: str, child: subprocess.Popen[bytes], port: int, output: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and child.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise StageError(f"the {name} does not listen on port {port}:\n{output.read_text('utf-8', 'replace')[-2000:]}")
