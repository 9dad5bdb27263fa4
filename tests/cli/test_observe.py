"""`yett observe` and `yett catalog` as their users call them: newcomers, wrong input, interrupted and killed runs, two at once."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from yett.cli.main import main
from yett.model.event import Event
from yett.model.policy import Log
from yett.store.eventlog.journal import SegmentJournal

START = 1_750_000_000
CONTRACT = """openapi: 3.0.3
info: {title: Shop, version: "2"}
servers: [{url: https://shop.example}]
paths:
  /users/{id}:
    get: {operationId: getUser, parameters: [{name: id, in: path, required: true, schema: {type: integer}}],
          responses: {"200": {description: ok}}}
  /login:
    post: {operationId: login, deprecated: true, responses: {"200": {description: ok}}}
  /orders:
    get: {operationId: orders, responses: {"200": {description: ok}}}
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def line(method: str, target: str, at: int, host: str = "shop.example", status: int = 200, **more: Any) -> str:
    answer = {"status": status, "headers": [["Content-Type", "application/json"]], "body": json.dumps(more.get("answer", {}))}
    fields = [["Host", host], *more.get("fields", [])]
    said = {"method": method, "target": target, "headers": fields, "time": START + at, "response": answer}
    if "body" in more:
        said["body"] = json.dumps(more["body"])
        fields.append(["Content-Type", "application/json"])
    return json.dumps(said) + "\n"


def users(first: int, last: int) -> str:
    token = [["Authorization", "Bearer a1b2c3d4e5f6a7b8"]]
    return "".join(
        line("GET", f"/users/{one}", one, fields=token, answer={"id": one, "email": f"u{one}@mail.com"})
        for one in range(first, last)
    )


def logins(count: int) -> str:
    body = {"username": "ann", "password": "hunter2"}
    return "".join(line("POST", "/login", one, body=body, answer={"ok": True}) for one in range(count))


def run(*arguments: str, **more: Any) -> Result:
    result = CliRunner().invoke(main, list(arguments), **more)
    assert not isinstance(result.exception, Exception) or isinstance(result.exception, SystemExit), result.exception
    return result


def operations(*arguments: str) -> dict[str, dict[str, Any]]:
    result = run("catalog", "export", *arguments)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)["operations"]
    return {f"{one['method']} {one['template']}": one for one in found}


def export_of(text: str) -> str:
    """What is exported, without stored ids."""
    document = json.loads(text)
    for one in document["operations"]:
        one.pop("id")
        one.pop("siblings")
    return json.dumps(document)


def test_a_newcomer_observes_and_looks() -> None:
    Path("t.jsonl").write_text(users(100, 140) + logins(3))
    result = run("observe", "t.jsonl")
    assert result.exit_code == 0, result.output
    assert "read      43 exchanges in 1 source" in result.stdout
    assert "2 operations (2 new) of 1 service" in result.stdout
    listed = run("catalog", "list")
    assert listed.exit_code == 0
    assert "GET /users/{userId}" in listed.stdout
    assert "100%" in listed.stdout
    assert "password" in listed.stdout
    shown = run("catalog", "show", "GET /users/{userId}")
    assert "bearer: 40" in shown.stdout
    assert "response.200.body/email: email" in shown.stdout
    why = run("catalog", "why", "GET /users/{userId}")
    assert "/users/101" in why.stdout
    assert "authentication.ratio = 1.0" in why.stdout
    assert "u101@mail.com" not in why.stdout + shown.stdout
    assert run("catalog", "services").stdout.startswith("shop.example\n")


def test_an_operation_has_what_was_promised() -> None:
    Path("t.jsonl").write_text(users(100, 140))
    run("observe", "t.jsonl")
    one = operations()["GET /users/{userId}"]
    promised = {
        "id",
        "service",
        "method",
        "template",
        "count",
        "first_seen",
        "last_seen",
        "statuses",
        "authentication",
        "views",
    }
    assert promised | {"classes", "reasons", "coverage"} <= set(one)
    assert one["count"] == 40
    assert one["statuses"] == {"200": 40}
    assert one["authentication"]["ratio"] == 1.0
    assert one["authentication"]["schemes"] == {"bearer": 40}
    assert one["classes"] == [
        {"place": "response.200.body/email", "class": "email", "ratio": 1.0, "distinct": 40, "by": "traffic"}
    ]
    assert (one["first_seen"], one["last_seen"]) == (START + 100, START + 139)


def test_what_was_counted_is_not_counted_again_whatever_it_is_called() -> None:
    Path("access.jsonl").write_text(users(100, 140))
    run("observe", "access.jsonl")
    Path("access.jsonl").rename("access.jsonl.1")
    Path("copy.jsonl").write_bytes(Path("access.jsonl.1").read_bytes())
    result = run("observe", ".")
    assert result.exit_code in (0, 3)  # the catalog's own file is no recording
    assert "2 files that held nothing new" in result.stdout
    assert operations()["GET /users/{userId}"]["count"] == 40
    again = run("observe", "--again", "copy.jsonl")
    assert again.exit_code == 0, again.output
    assert operations()["GET /users/{userId}"]["count"] == 80


def test_a_file_that_has_grown_is_gone_on_with() -> None:
    log = Path("access.jsonl")
    log.write_text(users(100, 140))
    run("observe", "access.jsonl")
    log.rename("access.jsonl.1")
    with Path("access.jsonl.1").open("a") as file:
        file.write(users(140, 150))
    log.write_text(users(150, 155))
    result = run("observe", "access.jsonl.1", "access.jsonl")
    assert "15 exchanges in 2 sources" in result.stdout
    assert operations()["GET /users/{userId}"]["count"] == 55
    assert "skipped" in run("observe", "access.jsonl.1").stdout


def test_a_half_written_line_is_read_again_when_it_is_whole() -> None:
    whole = users(100, 110)
    log = Path("access.jsonl")
    log.write_text(whole[:-30])
    result = run("observe", "access.jsonl")
    assert result.exit_code == 3
    assert "line 10" in result.stderr
    log.write_text(whole)
    result = run("observe", "access.jsonl")
    assert result.exit_code == 0, result.output
    assert operations()["GET /users/{userId}"]["count"] == 10


def test_a_compressed_log_is_known_too() -> None:
    Path("a.jsonl.gz").write_bytes(gzip.compress(users(100, 120).encode()))
    assert "20 exchanges" in run("observe", "a.jsonl.gz").stdout
    assert "skipped" in run("observe", "a.jsonl.gz").stdout


def test_damaged_and_unknown_files_are_told_and_the_rest_is_read() -> None:
    Path("in").mkdir()
    Path("in/a.jsonl").write_text(users(100, 110) + "{broken\n" + users(110, 120))
    Path("in/b.bin").write_bytes(bytes(range(256)) * 10)
    Path("in/c.yaml").write_text("openapi: 3.0.3\ninfo: [\n")
    Path("in/d.txt").write_text("")
    result = run("observe", "in")
    assert result.exit_code == 3
    assert "20 exchanges" in result.stdout
    assert "in/a.jsonl: line 11" in result.stderr
    assert "in/b.bin" in result.stderr
    assert "in/c.yaml" in result.stderr
    assert "Traceback" not in result.output
    told = json.loads(run("observe", "--json", "--again", "in").stdout)
    assert told["unreadable"] >= 3
    assert told["exchanges"] == 20
    assert any("line 11" in problem for problem in told["problems"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["observe"], "name a SOURCE"),
        (["observe", "none.har"], "does not exist"),
        (["observe", "--format", "xyz", "."], "is no format that is known"),
        (["observe", "--format", "$nonsense $", "."], "Invalid value for '--format'"),
        (["observe", "--follow", "."], "holds no event log"),
        (["observe", "--follow", "t.jsonl"], "--follow goes with one event log"),
        (["observe", "--settings", "none.yaml", "t.jsonl"], "none.yaml: no such file"),
        (["observe", "--settings", "bad.yaml", "t.jsonl"], "bad.yaml:2:"),
        (["observe", "--catalog", "no/such/c.db", "t.jsonl"], "no/such/c.db: no such file or directory"),
        (["observe", "--catalog", "t.jsonl", "t.jsonl"], "not a catalog"),
        (["catalog", "list"], "there is no catalog; `yett observe --catalog yett-catalog.db SOURCE...` makes one"),
        (["catalog", "why", "x"], "there is no catalog"),
        (["catalog", "undo", "9" * 30], "is not in the range"),
        (["observe", "--host", "a" * 300, "t.jsonl"], "is no name of a host"),
        (["observe", "--host", "a b/c", "t.jsonl"], "is no name of a host"),
    ],
)
def test_wrong_use_is_told_in_a_line(arguments: list[str], said: str) -> None:
    Path("t.jsonl").write_text(users(1, 3))
    Path("bad.yaml").write_text("views:\n  orphan_afte: 3\n")
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert "Traceback" not in result.output


