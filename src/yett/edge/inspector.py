"""A process beside a worker that judges large bodies in its place, so that nobody else's requests wait for it.

A thread would share the interpreter with the event loop, and one pass over a megabyte holds it for tens of milliseconds. A process
of its own with the lowest priority is put aside by the kernel as soon as the loop has something to do. It is started when the
first large body comes, and it has nothing but a socket, over which it gets the policy and then one errand after the other. It must
not know what errands are about.
"""

import asyncio
import socket
import struct
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress

import msgspec

from yett.edge.lending import STALL, Lending
from yett.model.decision import Asked, Errand

PATIENCE = 60.0
"""Seconds that one errand, or loading the policy, may take; then the process is ended. One that hangs is ended after `STALL`."""

BEGINNING = 5.0
"""Seconds for which an errand waits for a process that is just being started; a thread, which callers would feel, does it then."""

FIRST_DELAY, LAST_DELAY = 1.0, 60.0
"""Seconds after a death before another process is started: doubled each time one dies soon."""

SOON = 60.0
"""A process that lived for so many seconds died of something new."""

HEADER = struct.Struct(">I")
"""Before each message: its length in octets."""

_LIMIT = 256 << 10


class Job(msgspec.Struct, frozen=True, array_like=True):
    """An errand as it travels. sizes: octets of what is asked, which follows piece by piece."""

    method: str
    host: str
    path: str
    rule: str
    sizes: tuple[int, ...]


class Done(msgspec.Struct, frozen=True, array_like=True):
    """What became of a job, or of loading the policy. failure: how it failed, or empty."""

    found: bytes = b""
    failure: str = ""


_ENCODER = msgspec.msgpack.Encoder()
_DONE = msgspec.msgpack.Decoder(Done)


class InspectorFailed(Exception):
    """An errand came to nothing: the process has died over it, took too long, or says that it could not."""


class Inspector:
    """The worker's end. Every method is for the event loop's thread.

    command: starts the process; it gets `--errands DESCRIPTOR`. What waits is bounded by the connections that wait: errands are
    done one after the other, in the order in which they came. died: told of each process that ended unasked, and how.

    waiting: errands that wait for their turn. failed: those that came to nothing. deaths: processes that ended unasked. lent:
    seconds for which the event loop stood aside for them.
    """

    def __init__(self, command: Sequence[str], died: Callable[[str], None] = lambda _: None) -> None:
        self._command, self._died = tuple(command), died
        self._digest = ""
        self._bundle: bytes | memoryview = b""
        self._process: _Process | None = None
        self._processes: set[_Process] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._starting = False
        self._started = asyncio.Event()
        self._turn = asyncio.Semaphore(1)
        self._delay, self._not_before = FIRST_DELAY, 0.0
        self.waiting = self.failed = self.deaths = 0
        self.lent = 0.0

    def load(self, digest: str, bundle: bytes | memoryview) -> None:
        """A new policy holds: encoded (`yett.model.bundle`). A process that has the one before ends after what it is at, and
        another one takes its place."""
        self._digest, self._bundle = digest, bundle
        if self._process is not None:
            self._process.retire()
            self._process = None
            self._begin()

    async def close(self) -> None:
        """End it, whatever it is at."""
        self._digest, self._process = "", None
        for process in self._processes:
            process.retired = True
            process.kill()
        await asyncio.gather(*self._tasks)

    async def do(self, errand: Errand) -> bytes | None:
        """What was found; None where no process is there that could say, or not yet. Raises InspectorFailed."""
        if errand.snapshot != self._digest or not self._digest:
            return None
        process = self._process or await self._begun()
        if process is None or errand.snapshot != self._digest:
            return None
        self.waiting += 1
        try:
            await self._turn.acquire()
        finally:
            self.waiting -= 1
        if process is not self._process or process.gone:
            self._turn.release()
            return None
        asked = errand.ask()
        job = Job(errand.method, errand.host, errand.path, errand.rule, tuple(map(len, asked)))
        asking = asyncio.get_running_loop().create_task(process.ask(_ENCODER.encode(job), *asked))
        asking.add_done_callback(self._answered)  # also where the caller leaves meanwhile
        done = await asyncio.shield(asking)
        if done.failure:
            raise InspectorFailed(done.failure)
        return done.found

    async def _begun(self) -> "_Process | None":
        """A process that is being started, or is to be."""
        if not self._starting and time.monotonic() >= self._not_before:
            self._begin()
        if self._starting:
            with suppress(TimeoutError):
                async with asyncio.timeout(BEGINNING):
                    await self._started.wait()
        return self._process

    def _answered(self, asking: "asyncio.Task[Done]") -> None:
        self._turn.release()
        if (
            asking.cancelled() or asking.exception() is not None or asking.result().failure
        ):  # looked at, also where nobody waits
            self.failed += 1

    def _begin(self) -> None:
        self._starting = True
        self._started.clear()
        process = _Process(self._lent)
        self._processes.add(process)
        task = asyncio.get_running_loop().create_task(self._live(process))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _lent(self, seconds: float) -> None:
        self.lent += seconds

    async def _live(self, process: "_Process") -> None:
        """Start a process, and see to its end."""
        digest = self._digest
        try:
            await process.start(self._command, self._bundle)
            if digest == self._digest:
                self._process = process
            else:
                process.retire()
        except (InspectorFailed, OSError):
            process.kill("it could not begin")
        finally:
            self._starting = False
            self._started.set()
        began = time.monotonic()
        ending = await process.end()
        self._processes.discard(process)
        if not process.retired:
            self._buried(ending, time.monotonic() - began)
        if self._process is process:
            self._process = None

    def _buried(self, ending: str, lived: float) -> None:
        self.deaths += 1
        if lived > SOON:
            self._delay = FIRST_DELAY
        self._not_before = time.monotonic() + self._delay
        self._died(f"{ending}; another one may be started in {self._delay:g} s")
        self._delay = min(self._delay * 2, LAST_DELAY)


