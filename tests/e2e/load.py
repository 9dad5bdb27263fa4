"""Clients that never stop asking, on a thread of their own, and remember each answer."""

import asyncio
import threading
import time
from dataclasses import dataclass, field
from typing import Self

QUESTION = b"GET /who HTTP/1.1\r\nHost: h\r\n\r\n"


@dataclass
class Heard:
    """What came of the requests. answers: (request id, status, seconds). lost: connections that ended without an answer."""

    answers: list[tuple[str, int, float]] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        return [identity for identity, _, _ in self.answers]

    @property
    def statuses(self) -> set[int]:
        return {status for _, status, _ in self.answers}

    @property
    def slowest(self) -> float:
        return max(seconds for _, _, seconds in self.answers)


async def answer(reader: asyncio.StreamReader) -> tuple[str, int, bool]:
    """Id and status of the next response, whose body is read, and whether the connection is closed after it."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length: ")[2].split(b"\r\n")[0])
    await reader.readexactly(length)
    return head.partition(b"x-request-id: ")[2][:24].decode(), int(head[9:12]), b"connection: close" in head


class Load:
    """`with Load(port) as load: ...`. Each client asks `per_connection` times before it opens another connection."""

    def __init__(
        self, port: int, clients: int = 8, per_connection: int = 20, pause: float = 0.0, question: bytes = QUESTION
    ) -> None:
        self.heard = Heard()
        self._port = port
        self._per_connection = per_connection
        self._pause = pause
        self._question = question
        self._clients = clients
        self._stopping = False
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping = True
        self._thread.join()

    def __len__(self) -> int:
        return len(self.heard.answers)

    async def _run(self) -> None:
        await asyncio.gather(*(self._client() for _ in range(self._clients)))

    async def _client(self) -> None:
        while not self._stopping:
            asked = 0
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
                try:
                    while asked < self._per_connection and not self._stopping:
                        began = time.monotonic()
                        asked += 1
                        writer.write(self._question)
                        async with asyncio.timeout(20):
                            identity, status, last = await answer(reader)
                        self.heard.answers.append((identity, status, time.monotonic() - began))
                        if last:
                            break
                        await asyncio.sleep(self._pause)
                finally:
                    writer.close()
            except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
                self.heard.lost.append(f"request {asked} of its connection: {type(error).__name__} {error}")