def test_unknown_operations_and_services_are_told() -> None:
    Path("t.jsonl").write_text(users(100, 140))
    run("observe", "t.jsonl")
    missing = run("catalog", "show", "GET /usrs")
    assert missing.exit_code == 1
    assert "there is no operation 'GET /usrs'" in missing.stderr
    near = run("catalog", "why", "users")
    assert 'there is: "GET /users/{userId}"' in near.stderr
    assert run("catalog", "list", "--service", "nope").exit_code == 1
    assert run("catalog", "list", "--view", "shadow").exit_code == 1
    assert run("catalog", "undo", "7").exit_code == 1


def test_contracts_make_views() -> None:
    Path("t.jsonl").write_text(users(100, 140) + logins(3) + line("DELETE", "/cache", 3))
    Path("shop.yaml").write_text(CONTRACT)
    result = run("observe", "t.jsonl", "shop.yaml")
    assert result.exit_code == 0, result.output
    assert "3 declarations in 1 description" in result.stdout
    found = operations()
    assert found["GET /users/{id}"]["template_from"] == "contract"
    assert "declared" in found["GET /users/{id}"]["views"]
    assert "zombie" in found["POST /login"]["views"]
    assert "shadow" in found["DELETE /cache"]["views"]
    assert "unused" in found["GET /orders"]["views"]
    reason = next(one for one in found["GET /orders"]["reasons"] if one["about"] == "view:unused")
    assert reason["numbers"]["orphan_after"] == 30 * 86_400
    settings = Path("s.yaml")
    settings.write_text("views: {orphan_after: 1, orphan_exchanges: 1}\n")
    assert "orphan" in operations("--settings", "s.yaml")["GET /orders"]["views"]


