"""The guard crs as a policy has it: rules from a directory on disk, scores, exceptions, modes, bounds, and what is proven."""

import gc
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import pytest
from rule_directories import loaded, write_rules

from yett.engine.compile import compile_policy
from yett.engine.recorded import RecordedView, Replayed, replay
from yett.engine.snapshot import Report, Snapshot
from yett.model.decision import Evaluation, Pause, Phase, Wait
from yett.model.exchange import Exchange, Fields, Request, Response
from yett.model.mistake import PolicyErrors
from yett.model.ports import Ports
from yett.rules.guards.crs import RULE
from yett.rules.seclang.program import Program
from yett.store.bundle import load_bundle
from yett.store.counters.local import LocalCounters
from yett.store.keyfile import KeyRing

NOW = 1_750_000_000.0
SETUP = """
SecDefaultAction "phase:1,log,pass"
SecDefaultAction "phase:2,log,pass"
SecDefaultAction "phase:3,log,pass"
SecDefaultAction "phase:4,log,pass"
SecAction "id:900990,phase:1,pass,nolog,setvar:tx.crs_setup_version=4280"
"""
RULES = r"""
SecRule &TX:crs_setup_version "@eq 0" "id:901001,phase:1,deny,status:500,msg:'CRS has no setup'"
SecRule &TX:critical_anomaly_score "@eq 0" "id:901140,phase:1,pass,nolog,setvar:'tx.critical_anomaly_score=5'"
SecAction "id:901200,phase:1,pass,nolog,setvar:'tx.blocking_inbound_anomaly_score=0',setvar:'tx.blocking_outbound_anomaly_score=0'"
SecRule REQUEST_METHOD "!@within %{tx.allowed_methods}" "id:911100,phase:1,block,msg:'Method',severity:'CRITICAL',\
    setvar:'tx.blocking_inbound_anomaly_score=+%{tx.critical_anomaly_score}'"
SecRule TX:DETECTION_PARANOIA_LEVEL "@lt 1" "id:942011,phase:2,pass,nolog,skipAfter:END"
SecRule REQUEST_COOKIES|REQUEST_HEADERS:User-Agent|ARGS|ARGS_NAMES|XML:/* "@rx (?i)union\s+select" "id:942190,phase:2,block,capture,\
    t:none,t:urlDecodeUni,msg:'SQL injection',severity:'CRITICAL',\
    setvar:'tx.blocking_inbound_anomaly_score=+%{tx.critical_anomaly_score}'"
SecRule TX:DETECTION_PARANOIA_LEVEL "@lt 2" "id:942013,phase:2,pass,nolog,skipAfter:END"
SecRule ARGS "@pmFromFile words.data" "id:942200,phase:2,block,msg:'Suspicious word',severity:'WARNING',\
    setvar:'tx.blocking_inbound_anomaly_score=+3'"
SecMarker END
SecRule TX:blocking_inbound_anomaly_score "@ge %{tx.inbound_anomaly_score_threshold}" "id:949110,phase:2,deny,status:403"
SecRule RESPONSE_STATUS "@rx ^5" "id:950100,phase:3,block,msg:'Failure',severity:'ERROR',setvar:'tx.blocking_outbound_anomaly_score=+4'"
SecRule RESPONSE_BODY "@rx ORA-\d{5}" "id:951120,phase:4,block,msg:'Oracle',severity:'ERROR',setvar:'tx.blocking_outbound_anomaly_score=+4'"
SecRule TX:blocking_outbound_anomaly_score "@ge %{tx.outbound_anomaly_score_threshold}" "id:959100,phase:4,deny"
SecRule ARGS "@rx x" "id:990000,phase:2,pass,nolog,initcol:ip=%{remote_addr}"
"""
UNION = b"1 UNION SELECT password"
JSON: Fields = ((b"Host", b"a"), (b"Content-Type", b"application/json"))
HTML: Fields = ((b"Content-Type", b"text/html"),)


COMPILED: WeakValueDictionary[bytes, Program] = WeakValueDictionary()


