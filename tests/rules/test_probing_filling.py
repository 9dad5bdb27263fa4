"""How paths are filled where nothing tells what belongs there, and what is left out because the credential goes there."""

import json
from typing import Any

import pytest

from yett.engine.probing.trial import header, replies, target_of, tried
from yett.model.exchange import Request, Response
from yett.rules.probing.identity import Identity
from yett.rules.probing.operation import Operation

PARAMETER = "{name: %s, in: %s, required: true, schema: {type: string%s}}"
OK = 'responses: {"200": {description: ok}}'
VERSIONED = f"""
openapi: 3.0.3
info: {{title: Notes, version: "1"}}
paths:
  /api/v{{version}}/notes:
    parameters: [{PARAMETER % ("version", "path", "")}]
    get: {{operationId: list, {OK}}}
    post:
      operationId: make
      requestBody: {{content: {{application/json: {{schema: {{type: object, required: [title], properties: {{title: {{type: string}}}}}}}}}}}}
      {OK}
  /api/v{{version}}/notes/{{noteId}}:
    parameters: [{PARAMETER % ("version", "path", "")}, {PARAMETER % ("noteId", "path", "")}]
    get: {{operationId: read, {OK}}}
    delete: {{operationId: remove, {OK}}}
  /pages/{{pageId}}:
    get: {{operationId: page, parameters: [{PARAMETER % ("pageId", "path", "")}], {OK}}}
"""
PEOPLE = [
    Identity(name=name, credential=(("Authorization", f"Bearer {name}"),), facts={"username": name}) for name in ("ann", "bob")
]


class Notes:
    """Speaks one version only. weak: everybody reads every note."""

    def __init__(self, weak: bool, version: str) -> None:
        self.weak, self.version = weak, version
        self.notes: dict[str, dict[str, Any]] = {}
        self.pages: list[str] = []

    def __call__(self, request: Request) -> Response:
        path, who = request.target.decode(), header(request, "authorization").removeprefix("Bearer ")
        if path.startswith("/pages/"):
            self.pages.append(path[7:])
            return replies(200, {"text": "found"}) if path == "/pages/2" else replies(404, {"error": "no"})
        if who not in ("ann", "bob") or not path.startswith(f"/api/v{self.version}/notes"):
            return replies(404 if who else 401, {"error": "no"})
        key = path.partition("/notes")[2].strip("/")
        if not key and request.method == "POST":
            made = {"id": f"n{len(self.notes) + 1}", "owner": who, **json.loads(request.body)}
            self.notes[made["id"]] = made
            return replies(201, made)
        if not key:
            return replies(200, [one for one in self.notes.values() if one["owner"] == who])
        one = self.notes.get(key)
        if one is None or (one["owner"] != who and (not self.weak or request.method != "GET")):
            return replies(404, {"error": "no"})
        if request.method == "DELETE":
            del self.notes[key]
            return replies(204)
        return replies(200, one)


@pytest.mark.parametrize("weak", [True, False])
@pytest.mark.parametrize("version", ["1", "2", "3"])
def test_versions_in_paths_are_small_numbers(weak: bool, version: str) -> None:
    server = Notes(weak, version)
    outcome = tried(server, VERSIONED, PEOPLE, only=["bola-read"])
    assert [one.label for one in outcome.found] == (["GET /api/v{version}/notes/{noteId}"] if weak else [])
    assert server.notes == {}, outcome.behind


def test_ids_of_which_nothing_is_told_are_tried_as_small_numbers() -> None:
    server = Notes(False, "1")
    tried(server, VERSIONED, PEOPLE, only=["bola-read"])
    assert "2" in server.pages


def test_a_version_of_an_object_is_no_version_of_the_api() -> None:
    def names(template: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        one = Operation(id="x", method="GET", template=template)
        return one.version_names, one.path_names

    assert names("/api/v{version}/notes/{id}") == (("version",), ("id",))
    assert names("/{apiVersion}/notes") == (("apiVersion",), ())
    assert names("/notes/{id}/versions/{version}") == ((), ("id", "version"))
    assert names("/notes/{id}") == ((), ("id",))
    one = Operation(id="x", method="GET", template="/v{version}/notes/{id}")
    assert one.on(target_of(VERSIONED).fresh(one, ""), {"id": "7"}).path.endswith("/notes/7")


CARRIED = f"""
openapi: 3.0.3
info: {{title: Carried, version: "1"}}
paths:
  /me:
    get:
      operationId: me
      parameters:
        - {PARAMETER % ("api_key", "query", ", example: SAMPLE")}
        - {PARAMETER % ("sid", "cookie", ", example: SAMPLE")}
        - {PARAMETER % ("X-Token", "header", ", example: SAMPLE")}
        - {PARAMETER % ("q", "query", ", example: word")}
      {OK}
"""


@pytest.mark.parametrize(
    "one",
    [
        Identity(name="ann", query=(("api_key", "secret-one"),)),
        Identity(name="ann", credential=(("Cookie", "lang=en; sid=secret-one"),)),
        Identity(name="ann", credential=(("X-Token", "secret-one"),)),
    ],
)
def test_where_the_credential_goes_nothing_is_made_up(one: Identity) -> None:
    seen: list[tuple[str, str, str]] = []

    def serve(request: Request) -> Response:
        if request.target.startswith(b"/me"):
            path = request.target.decode()
            seen.append((path, header(request, "cookie"), header(request, "x-token")))
        good = b"secret-one" in request.target + repr(request.fields).encode() and b"q=" in request.target
        return replies(200, {"name": "ann"}) if good else replies(401, {"error": "no"})

    outcome = tried(serve, CARRIED, [one], only=["verbose-errors-live"])
    assert outcome.found == []
    place = 0 if one.query else 1 if one.credential[0][0] == "Cookie" else 2
    mine = [each[place] for each in seen if "secret-one" in each[place]]
    assert mine
    assert not any("SAMPLE" in text for text in mine)
    assert all("SAMPLE" in each[2 if place != 2 else 0] for each in seen[:1])
