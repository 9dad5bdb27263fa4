"""`yett log` and `yett explain` as their users call them."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from click.testing import CliRunner

from yett.cli import log as module
from yett.cli import showing
from yett.cli.log import explain, log
from yett.model.event import Event, Reason
from yett.model.policy import Log
from yett.store.eventlog.journal import SegmentJournal

NASTY = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp\u2028\r\nx\x7f\\x1b\ue000é"
NOW = 1_795_300_000.0


def request(number, **values):
    base = {
        "tag": "gateway:request:allowed",
        "time": NOW + number,
        "duration": 0.0042,
        "decision_time": 0.00003,
        "request_id": f"{number:024x}",
        "snapshot": "abc123",
        "service": "shop",
        "operation": "listOrders",
        "method": "GET",
        "scheme": "https",
        "host": "api.example",
        "target": "/v1/orders",
        "status": 200,
        "upstream_status": 200,
        "upstream": "127.0.0.1:9001",
        "address": "192.0.2.1",
        "peer": "10.0.0.1",
        "principal": "alice",
    }
    return Event(**{**base, **values})


DENIED = request(
    2,
    tag="gateway:request:denied",
    verdict="deny",
    would="deny",
    status=403,
    upstream_status=0,
    upstream="",
    principal="bob",
    credential_scheme="api_key",
    credential_fingerprint="0123456789abcdef01234567",
    credential_facts={"iss": "https://idp.example", "aud": ["a", "b"]},
    enforced=1,
    reasons=[
        Reason("require", 403, "the scope orders:write is missing", "principal", "orders:read"),
        Reason("third-party", 400, "x"),
    ],
    not_evaluated=[("contract-request", "the body was not read")],
    request_sample=b'{"a":"***"}',
    user_agent="curl/8",
    tls=("TLSv1.3", "", "api.example"),
    detail={"attempt": 1},
)
WOULD = request(3, would="deny", reasons=[Reason("rate-limit", 429, "more than 5/s")])
DROPPED = Event(tag="gateway:log:dropped", time=NOW + 9, detail={"dropped": 3, "error": "disk\nfull"})
EVENTS = [request(1), DENIED, WOULD, request(4, verdict="answer", status=204, method="OPTIONS"), DROPPED]


def write(directory, events, tmp_path):
    book = SegmentJournal(Log(), directory, 0, clock=lambda: NOW, shared=tmp_path)
    for event in events:
        book.append(event)
    book.flush()
    book.close()


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "yett-data" / "log", EVENTS, tmp_path)
    runner = CliRunner()
    return lambda command, *arguments: runner.invoke(command, list(arguments))


def test_lines_are_compact_and_aligned(run):
    result = run(log)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines == [
        "2026-11-21T22:26:41.000Z 200 allow  GET     /v1/orders                               alice          4.2ms 000000000000000000000001",
        "2026-11-21T22:26:42.000Z 403 DENY   GET     /v1/orders                               bob            4.2ms 000000000000000000000002"
        "  require: the scope orders:write is missing (principal); third-party: x",
        "2026-11-21T22:26:43.000Z 200 would  GET     /v1/orders                               alice          4.2ms 000000000000000000000003"
        "  rate-limit: more than 5/s",
        "2026-11-21T22:26:44.000Z 204 answer OPTIONS /v1/orders                               alice          4.2ms 000000000000000000000004",
        "2026-11-21T22:26:49.000Z gateway:log:dropped dropped=3 error=disk\\x0afull",
    ]


@pytest.mark.parametrize(
    "arguments, numbers",
    [
        (["--verdict", "deny"], [2]),
        (["--would", "deny"], [2, 3]),
        (["--status", "2xx"], [1, 3, 4]),
        (["--status", "403"], [2]),
        (["--principal", "alice", "--verdict", "allow"], [1, 3]),
        (["--rule", "rate-limit"], [3]),
        (["--operation", "listOrders", "--service", "shop", "-n", "2"], [3, 4]),
        (["--request", f"{4:024x}"], [4]),
        (["--tag", "gateway:request:denied"], [2]),
        (["--since", "2026-11-21T22:26:43", "--tag", "gateway:request:*"], [3, 4]),
        (["--until", "2026-11-21T22:26:43+00:00", "--limit", "0"], [1, 2]),
    ],
)
def test_conditions(run, arguments, numbers):
    result = run(log, "--json", *arguments)
    assert result.exit_code == 0
    assert [int(json.loads(text)["request_id"], 16) for text in result.stdout.splitlines()] == numbers


def test_json_has_every_field_in_ascii(run):
    result = run(log, "--json", "--verdict", "deny")
    (found,) = map(json.loads, result.stdout.splitlines())
    assert set(found) == set(Event.__struct_fields__)
    assert found["reasons"][0] == {
        "rule": "require",
        "status": 403,
        "reason": "the scope orders:write is missing",
        "place": "principal",
        "sample": "orders:read",
    }
    assert found["request_sample"] == '{"a":"***"}'
    assert found["not_evaluated"] == [["contract-request", "the body was not read"]]
    assert (found["worker"], found["sequence"]) == (0, 2)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--since", "yesterday-ish"],
        ["--status", "teapot"],
        ["--verdict", "maybe"],
        ["--limit", "-1"],
        ["--nonsense"],
        ["extra"],
    ],
)
def test_wrong_usage_is_2(run, arguments):
    assert run(log, *arguments).exit_code == 2
    assert run(explain).exit_code == 2


def test_nothing_found_is_1(run):
    result = run(log, "--since", "1m", "--principal", "nobody")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no record matches" in result.stderr
    result = run(explain, "\x1b[2Jx")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no record of request \\x1b[2Jx" in result.stderr


def test_where_the_log_is(run, tmp_path):
    assert run(log, "--dir", "nowhere").exit_code == 1
    elsewhere = tmp_path / "etc"
    elsewhere.mkdir()
    policy = elsewhere / "shop.yaml"
    policy.write_text("version: 1\nlog: {directory: ../yett-data/log}\n")
    assert run(log, "-c", str(policy)).exit_code == 0
    policy.write_text("version: 1\n")
    assert "yett-data/log: there is no event log" in run(log, "-c", str(policy)).stderr
    (tmp_path / "yett.yaml").write_text("log: {directory: elsewhere}\n")
    assert run(log).exit_code == 1
    assert run(log, "--dir", "yett-data/log").exit_code == 0
    for wrong in ("log: {directory: [1]}", "a: 1\na: 2"):
        policy.write_text(wrong)
        assert run(log, "-c", str(policy)).exit_code == 1
    assert run(explain, "x", "-c", "missing.yaml").exit_code == 1


def test_gaps_are_told_on_standard_error(tmp_path):
    book = SegmentJournal(Log(queue=100), tmp_path / "log", 0, clock=lambda: NOW, shared=tmp_path)
    for number in range(110):
        book.append(request(number))
    book.flush()
    book.close()
    result = CliRunner().invoke(log, ["--dir", str(tmp_path / "log"), "-n", "0"])
    assert "! worker 0: 10 records are missing (101 to 110)" in result.stderr
    assert len(result.stdout.splitlines()) == 101  # the last one says what was dropped


def test_explain_tells_it_in_plain_words(run):
    text = run(explain, f"{2:024x}").stdout
    assert text.startswith(f"Request {2:024x} was denied: 403 was sent, the upstream was not asked.\n")
    for expected in (
        "  when       2026-11-21T22:26:42.000Z, took 4.2ms, deciding 30us\n",
        "  request    GET https://api.example/v1/orders\n",
        "  operation  listOrders of service shop\n",
        "  caller     bob, by api_key (fingerprint 0123456789abcdef01234567)\n",
        "  address    192.0.2.1, through 10.0.0.1\n",
        "  token      iss https://idp.example, aud a b\n",
        "  TLS        TLSv1.3, api.example\n",
        "  policy     snapshot abc123\n",
        "\nEnforced:\n  require (",
        "403, at principal\n    the scope orders:write is missing\n    seen: orders:read\n",
        "\nOnly recorded, because of monitor mode, or denied already. Enforcement would have denied by:\n  third-party, 400\n    x\n",
        "\nNot evaluated:\n  contract-request: the body was not read\n",
        '\nBeginning of the request body, masked:\n  {"a":"***"}\n',
    ):
        assert expected in text


@pytest.mark.parametrize(
    "values, words",
    [
        ({}, "was let through: 200 was sent."),
        ({"would": "deny"}, "was let through in monitor mode: 200 was sent. Enforcement would have denied it."),
        ({"verdict": "answer"}, "was answered by the gateway in the upstream's place: 200 was sent."),
        ({"failure": "connect: refused", "status": 0}, "was let through but failed (connect: refused): nothing was sent."),
        ({"verdict": "deny", "upstream_status": 500}, "was denied: 200 was sent, the upstream had been asked."),
        (
            {"enforced": 1, "reasons": [Reason("sanitise", 0, "a stack trace")]},
            "was let through, its response changed: 200 was sent.",
        ),
    ],
)
def test_what_happened_in_one_sentence(values, words):
    text = list(showing.explanation(request(1, **values), {}))
    assert text[0] == f"Request {1:024x} {words}"
    assert ("\nNo rule objected." in text) is (not values.get("reasons") and values.get("would") != "deny")


def test_explain_names_the_rules(run, monkeypatch):
    monkeypatch.setattr(module, "_titles", lambda: {"require": "Scopes and roles"})
    assert "  require (Scopes and roles), 403, at principal\n" in run(explain, f"{2:024x}").stdout


def test_a_broken_rule_of_others_does_not_hide_a_record(run, monkeypatch):
    def broken():
        raise ImportError("third party")

    monkeypatch.setattr(module, "guards", broken)
    assert "\n  require, 403" in run(explain, f"{2:024x}").stdout


def test_a_stream_has_two_records(tmp_path):
    opened = request(7, tag="gateway:request:opened", status=101, duration=0.001)
    ended = request(7, tag="gateway:stream:ended", status=101, duration=75.0)
    write(tmp_path / "log", [opened, ended], tmp_path)
    result = CliRunner().invoke(explain, [f"{7:024x}", "--dir", str(tmp_path / "log")])
    assert "took 75.0s" in result.stdout
    assert "Earlier records of the same request:\n  2026" in result.stdout
    assert "[opened]" in result.stdout
    described = json.loads(CliRunner().invoke(explain, [f"{7:024x}", "--json", "--dir", str(tmp_path / "log")]).stdout)
    assert [record["tag"] for record in described["records"]] == ["gateway:request:opened", "gateway:stream:ended"]


TEXT_FIELDS = [
    field for field, value in ((f, getattr(request(1), f)) for f in Event.__struct_fields__) if isinstance(value, str)
]


def test_nothing_that_callers_send_can_steer_a_terminal(tmp_path):
    nasty = dict.fromkeys(TEXT_FIELDS, NASTY)
    reason = Reason(NASTY, 403, NASTY, NASTY, NASTY)
    event = request(
        1,
        **nasty
        | {
            "request_id": "known" + NASTY,
            "reasons": [reason, reason],
            "enforced": 1,
            "not_evaluated": [(NASTY, NASTY)],
            "field_names": [NASTY],
            "parameter_names": [NASTY],
            "tls": (NASTY,),
            "credential_facts": {NASTY: [NASTY]},
            "detail": {NASTY: NASTY},
            "request_sample": NASTY.encode() + b"\xff",
            "response_sample": b"\x1b[2J",
        },
    )
    other = Event(tag=NASTY, time=float("inf"), failure=NASTY, detail={NASTY: NASTY})
    write(tmp_path / "log", [event, other], tmp_path)
    where = ["--dir", str(tmp_path / "log")]
    runner = CliRunner()
    for command, arguments in (
        (log, []),
        (log, ["--json"]),
        (explain, ["known" + NASTY]),
        (explain, ["known" + NASTY, "--json"]),
        (explain, ["unknown" + NASTY]),
    ):
        result = runner.invoke(command, [*arguments, *where])
        assert result.output
        for text in (result.stdout, result.stderr):
            assert all(character.isprintable() or character == "\n" for character in text)
        assert "\x1b" not in result.output


def test_escapes_cannot_be_forged():
    assert showing.plain("\\x1b") != showing.plain("\x1b") == "\\x1b"
    assert showing.plain("müller/\U0001f600") == "müller/\U0001f600"
    assert showing.plain("\u200b\U000e0001\ud800") == "\\u200b\\U000e0001\\ud800"


def test_durations_and_long_texts():
    assert [showing.span(value) for value in (0.0000004, 0.00025, 0.0123, 1.5, 3_600.0)] == [
        "0us",
        "250us",
        "12.3ms",
        "1.5s",
        "3600.0s",
    ]
    text = showing.line(
        request(1, target="/" + "a" * 100, reasons=[Reason("r", 1, "b" * 1_000)], failure="f", tag="gateway:request:failed")
    )
    assert "/" + "a" * 38 + "… alice" in text
    assert "[failed]  r: bbb" in text
    assert text.endswith("…")


def test_a_terminal_that_knows_only_ascii_gets_ascii(tmp_path):
    write(tmp_path / "log", [request(1, principal="müller")], tmp_path)
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": os.pathsep.join(sys.path)}
    code = "from yett.cli.log import log; log()"
    run = subprocess.run(
        [sys.executable, "-c", code, "--dir", str(tmp_path / "log")],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "m\\xfcller" in run.stdout


def test_an_unreadable_log_is_said_in_one_line(run, monkeypatch):
    def refused(*_):
        raise PermissionError(13, "Permission denied", "yett-data/log")

    monkeypatch.setattr(module, "newest", refused)
    result = run(log)
    assert result.exit_code == 1
    assert "yett-data/log: permission denied" in result.stderr


@pytest.mark.parametrize("since", [[], ["--since", "2026-11-21"]])
def test_follow_shows_what_comes_until_it_is_interrupted(tmp_path, since):
    directory = tmp_path / "log"
    write(directory, [request(number) for number in range(1, 15)], tmp_path)
    child = subprocess.Popen(
        [sys.executable, "-c", "from yett.cli.log import log; log()", "--json", "-f", "--dir", str(directory), *since],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    stop = threading.Timer(30, child.kill)  # rather a failure than a test that hangs
    stop.start()
    try:
        before = [int(json.loads(child.stdout.readline())["request_id"], 16) for _ in range(14 if since else 10)]
        write(directory, [request(15), request(16)], tmp_path)
        after = [int(json.loads(child.stdout.readline())["request_id"], 16) for _ in range(2)]
        time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=20)
    finally:
        stop.cancel()
        child.kill()
        child.communicate()
    assert before == list(range(1 if since else 5, 15))
    assert after == [15, 16]
    assert (child.returncode, out, err) == (0, "", "")


def test_the_summary_counts_what_enforcement_denies(run):
    result = run(log, "--summary")
    assert result.exit_code == 0
    assert result.stdout.startswith(
        "4 exchanges. Enforced, 2 would be allowed and 2 denied (50.0%).\nThe policy as it is denies 1;"
    )
    assert "rate-limit" in result.stdout
    assert run(log, "--summary", "-n", "1").exit_code in (0, 1)
    assert run(log, "--summary", "--verdict", "answer").stdout.startswith("1 exchange.")
    assert run(log, "--summary", "--tag", "gateway:log:*").exit_code == 1
    for other in ("--json", "--follow"):
        assert run(log, "--summary", other).exit_code == 2