@pytest.fixture
def policy(tmp_path: Path) -> Callable[..., Snapshot]:
    """Writes the rules and a policy, and compiles it."""
    (write_rules(tmp_path, RULES, SETUP) / "words.data").write_text("# words\nsleep(\nbenchmark(\n")

    def compiled(service: dict[str, Any] | None = None, **options: Any) -> Snapshot:
        bundle = loaded(tmp_path, service, options)
        ports = Ports(counters=LocalCounters(), keys=KeyRing(()), files=bundle.files, compiled=COMPILED)
        return compile_policy(bundle, ports)

    return compiled


def sent(
    snapshot: Snapshot,
    target: bytes = b"/",
    body: bytes = b"",
    fields: Fields = ((b"Host", b"a"),),
    method: str = "",
    response: Response | None = None,
) -> Replayed:
    method = method or ("POST" if body else "GET")
    if body:
        fields = (*fields, (b"Content-Length", b"%d" % len(body)))
    request = Request(method=method, target=target, fields=fields, body=body)
    return replay(snapshot, Exchange(id="1", source="test", started=NOW, request=request, response=response), NOW)


def report(snapshot: Snapshot) -> Report:
    return snapshot.build_all()


# --- requests -----------------------------------------------------------------------------------------------------------------


def test_the_record_names_rule_place_score_and_a_sample(policy: Callable[..., Snapshot]) -> None:
    found = sent(policy(), b"/orders?q=1%20UNION%20SELECT%20password")
    assert found.denial is not None and found.evaluation is not None
    assert (found.denial.rule, found.denial.status, found.denial.place) == ("crs-942190", 403, "query q")
    assert found.denial.reason == "anomaly score 5: SQL injection"
    assert "UNION SELECT" in found.denial.sample
    assert found.evaluation.inbound_score == 5


@pytest.mark.parametrize(
    ("target", "body", "fields", "place"),
    [
        (b"/", b'{"items": [{"na/me~": "1 union select 2"}]}', JSON, "body /items/0/na~1me~0"),
        (b"/", b'{"items": [{"note": "1 union\\u0020select 2"}]}', JSON, "body /items/0/note"),
        (b"/", b'{"a.b": ["1 union select 2"]}', JSON, "body /a.b/0"),
        (b"/", b'{"": {"": "1 union select 2"}}', JSON, "body //"),
        (b"/", b'{"empty-key": "1 union select 2"}', JSON, "body /empty-key"),
        (b"/", b'{"a": {"b": "1 union select 2"}, "a.b": 1}', JSON, "body"),
        (b"/", b'{"a.b": "1 union select 2", "a": {"b": "1 union select 2"}}', JSON, "body"),
        (b"/", b'{"array_0": {"x": "1 union select 2"}}', JSON, "body /array_0/x"),
        (b"/", b'[{"x": "1 union select 2"}]', JSON, "body /0/x"),
        (b"/", b'{"1 union select 2": 7}', JSON, "body /1 union select 2 (name)"),
        (b"/", b'"1 union select 2"', JSON, "body"),
        (
            b"/",
            b"a=1&note=1+union+select+2",
            ((b"Host", b"a"), (b"Content-Type", b"application/x-www-form-urlencoded")),
            "form note",
        ),
        (b"/", b"<a><b>1 union select 2</b></a>", ((b"Host", b"a"), (b"Content-Type", b"application/xml")), "body"),
        (b"/", b"", ((b"Host", b"a"), (b"Cookie", b"a=b; sid=1 union select 2")), "cookie sid"),
        (b"/", b"", ((b"Host", b"a"), (b"User-Agent", b"1 union select 2")), "header User-Agent"),
        (
            b"/",
            b'--x\r\nContent-Disposition: form-data; name="note"\r\n\r\n1 union select 2\r\n--x--\r\n',
            ((b"Host", b"a"), (b"Content-Type", b"multipart/form-data; boundary=x")),
            "part note",
        ),
        (b"/", b'{"note": "1 union select 2", "note": 1}', JSON, "body /note"),
        (b"/", b'{"note": "1 union select 2"', ((b"Host", b"a"),), "body"),
    ],
)
def test_places(policy: Callable[..., Snapshot], target: bytes, body: bytes, fields: Fields, place: str) -> None:
    found = sent(policy(), target, body, fields)
    assert found.denial is not None
    assert (found.denial.rule, found.denial.place) == ("crs-942190", place)


