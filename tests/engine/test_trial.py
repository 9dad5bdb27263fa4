"""A policy tried on recordings: verdicts as enforcement would have them, and nothing held against what a record does not have."""

from typing import Any

import msgspec
import pytest
from policies import KEY, bundle_of, exchange_of, ports_of

from yett.engine.reducing import LIMITS, STATEFUL, LeftOut, watching, with_contract, without
from yett.engine.trial import Row, Score, Trial, Unjudged, is_known, severity
from yett.formats.recordings import Layout, Recording, read_event
from yett.formats.recordings.logs.dialects import nginx
from yett.formats.recordings.logs.layouts import NAMED, read_layout
from yett.model.decision import Mode
from yett.model.event import Event
from yett.model.exchange import Response
from yett.model.mistake import PolicyErrors
from yett.model.operation import Operation
from yett.model.rule import Severity
from yett.rules.registry import attacks

CONTRACT = """
openapi: 3.0.3
info: {title: x, version: "1"}
paths:
  /orders:
    post:
      operationId: order
      parameters:
        - {name: dry, in: query, schema: {type: boolean}}
        - {name: X-Run, in: header, required: true, schema: {type: integer}}
      requestBody:
        content:
          application/json:
            schema: {type: object, required: [a], properties: {a: {type: integer}, password: {type: string, maxLength: 2}}}
      responses: {"200": {description: ok, content: {application/json: {schema: {type: object, properties: {b: {}}}}}}}
    get:
      operationId: list
      responses: {"200": {description: ok}}
"""
SERVICE = 'services:\n  s:\n    upstream: {targets: ["http://127.0.0.1:1"]}\n'
JSON = "Content-Type: application/json"


def policy_of(lines: str) -> str:
    return SERVICE + "".join(f"    {line}\n" for line in lines.splitlines())


def trial_of(lines: str, contract: str = "", stateless: bool = True) -> Trial:
    bundle = bundle_of(policy_of(lines), contract)
    whole = bundle.policy
    if stateless:
        bundle = msgspec.structs.replace(bundle, policy=without(whole, STATEFUL))
    return Trial(bundle, ports_of(bundle), whole, stateless)


def row_of(trial: Trial, start: str, *lines: str, timed: bool = True, **more: Any) -> Row:
    return trial.row(Recording(id="7", exchange=exchange_of(start, *lines, **more), timed=timed), "a.har", 3)


CHECKED = "contract: {file: openapi.yaml, requests: enforce, responses: 'off'}"


def test_a_row_of_what_passes() -> None:
    row = row_of(trial_of(CHECKED, CONTRACT), "POST /orders", "X-Run: 1", JSON, body=b'{"a": 1}')
    assert msgspec.json.decode(msgspec.json.encode(row)) == {
        "v": 1,
        "source": "a.har",
        "index": 3,
        "id": "7",
        "operation": "order",
        "verdict": "allow",
        "action": "allow",
        "mode": "enforce",
        "status": 200,
        "snapshot": "d",
        "score": {"inbound": 0, "outbound": 0},
        "rules": [],
        "not_evaluated": [],
        "error": None,
    }


@pytest.mark.parametrize(("mode", "action"), [("enforce", "deny"), ("monitor", "allow")])
def test_the_verdict_is_that_of_enforcement(mode: str, action: str) -> None:
    trial = trial_of(f"mode: {mode}\n{CHECKED}", CONTRACT)
    row = row_of(trial, "POST /orders", "X-Run: 1", JSON, body=b'{"a": "x"}')
    assert (row.verdict, row.action, row.mode, row.status) == ("deny", action, mode, 400)
    (found,) = row.rules
    assert (found.id, found.severity, found.place) == ("contract-request", Severity.HIGH, "body /a")


@pytest.mark.parametrize("mode", ["enforce", "monitor"])
def test_every_rule_speaks(mode: str) -> None:
    row = row_of(trial_of(f"mode: {mode}\n{CHECKED}", CONTRACT), "POST /orders?dry=x", JSON, body=b'{"a": "x"}')
    assert [found.place for found in row.rules] == ["query dry", "body /a"]


@pytest.mark.parametrize(
    ("start", "lines", "rule", "place", "status"),
    [
        ("GET /a/../b", (), "http-syntax", "target", 400),
        ("TRACE /", (), "http-syntax", "request line", 405),
        ("GET /", ("Host: a", "Host: b"), "http-syntax", "header Host", 400),
        ("GET /", ("Content-Length: x",), "http-syntax", "header Content-Length", 400),
        ("GET /", ("Content-Length: 1", "Content-Length: 1"), "http-syntax", "header Content-Length", 400),
        ("GET /", ("X Y: 1",), "http-syntax", "head", 400),
        ("GET /" + "a" * 9_000, (), "bounds", "", 414),
        ("GET /", ("X: " + "a" * 40_000,), "bounds", "", 431),
    ],
)
def test_what_holds_in_every_mode(start: str, lines: tuple[str, ...], rule: str, place: str, status: int) -> None:
    row = row_of(trial_of("mode: monitor"), start, *lines)
    assert (row.operation, row.verdict, row.action, row.mode, row.status) == (None, "deny", "deny", "enforce", status)
    (found,) = row.rules
    assert (found.id, found.place) == (rule, place)
    assert found.sample


