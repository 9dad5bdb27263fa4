"""Measures the classes of sensitive data on labelled fields: precision and recall per field, both halves of a split by hash.

Generated fields come from Faker, mimesis, @faker-js/faker, chance and @ngneat/falso, which are installed apart; the label of a
field is what the library documents its method to make, the name of the field is the method's own. Real fields come from
examples in public OpenAPI documents, labelled by the `format` that their authors gave; examples of other fields are looked
through for credentials and cards.

Which half a field is in follows from a hash of library and method, so that all of a method is in one half.

    python bench/observe/classes_generators.py 7 30 > FIELDS; node bench/observe/classes_generators.js 7 30 >> FIELDS
    python bench/observe/classes.py --fields FIELDS [--documents REPOSITORY...] [--half first|second|both] [--errors]
"""

import argparse
import json
import subprocess
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from classes_benign import fields as benign_fields
from classes_labels import TELLING, label

from yett.engine.classes import Classifier, classifier
from yett.engine.verdicts import FieldEvidence, verdicts

FORMATS = {"email": "email", "idn-email": "email", "password": "password", "ipv4": "ip-address", "ipv6": "ip-address"}
BENIGN_FORMATS = frozenset({"uuid", "date-time", "uri", "url"})
DANGEROUS = frozenset({"credential", "secret"})


class Field(NamedTuple):
    source: str
    place: str
    name: str
    expected: str
    """A class, "" for none, "?" for a field of which only credentials and cards are asked."""
    values: list[Any]


def half(source: str) -> str:
    return "first" if blake2b(source.encode()).digest()[0] % 2 else "second"


def generated(path: Path) -> Iterator[Field]:
    for line in path.read_text().splitlines():
        one = json.loads(line)
        expected = label(one["library"], one["method"])
        if expected is None:
            continue
        source = f"{one['library']}:{one['method']}"
        module, _, name = one["method"].rpartition(".")
        place = "customer" if name == "name" and expected else module
        yield Field(source, place, name, expected, one["values"])
        camel = "".join(part.capitalize() if at else part for at, part in enumerate(name.split("_")))
        yield Field(
            source, f"response.200.body/items/*/{place}", camel if camel != name else name.upper(), expected, one["values"]
        )
        if expected in TELLING:
            yield Field(source, "", "value", expected, one["values"])


def documents(repositories: list[str], sample: int) -> Iterator[Field]:
    """Fields of documents in bare repositories: examples by property, with the property's format. One document in `sample`."""
    found: dict[tuple[str, str, str, str], list[Any]] = defaultdict(list)
    for repository in repositories:
        listed = subprocess.run(
            ["git", "-C", repository, "ls-tree", "-r", "-l", "HEAD"], capture_output=True, text=True, check=True
        ).stdout
        for line in listed.splitlines():
            head, _, path = line.partition("\t")
            size = head.split()[3]
            if not path.endswith((".json", ".yaml", ".yml")) or not size.isdigit() or not 2_000 < int(size) < 8_000_000:
                continue
            if blake2b(path.encode()).digest()[1] % sample:
                continue
            text = subprocess.run(["git", "-C", repository, "show", f"HEAD:{path}"], capture_output=True, check=True).stdout
            try:
                tree = json.loads(text) if path.endswith(".json") else yaml.load(text, Loader=yaml.CSafeLoader)
            except (ValueError, yaml.YAMLError):
                continue
            for parent, name, form, value in _examples(tree, "", ""):
                found[Path(repository).parent.name + "/" + path, parent, name, form].append(value)
    for (source, parent, name, form), values in found.items():
        distinct = list({json.dumps(value): value for value in values}.values())[:64]
        expected = FORMATS.get(form) or ("" if form in BENIGN_FORMATS else "?")
        yield Field(f"{source}:{parent}.{name}", parent, name, expected, distinct)


def _examples(tree: Any, parent: str, name: str) -> Iterator[tuple[str, str, str, Any]]:
    if isinstance(tree, list):
        for part in tree:
            yield from _examples(part, parent, name)
        return
    if not isinstance(tree, dict):
        return
    if isinstance(tree.get("type"), str) and name:
        example = tree.get("example", tree.get("default"))
        if isinstance(example, str | int | float) and not isinstance(example, bool) and example != "":
            yield parent, name, str(tree.get("format", "")), example
    for key, part in tree.items():
        if key in ("example", "examples", "value") and isinstance(part, dict | list):
            yield from _instances(part, parent, name)
        elif key == "properties" and isinstance(part, dict):
            for property_, schema in part.items():
                yield from _examples(schema, name, property_)
        else:
            yield from _examples(part, parent, name)