_BOUNDARY = b'--x\r\nContent-Disposition: form-data; name="q"\r\n\r\n1 union\nselect 2\r\n--x--\r\n'


@pytest.mark.parametrize(
    ("target", "body", "kind"),
    [
        (b"/?q=1%20union%0Aselect%202", b"", b""),
        (b"/", b"a=1&q=1+union%0Aselect+2", b"application/x-www-form-urlencoded"),
        (b"/", b"a=1&q=1+union\nselect+2", b"application/x-www-form-urlencoded"),
        (b"/", b"a=1&q=" + b"x" * 70_000 + b"+union%0Aselect+2", b"application/x-www-form-urlencoded"),
        (b"/", b'{"q": "1 union\\nselect 2"}', b"application/json"),
        (b"/", b'{"q": "1 union\\u000aselect 2"}', b"application/json"),
        (b"/", b'{"q": ["' + b"x" * 70_000 + b'", "1 union\\u000Aselect 2"]}', b"application/json"),
        (b"/", b'{"q": "\\ud83d\\ude00 1 union\\nselect 2"}', b"application/json"),
        (b"/", b"<q>1 union\nselect 2</q>", b"application/xml"),
        (b"/", _BOUNDARY, b"multipart/form-data; boundary=x"),
    ],
)
def test_a_line_break_hides_nothing(policy: Callable[..., Snapshot], target: bytes, body: bytes, kind: bytes) -> None:
    fields: Fields = ((b"Host", b"a"), *(((b"Content-Type", kind),) if kind else ()))
    assert sent(policy(), target, body, fields).denial is not None


def test_harmless_requests_leave_no_trace(policy: Callable[..., Snapshot]) -> None:
    found = sent(policy(), b"/orders?q=trade+union", b'{"note": "select a plan", "n": 1}', JSON)
    assert found.verdict == "allow" and found.evaluation is not None
    assert (found.evaluation.inbound_score, found.evaluation.not_evaluated) == (0, None)


def test_threshold_and_paranoia(policy: Callable[..., Snapshot]) -> None:
    both = b'{"a": "union select", "b": "sleep(9)"}'
    assert sent(policy(threshold=6), b"/", both, JSON).denial is None
    found = sent(policy(threshold=6, paranoia=2), b"/", both, JSON)
    assert found.denial is not None and found.denial.rule == "crs-942190"
    assert found.denial.reason == "anomaly score 8: SQL injection; also crs-942200"
    found = sent(policy(threshold=9, paranoia=1, executing_paranoia=2), b"/", both, JSON)
    assert found.denial is None and found.evaluation is not None and found.evaluation.inbound_score == 8


def test_methods_of_apis_are_allowed_unless_the_policy_says_which(policy: Callable[..., Snapshot]) -> None:
    assert sent(policy(), method="PATCH").verdict == "allow"
    found = sent(policy(setup={"allowed_methods": "GET POST"}), method="PATCH")
    assert found.denial is not None and (found.denial.rule, found.denial.place) == ("crs-911100", "method")


@pytest.mark.parametrize(
    ("exception", "target", "denied"),
    [
        ({"rule": 942190, "place": "query q"}, b"/?q=union+select", False),
        ({"rule": "crs-942190", "place": "query q"}, b"/?q=union+select", False),
        ({"rule": 942190, "place": "query q"}, b"/?q=union+select&r=union+select", True),
        ({"rule": 942190, "place": "query"}, b"/?q=union+select&r=union+select", False),
        ({"rule": 942191, "place": "query q"}, b"/?q=union+select", True),
        ({"rule": "*", "operation": "GET /"}, b"/?q=union+select", True),
    ],
)
def test_exceptions(policy: Callable[..., Snapshot], exception: dict[str, Any], target: bytes, denied: bool) -> None:
    assert (sent(policy(**{"except": [exception]}), target).denial is not None) is denied


FORM: Fields = ((b"Host", b"a"), (b"Content-Type", b"application/x-www-form-urlencoded"))
PARTS: Fields = ((b"Host", b"a"), (b"Content-Type", b"multipart/form-data; boundary=x"))
PART = b'--x\r\nContent-Disposition: form-data; name="q"\r\n\r\n%b\r\n--x--\r\n'


