"""`yett decide` as its users call it: what it prints, how it ends, and that nothing grows with what it reads."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from argon2 import PasswordHasher
from click.shell_completion import BashComplete
from click.testing import CliRunner, Result

from yett.cli.decide import decide
from yett.cli.main import main
from yett.cli.progress import Progress, size_of
from yett.cli.state import own_patterns
from yett.cli.tally import Reason, Tally
from yett.cli.trying import Wanted, fulfil, policy_tree
from yett.model.decision import RefreshKeySet, Unanswered, VerifyPassword
from yett.model.event import Event
from yett.model.policy import Log
from yett.store.eventlog.journal import SegmentJournal

KEYS = [
    "v",
    "source",
    "index",
    "id",
    "operation",
    "verdict",
    "action",
    "mode",
    "status",
    "snapshot",
    "score",
    "rules",
    "not_evaluated",
    "error",
]
CONTRACT = """
openapi: 3.0.3
info: {title: x, version: "1"}
paths:
  /orders:
    post:
      operationId: order
      requestBody:
        content:
          application/json: {schema: {type: object, properties: {items: {type: array, items: {type: integer}}}}}
      responses: {"200": {description: ok}}
"""
POLICY = """
services:
  s:
    upstream: {targets: ["http://127.0.0.1:9001"]}
    mode: monitor
    contract: {file: openapi.yaml, requests: enforce}
    authenticate: [{api_key: {header: X-API-Key}}]
    limits: [{rate: 1/s, burst: 1, by: address}]
