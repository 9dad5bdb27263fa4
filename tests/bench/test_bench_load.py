"""The harness must notice every way in which a run can be worthless: these tests give it worthless runs."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from client import Client, Void
from compare import Measured, Round
from contract import generate
from machine import cpu_seconds, memory, tree
from report import comparison_bars, ratio, table
from systems import free_port
from traffic import Traffic

BENCH = Path(__file__).parents[2] / "bench"
OPERATIONS = 12


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    number = free_port()
    command = [sys.executable, str(BENCH / "upstream.py"), "--listen", str(number), "--operations", str(OPERATIONS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        yield number
        child.terminate()


@pytest.fixture(scope="module")
def traffic() -> Traffic:
    return Traffic(generate(operations=OPERATIONS).calls, [f"key{index}" for index in range(7)])


def client(port: int, traffic: Traffic) -> Client:
    return Client(port, traffic.requests, traffic.statuses, traffic.answers)


def test_every_operation_answers_as_the_contract_says(port: int, traffic: Traffic) -> None:
    requests, statuses, answers = traffic.once()
    assert len(requests) == OPERATIONS * 3
    assert set(statuses) == {b"200", b"400", b"404"}
    result = Client(port, requests, statuses, answers).closed(4, count=len(requests))
    assert result.completed == len(requests)


def test_closed_load_goes_on_where_the_last_run_ended(port: int, traffic: Traffic) -> None:
    load = client(port, traffic)
    assert load.closed(3, count=100).completed == 100
    assert load.next == 100
    assert load.closed(3, seconds=0.1).completed > 10


def test_paced_load_keeps_its_rate(port: int, traffic: Traffic) -> None:
    happened: list[str] = []
    result = client(port, traffic).paced(8, 500.0, 0.8, ((0.1, lambda: happened.append("now")),))
    assert result.completed == 400
    assert result.seconds > 0.75
    assert happened == ["now"]
    assert 0 < result.percentile(50) <= result.percentile(99)
    assert len(result.between(0, 0.4)) == pytest.approx(200, abs=1)  # due times are floats


def test_a_wrong_body_voids(port: int, traffic: Traffic) -> None:
    answers = [answer.swapcase() for answer in traffic.answers]
    with pytest.raises(Void, match="expected"):
        Client(port, traffic.requests, traffic.statuses, answers).closed(1, count=1)


def test_a_wrong_status_voids(port: int, traffic: Traffic) -> None:
    with pytest.raises(Void, match="expected b'201'"):
        Client(port, traffic.requests, [b"201"] * len(traffic.requests), traffic.answers).closed(1, count=1)


def test_a_request_that_was_changed_on_its_way_voids(port: int, traffic: Traffic) -> None:
    changed = [request[:-2] + b" }" for request in traffic.requests]
    assert changed[0] != traffic.requests[0]
    with pytest.raises(Void, match="500"):
        Client(port, changed, traffic.statuses, traffic.answers).closed(1, count=1)


def test_a_closed_port_voids(traffic: Traffic) -> None:
    with pytest.raises(Void, match="refused"):
        client(free_port(), traffic).closed(1, count=1)


def test_traffic_is_spread_evenly(traffic: Traffic) -> None:
    targets = Counter(request.split(b"?")[0] for request in traffic.requests)
    assert len(targets) == OPERATIONS
    assert max(targets.values()) - min(targets.values()) <= 1
    keys = Counter(request.split(b"X-API-Key: ")[1].split(b"\r\n")[0] for request in traffic.requests)
    assert len(keys) == 7
    assert max(keys.values()) - min(keys.values()) <= 1


def measured(name: str, *costs: float) -> Measured:
    return Measured(name, [Round(cost, 1 / cost, 0.001, 0.002, 1.0, 0.0) for cost in costs])


def test_ratios_are_of_neighbouring_rounds() -> None:
    found = [measured("nginx", 10e-6, 20e-6, 10e-6), measured("Yett", 20e-6, 40e-6, 19e-6)]
    assert ratio(found, "Yett", "nginx") == pytest.approx(0.5)
    assert ratio(found, "Yett", "Envoy") is None
    bars = comparison_bars(found)
    assert [(bar.name, bar.met) for bar in bars] == [("Yett against nginx", True)]
    assert "| Yett | 20.0 us | 0.50 x |" in table(found)


def test_cpu_and_memory_are_those_of_the_whole_tree() -> None:
    burn = "import os,time\nif os.fork(): os.wait(); print('done', flush=True); input()\nelse:\n while time.process_time() < 0.3: pass"
    with subprocess.Popen([sys.executable, "-c", burn], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "done\n"
        assert tree(child.pid) == [child.pid]
        assert cpu_seconds(child.pid) >= 0.28
        assert memory(child.pid)[child.pid] > 1 << 20
        child.communicate("\n")