@pytest.mark.parametrize(
    ("excused", "target", "body", "fields", "place"),
    [
        ("query q", b"/?q=1", b"q=union+select", FORM, "form q"),
        ("query q", b"/?q=union+select", b"q=1", FORM, ""),
        ("form q", b"/?q=union+select", b"q=1", FORM, "query q"),
        ("form q", b"/?q=1", b"q=union+select", FORM, ""),
        ("query q", b"/?q=1", PART % b"union select", PARTS, "part q"),
        ("query json.q", b"/?json.q=1", b'{"q": "union select"}', JSON, "body /q"),
        ("body /q", b"/?json.q=1", b'{"q": "union select"}', JSON, ""),
        ("query **", b"/?union+select=1", b"union+select=1", FORM, "form union select (name)"),
    ],
)
def test_a_name_in_query_and_body_is_two_places(
    policy: Callable[..., Snapshot], excused: str, target: bytes, body: bytes, fields: Fields, place: str
) -> None:
    found = sent(policy(**{"except": [{"rule": 942190, "place": excused}]}), target, body, fields)
    assert (found.denial.place if found.denial is not None else "") == place


@pytest.mark.parametrize(
    ("excused", "body"),
    [
        ("body /a/b", b'{"a.b": "union select"}'),
        ("body /a/b", b'{"a/b": "union select"}'),
        ("body /a/b", b'{"a": {"b": 1}, "a.b": "union select"}'),
        ("body /a.b", b'{"a": {"b": "union select"}}'),
        ("body //", b'{"empty-key": "union select"}'),
        ("body /a", b'{"a ": "union select"}'),
    ],
)
def test_members_with_odd_names_are_places_of_their_own(policy: Callable[..., Snapshot], excused: str, body: bytes) -> None:
    assert sent(policy(**{"except": [{"rule": 942190, "place": excused}]}), b"/", body, JSON).denial is not None


def test_looking_for_what_a_name_means_ends(policy: Callable[..., Snapshot]) -> None:
    document: dict[str, Any] = {"a": "union select"}
    for _ in range(40):
        document = {"a": document, "a.a": document if len(json.dumps(document)) < 4_000 else 1}
    found = sent(policy(), b"/", json.dumps(document).encode(), JSON)
    assert found.denial is not None and found.denial.place == "body"


def test_the_language_itself_leaves_out_a_name_in_both(tmp_path: Path, policy: Callable[..., Snapshot]) -> None:
    steers = 'SecRule ARGS:off "@streq 1" "id:7,phase:1,pass,nolog,ctl:ruleRemoveTargetById=942190;ARGS:q"\n'
    rules = tmp_path / "crs" / "rules" / "REQUEST-900-EXCLUSION-RULES-BEFORE-CRS.conf"
    rules.write_text(steers)
    snapshot = policy()
    assert sent(snapshot, b"/?q=1", b"q=union+select", FORM).denial is not None
    assert sent(snapshot, b"/?off=1&q=1", b"q=union+select", FORM).denial is None
    assert sent(snapshot, b"/?off=1&q=union+select", b"q=1", FORM).denial is None


def test_an_exception_from_a_rule_that_there_is_not_is_told(policy: Callable[..., Snapshot]) -> None:
    exceptions = [{"rule": rule, "place": "query q"} for rule in (942190, "crs-942200", "*", 942191, "crs-7")]
    gaps = [(gap.what, gap.why) for gap in report(policy(**{"except": exceptions})).gaps if gap.what.startswith("except")]
    assert list(dict.fromkeys(what for what, _ in gaps)) == ["except: rule 942191", "except: rule 7"]
    assert all("no rule in" in why and "has this number" in why for _, why in gaps)


def test_exceptions_of_one_operation(policy: Callable[..., Snapshot]) -> None:
    service = {"contract": {"file": "openapi.yaml", "requests": "off"}}
    snapshot = policy(service, **{"except": [{"rule": 942190, "operation": "addNote", "place": "body /note"}]})
    body = b'{"note": "union select"}'
    assert sent(snapshot, b"/notes", body, JSON).denial is None
    assert sent(snapshot, b"/other", body, JSON).denial is not None
    assert sent(snapshot, b"/notes", b'{"title": "union select"}', JSON).denial is not None


