"""The benchmark: `make bench`, or `python bench/run.py [WHAT]`.

WHAT is `compare` (the default: Yett beside other proxies) or one of the other promises: operations, principals, memory,
start, reload, idle, latency; `bars` is all of those; `attacks` is the cost of the attack rules; `profile` shows where the
time goes. Everything runs on loopback, on two cores, and ends by itself. Exit code 0 if every promise that was measured was
kept, 1 if not, 2 if a run was void.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import bars
import client
import hotspots
import machine
import report
import subjects
import systems
from compare import compare

OPERATIONS, PRINCIPALS = 1000, 100


def _peers(names: Sequence[str]) -> list[systems.System]:
    """Those that are installed and wanted; says what is missing. Raises SystemExit if that is nginx, the measure of all."""
    chosen = []
    for peer in systems.PEERS:
        missing = peer.missing()
        if names and peer.name not in (*names, "nginx"):
            continue
        if missing:
            print(f"{peer.name} is left out, missing: {', '.join(missing)} ({systems.advice()})", file=sys.stderr)
        else:
            chosen.append(peer)
    if not any(peer.name == "nginx" for peer in chosen):
        raise SystemExit(f"nginx is needed: {systems.advice()}")
    return chosen


def _compare(options: argparse.Namespace) -> list[report.Bar]:
    chosen = subjects.table(OPERATIONS, PRINCIPALS, _peers(options.only))
    found = compare(chosen, options.rounds, options.seconds)
    facts = machine.facts() | systems.versions([one.system for one in chosen])
    setting = (
        f"{OPERATIONS:,} operations with JSON bodies, {PRINCIPALS} principals, {options.rounds} interleaved rounds of "
        f"{options.seconds:g} s, one worker each, the same client and upstream for all; every answer was compared byte by byte."
    )
    text = report.document(found, facts, setting)
    report.save(systems.OUT, "compare", text, {"facts": facts, "measured": found})
    print(text)
    return report.comparison_bars(found)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", default="compare", choices=["compare", "bars", "profile", "attacks", *bars.BARS])
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measured load")
    parser.add_argument("--only", action="append", default=[], metavar="PEER", help="only these peers, and nginx")
    parser.add_argument("--corpus", type=Path, metavar="DIR", help="attacks: what its ordinary requests cost, and nothing else")
    parser.add_argument("--install", action="store_true", help="first install the peers that are missing (needs root)")
    return parser.parse_args()


def main() -> int:
    options = _options()
    if options.install:
        systems.install()
    client.exact_timers()
    if os.geteuid() == 0:
        os.nice(-10)  # so that other work on the machine disturbs less; all that are compared inherit it
    shutil.rmtree(systems.OUT / "run", ignore_errors=True)
    try:
        if options.what == "compare":
            kept = _compare(options)
        elif options.what == "profile":
            kept = []
            traffic = subjects.traffic(OPERATIONS, PRINCIPALS)
            print(hotspots.profile(subjects.guarded(OPERATIONS, PRINCIPALS), traffic, options.seconds * 4))
        elif options.what == "attacks":
            from attacks import speed  # needs rules and libraries that the others do not

            if options.corpus is not None:
                kept = speed.of_corpus(options.corpus, options.rounds, options.seconds)
            else:
                kept = speed.attacks(options.rounds, options.seconds)
            report.save(systems.OUT, "attacks", report.bars_table(kept) + "\n", {"facts": machine.facts(), "bars": kept})
            print(report.bars_table(kept))
        else:
            names = list(bars.BARS) if options.what == "bars" else [options.what]
            kept = [bar for name in names for bar in bars.BARS[name](options.rounds, options.seconds)]
            report.save(systems.OUT, options.what, report.bars_table(kept) + "\n", {"facts": machine.facts(), "bars": kept})
            print(report.bars_table(kept))
    except client.Void as error:
        print(f"void: {error}", file=sys.stderr)
        return 2
    return 0 if all(bar.met for bar in kept) else 1


if __name__ == "__main__":
    sys.exit(main())
