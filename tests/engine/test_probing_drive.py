"""The driver against small pure servers: walks, claims once, takes back what was made, keeps to its bounds."""

import json

from yett.engine.probing.trial import Pure, header, replies, tried
from yett.model.exchange import Request, Response
from yett.model.probe import Flaw
from yett.rules.probing.identity import Identity

NOTES = """
openapi: 3.0.3
info: {title: Notes, version: "1"}
security: [{token: []}]
paths:
  /notes:
    get: {operationId: listNotes, responses: {"200": {description: ok}}}
    post:
      operationId: createNote
      requestBody: {content: {application/json: {schema: {type: object, required: [title], properties: {title: {type: string}}}}}}
      responses: {"201": {description: made}}
  /notes/{noteId}:
    get:
      operationId: readNote
      parameters: [{name: noteId, in: path, required: true, schema: {type: integer}}]
      responses: {"200": {description: ok}}
    delete:
      operationId: deleteNote
      parameters: [{name: noteId, in: path, required: true, schema: {type: integer}}]
      responses: {"204": {description: gone}}
  /notes/reset:
    get: {operationId: reset, responses: {"200": {description: oh}}}
components:
  securitySchemes: {token: {type: http, scheme: bearer}}
"""
PEOPLE = [
    Identity(name=name, credential=(("Authorization", f"Bearer {name}-token"),), facts={"username": name})
    for name in ("alice", "bob")
]


class Notes:
    """weak: it does not ask who reads a note."""

    def __init__(self, weak: bool) -> None:
        self.weak = weak
        self.notes: dict[int, dict[str, object]] = {}

    def __call__(self, request: Request) -> Response:
        path = request.target.decode().partition("?")[0]
        token = header(request, "authorization").removeprefix("Bearer ")
        who = token.removesuffix("-token") if token.endswith("-token") else ""
        assert path != "/notes/reset"
        if not path.startswith("/notes"):
            return replies(404, {"error": "no such page"})
        reading = path != "/notes" and request.method == "GET"
        if not who and not (self.weak and reading):
            return replies(401, {"error": "who are you?"})
        if path == "/notes":
            if request.method == "GET":
                return replies(200, [one for one in self.notes.values() if one["owner"] == who])
            number = len(self.notes) + 1
            self.notes[number] = {"id": number, "owner": who, **json.loads(request.body)}
            return replies(201, self.notes[number])
        note = self.notes.get(int(path.rpartition("/")[2])) if path.rpartition("/")[2].isdigit() else None
        if note is None or (not self.weak and note["owner"] != who):
            return replies(404, {"error": "not found"})
        if request.method == "DELETE":
            del self.notes[note["id"]]  # type: ignore[arg-type]
            return replies(204)
        return replies(200, note)


def test_weak_server() -> None:
    server = Notes(weak=True)
    outcome = tried(server, NOTES, PEOPLE, only=["anonymous-access"])
    assert [(one.claim.flaw, one.operation.label) for one in outcome.found if one.operation] == [
        (Flaw.ANONYMOUS_ACCESS, "GET /notes/{noteId}")
    ]
    assert not server.notes
    assert outcome.behind == []
    assert outcome.undone == 2
    assert any("reset" in one.where for one in outcome.left)


def test_fixed_server() -> None:
    server = Notes(weak=False)
    outcome = tried(server, NOTES, PEOPLE, only=["anonymous-access"])
    assert outcome.found == []
    assert not server.notes


def test_dead_token_is_renewed() -> None:
    server, people = Notes(weak=True), [Identity(name="alice", credential=(("Authorization", "Bearer alice-token"),))]
    pure = Pure(server, renew=lambda name: (("Authorization", f"Bearer {name}-token"),))
    count = 0

    def serve(request: Request) -> Response:
        nonlocal count
        count += 1
        if count == 12:
            people[0].credential = (("Authorization", "Bearer old"),)
        return server(request)

    pure.serve = serve
    outcome = tried(serve, NOTES, people, only=["anonymous-access"], pure=pure)
    assert outcome.renewals == 1
    assert not server.notes
