"""Speed and memory of `yett observe`: `python bench/observe/speed.py [lines|json|records|live|linear|merge|keep|paths ...]`.

CPU seconds of this process, the median of several rounds, and the ratio to a loop of plain Python that is measured around each
round: it says how fast the machine was just then. `paths` runs ten million paths under a bound of the address space, and takes
some minutes; it is only run by name.
"""

import argparse
import io
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from observe import loads
from yett.cli.knowledge import Knowledge
from yett.cli.learnt import uncollected
from yett.cli.observing import Run, Wanted
from yett.edge.collectors.files import Collector
from yett.engine.classes import built_in
from yett.engine.learning import Learning, Settings
from yett.formats.recordings import read_event
from yett.model.policy import Log
from yett.store.catalog import open_catalog
from yett.store.eventlog.journal import SegmentJournal

KEY = b"0123456789abcdef"
ROUNDS = 5
GIGABYTE = 1 << 30


def calibration() -> float:
    """Steps a second of a loop that does what interpreters do: calls, dictionaries, integers, texts."""
    steps, counts = 200_000, dict[str, int]()
    began = time.process_time()
    for step in range(steps):
        name = str(step & 1_023)
        counts[name] = counts.get(name, 0) + len(name)
    return steps / (time.process_time() - began)


def median(work: Callable[[], int], rounds: int = ROUNDS) -> tuple[float, float]:
    """(things a second of CPU, the same by steps a second of the calibration loop)."""
    rates, ratios = [], []
    for _ in range(rounds):
        before = calibration()
        began = time.process_time()
        number = work()
        rate = number / (time.process_time() - began)
        rates.append(rate)
        ratios.append(rate / statistics.mean((before, calibration())))
    return statistics.median(rates), statistics.median(ratios)


def told(name: str, rate: float, ratio: float, bar: float, unit: str) -> None:
    verdict = "met" if rate >= bar else "MISSED"
    print(f"{name:<26} {rate:>9,.0f} {unit}  ratio {ratio:.5f}  bar {bar:>7,.0f}: {verdict}", flush=True)


def fresh() -> Learning:
    return Learning(Settings(), KEY, built_in())


def fold(lines: bytes) -> int:
    learning, number = fresh(), 0
    for found in Collector().stream(io.BytesIO(lines), "access.log"):
        learning.add(found.recording)
        number += 1
    return number


def read(lines: bytes) -> int:
    return sum(1 for _ in Collector().stream(io.BytesIO(lines), "access.log"))


def access_log(number: int = 60_000) -> None:
    lines = b"".join(loads.lines(number))
    told("lines: reader alone", *median(lambda: read(lines)), 100_000, "lines/s")
    told("lines: reader and fold", *median(lambda: fold(lines)), 20_000, "lines/s")


def json_exchanges(number: int = 6_000) -> None:
    made = list(loads.exchanges(number))

    def work() -> int:
        learning = fresh()
        for one in made:
            learning.add(one)
        return len(made)

    told("JSON exchanges", *median(work), 3_000, "exchanges/s")


def records(number: int = 20_000) -> None:
    made = list(loads.records(number))

    def work() -> int:
        learning = fresh()
        for event in made:
            found = read_event(event)
            if found is not None:
                learning.add(found)
        return len(made)

    told("records of the gateway", *median(work), 5_000, "records/s")


def live(number: int = 60_000) -> None:
    """From the gateway's event log into a catalog's file, as `yett serve --catalog` does: with reading, keeping and positions."""
    with TemporaryDirectory() as directory:
        journal = SegmentJournal(Log(), Path(directory) / "log", 0)
        for turn, event in enumerate(loads.records(number)):
            journal.append(event)
            if turn % 2_000 == 1_999:
                time.sleep(0.3)  # it drops what comes faster than the disk takes it
        journal.close()

        def work() -> int:
            known = Knowledge(open_catalog(Path(directory) / f"{time.monotonic_ns()}.db", create=True))
            counted = Run(known, Collector(), Wanted(), pace=2.0).all([Path(directory) / "log"]).exchanges
            known.store.close()
            return counted

        told("event log to catalog", *median(work), 5_000, "records/s")


