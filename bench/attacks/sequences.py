"""Exchanges in long sequences on one program, each judged both ways: `python -m attacks.sequences --crs DIR …`.

The first look of the engine for rules remembers what was harmless. Here each text travels in many places and spellings, shuffled
among others and among ordinary requests, so that what was harmless in one place comes again where it is not; every exchange is
compared with all rules run (`attacks.both_ways`). Prints how many comparisons there were, and each difference; where the same
exchange alone, on a program that has seen nothing, is judged right, what was remembered is to blame. Exit code 1 where there is a
difference.

  --crs DIR        a directory of rules: an unpacked release, or Debian's /usr/share/modsecurity-crs/rules
  --setup FILE     in place of its crs-setup.conf (Debian's is /etc/modsecurity/crs/crs-setup.conf)
  --paranoia N     1 to 4; several, one after the other
  --tests DIR      the Core Rule Set's own regression tests (tests/regression/tests of a release): requests, and what they carry
  --corpus DIR     what `attacks.corpus` wrote; of it the development half only
  --texts N        most texts, and most requests of each source (2,000), which are chosen by their hashes
  --each N         places of each text (12)
  --seed N         of the order, and of which text travels where
  --cache DIR      where compiled patterns are kept
  --write FILE     which rules matched each exchange, a line each
  --against FILE   the same of an earlier run, of another version maybe: tells what is no longer found, or newly
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from random import Random

import msgspec

from attacks import corpus, reception
from attacks.both_ways import Comparing, shown
from attacks.everywhere import ANSWERS, CARRIERS, NUMBERED, NUMBERS, SPELLINGS, of_number
from attacks.ftw import read_trials
from attacks.sources import rank
from yett.formats.inspected import form_pairs
from yett.formats.seclang import read_seclang
from yett.model.exchange import Request, Response
from yett.model.ports import NoPatternCache, PatternCache
from yett.rules.seclang.compile import compile_rules
from yett.rules.seclang.program import Program
from yett.store.pattern_cache import DiskPatternCache
from yett.store.rule_directory import read_rule_directory

WINDOW = 400
"""Exchanges among which the order is by chance: within the reach of what is remembered."""

LEVELS = ("paranoia_level", "blocking_paranoia_level", "executing_paranoia_level", "detection_paranoia_level")

Sent = tuple[str, Request, Response | None]
"""What an exchange is called, and the exchange."""


def compiled(directory: Path, setup: Path | None, paranoia: int, cache: PatternCache) -> Program:
    """The rules as the guard has them, but that all of them are recorded."""
    read = read_rule_directory(directory, setup)
    return compile_rules(read_seclang(read.files, read.order), {**dict.fromkeys(LEVELS, paranoia), "early_blocking": 0}, cache)


def of_tests(directory: Path) -> Iterator[Sent]:
    """The requests of the rules' own tests, with the answers of their backend."""
    for trial in read_trials(directory):
        for stage in trial.stages:
            try:
                request = reception.receive(stage.request)
            except (reception.NoAnswer, reception.Malformed):
                continue
            yield f"test {trial.name}", request, reception.answer(request)


def of_corpus(directory: Path, name: str, most: int) -> Iterator[Sent]:
    cases = (one for one in corpus.read(directory / name) if one.half == corpus.HALVES[0])
    for one in sorted(cases, key=lambda case: rank("sequence", case.id))[:most]:
        yield one.id, one.request(), None


def texts_of(sent: Sequence[Sent]) -> Iterator[bytes]:
    """What requests carry in queries, forms, texts of JSON and fields."""
    for _, request, _ in sent:
        for octets in (request.target.partition(b"?")[2], request.body):
            if octets[:1] in b"{[":
                try:
                    yield from _strings(msgspec.json.decode(octets))
                    continue
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                    pass
            yield from (text for pair in form_pairs(octets, 100) for text in pair)
        yield from (value for name, value in request.fields if name.lower() in (b"user-agent", b"referer", b"cookie"))


def _strings(tree: object) -> Iterator[bytes]:
    parts: Sequence[object] = [*tree, *tree.values()] if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    for part in parts:
        yield from _strings(part)
    if isinstance(tree, str):
        yield tree.encode("utf-8", "replace")


