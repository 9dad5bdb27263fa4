"""The inspecting process: real ones over real sockets, what happens when they die, hang or refuse, and when the policy changes."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from house import House, run
from test_work_aside import ATTACK, GET, POLICY, RULES, large

from yett.edge import inspector as module
from yett.edge import lending
from yett.edge.inspector import Inspector, InspectorFailed
from yett.edge.keysets import KeySets
from yett.edge.needs import fulfiller
from yett.edge.passwords import PasswordVerifier
from yett.engine.compile import compile_policy
from yett.model.bundle import encode
from yett.model.decision import Errand
from yett.model.ports import Ports
from yett.store.bundle import load_bundle
from yett.store.counters.local import LocalCounters
from yett.store.keyfile import KeyRing

JUDGED = POLICY.replace("{threshold}", "{threshold}{more}")
COMMAND = (sys.executable, "-P", "-m", "yett.cli.inspector")

SCRIPT = """
import argparse, os, socket, sys, time
from yett.edge.inspector import serve

def load(policy):
    if policy == b"bad":
        raise ValueError("no such policy")
    def do(job, asked):
        if asked == (b"die",):
            os._exit(3)
        if asked == (b"hang",):
            time.sleep(60)
        if asked == (b"fail",):
            raise ValueError("cannot")
        return policy + b" " + b"|".join(asked)
    return do

end = socket.socket(fileno=int(sys.argv[sys.argv.index("--errands") + 1]))
serve(end, load)
"""
SCRIPTED = (sys.executable, "-c", SCRIPT)


@pytest.fixture(autouse=True)
def _beginning(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Real processes go last and start slowly where the machine is busy: a thread judges meanwhile. Scripted ones are waited for."""
    monkeypatch.setattr(module, "BEGINNING", 0.0 if "tmp_path" in request.fixturenames else 20.0)


class Judged(House):
    """A house whose large bodies a process of its own judges."""

    def __init__(self, directory: Path) -> None:
        (directory / "crs" / "rules").mkdir(parents=True)
        (directory / "crs" / "crs-setup.conf").write_text("")
        (directory / "crs" / "rules" / "rules.conf").write_text(RULES)
        self.died: list[str] = []
        self.inspector = Inspector(COMMAND, self.died.append)
        real = fulfiller(KeySets(), PasswordVerifier(), self.inspector)
        super().__init__(directory, JUDGED, fulfil=real, fill={"threshold": 5, "more": ""})

    def snapshot(self, **fill: Any) -> Any:
        path = self.directory / "yett.yaml"
        path.write_text("version: 1\n" + JUDGED.format(port=self.upstream_port, **{**self.fill, **fill}))
        bundle = load_bundle(path)
        self.inspector.load(bundle.digest, encode(bundle))
        ports = Ports(counters=LocalCounters(), keys=KeyRing(()), files=bundle.files, snapshot=bundle.digest)
        return compile_policy(bundle, ports)

    @property
    def process(self) -> Any:
        return self.inspector._process

    async def started(self) -> None:
        """Until the process is there, which the first large body asks for."""
        assert (await self.ask(large()))[0] == 200
        async with asyncio.timeout(25):
            while self.process is None or self.process.gone:
                await asyncio.sleep(0.01)


