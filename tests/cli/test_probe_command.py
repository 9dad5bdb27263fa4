"""`yett probe` as a person runs it, against real servers on loopback: findings, exit codes, reports, what goes wrong."""

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from served import served

from yett.cli.main import main
from yett.engine.probing.trial import header, replies
from yett.model.exchange import Request, Response

CONTRACT = """
openapi: 3.0.3
info: {title: Notes, version: "1"}
security: [{token: []}]
paths:
  /login:
    post:
      operationId: login
      security: []
      requestBody: {content: {application/json: {schema: {type: object, required: [username, password], properties: {username: {type: string}, password: {type: string}}}}}}
      responses: {"200": {description: ok}}
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
components:
  securitySchemes: {token: {type: http, scheme: bearer}}
"""
PEOPLE = """
identities:
  alice: &login
    username: alice
    password: alice-pw
    login: {path: /login, json: {username: "{username}", password: "{password}"}, extract: {token: /token}}
  bob: {<<: *login, username: bob, password: bob-pw}
"""


class Notes:
    """weak: it does not ask who reads a note. short: tokens die after so many requests. stop: called at that request."""

    def __init__(self, weak: bool = True, short: int = 0, watch: Callable[[int], None] = lambda _: None) -> None:
        self.weak, self.short, self.watch = weak, short, watch
        self.notes: dict[int, dict[str, Any]] = {}
        self.tokens: dict[str, tuple[str, int]] = {}
        self.count = self.made = self.logins = 0

    def __call__(self, request: Request) -> Response:
        self.count += 1
        self.watch(self.count)
        path = request.target.decode().partition("?")[0]
        if path == "/login" and request.method == "POST":
            return self._login(request)
        who, until = self.tokens.get(header(request, "authorization").removeprefix("Bearer "), ("", 0))
        who = "" if self.short and self.count > until else who
        if not path.startswith("/notes"):
            return replies(404, {"error": "no such page"})
        if not who and not (self.weak and path != "/notes" and request.method == "GET"):
            return replies(401, {"error": "who are you?"})
        return self._notes(request, path, who)

    def _login(self, request: Request) -> Response:
        try:
            sent = json.loads(request.body)
            good = sent["password"] == f"{sent['username']}-pw"
        except (ValueError, TypeError, KeyError):
            return replies(400, {"error": "not understood"})
        if not good:
            return replies(401, {"error": "wrong name or password"})
        self.logins += 1
        token = f"token-of-{sent['username']}-{self.logins:04}"
        self.tokens[token] = (sent["username"], self.count + self.short)
        return replies(200, {"token": token})

    def _notes(self, request: Request, path: str, who: str) -> Response:
        if path == "/notes":
            if request.method == "GET":
                return replies(200, [one for one in self.notes.values() if one["owner"] == who])
            self.made += 1
            try:
                title = str(json.loads(request.body)["title"])
            except (ValueError, TypeError, KeyError):
                return replies(400, {"error": "no title"})
            self.notes[self.made] = {"id": self.made, "owner": who, "title": title}
            return replies(201, self.notes[self.made])
        last = path.rpartition("/")[2]
        note = self.notes.get(int(last)) if last.isdigit() else None
        if note is None or (not self.weak and note["owner"] != who):
            return replies(404, {"error": "not found"})
        if request.method == "DELETE":
            del self.notes[note["id"]]
            return replies(204)
        return replies(200, note)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "contract.yaml").write_text(CONTRACT)
    (tmp_path / "people.yaml").write_text(PEOPLE)
    return tmp_path


def _run(*words: str) -> Result:
    return CliRunner().invoke(main, ["probe", *words], catch_exceptions=False)


_GIVEN = ("--contract", "contract.yaml", "--identities", "people.yaml", "--only", "anonymous-access", "--rate", "2000")


