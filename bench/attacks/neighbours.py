"""What other connections notice while one connection sends a worst case without a break: `python -m attacks.neighbours`.

A shared machine changes from second to second, so that one p99 before and one p99 meanwhile say nothing. Here windows of half a
second with and without the input alternate, all inputs in turn, round after round; what counts is the difference of the p99s
of all windows of a kind, with an interval from drawing pairs of windows again (bootstrap). Controls say what is not the
rules' doing: a sender that sends nothing (what the measurement makes up), an ordinary small request, the body straight to the
upstream (what client and upstream do to each other), the body to a Yett without rules (what carrying the octets costs).

Sender, upstream and this client are processes of their own on one core; client and upstream go before the sender (SCHED_FIFO, where
permitted), and the client says by how much its own requests left late. Pairs of windows in which somebody else used the gateway's
core are left out. What was measured is kept in a file, from which another run goes on.
"""

import argparse
import random
import statistics
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

import machine
import systems
from attacks import sending, traffic, worst
from attacks.gateways import answered_once, await_inspector, both_settings, load, subject, upstream
from client import Client, Result, exact_timers, percentile

RATE = 500
"""Requests per second of the connections that must not notice."""
CONNECTIONS = 32
SETTLE, WINDOW = 0.1, 0.5
"""Seconds of each window: until connections are made and the input is on its way, and what counts."""
ROUNDS = 4
PACE = 0.1
"""Seconds from one body to the next where nobody judges it: about what judging takes."""
FOREIGN = 0.1
"""Share of the gateway's core used by others in a window, above which it does not count."""
DRAWS = 300
SHARE = 0.9
"""Of what the interval holds."""
NOTHING, STRAIGHT, BARE = "control: nothing", "control: 1 MB straight to the upstream", "control: 1 MB to Yett without rules"
ORDINARY = "control: an ordinary small request"
CONTROLS = (NOTHING, ORDINARY, STRAIGHT, BARE)


class Window(msgspec.Struct, frozen=True):
    """latencies, late: milliseconds; foreign: share of the gateway's core that others used."""

    latencies: list[float]
    late: list[float]
    foreign: float


class Pair(msgspec.Struct, frozen=True):
    """Two windows, one after the other. took: milliseconds to the answers to the input."""

    name: str
    number: int
    calm: Window
    disturbed: Window
    took: list[float]
    statuses: dict[str, int]

    @property
    def counts(self) -> bool:
        return max(self.calm.foreign, self.disturbed.foreign) <= FOREIGN


class Rise(msgspec.Struct, frozen=True):
    """p99 in milliseconds. rise: with an interval; paired: the median of the differences of single pairs. late: p99 by which this
    client's requests left too late meanwhile. took: median to the answer to the input. of: pairs that count, and all."""

    name: str
    calm: float
    disturbed: float
    rise: float
    low: float
    high: float
    paired: float
    late: float
    took: float
    of: tuple[int, int]

    @property
    def line(self) -> str:
        return (
            f"| {self.name} | {self.calm:.2f} | {self.disturbed:.2f} | {self.rise:+.2f} | {self.low:+.2f} .. {self.high:+.2f} "
            f"| {self.paired:+.2f} | {self.late:.2f} | {self.took:.0f} | {self.of[0]}/{self.of[1]} |"
        )


HEADING = f"""\
| input | calm p99, ms | meanwhile | rise | {SHARE:.0%} interval | median of pairs | client late, p99 | answer, ms | pairs |
|---|---|---|---|---|---|---|---|---|"""


def p99(windows: Iterable[Window]) -> float:
    return percentile([latency for window in windows for latency in window.latencies], 99)


def rise(pairs: Sequence[Pair]) -> Rise:
    """Of all pairs of one input; those that do not count are used where none does."""
    used = [pair for pair in pairs if pair.counts] or list(pairs)
    chance = random.Random(1)

    def difference(drawn: Sequence[Pair]) -> float:
        return p99(pair.disturbed for pair in drawn) - p99(pair.calm for pair in drawn)

    drawn = sorted(difference(chance.choices(used, k=len(used))) for _ in range(DRAWS))
    edge = int(DRAWS * (1 - SHARE) / 2)
    return Rise(
        used[0].name,
        p99(pair.calm for pair in used),
        p99(pair.disturbed for pair in used),
        difference(used),
        drawn[edge],
        drawn[-1 - edge],
        statistics.median(difference([pair]) for pair in used),
        percentile([late for pair in used for late in pair.disturbed.late], 99),
        statistics.median([took for pair in used for took in pair.took] or [0.0]),
        (sum(pair.counts for pair in pairs), len(pairs)),
    )


class _Gateway:
    """One that is measured, and its client."""

    def __init__(self, running: systems.Running, wires: Sequence[bytes]) -> None:
        self.port, self.pid = running.port, running.pid
        self.client: Client = load(running.port, wires)


