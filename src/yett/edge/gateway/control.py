"""The channel between the supervisor and one worker: framed msgpack over a socket pair, able to hand over open files.

Listening sockets and the bundle travel as file descriptors: a worker that is started later, or a listener that a reload
adds, needs no restart of anything, and a large bundle is in memory once for all processes. Both ends are own processes, so
what arrives is not hostile, but it is still bounded. It must not know what the messages lead to.
"""

import asyncio
import os
import socket
import struct
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from yett.edge.gateway.metrics import Numbers

FRAME = 64 << 20
"""Most bytes of one message. The largest are a worker's numbers, some hundred KiB."""

_HEADER = struct.Struct(">IB")
_FILES = 8  # most descriptors of one message; the kernel's own bound is 253 (SCM_MAX_FD)
_READ = 262_144


class Load(msgspec.Struct, frozen=True, tag="load"):
    """To the worker, with one file: the encoded bundle. Build it and put it in the place of the present one."""

    digest: str


class Take(msgspec.Struct, frozen=True, tag="take"):
    """To the worker, with one file: a listening socket. Accept connections on it until told to leave it.

    slot: whose socket it is: the worker's own number, or that of a dead worker whose place is taken for the time being.
    address: as in the policy.
    """

    slot: int
    address: str


class Leave(msgspec.Struct, frozen=True, tag="leave"):
    """To the worker: accept no more connections on this socket, and close it."""

    slot: int
    address: str


class Ask(msgspec.Struct, frozen=True, tag="ask"):
    """To the worker: send your numbers."""


class Drain(msgspec.Struct, frozen=True, tag="drain"):
    """To the worker: accept nothing new, finish what is under way within `seconds`, and end."""

    seconds: float


class Loaded(msgspec.Struct, frozen=True, tag="loaded"):
    """From the worker: the bundle is in place. seconds: what building took; longest: its longest piece without a pause."""

    digest: str
    seconds: float
    longest: float


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """From the worker: the bundle could not be built; the one before stays in place, if there was one."""

    digest: str
    reason: str


class Taken(msgspec.Struct, frozen=True, tag="taken"):
    """From the worker: connections to this socket are being accepted."""

    slot: int
    address: str


Order = Load | Take | Leave | Ask | Drain
Report = Loaded | Failed | Taken | Numbers


class ChannelBroken(Exception):
    """What arrived is no message: too large, or not of the expected shape."""


_ENCODER = msgspec.msgpack.Encoder()
_ORDERS: msgspec.msgpack.Decoder[Order] = msgspec.msgpack.Decoder(Order)
_REPORTS: msgspec.msgpack.Decoder[Report] = msgspec.msgpack.Decoder(Report)


Received = TypeVar("Received")


class Channel(Generic[Received]):
    """One end. `receive` is called with each message and the descriptors that came with it, which it then owns; `lost` once,
    when the other end has gone or sent what is no message.

    Messages are sent in order and never block: what the socket does not take at once is queued. The other end is an own
    process that reads all the time, or is killed for not doing so; the queue is therefore short.
    """

    def __init__(
        self,
        end: socket.socket,
        loop: asyncio.AbstractEventLoop,
        decoder: msgspec.msgpack.Decoder[Received],
        receive: Callable[[Received, list[int]], None],
        lost: Callable[[], None],
    ) -> None:
        end.setblocking(False)
        self._end = end
        self._loop = loop
        self._decoder = decoder
        self._receive = receive
        self._lost = lost
        self._read = bytearray()
        self._files: deque[int] = deque()
        self._unsent: deque[tuple[memoryview, list[int]]] = deque()
        self._closed = False
        loop.add_reader(end, self._readable)

    def send(self, message: Order | Report, *files: int) -> None:
        """Send one message, with copies of up to 8 descriptors. Nothing happens where the other end has gone already."""
        if self._closed:
            return
        body = _ENCODER.encode(message)
        kept = [os.dup(file) for file in files]
        self._unsent.append((memoryview(_HEADER.pack(len(body), len(kept)) + body), kept))
        if len(self._unsent) == 1:
            self._writable()

    def close(self) -> None:
        """Stop reading and writing. `lost` is not called."""
        if self._closed:
            return
        self._closed = True
        self._loop.remove_reader(self._end)
        self._loop.remove_writer(self._end)
        for _, files in self._unsent:
            _close_all(files)
        self._unsent.clear()
        _close_all(self._files)
        self._end.close()

    def _writable(self) -> None:
        try:
            while self._unsent:
                rest, files = self._unsent[0]
                sent = socket.send_fds(self._end, [rest], files) if files else self._end.send(rest)
                _close_all(files)
                if sent < len(rest):
                    self._unsent[0] = (rest[sent:], [])
                else:
                    self._unsent.popleft()
        except BlockingIOError:
            self._loop.add_writer(self._end, self._writable)
            return
        except OSError:
            self._break()
            return
        self._loop.remove_writer(self._end)

    def _readable(self) -> None:
        try:
            piece, files, _, _ = socket.recv_fds(self._end, _READ, _FILES)
        except BlockingIOError:
            return
        except OSError:
            piece, files = b"", []
        for file in files:
            os.set_inheritable(file, False)
        self._files += files
        if not piece:
            self._break()
            return
        self._read += piece
        try:
            while not self._closed and self._next():
                pass
        except (ChannelBroken, msgspec.DecodeError):
            self._break()

    def _next(self) -> bool:
        """Hand on the first message if it is there as a whole."""
        if len(self._read) < _HEADER.size:
            return False
        length, count = _HEADER.unpack_from(self._read)
        if length > FRAME or count > _FILES:
            raise ChannelBroken(f"a message of {length} bytes and {count} files")
        end = _HEADER.size + length
        if len(self._read) < end:
            return False
        if len(self._files) < count:
            raise ChannelBroken("files are missing")
        body = bytes(self._read[_HEADER.size : end])
        del self._read[:end]
        self._receive(self._decoder.decode(body), [self._files.popleft() for _ in range(count)])
        return True

    def _break(self) -> None:
        if not self._closed:
            self.close()
            self._lost()


def _close_all(files: "list[int] | deque[int]") -> None:
    while files:
        os.close(files.pop())


def worker_end(
    end: socket.socket,
    loop: asyncio.AbstractEventLoop,
    receive: Callable[[Order, list[int]], None],
    lost: Callable[[], None],
) -> Channel[Order]:
    """The worker's end of a channel."""
    return Channel(end, loop, _ORDERS, receive, lost)


def supervisor_end(
    end: socket.socket,
    loop: asyncio.AbstractEventLoop,
    receive: Callable[[Report, list[int]], None],
    lost: Callable[[], None],
) -> Channel[Report]:
    """The supervisor's end of a channel."""
    return Channel(end, loop, _REPORTS, receive, lost)
