"""The channel between supervisor and worker carries messages and open files, in order, and ends in order."""

import asyncio
import os
import socket
import struct
from typing import Any

import pytest
import uvloop

from yett.edge.gateway.control import Ask, Channel, Drain, Load, Loaded, Report, Taken, supervisor_end, worker_end
from yett.edge.gateway.metrics import Numbers, Sample


class Ends:
    """Both ends of a channel in one loop, and what arrived at them."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        self.orders: list[Any] = []
        self.reports: list[Any] = []
        self.lost: list[str] = []
        self.raw = ours
        self.supervisor = supervisor_end(ours, loop, lambda *got: self.reports.append(got), lambda: self.lost.append("worker"))
        self.worker = worker_end(theirs, loop, lambda *got: self.orders.append(got), lambda: self.lost.append("supervisor"))

    async def until(self, true: Any) -> None:
        async with asyncio.timeout(5):
            while not true():
                await asyncio.sleep(0.001)

    def close(self) -> None:
        self.supervisor.close()
        self.worker.close()


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def runner(request: pytest.FixtureRequest) -> Any:
    with asyncio.Runner(loop_factory=request.param) as made:
        yield made


def test_messages_arrive_whole_and_in_order(runner: asyncio.Runner) -> None:
    async def main() -> None:
        ends = Ends()
        for number in range(100):
            ends.supervisor.send(Drain(float(number)))
        ends.worker.send(Loaded("abc", 0.5, 0.001))
        ends.worker.send(Taken(1, "127.0.0.1:80"))
        await ends.until(lambda: len(ends.orders) == 100 and len(ends.reports) == 2)
        assert [order.seconds for order, _ in ends.orders] == list(range(100))
        assert ends.reports == [(Loaded("abc", 0.5, 0.001), []), (Taken(1, "127.0.0.1:80"), [])]
        ends.close()

    runner.run(main())


def test_open_files_arrive_with_their_message(runner: asyncio.Runner) -> None:
    async def main() -> None:
        ends = Ends()
        for number in range(20):
            reading, writing = os.pipe()
            os.write(writing, b"%d" % number)
            ends.supervisor.send(Load(str(number)), reading)
            ends.supervisor.send(Ask())
            os.close(reading)
            os.close(writing)
        await ends.until(lambda: len(ends.orders) == 40)
        for order, files in ends.orders:
            if isinstance(order, Load):
                assert os.read(files[0], 10).decode() == order.digest
                assert not os.get_inheritable(files[0])
                os.close(files[0])
            else:
                assert files == []
        ends.close()

    runner.run(main())


def test_large_messages_pass_piece_by_piece_without_blocking(runner: asyncio.Runner) -> None:
    async def main() -> None:
        ends = Ends()
        numbers = Numbers(counters=[Sample(f"yett_{i}_total", (("service", "x" * 100),), i) for i in range(20_000)])
        ends.worker.send(numbers)
        ends.worker.send(Loaded("after", 0, 0))
        await ends.until(lambda: len(ends.reports) == 2)
        assert ends.reports[0][0] == numbers
        ends.close()

    runner.run(main())


def test_each_end_hears_when_the_other_has_gone(runner: asyncio.Runner) -> None:
    async def main() -> None:
        ends = Ends()
        ends.supervisor.send(Ask())
        ends.supervisor.close()
        ends.supervisor.send(Ask())  # to nobody
        ends.supervisor.close()
        await ends.until(lambda: ends.lost)
        assert ends.lost == ["supervisor"]
        assert ends.orders == [(Ask(), [])]
        ends.worker.send(Loaded("", 0, 0))
        ends = Ends()
        ends.worker.close()
        for _ in range(100):
            ends.supervisor.send(Ask())
        await ends.until(lambda: ends.lost)
        assert ends.lost == ["worker"]

    runner.run(main())


@pytest.mark.parametrize(
    "sent",
    [
        struct.pack(">IB", 1 << 30, 0),
        struct.pack(">IB", 1, 99),
        struct.pack(">IB", 1, 1) + b"x",
        struct.pack(">IB", 1, 0) + b"\xc1",
    ],
    ids=["too large", "too many files", "files missing", "no message"],
)
def test_what_is_no_message_ends_the_channel(runner: asyncio.Runner, sent: bytes) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        lost: list[str] = []
        channel: Channel[Report] = supervisor_end(ours, loop, lambda *got: lost.append("message"), lambda: lost.append("lost"))
        theirs.send(sent)
        async with asyncio.timeout(5):
            while not lost:
                await asyncio.sleep(0.001)
        assert lost == ["lost"]
        channel.close()
        theirs.close()

    runner.run(main())


def test_closing_keeps_no_file_open(runner: asyncio.Runner) -> None:
    async def main() -> tuple[int, int]:
        before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
        ends = Ends()
        with open(os.devnull) as file:
            for _ in range(5_000):
                if len(ends.supervisor._unsent) < 50:
                    ends.supervisor.send(Load("x"), file.fileno())
            assert ends.supervisor._unsent
        ends.close()
        after = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
        return before, after

    before, after = runner.run(main())
    assert after <= before + 1  # the loop may have made one for itself
