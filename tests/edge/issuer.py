"""A token issuer on loopback whose key set endpoint does what the test says: answer, rotate, hang, die, talk nonsense."""

import asyncio
import json
import ssl
from collections.abc import Callable
from typing import Any

from jose_signing import jwk

Answer = bytes | Callable[[asyncio.StreamWriter], Any]


def document(*members: dict[str, Any]) -> bytes:
    return json.dumps({"keys": members or [jwk("EdDSA", kid="k")]}).encode()


def ok(body: bytes, *fields: str) -> bytes:
    lines = "".join(f"{field}\r\n" for field in fields)
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{lines}\r\n".encode() + body


async def hang(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


class Issuer:
    """`answer`: octets to send, or what to do. `requests`: the heads that came in."""

    def __init__(self, answer: Answer | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.answer: Answer = ok(document()) if answer is None else answer
        self.tls = tls
        self.requests: list[bytes] = []
        self.port = 0
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def url(self) -> str:
        return f"{'https://localhost' if self.tls else 'http://127.0.0.1'}:{self.port}/keys?a=b"

    async def __aenter__(self) -> "Issuer":
        await self.listen()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.die()

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self.tls, reuse_address=True)
        self.port = self._server.sockets[0].getsockname()[1]

    async def die(self) -> None:
        """Stop listening and cut every connection."""
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            self.requests.append(await reader.readuntil(b"\r\n\r\n"))
            if isinstance(self.answer, bytes):
                writer.write(self.answer)
                await writer.drain()
            else:
                await self.answer(writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()
