"""A stand-in for policy, gateway and composition root, so that processes can be tested by themselves.

The policy is a JSON file: {"listen": ["127.0.0.1:0"], "text": "hello", "tls": {"certificate": ..., "key": ...}, ...}. The
gateway answers every request line with `text`; "/pid" says who answers, "/slow/N" waits N seconds, "/spin/N" blocks the worker.
Run as a program it is the worker, the compiler or the supervisor.
"""

import argparse
import asyncio
import json
import logging
import os
import signal
import socket
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from yett.edge.gateway import fleet, supervisor
from yett.edge.gateway.metrics import Metrics
from yett.edge.gateway.preparation import Prepared, Refused, ServiceSummary, encode_verdict
from yett.edge.gateway.supervisor import Equipment, Settings, Supervisor
from yett.edge.gateway.tls import Contexts, tls_facts
from yett.edge.gateway.worker import Built, Worker
from yett.model.policy import Bounds, Listen, ListenTLS

ME = (sys.executable, str(Path(__file__).resolve()))


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


def compile_policy(path: str, bundle: int) -> None:
    text = Path(path).read_text()
    files = [path]
    try:
        policy = json.loads(text)
    except json.JSONDecodeError as error:
        verdict: Any = Refused(errors=(f"{path}:{error.lineno}:{error.colno}: {error.msg}",), files=(path,))
    else:
        if "crash" in policy:
            os.kill(os.getpid(), signal.SIGKILL)
        named = [policy["tls"][name] for name in ("certificate", "key", "client_ca") if policy.get("tls", {}).get(name)]
        files += named
        policy["files"] = {name: Path(name).read_text() for name in named}
        policy["digest"] = policy["text"] + (sha256(str(policy["files"]).encode()).hexdigest()[:8] if named else "")
        os.write(bundle, json.dumps(policy).encode())
        verdict = Prepared(
            digest=policy["digest"],
            listen=tuple(policy["listen"]),
            admin=policy.get("admin"),
            workers=policy.get("workers", 0),
            services=(ServiceSummary("stand-in", "enforce", 1),),
            files=tuple(files),
            fixed={"workers": str(policy.get("workers"))},
        )
    sys.stdout.buffer.write(encode_verdict(verdict))


def supervise(path: str, drain: float) -> int:
    def announce(prepared: Prepared, bound: dict[str, str], admin: str) -> None:
        print(json.dumps({"listen": bound, "admin": admin}), flush=True)

    settings = Settings(
        worker=(*ME, "worker"),
        prepare=(*ME, "prepare", path),
        equip=lambda prepared, workers: Equipment(
            record=lambda event: print(event.tag, event.failure, file=sys.stderr, flush=True),
            upkeep=lambda: None,
            close=lambda: print("closed", file=sys.stderr, flush=True),
        ),
        announce=announce,
        drain=drain,
        start=20.0,
        version="0",
    )
    supervisor.LOOK = 0.2
    fleet.PERIOD = float(os.environ.get("STANDIN_PERIOD", "5"))
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    return asyncio.run(Supervisor(settings).run())


def program() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("role")
    parser.add_argument("path", nargs="?")
    parser.add_argument("--worker", type=int)
    parser.add_argument("--control", type=int)
    parser.add_argument("--bundle", type=int)
    parser.add_argument("--gently", action="store_true")
    parser.add_argument("--drain", type=float, default=5.0)
    options = parser.parse_args()
    if options.role == "worker":
        worker(options.worker, options.control)
    elif options.role == "prepare":
        compile_policy(options.path, options.bundle)
    else:
        return supervise(options.path, options.drain)
    return 0


if __name__ == "__main__":
    sys.exit(program())