def linear() -> None:
    """Seconds a line of inputs that double."""
    costs = []
    for number in (25_000, 50_000, 100_000, 200_000):
        lines = b"".join(loads.lines(number))
        rate, ratio = median(lambda: fold(lines), 1)  # noqa: B023
        costs.append(1 / ratio)
        print(f"linear: {number:>8,} lines     {rate:>10,.0f} lines/s  ratio {ratio:.5f}", flush=True)
    print(f"linear: cost of a line at 200,000 is {costs[-1] / costs[0]:.2f} of that at 25,000", flush=True)


def filled(seed: str, number: int) -> Learning:
    learning = fresh()
    with uncollected():
        for one in loads.operations(number, seed):
            learning.add(one)
    return learning


def merge(number: int = 10_000) -> None:
    """Two catalogs of the same so many operations, with other exchanges."""
    states = [filled(seed, number).state() for seed in ("one", "other")]
    print(f"merge: states of {', '.join(f'{len(state) / 1e6:.1f} MB' for state in states)}", flush=True)
    seconds, steps, loading = [], [], []
    for _ in range(ROUNDS):
        with uncollected():  # as `yett observe` does
            began = time.process_time()
            mine, theirs = (Learning.from_state(state, KEY, built_in()) for state in states)
            loading.append(time.process_time() - began)
            before = calibration()
            began = time.process_time()
            mine.merge(theirs)
            seconds.append(time.process_time() - began)
            steps.append(seconds[-1] * statistics.mean((before, calibration())))
            began = time.process_time()
            mine.state()
            writing = time.process_time() - began
        del mine, theirs
    print(f"merge: reading both {statistics.median(loading):.2f} s CPU, writing the result {writing:.2f} s CPU", flush=True)
    found = statistics.median(seconds)
    verdict = "met" if found <= 2 else "MISSED"
    print(
        f"merge of {number:,} operations {found:.2f} s CPU, {statistics.median(steps):,.0f} steps of the loop  bar 2 s: {verdict}",
        flush=True,
    )


def keep(number: int = 10_000) -> None:
    """What it costs to keep a small part beside a catalog of so many operations: one service of one hundred has changed."""
    with TemporaryDirectory() as directory:
        known = Knowledge(open_catalog(Path(directory) / "catalog.db", create=True))
        part = known.fresh()
        for one in loads.operations(number, "one"):
            part.add(one)
        _timed("keep: the first time, everything", known, part)
        for turn in range(3):
            part = known.fresh()
            for one in list(loads.operations(100, f"more {turn}", 1))[:1]:
                part.add(one)
            _timed("keep: one service of a hundred", known, part)
        known.store.close()


def _timed(name: str, known: Knowledge, part: Learning) -> None:
    began = time.process_time()
    known.keep(part, {})
    print(f"{name:<34} {time.process_time() - began:>8.3f} s CPU", flush=True)


def paths(number: int = 10_000_000) -> None:
    """Distinct raw paths, in one process, with an address space of 1 GB."""
    resource.setrlimit(resource.RLIMIT_AS, (GIGABYTE, GIGABYTE))
    learning, done, began = fresh(), 0, time.process_time()
    for found in Collector().stream(io.BufferedReader(_Made(loads.distinct(number)), 1 << 20), "access.log"):  # type: ignore[arg-type]
        learning.add(found.recording)
        done += 1
        if done % 1_000_000 == 0:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            rate = done / (time.process_time() - began)
            print(f"paths: {done:>11,}  peak {peak:,.0f} MB  {rate:,.0f} lines/s with making them", flush=True)
    print(f"paths: state of {len(learning.state()) / 1e6:.1f} MB", flush=True)
    for service in learning.services():
        print(f"paths: {len(service.operations())} operations", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"paths: {done:,} distinct paths, peak {peak:,.0f} MB of memory, address space bounded to 1 GB", flush=True)


class _Made(io.RawIOBase):
    """A file whose lines are made while it is read."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while len(self._rest) < len(buffer):
            more = b"".join(islice(self._lines, 1_000))
            if not more:
                break
            self._rest += more
        piece, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)


PARTS: dict[str, Callable[[], None]] = {
    "lines": access_log,
    "json": json_exchanges,
    "records": records,
    "live": live,
    "linear": linear,
    "merge": merge,
    "keep": keep,
    "paths": paths,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="all but paths where none is named")
    wanted = parser.parse_args().parts or [name for name in PARTS if name != "paths"]
    print(f"calibration loop: {calibration():,.0f} steps/s", flush=True)
    for name in wanted:
        PARTS[name]()


if __name__ == "__main__":
    main()