def carried(texts: Sequence[bytes], each: int, author: Random) -> Iterator[Sent]:
    """Each text in some places, as it is in half of them, and in an answer."""
    for text in texts:
        for name in author.sample(sorted(CARRIERS), min(each, len(CARRIERS))):
            spelling = author.choice(["as it is", author.choice(sorted(SPELLINGS))])
            request = CARRIERS[name](SPELLINGS[spelling](text))
            if request is not None:
                yield f"{name}, {spelling}", request, None
        kind = author.choice(sorted(ANSWERS))
        yield f"answer, {kind}", CARRIERS["query"](b"1") or _no_request(), ANSWERS[kind](text)


def _no_request() -> Request:
    raise AssertionError("a query holds everything")


def numbers() -> Iterator[Sent]:
    for number in NUMBERS:
        for document in NUMBERED:
            yield f"number {number}", of_number(document, number), None


def sequence(options: argparse.Namespace) -> Iterator[Sent]:
    """All exchanges of a run, in order."""
    author = Random(options.seed)
    found = [*of_tests(options.tests)] if options.tests else []
    ordinary: list[Sent] = []
    if options.corpus:
        found += of_corpus(options.corpus, "attacks.jsonl", options.texts)
        ordinary += (
            of_corpus(options.corpus, "benign.jsonl", options.texts) if (options.corpus / "benign.jsonl").exists() else []
        )
    texts = sorted({text for text in texts_of(found) if 1 < len(text) < 8_000}, key=lambda text: rank("sequence", text))
    texts = texts[: options.texts]
    found = sorted(found, key=lambda sent: rank("sequence", sent[0]))[: options.texts]
    author.shuffle(found)
    pending: list[Sent] = []
    streams = [iter(carried(texts, options.each, author)), iter(found), iter([*numbers(), *ordinary])]
    for group in zip_longest(*streams):
        pending += [one for one in group if one is not None]
        if len(pending) > WINDOW:
            author.shuffle(pending)
            yield from pending[WINDOW // 2 :]
            del pending[WINDOW // 2 :]
    yield from pending


def run(
    program: Program, fresh: Program, sent: Iterator[Sent], told: list[list[list[int]]], keep: bool
) -> tuple[int, int, int]:
    """Exchanges, comparisons, differences. told: gets which rules matched, where they are kept."""
    comparing, alone = Comparing(program), Comparing(fresh)
    exchanges = differences = 0
    for name, request, response in sent:
        exchanges += 1
        found = comparing.differences(request, response)
        if found:
            differences += 1
            again = alone.differences(request, response)
            blame = "alone as well" if again else "not alone, so something was remembered wrongly"
            print(f"{exchanges} {name} ({blame}):", *found, sep="\n    ", flush=True)
        if keep:
            told.append(comparing.found(request, response))
    return exchanges, comparing.compared, differences


def changes(told: list[list[list[int]]], earlier: list[list[list[int]]], sent: Iterator[Sent]) -> int:
    """How many exchanges are no longer judged as they were, each printed."""
    count = 0
    for (name, request, _), now, before in zip(sent, told, earlier, strict=True):
        if now != before:
            count += 1
            print(f"{name}: was {before}, is {now}: {shown(request)}")
    return count


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="attacks.sequences", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--crs", type=Path, required=True)
    parser.add_argument("--setup", type=Path)
    parser.add_argument("--paranoia", type=int, nargs="+", default=[1])
    parser.add_argument("--tests", type=Path)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--texts", type=int, default=2_000)
    parser.add_argument("--each", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--against", type=Path)
    options = parser.parse_args()
    cache = DiskPatternCache(options.cache) if options.cache else NoPatternCache()
    told: list[list[list[int]]] = []
    wrong = 0
    for paranoia in options.paranoia:
        program, fresh = (compiled(options.crs, options.setup, paranoia, cache) for _ in range(2))
        started = time.perf_counter()
        keep = bool(options.write or options.against)
        exchanges, compared, differences = run(program, fresh, sequence(options), told, keep)
        seconds = time.perf_counter() - started
        print(
            f"{options.crs}, paranoia {paranoia}: {program.rules} rules, {exchanges} exchanges, {compared} comparisons, "
            f"{differences} exchanges differ, in {seconds:.0f} s",
            flush=True,
        )
        wrong += differences
    if options.write:
        options.write.write_bytes(msgspec.json.encode(told))
    if options.against:
        earlier = msgspec.json.decode(options.against.read_bytes(), type=list[list[list[int]]])
        repeated = (one for _ in options.paranoia for one in sequence(options))
        count = changes(told, earlier, repeated)
        print(f"{count} of {len(told)} exchanges are judged in another way than in {options.against}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
