"""Honest traffic out of public recordings: `python -m attacks.recorded --from DIR … [--contract HOST[/PATH]=FILE …] --out DIR`.

Writes `benign.jsonl` in the format of `attacks.corpus`, for `attacks.measure`, which then has nothing but ordinary requests to
judge. Every directory or git repository named is searched for cassettes, HAR files and Postman collections (`attacks.cassettes`);
nothing is sent anywhere.

* The provider is the registrable part of the host's name. At most --most requests of one provider are kept, chosen by hash.
* Requests that differ in nothing but digits and hexadecimal identifiers count once.
* The half is the last bit of the SHA-256 of what is left then, so that what is alike is in one half.
* What was sent to names of this machine or to addresses is left out: tests of servers, not traffic of an API.
* Where a contract is given for a host (and the beginning of the path), it is copied beside the cases, and the group is its name.

The last line of the output says what was read, and how much was left out for which reason.
"""

import argparse
import base64
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

from attacks.cassettes import Unreadable, read_exchanges
from attacks.corpus import HALVES, Answer, Case
from attacks.sources import Source, bit, rank
from yett.model.exchange import Exchange, Response

MOST = 300
FILES = 6_000
"""Files of one source that are read, chosen by hash."""
_BATCH = 200
"""Files that are read at once."""
_NAMES = re.compile(r"\.(?:ya?ml|json|har|http|txt)$", re.IGNORECASE)
_LOCAL = re.compile(r"(?:[0-9.]+|\[.*\]|[^.]*|.*\.(?:local|internal|test|localhost|localdomain|invalid))(?::[0-9]*)?")
_SAME = re.compile(rb"(?:0x)?[0-9a-f]{8,}|[0-9]+", re.IGNORECASE)
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_SECOND = frozenset(("co", "com", "org", "net", "gov", "ac", "edu"))


class Kept(msgspec.Struct, frozen=True):
    """One exchange with the text by which it is told from others."""

    key: bytes
    exchange: Exchange


class Contract(msgspec.Struct, frozen=True):
    """host, prefix: of the requests that it describes; name: of the group and of the file beside the cases."""

    host: str
    prefix: str
    file: Path

    @property
    def name(self) -> str:
        return re.sub("[^a-z0-9]+", "-", f"{self.host}{self.prefix}".lower()).strip("-")

    def describes(self, host: str, target: str) -> bool:
        return host == self.host and (not self.prefix or target.startswith(self.prefix))