def test_bodies_above_the_bound() -> None:
    row = row_of(trial_of("mode: monitor\nbody_size: 3"), "POST /", body=b"1234")
    assert (row.verdict, row.status, row.rules[0].id) == ("deny", 413, "bounds.body_size")


@pytest.mark.parametrize(
    ("lines", "rule"),
    [
        (("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",), ""),
        ((), "websocket-handshake"),
        (("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Origin: https://evil.example"), "websocket-origin"),
    ],
)
def test_handshakes(lines: tuple[str, ...], rule: str) -> None:
    asked = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", *lines)
    row = row_of(trial_of("mode: monitor\nwebsocket_origins: [https://good.example]"), "GET /", *asked)
    assert [found.id for found in row.rules] == ([rule] if rule else [])


def test_answers_are_no_denials() -> None:
    trial = trial_of("cors: {allow_origins: [https://a.example]}")
    row = row_of(trial, "OPTIONS /", "Origin: https://a.example", "Access-Control-Request-Method: GET")
    assert (row.verdict, row.action, row.status) == ("allow", "answer", 204)


@pytest.mark.parametrize(
    ("contract", "verdict", "action"),
    [
        ("responses: enforce, response_action: strip", "allow", "allow"),
        ("responses: monitor, response_action: strip", "allow", "allow"),
        ("responses: enforce, response_action: block", "allow", "allow"),
        ("responses: monitor, response_action: block", "allow", "allow"),
    ],
)
def test_changed_responses_are_no_denials(contract: str, verdict: str, action: str) -> None:
    trial = trial_of(f"contract: {{file: openapi.yaml, {contract}}}", CONTRACT)
    fields = ((b"Content-Type", b"application/json"),)
    response = Response(status=200, fields=fields, body=b'{"b": 1, "secret": 2}')
    row = row_of(trial, "POST /orders", "X-Run: 1", JSON, body=b'{"a": 1}', response=response)
    assert (row.verdict, row.action, row.status) == (verdict, action, 200)
    assert [found.id for found in row.rules] == (["contract-response"] if "strip" in contract else [])


@pytest.mark.parametrize(("mode", "action"), [("enforce", "deny"), ("monitor", "allow")])
def test_blocked_responses_are_denials(mode: str, action: str) -> None:
    trial = trial_of(f"contract: {{file: openapi.yaml, responses: {mode}, response_action: block}}", CONTRACT)
    response = Response(status=418)
    row = row_of(trial, "POST /orders", "X-Run: 1", JSON, body=b'{"a": 1}', response=response)
    assert (row.verdict, row.action, row.status) == ("deny", action, 502)


def test_sanitised_errors_are_no_denials() -> None:
    row = row_of(trial_of("mode: monitor\nsanitise_errors: true"), "GET /", response=Response(status=500))
    assert (row.verdict, [found.id for found in row.rules]) == ("allow", ["error-sanitising"])


LIMITED = """rules: {undeclared: {mode: "off"}}
limits: [{rate: 1/s, burst: 2, by: principal}]
authenticate: [{api_key: {header: X-API-Key}}]
require: {scopes: [admin]}
operations: {"GET /open": {authenticate: [anonymous], limits: null, require: null}}
"""


def test_stateless_trials_say_what_they_leave_out() -> None:
    trial = trial_of(LIMITED)
    for _ in range(3):
        row = row_of(trial, "GET /")
        assert row.verdict == "allow"
        assert [one.rule for one in row.not_evaluated] == ["api-key", "rate-limit", "require"]
    assert row_of(trial, "GET /open").not_evaluated == ()


def test_everything_in_recorded_time() -> None:
    trial = trial_of(LIMITED, stateless=False)
    rows = [row_of(trial, "GET /open"), row_of(trial, "GET /", f"X-API-Key: {KEY}"), row_of(trial, "GET /")]
    assert [row.status for row in rows] == [200, 403, 401]
    assert all(row.not_evaluated == () for row in rows)
    limited = trial_of("limits: [{rate: 1/s, burst: 1, by: address}]", stateless=False)
    assert [row_of(limited, "GET /").verdict for _ in range(2)] == ["allow", "deny"]
    timeless = [row_of(limited, "GET /", timed=False) for _ in range(2)]
    assert [row.verdict for row in timeless] == ["allow", "allow"]
    assert timeless[0].not_evaluated == (Unjudged("rate-limit", "the recording does not say when the request came"),)