def test_weak_target(here: Path) -> None:
    server = Notes()
    with served(server) as origin:
        result = _run(origin, *_GIVEN, "--json", "out.json", "--sarif", "out.sarif", "--junit", "out.xml")
    assert result.exit_code == 1, result.output
    assert "GET /notes/{noteId}" in result.output
    assert server.notes == {}
    report = json.loads(Path("out.json").read_text())
    finding = report["findings"][0]
    assert (finding["v"], finding["class"], finding["method"], finding["template"]) == (
        1,
        "anonymous-access",
        "GET",
        "/notes/{noteId}",
    )
    assert finding["control"]
    assert "token-of" not in Path("out.json").read_text()
    assert "-pw" not in Path("out.json").read_text()
    assert json.loads(Path("out.sarif").read_text())["version"] == "2.1.0"
    assert "<testsuites" in Path("out.xml").read_text()
    assert _states() == []


def _states() -> list[Path]:
    return sorted(Path().glob(".yett-probe-*"))


def test_fixed_target(here: Path) -> None:
    with served(Notes(weak=False)) as origin:
        result = _run(origin, *_GIVEN)
    assert result.exit_code == 0, result.output
    assert "no findings" in result.output


def test_rerun_and_reproducer(here: Path) -> None:
    with served(Notes()) as origin:
        _run(origin, *_GIVEN, "--json", "out.json")
    finding = json.loads(Path("out.json").read_text())["findings"][0]
    for weak, code, said in ((True, 1, "it is still there"), (False, 0, "it was not found again")):
        server = Notes(weak=weak)
        with served(server) as origin:
            result = _run(origin, *_GIVEN, "--rerun", finding["fingerprint"][:10], "--report", "out.json")
            assert (result.exit_code, said in result.output) == (code, True), result.output
            assert _repeats(finding["reproducer"], origin, server) is weak
    assert finding["curl"].endswith(f"'{_target(finding)}/notes/{finding['steps'][-1]['target'].rpartition('/')[2]}'")


def _target(finding: dict[str, Any]) -> str:
    return str(finding["curl"].rpartition("'http")[2].join(("http", "")).partition("/notes")[0])


def _repeats(text: str, origin: str, server: Notes) -> bool:
    """Run a reproducer; whether it says that the hole is there."""
    server.tokens["alice-here"] = ("alice", 0)
    os.environ.update(
        YETT_TARGET=origin, YETT_ALICE_AUTHORIZATION="Bearer alice-here", YETT_BOB_AUTHORIZATION="Bearer alice-here"
    )
    try:
        space: dict[str, Any] = {"__name__": "reproducer"}
        exec(compile(text, "reproducer.py", "exec"), space)
        test = next(value for name, value in space.items() if name.startswith("test_"))
        try:
            test()
        except AssertionError as error:
            return "it is still there" in str(error)
        return False
    finally:
        for name in ("YETT_TARGET", "YETT_ALICE_AUTHORIZATION", "YETT_BOB_AUTHORIZATION"):
            del os.environ[name]


def test_tokens_that_die_are_renewed(here: Path) -> None:
    server = Notes(short=8)
    with served(server) as origin:
        result = _run(origin, *_GIVEN)
    assert result.exit_code == 1, result.output
    assert server.logins > 3
    assert server.notes == {}


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_interrupted_and_resumed(here: Path) -> None:
    def interrupt(count: int) -> None:
        if count == 24:
            os.kill(os.getpid(), signal.SIGINT)

    server = Notes(watch=interrupt)
    with served(server) as origin:
        first = _run(origin, *_GIVEN, "--fail-on", "never")
        assert first.exit_code == 3, first.output
        assert "INCOMPLETE: interrupted" in first.output
        assert server.notes == {}
        (state,) = _states()
        assert state.stat().st_mode & 0o077 == 0
        server.watch = lambda _: None
        second = _run(origin, *_GIVEN, "--resume")
    assert second.exit_code == 1, second.output
    assert server.notes == {}
    assert _states() == []


def test_budget_that_is_used_up(here: Path) -> None:
    server = Notes()
    with served(server) as origin:
        result = _run(origin, *_GIVEN, "--requests", "12")
    assert result.exit_code == 3
    assert "12 requests is used up" in result.output
    assert server.notes == {}


def test_nobody_there(here: Path) -> None:
    result = _run("http://127.0.0.1:1", *_GIVEN)
    assert (result.exit_code, "does not answer" in result.output) == (2, True)


