"""Requests that another process judges: the same verdict, reasons, scores and effects on responses as where they are judged at once."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rule_directories import loaded, write_rules

from yett.engine.compile import compile_policy
from yett.engine.decide import decide, resume
from yett.engine.recorded import RecordedView
from yett.engine.snapshot import Snapshot
from yett.model.decision import Denial, Errand, Evaluation, Outcome, Pause, Phase, Wait
from yett.model.exchange import Exchange, Fields, Request, Response
from yett.model.ports import Ports
from yett.store.counters.local import LocalCounters
from yett.store.keyfile import KeyRing

NOW = 1_750_000_000.0
RULES = r"""
SecDefaultAction "phase:1,log,pass"
SecDefaultAction "phase:2,log,pass"
SecDefaultAction "phase:3,log,pass"
SecDefaultAction "phase:4,log,pass"
SecAction "id:900,phase:1,pass,nolog,setvar:'tx.blocking_inbound_anomaly_score=0',setvar:'tx.blocking_outbound_anomaly_score=0'"
SecRule REQUEST_HEADERS:X-Leave "@streq target" "id:901,phase:1,pass,nolog,setvar:tx.left=1,ctl:ruleRemoveTargetById=960;ARGS:json.a"
SecRule REQUEST_HEADERS:X-Leave "@streq rule" "id:902,phase:1,pass,nolog,setvar:tx.left=1,ctl:ruleRemoveById=960"
SecRule REQUEST_HEADERS:X-Leave "@streq engine" "id:903,phase:1,pass,nolog,setvar:tx.left=1,ctl:ruleEngine=DetectionOnly"
SecRule REQUEST_HEADERS:X-Leave "@streq bare" "id:904,phase:1,pass,nolog,ctl:ruleRemoveById=960"
SecRule REQUEST_HEADERS:X-Leave "@streq allow" "id:905,phase:1,allow,nolog"
SecRule ARGS "@rx (?i)union\s+select" "id:942190,phase:2,block,capture,t:none,t:urlDecodeUni,msg:'SQL injection',\
    severity:'CRITICAL',setvar:'tx.blocking_inbound_anomaly_score=+5',setvar:tx.seen=%{MATCHED_VAR_NAME}"
