"""Work of guards in a thread of its own: what fails in it, who leaves meanwhile, and what happens around it, over real sockets."""

import asyncio
import gc
import json
import socket
import struct
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

from house import Client, House, run

from yett.edge.keysets import KeySets
from yett.edge.needs import Aside, WorkFailed, fulfiller
from yett.edge.passwords import PasswordVerifier
from yett.engine.compile import compile_policy
from yett.model.decision import Pause
from yett.model.ports import Ports
from yett.store.bundle import load_bundle
from yett.store.counters.local import LocalCounters
from yett.store.keyfile import KeyRing

POLICY = """
services:
  shop:
    mode: enforce
    upstream: {{targets: ["http://127.0.0.1:{port}"]}}
    attacks: false
    crs: {{directory: crs, threshold: {threshold}}}
"""
RULES = """
SecDefaultAction "phase:2,log,pass"
SecAction "id:1,phase:1,pass,nolog,setvar:tx.score=0"
SecRule ARGS "@rx (?i)union\\s+select" "id:942190,phase:2,block,msg:'SQL injection',severity:'CRITICAL',setvar:'tx.score=+5'"
SecRule TX:score "@ge %{tx.inbound_anomaly_score_threshold}" "id:949110,phase:2,deny,status:403"
"""
GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"


def large(text: str = "") -> bytes:
    """A request whose body is judged aside."""
    body = json.dumps(["harmless text " * 10] * 400 + [text]).encode()
    return b"POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


def reset(client: Client) -> None:
    """Leave without a word: who only ends its own side still gets its answer."""
    found = client.writer.get_extra_info("socket")
    found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.writer.transport.abort()


ATTACK = large("1 union select 2")


class Guarded(House):
    """A house with the rules, and a thread whose work waits for a gate where the test shuts it."""

    def __init__(self, directory: Path, wrap: Callable[[Callable[[], object]], object] | None = None) -> None:
        (directory / "crs" / "rules").mkdir(parents=True)
        (directory / "crs" / "crs-setup.conf").write_text("")
        (directory / "crs" / "rules" / "rules.conf").write_text(RULES)
        self.gate = threading.Event()
        self.gate.set()
        self.begun = self.ended = 0
        self.wrap = wrap
        super().__init__(directory, POLICY, fulfil=self._fulfilling(), fill={"threshold": 5})

    def _fulfilling(self) -> Callable[[Any], Any]:
        real = fulfiller(KeySets(), PasswordVerifier())

        async def fulfil(need: Any) -> Any:
            if isinstance(need, Pause) and need.work is not None:
                work = need.work
                return await real(Pause(need.step, lambda: self._work(work)))
            return await real(need)

        return fulfil

    def _work(self, work: Callable[[], object]) -> None:
        self.begun += 1
        assert self.gate.wait(10)
        if self.wrap is not None:
            self.wrap(work)
        else:
            work()
        self.ended += 1

    def snapshot(self, **fill: Any) -> Any:
        path = self.directory / "yett.yaml"
        path.write_text("version: 1\n" + POLICY.format(port=self.upstream_port, **{**self.fill, **fill}))
        bundle = load_bundle(path)
        return compile_policy(bundle, Ports(counters=LocalCounters(), keys=KeyRing(()), files=bundle.files))