def test_what_a_newer_contract_leaves_out_and_still_answers_is_a_zombie() -> None:
    Path("t.jsonl").write_text(users(100, 140) + logins(3))
    Path("shop.yaml").write_text(CONTRACT)
    run("observe", "shop.yaml", "t.jsonl")
    start = CONTRACT.index("  /login")
    Path("shop.yaml").write_text(CONTRACT[:start] + CONTRACT[CONTRACT.index("  /orders") :])
    run("observe", "shop.yaml")
    found = operations()["POST /login"]
    assert found["views"] == ["shadow", "zombie"]
    assert "an earlier reading" in run("catalog", "sources").stdout


def test_ids_stay_when_templates_change() -> None:
    Path("a.jsonl").write_text(users(100, 140))
    Path("shop.yaml").write_text(CONTRACT)
    run("observe", "a.jsonl")
    before = operations()["GET /users/{userId}"]["id"]
    run("observe", "shop.yaml")
    assert operations()["GET /users/{id}"]["id"] == before
    assert "GET /users/{id}" in run("catalog", "show", before).stdout


def test_people_merge_split_rename_and_take_it_back() -> None:
    daily = (line("GET", "/reports/daily", 1, answer={"a": 1}) + line("GET", "/reports/weekly", 2, answer={"b": [2]})) * 60
    Path("t.jsonl").write_text(users(100, 140) + line("GET", "/users/me", 5, answer={"id": 5}) + daily)
    run("observe", "t.jsonl")
    assert {"GET /reports/daily", "GET /reports/weekly"} <= set(operations())
    merged = run("catalog", "merge", "GET /reports/daily", "GET /reports/weekly", "--as", "/reports/{period}")
    assert merged.exit_code == 0, merged.output
    assert "GET /reports/{period}" in merged.stdout
    Path("u.jsonl").write_text(line("GET", "/reports/monthly", 50, answer={"a": 1}))
    run("observe", "u.jsonl")
    assert operations()["GET /reports/{period}"]["count"] == 121
    assert run("catalog", "rename", "GET /reports/{period}", "/reports/{when}").exit_code == 0
    assert run("catalog", "rename", "GET /users/{userId}", "A user").exit_code == 0
    found = operations()
    assert found["GET /reports/{when}"]["count"] == 121
    assert found["GET /users/{userId}"]["title"] == "A user"
    listed = run("catalog", "corrections").stdout
    assert listed.count("\n") == 3
    assert run("catalog", "undo", listed.split()[0]).exit_code == 0
    assert "GET /reports/daily" in operations()


