"""A WebSocket server behind the gateway, of the `websockets` library, on a thread of its own."""

import asyncio
import threading
from collections.abc import Sequence
from contextlib import suppress

from serving import until
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol


async def room(connection: ServerConnection) -> None:
    """Says everything back; "close N" closes with that code, "large N" sends so many bytes, "quiet" says nothing more."""
    assert connection.request is not None
    with suppress(ConnectionClosed):
        if connection.request.path.endswith("/hello"):
            await connection.send("hello")
        async for message in connection:
            word, _, number = message.partition(" ") if isinstance(message, str) else ("", "", "")
            if word == "close":
                await connection.close(int(number), "as you wish")
            elif word == "large":
                await connection.send(bytes(int(number)))
            elif word == "quiet":
                async for _ in connection:
                    pass
            else:
                await connection.send(message)


def choose(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return next((name for name in offered if name == "chat.v2"), None)


class Rooms:
    """Runs until `stop`."""

    def __init__(self) -> None:
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._done = asyncio.Event()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._run()))
        self._thread.start()
        until(lambda: self.port)

    async def _run(self) -> None:
        async with serve(room, "127.0.0.1", 0, max_size=None, select_subprotocol=choose) as server:
            self.port = next(iter(server.sockets)).getsockname()[1]
            await self._done.wait()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join()
        self._loop.close()