def _instances(tree: Any, parent: str, name: str) -> Iterator[tuple[str, str, str, Any]]:
    """Values within examples; nobody says of what format they are."""
    if isinstance(tree, list):
        for part in tree:
            yield from _instances(part, parent, name)
    elif isinstance(tree, dict):
        for key, part in tree.items():
            yield from _instances(part, name, str(key))
    elif isinstance(tree, str | int | float) and not isinstance(tree, bool) and tree != "" and name:
        yield parent, name, "", tree


def benign(repeat: int) -> Iterator[Field]:
    """Fields that hold nothing. Seeds, not kinds, are split: kinds are few."""
    for seed in range(1, 5):
        for kind, name, values in benign_fields(seed, repeat, 30):
            yield Field(f"benign-{seed}:{kind}", "", name, "", values)


def judged(classify: Classifier, field: Field) -> set[str]:
    counts: Counter[str] = Counter()
    values = list(dict.fromkeys(field.values))
    for value in values:
        counts.update(classify(field.name, field.place, value))
    return {one.id for one in verdicts(FieldEvidence(field.name, field.place, len(values), counts), classify)}


def measure(fields: list[Field], show: bool) -> None:
    classify = classifier()
    right = wrong = missed = values = 0
    seconds = time.process_time()
    for field in fields:
        found = judged(classify, field)
        values += len(field.values)
        if field.expected == "?":
            continue
        expected = {field.expected} - {""}
        right += len(found & expected)
        wrong += len(found - expected)
        missed += len(expected - found)
        if show and found != expected:
            shown = ",".join(sorted(found)) or "-"
            where = f"{field.source} as {field.place}.{field.name}"
            print(f"  {field.expected or '-':28} found {shown:32} {where} {str(field.values[:3])[:100]}")
    seconds = time.process_time() - seconds
    scores = f"precision {right / (right + wrong):.4f}, recall {right / (right + missed):.4f}" if right else "no class expected"
    print(f"{len(fields)} fields: {scores} ({right} right, {wrong} wrong, {missed} missed)", end="; ")
    print(f"{seconds / max(1, values) * 1e6:.1f} µs of CPU time a value with verdicts")


def dangers(fields: list[Field], show: bool) -> None:
    """Credentials and cards found in fields of which nobody says that they hold any."""
    classify = classifier()
    asked, found = 0, Counter()
    for field in fields:
        if field.expected not in ("", "?"):
            continue
        asked += 1
        for id_ in judged(classify, field):
            if classify.classes[id_].category in DANGEROUS or id_ == "payment-card":
                found[id_] += 1
                if show:
                    print(f"  {id_:20} {field.source} as {field.place}.{field.name} {str(field.values[:2])[:90]}")
    print(f"{asked} unlabelled or benign fields: credentials and cards found in {sum(found.values())}: {dict(found)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fields", type=Path, action="append", default=[])
    parser.add_argument("--documents", nargs="*", default=[])
    parser.add_argument("--benign", type=int, default=0, help="fields of each name of the benign set")
    parser.add_argument("--sample", type=int, default=1, help="one document in so many")
    parser.add_argument("--half", choices=("first", "second", "both"), default="first")
    parser.add_argument("--errors", action="store_true")
    asked = parser.parse_args()
    for title, fields in (
        ("generated", [field for path in asked.fields for field in generated(path)]),
        ("benign", list(benign(asked.benign))),
        ("documents", list(documents(asked.documents, asked.sample))),
    ):
        for side in ("first", "second") if asked.half == "both" else (asked.half,):
            chosen = [field for field in fields if half(field.source) == side]
            if chosen:
                print(f"{title}, {side} half: {len({field.expected for field in chosen} - {'', '?'})} classes")
                measure([field for field in chosen if field.expected != "?"], asked.errors)
                dangers(chosen, asked.errors)


if __name__ == "__main__":
    main()