SecRule TX:blocking_inbound_anomaly_score "@ge %{tx.inbound_anomaly_score_threshold}" "id:949110,phase:2,deny,status:403"
SecRule TX:seen "@rx a" "id:950,phase:3,block,msg:'Seen',severity:'ERROR',setvar:'tx.blocking_outbound_anomaly_score=+2'"
SecRule RESPONSE_BODY "@contains leak" "id:960,phase:4,block,msg:'Leak',severity:'ERROR',setvar:'tx.blocking_outbound_anomaly_score=+2'"
SecRule TX:blocking_outbound_anomaly_score "@ge %{tx.outbound_anomaly_score_threshold}" "id:959100,phase:4,deny"
"""
HEAD: Fields = ((b"Host", b"a"), (b"Content-Type", b"application/json"))
LEAK = Response(status=200, fields=((b"Content-Type", b"text/plain"),), body=b"a leak")
LONG = "harmless text " * 5_000


@pytest.fixture
def policy(tmp_path: Path) -> Callable[..., tuple[Snapshot, Snapshot]]:
    """Compiles a policy twice: for a process that gives errands away, and for the one that does them."""
    write_rules(tmp_path, RULES)

    def compiled(service: dict[str, Any] | None = None, **options: Any) -> tuple[Snapshot, Snapshot]:
        bundle = loaded(tmp_path, service, options)
        ports = Ports(counters=LocalCounters(), keys=KeyRing(()), files=bundle.files, snapshot=bundle.digest)
        there = msgspec.structs.replace(ports, snapshot="", shared={}, compiled={})
        return compile_policy(bundle, ports), compile_policy(bundle, there)

    return compiled


class Decided:
    """One exchange, decided as the gateway does. there: who does errands, if anybody; done: those that said something."""

    def __init__(self, here: Snapshot, exchange: Exchange, there: Snapshot | None) -> None:
        self.there = there
        self.asked = self.done = 0
        view = RecordedView(exchange, here.policy.bounds)
        found = here.route(view.method, view.host, view.target.path)
        assert not isinstance(found, Denial)
        plan, parameters = found
        self.evaluation = Evaluation(plan.operation, NOW, NOW, parameters)
        self.outcomes: list[Outcome] = []
        for phase in Phase:
            if phase is Phase.BODY:
                view.decode_body(plan.beginning)
            if phase is Phase.RESPONSE_BODY:
                view.decode_response()
            outcome = decide(plan.checks[phase], view, self.evaluation)
            while isinstance(outcome, Wait):
                assert isinstance(outcome.need, Pause)
                self.fulfil(outcome.need)
                self.evaluation.supply(outcome.need, True)
                outcome = resume(view, self.evaluation)
            self.outcomes.append(outcome)
            if outcome is not None:
                break

    def fulfil(self, need: Pause) -> None:
        if self.there is None or need.errand is None:
            if need.work is not None:
                need.work()
            return
        errand: Errand = need.errand
        self.asked += 1
        found = self.there.route(errand.method, errand.host, errand.path)
        assert not isinstance(found, Denial)
        if errand.take(dict(found[0].errands)[errand.rule](errand.ask())):
            self.done += 1
        elif need.work is not None:
            need.work()

    @property
    def told(self) -> tuple[Any, ...]:
        one = self.evaluation
        return self.outcomes, one.inbound_score, one.outbound_score, one.would, one.not_evaluated


def exchange(tree: Any, target: bytes = b"/", leave: bytes = b"") -> Exchange:
    body = tree if isinstance(tree, bytes) else json.dumps(tree).encode()
    fields = (*HEAD, (b"Content-Length", b"%d" % len(body)), (b"X-Leave", leave))
    return Exchange(
        id="1", source="t", started=NOW, request=Request(method="POST", target=target, fields=fields, body=body), response=LEAK
    )


@pytest.mark.parametrize(
    ("tree", "target", "leave", "sure"),
    [
        ({"text": LONG}, b"/", b"", True),
        ({"text": LONG, "a": "x"}, b"/", b"", True),
        ({"text": LONG, "a": "1 union select 2"}, b"/", b"", True),
        ({"text": LONG, "a": "1 union select 2"}, b"/", b"rule", True),
        ({"text": LONG, "a": "1 union select 2"}, b"/", b"engine", True),
        ({"text": LONG, "a": "1 union select 2"}, b"/", b"target", False),
        ({"text": LONG, "a": "x"}, b"/", b"bare", True),
        ({"text": LONG, "a": "x"}, b"/", b"target", False),
        ({"text": LONG, "a": "1 union select 2"}, b"/", b"allow", True),
        ({"text": LONG}, b"/?a=union+select", b"", True),
        ({"text": LONG, "kind": "1 union select kind"}, b"/notes", b"", True),
        ({"text": LONG * 16}, b"/", b"", True),
        ([f"v{number}" for number in range(20_000)], b"/", b"", True),
        (b'{"text": "' + LONG.encode() + b'", "a": "1 union select', b"/", b"", True),
        (b"", b"/?a=union+select", b"", True),
    ],
)
@pytest.mark.parametrize("service", [{}, {"mode": "monitor"}, {"crs_threshold": 50}, {"beyond": "deny"}], ids=str)
def test_another_process_says_the_same(
    policy: Callable[..., tuple[Snapshot, Snapshot]],
    service: dict[str, Any],
    tree: Any,
    target: bytes,
    leave: bytes,
    sure: bool,
) -> None:
    options: dict[str, Any] = {"threshold": service.get("crs_threshold", 5), "inspect": {"size": 500_000}}
    if "beyond" in service:
        options["inspect"]["beyond"] = "deny"
    mode = {"mode": service["mode"]} if "mode" in service else {}
    contract = {"contract": {"file": "openapi.yaml"}} if target == b"/notes" else {}
    here, there = policy({**contract, **mode}, **options)
    given = exchange(tree, target, leave)
    alone, apart = Decided(here, given, None), Decided(here, given, there)
    assert apart.told == alone.told
    long = len(given.request.body) > 32_768
    assert (apart.asked, apart.done) == (long, long and sure)
    assert all(isinstance(one, Denial | None) for one in alone.outcomes)


def test_rules_for_responses_see_what_the_request_left(policy: Callable[..., tuple[Snapshot, Snapshot]]) -> None:
    here, there = policy(threshold=50, outbound_threshold=4)
    found = Decided(here, exchange({"text": LONG, "a": "1 union select 2"}), there)
    assert found.done == 1
    assert isinstance(found.outcomes[-1], Denial) and found.outcomes[-1].status == 502
    assert (found.evaluation.inbound_score, found.evaluation.outbound_score) == (5, 4)


def test_a_response_is_judged_by_itself_where_the_request_was_only_recorded(
    policy: Callable[..., tuple[Snapshot, Snapshot]],
) -> None:
    here, _ = policy(mode="monitor", outbound_threshold=4)
    found = Decided(here, exchange({"a": "1 union select 2"}), None)
    assert [(one.rule, one.status) for one in found.evaluation.would or []] == [("crs-942190", 403), ("crs-950", 502)]
    found = Decided(here, exchange({"b": "1 union select 2"}, leave=b"rule"), None)
    assert [one.status for one in found.evaluation.would or []] == [403]


def test_nothing_is_given_away_where_nobody_has_the_snapshot(policy: Callable[..., tuple[Snapshot, Snapshot]]) -> None:
    _, there = policy()
    assert Decided(there, exchange({"text": LONG}), there).asked == 0
