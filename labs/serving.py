"""Serves a house on loopback, and counts what it is asked.

    python -m labs.serving objects --seed 3 [--fixed] [--port 8100] [--files DIRECTORY]

--files writes the contract and the identities there, as `yett probe` takes them.
"""

import argparse
import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import uvicorn
import yaml

from labs import catalogue
from labs.house import House
from labs.identities import identities

PATIENCE = 10.0


class Served(NamedTuple):
    """asked: (seconds since the beginning, method, path, status) of each request; empty for a house with a stage of its own."""

    origin: str
    asked: list[tuple[float, str, str, int]]


class _Counting:
    """The application, with a list of what it answered."""

    def __init__(self, inner: Any, asked: list[tuple[float, str, str, int]]) -> None:
        self.inner, self.asked, self.began = inner, asked, time.monotonic()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.inner(scope, receive, send)
            return
        path = scope["path"]

        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                self.asked.append((time.monotonic() - self.began, scope["method"], path, message["status"]))
            await send(message)

        await self.inner(scope, receive, sending)


@contextlib.contextmanager
def serving(house: House, port: int = 0) -> Iterator[Served]:
    """The house on a free port of 127.0.0.1, in a thread, until the block ends."""
    asked: list[tuple[float, str, str, int]] = []
    if house.stage is not None:
        with house.stage() as origin:
            yield Served(origin, asked)
        return
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
        settings = uvicorn.Config(
            _Counting(house.app, asked), log_level="critical", lifespan="off", server_header=False, timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(settings)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        end = time.monotonic() + PATIENCE
        while not server.started and time.monotonic() < end:
            time.sleep(0.01)
        try:
            yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}", asked)
        finally:
            server.should_exit = True
            thread.join(PATIENCE)


def write(house: House, origin: str, directory: Path) -> tuple[Path, Path]:
    """The contract and the identities of a house, as files; a GraphQL house has a schema instead of a contract."""
    contract, people = directory / ("schema.graphql" if house.graphql else "contract.json"), directory / "identities.yaml"
    contract.write_text(house.sdl or json.dumps(house.contract(origin), indent=1))
    people.write_text(yaml.safe_dump(identities(house), sort_keys=False))
    return contract, people


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lab", choices=catalogue.NAMES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fixed", action="store_true")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--files", type=Path)
    options = parser.parse_args()
    house = catalogue.build(options.lab, options.seed, fixed=options.fixed)
    with serving(house, options.port) as served:
        print(served.origin, flush=True)
        if options.files:
            options.files.mkdir(parents=True, exist_ok=True)
            write(house, served.origin, options.files)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