def test_large_bodies_are_judged_in_turn_and_small_requests_do_not_wait(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Guarded(tmp_path) as house:
            house.gate.clear()
            clients = [await house.connect() for _ in range(8)]
            for place, client in enumerate(clients):
                await client.send(ATTACK if place % 2 else large())
            await house.until(lambda: house.begun == 1)
            assert (await house.ask(GET))[0] == 200
            assert house.begun == 1  # the others wait for their turn
            house.gate.set()
            assert [(await client.response())[0] for client in clients] == [200, 403] * 4
            assert (house.begun, house.ended) == (8, 8)

    run(talk())


def test_work_that_fails_ends_the_request_at_once_and_is_counted(tmp_path: Path) -> None:
    def fails(_: Callable[[], object]) -> None:
        raise OSError("no such thing as an answer")

    async def talk() -> None:
        async with Guarded(tmp_path, fails) as house:
            house.loop.set_exception_handler(house.gateway.crashed)
            client = await house.connect()
            await client.send(ATTACK)
            assert await client.rest() == b""
            assert house.accepted == 0  # nothing passed undecided
            await house.until(lambda: not house.gateway.clients)
            assert [(s.name, s.value) for s in house.metrics.take().counters] == [("yett_internal_errors_total", 1)]
            assert next(e for e in house.journal.events if e.tag == "gateway:internal:failed").failure.startswith("WorkFailed")
            assert (await house.ask(GET))[0] == 200
            house.wrap = None
            assert (await house.ask(ATTACK))[0] == 403

    run(talk())


def test_who_leaves_before_its_turn_is_not_worked_for(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Guarded(tmp_path) as house:
            house.gate.clear()
            first = await house.connect()
            await first.send(large())
            await house.until(lambda: house.begun == 1)
            others = [await house.connect() for _ in range(5)]
            for client in others:
                await client.send(large())
            await house.until(lambda: len(house.gateway._tasks) == 6)
            for client in others[:4]:
                reset(client)
            await house.until(lambda: len(house.gateway._tasks) == 2)
            reset(first)
            await house.until(lambda: len(house.gateway._tasks) == 1)
            house.gate.set()
            assert (await others[4].response())[0] == 200
            assert house.begun == 2

    run(talk())


def test_a_new_policy_meanwhile_does_not_change_what_is_judged(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Guarded(tmp_path) as house:
            house.gate.clear()
            client = await house.connect()
            await client.send(ATTACK)
            await house.until(lambda: house.begun == 1)
            house.gateway.swap(house.snapshot(threshold=100))
            house.gate.set()
            assert (await client.response())[0] == 403
            assert (await house.ask(ATTACK))[0] == 200

    run(talk())


def test_who_is_judged_when_the_gateway_drains_is_answered(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Guarded(tmp_path) as house:
            house.gate.clear()
            client = await house.connect()
            await client.send(ATTACK)
            await house.until(lambda: house.begun == 1)
            draining = asyncio.create_task(house.gateway.drain(5.0))
            await house.until(lambda: house.gateway.draining)
            house.gate.set()
            assert (await client.response())[0] == 403
            client.close()
            await draining

    run(talk())


def test_the_gateway_stops_with_work_under_way(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Guarded(tmp_path) as house:
            house.gate.clear()
            clients = [await house.connect() for _ in range(3)]
            for client in clients:
                await client.send(large())
            await house.until(lambda: len(house.gateway._tasks) == 3 and house.begun == 1)
            await house.gateway.drain(0.05)
            await house.until(lambda: not house.gateway._tasks)
            assert [await client.rest() for client in clients] == [b""] * 3
            assert house.accepted == 0
            house.gate.set()
            await house.until(lambda: house.ended == 1)
            assert house.begun == 1

    run(talk())


def test_the_turn_is_given_on_whatever_happens() -> None:
    async def talk() -> None:
        aside, gate = Aside(), threading.Event()
        first = asyncio.create_task(aside.do(lambda: gate.wait(10)))
        second = asyncio.create_task(aside.do(list))
        third = asyncio.create_task(aside.do(lambda: 1 / 0))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        first.cancel()
        second.cancel()
        gate.set()
        found = await asyncio.gather(first, second, third, aside.do(list), return_exceptions=True)
        assert list(map(type, found)) == [asyncio.CancelledError, asyncio.CancelledError, WorkFailed, type(None)]

    run(talk())


OWN_LEVEL = """
version: 1
services:
  shop:
    upstream: {targets: ["http://127.0.0.1:1"]}
    crs: {directory: crs}
    operations:
      "GET /a": {crs: {directory: crs, paranoia: 2}}
      "GET /b": {crs: {directory: nowhere}}
"""


def test_rules_are_loaded_apart_from_plans(tmp_path: Path) -> None:
    (tmp_path / "crs").mkdir()
    (tmp_path / "crs" / "crs-setup.conf").write_text("")
    (tmp_path / "crs" / "rules.conf").write_text(RULES)
    (tmp_path / "nowhere").mkdir()
    (tmp_path / "nowhere" / "rules.conf").write_text("SecRule")
    path = tmp_path / "yett.yaml"
    path.write_text(OWN_LEVEL)
    bundle = load_bundle(path)
    compiled: dict[bytes, Any] = {}
    snapshot = compile_policy(bundle, Ports(counters=LocalCounters(), keys=KeyRing(()), files=bundle.files, compiled=compiled))
    for serving in snapshot.servings:
        for work in serving.plans.loads():
            work()
    assert len(compiled) == 2
    errors = snapshot.build_all().errors
    assert len(compiled) == 2  # nothing was left to be compiled
    assert [error.line for error in errors] == [9]  # what is wrong is told with its place


def test_nothing_of_an_exchange_is_kept_that_its_client_left_while_it_was_judged(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Guarded(tmp_path) as house:
            house.gate.clear()
            client = await house.connect()
            await client.send(large())
            await house.until(lambda: house.begun == 1)
            evaluation = weakref.ref(*(one.exchange.evaluation for one in house.gateway.clients))
            gc.collect()
            gc.disable()
            try:
                reset(client)
                await house.until(lambda: not house.gateway.clients)
                house.gate.set()
                await house.until(lambda: house.ended == 1)
                await house.until(lambda: evaluation() is None)
            finally:
                gc.enable()

    run(talk())