class Measurement:
    """Everything that was started."""

    def __init__(self, gateways: dict[str, _Gateway], upstream: int, sender: sending.Sender, core: int) -> None:
        self.ruled, self.bare = gateways["rules"], gateways["none"]
        self.upstream, self.sender, self.core = upstream, sender, core

    def _window(self, gateway: _Gateway) -> Window:
        began, busy, own = time.perf_counter(), machine.busy(self.core), machine.cpu_seconds(gateway.pid)
        result: Result = gateway.client.paced(CONNECTIONS, RATE, SETTLE + WINDOW)
        passed, others = time.perf_counter() - began, machine.busy(self.core) - busy - (machine.cpu_seconds(gateway.pid) - own)
        return Window(
            [round(latency * 1e3, 3) for latency in result.between(SETTLE, result.seconds)],
            [round(late * 1e3, 3) for late in result.late],
            round(max(0.0, others / passed), 3),
        )

    def _target(self, name: str) -> tuple[_Gateway, int, str]:
        """The gateway whose connections are measured, and the port and name of what is sent."""
        if name == STRAIGHT:
            return self.ruled, self.upstream, sending.LARGE
        if name == BARE:
            return self.bare, self.bare.port, sending.LARGE
        return self.ruled, self.ruled.port, sending.SMALL if name == ORDINARY else name

    def pair(self, name: str, number: int) -> Pair:
        gateway, port, sent_name = self._target(name)
        calm = self._window(gateway)
        if name == NOTHING:
            return Pair(name, number, calm, self._window(gateway), [], {})
        self.sender.begin(port, sent_name, PACE if name in (STRAIGHT, BARE) else 0)
        try:
            disturbed = self._window(gateway)
        finally:
            sent = self.sender.end()
        return Pair(name, number, calm, disturbed, [round(one * 1e3, 1) for one in sent.took], sent.statuses)

    def warm(self) -> None:
        """Until the process that judges large bodies is there, and has loaded what it loads late."""
        for gateway in (self.ruled, self.bare):
            gateway.client.closed(8, count=500)
        await_inspector(self.ruled.port, self.ruled.pid, traffic.wire(next(worst.inputs())[1]))
        for name in ("letters by chance", "XML", "1 MB form"):
            self._send(name)

    def _send(self, name: str) -> None:
        self.sender.begin(self.ruled.port, name)
        self.ruled.client.paced(CONNECTIONS, RATE, 1.0)
        self.sender.end()


@contextmanager
def started(program: Path | None, isolated: bool) -> Iterator[Measurement]:
    """Two gateways on one core, with and without rules; everything else on the other."""
    wires = [traffic.wire(request) for request in traffic.requests(2_000)]
    gateway_core, other_core = machine.cores()
    exact_timers()
    with ExitStack() as stack:
        upstream_port = stack.enter_context(upstream(machine.ahead(other_core)))
        table = {"rules": both_settings(), "none": {"attacks": False}}
        gateways = {}
        for name, given in table.items():
            system = subject(f"Yett neighbours {name}", given, program)
            gateways[name] = _Gateway(stack.enter_context(systems.running(system, upstream_port, gateway_core)), wires)
            answered_once(gateways[name].port, wires[0])
            if isolated:
                machine.put_ahead(gateways[name].pid)
        sender = stack.enter_context(sending.sender(other_core))
        if not stack.enter_context(machine.ahead(other_core)):
            print("not permitted to go before others on the core (SCHED_FIFO): look at how late the client was")
        measurement = Measurement(gateways, upstream_port, sender, gateway_core)
        measurement.warm()
        yield measurement


def names() -> list[str]:
    return [*CONTROLS, *(name for name, _ in worst.inputs())]


def measure(
    chosen: Sequence[str],
    rounds: int,
    kept: Path,
    program: Path | None = None,
    isolated: bool = False,
    patience: float = 0.0,
) -> list[Rise]:
    """Rises of the inputs of these names after so many rounds. What `kept` holds already is not measured again.

    patience: seconds that may be spent on measuring pairs again that do not count."""
    pairs = [msgspec.json.decode(line, type=Pair) for line in kept.read_bytes().splitlines()] if kept.exists() else []
    there = {(pair.number, pair.name) for pair in pairs}
    missing = [(number, name) for number in range(rounds) for name in chosen if (number, name) not in there]
    if missing:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with kept.open("ab") as file, started(program, isolated) as measurement:
            for number, name in missing:
                pair = measurement.pair(name, number)
                while not pair.counts and patience > 0:
                    began = time.perf_counter()
                    pair = measurement.pair(name, number)
                    patience -= time.perf_counter() - began
                pairs.append(pair)
                file.write(msgspec.json.encode(pair) + b"\n")
                file.flush()
    return [rise(found) for name in chosen if (found := [pair for pair in pairs if pair.name == name])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=names(), default=names(), metavar="INPUT", help="; ".join(names()))
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="pairs of windows for each input")
    parser.add_argument(
        "--kept", type=Path, default=systems.OUT / "neighbours.jsonl", help="what was measured; a run goes on with it"
    )
    parser.add_argument("--fresh", action="store_true", help="forget what was measured before")
    parser.add_argument("--program", type=Path, help="another yett than that of this environment")
    parser.add_argument(
        "--isolated", action="store_true", help="workers go before everything else on their core, but for their own loops"
    )
    parser.add_argument(
        "--patience", type=float, default=0.0, help="seconds to spend on repeating what others on the core have disturbed"
    )
    options = parser.parse_args()
    if options.fresh:
        options.kept.unlink(missing_ok=True)
    print(HEADING)
    for one in measure(options.only, options.rounds, options.kept, options.program, options.isolated, options.patience):
        print(one.line)


if __name__ == "__main__":
    main()