def test_a_split_says_what_it_cannot_separate() -> None:
    Path("t.jsonl").write_text(users(100, 140) * 2)
    run("observe", "t.jsonl")
    result = run("catalog", "split", "GET /users/{userId}", "/users/101")
    assert result.exit_code == 0, result.output
    found = operations()
    assert found["GET /users/101"]["count"] == 2
    assert found["GET /users/{userId}"]["count"] == 78
    assert "learnt together with GET /users/{userId}" in run("catalog", "why", "GET /users/101").stdout
    assert "80 of 80 calls" in run("posture", "--rule", "missing-nosniff").stdout
    Path("u.jsonl").write_text(users(100, 103) * 3)
    run("observe", "u.jsonl")
    found = operations()
    assert found["GET /users/101"]["count"] == 5 and found["GET /users/101"]["statuses"] == {"200": 3}
    assert found["GET /users/{userId}"]["count"] == 84
    for wrong, said in (("/orders/1", "no path of"), ("users", "begins with /"), ("/users/{x}", "the whole operation")):
        refused = run("catalog", "split", "GET /users/{userId}", wrong)
        assert refused.exit_code == 2
        assert said in refused.stderr


def test_a_merge_that_makes_no_sense_is_refused() -> None:
    Path("t.jsonl").write_text(users(100, 140) + logins(2) + line("GET", "/a", 1, host="other.example"))
    run("observe", "t.jsonl")
    for names, said in (
        (["GET /users/{userId}"], "needs two operations"),
        (["GET /users/{userId}", "POST /login"], "different numbers of segments"),
        (["GET /a", "POST /login"], "different services"),
        (["POST /login", "--as", "/{a}/{b}"], "does not hold"),
        (["POST /login", "--as", "/{a"], "a parameter is a name in braces"),
        (["POST /login", "--as", "/{a}/{a}"], "two parameters of one name"),
    ):
        refused = run("catalog", "merge", *names)
        assert refused.exit_code == 2, refused.output
        assert said in refused.stderr
    assert run("catalog", "rename", "POST /login", "/x/y").exit_code == 2
    assert run("catalog", "rename", "POST /login", " ").exit_code == 2


def test_people_say_what_a_field_is() -> None:
    Path("t.jsonl").write_text(users(100, 140))
    run("observe", "t.jsonl")
    name, place = "GET /users/{userId}", "response.200.body/email"
    assert run("catalog", "mark", name, place, "email", "no").exit_code == 0
    assert operations()[name]["classes"] == []
    assert run("catalog", "mark", name, "response.200.body/id", "iban", "yes").exit_code == 0
    assert [one["by"] for one in operations()[name]["classes"]] == ["person"]
    assert "no data class" in run("catalog", "mark", name, place, "nonsense", "yes").stderr
    assert run("catalog", "mark", name, "somewhere", "email", "yes").exit_code == 2


def test_exports_are_the_same_whatever_the_order_and_the_split() -> None:
    lines = (users(100, 140) + logins(5)).splitlines(keepends=True)
    texts = []
    for name, parts in (("a", [lines]), ("b", [lines[::-1]]), ("c", [lines[::2], lines[1::2]])):
        for number, part in enumerate(parts):
            Path(f"{name}{number}.jsonl").write_text("".join(part))
        copied = ["--catalog", f"{name}.db"]
        assert run("observe", *copied, *(f"{name}{number}.jsonl" for number in range(len(parts)))).exit_code == 0
        export = ["catalog", "export", *copied, "--format"]
        texts.append([export_of(run(*export, "json").stdout), run(*export, "markdown").stdout])
    assert all(text[1] == texts[0][1] for text in texts)
    first, *others = (json.loads(text[0])["operations"] for text in texts)
    for other in others:
        assert [(one["method"], one["template"], one["count"], one["classes"]) for one in other] == [
            (one["method"], one["template"], one["count"], one["classes"]) for one in first
        ]