def test_monitor_mode_only_records(policy: Callable[..., Snapshot]) -> None:
    for snapshot in (policy(mode="monitor"), policy({"mode": "monitor"}), policy({"rules": {"crs": {"mode": "monitor"}}})):
        found = sent(snapshot, b"/?q=union+select")
        assert found.denial is None and [one.rule for one in found.would] == ["crs-942190"]


def test_what_the_contract_proves_is_not_judged(policy: Callable[..., Snapshot]) -> None:
    proven = policy({"contract": {"file": "openapi.yaml"}})
    body = b'{"kind": "1 union select kind", "note": "%b"}'
    assert sent(proven, b"/notes", body % b"fine", JSON).denial is None
    found = sent(proven, b"/notes", body % b"union select", JSON)
    assert found.denial is not None and found.denial.place == "body /note"
    found = sent(policy({"contract": {"file": "openapi.yaml", "requests": "off"}}), b"/notes", body % b"fine", JSON)
    assert found.denial is not None and found.denial.place == "body /kind"


# --- bounds -------------------------------------------------------------------------------------------------------------------


def test_what_is_beyond_the_limit_is_told_or_refused(policy: Callable[..., Snapshot]) -> None:
    body = json.dumps([f"value {number}" for number in range(500)]).encode()
    found = sent(policy(inspect={"size": 2048}), b"/", body, JSON)
    assert found.verdict == "allow"
    assert found.not_evaluated == [("crs", "the body was inspected up to 2048 octets or 1000 values")]
    found = sent(policy(inspect={"size": 2048, "beyond": "deny"}), b"/", body, JSON)
    assert found.denial is not None and (found.denial.rule, found.denial.status) == ("crs", 413)
    body = b'["union select", ' + body[1:]
    found = sent(policy(inspect={"size": 2048, "beyond": "deny"}), b"/", body, JSON)
    assert found.denial is not None and found.denial.rule == "crs-942190"


def test_an_upload_beyond_the_limit_is_read_in_parts(policy: Callable[..., Snapshot]) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="note"\r\n\r\n%b\r\n--x\r\n'
    body += (
        b'Content-Disposition: form-data; name="f"; filename="union select"\r\n\r\n' + b"union select " * 500 + b"\r\n--x--\r\n"
    )
    snapshot = policy(inspect={"size": 2048})
    found = sent(snapshot, b"/", body.replace(b"%b", b"fine"), PARTS)
    assert (found.denial, [name for name, _ in found.not_evaluated]) == (None, ["crs"])
    found = sent(snapshot, b"/", body.replace(b"%b", b"union select"), PARTS)
    assert found.denial is not None and found.denial.place == "part note"


def test_long_work_pauses(policy: Callable[..., Snapshot]) -> None:
    snapshot = policy()
    body = json.dumps([f"union of {number} " + "text " * 200 for number in range(600)] + ["union select"]).encode()
    request = Request(method="POST", target=b"/", fields=(*JSON, (b"Content-Length", b"%d" % len(body))), body=body)
    steps = []
    view = RecordedView(Exchange(id="1", source="test", started=NOW, request=request), snapshot.policy.bounds)
    view.decode_body()
    plan, parameters = snapshot.route("POST", "a", "/")  # type: ignore[misc]
    evaluation = Evaluation(plan.operation, NOW, NOW, parameters)
    check = plan.checks[Phase.BODY][-1]
    outcome = check(view, evaluation)
    while isinstance(outcome, Wait):
        assert isinstance(outcome.need, Pause)
        steps.append(outcome.need.step)
        outcome = check(view, evaluation)
    assert len(steps) >= 2 and len(set(steps)) == len(steps)
    assert outcome is not None and outcome.rule == "crs-942190"  # type: ignore[union-attr]


