"""A stand-in for policy, gateway and composition root, so that processes can be tested by themselves.

The policy is a JSON file: {"listen": ["127.0.0.1:0"], "text": "hello", "tls": {"certificate": ..., "key": ...}, ...}. Run as a
program, this is the supervisor; `standin_compiler` and `standin_worker` are its children.
"""

import argparse
import asyncio
import json
import logging
import os
import sys
from pathlib import Path

from yett.edge.gateway import fleet, supervisor
from yett.edge.gateway.preparation import Prepared
from yett.edge.gateway.supervisor import Equipment, Settings, Supervisor

HERE = Path(__file__).resolve().parent


def supervise(path: str, drain: float) -> int:
    def announce(prepared: Prepared, bound: dict[str, str], admin: str) -> None:
        print(json.dumps({"listen": bound, "admin": admin}), flush=True)

    settings = Settings(
        worker=(sys.executable, str(HERE / "standin_worker.py")),
        prepare=(sys.executable, str(HERE / "standin_compiler.py"), path),
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


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("path")
    parser.add_argument("--drain", type=float, default=5.0)
    options = parser.parse_args()
    sys.exit(supervise(options.path, options.drain))
