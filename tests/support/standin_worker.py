"""The worker of the stand-in (see `standin`): a gateway that answers every request line with the policy's text.

"/pid" says who answers, "/slow/N" waits N seconds, "/spin/N" blocks the worker, "/tls" says what the handshake established.
"""

import argparse
import asyncio
import json
import os
import socket
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from yett.edge.gateway.metrics import Metrics
from yett.edge.gateway.tls import Contexts, tls_facts
from yett.edge.gateway.worker import Built, Worker
from yett.model.policy import Bounds, Listen, ListenTLS


class Connection(asyncio.Protocol):
    def __init__(self, gateway: "Gateway", listen: Listen) -> None:
        self.gateway = gateway
        self.listen = listen
        self.pending = 0
        self.buffer = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.gateway.clients.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.gateway.clients.discard(self)
        self.gateway.look()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
            self.request(head.split(b" ")[1].decode())

    def request(self, path: str) -> None:
        self.pending += 1
        _, name, *rest = path.split("/")
        if name == "slow":
            self.gateway.loop.call_later(float(rest[0]), self.answer, "slow")
        elif name == "spin":
            time.sleep(float(rest[0]))
            self.answer("spun")
        elif name == "pid":
            self.answer(str(os.getpid()))
        elif name == "tls":
            facts = tls_facts(self.transport.get_extra_info("ssl_object"))
            self.answer(msgspec.json.encode(facts).decode())
        else:
            self.answer(self.gateway.text)

    def answer(self, text: str) -> None:
        self.pending -= 1
        self.gateway.metrics.operation("stand-in", "any").observe(200, "allow", 0.001, 0.00002, 0, len(text))
        close = "Connection: close\r\n" if self.gateway.draining else ""
        self.transport.write(f"HTTP/1.1 200 OK\r\n{close}Content-Length: {len(text)}\r\n\r\n{text}".encode())
        if self.gateway.draining and not self.pending:
            self.transport.close()


class Gateway:
    def __init__(self, text: str, loop: asyncio.AbstractEventLoop, metrics: Metrics) -> None:
        self.text = text
        self.loop = loop
        self.metrics = metrics
        self.clients: set[Connection] = set()
        self.draining = False
        self.idle = asyncio.Event()

    def connection(self, listen: Listen) -> Connection:
        return Connection(self, listen)

    def swap(self, text: str) -> None:
        self.text = text

    def note(self, tag: str, **details: Any) -> None:
        print(tag, details, file=sys.stderr, flush=True)

    def look(self) -> None:
        if not self.clients:
            self.idle.set()

    async def drain(self, seconds: float) -> None:
        self.draining = True
        for client in list(self.clients):
            if not client.pending:
                client.transport.close()
        self.look()
        try:
            await asyncio.wait_for(self.idle.wait(), seconds)
        except TimeoutError:
            for client in list(self.clients):
                client.transport.abort()


def build(contexts: Contexts) -> Any:
    def steps(encoded: memoryview) -> Any:
        policy = json.loads(bytes(encoded))
        for _ in range(policy.get("steps", 1)):
            time.sleep(policy.get("step", 0))
            yield
        if "aside" in policy:
            yield partial(time.sleep, policy["aside"])
        if policy.get("unbuildable") == os.environ.get("WORKER"):
            raise ValueError("made not to build")
        tls = ListenTLS(**policy["tls"]) if "tls" in policy else None
        files = {name: text.encode() for name, text in policy["files"].items()}
        return Built(
            digest=policy["digest"],
            snapshot=policy["text"],
            listen={address: Listen(address=address, tls=tls) for address in policy["listen"]},
            contexts={address: contexts.listener(tls, files.__getitem__) for address in policy["listen"]} if tls else {},
            bounds=Bounds(head_timeout=1.0, **policy.get("bounds", {})),
        )

    return steps


def worker(number: int, control: int) -> None:
    os.environ["WORKER"] = str(number)
    if Path(os.environ.get("STANDIN_CRASH", "/nonexistent")).exists():
        sys.exit(3)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        metrics = Metrics()
        await Worker(
            socket.socket(fileno=control),
            loop=loop,
            build=build(Contexts()),
            start=lambda text: Gateway(text, loop, metrics),
            metrics=metrics,
            patience=2.0,
        ).run()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--worker", type=int)
    parser.add_argument("--control", type=int)
    options = parser.parse_args()
    worker(options.worker, options.control)
