"""The attack rules on bodies that take long: what another process finds is what would be found here, and what becomes of a request
over which that process dies."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from house import House, run

from yett.cli.patterns import pattern_cache
from yett.edge import inspector as module
from yett.edge.inspector import Inspector
from yett.edge.keysets import KeySets
from yett.edge.needs import fulfiller
from yett.edge.passwords import PasswordVerifier
from yett.engine.compile import compile_policy
from yett.model.bundle import encode
from yett.model.ports import Ports
from yett.rules.inspection.pack import Pack, split
from yett.rules.inspection.packs import packs
from yett.rules.registry import attacks
from yett.store.bundle import load_bundle
from yett.store.counters.local import LocalCounters
from yett.store.keyfile import KeyRing

POLICY = """
services:
  shop:
    mode: enforce
    upstream: {{targets: ["http://127.0.0.1:{port}"]}}
    attacks: {attacks}
"""
SETTINGS = "{mode: enforce, rules: {script-injection: monitor}, except: [{rule: xxe, place: body /0}], inspect: {values: 500}}"
COMMAND = (sys.executable, "-P", "-m", "yett.cli.inspector")
GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"


def sent(*texts: str, filler: int = 300) -> bytes:
    body = json.dumps([*texts, *["harmless text " * 10] * filler]).encode()
    return b"POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


SQL = sent("1' union select password from users--")
BODIES = (
    sent("harmless"),
    SQL,
    sent("<script>alert(1)</script>"),
    sent("<script>alert(1)</script>", "../../../etc/passwd"),
    sent("' or 1=1 -- " * 4_000, "${jndi:ldap://x/a}"),
    sent("1' union select password from users--", filler=80),
    sent("<script>alert(1)</script>", *["a"] * 600),
)


class Judged(House):
    """A house in which a process of its own looks at large bodies."""

    def __init__(self, directory: Path, attacks: str = SETTINGS) -> None:
        self.died: list[str] = []
        self.inspector = Inspector(COMMAND, self.died.append)
        real = fulfiller(KeySets(), PasswordVerifier(), self.inspector)
        super().__init__(directory, POLICY, fulfil=real, fill={"attacks": attacks})

    def snapshot(self, **fill: Any) -> Any:
        path = self.directory / "yett.yaml"
        path.write_text(self.policy.format(port=self.upstream_port, **{**self.fill, **fill}))
        bundle = load_bundle(path)
        self.inspector.load(bundle.digest, encode(bundle))
        ports = Ports(counters=LocalCounters(), keys=KeyRing(()), files=bundle.files, snapshot=bundle.digest)
        return compile_policy(bundle, ports)

    async def __aexit__(self, *failure: Any) -> None:
        await self.inspector.close()  # uvloop waits for the process otherwise
        await super().__aexit__(*failure)

    async def started(self) -> None:
        assert (await self.ask(sent("harmless")))[0] == 200
        async with asyncio.timeout(25):
            while self.inspector._process is None or self.inspector._process.gone:
                await asyncio.sleep(0.01)


@pytest.fixture(autouse=True, scope="module")
def _patterns() -> None:
    """Compiled and kept before a process that goes last is to do it."""
    for signatures in split([(attack.rule, attack.signatures) for attack in attacks().values()]):
        Pack(signatures, pattern_cache())
    packs(pattern_cache())


@pytest.fixture(autouse=True)
def _beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BEGINNING", 0.0)  # a thread looks meanwhile


def told(event: Any) -> Any:
    return event.verdict, event.would, event.reasons, event.not_evaluated


def test_another_process_finds_what_a_thread_finds(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Judged(tmp_path) as house:
            load = house.inspector._digest
            house.inspector._digest = ""  # nobody to ask: a thread
            here = [(await house.ask(body))[0] for body in BODIES]
            by_thread = [told(event) for event in house.journal.events]
            house.inspector._digest = load
            await house.started()
            house.journal.events.clear()
            assert [(await house.ask(body))[0] for body in BODIES] == here
            assert [told(event) for event in house.journal.events] == by_thread
            assert here == [200, 403, 200, 403, 403, 403, 200]
            assert by_thread[2][1] == "deny" and by_thread[6][3], "what is only recorded, and what is beyond the limit"
            assert house.inspector.failed == 0

    run(talk())


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        ("{mode: enforce}", 503),
        ("{mode: enforce, on_unavailable: allow}", 200),
        ("{mode: monitor}", 200),
    ],
)
def test_a_request_over_which_the_process_dies_gets_what_the_policy_says(tmp_path: Path, settings: str, status: int) -> None:
    async def talk() -> None:
        async with Judged(tmp_path, settings) as house:
            await house.started()
            process = house.inspector._process
            assert process is not None and process._process is not None
            os.kill(process._process.pid, signal.SIGSTOP)
            client = await house.connect()
            await client.send(SQL)
            await house.until(lambda: len(house.gateway._tasks) == 1)
            process.kill()
            found, fields, body = await client.response()
            assert found == status
            assert (b"Retry-After: " in fields, b"inspected at the moment" in body) == (status == 503, status == 503)
            event = house.journal.events[-1]
            reasons = [reason.reason for reason in event.reasons] + [why for _, why in event.not_evaluated]
            assert any("the inspecting process: it has died" in reason for reason in reasons), event
            await client.send(SQL)  # a thread
            assert (await client.response())[0] == (200 if "monitor" in settings else 403)

    run(talk())