class _Process:
    """retired: it is to end, or has been ended, by its worker. lent: told of the seconds for which the event loop stood aside."""

    def __init__(self, lent: Callable[[float], None]) -> None:
        self.retired = self._killed = False
        self._why, self._lent = "", lent
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    @property
    def gone(self) -> bool:
        """Whether it can be asked no more."""
        reader, writer = self._reader, self._writer
        return self._killed or reader is None or writer is None or reader.at_eof() or writer.is_closing()

    async def start(self, command: Sequence[str], bundle: bytes | memoryview) -> None:
        """Raises OSError, InspectorFailed."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *command,
                    "--errands",
                    str(theirs.fileno()),
                    pass_fds=(theirs.fileno(),),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                )
            except BaseException:
                ours.close()
                raise
        if self._killed:
            self.kill()
        self._reader, self._writer = await asyncio.open_unix_connection(sock=ours, limit=_LIMIT)
        loaded = await self.ask(bundle)
        if loaded.failure:
            raise InspectorFailed(loaded.failure)

    async def ask(self, message: bytes | memoryview, *asked: bytes) -> Done:
        """Raises InspectorFailed."""
        reader, writer, process = self._reader, self._writer, self._process
        if reader is None or writer is None or process is None:
            raise AssertionError("it was not started")
        lending = Lending(process.pid, asyncio.get_running_loop(), lambda: self.kill(f"it stood still for {STALL:g} s"))
        try:
            async with asyncio.timeout(PATIENCE):
                writer.write(HEADER.pack(len(message)))
                writer.write(message)
                for piece in asked:
                    writer.write(piece)
                (length,) = HEADER.unpack(await reader.readexactly(HEADER.size))
                return _DONE.decode(await reader.readexactly(length))
        except TimeoutError:
            self.kill(f"it did not answer within {PATIENCE:g} s")
        except (asyncio.IncompleteReadError, OSError):
            self.kill("it has died")
        finally:
            lending.end()
            self._lent(lending.lent)
        raise InspectorFailed(f"the inspecting process: {self._why}")

    def retire(self) -> None:
        """Let it finish what it is at."""
        self.retired = True
        if self._writer is not None and self._writer.can_write_eof():
            with suppress(OSError):
                self._writer.write_eof()

    def kill(self, why: str = "") -> None:
        """why: what is said of it, where nothing was said before."""
        self._killed = True
        self._why = self._why or why
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()

    async def end(self) -> str:
        """Wait for it. Gives how it ended."""
        code = 0
        if self._process is not None:
            code = await self._process.wait()
        if self._writer is not None:
            self._writer.close()
        return ", ".join(filter(None, (self._why, f"signal {-code}" if code < 0 else f"exit code {code}")))


def serve(end: socket.socket, load: Callable[[bytes], Callable[[Job, Asked], bytes]]) -> None:
    """The other end: get the policy, then do one job after the other until the worker asks to end. Raises ConnectionError where it
    has gone.

    load: makes of the policy what does jobs. What it raises, and what jobs raise, is told to the worker; only what cannot be
    told ends the process.
    """
    do: Callable[[Job, Asked], bytes] | None = None
    for message in _messages(end):
        job = _JOBS.decode(message) if do else None
        asked = tuple(_exactly(end, size) for size in job.sizes) if job else ()
        try:
            if do is None or job is None:
                do = load(message)
                done = Done()
            else:
                done = Done(do(job, asked))
        except Exception as error:  # noqa: BLE001 - whatever it is, the worker must be told, and decides
            done = Done(failure=f"{type(error).__name__}: {error}")
        answer = _ENCODER.encode(done)
        end.sendall(HEADER.pack(len(answer)) + answer)


_JOBS = msgspec.msgpack.Decoder(Job)


def _messages(end: socket.socket) -> Generator[bytes, None, None]:
    while end.recv(1, socket.MSG_PEEK):
        yield _exactly(end, HEADER.unpack(_exactly(end, HEADER.size))[0])


def _exactly(end: socket.socket, length: int) -> bytes:
    """So many octets, received where they stay: a megabyte is not copied again. Raises ConnectionError."""
    octets = end.recv(length, socket.MSG_WAITALL) if length else b""
    if len(octets) < length:
        raise ConnectionResetError("the worker has gone within a message")
    return octets