def test_every_format_of_export(tmp_path: Path) -> None:
    Path("t.jsonl").write_text(users(100, 140) + line("GET", "/=cmd()", 3) + line("GET", "/x", 3, host="b.example"))
    run("observe", "t.jsonl")
    assert (
        "one service: name it with --service (there are: b.example, shop.example)"
        in run("catalog", "export", "--format", "openapi").stderr
    )
    written = run("catalog", "export", "--format", "openapi", "--service", "shop.example", "-o", "shop.yaml")
    assert written.exit_code == 0, written.output
    assert Path("shop.yaml").read_text().startswith("openapi: 3.1")
    document = json.loads(run("catalog", "export", "--format", "openapi", "--service", "shop.example").stdout)
    assert set(document["paths"]) >= {"/users/{userId}"}
    text = run("catalog", "export", "--format", "csv").stdout
    assert text.startswith("id,service,method,template")
    assert "| `GET /users/{userId}` | 40 |" in run("catalog", "export", "--format", "markdown").stdout
    assert run("catalog", "export", "-o", str(tmp_path / "no" / "x.json")).exit_code == 2
    again = run("observe", "--catalog", "other.db", "shop.yaml")
    assert again.exit_code == 0, again.output


def test_nothing_of_a_caller_steers_a_terminal() -> None:
    Path("t.jsonl").write_text(line("GET", "/a%1b%5B2J", 1) + line("GET", "/b", 1, host="h\u001b[2J"))
    run("observe", "t.jsonl")
    for command in (["list"], ["services"], ["export"], ["export", "--format", "markdown"]):
        assert "\x1b" not in run("catalog", *command).stdout


def test_what_steers_a_terminal_or_a_spreadsheet_is_in_no_export() -> None:
    hosts = ["=cmd.example", "h\u001b[2J"]
    Path("t.jsonl").write_text("".join(line("GET", f"/=1+1/{n}", n, host=host) for host in hosts for n in range(9)))
    run("observe", "t.jsonl")
    table = run("catalog", "export", "--format", "csv").stdout
    assert "\x1b" not in table
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in table.splitlines() for cell in row.split(","))


def test_requests_without_a_single_reading_are_told_and_nothing_is_learnt_of_them() -> None:
    calls = [line("GET", f"/a/../{n}", n) for n in range(3)] + [line("=CMD()", "/m", 1), line("\u001b[2J", "/m", 1)]
    Path("t.jsonl").write_text(users(1, 9) + "".join(calls))
    result = run("observe", "t.jsonl")
    assert result.exit_code == 0
    assert "read      13 exchanges in 1 source" in result.stdout
    assert "ambiguous 5 exchanges with a request that has no single reading: " in result.stdout
    assert "the method is not a token (2)" in result.stdout
    assert list(operations()) == ["GET /users/{userId}"]
    assert sum(json.loads(run("observe", "--json", "--again", "t.jsonl").stdout)["ambiguous"].values()) == 5


def test_times_that_cannot_be_true_are_unknown() -> None:
    far = time.time() + 400 * 86_400
    Path("t.jsonl").write_text(
        users(1, 9) + line("GET", "/users/9", int(far - START)) + line("GET", "/users/7", int(1 - START))
    )
    result = run("observe", "t.jsonl")
    assert "misdated  2 exchanges before 1990 or in the future: counted as of an unknown time" in result.stdout
    found = operations()["GET /users/{userId}"]
    assert found["count"] == 10
    assert (found["first_seen"], found["last_seen"]) == (START + 1, START + 8)


def test_standard_input_is_counted() -> None:
    result = run("observe", "-", input=users(100, 110))
    assert "10 exchanges in 1 source" in result.stdout