def test_login_that_fails(here: Path) -> None:
    Path("people.yaml").write_text(PEOPLE.replace("password: bob-pw", "password: wrong-one"))
    with served(Notes()) as origin:
        result = _run(origin, *_GIVEN, "--json", "out.json", "--fail-on", "never")
        assert result.exit_code == 3
        assert "bob: POST /login did not log in: status 401 ('wrong name or password')" in result.output
        Path("people.yaml").write_text(PEOPLE.replace("-pw", "-no"))
        assert "no identity could log in" in _run(origin, *_GIVEN).output
    report = json.loads(Path("out.json").read_text())
    assert report["complete"] is False
    assert "wrong-one" not in result.output


def test_an_api_that_is_not_where_it_is_looked_for(here: Path) -> None:
    def elsewhere(request: Request) -> Response:
        return replies(404, {"error": "not found"}) if not request.target.startswith(b"/api/") else replies(200, {})

    Path("people.yaml").write_text("identities: {alice: {headers: {X-Key: one-key-of-alice}}}")
    with served(elsewhere) as origin:
        result = _run(origin, *_GIVEN, "--json", "out.json")
    assert result.exit_code == 3, result.output
    assert f"every operation that was called answered 404: is the API at {origin}" in result.output
    assert "404" in json.loads(Path("out.json").read_text())["incomplete"]


def test_a_credential_that_nothing_accepts_is_told(here: Path) -> None:
    server = Notes(weak=False)
    server.tokens["good-token-of-alice"] = ("alice", 0)
    Path("people.yaml").write_text(
        """identities:
  alice: {headers: {Authorization: Bearer good-token-of-alice}}
  bob: {headers: {Authorization: Bearer old-token-of-bob}}
"""
    )
    with served(server) as origin:
        result = _run(origin, *_GIVEN)
    assert result.exit_code == 3, result.output
    assert "bob: no operation accepted this credential (401)" in result.output
    assert "alice: no operation" not in result.output


def test_target_that_says_yes_to_everything(here: Path) -> None:
    def yes(_: Request) -> Response:
        return replies(200, {"ok": True, "token": "token-of-everybody"})

    with served(yes) as origin:
        result = _run(origin, *_GIVEN, "--only", "bola-read,bola-write,bola-delete")
    assert result.exit_code == 0, result.output


def test_target_that_dies(here: Path) -> None:
    server = Notes()

    def dying(request: Request) -> Response:
        return server(request) if server.count < 12 else Response(status=500, body=b"oh")

    with served(dying) as origin:
        result = _run(origin, *_GIVEN)
    assert result.exit_code in (0, 3)


@pytest.mark.parametrize(
    ("contract", "said"),
    [
        ("openapi: [", "contract.yaml:"),
        ("a: 1", "neither OpenAPI nor Swagger"),
        ("openapi: 3.0.0\npaths: {}", "nothing is known of this API"),
        ("openapi: 3.0.0\npaths: {/a: {$ref: '#/nowhere'}, /b: {get: {}}}", "no findings"),
    ],
)
def test_contracts_that_are_wrong(here: Path, contract: str, said: str) -> None:
    Path("contract.yaml").write_text(contract)
    with served(Notes()) as origin:
        result = _run(origin, *_GIVEN)
    assert said in result.output
    assert "Traceback" not in result.output


def test_description_that_the_target_serves(here: Path) -> None:
    server = Notes()

    def serving(request: Request) -> Response:
        if request.target == b"/openapi.yaml":
            return Response(status=200, body=CONTRACT.encode())
        return server(request)

    with served(serving) as origin:
        result = _run(origin, "--identities", "people.yaml", "--only", "anonymous-access", "--rate", "2000")
        other = _run(
            origin, "--contract", f"{origin}/openapi.yaml", "--identities", "people.yaml", "--only", "anonymous-access"
        )
    assert result.exit_code == other.exit_code == 1, result.output
    assert "serves at /openapi.yaml" in result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "name the URL"),
        (("ftp://x",), "only http and https"),
        (("http://127.0.0.1:1", "--only", "nothing-like-it"), "no probe and no class nothing-like-it"),
        (("http://127.0.0.1:1", "--rerun", "abc"), "--rerun needs --report"),
        (("http://127.0.0.1:1", "--budget", "soon"), "no duration"),
        (("--explain", "nothing"), "there is no probe nothing"),
        (("http://127.0.0.1:1", "--rerun", "abcdef", "--report", "contract.yaml"), "not a report"),
    ],
)
def test_usage(here: Path, words: tuple[str, ...], said: str) -> None:
    result = _run(*words)
    assert (result.exit_code, said in result.output) == (2, True), result.output