def test_a_process_judges_large_bodies_and_says_the_same(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Judged(tmp_path) as house:
            assert (await house.ask(ATTACK))[0] == 403  # a thread, while the process starts
            await house.started()
            assert (await house.ask(ATTACK))[0] == 403
            assert (await house.ask(large("union soviet")))[0] == 200
            first, _, second, third = [(e.verdict, [r.reason for r in e.reasons], e.matched) for e in house.journal.events]
            assert first == second and first[0] == "deny" and third[0] == "allow"
            assert [(one.rule, one.place) for one in second[2]] == [("crs-942190", "body /400")]
            clients = [await house.connect() for _ in range(6)]
            for place, client in enumerate(clients):
                await client.send(ATTACK if place % 2 else large())
            assert (await house.ask(GET))[0] == 200
            assert [(await client.response())[0] for client in clients] == [200, 403] * 3
            await house.inspector.close()

    run(talk())


def test_a_long_head_is_judged_by_the_process_as_well(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Judged(tmp_path) as house:
            await house.started()
            process = house.process._process
            client = await house.connect()
            os.kill(process.pid, signal.SIGSTOP)
            try:
                await client.send(b"GET /?q=%b1%%20union%%20select%%202 HTTP/1.1\r\nHost: h\r\n\r\n" % (b"%27%20or%20" * 700))
                await house.until(lambda: len(house.gateway._tasks) == 1)
                assert (await house.ask(GET))[0] == 200
            finally:
                os.kill(process.pid, signal.SIGCONT)
            assert (await client.response())[0] == 403
            assert house.inspector.failed == 0
            await house.inspector.close()

    run(talk())


def test_a_policy_that_changes_changes_the_process(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Judged(tmp_path) as house:
            await house.started()
            before = house.process
            house.gateway.swap(house.snapshot(threshold=100))
            assert (await house.ask(ATTACK))[0] == 200  # a thread
            await house.started()
            assert house.process is not before
            assert (await house.ask(ATTACK))[0] == 200
            await before._process.wait()
            assert house.inspector.deaths == 0
            await house.inspector.close()

    run(talk())


@pytest.mark.parametrize(
    ("on_unavailable", "mode", "status"), [("deny", "enforce", 503), ("allow", "enforce", 200), ("deny", "monitor", 200)]
)
def test_an_errand_over_which_the_process_dies_is_answered_as_the_policy_says(
    tmp_path: Path, on_unavailable: str, mode: str, status: int
) -> None:
    async def talk() -> None:
        async with Judged(tmp_path) as house:
            house.gateway.swap(house.snapshot(more=f", on_unavailable: {on_unavailable}, mode: {mode}"))
            await house.started()
            process = house.process._process
            os.kill(process.pid, signal.SIGSTOP)
            client = await house.connect()
            await client.send(ATTACK)
            await house.until(lambda: len(house.gateway._tasks) == 1)
            process.kill()
            found, fields, _ = await client.response()
            assert found == status
            assert (b"Retry-After: " in fields) == (status == 503)
            event = house.journal.events[-1]
            reasons = [reason.reason for reason in event.reasons] + [why for _, why in event.not_evaluated]
            assert any("the inspecting process: it has died" in reason for reason in reasons), event
            await client.send(ATTACK)  # the connection was kept; a thread judges
            assert (await client.response())[0] == (403 if mode == "enforce" else 200)
            assert (await house.ask(GET))[0] == 200
            await house.until(lambda: house.inspector.deaths == 1)
            assert house.inspector.failed == 1
            assert house.died == ["it has died, signal 9; another one may be started in 1 s"]
            await house.inspector.close()

    run(talk())


def test_eight_connections_whose_process_is_killed_all_get_an_answer(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Judged(tmp_path) as house:
            await house.started()
            descriptors = len(os.listdir("/proc/self/fd"))
            process = house.process._process
            os.kill(process.pid, signal.SIGSTOP)
            clients = [await house.connect() for _ in range(8)]
            for place, client in enumerate(clients):
                await client.send(ATTACK if place % 2 else large())
            await house.until(lambda: house.inspector.waiting == 7)
            process.kill()
            assert [(await client.response())[0] for client in clients] == [503] + [403, 200] * 3 + [
                403
            ]  # a thread from the second on
            await house.until(lambda: not house.inspector._processes and not house.gateway._tasks)
            assert (house.inspector.waiting, house.inspector.failed, house.inspector.deaths) == (0, 1, 1)
            for client in clients:
                client.close()
            await house.until(lambda: len(os.listdir("/proc/self/fd")) < descriptors)  # those of the process have gone as well
            await house.inspector.close()

    run(talk())


def test_a_process_that_is_stopped_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def talk() -> None:
        async with Judged(tmp_path) as house:
            await house.started()
            before = house.process
            os.kill(before._process.pid, signal.SIGSTOP)
            with monkeypatch.context() as patch:  # of the next process more patience is needed where the machine is busy
                patch.setattr(lending, "STALL", 0.3)
                house.inspector._delay = 0.0
                assert (await house.ask(ATTACK))[0] == 503
            await house.until(lambda: house.inspector.deaths == 1)
            assert "it stood still" in house.died[0] and "signal 9" in house.died[0]
            await house.started()
            assert house.process is not before
            assert (await house.ask(ATTACK))[0] == 403
            await house.inspector.close()

    run(talk())


def test_a_body_that_was_judged_is_given_back_at_once(tmp_path: Path) -> None:
    def there() -> list[object]:
        return [one for one in gc.get_objects() if type(one).__name__ in ("CarriedExchange", "Evaluation", "LiveTransaction")]

    async def talk() -> None:
        async with Judged(tmp_path) as house:
            await house.started()
            gc.collect()
            gc.disable()
            try:
                before = len(there())
                for wire in (large(), ATTACK, GET, small):
                    client = await house.connect()
                    await client.send(wire)
                    await client.response()
                    client.close()
                await house.until(lambda: not house.gateway.clients)
                assert len(there()) == before
                house.inspector._process.kill()
                await house.until(lambda: house.inspector.deaths == 1)
                assert (await house.ask(ATTACK))[0] == 403  # a thread
                await house.until(lambda: not house.gateway.clients)
                assert len(there()) == before
            finally:
                gc.enable()
            await house.inspector.close()

    small = b'POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"a":"b"}'
    run(talk())


# --- the worker's end, with a scripted process ------------------------------------------------------------------------------


def errand(*asked: bytes, snapshot: str = "one") -> Errand:
    return Errand(snapshot, "GET", "h", "/", "crs", lambda: asked, lambda _: True)


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


async def started(policy: bytes = b"policy") -> Inspector:
    inspector = Inspector(SCRIPTED)
    inspector.load("one", policy)
    assert await inspector.do(errand(b"x")) == policy + b" x"
    return inspector


def test_errands_are_done_in_turn() -> None:
    async def talk() -> None:
        inspector = await started()
        asked = [b"%d" % number * 100_000 for number in range(5)]
        assert await asyncio.gather(*(inspector.do(errand(each)) for each in asked)) == [b"policy " + each for each in asked]
        assert await inspector.do(errand(b"x", b"", b"y" * 3_000_000)) == b"policy x||" + b"y" * 3_000_000
        assert await inspector.do(errand(b"x", snapshot="another")) is None
        with pytest.raises(InspectorFailed, match="ValueError: cannot"):
            await inspector.do(errand(b"fail"))
        assert await inspector.do(errand(b"x")) == b"policy x"
        await inspector.close()

    run(talk())


def test_who_leaves_meanwhile_does_not_leave_an_answer_to_the_next() -> None:
    async def talk() -> None:
        inspector = await started()
        first = asyncio.create_task(inspector.do(errand(b"first")))
        second = asyncio.create_task(inspector.do(errand(b"second")))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert inspector.waiting == 1
        first.cancel()
        second.cancel()
        assert await inspector.do(errand(b"third")) == b"policy third"
        assert inspector.waiting == 0
        await inspector.close()

    run(talk())


def test_a_process_that_dies_is_replaced_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    async def talk() -> None:
        monkeypatch.setattr(module, "FIRST_DELAY", 0.05)
        inspector = await started()
        waiting = asyncio.create_task(inspector.do(errand(b"die")))
        behind = asyncio.create_task(inspector.do(errand(b"x")))
        with pytest.raises(InspectorFailed, match="has died"):
            await waiting
        assert await behind is None
        await until(lambda: inspector.deaths == 1)
        assert await inspector.do(errand(b"x")) is None
        assert not inspector._starting  # not yet
        await asyncio.sleep(0.06)
        assert await inspector.do(errand(b"x")) == b"policy x"
        await inspector.close()

    run(talk())


def test_who_cannot_wait_for_the_beginning_does_without(monkeypatch: pytest.MonkeyPatch) -> None:
    async def talk() -> None:
        monkeypatch.setattr(module, "BEGINNING", 0.0)
        inspector = Inspector(SCRIPTED)
        inspector.load("one", b"policy")
        assert await inspector.do(errand(b"x")) is None
        assert inspector._starting
        await until(lambda: inspector._process)
        assert await inspector.do(errand(b"x")) == b"policy x"
        await inspector.close()

    run(talk())


def test_a_process_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    async def talk() -> None:
        inspector = await started()
        monkeypatch.setattr(module, "PATIENCE", 0.2)
        with pytest.raises(InspectorFailed, match=r"did not answer within 0\.2 s"):
            await inspector.do(errand(b"hang"))
        await until(lambda: inspector.deaths == 1 and inspector._process is None)
        await inspector.close()

    run(talk())


@pytest.mark.parametrize("command", [SCRIPTED, (sys.executable, "-c", "pass"), ("/nowhere/at/all",)])
def test_a_process_that_cannot_begin_is_done_without(command: tuple[str, ...]) -> None:
    async def talk() -> None:
        inspector = Inspector(command)
        inspector.load("one", b"bad")
        assert await inspector.do(errand(b"x")) is None
        await until(lambda: inspector.deaths == 1)
        assert inspector._process is None
        assert await inspector.do(errand(b"x")) is None
        await inspector.close()

    run(talk())


def test_nothing_is_started_before_there_is_a_policy_or_after_the_end() -> None:
    async def talk() -> None:
        inspector = Inspector(SCRIPTED)
        assert await inspector.do(errand(b"x", snapshot="")) is None
        assert not inspector._tasks
        inspector.load("one", b"policy")
        assert not inspector._tasks
        await inspector.close()
        assert await inspector.do(errand(b"x")) is None
        assert not inspector._tasks

    run(talk())


def test_the_end_does_not_wait_for_what_is_under_way() -> None:
    async def talk() -> None:
        inspector = await started()
        hanging = asyncio.create_task(inspector.do(errand(b"hang")))
        await asyncio.sleep(0)
        await inspector.close()
        with pytest.raises(InspectorFailed):
            await hanging
        fresh = Inspector(SCRIPTED)
        fresh.load("one", b"policy")
        waiting = asyncio.create_task(fresh.do(errand(b"x")))
        await asyncio.sleep(0)
        await fresh.close()  # while it starts
        assert await waiting is None

    run(talk())


def test_a_new_policy_while_the_process_starts() -> None:
    async def talk() -> None:
        inspector = Inspector(SCRIPTED)
        inspector.load("one", b"policy")
        waiting = asyncio.create_task(inspector.do(errand(b"x")))
        await asyncio.sleep(0)
        inspector.load("two", b"other")
        assert await waiting is None
        assert await inspector.do(errand(b"x")) is None
        assert await inspector.do(errand(b"x", snapshot="two")) == b"other x"
        assert inspector.deaths == 0
        await inspector.close()

    run(talk())
