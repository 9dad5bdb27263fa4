"""A finding that is looked for again: only what it needs is called, and everything where that does not tell."""

import json
from typing import Any

import pytest

from yett.engine.probing.again import Wanted, needed
from yett.engine.probing.drive import Driver
from yett.engine.probing.outcome import Outcome
from yett.engine.probing.report import called, reported
from yett.engine.probing.safety import Safety
from yett.engine.probing.trial import Pure, header, replies, target_of
from yett.model.exchange import Request, Response
from yett.model.probe import Call
from yett.rules.probing.identity import Identity
from yett.rules.registry import probes

ID = "{name: %s, in: path, required: true, schema: {type: string}}"
CONTRACT = f"""
openapi: 3.0.3
info: {{title: Two, version: "1"}}
paths:
  /notes:
    get: {{operationId: listNotes, responses: {{"200": {{description: ok}}}}}}
    post:
      operationId: createNote
      requestBody: {{content: {{application/json: {{schema: {{type: object, required: [title], properties: {{title: {{type: string}}}}}}}}}}}}
      responses: {{"201": {{description: made}}}}
  /notes/{{noteId}}:
    get: {{operationId: readNote, parameters: [{ID % "noteId"}], responses: {{"200": {{description: ok}}}}}}
    delete: {{operationId: deleteNote, parameters: [{ID % "noteId"}], responses: {{"204": {{description: gone}}}}}}
  /pens:
    get: {{operationId: listPens, responses: {{"200": {{description: ok}}}}}}
  /pens/{{penId}}:
    get: {{operationId: readPen, parameters: [{ID % "penId"}], responses: {{"200": {{description: ok}}}}}}
"""
PEOPLE = [
    Identity(name=name, credential=(("Authorization", f"Bearer {name}"),), facts={"username": name})
    for name in ("alice", "bob")
]


class Desk:
    """weak: everybody reads every note. hidden: notes can only be made by whoever has seen the pens."""

    def __init__(self, weak: bool, hidden: bool = False) -> None:
        self.weak, self.hidden = weak, hidden
        self.notes: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []

    def __call__(self, request: Request) -> Response:
        path, who = request.target.decode(), header(request, "authorization").removeprefix("Bearer ")
        self.asked.append(path)
        if who not in ("alice", "bob"):
            return replies(401, {"error": "no"})
        if path.startswith("/pens"):
            return replies(200, [{"id": "p1"}] if path == "/pens" else {"id": "p1", "ink": "blue"})
        if path == "/notes" and request.method == "POST":
            if self.hidden and "/pens" not in self.asked:
                return replies(400, {"error": "look at the pens first"})
            key = f"n{len(self.notes) + 1}"
            self.notes[key] = {"id": key, "owner": who, "title": json.loads(request.body)["title"]}
            return replies(201, self.notes[key])
        if path == "/notes":
            return replies(200, [one for one in self.notes.values() if one["owner"] == who])
        one = self.notes.get(path.rpartition("/")[2])
        if one is None or (one["owner"] != who and (not self.weak or request.method == "DELETE")):
            return replies(404, {"error": "no"})
        if request.method == "DELETE":
            del self.notes[one["id"]]
            return replies(204)
        return replies(200, one)


def _run(desk: Desk, only: Wanted | None = None) -> tuple[Outcome, Driver]:
    pure = Pure(desk)
    driver = Driver(target_of(CONTRACT, PEOPLE), [probes()["bola-read"]], pure.clock, strict=True, only=only)
    return pure.drive(driver), driver


def _wanted() -> Wanted:
    outcome, driver = _run(Desk(True))
    finding = reported(outcome, driver.target, 0.0)[0]
    proof = finding.proof
    assert proof is not None
    return Wanted(
        flaw=proof.flaw,
        method=proof.method,
        template=proof.template,
        place=finding.finding.place,
        calls=tuple(called(step) for step in (*proof.steps, *proof.control)),
        identities=proof.identities,
    )


@pytest.mark.parametrize("weak", [True, False])
def test_only_what_it_needs_is_called(weak: bool) -> None:
    whole, again = Desk(weak), Desk(weak)
    _run(whole)
    outcome, _ = _run(again, _wanted())
    assert len(outcome.found) == weak
    assert not [path for path in again.asked if path.startswith("/pens")]
    assert len(again.asked) < len(whole.asked)
    assert again.notes == {}


def test_everything_is_called_where_the_operation_did_not_work() -> None:
    desk = Desk(weak=True, hidden=True)
    outcome, _ = _run(desk, _wanted())
    assert len(outcome.found) == 1
    assert [path for path in desk.asked if path.startswith("/pens")]


def test_operations_of_users_that_the_run_had_made() -> None:
    target = target_of(CONTRACT, PEOPLE)
    wanted = Wanted(flaw="bfla", method="GET", template="/pens", place="", identities=("throwaway-1",))
    assert needed(wanted, target, Safety(target)) == {"listPens"}
    calls = (Call(method="GET", path="/notes/n1"),)
    assert needed(Wanted(flaw="cors", method="", template="", place="", calls=calls), target, Safety(target)) == {
        "readNote",
        "listNotes",
        "createNote",
        "deleteNote",
    }