def test_mistakes_in_identities(here: Path) -> None:
    Path("people.yaml").write_text("identities:\n  a: {headrs: {}}\n")
    result = _run("http://127.0.0.1:1", *_GIVEN)
    assert (result.exit_code, "people.yaml:2:" in result.output) == (2, True)


def test_nothing_to_resume(here: Path) -> None:
    given = (*_GIVEN, "--resume", "--state", "kept")
    with served(Notes()) as origin:
        assert "no run to go on with" in _run(origin, *given).output
        Path("kept").write_text("{}")
        assert "which this is not" in _run(origin, *given).output
        Path("kept").write_text("no")
        assert "not the state of a run" in _run(origin, *given).output


def test_state_that_cannot_be_kept_ends_nothing(here: Path) -> None:
    Path("there").write_text("a file, no directory")
    server = Notes()
    with served(server) as origin:
        result = _run(origin, *_GIVEN, "--state", "there/kept")
    assert (result.exit_code, server.notes) == (1, {}), result.output
    assert result.output.count("what --resume needs could not be kept: there/kept: Not a directory") == 1


def test_runs_against_two_targets_keep_two_states(here: Path) -> None:
    with served(Notes()) as one, served(Notes()) as other:
        for origin in (one, other):
            assert _run(origin, *_GIVEN, "--requests", "12").exit_code == 3
        assert len(_states()) == 2


def test_list_and_explain(here: Path) -> None:
    assert "anonymous-access" in _run("--list").output
    assert "CWE-306" in _run("--explain", "anonymous-access").output


def _entry(url: str) -> dict[str, Any]:
    kind = {"size": 2, "mimeType": "application/json", "text": "{}"}
    common = {"httpVersion": "HTTP/1.1", "cookies": [], "headersSize": -1, "bodySize": -1}
    request = {
        "method": "GET",
        "url": url,
        "headers": [{"name": "Authorization", "value": "Bearer x"}],
        "queryString": [],
        **common,
    }
    response = {"status": 200, "statusText": "OK", "headers": [{"name": "Content-Type", "value": "application/json"}], **common}
    response |= {"content": kind, "redirectURL": ""}
    timings = {"send": 0, "wait": 1, "receive": 0}
    return {
        "startedDateTime": "2030-01-01T00:00:00Z",
        "time": 1,
        "request": request,
        "response": response,
        "cache": {},
        "timings": timings,
    }


def test_recordings(here: Path) -> None:
    server = Notes()
    with served(server) as origin:
        entries = [_entry(f"{origin}/notes/{number}") for number in range(3, 30)]
        for title in ("a", "b"):
            entry = _entry(f"{origin}/notes")
            entry["request"] |= {
                "method": "POST",
                "postData": {"mimeType": "application/json", "text": json.dumps({"title": title})},
            }
            entry["request"]["headers"].append({"name": "Content-Type", "value": "application/json"})
            entries.append(entry)
        Path("traffic.har").write_text(
            json.dumps({"log": {"version": "1.2", "creator": {"name": "t", "version": "1"}, "entries": entries}})
        )
        result = _run(
            origin, "--har", "traffic.har", "--identities", "people.yaml", "--only", "anonymous-access", "--json", "out.json"
        )
    assert result.exit_code in (0, 1), result.output
    names = {one["name"] for one in json.loads(Path("out.json").read_text())["operations"]}
    assert any(name.startswith("GET /notes/{") for name in names), names
    assert "POST /notes" in names


def test_one_report_that_cannot_be_written_costs_no_other(here: Path) -> None:
    Path("there").write_text("a file, no directory")
    with served(Notes()) as origin:
        result = _run(origin, *_GIVEN, "--sarif", "there/out.sarif", "--json", "out.json")
    assert result.exit_code == 2
    assert "there/out.sarif: not a directory" in result.output
    assert "anonymous-access" in result.output
    assert len(json.loads(Path("out.json").read_text())["findings"]) == 1
    assert Path("out.json").stat().st_mode & 0o077 == 0
