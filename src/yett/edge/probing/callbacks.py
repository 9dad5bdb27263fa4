"""The out-of-band listener: a small HTTP server whose addresses only the target would call. What calls is noted, nothing else.

It answers every request with an empty 200, keeps a bounded number of them, and never shows more than method, path and agent. It
must not know why an address was given away.
"""

import asyncio
import secrets

MAX_HEAD = 8_192
MOST = 2_000
SECONDS = 5.0


class Listener:
    """One listener. host: the address under which the target can reach it."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self._host = host
        self._server: asyncio.Server | None = None
        self._heard: dict[str, list[str]] = {}
        self._arrived = asyncio.Event()

    async def open(self, bind: str, port: int = 0) -> None:
        """Begin to listen. Raises OSError."""
        self._server = await asyncio.start_server(self._serve, bind, port, limit=MAX_HEAD)

    def close(self) -> None:
        if self._server is not None:
            self._server.close()

    def url(self) -> str:
        """An address that nobody else knows; "" where nothing listens."""
        if self._server is None or not self._server.sockets or len(self._heard) >= MOST:
            return ""
        port = self._server.sockets[0].getsockname()[1]
        name = secrets.token_hex(8)
        self._heard[name] = []
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{port}/{name}"

    async def heard(self, url: str, seconds: float) -> tuple[str, ...]:
        """What called that address until now, or within so many seconds from now."""
        name = url.rstrip("/").rpartition("/")[2]
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while not self._heard.get(name) and (left := until - loop.time()) > 0:
            self._arrived.clear()
            try:
                async with asyncio.timeout(left):
                    await self._arrived.wait()
            except TimeoutError:
                break
        return tuple(self._heard.get(name, ()))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(SECONDS):
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self._note(head)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
        except (TimeoutError, OSError, EOFError, asyncio.LimitOverrunError):
            return
        finally:
            writer.close()

    def _note(self, head: str) -> None:
        first, *lines = head.split("\r\n")
        parts = first.split(" ")
        path = parts[1] if len(parts) > 1 else ""
        agent = next((line[:120] for line in lines if line.lower().startswith("user-agent:")), "")
        for name, found in self._heard.items():
            if name in path and len(found) < 10:
                found.append(f"{parts[0][:10]} {path[:200]} {agent}".strip())
                self._arrived.set()
