"""What must not happen when processes die, files change and the other end misbehaves, shown on the running command."""

import asyncio
import http.client
import json
import os
import signal
import socket
import time
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest
from load import QUESTION, Heard, Load, answer
from serving import YETT, Backend, Child, Serving, free_port, served, until

SHOP = """
  shop:
    mode: enforce
    upstream: {targets: ["http://127.0.0.1:{backend}"], read_timeout: 2}
"""


def missing(serving: Serving, heard: Heard) -> list[str]:
    """Ids of answers that have no record, or not just one."""
    counts: dict[str, int] = {}
    for event in serving.records():
        if event.request_id:
            counts[event.request_id] = counts.get(event.request_id, 0) + 1
    return [identity for identity in heard.ids if counts.get(identity) != 1]


def goes_on(load: Load, answers: int = 200) -> None:
    before = len(load)
    until(lambda: len(load) > before + answers)


# --- processes die --------------------------------------------------------------------------------------------------


def test_workers_killed_under_load(tmp_path: Path) -> None:
    """What a killed worker had accepted is lost with it, and nothing else: not the connections in its queue, not a record."""
    head = "log: {durability: request}"
    with served(tmp_path, SHOP, head=head, workers=2, measured=False) as (serving, _):
        with Load(serving.port) as load:
            for killed in range(1, 4):
                goes_on(load)
                victim = serving.pids()[killed % 2]
                os.kill(victim, signal.SIGKILL)
                until(lambda victim=victim: serving.ready() and victim not in serving.pids() and len(serving.pids()) == 2)
                assert len(load.heard.lost) <= 8 * killed  # one for each client, at most
            goes_on(load)
        assert load.heard.statuses == {200}
        assert load.heard.slowest < 5
        assert sum(worker["restarts"] for worker in serving.status()["workers"]) == 3
        assert serving.stop() == 0
        assert missing(serving, load.heard) == []


def test_connections_in_the_queue_of_a_killed_worker_are_served(tmp_path: Path) -> None:
    with served(tmp_path, SHOP, workers=2, measured=False) as (serving, _):
        victim, survivor = serving.pids()
        os.kill(victim, signal.SIGSTOP)
        clients = [serving.connect() for _ in range(60)]
        for client in clients:
            client.sendall(QUESTION)
        until(lambda: _answered(clients) > 0)
        time.sleep(0.3)
        waiting = 60 - _answered(clients)
        assert waiting > 5  # the kernel spreads connections over both queues
        os.kill(victim, signal.SIGKILL)
        until(lambda: _answered(clients) == 60)
        assert all(client.recv(12) == b"HTTP/1.1 200" for client in clients)
        for client in clients:
            client.close()
        assert survivor in serving.pids()


def _answered(clients: list[socket.socket]) -> int:
    count = 0
    for client in clients:
        client.setblocking(False)
        with suppress(BlockingIOError):
            count += bool(client.recv(1, socket.MSG_PEEK))
        client.setblocking(True)
        client.settimeout(20)
    return count


def test_readers_of_the_log_killed_and_stopped_under_load(tmp_path: Path) -> None:
    with served(tmp_path, SHOP, workers=2, measured=False) as (serving, _):
        follow = [YETT, "log", "--follow", "--json", "--limit", "0", "--dir", str(serving.directory / "yett-data" / "log")]
        with ExitStack() as stack:
            killed, stopped, kept = (
                stack.enter_context(Child(follow, tmp_path, name, measured=False)) for name in ("killed", "stopped", "kept")
            )
            with Load(serving.port) as load:
                until(lambda: killed.said() and stopped.said() and kept.said())
                killed.process.kill()
                stopped.process.send_signal(signal.SIGSTOP)
                goes_on(load, 1_000)
            assert load.heard.lost == [] and load.heard.statuses == {200}
            until(lambda: not missing(serving, load.heard))
            until(lambda: _followed(kept) >= set(load.heard.ids))
            assert not _followed(stopped) >= set(load.heard.ids)
            assert serving.status()["log_dropped"] == 0


def _followed(reader: Child) -> set[str]:
    """Ids that a reader has printed, in whole lines."""
    lines = reader.said().splitlines(keepends=True)
    return {json.loads(line)["request_id"] for line in lines if line.endswith("\n")}


def test_a_backend_that_dies_and_comes_back_under_load(tmp_path: Path) -> None:
    port = free_port()
    services = SHOP.replace("read_timeout: 2", "breaker: {failures: 3, open_for: 0.5}")
    with Serving(tmp_path / "gateway", services, backend=port, measured=False) as serving:
        with Load(serving.port, clients=4, pause=0.002) as load:
            with Backend(tmp_path, "first", port):
                until(lambda: sum(status == 200 for _, status, _ in load.heard.answers) > 100)
            until(lambda: sum(status == 502 for _, status, _ in load.heard.answers) > 100)
            with Backend(tmp_path, "second", port):
                before = len(load)
                until(lambda: sum(status == 200 for _, status, _ in load.heard.answers[before:]) > 100)
        assert load.heard.lost == [] and load.heard.statuses == {200, 502}
        until(lambda: not missing(serving, load.heard))


# --- policies change ------------------------------------------------------------------------------------------------


