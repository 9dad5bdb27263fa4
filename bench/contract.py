"""Generates the contract of the benchmark, and calls that match it. Deterministic by seed; imports nothing of Yett.

By default: 1,000 operations and 300 schemas, a third of which link to each other in a graph with cycles. Every operation has
a path, a query and a header parameter, a JSON request body of about 200 to 300 bytes and three JSON responses.

    python bench/contract.py --operations 1000 --schemas 300 --seed 1 --out build/bench

writes openapi.json and calls.jsonl (one `Call` a line).
"""

import argparse
import json
import random
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

METHODS = ("post", "put", "patch")
KINDS = ("text", "code", "email", "uuid", "date", "integer", "number", "flag", "choice", "tags", "point")
WORDS = ("amber", "basalt", "cedar", "delta", "ember", "fjord", "granite", "harbour", "island", "juniper", "kelp", "lichen")


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One valid call of one operation: `target` is path and query, `responses` maps a status to a valid JSON body."""

    operation_id: str
    method: str
    template: str
    target: str
    fields: dict[str, str]
    body: str
    responses: dict[int, str]


class Bench(msgspec.Struct, frozen=True):
    """The OpenAPI 3.1 document as a plain tree, and one call for each operation, in the order of the document."""

    document: dict[str, Any]
    calls: list[Call]


def generate(operations: int = 1000, schemas: int = 300, seed: int = 1) -> Bench:
    """Make a contract and its calls. The same arguments give the same result, on every machine."""
    source = random.Random(seed)
    tree = {name: _schema(source, index, schemas) for index, name in enumerate(_names(schemas))}
    names = list(tree)
    paths: dict[str, dict[str, Any]] = {}
    calls = []
    for index in range(operations):
        template = _template(index)
        method = METHODS[index % len(METHODS)]
        request, ok, refused, missing = (
            names[(index * step + shift) % schemas] for step, shift in ((1, 0), (7, 1), (3, 2), (5, 0))
        )
        paths.setdefault(template, {})[method] = _operation(index, request, ok, refused, missing)
        calls.append(_call(source, tree, index, method, template, (request, ok, refused, missing)))
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Benchmark", "version": "1"},
        "servers": [{"url": "/v1"}],
        "paths": paths,
        "components": {"schemas": tree},
    }
    return Bench(document, calls)


def _names(count: int) -> Iterator[str]:
    for index in range(count):
        yield f"{WORDS[index % len(WORDS)].title()}{index}"


def _linked(schemas: int) -> int:
    return schemas // 3


def _schema(source: random.Random, index: int, schemas: int) -> dict[str, Any]:
    """One object schema; the first third have three optional links each to others of that third."""
    kinds = [*source.sample(KINDS, 7), "text"]
    properties = {f"{kind}{place}": _property(source, kind) for place, kind in enumerate(kinds)}
    required = list(properties)[:5]
    linked = _linked(schemas)
    if index < linked:
        names = list(_names(linked))
        properties["next"] = {"$ref": f"#/components/schemas/{names[(index + 1) % linked]}"}
        properties["other"] = {"$ref": f"#/components/schemas/{source.choice(names)}"}
        properties["parts"] = {
            "type": "array",
            "maxItems": 5,
            "items": {"$ref": f"#/components/schemas/{source.choice(names)}"},
        }
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


def _property(source: random.Random, kind: str) -> dict[str, Any]:
    limit = source.randint(40, 400)
    match kind:
        case "text":
            return {"type": "string", "minLength": 1, "maxLength": limit}
        case "code":
            return {"type": "string", "pattern": f"^[A-Z]{{{source.randint(2, 4)}}}-[0-9]{{4}}$"}
        case "email" | "uuid" | "date":
            return {"type": "string", "format": kind}
        case "integer":
            return {"type": "integer", "minimum": 0, "maximum": limit * 1000}
        case "number":
            return {"type": "number", "exclusiveMinimum": 0}
        case "flag":
            return {"type": "boolean"}
        case "choice":
            return {"type": "string", "enum": source.sample(WORDS, 5)}
        case "tags":
            return {"type": "array", "maxItems": 10, "uniqueItems": True, "items": {"type": "string", "maxLength": limit}}
        case _:
            side = {"type": "number", "minimum": -180, "maximum": 180}
            return {
                "type": "object",
                "required": ["x", "y"],
                "properties": {"x": side, "y": side},
                "additionalProperties": False,
            }


def _template(index: int) -> str:
    """Paths of two to five segments, with one or two parameters; a shared prefix for every ten, as real APIs have."""
    group, member = divmod(index, 10)
    word = WORDS[group % len(WORDS)]
    shapes = (
        "/{w}{g}/r{m}/{{id}}",
        "/{w}{g}/{{id}}/r{m}",
        "/{w}{g}/{{parent}}/r{m}/{{id}}",
        "/{w}{g}/{{parent}}/r{m}/{{id}}/state",
    )
    return shapes[index % len(shapes)].format(w=word, g=group, m=member)


def _operation(index: int, request: str, ok: str, refused: str, missing: str) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}},
        {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100}},
        {"name": "X-Trace", "in": "header", "schema": {"type": "string", "maxLength": 64}},
    ]
    if "{parent}" in _template(index):
        parameters.append({"name": "parent", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}})
    return {
        "operationId": f"op{index}",
        "parameters": parameters,
        "requestBody": {"required": True, "content": _content(request)},
        "responses": {
            "200": {"description": "Done", "content": _content(ok)},
            "400": {"description": "Refused", "content": _content(refused)},
            "404": {"description": "Not found", "content": _content(missing)},
        },
    }


def _content(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def _call(
    source: random.Random, tree: dict[str, Any], index: int, method: str, template: str, names: tuple[str, str, str, str]
) -> Call:
    path = template.replace("{id}", str(source.randint(1, 10**6))).replace("{parent}", _uuid(source))
    bodies = [json.dumps(_example(source, tree, tree[name], 1)) for name in names]
    return Call(
        operation_id=f"op{index}",
        method=method.upper(),
        template="/v1" + template,
        target=f"/v1{path}?limit={source.randint(1, 100)}",
        fields={"Content-Type": "application/json", "X-Trace": f"{source.getrandbits(64):x}"},
        body=bodies[0],
        responses=dict(zip((200, 400, 404), bodies[1:], strict=True)),
    )


def _uuid(source: random.Random) -> str:
    return str(uuid.UUID(int=source.getrandbits(128), version=4))


def _example(source: random.Random, tree: dict[str, Any], schema: dict[str, Any], links: int) -> Any:
    """A value that is valid for `schema`; follows at most `links` references, one of them per object."""
    if "$ref" in schema:
        return _example(source, tree, tree[schema["$ref"].rsplit("/", 1)[1]], 0)
    if "enum" in schema:
        return source.choice(schema["enum"])
    match schema["type"]:
        case "object":
            return _object(source, tree, schema, links)
        case "array":
            count = 1 if "$ref" in schema["items"] else 2
            values = [_example(source, tree, schema["items"], 0) for _ in range(count)]
            return values if values[0] != values[-1] else values[:1]
        case "integer":
            return source.randint(max(schema["minimum"], 1), schema["maximum"])
        case "number":
            return round(source.uniform(0.5, 99), 2)
        case "boolean":
            return source.random() < 0.5
        case _:
            return _text(source, schema)


def _object(source: random.Random, tree: dict[str, Any], schema: dict[str, Any], links: int) -> dict[str, Any]:
    required = schema["required"]
    value = {}
    for name, part in schema["properties"].items():
        if name in ("next", "other", "parts"):
            if links and name == "next" and source.random() < 0.25:
                value[name] = _example(source, tree, part, 0)
        elif name in required or source.random() < 0.7:
            value[name] = _example(source, tree, part, 0)
    return value


def _text(source: random.Random, schema: dict[str, Any]) -> str:
    match schema.get("format"):
        case "email":
            return f"{source.choice(WORDS)}{source.randint(1, 99)}@shop.example"
        case "uuid":
            return _uuid(source)
        case "date":
            return f"20{source.randint(10, 29)}-0{source.randint(1, 9)}-{source.randint(10, 28)}"
    if "pattern" in schema:
        letters = int(schema["pattern"].split("{")[1].split("}")[0])
        return "".join(source.choice("ABCDEFGHJK") for _ in range(letters)) + f"-{source.randint(1000, 9999)}"
    return " ".join(source.choices(WORDS, k=3))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--operations", type=int, default=1000)
    options.add_argument("--schemas", type=int, default=300)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--out", type=Path, required=True)
    chosen = options.parse_args()
    made = generate(chosen.operations, chosen.schemas, chosen.seed)
    chosen.out.mkdir(parents=True, exist_ok=True)
    (chosen.out / "openapi.json").write_text(json.dumps(made.document, indent=1))
    (chosen.out / "calls.jsonl").write_bytes(b"".join(msgspec.json.encode(call) + b"\n" for call in made.calls))


if __name__ == "__main__":
    main()
