"""Builds both corpora: `python -m attacks.corpus --texts DIR … --contracts DIR … --lists DIR … --crs DIR --out DIR`.

Writes `benign.jsonl`, `attacks.jsonl`, `planted.jsonl` (requests of the benign corpus, each with a payload in place of one of its
texts) and one API description for each API of the benign corpus. A line is what `yett decide` reads
({id, method, target, headers, body_base64}), with more keys beside: half ("development" or "held-out"), api and texts, or class,
source and carrier. The same sources give the same corpora to the byte.

  --texts      directories with anything that people wrote: /usr/share/doc, /usr/share/locale, a Python's lib directory, ...
  --contracts  directories or git repositories with public API descriptions, of which Yett itself must be able to read each
  --lists      directories or git repositories with payload lists, such as PayloadsAllTheThings, fuzzdb, *-payload-list
  --crs        an unpacked release of the Core Rule Set, for the payloads of its tests
"""

import argparse
import base64
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from attacks import benign, payloads, texts
from attacks.carriers import carried
from attacks.instances import Impossible
from attacks.sources import Source, rank
from attacks.subject import Subject
from yett.model.exchange import Request, Response
from yett.model.mistake import PolicyErrors

HALVES = ("development", "held-out")
PER_API = 120
"""Requests for one API and half."""


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """A response, where one was recorded."""

    status: int
    headers: list[tuple[str, str]]
    body_base64: str = ""

    def response(self) -> Response:
        fields = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers)
        return Response(status=self.status, fields=fields, body=base64.b64decode(self.body_base64))


class Case(msgspec.Struct, frozen=True, omit_defaults=True):
    """One request of a corpus. group: the API, or the class of attack; labels: kinds of text, or source and carrier."""

    id: str
    half: str
    group: str
    method: str
    target: str
    headers: list[tuple[str, str]]
    body_base64: str = ""
    labels: tuple[str, ...] = ()
    response: Answer | None = None

    def request(self) -> Request:
        fields = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers)
        return Request(
            method=self.method, target=self.target.encode("latin-1"), fields=fields, body=base64.b64decode(self.body_base64)
        )


def case(name: str, half: int, group: str, request: Request, labels: Iterable[str]) -> Case:
    fields = [(field.decode("latin-1"), value.decode("latin-1")) for field, value in request.fields]
    body = base64.b64encode(request.body).decode()
    return Case(name, HALVES[half], group, request.method, request.target.decode("latin-1"), fields, body, tuple(labels))


def read(path: Path) -> Iterator[Case]:
    with path.open("rb") as lines:
        for line in lines:
            yield msgspec.json.decode(line, type=Case)


def _write(path: Path, cases: Iterable[Case]) -> int:
    count = 0
    with path.open("wb") as out:
        for one in cases:
            out.write(msgspec.json.encode(one) + b"\n")
            count += 1
    return count


def build_benign(out: Path, pools: texts.Pools, contracts: list[Source], wanted: int) -> Iterator[Case]:
    """Requests that Yett's own reading of the contract accepts: what it refuses is a mistake of the generator, not traffic."""
    (out / "contracts").mkdir(exist_ok=True)
    made = 0
    for number, api in enumerate(benign.read_apis(contracts, most=10_000)):
        if made >= wanted:
            return
        name = f"api{number:04d}"
        path = out / "contracts" / f"{name}.json"
        path.write_text(json.dumps(api.document))
        try:
            subject = Subject({name: {"contract": {"file": str(path), "requests": "enforce"}, "attacks": False}})
            cases = list(_of_api(name, api, pools, subject))
        except (PolicyErrors, RecursionError):
            cases = []
        if len(cases) < PER_API // 4:
            path.unlink()
            continue
        made += len(cases)
        yield from cases


def _of_api(name: str, api: benign.Api, pools: texts.Pools, subject: Subject) -> Iterator[Case]:
    for half in (0, 1):
        writer = benign.Writer(api, pools, half, 1)
        count = 0
        for _ in range(PER_API * 3):
            try:
                made = writer.request()
            except Impossible:
                continue
            if subject.judge(name, made.request).denied:
                continue
            count += 1
            yield case(f"{name}-{half}-{count}", half, name, made.request, made.kinds)
            if count == PER_API:
                break


def build_attacks(found: list[payloads.Payload]) -> Iterator[Case]:
    counts = Counter[str]()
    for payload in found:
        counts[payload.kind] += 1
        for attack in carried(payload):
            labels = (payload.source, attack.carrier)
            yield case(
                f"{payload.kind}-{counts[payload.kind]}-{attack.carrier}", payload.half, payload.kind, attack.request, labels
            )


def build_planted(cases: Iterable[Case], found: list[payloads.Payload]) -> Iterator[Case]:
    """For each payload one request with a JSON body in which it takes the place of a text; both of the same half."""
    left = ([one for one in found if one.half == 0], [one for one in found if one.half == 1])
    for one in sorted(cases, key=lambda case: rank("planted", case.id)):
        half = HALVES.index(one.half)
        if not left[half]:
            continue
        request = one.request()
        try:
            tree = json.loads(request.body)
        except ValueError:
            continue
        leaves = list(_texts(tree, ()))
        if leaves:
            payload = left[half].pop()
            body = json.dumps(_planted(tree, leaves[rank("leaf", one.id) % len(leaves)], payload.text)).encode(
                "utf-8", "replace"
            )
            planted = msgspec.structs.replace(request, body=body)
            yield case(f"planted-{one.id}", half, one.group, planted, (payload.kind, "planted"))


def _texts(tree: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    """Places of strings with a space in them: what a contract leaves open, not identifiers or codes."""
    if isinstance(tree, str) and " " in tree:
        yield path
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield from _texts(value, (*path, key))


def _planted(tree: Any, path: tuple[str | int, ...], text: str) -> Any:
    if not path:
        return text
    tree[path[0]] = _planted(tree[path[0]], path[1:], text)
    return tree


def _sources(paths: list[Path]) -> list[Source]:
    return [Source(path) for path in paths]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="attacks.corpus", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--texts", type=Path, nargs="+", default=[])
    parser.add_argument("--contracts", type=Path, nargs="+", default=[])
    parser.add_argument("--lists", type=Path, nargs="+", default=[])
    parser.add_argument("--crs", type=Path)
    parser.add_argument("--benign", type=int, default=24_000, help="how many benign requests")
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


def main() -> int:
    options = _options()
    options.out.mkdir(parents=True, exist_ok=True)
    told: dict[str, Any] = {}
    if options.texts and options.contracts:
        pools = texts.gather(_sources(options.texts))
        told["texts"] = pools.count()
        cases = build_benign(options.out, pools, _sources(options.contracts), options.benign)
        told["benign"] = _write(options.out / "benign.jsonl", cases)
    if options.lists:
        found, dropped = payloads.gather(_sources(options.lists), options.crs)
        told["payloads"] = Counter(f"{one.kind} {HALVES[one.half]}" for one in found)
        told["without substance"] = dropped
        told["attacks"] = _write(options.out / "attacks.jsonl", build_attacks(found))
        if (options.out / "benign.jsonl").exists():
            cases = build_planted(list(read(options.out / "benign.jsonl")), found)
            told["planted"] = _write(options.out / "planted.jsonl", cases)
    print(json.dumps(told, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
