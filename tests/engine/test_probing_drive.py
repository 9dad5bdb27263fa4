"""The driver against small pure servers: walks, claims once, takes back what was made, keeps to its bounds."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from yett.engine.probing.curls import shell
from yett.engine.probing.drive import Driver, Limits
from yett.engine.probing.outcome import Outcome
from yett.engine.probing.report import Masking, reported, rule_text, run_of
from yett.engine.probing.trial import Pure, Serve, header, replies, target_of, tried
from yett.formats.reports.proven_json import proven_json
from yett.model.exchange import Request, Response
from yett.model.probe import (
    Answer,
    Burst,
    Call,
    Claim,
    Exchanged,
    Flaw,
    Handshake,
    Heard,
    Listen,
    ProbeRule,
    Probing,
    Raw,
    Send,
    Skipped,
    Sleep,
    Tls,
)  # fmt: skip
from yett.model.rule import Severity
from yett.rules.probing.identity import Identity
from yett.rules.probing.operation import Operation
from yett.rules.probing.target import Target
from yett.rules.registry import Probe, probes

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


def _driven(begin: Callable[..., Probing], serve: Serve, **options: Any) -> Outcome:
    """One probe of the target as a whole, written in the test."""
    rule = ProbeRule(
        id="mine",
        title="Mine",
        severity=Severity.HIGH,
        flaws=(Flaw.CORS,),
        scope="target",
        requests=options.pop("requests", 50),
    )
    return tried(serve, NOTES, PEOPLE, only=[Probe(rule, begin, "manual")], **options)


def _claim(call: Call, answer: Answer, place: str = "") -> Claim:
    return Claim(flaw=Flaw.CORS, place=place, text="wrong", proof=(Exchanged(call, answer),), uncontrolled="a test")


def test_one_cause_is_claimed_once_and_smaller() -> None:
    def probe(target: Target) -> Probing:
        call = Call(method="GET", path="/notes", query=(("a", "1"), ("q", "2")), fields=(("X-Odd", "y"),), identity="alice")
        answer = yield Send(call)
        yield _claim(call, answer, "query q")
        yield _claim(call, answer, "query q")

    outcome = _driven(probe, Notes(weak=True))
    assert len(outcome.found) == 1
    last = outcome.found[0].claim.proof[-1].call
    assert (last.query, last.fields) == ((("q", "2"),), ())


def test_steps_of_all_kinds() -> None:
    told: list[object] = []

    def probe(target: Target) -> Probing:
        url = yield Listen()
        told.append(url)
        pure.listened.append(url)
        told.append((yield Heard(url, 2.0)))
        told.append((yield Sleep(3.0)))
        told.append((yield Raw(b"x")))
        told.append((yield Tls("TLSv1.2")))
        calls = (Call(method="GET", path="/notes", identity="alice"), Call(method="GET", path="/notes"))
        told.append([one.status for one in (yield Burst(calls, at_once=True))])
        yield Skipped("no reason")

    pure = Pure(Notes(weak=False))
    outcome = _driven(probe, pure.serve, pure=pure)
    assert told[1] == (f"GET {told[0]}",)
    assert told[3:6] == [(), Handshake(accepted=False, failure="no TLS here"), [200, 401]]
    assert any(one.why == "no reason" for one in outcome.left)
    assert pure.now > 3.0


def test_other_probes_go_on_while_one_waits() -> None:
    order: list[str] = []

    def probe(target: Target, operation: Operation) -> Probing:
        order.append(f"{operation.id} begins")
        yield Sleep(1.0)
        order.append(f"{operation.id} ends")

    rule = ProbeRule(id="slow", title="Slow", severity=Severity.LOW, flaws=(Flaw.CORS,), requests=1)
    tried(Notes(weak=False), NOTES, PEOPLE, only=[Probe(rule, probe, "manual")])
    assert [text.endswith("begins") for text in order] == [True] * 4 + [False] * 4


def test_bounds_of_a_probe() -> None:
    def probe(target: Target) -> Probing:
        while True:
            yield Send(Call(method="GET", path="/notes"))

    outcome = _driven(probe, Notes(weak=False), requests=7)
    assert outcome.sent_by["mine"] == 7
    assert any("7 requests" in one.why for one in outcome.left)


def test_budget_of_time() -> None:
    def probe(target: Target) -> Probing:
        while True:
            yield Send(Call(method="GET", path="/notes"))

    server = Notes(weak=True)
    outcome = _driven(probe, server, requests=10**6, limits=Limits(seconds=1.0))
    assert "budget" in outcome.stopped
    assert server.notes == {}


def test_walk_takes_no_more_than_its_share() -> None:
    outcome = tried(Notes(weak=True), NOTES, PEOPLE, only=["anonymous-access"], limits=Limits(seconds=0.05))
    assert any("its share" in one.why for one in outcome.left)


def test_silent_target_is_given_up() -> None:
    class Silent(Pure):
        def sent(self, call: Call) -> Answer:
            self.calls.append(call)
            return Answer(failure="refused") if len(self.calls) > 8 else super().sent(call)

    pure = Silent(Notes(weak=True))
    outcome = tried(pure.serve, NOTES, PEOPLE, only=["anonymous-access"], pure=pure)
    assert "does not answer any more" in outcome.stopped
    assert outcome.behind or not outcome.undone


def test_suffering_target_is_left_alone() -> None:
    count = 0

    def serve(request: Request) -> Response:
        nonlocal count
        count += 1
        return replies(200, []) if count < 130 else replies(500)

    def probe(target: Target) -> Probing:
        for number in range(1000):
            yield Send(Call(method="GET", path=f"/notes/{number}"))

    assert "server errors" in _driven(probe, serve, requests=2000).stopped


def test_what_others_made_is_not_changed() -> None:
    server = Notes(weak=True)
    server.notes[77] = {"id": 77, "owner": "carol", "title": "hers"}
    sent: list[str] = []

    def probe(target: Target) -> Probing:
        mine = yield from target.create("note", "alice")
        assert mine is not None
        for path in ("/notes/77", "/notes/78", "/notes/reset", f"/notes/{mine.values['id']}", "no-path", "/a b"):
            method = "GET" if path == "/notes/reset" else "DELETE"
            answer = yield Send(Call(method=method, path=path, identity="alice"))
            sent.append(answer.failure)
        answers = yield Burst((Call(method="DELETE", path="/notes/77"),))
        sent.append(answers[0].failure)
        answer = yield Send(Call(method="GET", path="/notes", fields=(("X-A", "a\r\nb"),)))
        sent.append(answer.failure)

    _driven(probe, server)
    assert 77 in server.notes
    assert [bool(one) for one in sent] == [True, True, True, False, True, True, True, True]


def test_a_probe_that_fails_does_not_end_the_run() -> None:
    def broken(target: Target) -> Probing:
        yield Sleep(0.1)
        raise LookupError("oh")

    with pytest.raises(LookupError):
        _driven(broken, Notes(weak=False))
    rule = ProbeRule(id="b", title="B", severity=Severity.LOW, flaws=(Flaw.CORS,), scope="target", requests=1)
    pure = Pure(Notes(weak=True))
    driver = Driver(target_of(NOTES, PEOPLE), [Probe(rule, broken, "m"), probes()["anonymous-access"]], pure.clock)
    outcome = pure.drive(driver)
    assert any("LookupError" in one.why for one in outcome.left)
    assert outcome.found


def test_destructive_probes_and_those_that_are_done() -> None:
    def probe(target: Target) -> Probing:
        yield Skipped("was here")

    rule = ProbeRule(id="d", title="D", severity=Severity.LOW, flaws=(Flaw.CORS,), scope="target", requests=1, destructive=True)
    one = Probe(rule, probe, "m")
    assert not any(left.why == "was here" for left in tried(Notes(weak=True), NOTES, PEOPLE, only=[one]).left)
    harmful = Notes(weak=True)
    outcome = tried(
        lambda request: replies(200) if request.target == b"/notes/reset" else harmful(request),
        NOTES,
        PEOPLE,
        only=[one],
        destructive=True,
    )
    assert any(left.why == "was here" for left in outcome.left)
    pure = Pure(Notes(weak=True))
    done = Driver(target_of(NOTES, PEOPLE), [probes()["anonymous-access"]], pure.clock, done=[("anonymous-access", "readNote")])
    assert pure.drive(done).found == []


def test_reports_hold_no_secrets() -> None:
    def probe(target: Target) -> Probing:
        call = Call(
            method="POST", path="/notes", body=b'{"title": "alice-token"}', content_type="application/json", identity="alice"
        )
        answer = yield Send(call)
        one = target.observe(target.operations[1], call, answer)
        yield target.made(target.operations[1], one, "alice")
        yield Claim(
            flaw=Flaw.CORS,
            text="alice-token",
            proof=(Exchanged(call, answer, "it's here"),),
            shows=("alice",),
            uncontrolled="-",
        )

    server = Notes(weak=True)
    target = target_of(NOTES, PEOPLE)
    rule = ProbeRule(id="s", title="S", severity=Severity.LOW, flaws=(Flaw.CORS,), scope="target", requests=3)
    pure = Pure(server)
    outcome = pure.drive(Driver(target, [Probe(rule, probe, "m")], pure.clock))
    report = reported(outcome, target, 5.0)
    run = run_of(outcome, target, started=5.0, seed=1, version="1")
    text = proven_json(report, run)
    assert "alice-token" not in text
    assert report[0].proof is not None
    assert "YETT_ALICE_AUTHORIZATION" in report[0].proof.curl
    compile(report[0].proof.reproducer, "reproducer.py", "exec")
    assert shell("a'b") == "'a'\\''b'"
    assert shell("a\nb") == "$'a\\012b'"
    assert Masking(target).text("x eyJhbGciOiJI.eyJzdWIi.c2lnbmF0dXJl y") == "x eyJhbGciOiJI.eyJzdWIi.*** y"
    assert rule_text(probes()["anonymous-access"]).family == "probes"


@pytest.mark.parametrize("base", ["", "/api"])
def test_an_api_that_is_somewhere_else_is_not_tried(base: str) -> None:
    def elsewhere(request: Request) -> Response:
        return replies(200, []) if request.target == b"/api/notes" else replies(404, {"error": "nothing here"})

    people = [Identity(name=name, credential=(("Authorization", f"Bearer {name}"),)) for name in ("alice", "bob")]
    pure = Pure(elsewhere)
    outcome = tried(elsewhere, NOTES.replace("  /notes", f"  {base}/notes"), people, pure=pure)
    assert bool(outcome.stopped) is not bool(base)
    if not base:
        assert "404" in outcome.stopped
        assert outcome.found == []
        assert len(pure.calls) < 60