def event_of(**values: Any) -> Recording:
    base = {
        "tag": "gateway:request:allowed",
        "request_id": "abc",
        "method": "POST",
        "host": "api.example",
        "target": "/orders",
        "content_type": "application/json",
        "field_names": ["host", "content-type", "content-length", "x-run"],
        "request_sample": b'{"a":1}',
        "request_size": 7,
    }
    found = read_event(Event(**(base | values)))
    assert found is not None
    return found


def told(trial: Trial, **values: Any) -> Row:
    return trial.row(event_of(**values), "log", 0)


def test_records_are_not_judged_by_what_they_do_not_hold() -> None:
    trial = trial_of(CHECKED, CONTRACT)
    row = told(trial)
    assert (row.verdict, row.action, row.rules) == ("allow", "allow", ())
    assert {one.rule for one in row.not_evaluated} == {"fields", "contract-request"}
    masked = told(trial, request_sample=b'{"a":1,"password":"***"}')
    assert masked.verdict == "allow"
    query = told(trial, target="/orders?dry=hash:0011")
    assert query.verdict == "allow"


@pytest.mark.parametrize(("mode", "action"), [("enforce", "deny"), ("monitor", "allow")])
def test_what_records_hold_is_judged(mode: str, action: str) -> None:
    trial = trial_of(f"mode: {mode}\n{CHECKED}", CONTRACT)
    row = told(trial, request_sample=b'{"a":"x","password":"***"}')
    assert (row.verdict, row.action, row.mode) == ("deny", action, mode)
    assert [found.place for found in row.rules] == ["body /a"]
    row = told(trial, field_names=["host"])
    assert [found.place for found in row.rules][:1] == ["header X-Run"]


def test_records_have_no_credentials() -> None:
    row = told(trial_of(LIMITED, stateless=False))
    assert row.verdict == "allow"
    assert ("api-key", "the record holds no credentials") in [(one.rule, one.reason) for one in row.not_evaluated]
    refused = trial_of("").row(event_of(method="", tag="gateway:request:refused", status=400), "log", 0)
    assert (refused.verdict, refused.rules[0].id) == ("deny", "http-syntax")


def test_responses_of_records() -> None:
    trial = trial_of("contract: {file: openapi.yaml, responses: enforce, response_action: block}", CONTRACT)
    shown = {
        "upstream_status": 200,
        "response_size": 9,
        "response_content_type": "application/json",
        "field_names": ["host", "x-run"],
    }
    assert told(trial, **shown, response_sample=b'{"b":"***"}').verdict == "allow"


RULES = r"""
SecAction "id:1,phase:1,pass,nolog,setvar:tx.anomaly_score=0"
SecRule ARGS "@contains evil" "id:100,phase:2,block,t:none,msg:'Evil',severity:'CRITICAL',setvar:'tx.anomaly_score=+5'"
SecRule ARGS "@contains odd" "id:101,phase:2,block,t:none,msg:'Odd',severity:'WARNING',setvar:'tx.anomaly_score=+3'"
SecRule TX:anomaly_score "@ge %{tx.inbound_anomaly_score_threshold}" "id:102,phase:2,deny,status:403,msg:'Score'"
"""


@pytest.mark.parametrize(("mode", "action"), [("enforce", "deny"), ("monitor", "allow")])
def test_scores_and_all_that_adds_to_them(mode: str, action: str) -> None:
    bundle = bundle_of(
        policy_of(f"attacks: false\nmode: {mode}\ncrs: {{directory: crs}}"), files={"crs/a.conf": RULES.encode()}
    )
    trial = Trial(bundle, ports_of(bundle), bundle.policy)
    row = row_of(trial, "GET /?a=evil&b=odd")
    assert (row.verdict, row.action, row.status, row.score) == ("deny", action, 403, Score(8, 0))
    assert [(one.id, one.severity, one.place) for one in row.rules] == [
        ("crs-100", Severity.CRITICAL, "query a"),
        ("crs-101", Severity.MEDIUM, "query b"),
    ]
    row = row_of(trial, "GET /?b=odd")
    assert (row.verdict, row.score, [one.id for one in row.rules]) == ("allow", Score(3, 0), ["crs-101"])
    assert row_of(trial, "GET /?b=good").score == Score()


@pytest.mark.parametrize(("mode", "action"), [("enforce", "deny"), ("monitor", "allow")])
def test_attacks(mode: str, action: str) -> None:
    row = row_of(trial_of(f"attacks: {{mode: {mode}}}"), "GET /?q=1%27%20OR%20%271%27=%271")
    assert (row.verdict, row.action, row.status) == ("deny", action, 403)
    (found,) = row.rules
    assert (found.id, found.severity, found.place) == ("sql-injection", Severity.CRITICAL, "query q")