keys: not-there.yaml
"""
GOOD = {"id": "good", "method": "POST", "target": "/orders", "headers": [["Content-Type", "application/json"]], "body": "{}"}
BAD = GOOD | {"id": "bad", "body": '{"items": [1, "\\u001b[2J"]}'}
FEW = ("--rules", "crs", "--crs", "rules")
"""So few rules that they are there at once."""
YETT = (sys.executable, "-c", "from yett.cli.main import main; main()")


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "openapi.yaml").write_text(CONTRACT)
    (tmp_path / "yett.yaml").write_text(POLICY)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.conf").write_text('SecRule ARGS "@contains evil" "id:1,phase:2,deny"')
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, (GOOD, BAD, GOOD))))
    return tmp_path


def run(*arguments: str, **more: Any) -> Result:
    return CliRunner().invoke(decide, arguments, **more)


def rows(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_one_line_for_each_exchange_in_order(room: Path) -> None:
    result = run("--contract", "openapi.yaml", "a.jsonl")
    assert result.exit_code == 0, result.output
    found = rows(result)
    assert all(list(row) == KEYS for row in found)
    assert [(row["id"], row["verdict"], row["index"]) for row in found] == [
        ("good", "allow", 0),
        ("bad", "deny", 1),
        ("good", "allow", 2),
    ]
    assert found[0]["score"] == {"inbound": 0, "outbound": 0}
    (rule,) = found[1]["rules"]
    assert list(rule) == ["id", "severity", "place", "sample"]
    assert (rule["id"], rule["severity"], rule["place"]) == ("contract-request", "high", "body /items/1")
    assert "\x1b" not in result.stdout


def test_lines_are_ascii(room: Path) -> None:
    nasty = "\x7f\x9b31m\u202eé\ud800"
    (room / "a.jsonl").write_text(json.dumps(GOOD | {"id": nasty}))
    result = run(*FEW, "a.jsonl")
    assert result.stdout_bytes.isascii()
    assert b"\x7f" not in result.stdout_bytes
    assert rows(result)[0]["id"] == nasty


def test_a_policy_in_monitor_mode_without_its_secrets(room: Path) -> None:
    found = rows(run("--policy", "yett.yaml", "a.jsonl"))
    assert [(row["verdict"], row["action"], row["mode"]) for row in found] == [
        ("allow", "allow", "monitor"),
        ("deny", "allow", "monitor"),
        ("allow", "allow", "monitor"),
    ]
    assert [one["rule"] for one in found[0]["not_evaluated"]] == ["api-key", "rate-limit"]
    assert run("--policy", "yett.yaml", "--guards", "all", "a.jsonl").exit_code == 2
    (room / "not-there.yaml").write_text("keys: []")
    found = rows(run("--policy", "yett.yaml", "--guards", "all", "a.jsonl"))
    assert [one["id"] for one in found[0]["rules"]] == ["authentication-required"]


def test_another_contract_for_a_policy(room: Path) -> None:
    (room / "other.yaml").write_text(CONTRACT.replace("/orders", "/other"))
    found = rows(run("--policy", "yett.yaml", "--contract", "other.yaml", "a.jsonl"))
    assert {row["rules"][0]["id"] for row in found} == {"undeclared"}
    (room / "yett.yaml").write_text(
        POLICY.replace("keys:", "  t: {match: {prefix: /t}, upstream: {targets: ['http://a']}}\nkeys:")
    )
    result = run("--policy", "yett.yaml", "--contract", "other.yaml", "a.jsonl")
    assert (result.exit_code, "several services" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["a.jsonl"], 0),
        (["--fail-on", "deny", "a.jsonl"], 1),
        (["--fail-on", "deny", "good.jsonl"], 0),
        (["junk", "a.jsonl"], 3),
        (["--fail-on", "deny", "junk", "a.jsonl"], 3),
        (["empty"], 3),
        (["directory"], 3),
        ([], 2),
        (["not-there"], 2),
        (["--policy", "a.jsonl", "a.jsonl"], 2),
        (["--policy", "yett.yaml", "--rules", "own", "a.jsonl"], 2),
        (["--rules", "crs", "a.jsonl"], 2),
        (["--crs", "directory", "a.jsonl"], 2),
        (["--rules", "own", "--paranoia", "2", "a.jsonl"], 2),
        (["--rules", "other", "a.jsonl"], 2),
        (["--rules", "", "a.jsonl"], 2),
        (["--paranoia", "5", "a.jsonl"], 2),
        (["--fail-on", "allow", "a.jsonl"], 2),
    ],
)
def test_exit_codes(room: Path, arguments: list[str], code: int) -> None:
    (room / "good.jsonl").write_text(json.dumps(GOOD))
    (room / "junk").write_bytes(b"\0\1")
    (room / "empty").write_bytes(b"")
    (room / "directory").mkdir()
    contract = [] if "--policy" in arguments else ["--contract", "openapi.yaml"]
    result = run(*contract, *arguments)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    assert code != 2 or result.stderr
    assert code != 3 or "could not be read" in result.stderr or "no exchange" in result.stderr


def test_a_contract_that_cannot_be_used(room: Path) -> None:
    (room / "openapi.yaml").write_text("openapi: 3.0.3\npaths: [")
    result = run("--contract", "openapi.yaml", "a.jsonl")
    assert result.exit_code == 2
    assert "openapi.yaml:3" in result.stderr


def test_malformed_requests_are_denied_and_junk_is_an_error(room: Path) -> None:
    (room / "in").mkdir()
    (room / "in" / "a.req").write_bytes(b"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n")
    (room / "in" / "b.req").write_bytes(b"POST / HTTP/1.1\nHost: a\nContent-Length: 1\nTransfer-Encoding: chunked\n\n0\n")
    (room / "in" / "c.req").write_bytes(b"POST /orders HTTP/1.1\nHost: a\nContent-Length: 1\n\n{}")
    (room / "in" / "d.req").write_bytes(os.urandom(64).replace(b"HTTP/", b""))
    result = run("in")
    found = rows(result)
    assert [row["verdict"] for row in found] == ["deny", "deny", "allow", None]
    assert [[one["id"] for one in row["rules"]] for row in found] == [["http-syntax"], ["http-syntax"], [], []]
    assert found[0]["rules"][0]["place"] == "line 3"
    assert found[3]["error"]
    assert (result.exit_code, "1 of 4 entries" in result.stderr) == (3, True)
    assert [row["verdict"] for row in rows(run("--strict", "in"))] == ["deny", "deny", "deny", None]


def test_standard_input(room: Path) -> None:
    found = rows(run("-", "--contract", "openapi.yaml", input=(room / "a.jsonl").read_bytes()))
    assert [(row["source"], row["verdict"]) for row in found] == [("-", "allow"), ("-", "deny"), ("-", "allow")]


def test_names_that_no_encoding_has(room: Path) -> None:
    try:
        (room / os.fsdecode(b"a\xff.req")).write_bytes(b"GET / HTTP/1.1\nHost: a\n\n")
    except OSError:
        return  # this file system has only names in UTF-8
    (row,) = rows(run(os.fsdecode(b"a\xff.req")))
    assert row["id"].encode("utf-8", "surrogateescape") == b"a\xff.req"


def test_the_summary(room: Path) -> None:
    (room / "junk").write_bytes(b"\0")
    result = run("--policy", "yett.yaml", "--summary", "a.jsonl", "junk")
    assert result.exit_code == 3
    text = result.stdout
    assert text.startswith("3 exchanges. Enforced, 2 would be allowed and 1 denied (33.3%).\nThe policy as it is denies 0;")
    for part in ("junk: no recording of a kind", "contract-request  high", "order       1   3", "body /items/*", "rate-limit"):
        assert part in text, text
    assert "\x1b" not in text


def test_the_event_log(room: Path) -> None:
    journal = SegmentJournal(Log(), room / "log", 0, shared=room)
    for number in range(3):
        target = "/orders" if number else "/a?token=hash:00"
        journal.append(
            Event(
                tag="gateway:request:allowed", time=time.time(), request_id=f"r{number}", method="POST", host="a", target=target
            )
        )
    journal.close()
    found = rows(run("log", "--contract", "openapi.yaml"))
    assert [row["id"] for row in found] == ["r0", "r1", "r2"]
    assert {row["source"] for row in found} == {"log"}
    with next((room / "log").glob("*.ylog")).open("r+b") as segment:
        segment.seek(-30, os.SEEK_END)
        segment.write(b"\0" * 30)
    shutil.copy(next((room / "log").glob("*.ylog")), room / "log" / "w0-ffffffffffffffff.ylog")  # so that the first is complete
    result = run("log", "--contract", "openapi.yaml")
    assert result.exit_code == 3
    assert "damaged at byte" in result.stdout


def test_a_summary_has_exceptions_to_paste(room: Path) -> None:
    attack = {"method": "POST", "target": "/orders", "headers": [["Content-Type", "application/json"]]}
    bodies = [{"items": [{"name": "a"}, {"name": "1' OR '1'='1"}]}, {"items": [{"name": "1' OR '1'='1"}]}]
    (room / "b.jsonl").write_text("\n".join(json.dumps(attack | {"body": json.dumps(body)}) for body in bodies))
    text = run("--summary", "b.jsonl").stdout
    assert '- {rule: sql-injection, operation: "* /*", place: "body /items/*/name"}' in text, text
    policy = "services:\n  s:\n    upstream: {targets: ['http://127.0.0.1:1']}\n    attacks:\n      mode: enforce\n"
    excepted = "\n".join(f"  {line}" for line in text[text.index("    except:") :].splitlines())
    (room / "p.yaml").write_text(policy + excepted)
    assert [row["verdict"] for row in rows(run("--policy", "p.yaml", "b.jsonl"))] == ["allow", "allow"]


def test_exceptions_are_learnt_from_honest_traffic(room: Path) -> None:
    """All of them, as YAML that a policy takes as it is; what was learnt holds for the same fields of other requests."""
    attack = {"method": "POST", "headers": [["Content-Type", "application/json"]]}
    fields = [f"note{number}" for number in range(20)]
    seen = [attack | {"target": "/orders", "body": json.dumps({"lines": [{name: "1' OR '1'='1"}]})} for name in fields]
    (room / "seen.jsonl").write_text("\n".join(json.dumps(one) for one in [*seen, seen[0]]))
    text = run("--exceptions", "seen.jsonl").stdout
    learnt = yaml.safe_load(text)
    assert text.startswith("# Of 21 exchanges enforcement would allow 0 and deny 21.")
    assert len(learnt["attacks"]["except"]) >= 20 and list(learnt) == ["attacks"]
    assert '- {rule: sql-injection, operation: "* /*", place: "body /lines/*/note0"}  # 2' in text
    service = {"upstream": {"targets": ["http://127.0.0.1:1"]}, "attacks": {"mode": "enforce"} | learnt["attacks"]}
    (room / "p.yaml").write_text(json.dumps({"services": {"s": service}}))
    other = {"lines": [{"x": 1}, {"note5": "1' OR '1'='1"}]}, {"lines": [{"other": "1' OR '1'='1"}]}
    (room / "later.jsonl").write_text(
        "\n".join(json.dumps(attack | {"target": "/orders", "body": json.dumps(body)}) for body in other)
    )
    assert [row["verdict"] for row in rows(run("--policy", "p.yaml", "later.jsonl"))] == ["allow", "deny"]


def test_the_rest_is_kept_after_an_interruption(room: Path) -> None:
    """The first rows come out, the process ends as one that SIGINT ended."""
    line = json.dumps(GOOD).encode() + b"\n"
    command = [*YETT, "decide", *FEW, "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdin is not None and child.stdout is not None and child.stderr is not None
        child.stdin.write(line * 300)  # less than the pipes hold
        child.stdin.flush()
        lines = [child.stdout.readline() for _ in range(100)]
        child.send_signal(signal.SIGINT)
        lines += child.stdout.read().splitlines()
        assert child.wait(30) == 130
        assert b"interrupted after" in child.stderr.read()
    assert len(lines) >= 100
    assert all(json.loads(one)["verdict"] == "allow" for one in lines)


@pytest.mark.parametrize("form", ["--json", "--summary"])
def test_a_reader_that_has_seen_enough(room: Path, form: str) -> None:
    (room / "many.jsonl").write_text((json.dumps(GOOD) + "\n") * 5_000)
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run(
        [*YETT, "decide", *FEW, form, "many.jsonl"], stdout=write_end, stderr=subprocess.PIPE, timeout=60, check=False
    )
    os.close(write_end)
    assert (done.returncode, done.stderr) == (141, b"")


def measured(*arguments: str) -> int:
    """Most memory that one run had, in KiB."""
    code = "import resource,sys\nfrom yett.cli.decide import decide\ntry: decide()\nexcept SystemExit as e: code = e.code\n"
    code += "sys.stdout.flush()\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, timeout=120, check=True)
    return int(done.stderr.split()[-1])


@pytest.mark.parametrize("kind", ["har", "jsonl", "files"])
def test_memory_does_not_grow_with_the_input(room: Path, kind: str) -> None:
    def write(path: Path, count: int) -> None:
        if kind == "har":
            entry = {"request": {"method": "POST", "url": "https://a/", "postData": {"text": "lorem ipsum " * 800}}}
            path.write_text('{"log": {"entries": [' + ",".join([json.dumps(entry)] * count) + "]}}")
        elif kind == "jsonl":
            path.write_text((json.dumps(GOOD | {"body": "lorem ipsum " * 800}) + "\n") * count)
        else:
            path.mkdir()
            for number in range(count):
                (path / str(number)).write_bytes(b"POST / HTTP/1.1\nHost: a\n\n" + b"lorem ipsum " * 200)

    write(room / "small", 20)
    write(room / "large", 1_000)
    small, large = (measured(*FEW, name) for name in ("small", "large"))
    assert large - small < 6_000


def test_a_terminal_gets_a_bar_and_a_summary(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    master, slave = os.openpty()
    command = [*YETT, "decide", *FEW, "--contract", "openapi.yaml", "a.jsonl"]
    with subprocess.Popen(command, stdout=slave, stderr=slave) as child:
        os.close(slave)
        seen = b""
        while True:
            try:
                piece = os.read(master, 4_096)
            except OSError:
                break
            if not piece:
                break
            seen += piece
        assert child.wait(30) == 0
    os.close(master)
    assert b"3 exchanges. Enforced" in seen
    assert b'"verdict"' not in seen


class Terminal:
    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        """Nothing is kept."""


def test_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    bar = Progress(1_000, terminal)  # type: ignore[arg-type]
    bar.read(500)
    for _ in range(32):
        bar.entry()
    assert bar.text(2.0) == "[############............]  50%  32 exchanges, 16/s, 0:02 left"
    assert "exchanges" in terminal.text
    bar.end()
    assert terminal.text.endswith(" \r")
    assert Progress(0, terminal).text(0.0) == "0 exchanges, 0/s"  # type: ignore[arg-type]


def test_sizes_for_the_bar(room: Path) -> None:
    (room / "d").mkdir()
    (room / "d" / "x").write_bytes(b"12345")
    (room / "d" / "gone").symlink_to("nothing")
    assert size_of([room / "d", room / "d" / "x"]) == 10
    assert size_of([room / "d", Path("-")]) == 0
    os.mkfifo(room / "pipe")
    assert size_of([room / "pipe"]) == 0


def test_what_options_mean_as_a_policy() -> None:
    own = policy_tree(Wanted())["services"]["recorded"]
    assert (own["attacks"], own["mode"], "crs" in own) == ({"mode": "enforce"}, "enforce", False)
    crs = policy_tree(Wanted(rules=("crs",), crs=Path("/rules"), paranoia=2, threshold=7))["services"]["recorded"]
    assert (crs["attacks"], crs["crs"]) == (False, {"directory": "/rules", "paranoia": 2, "threshold": 7})
    assert policy_tree(Wanted(rules=("own", "crs"), crs=Path("/rules")))["services"]["recorded"]["crs"] == {
        "directory": "/rules"
    }


def test_what_checks_wait_for() -> None:
    hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("secret")
    assert fulfil(VerifyPassword(hashed, b"secret")) is True
    assert fulfil(VerifyPassword(hashed, b"other")) is False
    assert isinstance(fulfil(VerifyPassword("nonsense", b"")), Unanswered)
    assert isinstance(fulfil(RefreshKeySet("http://127.0.0.1:1", "a")), Unanswered)


def test_where_compiled_patterns_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert own_patterns() == Path("/somewhere/yett/patterns")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/x")
    assert own_patterns() == Path("/home/x/.cache/yett/patterns")

    def homeless() -> Path:
        raise RuntimeError("no home directory")

    monkeypatch.setattr(Path, "home", homeless)
    assert own_patterns() is None


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_beside_lines_that_go_to_a_file(room: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: Any) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    (room / "many.jsonl").write_text((json.dumps(GOOD) + "\n") * 200)
    with pytest.raises(SystemExit) as ended:
        decide.main(["--contract", "openapi.yaml", "many.jsonl"], standalone_mode=False)
    assert ended.value.code == 0
    assert "100%  " in screen.getvalue()
    assert screen.getvalue().endswith("\r")
    assert len(capsysbinary.readouterr().out.splitlines()) == 200


def completions(words: str) -> list[str]:
    parts = words.split(" ")
    return [item.value for item in BashComplete(main, {}, "yett", "_YETT_COMPLETE").get_completions(parts[:-1], parts[-1])]


def test_completion() -> None:
    assert "decide" in completions("d")
    assert "--guards" in completions("decide --g")
    assert completions("decide --guards s") == ["stateless"]
    assert completions("decide --rules o") == ["own", "own,crs"]


def told(fill: Callable[[Tally], None]) -> str:
    tally = Tally()
    fill(tally)
    return "\n".join(tally.lines())


def test_a_tally_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yett.cli.tally.KINDS", 3)

    def fill(tally: Tally) -> None:
        for number in range(20):
            tally.add(f"op{number}", True, True, [Reason("r", f"query q{number}", "s" * 100, "high"), Reason("x")])
            tally.error(f"file{number}", "broken")
        tally.add("", False, False, [Reason("z")])

    text = told(fill)
    assert "others" in text
    assert "op19" not in text
    assert "and 5 more" in text
    assert "s" * 59 + "…" in text
    assert "(no operation)" not in text
    assert "Objected without denying\n  z  1" in text
    assert "denies" not in text


def test_an_empty_tally() -> None:
    assert told(lambda _: None) == "0 exchanges. Enforced, 0 would be allowed and 0 denied."


def test_access_logs_in_a_format_of_ones_own(room: Path) -> None:
    (room / "access.log").write_text("GET|/a?q=1 union select password from users--|200\nGET|/b|200\nbroken\n")
    result = run("--json", "--host", "api.example", "--log-format", "$request_method|$request_uri|$status", "access.log")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["error"] for row in rows] == [None, None, "line 3: not in the log format as given"]
    assert [row["verdict"] for row in rows] == ["deny", "allow", None]
    assert result.exit_code == 3
    for option, value in (("--log-format", "$status $uri$request_id"), ("--log-format", "x"), ("--host", "a b")):
        wrong = run(option, value, "access.log")
        assert (wrong.exit_code, f"Invalid value for '{option}'" in wrong.stderr) == (2, True)
