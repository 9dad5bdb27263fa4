"""Whether a peer takes what was written for it: asked of the kernel, because buffers empty in lumps, and TLS has its own.

It must not know what is written, nor what becomes of a connection whose peer takes nothing.
"""

import asyncio
import socket
import struct

_ACKNOWLEDGED = struct.Struct("=120xQ16xI")
"""Of Linux' `struct tcp_info` (linux/tcp.h): tcpi_bytes_acked and tcpi_notsent_bytes; tcpi_unacked stands at 24."""
_IN_FLIGHT = struct.Struct("=24xI")


def delivered(transport: asyncio.Transport) -> tuple[int, bool]:
    """Bytes that the peer has acknowledged so far, and whether more are on their way to it. Where the system does not say:
    what still waits in this process, as a negative number, which grows as well."""
    waiting = transport.get_write_buffer_size()
    own = transport.get_extra_info("socket")
    try:
        told = own.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256) if own is not None else b""
    except (AttributeError, OSError):  # another system, or already closed
        told = b""
    if len(told) < _ACKNOWLEDGED.size:
        return -waiting, waiting > 0
    acknowledged, unsent = _ACKNOWLEDGED.unpack_from(told)
    return acknowledged, bool(waiting or unsent or _IN_FLIGHT.unpack_from(told)[0])


class Progress:
    """One peer's reading, measured over windows of time."""

    __slots__ = ("_since", "_taken")

    def __init__(self) -> None:
        self._taken: int | None = None
        self._since = 0.0

    def goes_on(self, transport: asyncio.Transport, now: float, window: float, rate: float) -> bool:
        """Whether something is on its way, and the peer has not yet been found to take less than `rate` bytes per second over
        `window` seconds. The first call begins a window."""
        taken, more = delivered(transport)
        if not more:
            self._taken = None
            return False
        if self._taken is None:
            self._taken, self._since = taken, now
        elif now - self._since >= window:
            if taken - self._taken < rate * (now - self._since):
                return False
            self._taken, self._since = taken, now
        return True
