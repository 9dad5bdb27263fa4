"""The results as a table for people and as JSON for machines."""

import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from compare import Measured

QUIET = 0.05
"""Share of the proxy's core used by others above which the report warns: caches were not the proxy's alone."""


NOTES = """\
CPU per request: user and system time of the proxy's whole process tree, divided by the requests completed; median over the
rounds. Of nginx: requests per CPU second as a share of nginx's; median of the rounds' own ratios. Where the core was not busy,
client and upstream were the limit, not the proxy. At half: p50 and p99 at half of each one's own maximum, open loop; added p99:
less the p99 of the upstream alone at the same rate. Spread: dearest round over cheapest."""


class Bar(msgspec.Struct, frozen=True):
    """One promise: what was promised, what was measured, whether it was kept."""

    name: str
    bar: str
    measured: str
    met: bool

    @property
    def line(self) -> str:
        return f"| {self.name} | {self.bar} | {self.measured} | {'pass' if self.met else 'FAIL'} |"


def bars_table(bars: Sequence[Bar]) -> str:
    return "\n".join(["| bar | promised | measured | |", "|---|---|---|---|", *(bar.line for bar in bars)])


def ratio(found: Sequence[Measured], one: str, other: str) -> float | None:
    """How many requests `one` completes in the CPU time in which `other` completes one: the median over the rounds of each
    round's own ratio, because rounds are interleaved and neighbours in time. None where one was not measured."""
    by_name = {each.name: each for each in found}
    if one not in by_name or other not in by_name:
        return None
    pairs = zip(by_name[one].rounds, by_name[other].rounds, strict=True)
    ratios = sorted(theirs.cost / ours.cost for ours, theirs in pairs)
    return (ratios[(len(ratios) - 1) // 2] + ratios[len(ratios) // 2]) / 2


def comparison_bars(found: Sequence[Measured]) -> list[Bar]:
    """The promises that the comparison itself decides."""
    promises = (("", "nginx", 0.5), (", all guards", "nginx", 0.33), (", all guards", "Envoy", 1.0))
    bars = []
    for one, other, least in [
        (name + what, other, least) for name in ("Yett", "Yett, compiled") for what, other, least in promises
    ]:
        reached = ratio(found, one, other)
        if reached is not None:
            bars.append(Bar(f"{one} against {other}", f">= {least} x", f"{reached:.2f} x", reached >= least))
    return bars


def table(found: Sequence[Measured]) -> str:
    lines = [
        "| one core | CPU per request | of nginx | requests/s | core busy | p50, p99 at full | at half | added p99 | spread |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for each in found:
        relative = ratio(found, each.name, "nginx")
        cells = [
            each.name,
            f"{each.median('cost') * 1e6:.1f} us",
            f"{relative:.2f} x" if relative is not None else "",
            f"{each.median('rate'):,.0f}",
            f"{each.median('busy'):.0%}",
            f"{_ms(each.median('p50'))}, {_ms(each.median('p99'))} ms",
            f"{_ms(each.median_paced('p50'))}, {_ms(each.median_paced('p99'))} ms" if each.paced else "",
            f"{_ms(each.median_paced('added_p99'))} ms" if each.paced else "",
            f"{each.spread():.0%}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.2f}"


def document(found: Sequence[Measured], facts: dict[str, str], setting: str) -> str:
    """The whole report as Markdown."""
    foreign = max((one.foreign for each in found for one in each.rounds), default=0.0)
    parts = [
        "# Benchmark",
        setting,
        table(found),
        NOTES,
        bars_table(comparison_bars(found)),
        "\n".join(f"* {name}: {value}" for name, value in facts.items()),
    ]
    if foreign > QUIET:
        parts.insert(2, f"**Not a quiet machine: up to {foreign:.0%} of the proxy's core was used by others.**")
    return "\n\n".join(part for part in parts if part) + "\n"


def save(directory: Path, name: str, text: str, values: object) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    (directory / f"{name}.md").write_text(text)
    (directory / f"{name}-{stamp}.json").write_bytes(msgspec.json.format(msgspec.json.encode(values)))
