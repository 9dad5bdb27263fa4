"""Injection into shells (a real one), templates, files and document databases: weak servers and fixed ones."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from yett.engine.probing.trial import Pure, replies, tried
from yett.model.exchange import Request, Response
from yett.model.probe import Flaw
from yett.rules.probes import command_injection, nosql_injection, path_traversal, sql_injection, template_injection
from yett.rules.registry import as_probe

PROBES = (command_injection, nosql_injection, path_traversal, sql_injection, template_injection)
TOOLS = """
openapi: 3.0.3
info: {title: Tools, version: "1"}
paths:
  /ping:
    get:
      operationId: ping
      parameters: [{name: host, in: query, required: true, schema: {type: string, example: localhost}}]
      responses: {"200": {description: ok}}
  /greeting:
    post:
      operationId: greet
      requestBody:
        content: {application/json: {schema: {type: object, required: [name], properties: {name: {type: string}}}}}
      responses: {"200": {description: ok}}
  /files:
    get:
      operationId: readFile
      parameters: [{name: name, in: query, required: true, schema: {type: string, example: a.txt}}]
      responses: {"200": {description: ok}}
  /people:
    get:
      operationId: findPeople
      parameters: [{name: city, in: query, required: true, schema: {type: string, example: Rome}}]
      responses: {"200": {description: ok}}
  /login:
    post:
      operationId: login
      requestBody:
        content:
          application/json:
            schema: {type: object, required: [username, password], properties: {username: {type: string}, password: {type: string}}}
            example: {username: ann, password: right}
      responses: {"200": {description: ok}}
"""
PEOPLE = [{"name": "ann", "city": "Rome", "password": "right"}, {"name": "ben", "city": "Oslo", "password": "wrong"}]


def meets(value: Any, wanted: Any) -> bool:
    """A little of what a document database does."""
    if not isinstance(wanted, dict):
        return bool(value == wanted)
    for name, other in wanted.items():
        if name not in ("$ne", "$eq"):
            raise ValueError(f"unknown operator: {name}")
        if (value == other) is not (name == "$eq"):
            return False
    return True


class Tools:
    """weak: what is wrong: "shell", "quoted", "blind", "called", "template", "files", "query", "login", "code"."""

    def __init__(self, weak: str = "") -> None:
        self.weak = weak
        self.pure: Pure | None = None

    def __call__(self, request: Request) -> Response:
        parts = urlsplit(request.target.decode())
        query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        body = msgspec.json.decode(request.body) if request.body else {}
        answer: Callable[[dict[str, Any]], Response] | None = {
            "/ping": self.ping,
            "/greeting": self.greet,
            "/files": self.file,
            "/people": self.people,
            "/login": self.login,
        }.get(parts.path)
        if answer is None:
            return replies(404, {"error": "no page"})
        try:
            return answer({**query, **body} if isinstance(body, dict) else query)
        except (KeyError, ValueError, TypeError) as error:
            return replies(400, {"error": str(error)})

    def ping(self, said: dict[str, Any]) -> Response:
        host = said["host"]
        if self.weak in ("shell", "quoted"):
            command = f"printf '%s' '{host}'" if self.weak == "quoted" else f"printf %s {host}"
            done = subprocess.run(["/bin/sh", "-c", command.replace("sleep", ": ")], capture_output=True, text=True, timeout=5)
            return replies(200, {"output": done.stdout})
        outside = "".join(part for index, part in enumerate(host.split('"')) if index % 2 == 0) if self.weak else ""
        waits = re.search(r";sleep (\d);", outside + ";") if self.weak == "blind" else None
        calls = re.search(r";curl -s (\S+?)\|\|", outside) if self.weak == "called" else None
        if calls and self.pure is not None:
            self.pure.listened.append(calls[1])
        seconds = b"%d.004" % int(waits[1]) if waits else b"0.004"
        return replies(200, {"alive": host == "localhost"}, ((b"x-seconds", seconds),))

    def greet(self, said: dict[str, Any]) -> Response:
        name = said["name"]
        if not isinstance(name, str):
            raise TypeError("name")
        if self.weak == "template":
            name = re.sub(r"\{\{(\d+)\*(\d+)\}\}", lambda found: str(int(found[1]) * int(found[2])), name)
        return replies(200, {"text": f"Hello {name}"})

    def file(self, said: dict[str, Any]) -> Response:
        name = said["name"]
        path = Path("/srv/files") / name if self.weak == "files" else Path("/srv/files") / Path(name).name
        if name == "a.txt":
            return replies(200, {"text": "a"})
        return replies(200, {"text": path.resolve().read_text()}) if path.resolve().is_file() else replies(404, {"error": name})

    def people(self, said: dict[str, Any]) -> Response:
        operators = {name[5:-1]: value for name, value in said.items() if name.startswith("city[")}
        city = operators if operators and self.weak == "query" else said["city"]
        if self.weak == "code" and isinstance(city, str):
            parts = [part.split("===") for part in f"'{city}'".split("||")]
            if any(one.count("'") % 2 for part in parts for one in part):
                return replies(500, {"error": "oh"})
            truth = any(len(part) == 2 and part[0] == part[1] for part in parts)
            return replies(200, [one for one in PEOPLE if truth or one["city"] == city])
        return replies(200, [one for one in PEOPLE if meets(one["city"], city)])

    def login(self, said: dict[str, Any]) -> Response:
        password = said["password"]
        if self.weak != "login" and not isinstance(password, str):
            raise TypeError("password")
        one = next((one for one in PEOPLE if one["name"] == said["username"] and meets(one["password"], password)), None)
        return replies(200, {"token": "t" * 20}) if one else replies(401, {"error": "wrong"})


EXPECTED = {
    "shell": ("ping", "query host", Flaw.COMMAND_INJECTION),
    "quoted": ("ping", "query host", Flaw.COMMAND_INJECTION),
    "blind": ("ping", "query host", Flaw.COMMAND_INJECTION),
    "called": ("ping", "query host", Flaw.COMMAND_INJECTION),
    "template": ("greet", "body /name", Flaw.TEMPLATE_INJECTION),
    "files": ("readFile", "query name", Flaw.PATH_TRAVERSAL),
    "query": ("findPeople", "query city", Flaw.NOSQL_INJECTION),
    "code": ("findPeople", "query city", Flaw.NOSQL_INJECTION),
    "login": ("login", "body /password", Flaw.NOSQL_INJECTION),
}


def found(weak: str) -> list[tuple[str, str, Flaw]]:
    server = Tools(weak)
    server.pure = Pure(server)
    outcome = tried(server, TOOLS, only=[as_probe(one) for one in PROBES], pure=server.pure)
    assert all(one.claim.proof and one.claim.control for one in outcome.found)
    assert not [one for one in outcome.left if "stopped after" in one.why], outcome.left
    return [(one.operation.id, one.claim.place, one.claim.flaw) for one in outcome.found if one.operation]


@pytest.mark.parametrize("weak", EXPECTED)
def test_weak(weak: str) -> None:
    assert found(weak) == [EXPECTED[weak]]


def test_fixed() -> None:
    assert found("") == []
