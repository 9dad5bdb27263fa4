"""Accepts TLS connections in a worker: the handshake is done, or recorded as failed, before the gateway sees a connection.

The event loop's own TLS server says nothing of handshakes that fail and binds one context to the server for good. Here each
connection takes the context that is current when it arrives, so that a new certificate needs no new listener. It must not
know what is spoken afterwards.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable

from yett.model.policy import Bounds

AT_ONCE = 64
"""Connections accepted before other work has its turn."""

PAUSE = 0.5
"""Seconds without accepting where the process has no file descriptor left."""

SHUTDOWN = 3_600.0
"""Seconds until the event loop itself gives up on sending the rest and close_notify. Long, because it cannot tell a peer that still
reads from one that has gone; a connection's own deadlines can."""

Failed = Callable[[str, str], None]
"""Told the peer's address and why the handshake failed."""


class TLSAcceptor:
    """Accepts on one listening socket, which it then owns, until `close`.

    context, protocol: asked for every connection. bounds: those of the current policy; handshakes under way count against
    its limits of connections, by themselves. failed: called once for each handshake that came to nothing.
    """

    def __init__(
        self,
        listening: socket.socket,
        loop: asyncio.AbstractEventLoop,
        *,
        context: Callable[[], ssl.SSLContext | None],
        protocol: Callable[[], asyncio.Protocol],
        bounds: Callable[[], Bounds],
        failed: Failed,
    ) -> None:
        self._listening = listening
        self._loop = loop
        self._context = context
        self._protocol = protocol
        self._bounds = bounds
        self._failed = failed
        self._under_way: dict[asyncio.Task[None], str] = {}
        self._per_address: dict[str, int] = {}
        self._resume: asyncio.TimerHandle | None = None
        listening.setblocking(False)
        loop.add_reader(listening, self._accept)

    @property
    def handshakes(self) -> int:
        """Handshakes under way."""
        return len(self._under_way)

    def close(self) -> None:
        """Accept nothing more. Handshakes under way go on; the gateway decides what becomes of them."""
        if self._resume is not None:
            self._resume.cancel()
        self._loop.remove_reader(self._listening)
        self._listening.close()

    def _accept(self) -> None:
        for _ in range(AT_ONCE):
            try:
                accepted, place = self._listening.accept()
            except (BlockingIOError, ConnectionAbortedError, InterruptedError):
                return
            except OSError:  # no file descriptor or memory left: busy waiting would not bring any back
                self._loop.remove_reader(self._listening)
                self._resume = self._loop.call_later(PAUSE, self._again)
                return
            self._begin(accepted, str(place[0]))

    def _again(self) -> None:
        self._resume = None
        self._loop.add_reader(self._listening, self._accept)

    def _begin(self, accepted: socket.socket, address: str) -> None:
        accepted.setblocking(False)
        bounds = self._bounds()
        count = self._per_address.get(address, 0)
        if count >= bounds.connections_per_address or len(self._under_way) >= bounds.connections:
            accepted.close()
            self._failed(address, "too many handshakes under way")
            return
        self._per_address[address] = count + 1
        task = self._loop.create_task(self._shake_hands(accepted, address, bounds.head_timeout))
        self._under_way[task] = address
        task.add_done_callback(self._end)

    def _end(self, task: "asyncio.Task[None]") -> None:
        address = self._under_way.pop(task)
        left = self._per_address.pop(address) - 1
        if left:
            self._per_address[address] = left

    async def _shake_hands(self, accepted: socket.socket, address: str, seconds: float) -> None:
        try:
            await self._loop.connect_accepted_socket(
                self._protocol,
                accepted,
                ssl=self._context(),
                ssl_handshake_timeout=seconds,
                ssl_shutdown_timeout=SHUTDOWN,
            )
        except (OSError, TimeoutError) as error:  # ssl.SSLError is an OSError
            self._failed(address, reason(error))


def reason(error: Exception) -> str:
    """Why a handshake failed, short, and without what the peer sent."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return str(getattr(error, "reason", None) or "TLS error").lower().replace("_", " ")
    if isinstance(error, ConnectionAbortedError | TimeoutError):
        return "timeout"
    return "the client closed the connection"