def test_a_log_format_of_ones_own() -> None:
    Path("own.log").write_text("".join(f"GET|/users/{one}|200|2030-01-01T00:00:{one % 60:02}Z\n" for one in range(100, 140)))
    form = "$request_method|$uri|$status|$time_iso8601"
    result = run("observe", "--format", form, "--host", "api.example", "own.log")
    assert result.exit_code == 0, result.output
    assert operations()["GET /users/{userId}"]["service"] == "api.example"


def test_the_service_that_somebody_names_is_taken() -> None:
    Path("t.jsonl").write_text(users(100, 140) + users(200, 210).replace("shop.example", "10.0.0.7"))
    Path("shop.yaml").write_text(CONTRACT)
    run("observe", "--service", "shop", "t.jsonl", "shop.yaml")
    found = operations()
    assert {one["service"] for one in found.values()} == {"shop"}
    assert found["GET /users/{id}"]["count"] == 50


def events(first: int, last: int) -> Iterator[Event]:
    for one in range(first, last):
        yield Event(
            tag="gateway:request:allowed",
            time=START + one,
            request_id=f"r{one}",
            method="GET",
            host="shop.example",
            target=f"/users/{one}",
            status=200,
            upstream_status=200,
        )


def write_log(directory: Path, first: int, last: int) -> None:
    journal = SegmentJournal(Log(), directory, 0)
    for event in events(first, last):
        journal.append(event)
    journal.close()


def test_an_event_log_is_gone_on_with(tmp_path: Path) -> None:
    log = tmp_path / "log"
    write_log(log, 100, 140)
    result = run("observe", str(log))
    assert result.exit_code == 0, result.output
    assert "40 exchanges" in result.stdout
    write_log(log, 140, 150)
    assert "10 exchanges" in run("observe", str(log)).stdout
    assert "0 exchanges" in run("observe", str(log)).stdout
    assert operations()["GET /users/{userId}"]["count"] == 50


def started(*arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", "from yett.cli.main import main; main()", *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_an_interrupted_run_keeps_what_it_counted(tmp_path: Path) -> None:
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)
    Path("a.jsonl").write_text(users(100, 140))
    process = started("observe", "a.jsonl", str(fifo))
    with fifo.open("w") as pipe:
        pipe.write(users(140, 150))
        pipe.flush()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert "interrupted: what was counted is kept" in err
    assert operations()["GET /users/{userId}"]["count"] >= 40
    assert "skipped" in run("observe", "a.jsonl").stdout


def test_a_run_that_is_killed_is_gone_on_with(tmp_path: Path) -> None:
    """Killed while it waits for more of a pipe: what it had kept before is there, once."""
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)
    Path("a.jsonl").write_text(users(100, 140))
    assert run("observe", "a.jsonl").exit_code == 0
    Path("b.jsonl").write_text(users(140, 150))
    process = started("observe", "b.jsonl", str(fifo))
    with fifo.open("w"):
        process.kill()
        process.wait(timeout=20)
    assert process.returncode == -signal.SIGKILL
    process.communicate()
    result = run("observe", "a.jsonl", "b.jsonl")
    assert result.exit_code == 0, result.output
    assert operations()["GET /users/{userId}"]["count"] == 50


def test_two_runs_at_once_lose_and_double_nothing() -> None:
    for name, first in (("a", 1000), ("b", 2000)):
        Path(f"{name}.jsonl").write_text(users(first, first + 300))
    processes = [started("observe", f"{name}.jsonl") for name in ("a", "b")]
    for process in processes:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    assert operations()["GET /users/{userId}"]["count"] == 600


def test_following_an_event_log_ends_with_a_signal(tmp_path: Path) -> None:
    log = tmp_path / "log"
    write_log(log, 100, 140)
    process = started("observe", "--follow", str(log))
    assert process.stderr is not None
    assert "following" in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 0, err
    write_log(log, 140, 150)
    assert run("observe", str(log)).exit_code == 0
    assert operations()["GET /users/{userId}"]["count"] == 50


def test_a_directory_with_the_catalog_in_it_and_files_that_were_just_rotated() -> None:
    Path("t.jsonl").write_text(users(100, 110))
    Path("fresh.log").write_bytes(b"")
    for _ in range(2):
        result = run("observe", ".")
        assert result.exit_code == 0, result.output
    assert "unread" not in result.output and "skipped   2 files" in result.output
    assert run("observe", "fresh.log").exit_code == 3  # who names it means it


