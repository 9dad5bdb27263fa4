"""Compiles the policy in a process of its own, so that neither the supervisor nor a worker ever stands still for it.

That process reads, validates and builds everything, writes the bundle into a file that exists in memory only, and says on its
standard output what it has found. It must not know what a policy or a bundle is.
"""

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Sequence

import msgspec

from yett.edge.gateway.gentleness import be_gentle

LIMIT = 16 << 20
"""Most bytes that the process may say."""
GENTLE = 10
"""Nice value of a reload: requests come first."""


class ServiceSummary(msgspec.Struct, frozen=True):
    """One service for the start-up message. prefix and hosts: what it answers for."""

    name: str
    mode: str
    operations: int
    hosts: tuple[str, ...] = ()
    prefix: str = "/"
    targets: tuple[str, ...] = ()


class Prepared(msgspec.Struct, frozen=True, kw_only=True, tag="prepared"):
    """A policy that is good.

    listen: addresses as in the policy; secure: those of them with TLS. files: everything it was made of, to be watched.
    fixed: settings that only a restart can change, printed, by name. gaps: how many things will not be enforced.
    """

    digest: str
    listen: tuple[str, ...]
    secure: tuple[str, ...] = ()
    admin: str | None = None
    workers: int = 0
    services: tuple[ServiceSummary, ...] = ()
    gaps: int = 0
    files: tuple[str, ...] = ()
    fixed: dict[str, str] = {}


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """A policy that cannot be used, and why: each error with its file and line."""

    errors: tuple[str, ...]
    files: tuple[str, ...] = ()


Verdict = Prepared | Refused
_DECODER: msgspec.msgpack.Decoder[Verdict] = msgspec.msgpack.Decoder(Verdict)
encode_verdict = msgspec.msgpack.Encoder().encode


def memory_file() -> int:
    """A descriptor of an empty file without a name. It holds secrets: on Linux it is never on a disk."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("yett-bundle")
    with tempfile.TemporaryFile(prefix="yett-") as file:  # pragma: no cover - not on Linux
        return os.dup(file.fileno())


async def prepare(command: Sequence[str], seconds: float, *, gently: bool) -> tuple[Verdict, int]:
    """Run `command`, which gets `--bundle DESCRIPTOR`; `gently` where it should leave the processor to others.

    Gives its verdict and the descriptor of the bundle, which the caller must close; it is empty where the policy was refused.
    """
    bundle = memory_file()
    try:
        verdict = await _ask((*command, "--bundle", str(bundle)), bundle, seconds, GENTLE if gently else 0)
    except BaseException:
        os.close(bundle)
        raise
    return verdict, bundle


async def _ask(command: Sequence[str], bundle: int, seconds: float, niceness: int) -> Verdict:
    process = await asyncio.create_subprocess_exec(
        *command,
        pass_fds=(bundle,),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,  # a Ctrl-C in the terminal is for the supervisor only
    )
    if niceness:
        be_gentle(process.pid, niceness)
    try:
        async with asyncio.timeout(seconds):
            said = await _read(process)
            code = await process.wait()
    except TimeoutError:
        return Refused(errors=(f"the policy could not be compiled within {seconds:g} s",))
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    try:
        return _DECODER.decode(said)
    except msgspec.DecodeError:
        return Refused(errors=(f"the policy could not be compiled: the compiler ended with {ending(code)}",))


async def _read(process: asyncio.subprocess.Process) -> bytes:
    if process.stdout is None:
        raise AssertionError("standard output is a pipe")
    said = bytearray()
    while piece := await process.stdout.read(65_536):
        said += piece
        if len(said) > LIMIT:
            process.kill()
            return b""
    return bytes(said)


def ending(code: int) -> str:
    """How a process ended, in words."""
    return f"signal {-code}" if code < 0 else f"exit code {code}"
