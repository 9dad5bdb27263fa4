"""A run over many operations: 500 of a real server with a generated contract, at 100 requests a second, within 300 seconds.

    PYTHONPATH=bench python -m probe.operations [--operations 500] [--budget 300] [--rate 100]

The server keeps 100 kinds of objects, each listed, made, read, changed and removed by its owner only; two users. Nothing is wrong
with it but that it limits nobody's rate and serves plain HTTP. Prints requests as the server counted them, operations that were
called and that answered well, seconds, peak memory, how it ended, and findings of medium or higher.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import uvicorn
import yaml

from probe.comparing import run
from probe.measure import COUNTED
from probe.subjects import free_port

USERS = {"token-of-ada-5f2c9e8b71d4": "ada", "token-of-ben-b83d06f4e2a9": "ben"}
SYLLABLES = ("ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "zo")
MOST = 20


def kinds(number: int) -> list[str]:
    """Names of resources, the same in every run."""
    made = [first + second + third for first in SYLLABLES for second in SYLLABLES for third in SYLLABLES]
    return [name + "s" for name in random.Random(1).sample(made, number)]


def contract(names: list[str], origin: str) -> dict[str, Any]:
    """OpenAPI 3.1 of five operations for each."""
    title = {"type": "string", "minLength": 1, "maxLength": 60}
    amount = {"type": "integer", "minimum": 0, "maximum": 1000}
    kept = {"id": {"type": "string", "format": "uuid"}, "title": title, "amount": amount}
    given = {"type": "object", "required": ["title", "amount"], "additionalProperties": False}
    given["properties"] = {"title": title, "amount": amount}
    body = {"required": True, "content": {"application/json": {"schema": given}}}
    one = {"application/json": {"schema": {"type": "object", "properties": kept}}}
    many = {"application/json": {"schema": {"type": "array", "items": {"type": "object", "properties": kept}}}}
    there = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}]
    page = [{"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": MOST}}]
    other = {"401": {"description": "who?"}, "404": {"description": "nothing"}, "422": {"description": "wrong"}}
    paths: dict[str, Any] = {}
    for name in names:
        paths[f"/{name}"] = {
            "get": {"parameters": page, "responses": {"200": {"description": "own", "content": many}, **other}},
            "post": {"requestBody": body, "responses": {"201": {"description": "made", "content": one}, **other}},
        }
        paths[f"/{name}/{{id}}"] = {
            "get": {"parameters": there, "responses": {"200": {"description": "it", "content": one}, **other}},
            "put": {
                "parameters": there,
                "requestBody": body,
                "responses": {"200": {"description": "it", "content": one}, **other},
            },
            "delete": {"parameters": there, "responses": {"204": {"description": "gone"}, **other}},
        }
    security = {"bearer": {"type": "http", "scheme": "bearer"}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Many kinds", "version": "1"},
        "servers": [{"url": origin}],
        "paths": paths,
    }
    return document | {"components": {"securitySchemes": security}, "security": [{"bearer": []}]}


class Server:
    """An ASGI application. asked: (method, template, status) of each answer."""

    def __init__(self, names: list[str]) -> None:
        self.objects: dict[str, dict[str, tuple[str, dict[str, Any]]]] = {name: {} for name in names}
        self.asked: list[tuple[str, str, int]] = []
        self._ids = random.Random(2)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        status, answer = self._answer(scope, body[:10_000])
        name = scope["path"].split("/")[1]
        template = f"/{name}" + ("/{id}" if scope["path"].count("/") == 2 else "")
        self.asked.append((scope["method"], template, status))
        content = b"" if status == 204 else json.dumps(answer).encode()
        fields = [
            (b"content-type", b"application/json"),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
        ]
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": content})

    def _answer(self, scope: Any, body: bytes) -> tuple[int, Any]:
        fields = dict(scope["headers"])
        scheme, _, token = fields.get(b"authorization", b"").decode("latin-1").partition(" ")
        caller = USERS.get(token) if scheme == "Bearer" else None
        parts = scope["path"].split("/")[1:]
        if parts[0] not in self.objects or len(parts) > 2:
            return 404, {"error": "there is nothing here"}
        if caller is None:
            return 401, {"error": "who are you?"}
        if len(parts) == 1:
            return self._all(scope, self.objects[parts[0]], caller, body)
        return self._one(scope["method"], self.objects[parts[0]], parts[1], caller, body)

    def _all(self, scope: Any, kept: dict[str, Any], caller: str, body: bytes) -> tuple[int, Any]:
        if scope["method"] == "GET":
            return 200, [one for owner, one in kept.values() if owner == caller][:MOST]
        if scope["method"] != "POST":
            return 405, {"error": "not that"}
        given = _taken(body)
        if given is None:
            return 422, {"error": "title and amount, please"}
        key = f"{self._ids.getrandbits(32):08x}-0000-4000-8000-{self._ids.getrandbits(48):012x}"
        kept[key] = (caller, {"id": key, **given})
        return 201, kept[key][1]

    def _one(self, method: str, kept: dict[str, Any], key: str, caller: str, body: bytes) -> tuple[int, Any]:
        if key not in kept or kept[key][0] != caller:
            return 404, {"error": "there is nothing here"}
        if method == "DELETE":
            del kept[key]
            return 204, None
        if method == "PUT":
            given = _taken(body)
            if given is None:
                return 422, {"error": "title and amount, please"}
            kept[key] = (caller, {"id": key, **given})
        elif method != "GET":
            return 405, {"error": "not that"}
        return 200, kept[key][1]


def _taken(body: bytes) -> dict[str, Any] | None:
    """Title and amount, where they are as the contract says and nothing else is there."""
    try:
        given = json.loads(body)
    except ValueError:
        return None
    if not isinstance(given, dict) or set(given) != {"title", "amount"}:
        return None
    title, amount = given["title"], given["amount"]
    good = isinstance(title, str) and 1 <= len(title) <= 60 and type(amount) is int and 0 <= amount <= 1000
    return given if good else None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--operations", type=int, default=500)
    parser.add_argument("--budget", type=int, default=300)
    parser.add_argument("--rate", type=int, default=100)
    parser.add_argument("--yett", type=Path, default=Path(sys.executable).with_name("yett"))
    options = parser.parse_args()
    names, port = kinds(options.operations // 5), free_port()
    origin, application = f"http://127.0.0.1:{port}", Server(names)
    settings = uvicorn.Config(
        application, host="127.0.0.1", port=port, log_level="critical", lifespan="off", server_header=False
    )
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        (work / "contract.json").write_text(json.dumps(contract(names, origin)))
        people = {name: {"headers": {"Authorization": f"Bearer {token}"}} for token, name in USERS.items()}
        (work / "identities.yaml").write_text(yaml.safe_dump({"identities": people}))
        words = [str(options.yett), "probe", origin, "--contract", "contract.json", "--identities", "identities.yaml"]
        words += ["--json", "yett.json", "--budget", f"{options.budget}s", "--rate", str(options.rate)]
        ended = run(words, options.budget * 2, work)
        printed, findings = (work / "printed.txt").read_text(), json.loads((work / "yett.json").read_text())["findings"]
    server.should_exit = True
    thread.join(10)
    declared = {(one.upper(), path) for path, item in contract(names, origin)["paths"].items() for one in item}
    called = {(method, template) for method, template, _ in application.asked} & declared
    well = {(method, template) for method, template, status in application.asked if status < 300} & declared
    left, memory = sum(map(len, application.objects.values())), f"{ended.peak_kilobytes / 1024:.0f} MB"
    print(f"{len(declared)} operations: {len(application.asked)} requests, {ended.seconds:.1f} s, {memory}, {ended.how}")
    print(f"{len(called)} operations called, {len(well)} answered well, {left} objects left")
    print(f"findings: {dict(Counter(one['severity'] for one in findings))}")
    for one in findings:
        if one["severity"] in COUNTED:
            print(" ", " ".join(str(one.get(key, "")) for key in ("severity", "class", "method", "template", "place", "rule")))
    print(printed[-700:])
    return 0


if __name__ == "__main__":
    sys.exit(main())