class Collection:
    """What was found, by provider; at most twice as many of one as are wanted at the end."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.told = Counter[str]()
        self._found: dict[str, dict[bytes, Kept]] = defaultdict(dict)

    def add(self, exchange: Exchange) -> None:
        host = host_of(exchange)
        if not host or _LOCAL.fullmatch(host):
            self.told["to this machine, or to an address"] += 1
            return
        key = likeness(exchange)
        found = self._found[provider(host)]
        if key in found:
            self.told["alike"] += 1
            return
        found[key] = Kept(key, exchange)
        if len(found) >= 2 * self.most:
            self._cut(found)

    def _cut(self, found: dict[bytes, Kept]) -> None:
        for key in sorted(found, key=rank)[self.most :]:
            del found[key]
            self.told["more than wanted of its provider"] += 1

    def kept(self) -> Iterator[tuple[str, Kept]]:
        for name, found in sorted(self._found.items()):
            self._cut(found)
            yield from ((name, found[key]) for key in sorted(found, key=rank))


def host_of(exchange: Exchange) -> str:
    return next((value.decode("latin-1").lower() for name, value in exchange.request.fields if name.lower() == b"host"), "")


def provider(host: str) -> str:
    """The part of the name that somebody registered, as far as that can be told without a list: the last two labels or three."""
    labels = host.partition(":")[0].split(".")
    count = 3 if len(labels) > 2 and labels[-2] in _SECOND and len(labels[-1]) == 2 else 2
    return ".".join(labels[-count:])


def likeness(exchange: Exchange) -> bytes:
    """Method, target and body, without digits and hexadecimal identifiers."""
    request = exchange.request
    return _SAME.sub(b"0", b"\0".join((request.method.encode(), request.target, request.body)))


def gather(source: Source, collection: Collection) -> None:
    names = sorted((name for name in source.names() if _NAMES.search(name)), key=rank)[:FILES]
    for start in range(0, len(names), _BATCH):
        for name, content in source.read(names[start : start + _BATCH], 8 << 20):
            try:
                for exchange in read_exchanges(content, name):
                    collection.told["read"] += 1
                    collection.add(exchange)
            except Unreadable:
                collection.told["files that are no recording"] += 1


def cases(collection: Collection, contracts: Iterable[Contract]) -> Iterator[Case]:
    described = list(contracts)
    for number, (name, kept) in enumerate(collection.kept()):
        request, response = kept.exchange.request, kept.exchange.response
        target, host = request.target.decode("latin-1"), host_of(kept.exchange)
        group = next((one.name for one in described if one.describes(host, target)), name)
        known = "with a contract" if group != name else "without contract"
        labels = (f"provider {name}", "has body" if request.body else "no body", known)
        yield Case(
            id=f"recorded-{number}",
            half=HALVES[bit(kept.key)],
            group=group,
            method=request.method,
            target=target,
            headers=[(field.decode("latin-1"), value.decode("latin-1")) for field, value in request.fields],
            body_base64=base64.b64encode(request.body).decode(),
            labels=labels,
            response=_answer(response) if response is not None else None,
        )


def _answer(response: Response) -> Answer:
    fields = [(field.decode("latin-1"), value.decode("latin-1")) for field, value in response.fields]
    return Answer(response.status, fields, base64.b64encode(response.body).decode())


def contract(text: str) -> Contract:
    """Raises ValueError."""
    place, found, file = text.partition("=")
    host, slash, path = place.partition("/")
    if not found or not host:
        raise ValueError(f"{text}: HOST=FILE or HOST/PATH=FILE is expected")
    return Contract(host, slash + path, Path(file))


def copy(contracts: Iterable[Contract], out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for one in contracts:
        tree = mended(yaml.load(one.file.read_bytes(), yaml.CSafeLoader))
        (out / f"{one.name}.json").write_text(json.dumps(tree, default=str))


def mended(tree: Any) -> Any:
    """A public description without what is often wrong in them and says nothing of values: bounds that are no numbers, media types
    that are none, and who may call what."""
    if isinstance(tree, list):
        return [mended(one) for one in tree]
    if not isinstance(tree, dict):
        return tree
    return {name: mended(value) for name, value in tree.items() if not _is_mistaken(str(name), value)}


def _is_mistaken(name: str, value: Any) -> bool:
    if name in _BOUNDS:
        return isinstance(value, bool | str)
    if name in ("security", "securityDefinitions", "securitySchemes"):
        return isinstance(value, list | dict)
    return "/" in name and not name.startswith("/") and ";" in name and "=" not in name


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="attacks.recorded", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--from", dest="sources", type=Path, nargs="+", required=True)
    parser.add_argument("--contract", type=contract, action="append", default=[])
    parser.add_argument("--most", type=int, default=MOST, help="requests of one provider")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    collection = Collection(options.most)
    for path in options.sources:
        gather(Source(path), collection)
    copy(options.contract, options.out / "contracts")
    counts = Counter[str]()
    with (options.out / "benign.jsonl").open("wb") as written:
        for one in cases(collection, options.contract):
            written.write(msgspec.json.encode(one) + b"\n")
            counts[one.labels[0].removeprefix("provider ")] += 1
    told = {"requests": sum(counts.values()), "providers": len(counts), **collection.told, "by provider": counts.most_common()}
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