def test_reloads_under_load_fail_no_request(tmp_path: Path) -> None:
    with served(tmp_path, SHOP, workers=2, measured=False) as (serving, _):
        with Load(serving.port, 4, pause=0.001) as kept, Load(serving.port, 4, 1_000_000, 0.001) as faithful:
            snapshots = {serving.status()["snapshot"]}
            for number in range(3):
                serving.write(SHOP + f"    limits: [{{by: address, rate: {10_000 + number}/s, burst: 100000}}]\n")
                if number % 2:
                    serving.process.send_signal(signal.SIGHUP)
                until(lambda: serving.status()["snapshot"] not in snapshots and serving.ready())
                snapshots.add(serving.status()["snapshot"])
            serving.write("  shop: {mode: nonsense}\n")
            until(lambda: serving.status()["reloads"]["refused"] == 1)
            goes_on(kept)
        for load in (kept, faithful):
            assert load.heard.lost == [] and load.heard.statuses == {200}
            assert load.heard.slowest < 2
        assert len(snapshots) == 4
        assert serving.stop() == 0
        assert missing(serving, kept.heard) == missing(serving, faithful.heard) == []
        assert {event.snapshot for event in serving.records() if event.request_id} == snapshots


def test_an_end_under_load_loses_nothing_that_was_accepted(tmp_path: Path) -> None:
    with served(tmp_path, SHOP, workers=2, measured=False) as (serving, _):
        with Load(serving.port, question=b"GET /slow/0.2 HTTP/1.1\r\nHost: h\r\n\r\n") as load:
            until(lambda: len(load) > 20)
            assert serving.stop() == 0
        assert load.heard.statuses == {200}
        assert all("ConnectionRefused" in lost for lost in load.heard.lost), set(load.heard.lost)
        assert missing(serving, load.heard) == []


# --- slow and lying ends --------------------------------------------------------------------------------------------


def test_slow_clients_are_ended_and_hold_up_nobody(tmp_path: Path) -> None:
    """70 connections of each kind that send a few octets a second, and some that do not read what they asked for."""
    bounds = "bounds: {head_timeout: 3, body_timeout: 2, minimum_rate: 100, idle_timeout: 4, connections_per_address: 5000}"
    slow = {
        "head": b"GET /who HTTP/1.1\r\nHost: h\r\nX: ",
        "body": b"POST /sink HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\n",
        "chunks": b"POST /sink HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
    }

    async def trickle(port: int, kind: str) -> tuple[str, int, float]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(slow[kind])
        began, ended = time.monotonic(), asyncio.ensure_future(answer(reader))
        while not ended.done():
            writer.write(b"1\r\na\r\n" if kind == "chunks" else b"a")
            await asyncio.wait([ended], timeout=0.25)
        writer.close()
        return kind, ended.result()[1], time.monotonic() - began

    async def gaze(port: int) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /bytes/100000000 HTTP/1.1\r\nHost: h\r\n\r\n")
        await asyncio.sleep(7)
        writer.close()

    async def all_of_them(port: int) -> list[tuple[str, int, float]]:
        trickling = [trickle(port, kind) for kind in slow for _ in range(70)]
        ended, _ = await asyncio.gather(asyncio.gather(*trickling), asyncio.gather(*(gaze(port) for _ in range(20))))
        return ended

    with served(tmp_path, SHOP, head=bounds, measured=False) as (serving, _), Load(serving.port, clients=4, pause=0.01) as load:
        ended = asyncio.run(all_of_them(serving.port))
        assert {(kind, status) for kind, status, _ in ended} == {("head", 408), ("body", 408), ("chunks", 408)}
        assert all(2.5 < seconds < 5.5 for kind, _, seconds in ended if kind == "head")
        assert all(4.5 < seconds < 9 for kind, _, seconds in ended if kind != "head")  # the rate is asked for after a grace
        gazed = [event for event in serving.records() if event.target == "/bytes/100000000"]
        assert len(gazed) == 20 and all(3 < event.duration < 6 and event.failure for event in gazed)
    assert load.heard.lost == [] and load.heard.statuses == {200}
    slowest = sorted(seconds for _, _, seconds in load.heard.answers)[-len(load) // 100 :]
    assert slowest[0] < 0.5, slowest


@pytest.fixture(scope="module")
def shop_with_little_patience(tmp_path_factory: pytest.TempPathFactory) -> object:
    with served(tmp_path_factory.mktemp("lies"), SHOP) as (serving, _):
        yield serving


def ask(serving: Serving, path: str) -> tuple[int, bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", serving.port, timeout=10)) as client:
        client.request("GET", path)
        answered = client.getresponse()
        return answered.status, answered.read()


def test_a_backend_that_promises_more_than_it_sends(shop_with_little_patience: Serving) -> None:
    with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        ask(shop_with_little_patience, "/cut")
    until(lambda: any(e.target == "/cut" and e.failure and e.status == 200 for e in shop_with_little_patience.records()))


def test_a_backend_that_sends_more_than_it_promised_poisons_nobody(shop_with_little_patience: Serving) -> None:
    for _ in range(10):
        assert ask(shop_with_little_patience, "/more") == (200, b"said")
        assert b"poison" not in ask(shop_with_little_patience, "/who")[1]
    with closing(http.client.HTTPConnection("127.0.0.1", shop_with_little_patience.port, timeout=10)) as client:
        for _ in range(10):
            client.request("GET", "/more")
            assert client.getresponse().read() == b"said"


def test_a_backend_that_says_nothing_is_504(shop_with_little_patience: Serving) -> None:
    began = time.monotonic()
    status, body = ask(shop_with_little_patience, "/mute")
    assert status == 504 and json.loads(body)["status"] == 504
    assert 1.5 < time.monotonic() - began < 5
    record = shop_with_little_patience.record(json.loads(body)["request_id"])
    assert record.tag == "gateway:request:failed" and "in time" in record.failure


def test_a_backend_that_stops_in_the_middle_ends_the_answer(shop_with_little_patience: Serving) -> None:
    began = time.monotonic()
    with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        ask(shop_with_little_patience, "/drip/100/3")
    assert time.monotonic() - began < 8
    assert ask(shop_with_little_patience, "/drip/5/0.3") == (200, b"ddddd")  # slow, but it goes on
