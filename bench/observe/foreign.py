"""What was learnt of an API that nobody here wrote, held against the contract that it publishes and that learning never saw.

    python bench/observe/foreign.py openapi.json SOURCE --service prefect --accepts exchanges.jsonl --out learnt.json

SOURCE is what `yett observe` reads: the event log of a gateway with samples, or exchanges that a client recorded. The contract
tells the operation of each recorded path. A template is right when the set of raw paths that it holds is the contract's: all that
were accepted, and none but those that were called; names of parameters do not count. Fields are right when the contract has one of
that name at that place; what was learnt of a type is right when the contract allows it. Every class of data that was found is
printed with its place, for a person to judge. With --accepts the exported document is enforced against these exchanges, requests
and responses, and every refusal is counted. OUT is what is exported, for openapi-spec-validator.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from observe.export import trial
from yett.cli.reading import LogSource
from yett.edge.collectors.files import Collector
from yett.engine.catalog import CatalogSettings, catalog
from yett.engine.catalog.openapi import documents
from yett.engine.check_settings import CheckSettings
from yett.engine.classes import built_in
from yett.engine.learning import Learning, Settings
from yett.engine.learning.masking import Masking
from yett.engine.posture import judge_catalog
from yett.formats.recordings.values import Recording
from yett.formats.target import canonical
from yett.model.catalog import Catalog

Identity = tuple[str, str]
KEY = b"k" * 16


def recordings(source: Path) -> Iterator[Recording]:
    if source.is_dir():
        log = LogSource(source, None, lambda notice: print(notice))
        yield from (one.recording for one in log.found())
        log.close()
    else:
        yield from (one.recording for one in Collector().collect(source))


class Contract:
    """The published one: which operation has a path, and its schemas."""

    def __init__(self, document: dict[str, Any], base: str) -> None:
        self.document = {**document, "paths": {base + path: item for path, item in document["paths"].items()}}
        document = self.document
        self._templates = sorted(document["paths"], key=_specific)

    def operation(self, method: str, path: str) -> Identity | None:
        segments = path.split("/")
        for template in self._templates:
            wanted = template.split("/")
            if method.lower() not in self.document["paths"][template] or not any(s.startswith("{") for s in wanted):
                if wanted == segments and method.lower() in self.document["paths"][template]:
                    return method, template
                continue
            if _holds(wanted, segments):
                return method, template
        return None

    def schema(self, identity: Identity, status: str = "") -> Any:
        """Of a request, or of a response with a status."""
        one = self.document["paths"][identity[1]][identity[0].lower()]
        if "swagger" in self.document:  # 2.0
            asked = next((said for said in one.get("parameters", ()) if said.get("in") == "body"), {})
            answers = {str(number): said for number, said in one.get("responses", {}).items()}
            return (answers.get(status, {}) if status else asked).get("schema")
        body = one.get("responses", {}).get(status, {}) if status else one.get("requestBody", {})
        return body.get("content", {}).get("application/json", {}).get("schema")

    def fields(self, schema: Any, depth: int = 0) -> dict[str, set[str]] | None:
        """Names of the members of an object or of the objects in a list, with the types that they may have; None: any."""
        found: dict[str, set[str]] = {}
        for one in self.branches(schema, depth):
            if "items" in one:
                inner = self.fields(one["items"], depth + 1)
                if inner is None:
                    return None
                found |= inner
            if one.get("additionalProperties", False) not in (False, None) or not one or one == {"title": one.get("title")}:
                return None
            for name, value in one.get("properties", {}).items():
                found[name] = set().union(*(self.types(branch) for branch in self.branches(value)))
        return found

    def types(self, schema: Any) -> set[str]:
        if "type" in schema:
            return set([schema["type"]] if isinstance(schema["type"], str) else schema["type"])
        if "const" in schema or "enum" in schema:
            return {
                {str: "string", int: "integer", bool: "boolean"}.get(type(v), "any")
                for v in schema.get("enum", [schema.get("const")])
            }
        return {"any"}

    def branches(self, schema: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
        if not isinstance(schema, dict) or depth > 8:
            return
        if "$ref" in schema:
            node: Any = self.document
            for step in schema["$ref"].removeprefix("#/").split("/"):
                node = node[step.replace("~1", "/").replace("~0", "~")]
            yield from self.branches(node, depth + 1)
            return
        inner = [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())]
        if not inner:
            yield schema
        for one in inner:
            yield from self.branches(one, depth + 1)


def _specific(template: str) -> tuple[int, list[bool]]:
    """Sorts the most specific first; what holds several segments comes last, and of those the longest first."""
    return -template.count("/") if ":path}" in template else -1_000, [part.startswith("{") for part in template.split("/")]


def _holds(template: list[str], segments: list[str]) -> bool:
    """A parameter of more than one segment (`{name:path}`) holds what is left but for what stands after it."""
    for index, wanted in enumerate(template):
        if wanted.startswith("{") and wanted.endswith(":path}"):
            rest = template[index + 1 :]
            return len(segments) - len(rest) > index and (not rest or _holds(rest, segments[-len(rest) :]))
        if index >= len(segments) or (wanted != segments[index] and not (wanted.startswith("{") and segments[index])):
            return False
    return len(template) == len(segments)


def templates(contract: Contract, calls: list[Recording], made: Catalog, members: dict[str, set[str]]) -> dict[str, Identity]:
    """Prints precision and recall; the operations of the contract that learnt ones are."""
    called: dict[Identity, set[str]] = defaultdict(set)
    accepted: dict[Identity, set[str]] = defaultdict(set)
    count: Counter[Identity] = Counter()
    unknown: Counter[str] = Counter()
    strange: set[Identity] = set()
    masking = Masking(KEY, built_in())  # what is learnt of a path holds no session, no token
    for recording in calls:
        exchange = recording.exchange
        if exchange is None or exchange.response is None:
            continue
        method, path = exchange.request.method, canonical(exchange.request.target, keep_encoded_slash=True).path
        method = method if isinstance(method, str) else method.decode()
        identity = contract.operation(method, path)
        kept = "/" + "/".join(masking(tuple(path[1:].split("/"))))
        if identity is None:
            unknown[f"{method} {path}"] += 1
            strange.add((method, kept))
            continue
        path = kept
        called[identity].add(path)
        if exchange.response.status < 400:
            accepted[identity].add(path)
            count[identity] += 1
    right: dict[str, Identity] = {}
    wrong, beside = [], []
    for one in made.operations:
        held = members[one.id]
        fits = next((i for i in called if held and i[0] == one.method and accepted[i] <= held <= called[i]), None)
        if fits is not None:
            right[one.id] = fits
        elif held and all((one.method, path) in strange for path in held):
            beside.append(one)
        else:
            owners = Counter(i for path in held if (i := contract.operation(one.method, path)) is not None)
            wrong.append((one, owners))
    for least in (1, 5, 20):
        true = {identity for identity, calls_ in count.items() if calls_ >= least}
        learnt = [one for one in made.operations if one.count >= least and one not in beside]
        found = true & set(right.values())
        print(
            f"templates, operations with {least} or more calls: {len(true)} true, {len(learnt)} learnt; "
            f"precision {sum(one.id in right for one in learnt) / max(len(learnt), 1):.3f}, "
            f"recall {len(found) / max(len(true), 1):.3f}"
        )
    for one, owners in wrong:
        print(
            f"  wrong: {one.method} {one.template} ({one.count} calls) is {[f'{v} {k[1]}' for k, v in owners.most_common(4)]}"
        )
    for identity in sorted(set(count) - set(right.values())):
        print(f"  missed: {' '.join(identity)} ({count[identity]} calls, {len(accepted[identity])} paths)")
    print(f"  in no operation of the contract: {dict(unknown)}, learnt as {[one.name for one in beside]}")
    return right


def fields(contract: Contract, made: Catalog, right: dict[str, Identity]) -> None:
    """Prints how the fields of bodies compare, of operations whose template is right."""
    counts: Counter[str] = Counter()
    odd = []
    for one in made.operations:
        if one.id not in right:
            continue
        bodies = [(body.schema, "") for body in one.requests if "json" in body.type]
        bodies += [(body.schema, body.status) for body in one.responses if "json" in body.type]
        for schema, status in bodies:
            known = contract.schema(right[one.id], str(status) if status else "")
            if known is None:
                counts["bodies that the contract does not describe"] += 1
                continue
            declared = contract.fields(known)
            counts["bodies"] += 1
            if declared is None:
                counts["bodies of any form"] += 1
                continue
            learnt = _properties(schema)
            for name, inner in learnt.items():
                types = _types(inner)
                if name not in declared:
                    counts["fields not in the contract"] += 1
                    odd.append(f"{one.name} {status or 'request'} {name}")
                    continue
                counts["fields in the contract"] += 1
                allowed = declared[name] | ({"number"} if "integer" in declared[name] else set())
                allowed |= {"integer"} if "number" in declared[name] else set()
                if "any" not in allowed and not types <= allowed:
                    counts["types that the contract does not allow"] += 1
                    odd.append(f"{one.name} {status or 'request'} {name}: {sorted(types)} is not of {sorted(allowed)}")
            counts["declared fields that were never seen"] += len(declared.keys() - learnt.keys())
    print("fields:", dict(counts))
    for line in odd[:60]:
        print("  odd:", line)


def _properties(schema: Any) -> dict[str, Any]:
    if not isinstance(schema, dict):
        return {}
    found = dict(schema.get("properties", {}))
    for inner in (*schema.get("anyOf", ()), schema.get("items")):
        found |= _properties(inner)
    return found


def _types(schema: Any) -> set[str]:
    kinds = schema.get("type", []) if isinstance(schema, dict) else []
    found = {kinds} if isinstance(kinds, str) else set(kinds)
    for inner in schema.get("anyOf", ()) if isinstance(schema, dict) else ():
        found |= _types(inner)
    return found


def accepts(document: dict[str, Any], source: Path) -> None:
    """Prints how many exchanges the exported contract, enforced, would refuse."""
    decide = trial(msgspec.json.encode(document).decode())
    counts: Counter[str] = Counter()
    why: Counter[str] = Counter()
    for index, recording in enumerate(recordings(source)):
        exchange = recording.exchange
        if exchange is None or exchange.response is None:
            continue
        kind = "accepted by the API" if exchange.response.status < 400 else "refused by the API"
        row = decide.row(recording, str(source), index)
        denied = row.operation is None or row.verdict != "allow"
        counts[f"{kind}: {'denied' if denied else 'let through'}"] += 1
        if denied and exchange.response.status < 400:
            why[f"{row.operation} {[(one.id, one.place, one.sample) for one in row.rules][:2]}"] += 1
    print("enforced:", dict(counts))
    for text, times in why.most_common(25):
        print(f"  {times} x {text}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contract", type=Path)
    parser.add_argument("source", type=Path)
    parser.add_argument("--service", default="api")
    parser.add_argument("--base", default="", help="where the paths of the contract are, such as /api")
    parser.add_argument("--accepts", type=Path)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    contract = Contract(json.loads(options.contract.read_bytes()), options.base)
    calls = [msgspec.structs.replace(one, service=options.service) for one in recordings(options.source)]
    learning = Learning(Settings(), KEY, built_in())
    for one in calls:
        learning.add(one)
    made = catalog(learning, [], [], [], CatalogSettings(), built_in())[0]
    members = {one.id: set(one.members) for one in made.operations}
    short = [one.name for one in made.operations if len(members[one.id]) < one.member_count]
    print(f"{len(calls)} exchanges, {len(made.operations)} operations, {len(contract.document['paths'])} paths in the contract")
    if short:
        print(f"  not all paths are in the catalog of: {short}")
    right = templates(contract, calls, made, members)
    fields(contract, made, right)
    schemes = Counter(f"{one.authentication.verdict} {'+'.join(one.authentication.schemes)}" for one in made.operations)
    print("authentication:", dict(schemes))
    classes: Counter[str] = Counter()
    for one in made.operations:
        for found in one.classes:
            classes[f"{found.name} at {found.place.split('/', 1)[-1]}"] += 1
    print("classes, by places of operations:", *sorted(f"\n  {count} x {name}" for name, count in classes.items()))
    ((_, document),) = documents(made)
    if options.out is not None:
        options.out.write_bytes(msgspec.json.encode(document))
    if options.accepts is not None:
        accepts(document, options.accepts)
    findings(made)
    return 0


def findings(made: Catalog) -> None:
    """Prints what the checks say, by check."""
    rules: dict[str, list[str]] = defaultdict(list)
    for one in judge_catalog(made, CheckSettings(), 0.0):
        rules[f"{one.severity.value} {one.rule}"].append(f"{one.operation}: {one.text}")
    print("findings:", *(f"\n  {len(found)} x {name}: {found[0]}" for name, found in sorted(rules.items())))


if __name__ == "__main__":
    sys.exit(main())