def test_work_on_a_large_body_may_be_done_by_another_thread(policy: Callable[..., Snapshot]) -> None:
    snapshot = policy()
    body = json.dumps([f"union of {number} " + "text " * 200 for number in range(600)] + ["union select"]).encode()
    request = Request(method="POST", target=b"/", fields=(*JSON, (b"Content-Length", b"%d" % len(body))), body=body)
    steps = []
    view = RecordedView(Exchange(id="1", source="test", started=NOW, request=request), snapshot.policy.bounds)
    view.decode_body()
    plan, parameters = snapshot.route("POST", "a", "/")  # type: ignore[misc]
    evaluation = Evaluation(plan.operation, NOW, NOW, parameters)
    check = plan.checks[Phase.BODY][-1]
    outcome = check(view, evaluation)
    while isinstance(outcome, Wait):
        assert isinstance(outcome.need, Pause)
        if outcome.need.work is not None:
            with ThreadPoolExecutor(1) as aside:
                aside.submit(outcome.need.work).result(20)
        steps.append(outcome.need.step)
        outcome = check(view, evaluation)
    assert len(steps) == 1
    assert outcome is not None and outcome.rule == "crs-942190"  # type: ignore[union-attr]


# --- responses ----------------------------------------------------------------------------------------------------------------


def test_responses_are_scored_by_themselves(policy: Callable[..., Snapshot]) -> None:
    leak = Response(status=200, fields=HTML, body=b"<b>ORA-00933: wrong</b>")
    found = sent(policy(), response=leak)
    assert found.denial is not None and found.evaluation is not None
    assert (found.denial.rule, found.denial.status, found.denial.place) == ("crs-951120", 502, "response body")
    assert (found.evaluation.inbound_score, found.evaluation.outbound_score) == (0, 4)
    assert sent(policy(outbound_threshold=5), response=leak).denial is None
    assert sent(policy(responses=False), response=leak).denial is None


def test_the_head_of_a_response_without_text(policy: Callable[..., Snapshot]) -> None:
    failure = Response(status=503, fields=((b"Content-Type", b"application/octet-stream"),), body=b"ORA-00933")
    found = sent(policy(), response=failure)
    assert found.denial is not None and (found.denial.rule, found.denial.place) == ("crs-950100", "response status")
    picture = Response(status=200, fields=((b"Content-Type", b"image/png"),), body=b"ORA-00933")
    assert sent(policy(), response=picture).verdict == "allow"


def test_the_response_to_a_request_that_scored(policy: Callable[..., Snapshot]) -> None:
    answer = Response(status=500, fields=HTML, body=b"ORA-00933")
    found = sent(policy(threshold=20, outbound_threshold=8), b"/?q=union+select", response=answer)
    assert found.denial is not None and found.evaluation is not None
    assert found.denial.reason == "anomaly score 8: Failure; also crs-951120"
    assert (found.evaluation.inbound_score, found.evaluation.outbound_score) == (5, 8)
    fine = sent(policy(threshold=20), b"/?q=union+select", response=Response(status=200, fields=HTML, body=b"fine"))
    assert fine.verdict == "allow"


# --- the directory ------------------------------------------------------------------------------------------------------------


def test_gaps_are_told_with_their_places(policy: Callable[..., Snapshot]) -> None:
    gaps = [gap for gap in report(policy()).gaps if gap.rule == RULE.id]
    assert any(gap.what.startswith("crs/rules/rules.conf:") and "initcol" in gap.what for gap in gaps)


def test_mistakes_in_rules_have_file_and_line(policy: Callable[..., Snapshot], tmp_path: Path) -> None:
    policy()
    (tmp_path / "crs" / "rules" / "broken.conf").write_text(
        'SecRule ARGS "@rx a" "id:1,phase:2,pass"\nSecRule ARGS "@foo a" "id:2"\n'
    )
    errors = report(policy()).errors
    assert len(errors) == 1 and "crs/rules/broken.conf:2" in str(errors[0])
    assert errors[0].line or errors[0].message


def test_rules_that_stop_everything_are_a_mistake(policy: Callable[..., Snapshot], tmp_path: Path) -> None:
    policy()
    (tmp_path / "crs" / "crs-setup.conf").write_text(
        'SecDefaultAction "phase:1,log,pass"\nSecDefaultAction "phase:2,log,pass"\n'
    )
    assert "rule 901001 stops every request: CRS has no setup" in str(report(policy()).errors[0])