def test_rules_that_only_inform_deny_nothing() -> None:
    informing = [name for name, attack in attacks().items() if attack.rule.mode is Mode.MONITOR]
    trial = trial_of("attacks: {mode: enforce}")
    for name in informing:
        payload = attacks()[name].rule.matches[0]
        body = f'{{"query": {msgspec.json.encode(payload.text).decode()}}}'.encode()
        row = row_of(trial, "POST /graphql", JSON, body=payload.text.encode() if payload.place == "body" else body)
        assert row.verdict == "allow"


@pytest.mark.parametrize(
    ("place", "known"),
    [
        ("header User-Agent", True),
        ("header X-Run", False),
        ("cookie sid", True),
        ("query q", False),
        ("query p", True),
        ("path id", True),
        ("body /a/0/b", False),
        ("body /a/1", True),
        ("body /a/9/b", True),
        ("body /a~1b", False),
        ("body /o", False),
        ("body /o/p", False),
        ("body", True),
        ("response header Content-Type", True),
        ("response header X-Other", False),
        ("response /a", False),
        ("response /b", True),
    ],
)
def test_which_places_a_record_holds(place: str, known: bool) -> None:
    recording = event_of(
        target="/orders?q=hash:00&p=1",
        request_sample=b'{"a":[{"b":"***"},1],"a/b":"***","o":{"***":"***"}}',
        request_size=50,
        upstream_status=200,
        response_size=9,
        response_sample=b'{"a":"***","b":1}',
    )
    assert is_known(place, recording) is known


@pytest.mark.parametrize(
    ("place", "known"),
    [
        ("header User-Agent", True),
        ("header X-Run", False),
        ("cookie sid", False),
        ("query q", True),
        ("response header Content-Type", False),
    ],
)
def test_which_places_an_access_log_holds(place: str, known: bool) -> None:
    line = b'192.0.2.1 - - [22/Nov/2026:07:51:22 +0000] "GET /a?q=1 HTTP/1.1" 200 5 "-" "curl"'
    (recording,) = read_layout([line], NAMED["combined"], 0.0)
    assert is_known(place, recording) is known
    paths_only = Layout("paths", nginx("$request_method|$uri|$status"))
    (without,) = read_layout([b"GET|/a|200"], paths_only, 0.0)
    assert not is_known("query q", without)


def test_places_of_what_is_no_record() -> None:
    assert is_known("header X", Recording(refused=(400, "x", "")))
    cut = event_of(request_sample=b'{"a":"***","b":', request_size=50)
    assert not is_known("body /b", cut)
    assert is_known("response /b", cut)
    assert not is_known("cookie sid", event_of(field_names=["cookie"]))


def test_what_cannot_be_read_is_a_row_too() -> None:
    row = trial_of("").row(Recording(id="x", error="it is broken"), "a", 1)
    assert (row.error, row.verdict, row.operation, row.status, row.mode) == ("it is broken", None, None, None, None)


def test_a_plan_that_cannot_be_made_is_a_mistake() -> None:
    with pytest.raises(PolicyErrors):
        trial_of(
            "authenticate: [{jwt: {algorithms: [HS256], issuer: a, audience: b, secret: {env: NOT_THERE}}}]", stateless=False
        )


def test_severities() -> None:
    assert severity("contract-request") is Severity.HIGH
    assert severity("bounds.body_size") is Severity.LOW
    assert severity("unknown-path") is Severity.MEDIUM


def test_policies_reduced() -> None:
    policy = bundle_of(policy_of(f"{LIMITED}contract: {{file: openapi.yaml, security: honour}}"), CONTRACT).policy
    service = without(policy, STATEFUL).services[0]
    assert service.settings == {"contract": {"file": "openapi.yaml", "security": "ignore"}}
    assert service.operations["GET /open"].settings == {}
    assert "authenticate" in without(policy, LIMITS).services[0].settings
    assert watching(policy).services[0].mode == "monitor"
    left = LeftOut(policy, STATEFUL)
    operation = Operation("listOpen", "s", "GET", "/v1/open")
    assert left.of(operation) == ("contract-request",)
    assert left.of(Operation("x", "s", "GET", "/x")) == ("api-key", "rate-limit", "require", "contract-request")
    other = with_contract(policy, "/other.yaml").services[0]
    assert other.contract is not None and other.contract.file == "/other.yaml"
    assert other.settings["contract"] == {"file": "/other.yaml", "security": "honour"}
    two = msgspec.structs.replace(policy, services=(policy.services[0], msgspec.structs.replace(policy.services[0], name="t")))
    with pytest.raises(ValueError, match="several services"):
        with_contract(two, "x")