UNPRIVILEGED = """
import ctypes
header, nothing = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
ctypes.CDLL(None, use_errno=True).capset(header, nothing)  # capabilities(7): root may read everything otherwise
from yett.cli.main import main
main()
"""


def test_a_source_that_may_not_be_read_does_not_end_the_run() -> None:
    Path("t.jsonl").write_text(users(100, 110))
    Path("closed").mkdir()
    Path("closed.jsonl").write_text("{}")
    for name in ("closed", "closed.jsonl"):
        os.chmod(name, 0)
    arguments = ["observe", "--catalog", "c.db", "closed", "closed.jsonl", "t.jsonl"]
    try:
        done = subprocess.run([sys.executable, "-c", UNPRIVILEGED, *arguments], capture_output=True, text=True, timeout=60)
    finally:
        for name in ("closed", "closed.jsonl"):
            os.chmod(name, 0o700)
    assert done.returncode == 3, done.stderr
    assert "read      10 exchanges" in done.stdout
    assert "! closed: permission denied" in done.stderr + done.stdout
    assert "! closed.jsonl: permission denied" in done.stderr + done.stdout


def test_operations_are_found_whatever_their_parameters_are_called() -> None:
    Path("t.jsonl").write_text(users(100, 140))
    run("observe", "t.jsonl")
    assert "GET /users/{userId}" in run("catalog", "show", "get /users/{id}").stdout
    missing = run("catalog", "show", "GET /users/{id}/more")
    assert missing.exit_code == 1


def test_everything_is_there_for_machines() -> None:
    Path("t.jsonl").write_text(users(100, 140))
    Path("c.yaml").write_text(CONTRACT)
    run("observe", "t.jsonl", "c.yaml")
    run("catalog", "rename", "GET /users/{id}", "A user")
    told = json.loads(run("catalog", "why", "--json", "GET /users/{id}").stdout)
    assert told["member_count"] == 40 and told["reasons"][0]["text"] == "a contract says so"
    assert {one["predicate"] for one in told["claims"]} >= {"template", "view"}
    (one,) = json.loads(run("catalog", "corrections", "--json").stdout)
    assert (one["kind"], one["value"]) == ("rename", "A user")
    (service,) = json.loads(run("catalog", "services", "--json").stdout)
    assert (service["name"], service["sources"]) == ("shop.example", ["c.yaml"])
    read = json.loads(run("catalog", "sources", "--json").stdout)
    assert (read["recordings"][0]["entries"], read["descriptions"][0]["declarations"]) == (40, 3)


def test_a_log_whose_first_line_is_huge() -> None:
    entry = '203.0.113.1 - - [19/Nov/2025:10:00:00 +0000] "GET /{} HTTP/1.1" 200 1 "-" "c"\n'
    Path("huge.log").write_text(entry.format("a" * 3_000_000) + "".join(entry.format(name) for name in "bcd"))
    result = run("observe", "--format", "combined", "huge.log")
    assert result.exit_code == 3 and "read      3 exchanges" in result.stdout
    assert "huge.log: line 1 is larger than" in result.stderr + result.stdout


def test_catalogs_of_one_key_have_the_same_hashes() -> None:
    Path("t.jsonl").write_text(users(100, 300) + line("GET", "/users/ann@mail.com", 5))
    for name, more in (("a", []), ("b", ["--key-of", "a.db"]), ("c", [])):
        assert run("observe", "--catalog", f"{name}.db", *more, "t.jsonl").exit_code == 0
    texts = {name: run("catalog", "export", "--catalog", f"{name}.db").stdout for name in "abc"}
    assert texts["a"] == texts["b"] != texts["c"]
    refused = run("observe", "--catalog", "c.db", "--key-of", "a.db", "t.jsonl")
    assert refused.exit_code == 2 and "it has another key already" in refused.stderr
    assert run("observe", "--catalog", "b.db", "--key-of", "a.db", "t.jsonl").exit_code == 0
    assert "there is no catalog" in run("observe", "--catalog", "d.db", "--key-of", "none.db", "t.jsonl").stderr
    assert not Path("d.db").exists()