def test_a_setup_from_elsewhere(policy: Callable[..., Snapshot], tmp_path: Path) -> None:
    policy()
    (tmp_path / "crs" / "crs-setup.conf").unlink()
    (tmp_path / "my-setup.conf").write_text(
        SETUP + 'SecAction "id:900001,phase:1,pass,nolog,setvar:tx.critical_anomaly_score=2"\n'
    )
    found = sent(policy(setup_file="my-setup.conf", threshold=2), b"/?q=union+select")
    assert found.denial is not None and found.denial.reason.startswith("anomaly score 2:")


def test_what_is_said_of_the_set_up_names_its_own_file(policy: Callable[..., Snapshot], tmp_path: Path) -> None:
    setup = tmp_path / "my-setup.conf"
    setup.write_text(SETUP + "SecCollectionTimeout 600\n")
    gaps = [gap.what for gap in report(policy(setup_file="my-setup.conf")).gaps]
    assert any(what.startswith("my-setup.conf:") for what in gaps) and any(what.startswith("crs/rules/") for what in gaps)
    setup.write_text("SecFoo 1\n")
    assert "crs: my-setup.conf:1:1: the directive SecFoo" in str(report(policy(setup_file="my-setup.conf")).errors[0])


def test_the_directory_is_watched_and_belongs_to_the_digest(policy: Callable[..., Snapshot], tmp_path: Path) -> None:
    policy()
    first = load_bundle(tmp_path / "yett.yaml")
    assert str(tmp_path / "crs" / "rules" / "words.data") in first.sources and str(tmp_path / "crs") in first.sources
    assert "crs/rules/rules.conf" in first.files
    (tmp_path / "crs" / "rules" / "words.data").write_text("pg_sleep(\n")
    assert load_bundle(tmp_path / "yett.yaml").digest != first.digest


def test_a_directory_that_is_not_there(policy: Callable[..., Snapshot], tmp_path: Path) -> None:
    with pytest.raises(PolicyErrors) as caught:
        policy(directory="nowhere")
    assert "nowhere" in str(caught.value) and str(tmp_path / "nowhere") in caught.value.files


@pytest.mark.parametrize(
    "options",
    [{"paranoia": 5}, {"threshold": 0}, {"except": [{"rule": 1}]}, {"except": [{"place": "query"}]}, {"setup": {"a b": 1}}],
)
def test_options_that_are_refused(policy: Callable[..., Snapshot], options: dict[str, Any]) -> None:
    assert mistakes(policy, options)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"paranoia": 2, "executing_paranoia": 1}, "executing_paranoia is below paranoia"),
        ({"setup": {"paranoia_level": 2}}, "setup: paranoia_level is what the setting 'paranoia' says"),
        ({"setup": {"allowed_method": "GET"}}, "no rule knows a variable 'allowed_method'; did you mean 'allowed_methods'?"),
        ({"except": [{"rule": 1, "place": "nowhere x"}]}, "'nowhere x' is no place; the first word is one of path, query,"),
        ({"directory": "crs/rules"}, "crs/rules has no crs-setup.conf, and the rules refuse to run without"),
    ],
)
def test_mistakes_say_what_to_do(policy: Callable[..., Snapshot], options: dict[str, Any], told: str) -> None:
    (found,) = mistakes(policy, options)
    assert told in found.message


def mistakes(policy: Callable[..., Snapshot], options: dict[str, Any]) -> tuple[Any, ...]:
    try:
        return report(policy(**options)).errors
    except PolicyErrors as error:
        return error.errors


def test_a_new_snapshot_with_the_same_rules_does_not_compile_them_again(
    policy: Callable[..., Snapshot], tmp_path: Path
) -> None:
    COMPILED.clear()
    first = policy()
    report(first)
    (program,) = COMPILED.values()
    second = policy(mode="monitor")
    report(second)
    assert list(COMPILED.values()) == [program]
    third = policy(threshold=7)
    report(third)
    assert len(COMPILED) == 2
    (tmp_path / "crs" / "rules" / "words.data").write_text("benchmark(\n")
    fourth = policy()
    report(fourth)
    assert len(COMPILED) == 3
    del first, second, third, fourth, program
    gc.collect()
    assert not COMPILED
